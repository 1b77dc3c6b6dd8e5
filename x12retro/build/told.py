"""From what the guide found to problems of the record: at the key that gave rise to it, and not again what was said already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from x12retro.build.records import Line, Problem
from x12retro.encounter.keys import KEYS
from x12retro.findings import Finding

_SAID_ALWAYS = frozenset(("X217-CL1-501", "X217-DMG-104", "X217-DTP-173", "X217-HI-101", "X217-UM-110"))
"""Rules whose matter the builder tells itself, each time, with a better path (`plausible.py`, `codes.py`)."""

_SAID_THERE = frozenset(("X217-NM1-101",))
"""Rules whose matter the builder tells in part: what it has told at the same path is not told again."""

_ELEMENT = re.compile(r"[A-Z]{2}[A-Z0-9][0-9]{2}(?:-[0-9])?|[A-Z]{2}[0-9]{2}(?:-[0-9])?")
_OF_ONE_OBJECT = frozenset(("UM", "HSD", "CR1", "CR2", "CR5", "CR6", "SV1", "SV2", "SV3", "N3", "N4", "PWK"))
"""Segments that are made of one object of the record, so that an element has one key below the segment's path."""


def as_problems(findings: Iterable[Finding], lines: Sequence[Line], problems: Sequence[Problem]) -> Iterator[Problem]:
    """Each finding about `lines` as a problem, unless it is one of those that `problems` hold already."""
    for finding in findings:
        path = _path(finding, lines)
        if finding.is_error or not _said(finding.rule, path, problems):
            yield Problem(path, f"{finding.message} ({finding.rule})", "error" if finding.is_error else "note")


def _path(finding: Finding, lines: Sequence[Line]) -> str:
    n = None if finding.segment is None else finding.segment - 2  # ST is segment 1, lines start after it
    if n is None or not 0 <= n < len(lines):
        return "$"
    line, element = lines[n], finding.element
    if element is None:
        return line.path
    if element <= len(line.parts):
        return line.parts[element - 1]
    if line.id not in _OF_ONE_OBJECT:
        return line.path
    place = f"{line.id}{element:02d}"
    key = _KEYS.get(f"{place}-{finding.component}") or _KEYS.get(place)
    return f"{line.path}.{key}" if key is not None else line.path


def _said(rule: str, path: str, problems: Sequence[Problem]) -> bool:
    return rule in _SAID_ALWAYS or (rule in _SAID_THERE and any(problem.path == path for problem in problems))


def _keys() -> dict[str, str]:
    """Element -> the one key that goes there, below the key of its whole where that is a part of its own (`facility.code`); elements
    that several keys share are left out.
    """
    found: dict[str, set[str]] = {}
    for keys in KEYS.values():
        for name, key in keys.items():
            for element in _ELEMENT.findall(key.place):
                found.setdefault(element, set()).add(name)
    only = {element: next(iter(names)) for element, names in found.items() if len(names) == 1}
    wholes = {element: only.get(element.partition("-")[0]) if "-" in element else None for element in only}
    return {element: f"{whole}.{name}" if (whole := wholes[element]) is not None else name for element, name in only.items()}


_KEYS = _keys()
