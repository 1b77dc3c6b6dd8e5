"""Documents that payers ask for in their answers: taken down as tasks, each under the payer's own number, until the payer has them."""

from __future__ import annotations

import re

import msgspec

from x12retro.attach import number_of
from x12retro.build.attachments import TRAVELS
from x12retro.decide import Decision
from x12retro.decide.record import DocumentRequest
from x12retro.flow.desk import Desk
from x12retro.flow.promised import ELECTRONIC, fault_of_number
from x12retro.ledger import Change, NewDocument
from x12retro.ledger.queries import asked_and_not_taken_down, documents_of
from x12retro.x12 import Delimiters

_CODE = re.compile(r"[A-Za-z0-9.-]{1,20}")
_OPEN = ("asked", "waiting", "held", "filed", "refused")
"""Where a document stands that the payer asked for and does not have."""


def asked_for(decision: Decision, delimiters: Delimiters) -> tuple[NewDocument, ...]:
    """The documents that an answer asks for. `delimiters` are those that we write with."""
    return tuple(_wanted(decision, one, delimiters) for one in decision.documents_requested)


def take_asked(change: Change, asked: list[tuple[int, tuple[NewDocument, ...]]]) -> None:
    """Take down what payers ask for in the answers to these requests, but for what we were asked for already and they have not yet."""
    known = documents_of(change.connection, {request_id for request_id, _ in asked})
    open_ = {id_: {(one.number, one.code) for one in rows if one.asked and one.state in _OPEN} for id_, rows in known.items()}
    fresh = []
    for request_id, wanted in asked:
        already = open_.setdefault(request_id, set())
        new = {(one.number, one.code): one for one in reversed(wanted) if (one.number, one.code) not in already}
        already.update(new)
        fresh.append((request_id, [*reversed(new.values())]))
    change.add_documents(fresh)


def take_asked_before(desk: Desk) -> None:
    """Take down what payers asked for while the ledger did not keep documents: an earlier version of it."""
    with desk.ledger.look() as connection:
        records = asked_and_not_taken_down(connection, desk.partner)
    delimiters = desk.partnership.partner.delimiters
    asked = [(id_, asked_for(msgspec.json.decode(record, type=Decision), delimiters)) for id_, record in records.items()]
    if asked:
        with desk.change() as change:
            take_asked(change, asked)


def _wanted(decision: Decision, request: DocumentRequest, delimiters: Delimiters) -> NewDocument:
    """A document that a payer asks for. One that no 275 can answer has no number, and its note says why."""
    number = number_of(decision, request)
    is_code = _CODE.fullmatch(request.code) is not None  # else it may be any text, of a patient too
    fault = fault_of_number(number, delimiters) if is_code else "the code that it is asked by is none"
    words = [request.meaning, f"no 275 can answer it: {fault}" if fault is not None else None]
    return NewDocument(
        place=None,
        asked=True,
        code=request.code if is_code else "?",
        number=number if fault is None else None,
        way=request.delivery if request.delivery in TRAVELS else ELECTRONIC,
        state="asked",
        note="; ".join(filter(None, words)) or None,
        due=decision.next_step.due.isoformat() if decision.next_step.due is not None else None,
    )


def wait_again(change: Change, request_ids: set[int], due: str) -> None:
    """Those of the requests of which all is sent that the payer asked for wait for the payer, until the day `due`."""
    left = documents_of(change.connection, request_ids)
    change.wait_again([id_ for id_ in request_ids if not any(one.asked and one.state in _OPEN for one in left[id_])], due)
