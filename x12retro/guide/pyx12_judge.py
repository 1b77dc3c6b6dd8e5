"""What pyx12 says of one transaction set, in codes and places: its own texts quote the message and are never kept.

pyx12 is given the bytes of the set in an envelope of ours, so that a fault of the envelope, or of another set, does not colour its word.
Its reader, walker and maps are used as its `x12n_document` uses them (a test holds the two verdicts together); but a map is read
once and not for every set, and nothing of a set is kept when it is judged. A 278 of our guide is judged by our maps as `export` writes
them, everything else by the maps that pyx12 ships. What pyx12 raises is its word too: no opinion.
"""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeAlias

import msgspec

from x12retro.guide.export import DIRECTIONS, export
from x12retro.x12 import Transaction
from x12retro.x12.known_segments import KNOWN_SEGMENTS

Theirs: TypeAlias = Any
"""An object of pyx12, which is imported late and not typed here."""

_SET, _SEGMENT, _ELEMENT = "set", "segment", "element"
_TEXTS = {
    (_SET, "2"): "SE is missing",
    (_SET, "3"): "SE02 is not ST02",
    (_SET, "4"): "SE01 is not the number of segments",
    (_SEGMENT, "1"): "no such segment at this place",
    (_SEGMENT, "2"): "the segment or loop is not used",
    (_SEGMENT, "3"): "a required segment or loop is missing",
    (_SEGMENT, "4"): "the loop comes too often",
    (_SEGMENT, "5"): "the segment comes too often",
    (_SEGMENT, "8"): "the segment is empty",
    (_SEGMENT, "HL1"): "HL01 does not count the levels",
    (_SEGMENT, "HL2"): "HL02 names no open level",
    (_SEGMENT, "LX"): "LX01 does not count the lines",
    (_SEGMENT, "SEG1"): "separators at the end of the segment",
    (_ELEMENT, "1"): "a required value is missing",
    (_ELEMENT, "2"): "values that belong together are not all there",
    (_ELEMENT, "3"): "too many elements or components",
    (_ELEMENT, "4"): "too short",
    (_ELEMENT, "5"): "too long, or a composite that is not used",
    (_ELEMENT, "6"): "a character or blank that may not stand there",
    (_ELEMENT, "7"): "no such code",
    (_ELEMENT, "8"): "no date",
    (_ELEMENT, "9"): "no time",
    (_ELEMENT, "10"): "not used, or one too many of those that exclude each other",
}
_FOLDERS = {f"278-{direction}": direction for direction in DIRECTIONS}


class Note(msgspec.Struct, frozen=True):
    """One error of pyx12: its code, where it stands (`segment` from ST = 1, `reference` as the map calls the element), a text of ours.

    `level` is set, segment or element: which list of codes `code` is of.
    """

    level: str
    code: str
    segment: int
    segment_id: str
    reference: str | None
    text: str


class Opinion(msgspec.Struct, frozen=True):
    """`accepts` is None when pyx12 has no opinion; `failure` is then the kind of the exception."""

    accepts: bool | None
    notes: tuple[Note, ...] = ()
    failure: str = ""


class _Maps(NamedTuple):
    """A folder of maps, opened: its index, its envelope, and the maps read so far."""

    folder: str | None
    index: Theirs
    control: dict[str, Theirs]
    by_file: dict[str, Theirs]


class Pyx12Judge:
    """Asks pyx12 about one set after the other. Use as a context: our maps lie in a folder of their own meanwhile."""

    def __enter__(self) -> Self:
        self._temporary = tempfile.TemporaryDirectory(prefix="x12retro-maps-")
        self._opened: dict[str, _Maps] = {}
        self._log = logging.getLogger("pyx12")
        self._was = (self._log.propagate, self._log.disabled)
        self._silence = logging.NullHandler()
        self._log.addHandler(self._silence)
        self._log.propagate = False  # what it logs quotes values
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._log.removeHandler(self._silence)
        self._log.propagate, self._log.disabled = self._was
        self._temporary.cleanup()

    def judge(self, transaction: Transaction, guide: str) -> Opinion:
        """Ask about `transaction`; `guide` is the guide's name that we judged it by ("" for none)."""
        try:
            notes = tuple(self._notes(transaction, guide))
        except Exception as failure:  # noqa: BLE001 - pyx12 raises whatever its code runs into; the text may quote the message
            return Opinion(None, failure=type(failure).__name__)
        return Opinion(not notes, notes)

    def _notes(self, transaction: Transaction, guide: str) -> Iterator[Note]:
        """The loop of pyx12's `x12n_document`, for one set."""
        import pyx12.map_walker
        import pyx12.x12file

        maps = self._maps(guide)
        source = pyx12.x12file.X12Reader(io.StringIO(_enveloped(transaction)))
        walker = pyx12.map_walker.walk_tree()
        node: Theirs = None
        position = 0
        for segment in source:
            name = segment.get_seg_id()
            if name == "ISA":
                node = self._control(maps, source.icvn).getnodebypath("/ISA_LOOP/ISA")
                walker.forceWalkCounterToLoopStart("/ISA_LOOP", "/ISA_LOOP/ISA")
                continue
            if name == "GS":
                chosen = self._map(maps, source.icvn, segment)
                source.check_837_lx = chosen.id == "837"
                node = chosen.getnodebypath("/ISA_LOOP/GS_LOOP/GS")
                walker.forceWalkCounterToLoopStart("/ISA_LOOP/GS_LOOP", "/ISA_LOOP/GS_LOOP/GS")
                source.pop_errors()
                continue
            position += 1
            found, _, _, errors = walker.walk_errors(node, segment, source.get_seg_count(), source.get_cur_line(), source.get_ls_id())
            for error in errors:
                yield _note(_SEGMENT, error.err_cde, position, error.seg_data.get_seg_id() if error.seg_data is not None else name)
            yield from _of_reader(source, position, name)
            if found is not None:
                node = found
                for error in node.is_valid_errors(segment)[1]:
                    yield _note(_ELEMENT, error.err_cde, position, name, _reference(error.refdes, name))
        source.cleanup()
        yield from _of_reader(source, position, "SE")

    def _maps(self, guide: str) -> _Maps:
        import pyx12.map_index

        direction = _FOLDERS.get(guide, "")
        if direction not in self._opened:
            folder = None
            if direction:
                root = Path(self._temporary.name)
                if not (root / direction).is_dir():
                    export(root)
                folder = str(root / direction)
            self._opened[direction] = _Maps(folder, pyx12.map_index.map_index(folder), {}, {})
        return self._opened[direction]

    def _control(self, maps: _Maps, version: str) -> Theirs:
        if version not in maps.control:
            maps.control[version] = _read("x12.control.00501.xml" if version == "00501" else "x12.control.00401.xml", maps.folder)
        return maps.control[version]

    def _map(self, maps: _Maps, version: str, gs: Theirs) -> Theirs:
        file = maps.index.get_filename(version, gs.get_value("GS08"), gs.get_value("GS01"))
        if file is None:
            raise NoMap
        if file not in maps.by_file:
            maps.by_file[file] = _read(file, maps.folder)
        return maps.by_file[file]


class NoMap(Exception):
    """pyx12 has no map for the labels of the set (there it raises an EngineError that quotes them)."""


def _read(file: str, folder: str | None) -> Theirs:
    import pyx12.map_if
    import pyx12.params

    return pyx12.map_if.load_map_file(file, pyx12.params.params(), folder)


def _enveloped(transaction: Transaction) -> str:
    """The set in an interchange and a group of its own. Raises UnicodeDecodeError, as pyx12 does, for what is not ASCII."""
    cut = transaction.delimiters
    isa, gs = transaction.interchange.isa, transaction.group.gs
    version = isa[12] if isa is not None else "00501"
    blank = " " * 10
    one = ["ISA", "00", blank, "00", blank, "ZZ", "SENDER".ljust(15), "ZZ", "RECEIVER".ljust(15), "260101", "1200"]
    head = cut.element.join([*one, cut.repetition or "U", version, "000000001", "0", "P", cut.component])
    st = transaction.segments()[0] if transaction.segments() else None
    code = gs[1] if gs is not None else ""
    label = gs[8] if gs is not None and gs[8] else st[3] if st is not None else ""
    group = cut.element.join(["GS", code, "SENDER", "RECEIVER", "20260101", "1200", "1", "X", label])
    return f"{head}{cut.segment}{group}{cut.segment}{transaction.raw.decode('ascii')}"


def _of_reader(source: Theirs, position: int, name: str) -> Iterator[Note]:
    """What pyx12's reader noticed about the set; that our envelope is not closed is no news."""
    for kind, code, _text, _value, _line in source.pop_errors():
        if kind in ("st", "seg"):
            yield _note(_SET if kind == "st" else _SEGMENT, code, position, name)


def _note(level: str, code: str, position: int, name: str | None, reference: str | None = None) -> Note:
    shown = name if name in KNOWN_SEGMENTS else "?"
    return Note(level, code, position, shown or "?", reference, _TEXTS.get((level, code), "an error of another kind"))


def _reference(reference: object, segment: str) -> str | None:
    """pyx12 names an element `UM04-02`, by number alone where a segment is too long, and by a number for a relational condition."""
    text = str(reference or "")
    if not text:
        return None
    return f"{segment if segment in KNOWN_SEGMENTS else '?'}{int(text):02d}" if text.isdecimal() else text
