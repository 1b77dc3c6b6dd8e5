"""One encounter -> the segments of one request, in the guide's order: BHT, then levels 20, 21, 22, [23], EV, SS..."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from x12retro.build.attachments import Attachments
from x12retro.build.draft import Draft
from x12retro.build.event import add_event
from x12retro.build.numbers import event_trace, service_trace
from x12retro.build.parties import add_header, add_requester, add_umo
from x12retro.build.partner import Partner
from x12retro.build.patient import add_dependent, add_subscriber
from x12retro.build.plausible import check_plausible
from x12retro.build.records import Leave, Traces
from x12retro.build.scenarios import reason_of
from x12retro.build.service import add_service, says_what
from x12retro.encounter import Encounter


def compose(
    encounter: Encounter, partner: Partner, now: datetime, run: str, leave: Leave | None = None, payers: tuple[Path, ...] = ()
) -> tuple[Draft, Traces]:
    """Compose the whole request, missing parts and all; `draft.problems` says what stands in its way.

    `leave` is the assessment, where one was made; `payers` are folders of payers' files, for wishes of the payer that it names.

    Guide: 005010X217 structure
    """
    draft = Draft(partner.delimiters)
    if not partner.serves(encounter.payer):
        draft.problem(
            "$.payer", f"its reviews go to another partner: this one serves {', '.join(partner.payers)} ($.payers of the partner file)"
        )
    trace = event_trace(encounter.encounter_id, run)
    documents = Attachments(trace, leave, partner.attachments.method)
    reason = reason_of(encounter, leave.payer if leave is not None else None, payers)
    today = now.date()
    add_header(draft, encounter, trace, now)
    level = add_requester(draft, encounter.requester, add_umo(draft, encounter, partner))
    level = add_subscriber(draft, encounter.subscriber, level, today)
    if encounter.patient is not None:
        level = add_dependent(draft, encounter.patient, level, today)
    level, diagnoses = add_event(draft, encounter, partner, reason, level, trace, documents, today)
    services: list[str] = []
    for i, service in enumerate(encounter.services):
        services.append(service_trace(trace, i + 1))
        add_service(draft, f"$.services[{i}]", service, encounter.event, partner, level, services[-1], diagnoses, documents, today)
    if not partner.services.mixed_kinds:
        _check_kinds(draft, encounter)
    check_plausible(draft, encounter, today)
    return draft, Traces(trace, tuple(services), tuple(documents.numbers))


def _check_kinds(draft: Draft, encounter: Encounter) -> None:
    """Report lines of another kind than the rest, where the partner wants one kind in a request.

    Among mostly institutional lines, one that is professional for want of a revenue code has forgotten it: that is what is told.
    """
    told = [(i, service, service.line_kind) for i, service in enumerate(encounter.services) if says_what(service)]
    institutional = [kind for _, _, kind in told if kind == "institutional"]
    usual = "institutional" if 2 * len(institutional) > len(told) else told[0][2] if told else None
    for i, service, kind in told:
        path = f"$.services[{i}]"
        if kind == usual or any(problem.path == f"{path}.unit" for problem in draft.problems):
            continue  # a unit of another kind has told it
        if usual == "institutional" and kind == "professional" and service.kind is None:
            draft.problem(
                f"{path}.revenue_code", "missing; without it the line is professional, and this partner takes one kind in a request"
            )
        else:
            draft.problem(path, f"is {kind} where others are {usual}; this partner takes one kind in a request")
            return
