"""Both verdicts on one set: ours twice (recogniser and diagnoser), and pyx12's. Loaded by conftest.py."""

from __future__ import annotations

import io
import logging
from collections import Counter

import pyx12.params
import pyx12.x12n_document

from x12retro.findings import Finding
from x12retro.guide import catalog
from x12retro.guide.diagnose import diagnose
from x12retro.guide.model import LoopRule, SegmentRule
from x12retro.guide.place import Reporter
from x12retro.guide.pyx12_judge import Opinion, Pyx12Judge
from x12retro.guide.recogniser import recogniser
from x12retro.guide.walk import Walk
from x12retro.synth.from_guide import Made, enveloped
from x12retro.x12 import Segment, Transaction, read

GUIDES = ("278-request", "278-response", "278-inquiry", "278-inquiry-response", "277", "820", "834", "835", "837I", "837P", "999")


def as_transaction(lines: list[str] | tuple[str, ...], group: tuple[str, str]) -> Transaction:
    """The set as the reader hands it out of an interchange of its own."""
    return next(frame for frame in read(enveloped([Made(tuple(lines), group)])) if isinstance(frame, Transaction))


def ours(transaction: Transaction, guide: str) -> list[Finding]:
    """The findings of the thorough diagnoser; the quick one and the recogniser must say the same."""
    found = diagnose(transaction, catalog.load(guide), guide, thorough=True)
    assert found == diagnose(transaction, catalog.load(guide), guide), "the quick diagnoser finds something else"
    if transaction.clean:
        judge = recogniser(guide, transaction.delimiters, transaction.interchange.line_break)
        assert judge.accepts(transaction.raw) == (not found), ([f.message for f in found], transaction.raw)
    return found


def placed(transaction: Transaction, guide: str) -> dict[int, tuple[SegmentRule, list[LoopRule]]]:
    """Segment position -> its rule and the loops it stands in."""
    places: dict[int, tuple[SegmentRule, list[LoopRule]]] = {}

    def note(segment: Segment, rule: SegmentRule, loops: list[LoopRule]) -> None:
        places[segment.position] = (rule, loops)

    walk = Walk(catalog.load(guide).loop("ST_LOOP"), transaction, Reporter("", transaction), lambda *_: set())
    walk.on_place = note
    walk.run()
    return places


class Tally:
    """What came of many sets of one guide: agreements, disagreements by reason, and those that no reason covers."""

    def __init__(self) -> None:
        self.agree: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.unexplained: list[str] = []

    def __str__(self) -> str:
        by_reason = ", ".join(f"{name} {n}" for name, n in self.reasons.most_common())
        return f"{self.agree['accepted']} accepted and {self.agree['rejected']} rejected by both; differences: {by_reason or 'none'}"


def weigh(transaction: Transaction, guide: str, judge: Pyx12Judge, reasons, tally: Tally) -> Opinion:
    """Add one set to the tally. `reasons` is the module of that name."""
    found = ours(transaction, guide)
    opinion = judge.judge(transaction, guide)
    accepted = not any(f.is_error for f in found)
    if opinion.accepts == accepted:
        tally.agree["accepted" if accepted else "rejected"] += 1
        return opinion
    case = reasons.Case(transaction, found, opinion, placed(transaction, guide))
    known, unknown = reasons.unexplained(case)
    tally.reasons.update(known)
    if unknown:
        tally.unexplained.append("\n".join([guide, *unknown, transaction.raw.decode("latin-1")]))
    return opinion


def pyx12_document(raw: bytes, map_path: str | None) -> bool | None:
    """The verdict of pyx12's own x12n_document on a whole interchange; None when it raises."""
    logging.disable(logging.CRITICAL)
    try:
        text = io.StringIO(raw.decode("ascii"))
        return bool(pyx12.x12n_document.x12n_document(pyx12.params.params(), text, io.StringIO(), None, map_path=map_path))
    except Exception:  # noqa: BLE001 - pyx12 raises whatever its code runs into
        return None
    finally:
        logging.disable(logging.NOTSET)
