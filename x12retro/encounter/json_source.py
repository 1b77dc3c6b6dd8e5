"""Encounters from JSON: one object, an array of objects, or JSON lines; which of them is told from the first bytes.

JSON lines and arrays are read one record at a time, so memory stays flat however large the file is: lines by line, arrays by
cutting the bytes at the commas of the outermost level (`x12retro.encounter.json_cut`). A record that is broken or wrong gives
an `EncounterProblem` and the next one is read; only inside an array can a missing bracket swallow what follows it.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from x12retro.encounter.explain import explain
from x12retro.encounter.fields import ID_PATTERN
from x12retro.encounter.json_cut import Chunk, cut_array, cut_lines, whole
from x12retro.encounter.record import Encounter
from x12retro.errors import UsageError

Source = bytes | str | Path | BinaryIO

_DECODER = msgspec.json.Decoder(Encounter)
_SYNTAX = re.compile(r"JSON is malformed: (?P<what>.+) \(byte (?P<at>\d+)\)")
_SNIFF = 65536


class EncounterProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A record that cannot be used. `index` counts records and `line` lines of the source, both from 1; `path` is a JSON path.

    `encounter_id` is given where it could be read. No value of the record is in `message`.
    """

    index: int
    line: int
    path: str
    message: str
    encounter_id: str | None = None


class _Identity(msgspec.Struct):
    encounter_id: str | None = None


_IDENTITY = msgspec.json.Decoder(_Identity)


def read_encounters(source: Source, *, seen: set[bytes] | None = None) -> Iterator[Encounter | EncounterProblem]:
    """Yield an Encounter or an EncounterProblem for each record of `source`, in order.

    `source` is bytes of JSON, a path (`str` or `Path`) or a binary stream. Pass the same `seen` set for every source of a run to
    have an encounter_id that comes twice reported. Raises UsageError when the path cannot be read.
    """
    seen = set() if seen is None else seen
    if isinstance(source, (str, Path)):
        try:
            with Path(source).open("rb") as stream:
                yield from _read(stream, seen)
        except OSError as error:
            raise UsageError(f"{source}: cannot be read ({error.strerror or type(error).__name__})") from None
    else:
        yield from _read(io.BytesIO(source) if isinstance(source, bytes) else source, seen)


def _read(stream: BinaryIO, seen: set[bytes]) -> Iterator[Encounter | EncounterProblem]:
    head = stream.read(_SNIFF)
    while head and not head.strip() and (more := stream.read(_SNIFF)):
        head = more
    if problem := _unusable(head):
        yield EncounterProblem(index=1, line=1, path="$", message=problem)
        return
    chunks = _chunks(head.removeprefix(b"\xef\xbb\xbf"), stream)
    for index, chunk in enumerate(chunks, start=1):
        yield _decode(chunk, index, seen)


def _unusable(head: bytes) -> str | None:
    """Say why these bytes cannot be JSON at all, or None."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(head) > 1 and 0 in head[:2]):
        return "the file is UTF-16 or UTF-32; save it as UTF-8"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return "the file is empty; expected a JSON object, an array of objects, or one object a line"
    if text[:1] not in (b"{", b"["):
        return "not JSON: a record starts with { and a list of records with ["
    return None


def _chunks(head: bytes, stream: BinaryIO) -> Iterator[Chunk]:
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
    def problem(path: str, message: str, encounter_id: str | None = None, line: int = chunk.line) -> EncounterProblem:
        return EncounterProblem(index=index, line=line, path=path, message=message, encounter_id=encounter_id)

    if chunk.problem is not None:
        return problem("$", chunk.problem)
    try:
        encounter = _DECODER.decode(chunk.data)
    except msgspec.ValidationError as error:
        return problem(*explain(error, Encounter), _identity(chunk.data))
    except UnicodeDecodeError:
        return problem("$", "holds bytes that are not UTF-8; save the file as UTF-8", _identity(chunk.data))
    except RecursionError:
        return problem("$", "is nested too deeply")
    except msgspec.DecodeError as error:
        line, message = _syntax(str(error), chunk)
        return problem("$", message, line=line)
    digest = hashlib.blake2b(encounter.encounter_id.encode(), digest_size=12).digest()
    if digest in seen:
        return problem("$.encounter_id", "comes a second time in this run; the first one is kept", encounter.encounter_id)
    seen.add(digest)
    return encounter


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
