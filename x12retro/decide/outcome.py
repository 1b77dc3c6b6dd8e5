"""From action codes and rejections to one outcome. All rules of judgement are here, as tables.

**One level.** HCR01 says what was decided:

    A1 certified   A2 partially_certified   A3 denied          A4 pended         A6 modified
    C  cancelled   CT contact_payer         NA not_required    any other: manual_review

An AAA says that no review took place. It stands instead of an HCR; where a payer sends both, the rejection bars an approval:

    HCR            with AAA                                                      outcome
    none           any                                                           rejected
    A3             33 (input errors), or no HCR03, or HCR03 25 only              rejected: a rejection dressed as a denial
    A3             other                                                         manual_review: reviewed or not?
    A4             all with follow-up Y (an answer will follow)                  pended
    CT             any                                                           contact_payer
    A1 A2 A6 ...   any                                                           manual_review, the number kept

Rejections of the levels above (2000A to 2010D) and of the event's providers and places (2010EA, 2010EC) count as the event's.

In the answer to an inquiry (005010X215) an AAA speaks of the inquiry: that it was not understood, or that nothing was found. It says
nothing of the review and never rejects the request:

    HCR            with AAA                                                      outcome
    none           any                                                           none; where no HCR stands anywhere: unanswered
    A4 CT          any                                                           pended, contact_payer
    A1 A2 A3 ...   any                                                           manual_review

**Lines.** A line's own HCR or AAA wins; the event's decision applies to a line without one; with neither, the line is
`unanswered`. No line is approved under an event that was rejected.

**What was asked.** An A1 that gives less or other than was asked counts as `modified`, in a line and in the event (`compare`).

**The event as a whole** is one voter among its lines (`votes`: the event's own decision, if any, and every line's):

    votes                                                              outcome
    none at all                                                        manual_review
    a manual_review among them                                         manual_review
    an approval under an event that was rejected or cancelled          manual_review
    the event was rejected, no approval                                rejected
    all alike                                                          that one (all unanswered: manual_review)
    an approval, and any other but not_required                        partially_certified
    certified and modified (and not_required)                          modified
    certified and not_required                                         certified
    unanswered beside only not_required or cancelled                   manual_review
    no approval, mixed                                                 the one that is most open: pended, contact_payer, denied,
                                                                       rejected, cancelled, not_required

So an A1 over a line with A3 is partially_certified, and an A3 over a line with A1 too: never billed in full, never written off.

Guide: 005010X217 2000E and 2000F HCR01, AAA03, AAA04; 005010X215 alike
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from x12retro.decide.record import Outcome, Reason, Rejection, ServiceOutcome

ACTION_OUTCOMES: dict[str, Outcome] = {
    "A1": "certified",
    "A2": "partially_certified",
    "A3": "denied",
    "A4": "pended",
    "A6": "modified",
    "C": "cancelled",
    "CT": "contact_payer",
    "NA": "not_required",
}
APPROVALS: frozenset[ServiceOutcome] = frozenset({"certified", "modified", "partially_certified"})
_MOST_OPEN_FIRST: tuple[Outcome, ...] = ("pended", "contact_payer", "denied", "rejected", "cancelled", "not_required")
_CLOSED_WITHOUT_REVIEW: frozenset[ServiceOutcome] = frozenset({"unanswered", "not_required", "cancelled"})
_INPUT_ERRORS = "33"
_NOT_CONSIDERED = "25"
_ANSWER_FOLLOWS = "Y"


def outcome_of_level(action: str | None, reasons: Sequence[Reason], rejections: Sequence[Rejection]) -> Outcome | None:
    """The outcome of one level by its own HCR and AAA; None when it has neither. `action` is HCR01 verbatim, None without HCR."""
    if action is None:
        return "rejected" if rejections else None
    outcome = ACTION_OUTCOMES.get(action, "manual_review")
    if not rejections or outcome == "contact_payer":
        return outcome
    if outcome == "denied" and (
        any(r.code == _INPUT_ERRORS for r in rejections) or all(reason.code == _NOT_CONSIDERED for reason in reasons)
    ):
        return "rejected"
    if outcome == "pended" and all(r.follow_up == _ANSWER_FOLLOWS for r in rejections):
        return "pended"
    return "manual_review"


def outcome_in_inquiry(action: str | None, rejections: Sequence[Rejection]) -> Outcome | None:
    """The outcome of one level in the answer to an inquiry by its own HCR and AAA; None when nothing was decided there."""
    if action is None:
        return None
    outcome = ACTION_OUTCOMES.get(action, "manual_review")
    return outcome if not rejections or outcome in ("pended", "contact_payer") else "manual_review"


def outcome_of_event(event: Outcome | None, lines: Iterable[ServiceOutcome]) -> Outcome:
    """The outcome of the event as a whole, by its own decision (None: it has none) and its lines'."""
    votes: set[ServiceOutcome] = set(lines)
    if event is not None:
        votes.add(event)
    approved = votes & APPROVALS
    if "manual_review" in votes or votes <= {"unanswered"}:
        return "manual_review"
    if event in ("rejected", "cancelled") and approved:
        return "manual_review"
    if event == "rejected":
        return "rejected"
    if approved:
        if votes - approved - {"not_required"} or "partially_certified" in votes:
            return "partially_certified"
        return "modified" if "modified" in votes else "certified"
    if "unanswered" in votes and votes <= _CLOSED_WITHOUT_REVIEW:
        return "manual_review"
    return next(outcome for outcome in _MOST_OPEN_FIRST if outcome in votes)
