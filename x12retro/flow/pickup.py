"""What was dropped: encounters become requests in a file that waits to be delivered; each one is taken down in the ledger.

A drop file may be met again, after a run that was killed or because somebody put it there once more: encounters that were taken down
before are passed over, so nothing is asked twice. What cannot be asked is held, with its problems beside it.
"""

from __future__ import annotations

import hashlib
from collections import ChainMap
from itertools import islice
from pathlib import Path

import msgspec

from x12retro.build import Problem
from x12retro.deliver.exchange import Partnership
from x12retro.encounter import Encounter, EncounterProblem, SourceProblem, load_mapping, read_any
from x12retro.encounter.mapping import NO_MAPPING, Mapping
from x12retro.errors import UsageError
from x12retro.flow.asking import AT_ONCE
from x12retro.flow.desk import Desk
from x12retro.flow.drop import begun, hold_whole
from x12retro.flow.pages import Fresh, Held, Page, end
from x12retro.flow.promised import numbers_told
from x12retro.ledger.queries import Known, fates, known_encounters, not_looked_at, owners_of_numbers

_LONGEST_ID = 80
_MAY_BE_ASKED_AGAIN = frozenset({"held", "rejected", "expired", "closed"})


def pick_up(desk: Desk, taken: Path) -> None:
    """Take one file: every encounter of it is asked, held, or was taken down before; then the file goes to the archive. One that holds no
    encounters at all is held as a whole.
    """
    drop_id, given_back = begun(desk, taken, "encounters")
    pages = _Pages(desk, taken, drop_id, given_back)
    records = read_any(taken, mapping=_mapping(desk.partnership))
    while batch := list(islice(records, pages.room)):
        if isinstance(problem := batch[0], SourceProblem):
            faults = [slip.message for slip in problem.slips]
            hold_whole(desk, taken, drop_id, faults, [{"message": fault} for fault in faults], given_back=given_back)
            return
        pages.take(batch)
    pages.end()
    _end(desk, taken, drop_id, pages)


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
        most, limit = desk.exchange.outgoing.max_sets, desk.partnership.partner.batch.sets_per_interchange
        self._limit = min(limit or most, most)
        self._page = Page(desk)
        self._full: Page | None = None
        """The one before, which a crew may still be at work on."""

    @property
    def room(self) -> int:
        """How many records are well taken now: no more than one interchange takes."""
        return min(AT_ONCE, self._limit - self._page.records)

    def take(self, records: list[Encounter | EncounterProblem]) -> None:
        """Take records; those that are to be asked go into one interchange, or several when it would be too long."""
        first = self.records
        self.records += len(records)
        names = [one.encounter_id or _nameless(self._source.name, first + n) for n, one in enumerate(records, start=1)]
        with self._desk.ledger.look() as connection:
            known = known_encounters(connection, self._desk.partner, names)
            unread = not_looked_at(connection, (row.id for rows in known.values() for row in rows if row.state == "rejected"))
        fresh: list[Fresh] = []
        held: list[Held] = []
        for name, one in zip(names, records, strict=True):
            self._sort(name, one, known.get(name, []), unread, fresh, held)
        self._page.records += len(records)
        self._page.add(self._with_own_numbers(fresh, held), held)
        if self._page.records == self._limit:
            self._turn()

    def _turn(self) -> None:
        """Begin another page; where there is a crew, this one is ended when it has made the next."""
        before, self._full, self._page = self._full, self._page, Page(self._desk)
        self._finish(before)
        if not self._desk.crew.size:
            self.end()

    def end(self) -> None:
        """What was taken is in the ledger, and the requests of it in files that wait."""
        full, self._full = self._full, None
        self._finish(full)
        page, self._page = self._page, Page(self._desk)
        self._finish(page)

    def _finish(self, page: Page | None) -> None:
        if page is not None:
            self.made += end(self._desk, self._drop_id, page)

    def _sort(
        self,
        name: str,
        one: Encounter | EncounterProblem,
        known: list[Known],
        unread: set[int],
        fresh: list[Fresh],
        held: list[Held],
    ) -> None:
        content, before = _followed(hashlib.sha256(msgspec.json.encode(one)).hexdigest(), known, unread)
        same = next((row for row in known if row.digest == content), None)
        if same is not None and (same.state != "held" or same.drop_id == self._drop_id):
            self.again += same.drop_id != self._drop_id
            self.passed += same.state != "held"
            return
        row = same.id if same is not None else None
        if isinstance(one, EncounterProblem):
            held.append(Held(name, content, row, tuple(Problem(slip.path, slip.message, line=slip.line) for slip in one.slips)))
        elif earlier := next((row for row in known if row.digest != content and row.state not in _MAY_BE_ASKED_AGAIN), None):
            asked = f"was asked already with other data (trace {earlier.trace}, {earlier.state})"
            why = f"{asked}: follow up (`build --follow-up`), or close the earlier one"
            held.append(Held(name, content, row, (Problem("$.encounter_id", why),), do="follow_up_or_close_the_earlier_one"))
        else:
            fresh.append(Fresh(one, content, row, before))

    def _with_own_numbers(self, fresh: list[Fresh], held: list[Held]) -> list[Fresh]:
        """Those whose documents go by no number of another encounter's: a payer would lay one patient's records beside another's request.
        The others are held.
        """
        told = {one.encounter.encounter_id: list(numbers_told(one.encounter)) for one in fresh}
        with self._desk.ledger.look() as connection:
            owners = owners_of_numbers(connection, self._desk.partner, (number for told_of in told.values() for _, number in told_of))
        taken = ChainMap(self._page.owners, *([self._full.owners] if self._full is not None else []), owners)
        kept = []
        for one in fresh:
            mine = one.encounter.encounter_id
            why = "is the number of a document of another encounter; each document needs its own"
            wrong = [Problem(f"{path}.control_number", why) for path, number in told[mine] if taken.setdefault(number, mine) != mine]
            if wrong:
                held.append(Held(mine, one.digest, one.held, tuple(wrong), encounter=one.encounter, before=one.before))
            else:
                kept.append(one)
        return kept


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
