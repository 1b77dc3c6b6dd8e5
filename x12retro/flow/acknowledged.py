"""TA1, 999, 997 and 824 that came: how our files, and what is in them, fared."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Row

from x12retro.acknowledge import Advice, GroupAck, InterchangeAck, SetAck, read_acknowledgments
from x12retro.counted import counted
from x12retro.flow.advised import take_advice
from x12retro.flow.enclosing import documents_sent
from x12retro.flow.incoming import SET_REFUSED, Incoming, stray, take_acceptance
from x12retro.ledger import Change
from x12retro.ledger.life import RequestState
from x12retro.ledger.queries import Asked, asked_in_file, asked_in_group, documents_in_file, files_of_group, sent_file

_GOOD = ("accepted", "accepted_with_errors")
_OURS = {"HI": "inquiry", "PI": "documents"}
"""GS01 -> what of ours is in such a group, in HI besides requests: an acknowledgment of another kind of group speaks of somebody else's."""


def take_acknowledgments(file: Incoming, change: Change) -> None:
    """Take down what every TA1, 999, 997 and 824 of a file says of ours. One about what was not sent is told and kept as an event.

    Values are read so that documents are found by their numbers; none is told.
    """
    for ack in read_acknowledgments(file.path, file=file.row.name, values=True):
        file.counts[ack.kind] += 1
        if isinstance(ack, InterchangeAck):
            _take_ta1(file, change, ack)
        elif isinstance(ack, Advice):
            take_advice(file, change, ack)
        else:
            _take_group(file, change, ack)


def _take_ta1(file: Incoming, change: Change, ack: InterchangeAck) -> None:
    sent = sent_file(change.connection, file.desk.partner, ack.control.zfill(9))
    detail: dict[str, object] = {"ack": "TA1", "said": ack.said, "code": ack.code}
    if sent is None:
        stray(file, change, f"a TA1 about interchange {ack.control}, which was not sent", detail)
        return
    good = ack.verdict in _GOOD
    change.file(sent.id, "acknowledged" if good else "refused", detail=detail)
    asked = sent_now(change, asked_in_file(change.connection, sent.id), sent.id)
    documents_sent(file.desk, change, sent.id)
    if good:
        take_acceptance(file, change, asked, "interchange_accepted", detail, ("interchange_refused",))
    else:
        change.requests(asked, "interchange_refused", file_id=file.row.id, detail=detail, next_do="correct_and_resend")
        for document in documents_in_file(change.connection, sent.id):
            change.document(document, "refused", file_id=file.row.id, note=f"the payer refused its interchange (TA1 {ack.code})")
        file.desk.tell("warning", f"{sent.name}: the partner refused the interchange (TA1 {ack.said} {ack.code})")


def _take_group(file: Incoming, change: Change, ack: GroupAck) -> None:
    if ack.functional_code not in _OURS:
        return
    detail: dict[str, object] = {"ack": ack.kind, "said": ack.said, "codes": [note.code for note in ack.codes]}
    asked = asked_in_group(change.connection, file.desk.partner, ack.control) if ack.functional_code == "HI" else []
    if not asked:
        named = files_of_group(change.connection, file.desk.partner, ack.control)
        others = [other for other in named if other.kind == _OURS[ack.functional_code]]
        for other in others:
            _take_other(file, change, ack, other, detail)
        if not others:
            stray(file, change, f"a {ack.kind} about group {ack.control}, which was not sent", detail)
        return
    good = ack.verdict in ("accepted", "accepted_with_errors", "partially_accepted")
    for file_id in dict.fromkeys(one.file_id for one in asked):
        change.file(file_id, "acknowledged" if good else "refused", detail=detail)
    standing = dict(sent_now(change, asked, asked[0].file_id))
    listed = {one.control.lstrip("0"): one for one in ack.sets}
    by_fate: dict[tuple[bool, str], list[tuple[int, RequestState]]] = defaultdict(list)
    for one in asked:
        told = listed.get(one.st02.lstrip("0"))
        if told is None and ack.verdict not in _GOOD and ack.verdict != "rejected":
            continue  # partly accepted, and nothing is said of this one
        accepted = told.accepted if told is not None else ack.verdict in _GOOD
        by_fate[accepted, _why(told)].append((one.id, standing[one.id]))
    for (accepted, why), ids in by_fate.items():
        said = {**detail, "set": why} if why else detail
        if accepted:
            take_acceptance(file, change, ids, "set_accepted", said, SET_REFUSED)
        else:
            change.requests(ids, "set_refused", file_id=file.row.id, detail=said, next_do="correct_and_resend")
            file.desk.tell("warning", f"{file.row.name}: {counted(len(ids), 'request was', 'requests were')} refused by a {ack.kind}")


def _take_other(file: Incoming, change: Change, ack: GroupAck, sent: Row[Any], detail: dict[str, object]) -> None:
    """A file with documents or inquiries: of the documents each is accepted or refused, after an inquiry the next one is asked."""
    good = ack.verdict in (*_GOOD, "partially_accepted")
    change.file(sent.id, "acknowledged" if good else "refused", detail=detail)
    documents_sent(file.desk, change, sent.id)
    listed = {one.control.lstrip("0"): one for one in ack.sets}
    refused = 0
    for document in documents_in_file(change.connection, sent.id):
        told = listed.get((document.st02 or "").lstrip("0"))
        accepted = told.accepted if told is not None else ack.verdict in _GOOD
        if accepted or (told is None and ack.verdict == "partially_accepted"):
            change.document(document, "accepted", file_id=file.row.id)
        else:
            refused += 1
            change.document(document, "refused", file_id=file.row.id, note=f"the payer refused its 275 ({ack.kind} {_why(told)})".strip())
    if refused or not good:
        what = counted(refused, "document was", "documents were") if refused else f"{sent.name} was"
        file.desk.tell("warning", f"{file.row.name}: {what} refused by a {ack.kind}")


def sent_now(change: Change, asked: list[Asked], file_id: int) -> list[tuple[int, RequestState]]:
    """Where the requests stand, those included that an answer shows to have been sent, though we died before we could say so."""
    unsaid = [(one.id, one.state) for one in asked if one.state == "validated"]
    if unsaid:
        change.requests(unsaid, "sent", file_id=file_id, sent_at=change.at)
    return [(one.id, "sent" if one.state == "validated" else one.state) for one in asked]


def _why(told: SetAck | None) -> str:
    return " ".join(note.code for note in told.codes) if told is not None else ""
