"""Pended requests whose turn has come are asked after, by the partner's `[inquiry]` table; where it has none nobody is asked.

A request that waits for documents of ours is not: the payer waits for us. When each is to be asked after next is kept in the ledger, for a
day at most, so that a run looks at those alone whose turn may have come, and a new schedule holds from the next day on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from x12retro.build import ControlNumbers, write
from x12retro.flow.desk import Desk
from x12retro.flow.sealing import staged
from x12retro.flow.sets import sets_of
from x12retro.inquire import GUIDE_VERSION, Pended, Schedule, inquiries, when
from x12retro.ledger.change import moment
from x12retro.ledger.queries import Asked, asked_by_id, inquired, pended_by, to_ask_after

_NEVER = "9999"
"""Later than every moment: no inquiry can be made of it."""
_DAY = timedelta(days=1)


def inquire(desk: Desk) -> int:
    """Put inquiries into files that wait to be delivered then; how many files."""
    schedule, count = desk.partnership.inquiry, 0
    most = desk.exchange.outgoing.max_sets
    most = min(most, desk.partnership.partner.batch.sets_per_interchange or most)
    while schedule is not None:
        with desk.ledger.look() as connection:
            times = (moment(desk.now), moment(desk.now + _DAY), _NEVER)
            ids = [row.id for row in to_ask_after(connection, desk.partner, times, most)]
        if not ids:
            break
        count += _ask(desk, _due(desk, schedule, ids))
    return count


def _due(desk: Desk, schedule: Schedule, ids: list[int]) -> list[tuple[Asked, Pended]]:
    """Those whose turn has come, with the answer that left them pended; of the others it is taken down when theirs comes."""
    now, tomorrow = _local(desk.now), moment(desk.now + _DAY)
    with desk.ledger.look() as connection:
        asked, records, times = asked_by_id(connection, ids), pended_by(connection, ids), inquired(connection, ids)
    found, later = [], {}
    for id_ in ids:
        told = [msgspec.json.decode(record, type=Pended) for record in records.get(id_, ()) if len(record) > 2]  # a purged one is {}
        last = max(told, key=lambda one: one.weight, default=None)
        before = [_local(datetime.fromisoformat(at)) for at in times.get(id_, ()) if at < tomorrow]  # later ones: the clock was wrong
        due = when(schedule, now, since=last.since if last is not None else None, asked=before)
        if last is not None and due.is_due(now):
            found.append((asked[id_], last))
        else:
            at = moment(due.at.astimezone(UTC)) if last is not None and due.at is not None else tomorrow
            later[id_] = min(at, tomorrow)
    with desk.change() as change:
        change.ask_later(later)
    return found


def _ask(desk: Desk, due: list[tuple[Asked, Pended]]) -> int:
    if not due:
        return 0
    partner, now = desk.partnership.partner, _local(desk.now)
    with desk.change() as change:
        isa, group = change.draw("interchange"), change.draw("group")
    target = desk.waiting_as(f"{isa:09d}", "278")
    sets = {request.id: sent for request, sent in sets_of(desk.house, [request for request, _ in due])}
    pairs = [(decision, sets.get(request.id)) for request, decision in due]
    with desk.house.writing(target) as out:
        made = inquiries(pairs, partner, as_of=now, control=ControlNumbers(isa, group))
        asked = list(zip((request for request, _ in due), write(out, made, partner, as_of=now, version=GUIDE_VERSION), strict=True))
    count = sum(one.built for _, one in asked)
    if not count:
        target.unlink()
    with desk.change() as change:
        file_id = None
        if count:
            file_id = change.add_file(staged(desk, target, "inquiry", f"{isa:09d}", str(group), {"inquiries": count}))
        for request, one in asked:
            if one.built and one.traces is not None:
                change.note("inquired", {"trace": one.traces.event}, request_id=request.id, file_id=file_id)
            else:
                why = "; ".join(problem.message for problem in one.problems)
                change.note("not_inquired", {"why": why}, request_id=request.id)
                desk.tell("warning", f"{request.encounter_id}: cannot be asked after: {why}; call the payer")
        change.ask_later({request.id: None if one.built else _NEVER for request, one in asked})
    return 1 if count else 0


def _local(moment_: datetime) -> datetime:
    """X12 writes the sender's local time, without a zone; so do the answers of payers."""
    return moment_.astimezone().replace(tzinfo=None)
