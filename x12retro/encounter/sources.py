"""Encounters from any source: what a file is, is told from its first bytes, and the reader for it is called."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, cast

from x12retro.encounter.claim837 import Claim, read_claims
from x12retro.encounter.csv_source import OnRecord, read_csv
from x12retro.encounter.denied import Denials, encounters_of
from x12retro.encounter.fhir_source import read_fhir
from x12retro.encounter.json_source import EncounterProblem, Slip, Source, SourceProblem, read_encounters
from x12retro.encounter.mapping import NO_MAPPING, Mapping
from x12retro.encounter.record import Encounter
from x12retro.errors import UsageError

Format = Literal["json", "fhir", "x12", "csv"]
OnNote = Callable[[Slip], None]

_EMPTY = "the file is empty; expected encounters: JSON, 837 claims, a table (CSV) or FHIR bundles"
_SNIFF = 4096
_BLANK = 65536  # a file that begins with more white space than that is of no kind
_ISA = re.compile(rb"(?:^|[\s~])ISA[^A-Za-z0-9\s][0-9]{2}[^A-Za-z0-9\s]")


def read_any(
    source: Source,
    *,
    mapping: Mapping = NO_MAPPING,
    denials: Denials | None = None,
    seen: set[bytes] | None = None,
    on_record: OnRecord | None = None,
    on_note: OnNote | None = None,
) -> Iterator[Encounter | EncounterProblem]:
    """Yield an Encounter or an EncounterProblem for each record, claim or row group of `source`, in order.

    `source` is bytes, a path or a binary stream of JSON (as `read_encounters`), FHIR bundles, X12 837 claims or a table (CSV).
    `mapping` is a mapping file's, for all but JSON. With `denials` only denied encounters come through (see `encounters_of`); ask it
    for what is unmatched when all sources are at an end. Pass the same `seen` for every source of a run. `on_record` is called with each
    record of JSON or CSV before it is yielded; `on_note` with whatever is to be noted about an encounter, before it is yielded.
    Raises UsageError when a path cannot be read.
    """
    seen = set() if seen is None else seen
    if isinstance(source, (str, Path)):
        try:
            with Path(source).open("rb") as file:
                yield from _read(file, mapping, denials, seen, on_record, on_note)
        except OSError as error:
            raise UsageError(f"{source}: cannot be read ({error.strerror or type(error).__name__})") from None
    else:
        stream = cast(BinaryIO, io.BytesIO(source)) if isinstance(source, bytes) else source
        yield from _read(stream, mapping, denials, seen, on_record, on_note)


def format_of(head: bytes) -> Format:
    """What a file is, by its first bytes: an ISA makes it X12, a brace or bracket JSON, or FHIR where a resourceType follows."""
    text = _text(head)
    if _ISA.search(head):
        return "x12"
    if text[:1] not in (b"{", b"["):
        return "csv"
    return "fhir" if b'"resourceType"' in text else "json"


def _text(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _read(
    stream: BinaryIO,
    mapping: Mapping,
    denials: Denials | None,
    seen: set[bytes],
    on_record: OnRecord | None,
    on_note: OnNote | None,
) -> Iterator[Encounter | EncounterProblem]:
    ahead = _Ahead(stream)
    source = cast(BinaryIO, ahead)
    if not _text(ahead.head):
        yield SourceProblem(index=1, slips=(Slip("$", _EMPTY, 1),))
        return
    found: Iterator[Claim | Encounter | EncounterProblem]
    match format_of(ahead.head):
        case "x12":
            found = read_claims(source, seen=seen, mapping=mapping)
        case "csv":
            found = read_csv(source, seen=seen, mapping=mapping, on_record=on_record)
        case "fhir":
            found = read_fhir(source, seen=seen, mapping=mapping)
        case _:
            found = read_encounters(source, seen=seen, on_record=on_record)
    for one in found if denials is None else encounters_of(found, denials):
        if isinstance(one, Claim):
            if on_note is not None:
                for note in one.notes:
                    on_note(note)
            yield one.encounter
        else:
            yield one


class _Ahead(io.RawIOBase):
    """A stream whose first bytes have been looked at. A read gives all that was asked for, unless the stream is at its end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = b""
        self.head = self.read(_SNIFF)
        while self.head and not self.head.strip() and len(self.head) < _BLANK and (more := self.read(_SNIFF)):
            self.head += more
        self._left = self.head

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            data, self._left = self._left + self._stream.read(), b""
            return data
        data, self._left = self._left[:size], self._left[size:]
        while len(data) < size and (more := self._stream.read(size - len(data))):
            data += more
        return data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
