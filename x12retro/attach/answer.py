"""The 275 that answers a payer's request for documents: which of its requests each document answers, and under the payer's own number.

The payer asks in a pended response, by report type (PWK) or LOINC code (HI, LOI). The number it is answered by is, in this order, the
control number of the request for the document (PWK06), the payer's own trace number (TRN01 1), or our trace number that the payer echoed.

Guide: 005010X217 2000E PWK06, TRN02; 006020X316 BGN01, 2000A TRN, STC
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from x12retro.attach.about import About
from x12retro.attach.compose import Parcel, parcels
from x12retro.attach.gather import LONGEST_NUMBER, enclosure
from x12retro.attach.records import Enclosure, Obstacle
from x12retro.build import Partner
from x12retro.decide.record import Decision, DocumentRequest
from x12retro.x12.traces import shortened


def answer_275(
    decision: Decision, about: About, documents: Sequence[tuple[str, Path]], partner: Partner, *, now: datetime
) -> Iterator[Parcel | Obstacle]:
    """Yield the 275s that answer `decision` with `documents`, and an Obstacle for each that answers nothing or cannot be sent.

    A document is (code, file): the code that the payer asked by (a LOINC code or a report type); "" where it asked for one thing only.
    What is asked and not answered is an Obstacle too, of severity `held`: it waits.
    """
    asked = decision.documents_requested
    ready: list[Enclosure] = []
    answered: set[int] = set()
    for n, (code, file) in enumerate(documents):
        path = f"$.documents[{n}]"
        request = request_for(code, asked)
        if isinstance(request, str):
            yield Obstacle(path, request)
            continue
        answered.add(asked.index(request))
        loinc = request.code if request.kind == "loinc" else ""
        type_ = "" if loinc else request.code
        made = enclosure(file, number_of(decision, request), partner.attachments, path=path, report_type=type_, loinc=loinc)
        if isinstance(made, Obstacle):
            yield made
        else:
            ready.append(made)
    for n, request in enumerate(asked):
        if n not in answered:
            yield Obstacle(f"$.documents_requested[{n}]", f"the payer asks for {request.code} too, and no document answers that", "held")
    if ready:
        yield from parcels(about, ready, partner, now=now, asked_by_payer=True, reference=answer_reference(about.trace, now))


def answer_reference(trace: str, now: datetime) -> str:
    """The beginning of BGN02 of an answer: a second answer to the same request is another 275."""
    return f"{shortened(trace, LONGEST_NUMBER - 13)}{now:%y%m%d%H%M}"


def request_for(code: str, asked: Sequence[DocumentRequest]) -> DocumentRequest | str:
    """What of that which the payer asks is answered by a document of this code; words when that is nothing, or not clear."""
    if not asked:
        return "the payer asks for no document"
    if code:
        found = next((one for one in asked if one.code == code), None)
        return found or f"the payer does not ask for that; it asks for {', '.join(dict.fromkeys(one.code for one in asked))}"
    if len(asked) > 1:
        return f"say what it answers: the payer asks for {', '.join(dict.fromkeys(one.code for one in asked))}"
    return asked[0]


def number_of(decision: Decision, request: DocumentRequest) -> str:
    """The number that an answer to this request bears as TRN02."""
    payers = (trace.number for trace in decision.traces.details if trace.kind == "1" and trace.number)
    return request.control_number or next(payers, "") or next(iter(decision.traces.event), "")
