"""Encounters from a table (CSV): a header of paths, or of a house's own names with a mapping, and one or more rows per encounter.

Rows of one encounter stand together: a column `services[].procedure` adds an entry with every row, any other says the same in each
of them (or nothing). One encounter is held at a time. A row with more or fewer cells than the header has shifted columns: nothing
in it is trusted, and the encounter that it belongs to is given up, told by line.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, Protocol

from x12retro.encounter.csv_columns import Place, is_shortened, places
from x12retro.encounter.explain import Fault
from x12retro.encounter.json_cut import lines_of
from x12retro.encounter.json_source import EncounterProblem, Slip, SourceProblem
from x12retro.encounter.mapping import NO_MAPPING, Mapping
from x12retro.encounter.record import Encounter
from x12retro.encounter.tree import Tree, close_gaps, fits_id, found, is_second, judged, plant
from x12retro.encounter.unforeseen import unforeseen
from x12retro.x12 import looks_like

_DELIMITERS = ",;\t|"
_SNIFF = 65536
_MOST_ROWS = 2000
_NO_TABLE = (
    "none of its columns is a path of a record (such as subscriber.member_id); --mapping names columns of your own. "
    "If this is no table: JSON starts with { or [, and X12 with ISA"
)
_SHORTENED = (
    "is a number that a spreadsheet has shortened (scientific notation), and its last digits are lost: "
    "format the column as text, put the value in again, and export it anew"
)
_MOVED = "the columns may have moved (a cell too few, or one too many)"
_MISFITS = 4
"""So many cells of a row that do not fit, and more than those that do, are the sign of a shift; so many that differ, of another
encounter."""
_REPEATED = "services"
"""The one list in which two entries that are alike are two: a procedure may be done twice."""


class Located(Protocol):
    """A record of a source, for those who want to say later in which line something stands."""

    def line_of(self, path: str, key: str | None = None, /) -> int: ...


OnRecord = Callable[[Located], None]


class Row(NamedTuple):
    """A row and the line it begins in. `fault` says why it is no row that can be trusted; it may have no cells then."""

    line: int
    cells: list[str]
    fault: str | None = None


def read_csv(
    stream: BinaryIO, *, seen: set[bytes] | None = None, mapping: Mapping = NO_MAPPING, on_record: OnRecord | None = None
) -> Iterator[Encounter | EncounterProblem]:
    """Yield an Encounter or an EncounterProblem for each encounter of a table, in order.

    UTF-8 is expected, with or without its mark; a line that is none is read as Windows-1252. The delimiter (comma, semicolon, tab
    or bar) is told from the header. `seen` and `on_record` are those of `read_encounters`.
    """
    seen = set() if seen is None else seen
    head = stream.read(_SNIFF)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield _no_table(1, "the file is UTF-16; save it as UTF-8")
        return
    rows = _rows(head.removeprefix(b"\xef\xbb\xbf"), stream, mapping.csv.delimiter)
    header = next(rows, None)
    if header is None:
        yield _no_table(1, "the file is empty; expected a header and rows")
        return
    columns, wrong = places(header.cells, mapping)
    if not any(columns) and (kind := looks_like(head)) is not None:
        yield _no_table(1, f"is no table: the file looks like {kind}")
        return
    if wrong or header.fault is not None:
        faults = [header.fault] if header.fault is not None else wrong if any(columns) else [_NO_TABLE]
        yield SourceProblem(index=1, slips=tuple(Slip("$", f"header: {fault}", header.line) for fault in faults))
        return
    index = 0
    for group in _groups(rows, columns):
        index += 1
        if isinstance(group, Slip):
            yield EncounterProblem(index=index, slips=(group,))
            continue
        try:
            yield _one(group, index, seen, mapping, on_record)
        except Exception as failure:  # noqa: BLE001 - a fault of ours in one encounter must not cost the others
            yield _problem(index, group.line, unforeseen(failure))
    if not index:
        yield _no_table(header.line, "the table has a header and no rows")


class _Group:
    """The rows of one encounter as a tree, the line behind each place of it, and what is wrong with the rows."""

    def __init__(self, encounter_id: str, line: int) -> None:
        self.encounter_id = encounter_id
        self.line = line
        self.tree: Tree = {}
        self.slips: list[Slip] = []
        self.rows = 0
        self._lines: dict[str, int] = {}
        self._differing: Counter[int] = Counter()  # by row, the cells that say something else than an earlier row
        self._formed: dict[int, list[str]] = {}  # by row, the places whose cells must have a form, in the order of the columns

    def add(self, line: int, cells: list[str], columns: list[Place | None]) -> None:
        self.rows += 1
        if self.rows > _MOST_ROWS:
            if self.rows == _MOST_ROWS + 1:
                self.slips.append(Slip("$", f"has more than {_MOST_ROWS} rows: not an encounter", line))
            return
        entries = {place.each: len(self.tree.get(place.each, ())) for place in columns if place is not None and place.each}
        for place, cell in zip(columns, cells, strict=False):
            if place is not None and (text := cell.strip()):
                self._put(place, text, place.path.format(entries.get(place.each, "")), line)
        for each, index in entries.items():
            self._join(each, index)

    def strangers(self) -> Iterator[Slip]:
        """Say of each row that it may be another encounter's, when much of it differs from the rows before it."""
        for line, count in self._differing.items():
            if count >= _MISFITS:
                yield Slip("$.encounter_id", f"{count} cells differ from those of an earlier row: have two encounters one id?", line)

    def moved(self, faults: list[Fault]) -> Iterator[Slip]:
        """Say of each row that its columns may have moved, when most of its cells do not fit from the first one on that does not."""
        wrong = {fault.path for fault in faults}
        for line, paths in self._formed.items():
            after = list(itertools.dropwhile(lambda path: path not in wrong, paths))
            misfits = sum(path in wrong for path in after)
            if misfits >= _MISFITS and misfits * 2 > len(after):
                yield Slip("$", f"{misfits} cells of the row do not fit their columns: {_MOVED}", line)

    def line_of(self, path: str, _key: str | None = None, /) -> int:
        """The line of the row that a path came from; the encounter's first when it came from none."""
        path = path.removeprefix("$.")
        while path and path not in self._lines:
            path = max(path.rpartition(".")[0], path.rpartition("[")[0], key=len)
        return self._lines.get(path, self.line)

    def _put(self, place: Place, text: str, path: str, line: int) -> None:
        if is_shortened(text):
            self.slips.append(Slip(f"$.{path}", f"{_SHORTENED} (column {place.number})", line))
            return
        if place.has_form:
            self._formed.setdefault(line, []).append(f"$.{path}")
        try:
            value = place.value(text)
        except ValueError:
            self.slips.append(Slip(f"$.{path}", f"is no date of the mapping's format (column {place.number})", line))
            return
        before = None if place.each else found(self.tree, path)
        if before is not None and before != value:
            first = self.line_of(path)
            message = f"differs from what line {first} says of the same encounter (column {place.number})"
            self.slips.append(Slip(f"$.{path}", message, line))
            self._differing[line] += 1
            return
        plant(self.tree, path, value)
        for part in (path, path.partition("].")[0] + "]" if place.each else path):
            self._lines.setdefault(part, line)

    def _join(self, each: str, index: int) -> None:
        """Take back the entry that this row added, when an earlier row said the same."""
        entries = self.tree.get(each, [])
        if each != _REPEATED and len(entries) > index and entries[index] in entries[:index]:
            del entries[index]


def _one(group: _Group, index: int, seen: set[bytes], mapping: Mapping, on_record: OnRecord | None) -> Encounter | EncounterProblem:
    if on_record is not None:
        on_record(group)
    if not group.rows:  # no row of it can be trusted, its id neither
        return EncounterProblem(index=index, slips=tuple(group.slips))
    known = group.encounter_id if fits_id(group.encounter_id) else None
    tree = close_gaps(group.tree)
    mapping.fill(tree)
    result = judged(tree)
    slips = [*group.strangers(), *group.slips]
    if not isinstance(result, Encounter):
        slips += group.moved(result)
        slips += (Slip(fault.path, fault.message, group.line_of(fault.path)) for fault in result)
        return EncounterProblem(index=index, slips=tuple(slips), encounter_id=known)
    if not slips and is_second(result.encounter_id, seen):
        slips.append(Slip("$.encounter_id", "comes a second time in this run; the first one is kept", group.line))
    return EncounterProblem(index=index, slips=tuple(slips), encounter_id=known) if slips else result


def _groups(rows: Iterator[Row], columns: list[Place | None]) -> Iterator[_Group | Slip]:
    """The rows of each encounter together; a Slip for a row of which not even the encounter can be told.

    A row without cells may belong to the encounter before it or to the one after it: neither is whole then.
    """
    identity = next(place.number - 1 for place in columns if place is not None and place.path == "encounter_id")
    joins = any(place is not None and place.each for place in columns)
    group: _Group | None = None
    lost: int | None = None
    for line, cells, fault in rows:
        message = fault or _shifted(cells, len(columns))
        if len(cells) <= identity:
            slip = Slip("$", message or "", line)
            if group is not None and joins:
                group.slips.append(slip)
            else:
                yield slip
            lost = line if joins else None
            continue
        name = cells[identity].strip()
        if group is not None and (name != group.encounter_id or not joins):
            yield group
            group = None
        if group is None:
            group = _Group(name, line)
            if lost is not None:
                group.slips.append(Slip("$", f"line {lost} cannot be read and may belong to it", line))
        lost = None
        if message is not None:
            group.slips.append(Slip("$", message, line))
        else:
            group.add(line, cells[: len(columns)], columns)
    if group is not None:
        yield group


def _shifted(cells: list[str], expected: int) -> str | None:
    """Say that a row's columns have shifted, or None. Blank cells beyond the header are the sign of a spreadsheet, not of a shift."""
    if len(cells) == expected or (len(cells) > expected and not any(cell.strip() for cell in cells[expected:])):
        return None
    count = f"{len(cells)} cell{'s' if len(cells) != 1 else ''}"
    return f"has {count}, the header {expected}: its columns have shifted (a delimiter inside a cell without quotes?)"


def _rows(head: bytes, stream: BinaryIO, delimiter: str | None) -> Iterator[Row]:
    """The rows, blank ones left out."""
    delimiter = delimiter or _sniffed(head)
    texts = _Texts(head, stream)
    reader = csv.reader(texts, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fault = "is not CSV: quotes are not closed, or something stands after them"
            if reader.line_num > line:
                yield Row(line, [], f"{fault}; lines {line} to {reader.line_num} are lost")
            else:
                yield Row(line, _loosely(texts.latest, delimiter), fault)
            continue
        if any(cell.strip() for cell in cells):
            yield Row(line, cells)


def _loosely(text: str, delimiter: str) -> list[str]:
    """The cells of a line that is no CSV, as far as they can be told: which encounter it speaks of is worth knowing."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return []


class _Texts:
    """The lines of the file as text; `latest` is the one that was given last."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._lines = lines_of(head, stream)
        self.latest = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.latest = "\n" if line is None else _decoded(line) + "\n"
            yield self.latest


def _decoded(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")  # its control characters are refused by the record


def _sniffed(head: bytes) -> str:
    """The delimiter that stands most often in the header outside quotes."""
    first = _decoded(head.lstrip().partition(b"\n")[0])
    outside = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _problem(index: int, line: int, message: str) -> EncounterProblem:
    return EncounterProblem(index=index, slips=(Slip("$", message, line),))


def _no_table(line: int, message: str) -> SourceProblem:
    return SourceProblem(index=1, slips=(Slip("$", message, line),))
