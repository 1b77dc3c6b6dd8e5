"""Encounters from JSON: one object, an array of objects, or JSON lines; which of them is told from the first bytes.

JSON lines and arrays are read one record at a time, so memory stays flat however large the file is: lines by line, arrays by
cutting the bytes at the commas of the outermost level (`x12retro.encounter.json_cut`). A record that is broken or wrong gives
an `EncounterProblem` and the next one is read; only inside an array can a missing bracket swallow what follows it.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO

import msgspec

from x12retro.encounter.explain import Pairs, faults
from x12retro.encounter.fields import ID_PATTERN, TOO_LARGE
from x12retro.encounter.json_cut import Chunk, cut_array, cut_lines, whole
from x12retro.encounter.json_record import encounter_of
from x12retro.encounter.record import Encounter
from x12retro.encounter.tree import is_second
from x12retro.encounter.unforeseen import unforeseen
from x12retro.errors import UsageError

Source = bytes | str | Path | BinaryIO

_DECODER = msgspec.json.Decoder(Encounter)
_SYNTAX = re.compile(r"JSON is malformed: (?P<what>.+) \(byte (?P<at>\d+)\)")
_PLACE = re.compile(r" - at `(?P<path>[^`]*)`$")
_SNIFF = 65536
_LONG = 400  # figures: Python makes no integer of some thousands


class Slip(msgspec.Struct, frozen=True):
    """One thing that is wrong in a record: a JSON path, the line of the source (from 1) it stands in, and a sentence without the value.

    `line` is None where the source has no lines to speak of (X12): the sentence then names the segment.
    """

    path: str
    message: str
    line: int | None = None


class EncounterProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A record that cannot be used, and all that is wrong with it. `index` counts records of the source, from 1.

    `encounter_id` is given where it could be read. `denied` is the encounter with its denial, where nothing is wrong with it but that no
    request answers that denial. `at_risk` is the money that was denied, where nothing but the remittance is known.
    """

    index: int
    slips: tuple[Slip, ...]
    encounter_id: str | None = None
    denied: Encounter | None = None
    at_risk: Decimal | None = None

    @property
    def path(self) -> str:
        return self.slips[0].path

    @property
    def message(self) -> str:
        return self.slips[0].message

    @property
    def line(self) -> int | None:
        return self.slips[0].line


class SourceProblem(EncounterProblem, frozen=True, kw_only=True):
    """What is wrong with a source of which no record can be read: it is no encounters at all, or a table whose header cannot be used."""


class _Identity(msgspec.Struct):
    encounter_id: str | None = None


_IDENTITY = msgspec.json.Decoder(_Identity)


OnRecord = Callable[[Chunk], None]


def read_encounters(
    source: Source, *, seen: set[bytes] | None = None, on_record: OnRecord | None = None
) -> Iterator[Encounter | EncounterProblem]:
    """Yield an Encounter or an EncounterProblem for each record of `source`, in order.

    `source` is bytes of JSON, a path (`str` or `Path`) or a binary stream. Pass the same `seen` set for every source of a run to
    have an encounter_id that comes twice reported. `on_record` is called with the bytes of each record before it is yielded, for
    those who want to say later in which line something stands. Raises UsageError when the path cannot be read.
    """
    seen = set() if seen is None else seen
    if isinstance(source, (str, Path)):
        try:
            with Path(source).open("rb") as stream:
                yield from _read(stream, seen, on_record)
        except OSError as error:
            raise UsageError(f"{source}: cannot be read ({error.strerror or type(error).__name__})") from None
    else:
        yield from _read(io.BytesIO(source) if isinstance(source, bytes) else source, seen, on_record)


def _read(stream: BinaryIO, seen: set[bytes], on_record: OnRecord | None) -> Iterator[Encounter | EncounterProblem]:
    head = stream.read(_SNIFF)
    while head and not head.strip() and (more := stream.read(_SNIFF)):
        head = more
    if problem := why_unusable(head):
        yield SourceProblem(index=1, slips=(Slip("$", problem, 1),))
        return
    chunks = chunks_of(head.removeprefix(b"\xef\xbb\xbf"), stream)
    for index, chunk in enumerate(chunks, start=1):
        if on_record is not None:
            on_record(chunk)
        try:
            one = _decode(chunk, index, seen)
        except Exception as failure:  # noqa: BLE001 - a fault of ours in one record must not cost the others
            one = EncounterProblem(index=index, slips=(Slip("$", unforeseen(failure), chunk.line),))
        yield one


def why_unusable(head: bytes) -> str | None:
    """Say why these bytes cannot be JSON at all, or None."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(head) > 1 and 0 in head[:2]):
        return "the file is UTF-16 or UTF-32; save it as UTF-8"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return "the file is empty; expected a JSON object, an array of objects, or one object a line"
    if text[:1] not in (b"{", b"["):
        return "not JSON: a record starts with { and a list of records with ["
    return None


def chunks_of(head: bytes, stream: BinaryIO) -> Iterator[Chunk]:
    text = head.lstrip()
    if text.startswith(b"["):
        return cut_array(head, stream)
    return cut_lines(head, stream) if _looks_like_lines(text) else whole(head, stream)


def _looks_like_lines(text: bytes) -> bool:
    """One object a line: the first line is a whole object, or the line after it starts another one."""
    first, found, rest = text.partition(b"\n")
    if not found:
        return len(text) >= _SNIFF - 8  # a first line longer than what was sniffed: lines, since nobody prints one object so
    try:
        msgspec.json.decode(first)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return rest.startswith(b"{")
    return True


def _decode(chunk: Chunk, index: int, seen: set[bytes]) -> Encounter | EncounterProblem:
    try:
        encounter = encounter_of(chunk.data) if chunk.problem is None else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        encounter = None
    if encounter is None:
        judged = _looked_at(chunk)
        if not isinstance(judged, Encounter):
            return EncounterProblem(index=index, slips=judged, encounter_id=_identity(chunk.data))
        encounter = judged
    if is_second(encounter.encounter_id, seen):
        slip = Slip("$.encounter_id", "comes a second time in this run; the first one is kept", chunk.line_of("$.encounter_id"))
        return EncounterProblem(index=index, slips=(slip,), encounter_id=encounter.encounter_id)
    return encounter


def _looked_at(chunk: Chunk) -> Encounter | tuple[Slip, ...]:
    """Tell what is wrong with a record that the quick way did not take, if anything is."""
    if chunk.problem is not None:
        return (Slip("$", chunk.problem, chunk.line),)
    try:
        with contextlib.suppress(msgspec.ValidationError):
            _DECODER.decode(chunk.data)  # as far as the first value that is wrong: a slip in the JSON before it is told first
        return _explained(chunk)
    except UnicodeDecodeError:
        return (Slip("$", "holds bytes that are not UTF-8; save the file as UTF-8", chunk.line),)
    except RecursionError:
        return (Slip("$", "is nested too deeply", chunk.line),)
    except msgspec.DecodeError as error:
        line, message = _syntax(str(error), chunk)
        return (Slip("$", message, line),)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all measure
        return Decimal("Infinity")


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) < _LONG else Decimal(text)


_EXACT = json.JSONDecoder(object_pairs_hook=Pairs, parse_float=_decimal, parse_int=_integer)


def _explained(chunk: Chunk) -> Encounter | tuple[Slip, ...]:
    """Tell all that is wrong with a record that was refused; the encounter when nothing is but codes in small letters.

    Raises msgspec.DecodeError when it is no JSON at all behind the first error.
    """
    with contextlib.suppress(msgspec.ValidationError):  # a number that is too large for it
        msgspec.json.decode(chunk.data)
    try:
        tree = _EXACT.decode(chunk.data.decode())
    except ValueError:
        return (Slip("$", f"a number in it {TOO_LARGE}", chunk.line),)
    found = faults(tree, Encounter)
    if found:
        return tuple(Slip(fault.path, fault.message, chunk.line_of(fault.path, fault.key)) for fault in found)
    try:
        return msgspec.convert(tree, Encounter)
    except msgspec.ValidationError as error:
        match = _PLACE.search(str(error))
    path = match["path"] if match else "$"
    return (Slip(path, "is not what this place takes", chunk.line_of(path)),)


def _syntax(text: str, chunk: Chunk) -> tuple[int, str]:
    """The line of a syntax error and a sentence with its column."""
    match = _SYNTAX.fullmatch(text)
    at = int(match["at"]) if match else len(chunk.data)
    before = chunk.data[:at]
    newlines = before.count(b"\n")
    line = chunk.line + newlines
    column = at - (before.rfind(b"\n") + 1) + 1 + (0 if newlines else chunk.column)
    what = match["what"] if match else "it breaks off"
    return line, f"not valid JSON: {what} at line {line}, column {column}"


def _identity(data: bytes) -> str | None:
    """The record's id, when it has a usable one in spite of what else is wrong with it."""
    try:
        found = _IDENTITY.decode(data).encounter_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if found is not None and len(found) <= 60 and re.fullmatch(ID_PATTERN, found) else None
