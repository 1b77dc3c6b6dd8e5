"""Patterns that could keep a run busy beyond measure over one value: repeats that can hand the same characters to each other.

`fullmatch` tries every way to share out a value before it says no. Two repeats share where both can take a character and nothing that
must stand between them keeps them apart: `[A-Z]*[A-Z]*` share, `[A-Z]*-[A-Z]*` do not, since a letter is no hyphen. A repeat within a
repeat stands beside itself, and what is shared in each round is multiplied. So is a choice between two that may be one and the same
text, whatever stands around it: `(?:-(?:A|A))*`. What is counted is the ways: the lengths that each of those that share may have,
multiplied. Two repeats without a bound have 70,000 for the longest value that a guide allows, which are tried in a tenth of a
millisecond; three have 18 million. The count errs on the safe side: what is refused may be harmless, and can be written possessively
(`*+`), which gives nothing back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from re import _compiler as compiler  # type: ignore[attr-defined]  # compiles a part of what it has parsed
from re import _constants as ops  # type: ignore[attr-defined]  # what `re` itself reads patterns with; it has no public name
from re import _parser as parser  # type: ignore[attr-defined]  # the same
from typing import Any, NamedTuple, TypeAlias

_Tree: TypeAlias = Iterable[tuple[object, Any]]
"""A pattern as `re` parses it: operations, each with what it is about."""
LONGEST = 264
"""Characters of the longest value that a guide allows (MSG01); none that is longer is tried."""
_MOST = 1_000_000
"""Ways that are few enough: some hundredths of a second."""
_ROUNDS = 24
"""Times that a repeated group is looked at: what grows with each of them has grown too far by then."""
_GIVES_BACK = (ops.MAX_REPEAT, ops.MIN_REPEAT)
_OF_ONE = (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN)
"""What takes one character."""
_REPEATS = (*_GIVES_BACK, ops.POSSESSIVE_REPEAT)
_CHOICES = (ops.BRANCH, ops.GROUPREF_EXISTS)
"""What goes on in one of several ways."""
_LOOKS = (ops.AT, ops.ASSERT, ops.ASSERT_NOT)
"""What takes none."""
_ANY_OTHER = "\u0416"
_LETTERS = frozenset(map(chr, range(256))) | {_ANY_OTHER}
"""The characters that repeats are compared by; one stands for all that Latin-1 has not."""


class _TooMany(Exception):
    pass


class _Open(NamedTuple):
    """A repeat that may still give characters back: which, in how many lengths; `plain` is one of single characters, `last` one behind
    which nothing of another length has come; `counted`, that its lengths are among the ways.
    """

    takes: frozenset[str]
    lengths: int
    plain: bool
    last: bool
    counted: bool


class _State(NamedTuple):
    """The repeats that are open at a place of the pattern, and the ways in which it may be come to."""

    open: tuple[_Open, ...] = ()
    ways: int = 1


def may_not_end(pattern: str) -> bool:
    """True when a value could keep this pattern busy beyond measure. Raises re.error for what is no pattern.

    `(a+)+` and `a*a*a*` may; `(a++)+` and `a*+a*+a*`, which give nothing back, do not.
    """
    re.compile(pattern)
    try:
        _after(parser.parse(pattern), _State())
    except _TooMany:
        return True
    return False


def _after(tree: _Tree, state: _State) -> _State:
    """What holds behind these operations where `state` holds in front of them."""
    for op, value in tree:
        single = _single([(op, value)])
        if single is not None:
            state = _come(state, single, must=True)
        elif op in _GIVES_BACK:
            least, most, body = value
            state = _repeated(least, most, body, state)
        elif op in _CHOICES:
            bodies = [body for body in (value[1] if op is ops.BRANCH else value[1:]) if body is not None]
            behind = _either(_after(body, state) for body in bodies)
            alike = any(not _apart(one, other) for one, other in combinations(bodies, 2))
            state = _come(behind, _taken(bodies), lengths=len(bodies), plain=False, alike=alike)
        elif op is ops.SUBPATTERN:
            state = _after(value[-1], state)
        elif op in _LOOKS:
            for body in _bodies(value):
                _after(body, _State())
        else:  # it gives nothing back once it has matched
            for body in _bodies(value):
                _after(body, _State())
            state = _come(state, _taken([[(op, value)]]), must=op is ops.POSSESSIVE_REPEAT and value[0] > 0, plain=False)
    return state


def _repeated(least: int, most: int, body: _Tree, before: _State) -> _State:
    lengths = min(most - least, LONGEST) + 1
    if (single := _single(body)) is not None:
        return _come(before, single, lengths=lengths, must=least > 0)
    state = before
    for _ in range(min(most, _ROUNDS)):
        earlier, state = state, _after(body, state)
        if state == earlier:
            break
    return _come(state if least else _either((before, state)), _taken([body]), lengths=lengths, plain=False)


def _come(state: _State, takes: frozenset[str], *, lengths: int = 1, must: bool = False, plain: bool = True, alike: bool = False) -> _State:
    """What holds behind something that takes these characters, in so many lengths. Raises _TooMany when that makes too many ways.

    `alike`: several of the lengths may be one and the same, and take the same characters, so that they are ways by themselves.

    Where it `must` come, a repeat that can take none of it ends where it begins; and a single character leaves the plain repeat in front of
    it no choice but to leave it.
    """
    fixed = must and plain and lengths == 1
    ways, shares, found = state.ways, alike or not takes, []
    for one in state.open:
        meets = bool(one.takes & takes)
        if meets and not (fixed and one.plain and one.last):
            shares = True
            ways *= 1 if one.counted else one.lengths
            one = one._replace(counted=True)
        if meets or not must:
            found.append(one._replace(last=one.last and fixed))
    if lengths > 1:
        ways *= lengths if shares else 1
        found.append(_Open(takes, lengths, plain, last=True, counted=shares))
    if ways > _MOST:
        raise _TooMany
    return _State(tuple(dict.fromkeys(found)), ways)


def _either(states: Iterable[_State]) -> _State:
    found = [*states]
    return _State(tuple(dict.fromkeys(one for state in found for one in state.open)), max(state.ways for state in found))


def _apart(one: Any, other: Any) -> bool:  # noqa: ANN401 - patterns as `re` parses them
    """True when no value is both one's and the other's: by their lengths, or by a character that stands at a place of its own."""
    (least, most), (least_of_other, most_of_other) = one.getwidth(), other.getwidth()
    if most < least_of_other or most_of_other < least:
        return True
    return any(not mine & theirs for mine, theirs in zip(_heads(one)[0], _heads(other)[0], strict=False))


def _heads(tree: _Tree) -> tuple[list[frozenset[str]], bool]:
    """The characters that the first places may have, as far as their places are certain; True when that is all of it."""
    found: list[frozenset[str]] = []
    for op, value in tree:
        if op in _LOOKS:
            continue
        least, most = value[:2] if op in _REPEATS else (1, 1)
        if (single := _single([(op, value)])) is not None:
            within, whole = [single], True
        elif op is ops.SUBPATTERN or op in _REPEATS:
            within, whole = _heads(value[-1])
        else:
            return found, False
        found += within * (least if whole else min(least, 1))
        if not whole or least < most:
            return found, False
    return found, True


def _taken(bodies: Iterable[_Tree]) -> frozenset[str]:
    """All that could be taken within."""
    found: frozenset[str] = frozenset()
    for body in bodies:
        for op, value in body:
            if op in (ops.GROUPREF, ops.GROUPREF_EXISTS):  # what that takes is said elsewhere
                return _LETTERS
            if op not in _LOOKS:
                single = _single([(op, value)])
                found |= single if single is not None else _taken(_bodies(value))
    return found


def _single(tree: _Tree) -> frozenset[str] | None:
    """What a pattern for one character takes, in capitals and small letters; None for any other pattern."""
    operations = [*tree]
    if len(operations) != 1 or operations[0][0] not in _OF_ONE:
        return None
    takes = compiler.compile(parser.SubPattern(parser.State(), operations), re.IGNORECASE | re.DOTALL).fullmatch
    return frozenset(letter for letter in _LETTERS if takes(letter)) or frozenset({_ANY_OTHER})


def _bodies(value: object) -> list[_Tree]:
    """The patterns that lie in an operation."""
    if isinstance(value, parser.SubPattern):
        return [value]
    return [body for one in value for body in _bodies(one)] if isinstance(value, tuple | list) else []
