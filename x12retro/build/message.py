"""The one free text of a request: why it is late, in the scenario's words, the days that matter, and the hospital's explanation.

There is room for 264 characters once. A text that does not fit is reported with the number of characters it is too long by;
nothing is cut, because the end of an explanation is where its reason tends to be.
"""

from __future__ import annotations

from x12retro.build.draft import Draft
from x12retro.build.partner import Partner
from x12retro.build.scenarios import Reason
from x12retro.encounter.record import Retro


def add_message(draft: Draft, retro: Retro | None, reason: Reason | None, partner: Partner) -> None:
    """Add the one free text, or a problem when it does not fit. `reason` gives the opening words.

    Guide: 005010X217 2000E MSG01
    """
    if retro is None:
        return
    parts = [*_opening(draft, reason, partner), *_days(retro)]
    ours = len(draft.words("$.retro", " ".join(parts)) or "") if parts else 0
    explanation = draft.words("$.retro.explanation", retro.explanation)
    written = " ".join(part for part in (draft.words("$.retro", " ".join(parts)) if parts else None, explanation) if part)
    if not written:
        return
    limit = partner.message.limit
    if len(written) > limit:
        over = len(written) - limit
        room = f" (the opening words and days take {ours})" if ours else ""
        draft.problem(
            "$.retro.explanation", f"{over} characters too long: the free text has room for {limit}{room}; nothing is cut silently"
        )
    draft.add("$.retro.explanation", "MSG", written)


def _opening(draft: Draft, reason: Reason | None, partner: Partner) -> list[str]:
    if reason is None or not partner.message.opening:
        return []
    wished = reason.wish is not None and reason.wish.opening is not None
    draft.why.append(f"MSG opens with the words of scenario {reason.scenario}" + (" that the payer wants" if wished else ""))
    return [reason.opening]


def _days(retro: Retro) -> list[str]:
    """The facts that decide a late request, each a few words."""
    days = []
    if retro.eligibility_added_on is not None:
        days.append(f"Eligibility added {retro.eligibility_added_on}.")
    if retro.coverage_discovered_on is not None:
        days.append(f"Coverage found {retro.coverage_discovered_on}.")
    if retro.system_restored_on is not None:
        days.append(f"System back {retro.system_restored_on}.")
    if retro.denial is not None:
        days.append(f"Claim denied {retro.denial.date}, CARC {retro.denial.carc}.")
    return days
