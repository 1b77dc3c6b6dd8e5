"""824s that came: what an application says of what the syntax check had let pass, of a 275 above all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from x12retro.acknowledge import Advice
from x12retro.counted import counted
from x12retro.flow.enclosing import documents_sent
from x12retro.flow.incoming import SET_REFUSED, Incoming, stray, take_acceptance
from x12retro.ledger import Change
from x12retro.ledger.queries import asked_in_group, documents_in_file, documents_numbered, files_of_group

_ACCEPTED = ("accepted", "accepted_with_errors", "accepted_with_change")


def take_advice(file: Incoming, change: Change, advice: Advice) -> None:
    """Take down what an 824 says of a document or a request of ours. A part of a 275 that was refused is somebody's to look at: the whole
    of it is refused then. What speaks of nothing of ours, or says nothing clear, is told and kept as an event.

    Guide: 005010X186 OTI01, OTI08, OTI09, REF, TED
    """
    detail: dict[str, object] = {"ack": "824", "said": advice.said, "codes": [reason.code for reason in advice.reasons]}
    found = _documents(file, change, advice)
    group = asked_in_group(change.connection, file.desk.partner, advice.group) if advice.group and not found else []
    requests = [one for one in group if _same(one.st02, advice.transaction)]
    if advice.verdict == "unclear" or not (found or requests):
        about = f"{advice.set_id or 'something'} of group {advice.group or '?'}"
        ours = bool(advice.group) and bool(files_of_group(change.connection, file.desk.partner, advice.group))
        why = _unclear(advice) if found or requests else "no document and no request is in that" if ours else "it was not sent"
        stray(file, change, f"an 824 ({advice.said}) about {about}: {why}", detail)
        return
    accepted = advice.verdict in _ACCEPTED
    codes = " ".join(dict.fromkeys(reason.code for reason in advice.reasons))
    if accepted:
        for row in found:
            change.document(row, "accepted", file_id=file.row.id)
        take_acceptance(file, change, [(one.id, one.state) for one in requests], "set_accepted", detail, SET_REFUSED)
        return
    meanings = "; ".join(dict.fromkeys(reason.meaning for reason in advice.reasons if reason.meaning))
    part = "a part of " if advice.verdict == "partially_accepted" else ""
    why = f"the payer refused {part}its 275 (824 {advice.said} {codes})".replace(" )", ")") + (f": {meanings}" if meanings else "")
    for row in found:
        change.document(row, "refused", file_id=file.row.id, note=why)
    do = "correct_and_resend"
    change.requests([(one.id, one.state) for one in requests], "set_refused", file_id=file.row.id, detail=detail, next_do=do)
    what = counted(len(found), "document was", "documents were") if found else counted(len(requests), "request was", "requests were")
    file.desk.tell("warning", f"{file.row.name}: {what} refused by an 824")


def _documents(file: Incoming, change: Change, advice: Advice) -> Sequence[Row[Any]]:
    """The documents that it speaks of: those of the set that it names, of these the ones that it names by number, where it names any."""
    partner = file.desk.partner
    numbers = {reference.number for reference in advice.references} | {advice.reference}
    found: list[Row[Any]] = []
    for sent in files_of_group(change.connection, partner, advice.group) if advice.group else ():
        documents_sent(file.desk, change, sent.id)
        found += [row for row in documents_in_file(change.connection, sent.id) if _same(row.st02, advice.transaction)]
    if not advice.group:
        found = [row for row in documents_numbered(change.connection, partner, numbers) if row.file_id is not None]
    named = [row for row in found if row.number in numbers]
    return named or found


def _same(st02: str | None, named: str) -> bool:
    """Whether a set is the one that is named; none named: the whole group."""
    return not named or (st02 or "").lstrip("0") == named.lstrip("0")


def _unclear(advice: Advice) -> str:
    return f"what it says is not clear ({advice.meaning or advice.said})"
