"""The answers a payer gives, one function each: what is decided, and what a right reader must make of it.

The outcomes are stated here and computed nowhere: this is the side that knows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec

from x12retro.synth.asked import text
from x12retro.synth.plan import Desk, LinePlan, Plan, Validity
from x12retro.synth.truth import Rejected

Story = Callable[[Desk], Plan]
_DAY = timedelta(days=1)


def stories_for(desk: Desk, *, crooked: bool = True) -> list[str]:
    """The names of the stories that can be told about this question; without the `CROOKED` ones unless `crooked`.

    Care is not approved in answer to a cancellation: there it is confirmed, refused, pended or rejected.
    """
    found = [name for name, (_, fits) in STORIES.items() if fits(desk) and (crooked or name not in CROOKED)]
    um = desk.question.event.first("UM")
    if um is not None and text(um, 2) == "3":
        return [name for name in found if name in _OF_A_CANCELLATION or name.startswith("rejected 20")]
    return found


_OF_A_CANCELLATION = ("cancelled", "denied", "pended", "contact payer")


def tell(name: str, desk: Desk) -> Plan:
    return STORIES[name][0](desk)


def _certified(desk: Desk) -> Plan:
    """Approved as asked; the event's word holds for every line."""
    return _approved(desk, "certified", "A1")


def _certified_by_line(desk: Desk) -> Plan:
    plan = _approved(desk, "certified", "A1")
    plan.lines = [_line(desk, "certified", "A1") for _ in plan.lines]
    return plan


def _certified_lines_only(desk: Desk) -> Plan:
    """No decision on the event: each line has its own number."""
    return _undecided(desk, "certified", [_line(desk, "certified", "A1") for _ in range(desk.services)])


def _certified_event_only(desk: Desk) -> Plan:
    """The event is approved and no line comes back: none of them is an approval."""
    plan = _approved(desk, "certified", "A1")
    plan.lines = [_left_out() for _ in plan.lines]
    return plan


def _certified_number_in_ref(desk: Desk) -> Plan:
    plan = _approved(desk, "certified", "A1")
    plan.number_in_bb = True
    return plan


def _certified_for_other_days(desk: Desk) -> Plan:
    """The number is good for days on which no care was given."""
    assert desk.care is not None
    first, last = desk.care
    far = timedelta(days=desk.dice.whole(2, 60))
    length = timedelta(days=desk.dice.whole(0, 30))
    # bounded by the end that bars the care: an approval that only begins before it, or only ends after it, would cover it
    before, after = desk.bounds(first - far - length, first - far), desk.bounds(last + far, last + far + length)
    return _in_doubt(desk, desk.dice.pick((before[0], before[1], before[3], after[0], after[1], after[2])))


def _certified_for_some_days(desk: Desk) -> Plan:
    """The number is good for a part of the care."""
    assert desk.care is not None
    first, last = desk.care
    late, early = first + _DAY, last - 2 * _DAY  # the day of discharge is no day of stay: a day less than that covers it
    return _in_doubt(desk, desk.dice.pick((*desk.bounds(late, last)[:3], *desk.bounds(first, early)[:2], Validity(None, None, early))))


def _in_doubt(desk: Desk, validity: Validity) -> Plan:
    plan = _approved(desk, "certified", "A1")
    plan.validity, plan.in_doubt = validity, True
    return plan


def _partly_event_only_decides(desk: Desk) -> Plan:
    """Approved in part; what part of which line is not said."""
    plan = _approved(desk, "partially_certified", "A2")
    plan.reasons = desk.reasons()
    plan.less = True
    return plan


def _partly_by_line(desk: Desk) -> Plan:
    plan = _approved(desk, "partially_certified", "A2")
    plan.lines = [_line(desk, "certified", "A1"), *(_denied_line(desk) for _ in plan.lines[1:])]
    return plan


def _approved_over_a_denied_line(desk: Desk) -> Plan:
    plan = _approved(desk, "certified", "A1")
    plan.outcome = "partially_certified"
    plan.lines[-1] = _denied_line(desk)
    return plan


def _denied_over_an_approved_line(desk: Desk) -> Plan:
    plan = _denied(desk)
    plan.outcome = "partially_certified"
    plan.lines[0] = _line(desk, "certified", "A1")
    return plan


def _a_line_left_out(desk: Desk) -> Plan:
    plan = _approved(desk, "certified", "A1")
    plan.outcome = "partially_certified"
    plan.lines[desk.dice.whole(0, desk.services - 1)] = _left_out()
    return plan


def _a_line_pended(desk: Desk) -> Plan:
    pended = LinePlan(outcome="pended", action="A4", reasons=("0U",), documents=desk.documents())
    lines = [_line(desk, "certified", "A1") for _ in range(desk.services - 1)]
    return _undecided(desk, "partially_certified", [*lines, pended], interim=True)


def _a_line_rejected(desk: Desk) -> Plan:
    rejected = LinePlan(outcome="rejected", rejections=desk.rejections("2000F"))
    lines = [_line(desk, "certified", "A1") for _ in range(desk.services - 1)]
    return _undecided(desk, "partially_certified", [rejected, *lines])


def _lines_of_every_kind(desk: Desk) -> Plan:
    """Approved beside one that is not, and then any other: modified, denied, pended, cancelled, to be called about, not needed."""
    refused = [
        _denied_line(desk),
        LinePlan(outcome="pended", action="A4", reasons=desk.reasons(2)),
        LinePlan(outcome="cancelled", action="C"),
        LinePlan(outcome="contact_payer", action="CT"),
    ]
    any_other = [*refused, _modified_line(desk), LinePlan(outcome="not_required", action="NA")]
    others = [desk.dice.pick(any_other) for _ in range(desk.services - 2)]
    return _undecided(desk, "partially_certified", [_line(desk, "certified", "A1"), desk.dice.pick(refused), *others])


def _modified(desk: Desk) -> Plan:
    plan = _approved(desk, "modified", "A6")
    plan.reasons = desk.reasons()
    plan.less = True
    return plan


def _modified_by_line(desk: Desk) -> Plan:
    plan = _approved(desk, "modified", "A6")
    plan.lines = [_line(desk, "certified", "A1"), *(_modified_line(desk) for _ in plan.lines[1:])]
    return plan


def _denied(desk: Desk) -> Plan:
    reasons, message = desk.reasons(), desk.message()
    return _all_alike(desk, Plan(outcome="denied", action="A3", reasons=reasons, message=message, issued=desk.today, lines=[]))


def _denied_by_line(desk: Desk) -> Plan:
    plan = _denied(desk)
    plan.lines = [_denied_line(desk) for _ in plan.lines]
    return plan


def _pended_for_documents(desk: Desk) -> Plan:
    plan = _pended(desk)
    plan.reasons, plan.documents = ("0U", "0P")[: desk.dice.whole(1, 2)], desk.documents()
    return plan


def _pended_for_records(desk: Desk) -> Plan:
    """Pended until records come under the payer's own number: told by LOINC or, for report types, in PWK too."""
    plan = _pended(desk)
    plan.trace = f"PYR{desk.dice.digits(9)}"
    plan.reasons, plan.documents = ("0U",), desk.records(plan.trace)
    return plan


def _pended(desk: Desk) -> Plan:
    reference = f"REF{desk.dice.digits(7)}"
    plan = Plan(outcome="pended", action="A4", reasons=("0V",), reference=reference, message=desk.message(), interim=True, lines=[])
    return _all_alike(desk, plan)


def _cancelled(desk: Desk) -> Plan:
    return _all_alike(desk, Plan(outcome="cancelled", action="C", message=desk.message(), lines=[]))


def _contact_payer(desk: Desk) -> Plan:
    return _all_alike(desk, Plan(outcome="contact_payer", action="CT", message=desk.message(), lines=[]))


def _not_required(desk: Desk) -> Plan:
    return _all_alike(desk, Plan(outcome="not_required", action="NA", reasons=("0H",), lines=[]))


def _rejection_dressed_as_denial(desk: Desk) -> Plan:
    """A3 with an input error: nobody reviewed."""
    rejections = (Rejected("2000E", "33", desk.dice.pick("CN")),)
    return _all_alike(desk, Plan(outcome="rejected", action="A3", reasons=("25",), rejections=rejections, message=desk.message(), lines=[]))


def _approval_and_rejection(desk: Desk) -> Plan:
    """Two words that bar each other: a person must read it."""
    rejections = desk.rejections("2000E")
    return _all_alike(desk, Plan(outcome="manual_review", action="A1", number=desk.number(), rejections=rejections, lines=[]))


def _rejected(*loops: str, short: bool = False) -> Story:
    def story(desk: Desk) -> Plan:
        rejections = tuple(r for loop in loops for r in desk.rejections(loop))
        level = loops[-1].replace("2010", "2000") if short else "2000F"
        plan = _all_alike(desk, Plan(outcome="rejected", rejections=rejections, message=None if short else desk.message(), lines=[]))
        plan.stop = level
        if short:
            plan.lines = [_left_out() for _ in plan.lines]
        return plan

    return story


def _rejected_lines(loop: str) -> Story:
    def story(desk: Desk) -> Plan:
        lines = [LinePlan(outcome="rejected", rejections=desk.rejections(loop)) for _ in range(desk.services)]
        return _undecided(desk, "rejected", lines)

    return story


# what the stories stand on ------------------------------------------------------------------------------------------------


def _approved(desk: Desk, outcome: str, action: str) -> Plan:
    """An approval with a number; lines say nothing of their own."""
    plan = Plan(
        outcome=outcome,
        action=action,
        number=desk.number(),
        reference=desk.dice.maybe(0.4, f"REF{desk.dice.digits(7)}"),
        validity=desk.validity,
        issued=desk.dice.maybe(0.5, desk.today),
        message=desk.message(),
        second_opinion=desk.dice.pick((None, None, True, False)),
        lines=[],
    )
    return _all_alike(desk, plan)


def _all_alike(desk: Desk, plan: Plan) -> Plan:
    plan.lines = [LinePlan(outcome=plan.outcome, less=plan.less) for _ in range(desk.services)]
    return plan


def _undecided(desk: Desk, outcome: str, lines: list[LinePlan], *, interim: bool = False) -> Plan:
    return Plan(outcome=outcome, lines=lines, message=desk.message(), interim=interim)


def _line(desk: Desk, outcome: str, action: str) -> LinePlan:
    dice = desk.dice
    return LinePlan(
        outcome=outcome,
        action=action,
        number=desk.number(),
        reference=dice.maybe(0.2, f"REF{dice.digits(7)}"),
        validity=desk.validity if dice.chance(0.5) else Validity(),
        issued=dice.maybe(0.3, desk.today),
        message=dice.maybe(0.2, "AS REQUESTED"),
        second_opinion=dice.pick((None, None, None, True, False)),
    )


def _modified_line(desk: Desk) -> LinePlan:
    return msgspec.structs.replace(_line(desk, "modified", "A6"), reasons=desk.reasons(2), less=True)


def _denied_line(desk: Desk) -> LinePlan:
    return LinePlan(outcome="denied", action="A3", reasons=desk.reasons(), message=desk.dice.maybe(0.3, "NOT SUPPORTED BY THE RECORD"))


def _left_out() -> LinePlan:
    return LinePlan(outcome="unanswered", left_out=True)


def _always(_desk: Desk) -> bool:
    return True


def _lines(least: int) -> Callable[[Desk], bool]:
    return lambda desk: desk.services >= least


def _first_request(desk: Desk) -> bool:
    """The request names no earlier number, so that a REF*BB in the answer can only be the new one."""
    return desk.question.event.first("REF", "BB") is None


def _dated(least: int) -> Callable[[Desk], bool]:
    """The care has days, and its last is at least so many after its first."""
    return lambda desk: desk.care is not None and (desk.care[1] - desk.care[0]).days >= least


def _dependent(desk: Desk) -> bool:
    return desk.question.has_dependent


def _names(roles: str) -> Callable[[Desk], bool]:
    """The event names a provider (`EA`) or a stop of a transport (`EC`)."""
    stops = ("45", "FS", "ND", "PW", "R3")
    others = ("00", "CA", "GG")

    def fits(desk: Desk) -> bool:
        found = [text(name[0], 1) for name in desk.question.event.names]
        return any((role in stops) == (roles == "EC") for role in found if role not in others)

    return fits


def _service_names(desk: Desk) -> bool:
    return desk.services > 0 and all(any(text(name[0], 1) != "1T" for name in service.names) for service in desk.question.services)


FOR_RECORDS = "pended for records"
"""The story of a review that waits for records under the payer's own number."""

STORIES: dict[str, tuple[Story, Callable[[Desk], bool]]] = {
    "certified": (_certified, _always),
    "certified by line": (_certified_by_line, _lines(1)),
    "certified on lines only": (_certified_lines_only, _lines(1)),
    "certified on the event only": (_certified_event_only, _lines(1)),
    "certified, number in REF BB": (_certified_number_in_ref, _first_request),
    "certified for other days": (_certified_for_other_days, _dated(0)),
    "certified for some of the days": (_certified_for_some_days, _dated(3)),
    "partly, by the event": (_partly_event_only_decides, _always),
    "partly, by line": (_partly_by_line, _lines(2)),
    "approved over a denied line": (_approved_over_a_denied_line, _lines(2)),
    "denied over an approved line": (_denied_over_an_approved_line, _lines(2)),
    "a line left out": (_a_line_left_out, _lines(2)),
    "a line pended": (_a_line_pended, _lines(2)),
    "a line rejected": (_a_line_rejected, _lines(2)),
    "lines of every kind": (_lines_of_every_kind, _lines(2)),
    "modified": (_modified, _always),
    "modified by line": (_modified_by_line, _lines(2)),
    "denied": (_denied, _always),
    "denied by line": (_denied_by_line, _lines(1)),
    "pended": (_pended, _always),
    "pended for documents": (_pended_for_documents, _always),
    FOR_RECORDS: (_pended_for_records, _always),
    "cancelled": (_cancelled, _always),
    "contact payer": (_contact_payer, _always),
    "not required": (_not_required, _always),
    "rejection dressed as denial": (_rejection_dressed_as_denial, _always),
    "approval and rejection": (_approval_and_rejection, _always),
    "rejected 2000A": (_rejected("2000A"), _always),
    "rejected 2000A, short": (_rejected("2000A", short=True), _always),
    "rejected 2010A": (_rejected("2010A"), _always),
    "rejected 2010B": (_rejected("2010B"), _always),
    "rejected 2010B, short": (_rejected("2010B", short=True), _always),
    "rejected 2010C": (_rejected("2010C"), _always),
    "rejected 2010C, short": (_rejected("2010C", short=True), _always),
    "rejected 2010D": (_rejected("2010D"), _dependent),
    "rejected 2010C and 2010D, short": (_rejected("2010C", "2010D", short=True), _dependent),
    "rejected 2000E": (_rejected("2000E"), _always),
    "rejected 2010EA": (_rejected("2010EA"), _names("EA")),
    "rejected 2010EC": (_rejected("2010EC"), _names("EC")),
    "rejected 2000F": (_rejected_lines("2000F"), _lines(1)),
    "rejected 2010FA": (_rejected_lines("2010FA"), _service_names),
}
"""Name -> how it is told, and which questions it fits."""

CROOKED = frozenset(("approved over a denied line", "approval and rejection", "rejection dressed as denial"))
"""Stories of answers that contradict themselves, as payers do. The rules speak of each of these, and have nothing to say of the others."""
