"""Looks at the text of a clean set and names the payer's rows that may be broken, so that a set that breaks none is never laid out.

The set is cut once into its levels (at each HL). A row then looks at the segments of its level alone and asks of them what the check
asks. It may suspect needlessly (of several loops below a level it cannot tell which holds a segment), never the other way round for a
set in which the guide finds nothing; where it does, the whole overlay is asked.
"""

from __future__ import annotations

from collections.abc import Callable

from x12retro.guide.model import SegmentRule
from x12retro.guide.overlay.demand import Demand
from x12retro.guide.overlay.spot import Spot, first_codes
from x12retro.guide.rules.base import Rule
from x12retro.guide.rules.cuts import Cuts
from x12retro.x12 import Delimiters, Segment

_MOST_PIECES = 20_000
_Levels = dict[str, list[str]]
_Look = Callable[[_Levels], bool]


class PayerLookout:
    """The lookout for a payer's rules over clean sets that `delimiters` and `line_break` cut."""

    __slots__ = ("_head", "_looks", "_split")

    def __init__(self, ruled: tuple[tuple[Demand, Rule], ...], delimiters: Delimiters, line_break: str) -> None:
        cuts = Cuts(delimiters, line_break)
        self._head = delimiters.segment + line_break
        self._split = cuts.pattern("<s>HL<e><v><e><v><e>(<v>)").split
        self._looks = tuple((_look(demand, cuts, self._head), rule) for demand, rule in ruled)

    def suspects(self, raw: bytes) -> tuple[Rule, ...]:
        """The rules that may find something in the set `raw`."""
        header, *rest = self._split(self._head + _text(raw))
        levels: _Levels = {"": [header]}
        for code, body in zip(rest[::2], rest[1::2], strict=True):
            levels.setdefault(code, []).append(body)
        return tuple(rule for look, rule in self._looks if look(levels))


def _text(raw: bytes) -> str:
    """As the segments of a set are read: UTF-8 where all of it is, else Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class _Pieces:
    """Cuts the segments of a place out of the levels: one list per occurrence of its level."""

    __slots__ = ("_element", "_find", "_levels", "_nm1", "_own", "_roles", "_skip")

    def __init__(self, spot: Spot, segment: str, cuts: Cuts, head: str) -> None:
        self._levels = tuple(spot.levels) or ("",)
        self._find = cuts.pattern(f"<s>({segment}<e><r>)").findall
        self._nm1 = f"{head}NM1{cuts.delimiters.element}"
        self._own = spot.is_level
        below = bool(spot.levels) and not spot.is_level
        self._skip = below and segment != "NM1"
        self._roles = first_codes(spot.loop)[1] if below and segment == "NM1" else frozenset[str]()
        self._element = cuts.delimiters.element

    def of(self, levels: _Levels) -> list[list[str]]:
        return [self._cut(body) for code in self._levels for body in levels.get(code, ())]

    def _cut(self, body: str) -> list[str]:
        if self._own or self._skip:  # a level's own segments stand before its first name, those of names after it
            at = body.find(self._nm1)
            if at >= 0:
                body = body[:at] if self._own else body[at:]
            elif self._skip:
                return []
        found: list[str] = self._find(body)
        if self._roles:
            return [piece for piece in found if piece.split(self._element, 2)[1] in self._roles]
        return found


def _look(demand: Demand, cuts: Cuts, head: str) -> _Look:
    spot = demand.condition
    if "HL" in (demand.spot.segment, spot.segment if spot is not None else None):
        return lambda _levels: True  # levels are cut behind it
    look = _unconditional(demand, cuts, head)
    if spot is None:
        return look
    if spot.segment is None:
        possible = _loop_count(spot, cuts, head, 1)
    else:
        met = _Remembered(lambda seg: demand.met(seg, cuts.delimiters), cuts.delimiters)
        pieces = _Pieces(spot, spot.segment, cuts, head).of

        def possible(levels: _Levels) -> bool:
            return any(met(piece) for found in pieces(levels) for piece in found)

    return lambda levels: possible(levels) and look(levels)


def _unconditional(demand: Demand, cuts: Cuts, head: str) -> _Look:
    row, spot = demand.row, demand.spot
    if spot.segment is None:
        return _about_loops(demand, cuts, head)
    pieces = _Pieces(spot, spot.segment, cuts, head).of
    fits = _Remembered(lambda seg: spot.fits(seg, cuts.delimiters), cuts.delimiters)
    if row.op == "require" and spot.element is None:
        return _absent(spot, lambda found: not any(fits(piece) for piece in found), pieces)
    if row.op == "one_per":
        return lambda levels: sum(fits(piece) for found in pieces(levels) for piece in found) > 1
    if row.op == "max_repeat" and spot.element is None:
        limit = row.limit or 0
        return lambda levels: any(sum(fits(piece) for piece in found) > limit for found in pieces(levels))
    wrong = _Remembered(lambda seg: spot.fits(seg, cuts.delimiters) and demand.is_wrong(seg, cuts.delimiters), cuts.delimiters)
    if row.op == "text_required":
        return _absent(spot, lambda found: not any(fits(piece) and not wrong(piece) for piece in found), pieces)
    return lambda levels: any(wrong(piece) for found in pieces(levels) for piece in found)


def _absent(spot: Spot, lacks: Callable[[list[str]], bool], pieces: Callable[[_Levels], list[list[str]]]) -> _Look:
    """Suspects where one of the places lacks something: where a level may have several loops of the place, wherever there is one."""
    if spot.is_level or not spot.levels or _comes_once(spot):
        return lambda levels: any(lacks(found) for found in pieces(levels))
    return lambda _levels: True


def _comes_once(spot: Spot) -> bool:
    """True for the one name of a level (2010A to 2010D): it comes with its level, and no other name does."""
    first = spot.loop.children[0]
    return spot.loop.usage == "R" and spot.loop.repeat == 1 and isinstance(first, SegmentRule) and first.xid == "NM1"


def _about_loops(demand: Demand, cuts: Cuts, head: str) -> _Look:
    row, spot = demand.row, demand.spot
    if row.op in ("forbid", "advise"):
        return _loop_count(spot, cuts, head, 1)
    if row.op == "one_per":
        return _loop_count(spot, cuts, head, 2)
    if row.op == "max_repeat":
        return _loop_count(spot, cuts, head, (row.limit or 0) + 1)
    if spot.is_level and len(spot.above) > 1:
        return lambda _levels: True
    if spot.is_level:
        enough = _loop_count(spot, cuts, head, 1)
        return lambda levels: not enough(levels) or len(levels.get("EV", ())) > 1
    pieces = _Pieces(spot, first_codes(spot.loop)[0], cuts, head).of
    return lambda levels: not all(pieces(levels))


def _loop_count(spot: Spot, cuts: Cuts, head: str, least: int) -> _Look:
    """At least so many occurrences of a loop in the set."""
    if spot.is_level:
        return lambda levels: sum(len(levels.get(code, ())) for code in spot.levels) >= least
    pieces = _Pieces(spot, first_codes(spot.loop)[0], cuts, head).of
    return lambda levels: sum(len(found) for found in pieces(levels)) >= least


class _Remembered:
    """A question about a segment, asked once per text of it."""

    __slots__ = ("_answers", "_ask", "_element")

    def __init__(self, ask: Callable[[Segment], bool], delimiters: Delimiters) -> None:
        self._ask = ask
        self._element = delimiters.element
        self._answers: dict[str, bool] = {}

    def __call__(self, piece: str) -> bool:
        answer = self._answers.get(piece)
        if answer is None:
            if len(self._answers) >= _MOST_PIECES:
                self._answers.clear()
            answer = self._answers[piece] = self._ask(Segment(piece.split(self._element)))
        return answer
