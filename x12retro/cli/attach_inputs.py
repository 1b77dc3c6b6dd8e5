"""What `x12retro attach` reads: encounters, the report of the requests that were built of them, and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from x12retro.attach import Obstacle
from x12retro.build import Report
from x12retro.cli import sources
from x12retro.cli.inputs import Inputs
from x12retro.decide import Decision, read_decisions
from x12retro.encounter import Encounter, EncounterProblem, Mapping, read_any
from x12retro.errors import UsageError

_REPORT = msgspec.json.Decoder(Report)


def encounters_of(names: tuple[str, ...], mapping: Mapping, tell: Callable[[Obstacle], None]) -> Iterator[Encounter]:
    """The encounters of these files; what cannot be read is told."""
    inputs = Inputs(names, sources.SUFFIXES)
    seen: set[bytes] = set()
    for _, stream in inputs.streams():
        for one in read_any(stream, mapping=mapping, seen=seen):
            if isinstance(one, EncounterProblem):
                for slip in one.slips:
                    tell(Obstacle(slip.path, slip.message))
            else:
                yield one
    if inputs.unreadable:
        raise UsageError("not every file of encounters could be read")


def reports_of(names: tuple[str, ...]) -> dict[str, Report]:
    """The requests that were built, by encounter: the last one of each. Raises UsageError for what is no report."""
    found: dict[str, Report] = {}
    for name in names:
        for n, line in enumerate(_lines(name), 1):
            if not line.strip():
                continue
            try:
                report = _REPORT.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise UsageError(f"{name}:{n}: is no line of a report as `x12retro build --report` writes it") from None
            if report.built and report.encounter_id is not None:
                found[report.encounter_id] = report
    return found


def decision_about(name: str, encounter_id: str) -> Decision:
    """The last decision of a file that is about this encounter and not superseded. Raises UsageError when there is none."""
    found = None
    for decision in read_decisions(_lines(name)):
        if decision.encounter_id == encounter_id and decision.superseded_by is None and not decision.duplicate:
            found = decision
    if found is None:
        raise UsageError(f"{name}: holds no decision about {encounter_id}; run `x12retro decide` with --report, which tells whose it is")
    return found


def coded_file(text: str) -> tuple[str, Path]:
    """`[CODE=]FILE` as given on the command line: the code, "" where none is given, and the file."""
    code, equals, name = text.partition("=")
    return (code, Path(name)) if equals and name and not Path(text).exists() else ("", Path(text))


def _lines(name: str) -> list[bytes]:
    try:
        return Path(name).read_bytes().splitlines()
    except OSError as failure:
        raise UsageError(f"{name}: {failure.strerror or 'cannot be read'}") from None
