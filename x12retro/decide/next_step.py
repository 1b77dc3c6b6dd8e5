"""What to do after an answer, and by when.

Dates count from `as_of` in calendar days by the table `DEFAULT_DAYS`, which is deliberately short: it holds when no rule of the
payer is known, and each `why` says so. A payer's own clocks can only be added by who knows the payer.

A denial is answered by its reasons (HCR03), the shortest clock first: missing data by a new and better request, a medical
judgement by a talk between physicians, all else by appeal. A rejection is answered by its follow-up (AAA04), but one that says
"too late" (62; 57 or N where the care lies in the past) goes to the claim and then to appeal: no new request would be taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from x12retro.decide.outcome import APPROVALS
from x12retro.decide.record import Action, DocumentRequest, NextStep, Outcome, Reason, Rejection, ServiceDecision

DEFAULT_DAYS: dict[Action, int] = {
    "call_payer": 1,
    "review": 1,
    "correct_and_resend": 2,  # the original window still runs, and some are 24 or 48 hours
    "follow_up": 2,
    "send_documents": 5,
    "peer_to_peer": 7,
    "send_claim_then_appeal": 14,
    "attach_number_to_claim": 30,
    "bill": 30,
    "appeal": 30,
}

_STEPS: dict[Outcome, tuple[Action, str]] = {
    "certified": ("attach_number_to_claim", "Certified: put the number on the claim and release the hold."),
    "partially_certified": ("attach_number_to_claim", "Certified in part: bill with the number only what was certified."),
    "modified": (
        "attach_number_to_claim",
        "Modified: compare dates, quantities and codes with what was done, then bill what was certified.",
    ),
    "denied": ("appeal", "Not certified: appeal with the clinical record."),
    "pended": ("follow_up", "Pended: ask for the status until there is a decision."),
    "cancelled": ("review", "Cancelled: confirm that we asked for it; if not, ask the payer."),
    "contact_payer": ("call_payer", "The payer wants a call: it will not decide by message."),
    "not_required": ("bill", "No authorization is needed: bill without a number and keep this answer as evidence."),
    "manual_review": ("review", "The answer cannot be read with certainty: a person must read it before anything is billed."),
    "rejected": (
        "correct_and_resend",
        "Rejected without review: correct what the payer names and send again; the original window still runs.",
    ),
}

_MISSING_DATA = "The request lacked data: send a new, complete one; a denied request cannot be updated."
_MEDICAL = "A medical judgement: ask for a talk between physicians before the appeal."
_DENIAL_STEPS: dict[str, tuple[Action, str]] = {
    **dict.fromkeys(("0P", "0U", "22", "23", "24", "25", "26"), ("correct_and_resend", _MISSING_DATA)),
    **dict.fromkeys(("0F", "0G", "0R", "0T", "0V", "19"), ("peer_to_peer", _MEDICAL)),
    **dict.fromkeys(("0B", "0J", "0W"), ("follow_up", "The decision is to come from elsewhere: follow up until it does.")),
    "0H": ("call_payer", "The payer says that no certification is needed, yet denies: have it confirmed before billing."),
    "0Q": ("follow_up", "The payer took it for a duplicate: find the answer to the first request."),
}

_WANTS_MORE = frozenset({"0P", "0U"})
_TOO_LATE = "62"
_BAD_SERVICE_DATE = "57"
_PAYER_IS_DOWN = frozenset({"42", "80"})
_RESENDS = frozenset({"C", "R", "P"})


def next_steps(
    outcome: Outcome,
    as_of: date,
    *,
    reasons: Sequence[Reason] = (),
    rejections: Sequence[Rejection] = (),
    documents: Sequence[DocumentRequest] = (),
    services: Sequence[ServiceDecision] = (),
    care_began: date | None = None,
    numbered: bool = True,
) -> list[NextStep]:
    """The steps an outcome asks for, the one to take first at the front; never empty, none twice.

    `reasons` are those of the event, `rejections` all of them; `care_began` is the first day of care where it is known;
    `numbered` is False when what was approved has no authorization number.
    """
    if outcome == "rejected":
        return [_rejected(rejections, as_of, care_began)]
    if outcome == "manual_review":
        return [_step(*_STEPS[outcome], as_of)]
    rest = _for_lines(services, reasons, rejections, documents, as_of, care_began)
    if outcome == "denied":
        steps = sorted([*_denied(reasons, as_of), *rest], key=_soonest)
    elif outcome == "pended":
        steps = [_pended(reasons, services, documents, as_of), *rest]
    else:
        steps = [_step(*_STEPS[outcome], as_of), *rest]
    if outcome in APPROVALS and not numbered:
        steps.insert(0, _step("call_payer", "Approved, but without a number: ask the payer for it.", as_of))
    if outcome == "partially_certified" and all(line.outcome in APPROVALS for line in services):
        steps += _denied(reasons, as_of)
    elif outcome == "modified":
        steps.append(_step("appeal", "If less was certified than was done: appeal the difference.", as_of))
    once: dict[Action, NextStep] = {}
    for step in steps:
        once.setdefault(step.do, step)
    return list(once.values())


def _step(do: Action, why: str, as_of: date) -> NextStep:
    days = DEFAULT_DAYS[do]
    return NextStep(do=do, due=as_of + timedelta(days=days), why=f"{why} No payer rule was used: {days} calendar days is a default.")


def _denied(reasons: Sequence[Reason], as_of: date) -> list[NextStep]:
    found = {_DENIAL_STEPS[reason.code] for reason in reasons if reason.code in _DENIAL_STEPS}
    steps = [_step(do, why, as_of) for do, why in found]
    steps.append(_step("appeal", _STEPS["denied"][1], as_of))
    return sorted(steps, key=_soonest)


def _pended(reasons: Sequence[Reason], services: Sequence[ServiceDecision], documents: Sequence[DocumentRequest], as_of: date) -> NextStep:
    of_lines = [reason for line in services if line.outcome == "pended" for reason in line.reasons]
    if documents or any(reason.code in _WANTS_MORE for reason in (*reasons, *of_lines)):
        return _step("send_documents", "Pended for documents: send them; without them the payer will deny.", as_of)
    return _step(*_STEPS["pended"], as_of)


def _rejected(rejections: Sequence[Rejection], as_of: date, care_began: date | None) -> NextStep:
    """One step for all rejections: what bars a new request outweighs what could be corrected."""
    # care that has no date here was given all the same: we ask afterwards
    past = care_began is None or care_began <= as_of
    known_past = care_began is not None and care_began <= as_of
    if any(r.code == _TOO_LATE for r in rejections):
        return _step("send_claim_then_appeal", "The payer takes no request for dates this old: send the claim, then appeal.", as_of)
    if known_past and any(r.code == _BAD_SERVICE_DATE for r in rejections):
        return _step("send_claim_then_appeal", "The payer refuses the date of care, which is past: send the claim, then appeal.", as_of)
    if any(r.follow_up == "N" for r in rejections):
        if past:
            why = "The payer takes no new request: check coverage and numbers once more, send the claim, then appeal."
            return _step("send_claim_then_appeal", why, as_of)
        return _step("call_payer", "The payer takes no new request, and the care is still to come: call.", as_of)
    if rejections and all(r.follow_up == "Y" for r in rejections):
        return _step("follow_up", "Do not send again: the payer says that an answer will follow.", as_of)
    if rejections and all(r.follow_up == "P" or (r.follow_up not in _RESENDS and r.code in _PAYER_IS_DOWN) for r in rejections):
        return _step(
            "correct_and_resend", "The payer could not answer: send the same request again; the original window still runs.", as_of
        )
    return _step(*_STEPS["rejected"], as_of)


def _for_lines(
    services: Sequence[ServiceDecision],
    of_event: Sequence[Reason],
    rejections: Sequence[Rejection],
    documents: Sequence[DocumentRequest],
    as_of: date,
    care_began: date | None,
) -> list[NextStep]:
    """What the lines ask for that were not approved, soonest first."""
    outcomes = {line.outcome for line in services}
    steps: list[NextStep] = []
    if "denied" in outcomes:
        denied = [line for line in services if line.outcome == "denied"]
        steps += _denied([reason for line in denied for reason in (of_event if line.inherited else line.reasons)], as_of)
    if "pended" in outcomes:
        steps.append(_pended((), services, documents, as_of))
    if "rejected" in outcomes:
        steps.append(_rejected(rejections, as_of, care_began))
    if outcomes & {"unanswered", "contact_payer"}:
        steps.append(_step("call_payer", "Some services have no decision: ask the payer before billing them.", as_of))
    return sorted(steps, key=_soonest)


def _soonest(step: NextStep) -> tuple[date, str]:
    return step.due, step.do
