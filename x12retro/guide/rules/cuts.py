"""Patterns over the text of clean sets, for one set of delimiters and one line break.

The text is the set's bytes as Latin-1: a character a byte, which is all that codes and dates need.
"""

from __future__ import annotations

import re

from x12retro.guide.pattern import other_than
from x12retro.x12 import Delimiters


class Cuts:
    """Compiles templates once.

    In a template `<s>` stands for the start of a segment (the terminator before it), `<e>` and `<c>` for the element and component
    separators, `<t>` for the terminator, `<v>` for one element whatever it holds (of Latin-1), `<w>` for one component, `<r>` for the rest
    of the segment, `<.>` for the end of an element (a look ahead).
    """

    __slots__ = ("_compiled", "_parts", "delimiters", "head")

    def __init__(self, delimiters: Delimiters, line_break: str) -> None:
        self.delimiters = delimiters
        self.head = len(delimiters.segment + line_break)
        """Characters before the segment id in what a `<s>` pattern matches."""
        e, c, t = (re.escape(x) for x in (delimiters.element, delimiters.component, delimiters.segment))
        self._parts = {
            "<s>": t + re.escape(line_break),
            "<e>": e,
            "<c>": c,
            "<t>": t,
            "<v>": other_than(delimiters.element + delimiters.segment) + "*+",
            "<w>": other_than(delimiters.element + delimiters.component + delimiters.segment) + "*+",
            "<r>": f"[^{t}]*+",
            "<.>": f"(?=[{e}{t}])",
        }
        self._compiled: dict[str, re.Pattern[str]] = {}

    def pattern(self, template: str) -> re.Pattern[str]:
        """The compiled template."""
        found = self._compiled.get(template)
        if found is None:
            text = template
            for mark, part in self._parts.items():
                text = text.replace(mark, part)
            found = self._compiled[template] = re.compile(text)
        return found

    def search(self, template: str, text: str) -> bool:
        """True when the template matches somewhere in `text`."""
        return self.pattern(template).search(text) is not None

    def twice(self, template: str, text: str) -> bool:
        """True when two matches of the template have the same text (of its group, if it has one)."""
        found = self.pattern(template).findall(text)
        return len(set(found)) < len(found)
