"""The relational conditions P, R, E, C, L of a segment or composite.

Source: X12.6 syntax notes. P: all or none. R: at least one. E: at most one. C: if the first, then all the others.
L: if the first, then at least one of the others.
"""

from __future__ import annotations

from collections.abc import Callable

from x12retro.guide.model import SyntaxNote


def breach(note: SyntaxNote, present: Callable[[int], bool]) -> tuple[int, str] | None:
    """Return (the number at fault, why in words) when `note` is broken, else None. `present(n)` tells whether n holds a value."""
    first, *others = note.elements
    have = [n for n in note.elements if present(n)]
    missing = [n for n in note.elements if n not in have]
    match note.kind:
        case "P" if have and missing:
            return missing[0], f"{_list(note.elements)} go together: all or none"
        case "R" if not have:
            return first, f"at least one of {_list(note.elements)} is needed"
        case "E" if len(have) > 1:
            return have[1], f"only one of {_list(note.elements)} may be sent"
        case "C" if first in have and missing:
            return missing[0], f"{first:02d} asks for {_list(tuple(others))}"
        case "L" if first in have and not any(n in have for n in others):
            return others[0], f"{first:02d} asks for at least one of {_list(tuple(others))}"
        case _:
            return None


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(f"{n:02d}" for n in numbers)
