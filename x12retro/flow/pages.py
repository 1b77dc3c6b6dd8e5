"""An interchange of requests: made of encounters, put into the outbox, and taken down in the ledger with what is held besides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from x12retro.build import Built, ControlNumbers, Problem, write
from x12retro.crew import Pending
from x12retro.encounter import Encounter
from x12retro.flow.asking import AT_ONCE, How, given, numbered
from x12retro.flow.desk import Desk
from x12retro.flow.promised import promised
from x12retro.flow.sealing import staged
from x12retro.ledger import NewDocument, NewFile, NewRequest
from x12retro.x12 import Transaction, read


class Fresh(NamedTuple):
    """An encounter that is to be asked; `held` is its row where it was held before, `before` the request that nobody looked at."""

    encounter: Encounter
    digest: str
    held: int | None
    before: int | None


class Held(NamedTuple):
    """A record that cannot be asked, with what is wrong and to `do`; `held` is its row where it was held before."""

    encounter_id: str
    digest: str
    held: int | None
    problems: tuple[Problem, ...]
    built: Built | None = None
    encounter: Encounter | None = None
    before: int | None = None
    do: str = "correct_and_drop_again"


class Numbers(NamedTuple):
    """Of an interchange: its control numbers, and the time that it tells."""

    control: ControlNumbers
    local: datetime


class Page:
    """An interchange that is being made: what is to be asked, which a crew is given as it comes, and what is held besides.

    `owners` are the numbers of documents that its encounters tell, each with the id of the encounter.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.records = 0
        self.fresh: list[Fresh] = []
        self.held: list[Held] = []
        self.owners: dict[str, str] = {}
        self.numbers: Numbers | None = None
        self._given: list[Pending[list[Built]]] = []

    def add(self, fresh: list[Fresh], held: list[Held]) -> None:
        """Take more: what is to be asked is begun with, and draws the interchange its numbers when it is the first."""
        self.held += held
        self.fresh += fresh
        desk, partnership = self._desk, self._desk.partnership
        if fresh and self.numbers is None:
            with desk.change() as change:
                control = ControlNumbers(change.draw("interchange"), change.draw("group"))
            self.numbers = Numbers(control, desk.now.astimezone().replace(tzinfo=None))  # X12 writes the sender's local time
        for n in range(0, len(fresh), AT_ONCE):
            assert self.numbers is not None
            how = How(partnership.partner, desk.rules, self.numbers.local, self.numbers.control.run, desk.own_payers)
            self._given.append(given(desk.crew, how, [one.encounter for one in fresh[n : n + AT_ONCE]]))

    def built(self) -> Iterator[Built]:
        """What becomes of each, in order; once."""
        assert self.numbers is not None
        return numbered(self._given, self._desk.partnership.partner, self.numbers.control)


def end(desk: Desk, drop_id: int, page: Page) -> int:
    """Write an interchange into the outbox, or several where it gets too long, and take down what is in it; how many requests."""
    held, numbers = page.held, page.numbers
    if numbers is None:
        return _record(desk, drop_id, None, [], held)
    isa13, gs06 = f"{numbers.control.interchange:09d}", str(numbers.control.group)
    target = desk.waiting_as(isa13, "278")
    made: list[tuple[Fresh, Built]] = []
    with desk.house.writing(target) as out:
        written = write(out, page.built(), desk.partnership.partner, as_of=numbers.local)
        for one, result in zip(page.fresh, written, strict=True):
            if result.built:
                made.append((one, result))
            else:
                held.append(Held(result.encounter_id or "", one.digest, one.held, result.problems, result, one.encounter, one.before))
    if not made:
        target.unlink()
        return _record(desk, drop_id, None, [], held)
    if target.stat().st_size > desk.exchange.outgoing.max_bytes and len(made) > 1:
        target.unlink()
        half = len(page.fresh) // 2
        told = [one for one in held if one.built is None]
        made_of_it = 0
        for fresh, besides in ((page.fresh[:half], told), (page.fresh[half:], [])):
            part = Page(desk)
            part.add(fresh, besides)
            made_of_it += end(desk, drop_id, part)
        return made_of_it
    waits = staged(desk, target, "request", isa13, gs06, {"requests": len(made)})
    return _record(desk, drop_id, (waits, _places(target)), made, held)


def _record(
    desk: Desk, drop_id: int, file: tuple[NewFile, dict[str, tuple[int, int]]] | None, made: list[tuple[Fresh, Built]], held: list[Held]
) -> int:
    """One change of the ledger: the file that waits, the requests in it by their places, and what is held."""
    if not made and not held:
        return 0
    waits, places = file if file is not None else (None, {})
    with desk.change() as change:
        file_id = change.add_file(waits) if waits is not None else None
        rows = [(one.held, _request(drop_id, one, built, file_id, places)) for one, built in made]
        rows += [(one.held, _held(drop_id, one)) for one in held]
        anew = [one.before for one, _ in made] + [one.before for one in held]
        change.asked_anew([before for before in anew if before is not None])
        added = iter(change.add_requests([new for row, new in rows if row is None]))
        ids = [row if row is not None else next(added) for row, _ in rows]
        for row, new in rows:
            if row is not None:
                change.renew(row, new)
        change.add_documents((id_, _documents(desk, one.encounter, built)) for id_, (one, built) in zip(ids, made, strict=False))
    return len(made)


def _documents(desk: Desk, encounter: Encounter, built: Built) -> list[NewDocument]:
    assert built.traces is not None
    return promised(encounter, built.traces.documents, desk.partnership.partner.attachments, desk.house)


def _request(drop_id: int, one: Fresh, built: Built, file_id: int | None, places: dict[str, tuple[int, int]]) -> NewRequest:
    assert built.traces is not None and built.control is not None
    at, length = places[built.control.transaction]
    return NewRequest(
        encounter_id=one.encounter.encounter_id,
        digest=one.digest,
        event="validated",
        trace=built.traces.event,
        isa13=built.control.interchange,
        gs06=built.control.group,
        st02=built.control.transaction,
        at=at,
        length=length,
        drop_id=drop_id,
        file_id=file_id,
        scenario=one.encounter.retro.scenario if one.encounter.retro is not None else None,
        cents=_cents(one.encounter),
        **_assessed(built),
    )


def _held(drop_id: int, one: Held) -> NewRequest:
    problems = [{"path": p.path, "message": p.message, "line": p.line} for p in one.problems if p.severity == "error"]
    leave = one.built.leave if one.built is not None else None
    refused = leave is not None and leave.verdict == "not_permitted"
    return NewRequest(
        encounter_id=one.encounter_id,
        digest=one.digest,
        event="held",
        drop_id=drop_id,
        next_do=leave.do if leave is not None and refused else one.do,
        due=leave.by.isoformat() if leave is not None and refused and leave.by is not None else None,
        cents=_cents(one.encounter) if one.encounter is not None else None,
        detail={"problems": problems},
        **(_assessed(one.built) if one.built is not None else {}),
    )


def _places(file: Path) -> dict[str, tuple[int, int]]:
    """Where each set of a file of ours begins, and how long it is, by ST02."""
    return {frame.control: (frame.offset, len(frame.raw)) for frame in read(file) if isinstance(frame, Transaction)}


def _assessed(built: Built) -> dict[str, Any]:
    leave = built.leave
    if leave is None:
        return {}
    closes = leave.closes.isoformat() if leave.closes is not None else None
    return {"verdict": leave.verdict, "rule": leave.rule, "payer": leave.payer, "closes": closes}


def _cents(encounter: Encounter) -> int | None:
    charges = [service.charge for service in encounter.services if service.charge is not None]
    worth = encounter.charges_at_risk if encounter.charges_at_risk is not None else sum(charges) if charges else None
    return None if worth is None else round(worth * 100)
