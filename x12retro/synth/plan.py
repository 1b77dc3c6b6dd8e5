"""What the payer is going to say, before it is written: about the event and about each service."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from x12retro.guide import catalog, codes
from x12retro.guide.model import ElementRule, SegmentRule
from x12retro.synth import words
from x12retro.synth.asked import Question, days_of_care
from x12retro.synth.dice import Dice
from x12retro.synth.truth import Rejected, Wanted


class Validity(msgspec.Struct, frozen=True):
    """From when to when an approval holds, as DTP 007 (one day or a range) and DTP 036 say it. Both None: neither is sent."""

    effective: date | None = None
    until: date | None = None
    expires: date | None = None


class LinePlan(msgspec.Struct, kw_only=True):
    """The answer about one level. `less` grants less than was asked; `rejections` are AAA of the level and of names in it."""

    outcome: str
    action: str | None = None
    number: str | None = None
    reference: str | None = None
    reasons: tuple[str, ...] = ()
    rejections: tuple[Rejected, ...] = ()
    validity: Validity = Validity()
    issued: date | None = None
    documents: tuple[Wanted, ...] = ()
    message: str | None = None
    second_opinion: bool | None = None
    less: bool = False
    left_out: bool = False


class Plan(LinePlan, kw_only=True):
    """The answer about the event. `lines` has one plan for each service that was asked for.

    `stop`: the loop of the last level that is written. `number_in_bb`: the number stands in REF*BB and HCR02 is empty.
    `in_doubt`: an approval that does not cover the care. `trace`: the payer's own number for the review,
    told whatever the dice say.
    """

    lines: list[LinePlan]
    stop: str = "2000F"
    interim: bool = False
    number_in_bb: bool = False
    in_doubt: bool = False
    trace: str | None = None


class Desk:
    """Where a reviewer sits: the question, dice, today, and the habits of filling in an answer.

    `records`: the LOINC codes and report types (PWK01) that are asked for where a review waits for records; made up when there are none.
    """

    def __init__(self, question: Question, dice: Dice, today: date, records: tuple[str, ...] = ()) -> None:
        self._records = records
        self.question = question
        self.dice = dice
        self.today = today
        self.care = days_of_care(question)
        self.validity = self._validity()

    @property
    def services(self) -> int:
        return len(self.question.services)

    def number(self) -> str:
        return f"{self.dice.pick(('AUTH-', 'C', 'PA', ''))}{self.dice.digits(8)}"

    def reasons(self, most: int = 5) -> tuple[str, ...]:
        """One to five reasons of list 886, as repeats of HCR03."""
        known = [code for code in codes.known("HCR03") if code != "25"]  # 25 says that nothing was considered: no reason of a review
        return self.dice.some(known, self.dice.whole(1, most))

    def rejections(self, loop: str, most: int = 3) -> tuple[Rejected, ...]:
        """One to three rejections with codes that this loop takes."""
        reasons, follow_ups = rejection_codes(loop)
        return tuple(Rejected(loop, code, self.dice.pick(follow_ups)) for code in self.dice.some(reasons, self.dice.whole(1, most)))

    def documents(self) -> tuple[Wanted, ...]:
        """LOINC codes and report types, in the order in which they stand in the answer."""
        dice = self.dice
        loinc = [Wanted("loinc", code) for code in dice.some(words.LOINC, dice.whole(0, 3))]
        reports = [
            Wanted(
                "report_type",
                code,
                dice.pick(("EL", "FX", "BM", "EM", "VO")),
                f"REQ{dice.digits(6)}" if dice.chance(0.6) else "",
                "Signed and dated" if dice.chance(0.3) else "",
            )
            for code in dice.some(("OB", "M1", "DG", "B3", "P4", "RR"), dice.whole(0 if loinc else 1, 3))
        ]
        return (*loinc, *reports)

    def records(self, trace: str) -> tuple[Wanted, ...]:
        """What a review waits for, LOINC codes first: each report is to come under the payer's number `trace`."""
        codes = self._records or self.dice.some(words.LOINC, self.dice.whole(1, 2))
        loinc = [Wanted("loinc", code) for code in codes if "-" in code]
        return (*loinc, *(Wanted("report_type", code, "EL", trace) for code in codes if "-" not in code))

    def message(self) -> str | None:
        """Seldom one that fills its 264 characters."""
        dice = self.dice
        if dice.chance(0.05):
            return words.filling(" ".join((*words.PAYER_MESSAGES, "")), 264)
        return dice.maybe(0.4, dice.pick(words.PAYER_MESSAGES))

    def _validity(self) -> Validity:
        """The four ways to bound an approval that covers the care, and none."""
        care = self.care or (self.today - timedelta(days=30), self.today)
        return self.dice.pick((*self.bounds(*self._around(*care)), Validity()))

    def bounds(self, first: date, last: date) -> tuple[Validity, ...]:
        """The four ways to say these days, by one or both ends."""
        both = Validity(first, None, last)
        # one day as a range is seldom seen and easily read as "from then on": it is said by two dates
        return Validity(first, last) if last > first else both, both, Validity(first), Validity(None, None, last)

    def _around(self, first: date, last: date) -> tuple[date, date]:
        """Days that cover these, often no more than them."""
        dice = self.dice
        before, after = (timedelta(days=dice.maybe(0.6, dice.whole(1, 90)) or 0) for _ in range(2))
        return first - before, last + after


def rejection_codes(loop: str) -> tuple[list[str], list[str]]:
    """AAA03 and AAA04 as the guide allows them in `loop`.

    Guide: 005010X217 response AAA03, AAA04
    """
    rule = next(s for s in catalog.load("278-response").loop(loop).children if isinstance(s, SegmentRule) and s.xid == "AAA")
    by_place = {e.seq: e for e in rule.elements if isinstance(e, ElementRule)}
    return sorted(by_place[3].codes), sorted(by_place[4].codes)
