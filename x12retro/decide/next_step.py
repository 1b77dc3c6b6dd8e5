"""What to do after an answer, and by when.

Days are those of the payer's own terms where the caller knows them (`terms`), else calendar days by the table `DEFAULT_DAYS`, which is
deliberately short; each `why` says which. A new request is due before the window that the first one was sent in closes, if that is known
(`window_closes`), and once it has closed the claim and an appeal are what is left. Days run from the day of the answer (BHT04), those
of a denial from the day of the denial (DTP 598) where it is the earlier one, so that the same answer read again on another day
has the same dates; `as_of` only tells whether a date has passed. Where no such day is known, or it lies ahead, they run from `as_of`.

The soonest step stands first, and one that asks (`review`, `call_payer`) always before one that bills.

A denial is answered by the groups its reasons (HCR03) fall into, `DENIAL_REASONS`; the table is in docs/decision.md. The appeal is
always among its steps. A rejection is answered by its follow-up (AAA04), but one that says "too late" (62; 57 or N where the care
lies in the past) goes to the claim and then to appeal: no new request would be taken.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from x12retro.decide.outcome import APPROVALS
from x12retro.decide.record import Action, DocumentRequest, NextStep, Outcome, Reason, Rejection, ServiceDecision
from x12retro.decide.terms import Term, Terms
from x12retro.decide.values import later

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
    "unanswered": (
        "call_payer",
        "The inquiry brought no decision: ask the payer whether it has the request; the request stands as it did before.",
    ),
}

# groups of list 886, the most useful step first: where data or a medical judgement is the matter, a call or a look at our own papers
# adds nothing, and of the two the call settles more
DENIAL_REASONS: tuple[tuple[Action, str, tuple[str, ...]], ...] = (
    (
        "correct_and_resend",
        "The request lacked data: send a new, complete one; a denied request cannot be updated.",
        ("0P", "0U", "22", "23", "24", "25", "26"),
    ),
    (
        "peer_to_peer",
        "A medical judgement: ask for a talk between physicians before the appeal.",
        ("0F", "0G", "0R", "0T", "19"),
    ),
    (
        "call_payer",
        "The payer denies, yet names a review that is still to come: ask whether the denial stands; the time to appeal runs on.",
        ("0B", "0J", "0V", "0W"),
    ),
    ("call_payer", "The payer says that no certification is needed, yet denies: have it confirmed before billing.", ("0H",)),
    (
        "call_payer",
        "The payer looks for another provider's authorization: ask for whom there is one before the appeal.",
        ("0D", "0E", "0K", "12", "13"),
    ),
    (
        "review",
        "A price, an amount or a limit was refused, not the care: compare the request with contract and earlier approvals, then appeal.",
        ("01", "02", "03", "04", "05", "06", "08", "0L", "10", "11"),
    ),
    ("review", "The payer took it for a duplicate: find the first request and its answer.", ("0Q",)),
)
_INSTEAD_OF_ASKING: frozenset[Action] = frozenset({"correct_and_resend", "peer_to_peer"})
_ASKING: frozenset[Action] = frozenset({"review", "call_payer"})
_BILLING: frozenset[Action] = frozenset({"attach_number_to_claim", "bill"})
_ORDER = {do: n for n, do in enumerate(DEFAULT_DAYS)}

_WANTS_MORE = frozenset({"0P", "0U"})
_TOO_LATE = "62"
_BAD_SERVICE_DATE = "57"
_PAYER_IS_DOWN = frozenset({"42", "80"})
_NO_TERMS: Terms = {}
_WINDOW_CLOSED = "A new request would come too late, the payer's window has closed: send the claim, then appeal."
_RESENDS = frozenset({"C", "R", "P"})


def next_steps(
    outcome: Outcome,
    as_of: date,
    *,
    answered_on: date | None = None,
    denied_on: date | None = None,
    reasons: Sequence[Reason] = (),
    rejections: Sequence[Rejection] = (),
    documents: Sequence[DocumentRequest] = (),
    services: Sequence[ServiceDecision] = (),
    care_began: date | None = None,
    numbered: bool = True,
    doubt: str = "",
    terms: Terms | None = None,
    window_closes: date | None = None,
) -> list[NextStep]:
    """The steps an outcome asks for, the one to take first at the front; never empty, none twice.

    `answered_on` and `denied_on` are the days that the dates run from; `reasons` are those of the event, `rejections` all of them;
    `care_began` is the first day of care where it is known; `numbered` is False when what was approved has no authorization number;
    `doubt` says why an approval must be looked at before it is billed, "" when nothing speaks against it; `terms` are the payer's,
    `window_closes` the last day on which it may be asked.
    """
    clock = _Clock(as_of, answered_on, denied_on, terms or _NO_TERMS, window_closes)
    if outcome == "manual_review":
        return [clock.step(*_STEPS[outcome])]
    if outcome == "unanswered":
        return [_unanswered(rejections, clock)]
    if outcome == "rejected":
        return _in_order([_rejected(rejections, clock, care_began), *_for_denied_lines(services, reasons, clock)])
    steps = _for_lines(services, reasons, rejections, documents, clock, care_began)
    if outcome == "denied":
        steps += _denied(_codes(reasons), clock)
    elif outcome == "pended":
        steps.append(_pended(reasons, services, documents, clock))
    else:
        steps.append(clock.step(*_STEPS[outcome]))
    if outcome in APPROVALS:
        if doubt:
            steps.append(clock.step("review", doubt))
        if not numbered:
            steps.insert(0, clock.step("call_payer", "Approved, but without a number: ask the payer for it."))
    lines = {line.outcome for line in services}
    if outcome == "partially_certified" and (reasons or "partially_certified" in lines or lines <= APPROVALS):
        steps += _denied(_codes(reasons), clock)
    elif outcome == "modified" or (outcome in APPROVALS and "modified" in lines):
        steps.append(clock.step("appeal", "If less was certified than was done: appeal the difference."))
    return _in_order(steps)


class _Clock(msgspec.Struct, frozen=True):
    """Where days are counted from, and what today is."""

    as_of: date
    answered_on: date | None = None
    denied_on: date | None = None
    terms: Terms = _NO_TERMS
    window_closes: date | None = None

    def step(self, do: Action, why: str, *, denial: bool = False) -> NextStep:
        """The step with its date. `denial`: its days run from the denial."""
        closes = self.window_closes if do == "correct_and_resend" else None
        if closes is not None and closes < self.as_of:
            do, why, closes = "send_claim_then_appeal", _WINDOW_CLOSED, None
        return _dated(do, why, *self._start(denial), self.as_of, self.terms.get(do), closes)

    def _start(self, denial: bool) -> tuple[date, str]:
        answered, denied = self.answered_on, self.denied_on
        if denial and denied is not None and denied <= min(answered or self.as_of, self.as_of):
            return denied, "from the day of the denial"
        if answered is None:
            return self.as_of, "from today (the day of the answer is not known)"
        if answered > self.as_of:
            return self.as_of, "from today (the answer is dated later)"
        return answered, "from the day of the answer"


@functools.lru_cache(maxsize=1024)
def _dated(do: Action, why: str, start: date, words: str, as_of: date, term: Term | None, closes: date | None) -> NextStep:
    """The step that counts from `start`, which `words` name; answers of one day ask for the same ones."""
    if term is not None:
        due = term.last(start)
        why = f"{why} By the payer's rule {term.rule}: {term.words} {words}."
    else:
        days = DEFAULT_DAYS[do]
        due = later(start, days)
        why = f"{why} No payer rule was used: {days} calendar day{'s' if days != 1 else ''} {words} is a default."
    if closes is not None:
        due = min(due, closes)
        why = f"{why} The payer may be asked until {closes}."
    overdue = due < as_of
    return NextStep(do=do, due=due, why=f"{why} Overdue since {due}." if overdue else why, overdue=overdue)


def _in_order(steps: Iterable[NextStep]) -> list[NextStep]:
    """The steps, of each kind the soonest, the soonest first; one that bills never before one that asks."""
    steps = list(steps)
    if len(steps) == 1:
        return steps
    once: dict[Action, NextStep] = {}
    for step in sorted(steps, key=lambda step: step.due):
        once.setdefault(step.do, step)
    asked_by = max((step.due for step in once.values() if step.do in _ASKING), default=date.min)

    def place(step: NextStep) -> tuple[date, int]:
        return max(step.due, asked_by) if step.do in _BILLING else step.due, _ORDER[step.do]

    return sorted(once.values(), key=place)


def _codes(reasons: Iterable[Reason]) -> set[str]:
    return {reason.code for reason in reasons}


def _denied(codes: set[str], clock: _Clock) -> list[NextStep]:
    """The steps for these reasons, and always the appeal."""
    steps: list[NextStep] = []
    for do, why, group in DENIAL_REASONS:
        if codes.isdisjoint(group) or (steps and do not in _INSTEAD_OF_ASKING):
            continue
        steps.append(clock.step(do, why, denial=True))
    return [*steps, clock.step(*_STEPS["denied"], denial=True)]


def _pended(
    reasons: Sequence[Reason], services: Sequence[ServiceDecision], documents: Sequence[DocumentRequest], clock: _Clock
) -> NextStep:
    of_lines = [reason for line in services if line.outcome == "pended" for reason in line.reasons]
    if documents or any(reason.code in _WANTS_MORE for reason in (*reasons, *of_lines)):
        return clock.step("send_documents", "Pended for documents: send them; without them the payer will deny.")
    return clock.step(*_STEPS["pended"])


def _rejected(rejections: Sequence[Rejection], clock: _Clock, care_began: date | None) -> NextStep:
    """One step for all rejections: what bars a new request outweighs what could be corrected."""
    # care that has no date here was given all the same: we ask afterwards
    past = care_began is None or care_began <= clock.as_of
    known_past = care_began is not None and care_began <= clock.as_of
    if any(r.code == _TOO_LATE for r in rejections):
        return clock.step("send_claim_then_appeal", "The payer takes no request for dates this old: send the claim, then appeal.")
    if known_past and any(r.code == _BAD_SERVICE_DATE for r in rejections):
        return clock.step("send_claim_then_appeal", "The payer refuses the date of care, which is past: send the claim, then appeal.")
    if any(r.follow_up == "N" for r in rejections):
        if past:
            why = "The payer takes no new request: check coverage and numbers once more, send the claim, then appeal."
            return clock.step("send_claim_then_appeal", why)
        return clock.step("call_payer", "The payer takes no new request, and the care is still to come: call.")
    if rejections and all(r.follow_up == "Y" for r in rejections):
        return clock.step("follow_up", "Do not send again: the payer says that an answer will follow.")
    if rejections and all(r.follow_up == "P" or (r.follow_up not in _RESENDS and r.code in _PAYER_IS_DOWN) for r in rejections):
        return clock.step("correct_and_resend", "The payer could not answer: send the same request again; the original window still runs.")
    return clock.step(*_STEPS["rejected"])


def _unanswered(rejections: Sequence[Rejection], clock: _Clock) -> NextStep:
    """After an inquiry that decides nothing: ask again where the payer could not look, else call. Never send the request again."""
    if rejections and all(r.follow_up in ("P", "Y") or r.code in _PAYER_IS_DOWN for r in rejections):
        return clock.step("follow_up", "The payer could not answer the inquiry: ask again; the request stands as it did before.")
    return clock.step(*_STEPS["unanswered"])


def _for_lines(
    services: Sequence[ServiceDecision],
    of_event: Sequence[Reason],
    rejections: Sequence[Rejection],
    documents: Sequence[DocumentRequest],
    clock: _Clock,
    care_began: date | None,
) -> list[NextStep]:
    """What the lines ask for that were not approved."""
    if not services:
        return []
    outcomes = {line.outcome for line in services}
    steps = _for_denied_lines(services, of_event, clock)
    if "pended" in outcomes:
        steps.append(_pended((), services, documents, clock))
    if "rejected" in outcomes:
        steps.append(_rejected(rejections, clock, care_began))
    if outcomes & {"unanswered", "contact_payer"}:
        steps.append(clock.step("call_payer", "Some services have no decision: ask the payer before billing them."))
    return steps


def _for_denied_lines(services: Sequence[ServiceDecision], of_event: Sequence[Reason], clock: _Clock) -> list[NextStep]:
    denied = [line for line in services if line.outcome == "denied"]
    if not denied:
        return []
    codes = _codes(reason for line in denied if not line.inherited for reason in line.reasons)
    return _denied(codes | _codes(of_event) if any(line.inherited for line in denied) else codes, clock)
