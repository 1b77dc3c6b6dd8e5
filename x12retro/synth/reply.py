"""A plan and the question it answers become the segments of a 278 response, and the truth about them.

The response says again what was asked, without what the guide keeps for requests (addresses of the requester, causes, conditions,
documents sent), and adds the payer's word. Whatever is stated is put into the truth where it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from x12retro.build.records import Element, Line
from x12retro.synth.asked import Asked, Question, element, text
from x12retro.synth.dice import Dice
from x12retro.synth.plan import LinePlan, Plan, Validity
from x12retro.synth.restated import Restated, d8, period
from x12retro.synth.truth import Rejected, ServiceTruth, Truth, Wanted
from x12retro.x12.writer import Repeats

_APPROVALS = ("certified", "modified", "partially_certified")
_STOPS = ("45", "FS", "ND", "PW", "R3")
_OTHER_PAYERS = ("00", "CA", "GG")
_KEPT_OF_NAMES = {
    "2010A": ("NM1",),
    "2010B": ("NM1", "REF", "PRV"),
    "2010C": ("NM1", "REF", "N3", "N4", "DMG", "INS"),
    "2010D": ("NM1", "REF", "N3", "N4", "DMG", "INS"),
    "2010EA": ("NM1", "REF", "N3", "N4", "PER", "PRV"),
    "2010EC": ("NM1", "N3", "N4"),
    "2010FA": ("NM1", "REF", "N3", "N4", "PER", "PRV"),
}
_AFTER_AAA = ("PRV", "DMG", "INS")


def reply(question: Question, plan: Plan, story: str, dice: Dice, today: date) -> tuple[tuple[Line, ...], Truth]:
    """Return the lines of the response from BHT on, and its truth."""
    answer = _Reply(question, plan, dice, today)
    return answer.write(), answer.truth(story)


class _Reply:
    def __init__(self, question: Question, plan: Plan, dice: Dice, today: date) -> None:
        self.question, self.plan, self.dice, self.today = question, plan, dice, today
        self._lines: list[Line] = []
        self._levels: list[tuple[str, int | None]] = []
        self._traces: tuple[str, ...] = ()
        self._stated = Restated(False)
        self._services: list[ServiceTruth] = []
        prior = question.event.first("REF", "BB")
        self._earlier = text(prior, 2) if prior is not None and not plan.number_in_bb else ""

    def write(self) -> tuple[Line, ...]:
        purpose = "19" if self.plan.interim else "18"
        self._add("BHT", "0007", "11", self.question.bht03, d8(self.today), "1015", purpose)
        parent: int | None = None
        for level in self.question.levels:
            parent = self._hl(level.loop, parent)
            if level.loop == "2000E":
                self._event(level)
            else:
                self._party(level)
            if self.plan.stop == level.loop:
                self._services = [self._unanswered(asked) for asked in self.question.services]
                return self._numbered()
        for asked, line in zip(self.question.services, self.plan.lines, strict=True):
            if not line.left_out:
                self._hl("2000F", parent)
                self._services.append(self._service(asked, line))
        # what was left out is told after what was answered, as a reader comes upon it
        self._services += [self._unanswered(a) for a, p in zip(self.question.services, self.plan.lines, strict=True) if p.left_out]
        return self._numbered()

    def truth(self, story: str) -> Truth:
        plan = self.plan
        approved = plan.action in ("A1", "A2", "A6") and plan.outcome in _APPROVALS
        first, last = _bounds(plan.validity)
        if approved and first is None and last is None:
            first, last = self._stated.event_days
        shared = {service.authorization_number for service in self._services if service.outcome in _APPROVALS}
        number = plan.number or (shared.pop() if len(shared) == 1 and plan.outcome in _APPROVALS else None)
        lines = [] if plan.stop != "2000F" else [line for line in plan.lines if not line.left_out]
        event_is_written = plan.stop in ("2000E", "2000F")
        return Truth(
            encounter_id=self.question.encounter_id,
            story=story,
            bht03=self.question.bht03,
            traces=self._traces,
            outcome=plan.outcome,
            action=plan.action,
            authorization_number=number,
            reference_number=plan.reference,
            earlier_authorization_number=(self._earlier or None) if event_is_written else None,
            valid_from=first,
            valid_to=last,
            issued_on=plan.issued,
            reasons=plan.reasons,
            rejections=(*plan.rejections, *(r for line in lines for r in line.rejections)),
            documents=(*plan.documents, *(w for line in lines for w in line.documents)),
            messages=(plan.message,) if plan.message else (),
            second_opinion=plan.second_opinion,
            stated=self._stated.amounts(),
            certified=approved,
            interim=plan.interim,
            in_doubt=plan.in_doubt,
            services=tuple(self._services),
        )

    # levels ---------------------------------------------------------------------------------------------------------------

    def _party(self, level: Asked) -> None:
        """Payer, requester, subscriber or dependent, with what is wrong with them.

        Guide: 005010X217 2000A-2000D
        """
        if level.loop == "2000A":
            self._reject("2000A")
        self._name(level.loop.replace("2000", "2010"), level.names[0], reject=True)

    def _event(self, level: Asked) -> None:
        """The event.

        Guide: 005010X217 2000E
        """
        plan = self.plan
        self._stated = Restated(plan.less)
        self._traces = tuple(self._echo_traces(level, plan.trace))
        self._reject("2000E")
        review = level.first("UM")
        assert review is not None  # every request of ours has it
        self._add("UM", *(element(review, n) for n in (1, 2, 3, 4)), None, element(review, 6))
        self._decide(plan, earlier=self._earlier, number_in_bb=plan.number_in_bb)
        for kept in ("439", "484", "ABC", "431", "AAH", "435", "096"):
            if (line := level.first("DTP", kept)) is not None:
                self._add("DTP", *self._stated.date(line))
        self._dates(plan)
        self._diagnoses(level.first("HI"), plan.documents)
        for id_ in ("HSD", "CL1", "CR1", "CR2", "CR5", "CR6"):
            if (line := level.first(id_)) is not None:
                self._add(id_, *self._stated.segment(line))
        self._reports(plan.documents)
        if plan.message:
            self._add("MSG", plan.message)
        stops = [name for name in level.names if text(name[0], 1) in _STOPS]
        providers = [name for name in level.names if text(name[0], 1) not in (*_STOPS, *_OTHER_PAYERS)]
        for n, name in enumerate(providers):
            self._name("2010EA", name, reject=n == 0)
        if self.dice.chance(0.2):
            self._add("NM1", "L5", "1", "Casewell", "Ida")
            self._add("PER", "IC", None, "TE", "3125550130")
        for n, name in enumerate(stops):
            self._name("2010EC", name, reject=n == 0)

    def _service(self, asked: Asked, plan: LinePlan) -> ServiceTruth:
        """One service.

        Guide: 005010X217 2000F
        """
        stated = Restated(plan.less)
        traces = list(self._echo_traces(asked))
        self._reject("2000F", plan)
        if (review := asked.first("UM")) is not None and self.dice.chance(0.5):
            self._add("UM", *(element(review, n) for n in (1, 2, 3, 4)))
        self._decide(plan)
        if (day := asked.first("DTP", "472")) is not None:
            self._add("DTP", *stated.date(day))
        self._dates(plan)
        self._diagnoses(None, plan.documents)
        for line in asked.own:
            if line.id in ("SV1", "SV2", "SV3", "TOO", "HSD"):
                self._add(line.id, *stated.segment(line))
        self._reports(plan.documents)
        if plan.message:
            self._add("MSG", plan.message)
        known = [name for name in asked.names if text(name[0], 1) != "1T"]
        for n, name in enumerate(known):
            self._name("2010FA", name, reject=n == 0, plan=plan)
        return self._service_truth(plan, stated, traces)

    def _service_truth(self, plan: LinePlan, stated: Restated, traces: Sequence[str]) -> ServiceTruth:
        event = self.plan
        inherited = plan.action is None and not plan.rejections
        approved = plan.outcome in _APPROVALS
        first, last = _bounds(plan.validity)
        if approved and first is None and last is None:
            first, last = _bounds(event.validity)
        amounts = stated.amounts()
        return ServiceTruth(
            trace=traces[0],
            procedure=amounts.procedure or amounts.revenue_code,
            outcome=plan.outcome,
            action=event.action if inherited else plan.action,
            authorization_number=plan.number or (event.number if approved else None),
            reference_number=plan.reference,
            valid_from=first,
            valid_to=last,
            issued_on=plan.issued,
            reasons=plan.reasons,
            rejections=plan.rejections,
            documents=plan.documents,
            messages=(plan.message,) if plan.message else (),
            second_opinion=plan.second_opinion,
            stated=amounts,
            certified=approved and not (inherited and plan.outcome == "partially_certified"),
        )

    def _unanswered(self, asked: Asked) -> ServiceTruth:
        was = Restated(False)
        for line in asked.own:
            if line.id in ("SV1", "SV2", "SV3"):
                was.segment(line)
        trace = asked.first("TRN")
        assert trace is not None  # every service of ours has one
        amounts = was.amounts()
        return ServiceTruth(trace=text(trace, 2), procedure=amounts.procedure or amounts.revenue_code, outcome="unanswered")

    # segments -------------------------------------------------------------------------------------------------------------

    def _echo_traces(self, level: Asked, own: str | None = None) -> Iterator[str]:
        """Our numbers as they came, marked as returned; the payer's `own` beside them, or sometimes one that is made up."""
        ours = [line for line in level.own if line.id == "TRN"]
        for line in ours:
            self._add("TRN", "2", *line.elements[1:])
            yield text(line, 2)
        if own is None and self.dice.chance(0.4):
            own = f"PYR{self.dice.digits(9)}"
        if own is not None:
            self._add("TRN", "1", own, "9PAYER0001")
            yield own

    def _decide(self, plan: LinePlan, *, earlier: str = "", number_in_bb: bool = False) -> None:
        if plan.action is not None:
            opinion = None if plan.second_opinion is None else "Y" if plan.second_opinion else "N"
            self._add("HCR", plan.action, None if number_in_bb else plan.number, Repeats(plan.reasons) or None, opinion)
        if plan.reference:
            self._add("REF", "NT", plan.reference)
        if number_in_bb or earlier:
            self._add("REF", "BB", plan.number if number_in_bb else earlier)

    def _dates(self, plan: LinePlan) -> None:
        """Guide: 005010X217 DTP 102, 036, 007."""
        valid = plan.validity
        if plan.issued is not None:
            self._add("DTP", "102", "D8", d8(plan.issued))
        if valid.expires is not None:
            self._add("DTP", "036", "D8", d8(valid.expires))
        if valid.effective is not None:
            self._add("DTP", "007", *period(valid.effective, valid.until))

    def _diagnoses(self, asked: Line | None, documents: Sequence[Wanted]) -> None:
        """The diagnoses again, and the LOINC codes of what is wanted in the places that are left."""
        loinc: list[Element] = [("LOI", w.code) for w in documents if w.kind == "loinc"]
        again = list(asked.elements[: 12 - len(loinc)]) if asked is not None else []
        if again or loinc:
            self._add("HI", *again, *loinc)

    def _reports(self, documents: Sequence[Wanted]) -> None:
        for wanted in documents:
            if wanted.kind == "report_type":
                control = ("AC", wanted.control_number) if wanted.control_number else (None, None)
                self._add("PWK", wanted.code, wanted.delivery, None, None, *control, wanted.description or None)

    def _name(self, loop: str, name: Sequence[Line], *, reject: bool, plan: LinePlan | None = None) -> None:
        """One name again, with its rejections where the guide puts them."""
        kept = [line for line in name if line.id in _KEPT_OF_NAMES[loop]]
        for line in kept:
            if line.id not in _AFTER_AAA:
                unnamed = loop == "2010EC" and line.id == "NM1" and not text(line, 3)
                self._add(line.id, *((*line.elements[:2], "Stop on the way") if unnamed else line.elements))
        if loop == "2010A" and self.dice.chance(0.3):
            self._add("PER", "IC", "Authorization Desk", "TE", "2175550120")
        if reject:
            self._reject(loop, plan)
        for line in kept:
            if line.id in _AFTER_AAA:
                self._add(line.id, *line.elements)

    def _reject(self, loop: str, plan: LinePlan | None = None) -> None:
        for rejected in (plan or self.plan).rejections:
            if rejected.loop == loop:
                self._aaa(rejected)

    def _aaa(self, rejected: Rejected) -> None:
        valid = "Y" if rejected.loop == "2000A" and self.dice.chance(0.5) else "N"
        self._add("AAA", valid, None, rejected.code, rejected.follow_up)

    def _hl(self, loop: str, parent: int | None) -> int:
        self._levels.append((loop, parent))
        self._add("HL")
        return len(self._levels)

    def _add(self, id_: str, *elements: Element) -> None:
        self._lines.append(Line(id_, elements, ""))

    def _numbered(self) -> tuple[Line, ...]:
        """The lines with their HL filled in: only now is it known which level has others below.

        Guide: 005010X217 HL01-HL04
        """
        parents = {parent for _, parent in self._levels}
        numbers = iter(enumerate(self._levels, start=1))
        lines = []
        for line in self._lines:
            if line.id == "HL":
                n, (loop, parent) = next(numbers)
                above = None if parent is None else str(parent)
                line = Line("HL", (str(n), above, _CODES[loop], "1" if n in parents else "0"), "")
            lines.append(line)
        return tuple(lines)


_CODES = {"2000A": "20", "2000B": "21", "2000C": "22", "2000D": "23", "2000E": "EV", "2000F": "SS"}


def _bounds(validity: Validity) -> tuple[date | None, date | None]:
    """First and last day of an approval."""
    return validity.effective, validity.expires or validity.until
