"""The drop folder: encounters become requests in a file that waits to be delivered; each one is taken down in the ledger.

A drop file may be met again, after a run that was killed or because somebody put it there once more: encounters that were taken down
before are passed over, so nothing is asked twice. What cannot be asked is held, with its problems beside it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from x12retro.build import Built, ControlNumbers, Problem, write
from x12retro.counted import counted
from x12retro.deliver.exchange import Partnership
from x12retro.deliver.house import digest
from x12retro.encounter import Encounter, EncounterProblem, SourceProblem, load_mapping, read_any
from x12retro.encounter.mapping import NO_MAPPING, Mapping
from x12retro.errors import UsageError
from x12retro.flow.asking import outbound, outbound_by
from x12retro.flow.desk import Desk
from x12retro.flow.promised import numbers_told, promised
from x12retro.flow.sealing import staged
from x12retro.ledger import NewDocument, NewFile, NewRequest
from x12retro.ledger.queries import Known, fates, find_file, known_encounters, not_looked_at, owners_of_numbers
from x12retro.x12 import Transaction, read

_LONGEST = 200  # bytes of a name: numbers and endings of ours are added to it
_LONGEST_ID = 80
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart")
_WORTH_A_CREW = 500
"""Encounters of which on some are given to others."""
_MAY_BE_ASKED_AGAIN = frozenset({"held", "rejected", "expired", "closed"})


class _Fresh(NamedTuple):
    """An encounter that is to be asked; `held` is its row where it was held before, `before` the request that nobody looked at."""

    encounter: Encounter
    digest: str
    held: int | None
    before: int | None


class _Held(NamedTuple):
    """A record that cannot be asked, with what is wrong and to `do`; `held` is its row where it was held before."""

    encounter_id: str
    digest: str
    held: int | None
    problems: tuple[Problem, ...]
    built: Built | None = None
    encounter: Encounter | None = None
    before: int | None = None
    do: str = "correct_and_drop_again"


class _Numbers(NamedTuple):
    """Of an interchange: ISA13, GS06, and the time that it tells."""

    isa13: str
    gs06: str
    local: datetime


class _Page:
    """An interchange that is being made: what is to be asked, what is held besides, and what is built, as it comes."""

    def __init__(self, fresh: list[_Fresh], held: list[_Held], numbers: _Numbers | None, built: Iterator[Built]) -> None:
        self.fresh, self.held, self.numbers, self.built = fresh, held, numbers, built

    @cached_property
    def names(self) -> set[str]:
        """What its records are known by."""
        return {one.encounter.encounter_id for one in self.fresh} | {one.encounter_id for one in self.held}

    @cached_property
    def documents(self) -> set[str]:
        """The numbers of documents that its encounters tell."""
        return {number for one in self.fresh for _, number in numbers_told(one.encounter)}


def waiting(desk: Desk) -> list[Path]:
    """What is to be read: files that an earlier run took and did not end, then those of the drop folder that are whole."""
    settled = time.time() - desk.exchange.incoming.settle
    found, fresh, unnamed = sorted(desk.house.taken.iterdir()), 0, 0
    for path in sorted(desk.house.drop.iterdir()):
        try:
            about = path.lstat()
        except FileNotFoundError:  # somebody took it away in between
            continue
        if not stat.S_ISREG(about.st_mode) or path.name.startswith(".") or path.suffix in _UNFINISHED:
            continue
        if not path.name.isprintable() or len(os.fsencode(path.name)) > _LONGEST:
            unnamed += 1
        elif about.st_mtime > settled:
            fresh += 1
        else:
            found.append(path)
    if fresh:
        desk.tell("info", f"{counted(fresh, 'file')} of the drop folder may still grow; the next run takes what is whole")
    if unnamed:
        desk.tell("error", f"{counted(unnamed, 'file')} of the drop folder passed over: a name is too long or no text; give it another")
    return found


def take_out(desk: Desk, path: Path) -> Path | None:
    """Take a file out of the drop folder, so that nobody replaces it while it is read; where it lies then. None when it is gone."""
    taken = desk.house.taken / path.name
    if path != taken:
        if taken.exists():  # it could not be read so far; nothing replaces it
            desk.tell("warning", f"{path.name}: waits, for an earlier file of that name was begun and is not ended")
            return None
        try:
            path.rename(taken)
        except FileNotFoundError:
            return None
    if not stat.S_ISREG(taken.lstat().st_mode):  # somebody replaced it since it was looked at, and nobody can here
        back = desk.house.drop / taken.name
        if not os.path.lexists(back):
            taken.rename(back)
        desk.tell("error", f"{taken.name}: is no file, and was left in the drop folder")
        return None
    with suppress(PermissionError):  # it is another user's; then its mode is that one's to choose
        taken.chmod(0o600)
    return taken


def pick_up(desk: Desk, taken: Path) -> None:
    """Take one file: every encounter of it is asked, held, or was taken down before; then the file goes to the archive. One that holds no
    encounters at all is held as a whole.
    """
    drop_id, given_back = begun(desk, taken, "encounters")
    pages = _Pages(desk, taken, drop_id, given_back)
    for records in _chunks(desk, taken):
        if isinstance(problem := records[0], SourceProblem):
            faults = [slip.message for slip in problem.slips]
            hold_whole(desk, taken, drop_id, faults, [{"message": fault} for fault in faults], given_back=given_back)
            return
        pages.take(records)
    pages.end()
    _end(desk, taken, drop_id, pages)


def begun(desk: Desk, path: Path, kind: str) -> tuple[int, list[int]]:
    """Take down that a file of the drop folder is begun with, or begun with again; its id. `kind`: encounters or request (a ready file).

    One that was read to its end before was dropped again: what is held of it is given back, to be judged as things stand now, and
    named. One over which a run died is taken up where it was.
    """
    sha256, size = digest(path), path.stat().st_size
    with desk.change() as change:
        known = find_file(change.connection, desk.partner, "drop", path.name, sha256)
        if known is not None:
            change.file(known.id, "taken_again")
            return int(known.id), change.give_back(known.id) if known.state != "taken" else []
        new = NewFile(direction="drop", kind=kind, name=path.name, sha256=sha256, size=size, state="taken", path=desk.house.kept(path))
        return change.add_file(new), []


def hold_whole(
    desk: Desk,
    path: Path,
    drop_id: int,
    faults: Sequence[str],
    findings: Iterable[dict[str, object]],
    *,
    many: int | None = None,
    records: int = 0,
    given_back: Sequence[int] = (),
) -> None:
    """Put a file of the drop folder aside as a whole, with what is wrong beside it: `findings` line by line, `faults` in short, `many` in
    all. Nothing of it is taken; what was held of it before is closed.
    """
    aside = desk.house.set_aside(drop_id, path.name)
    beside = aside.with_name(f"{aside.name}.findings.jsonl")
    with desk.house.writing(beside) as out:
        for finding in findings:
            out.write(msgspec.json.encode({"file": path.name, **finding}) + b"\n")
    with desk.change() as change:
        counts = {"records": records, "requests": 0, "again": 0}
        change.close_left(given_back, "its file was dropped again, and holds no encounters")
        change.file(drop_id, "held", counts=counts, note="; ".join(faults[:20]), path=desk.house.kept(aside))
    desk.house.move(path, aside)
    count = f", {many} things are wrong" if many is not None and many > 1 else ""
    desk.tell("error", f"{path.name}: is held as a whole{count}: {faults[0]} ({desk.house.kept(beside)})")


def _chunks(desk: Desk, path: Path) -> Iterator[list[Encounter | EncounterProblem]]:
    """The records of a file, as many at a time as one interchange takes."""
    limit = desk.partnership.partner.batch.sets_per_interchange or desk.exchange.outgoing.max_sets
    records = read_any(path, mapping=_mapping(desk.partnership))
    while chunk := list(islice(records, min(limit, desk.exchange.outgoing.max_sets))):
        yield chunk


def _mapping(partnership: Partnership) -> Mapping:
    """The mapping file that a partner's file names."""
    name, file = partnership.exchange.mapping, partnership.file
    try:
        return load_mapping(file.parent / name) if name is not None else NO_MAPPING
    except UsageError as problem:
        raise UsageError(f"{file}: $.exchange.mapping: {problem}") from None


class _Pages:
    """Turns the records of one drop file into files that wait to be delivered.

    `records` counts what came, `made` what became a request now, `passed` what was asked already, `again` that of another file.
    """

    def __init__(self, desk: Desk, path: Path, drop_id: int, given_back: list[int]) -> None:
        self._desk, self._drop_id = desk, drop_id
        self._source = path
        self.given_back = given_back
        self.records = self.again = self.made = self.passed = 0
        self._open: _Page | None = None
        """What the crew may be at work on while the next records are taken; `end` it before the ledger is asked about any of it."""

    def take(self, records: list[Encounter | EncounterProblem]) -> None:
        """Take records; those that are to be asked go into one interchange, or several when it would be too long."""
        first = self.records
        self.records += len(records)
        names = [one.encounter_id or _nameless(self._source.name, first + n) for n, one in enumerate(records, start=1)]
        if self._open is not None and not self._open.names.isdisjoint(names):
            self.end()
        with self._desk.ledger.look() as connection:
            known = known_encounters(connection, self._desk.partner, names)
            unread = not_looked_at(connection, (row.id for rows in known.values() for row in rows if row.state == "rejected"))
        fresh: list[_Fresh] = []
        held: list[_Held] = []
        for name, one in zip(names, records, strict=True):
            self._sort(name, one, known.get(name, []), unread, fresh, held)
        page = self._begun(self._with_own_numbers(fresh, held), held)
        self.end()
        self._open = page
        if not self._desk.crew.size:
            self.end()

    def end(self) -> None:
        """What was taken is in the ledger, and the requests of it in a file that waits."""
        page, self._open = self._open, None
        if page is not None:
            self._ask(page)

    def _sort(
        self,
        name: str,
        one: Encounter | EncounterProblem,
        known: list[Known],
        unread: set[int],
        fresh: list[_Fresh],
        held: list[_Held],
    ) -> None:
        content, before = _followed(hashlib.sha256(msgspec.json.encode(one)).hexdigest(), known, unread)
        same = next((row for row in known if row.digest == content), None)
        if same is not None and (same.state != "held" or same.drop_id == self._drop_id):
            self.again += same.drop_id != self._drop_id
            self.passed += same.state != "held"
            return
        row = same.id if same is not None else None
        if isinstance(one, EncounterProblem):
            held.append(_Held(name, content, row, tuple(Problem(slip.path, slip.message, line=slip.line) for slip in one.slips)))
        elif earlier := next((row for row in known if row.digest != content and row.state not in _MAY_BE_ASKED_AGAIN), None):
            asked = f"was asked already with other data (trace {earlier.trace}, {earlier.state})"
            why = f"{asked}: follow up (`build --follow-up`), or close the earlier one"
            held.append(_Held(name, content, row, (Problem("$.encounter_id", why),), do="follow_up_or_close_the_earlier_one"))
        else:
            fresh.append(_Fresh(one, content, row, before))

    def _with_own_numbers(self, fresh: list[_Fresh], held: list[_Held]) -> list[_Fresh]:
        """Those whose documents go by no number of another encounter's: a payer would lay one patient's records beside another's request.
        The others are held.
        """
        told = {one.encounter.encounter_id: list(numbers_told(one.encounter)) for one in fresh}
        if self._open is not None and any(number in self._open.documents for told_of in told.values() for _, number in told_of):
            self.end()
        with self._desk.ledger.look() as connection:
            owners = owners_of_numbers(connection, self._desk.partner, (number for told_of in told.values() for _, number in told_of))
        kept = []
        for one in fresh:
            mine = one.encounter.encounter_id
            why = "is the number of a document of another encounter; each document needs its own"
            wrong = [Problem(f"{path}.control_number", why) for path, number in told[mine] if owners.setdefault(number, mine) != mine]
            if wrong:
                held.append(_Held(mine, one.digest, one.held, tuple(wrong), encounter=one.encounter, before=one.before))
            else:
                kept.append(one)
        return kept

    def _begun(self, fresh: list[_Fresh], held: list[_Held]) -> _Page:
        """Begin to make one interchange of what is to be asked: here when it is asked for, by a crew now."""
        desk, partner = self._desk, self._desk.partnership.partner
        if not fresh:
            return _Page([], held, None, iter(()))
        with desk.change() as change:
            control = ControlNumbers(change.draw("interchange"), change.draw("group"))
        local = desk.now.astimezone().replace(tzinfo=None)  # X12 writes the sender's local time
        numbers = _Numbers(f"{control.interchange:09d}", str(control.group), local)
        encounters = [one.encounter for one in fresh]
        if desk.crew.size and len(encounters) >= _WORTH_A_CREW:
            built = outbound_by(desk.crew, encounters, partner, desk.rules, as_of=local, control=control, own_payers=desk.own_payers)
        else:
            built = outbound(encounters, partner, desk.rules, as_of=local, control=control, own_payers=desk.own_payers, read_ahead=True)
        return _Page(fresh, held, numbers, built)

    def _ask(self, page: _Page) -> None:
        """Write an interchange into the outbox, or several where it gets too long, and take down what is in it."""
        desk, held, numbers = self._desk, page.held, page.numbers
        if numbers is None:
            self._record(None, [], held)
            return
        target = desk.waiting_as(numbers.isa13, "278")
        made: list[tuple[_Fresh, Built]] = []
        with desk.house.writing(target) as out:
            written = write(out, page.built, desk.partnership.partner, as_of=numbers.local)
            for one, result in zip(page.fresh, written, strict=True):
                if result.built:
                    made.append((one, result))
                else:
                    held.append(_Held(result.encounter_id or "", one.digest, one.held, result.problems, result, one.encounter, one.before))
        if not made:
            target.unlink()
            self._record(None, [], held)
        elif target.stat().st_size > desk.exchange.outgoing.max_bytes and len(made) > 1:
            target.unlink()
            half = len(page.fresh) // 2
            told = [one for one in held if one.built is None]
            self._ask(self._begun(page.fresh[:half], told))
            self._ask(self._begun(page.fresh[half:], []))
        else:
            self._record((target, numbers.isa13, numbers.gs06), made, held)

    def _record(self, made_file: tuple[Path, str, str] | None, made: list[tuple[_Fresh, Built]], held: list[_Held]) -> None:
        """One change of the ledger: the file that waits, the requests in it, and what is held."""
        if not made and not held:
            return
        desk = self._desk
        self.made += len(made)
        counts = {"requests": len(made)}
        waits = staged(desk, made_file[0], "request", *made_file[1:], counts) if made_file is not None else None
        with desk.change() as change:
            file_id = change.add_file(waits) if waits is not None else None
            places = _places(made_file[0]) if made_file is not None else {}
            rows = [(one.held, self._request(one, built, file_id, places)) for one, built in made]
            rows += [(one.held, self._held(one)) for one in held]
            anew = [one.before for one, _ in made] + [one.before for one in held]
            change.asked_anew([before for before in anew if before is not None])
            added = iter(change.add_requests([new for row, new in rows if row is None]))
            ids = [row if row is not None else next(added) for row, _ in rows]
            for row, new in rows:
                if row is not None:
                    change.renew(row, new)
            change.add_documents((id_, self._documents(one.encounter, built)) for id_, (one, built) in zip(ids, made, strict=False))

    def _documents(self, encounter: Encounter, built: Built) -> list[NewDocument]:
        assert built.traces is not None
        return promised(encounter, built.traces.documents, self._desk.partnership.partner.attachments, self._desk.house)

    def _request(self, one: _Fresh, built: Built, file_id: int | None, places: dict[str, tuple[int, int]]) -> NewRequest:
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
            drop_id=self._drop_id,
            file_id=file_id,
            scenario=one.encounter.retro.scenario if one.encounter.retro is not None else None,
            cents=_cents(one.encounter),
            **_assessed(built),
        )

    def _held(self, one: _Held) -> NewRequest:
        problems = [{"path": p.path, "message": p.message, "line": p.line} for p in one.problems if p.severity == "error"]
        leave = one.built.leave if one.built is not None else None
        refused = leave is not None and leave.verdict == "not_permitted"
        return NewRequest(
            encounter_id=one.encounter_id,
            digest=one.digest,
            event="held",
            drop_id=self._drop_id,
            next_do=leave.do if leave is not None and refused else one.do,
            due=leave.by.isoformat() if leave is not None and refused and leave.by is not None else None,
            cents=_cents(one.encounter) if one.encounter is not None else None,
            detail={"problems": problems},
            **(_assessed(one.built) if one.built is not None else {}),
        )


def _followed(digest: str, known: list[Known], unread: set[int]) -> tuple[str, int | None]:
    """What a record is known by now, and the request whose place it takes: a request that was refused `unread` may be followed by another
    one for the same record, which is known by a digest of its own.
    """
    by_digest = {row.digest: row for row in known}
    while (row := by_digest.get(digest)) is not None and row.trace is not None:
        following = hashlib.sha256(f"{digest} {row.trace}".encode()).hexdigest()
        if following not in by_digest:
            return (following, row.id) if row.id in unread else (digest, None)
        digest = following
    return digest, None


def _nameless(file: str, number: int) -> str:
    """What a record is known by that has no id: the name of its file, or where that is long its begin and a digest, and its number."""
    known = f"{file}#{number}"
    return known if len(known) <= _LONGEST_ID else f"{file[:40]}~{hashlib.sha256(file.encode()).hexdigest()[:20]}#{number}"


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


def _end(desk: Desk, path: Path, drop_id: int, pages: _Pages) -> None:
    """The file is read to its end: count what became of it, put the problems beside it, and take it out of the drop folder."""
    with desk.ledger.look() as connection:
        found = fates(connection, drop_id)
    held = found.get("held", 0)
    if pages.records != found.get("requests", 0) + held + pages.again:
        raise UsageError(f"{path.name}: the file was changed while it was read; put it there anew under another name")
    aside = desk.house.set_aside(drop_id, path.name)
    problems = aside.with_name(f"{aside.name}.problems.jsonl")
    if held:
        _tell_problems(desk, problems, drop_id)
        desk.tell("warning", f"{path.name}: {held} of {pages.records} are held: {desk.house.kept(problems)}")
    all_held = held == pages.records
    target = aside if all_held else desk.house.archived(drop_id, path.name, "drop", desk.now)
    with desk.change() as change:
        counts = {"records": pages.records, **found, "again": pages.again}
        change.close_left(pages.given_back, "its file was dropped again, without it")
        change.file(drop_id, "held" if all_held else "done", counts=counts, path=desk.house.kept(target))
    desk.house.move(path, target)
    if not all_held:
        aside.unlink(missing_ok=True)  # the same bytes, from when it was held
    if not held:
        problems.unlink(missing_ok=True)
    if pages.made:
        desk.tell("info", f"{path.name}: {pages.made} of {pages.records} are made into requests")
    if pages.passed:
        desk.tell("info", f"{path.name}: {pages.passed} of {pages.records} were asked already and are passed over")


def _tell_problems(desk: Desk, target: Path, drop_id: int) -> None:
    """One JSON line for each encounter of the file that is held: why, with the path of what is wrong."""
    from x12retro.ledger.views import held_of

    with desk.ledger.look() as connection, desk.house.writing(target) as out:
        for one in held_of(connection, drop_id):
            out.write(msgspec.json.encode(one) + b"\n")
