"""Names, ids and birth dates are planted everywhere; no message, report or log may show one."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from x12retro.build import build, load_partner
from x12retro.encounter import read_encounters
from x12retro.guide.judge import validate

PLANTS = ["PLANTEDNAME", "Zzplanted-Person", "19010203", "9ZZ8YY7XX", "1901-02-03", "ZZPLANTED " * 40]
NUMBERS_OF_THE_ENVELOPE = {("ISA", 13), ("GS", 6), ("ST", 2)}  # they name the set in a report: that is their use


def lines(path: Path) -> list[str]:
    return [line.rstrip("~") for line in path.read_text(encoding="ascii").splitlines()]


def planted(base: list[str], plant: str) -> Iterator[bytes]:
    """The message with `plant` in one element or component after the other, and as a segment of its own."""
    for n, line in enumerate(base):
        fields = line.split("*")
        for element in range(1, len(fields)):
            if (fields[0], element) in NUMBERS_OF_THE_ENVELOPE or (fields[0] == "ISA" and element in (11, 16)):
                continue
            changed = "*".join([*fields[:element], plant, *fields[element + 1 :]])
            yield "".join(x + "~\n" for x in [*base[:n], changed, *base[n + 1 :]]).encode()
        yield "".join(x + "~\n" for x in [*base[: n + 1], plant, f"{plant}*{plant}", *base[n + 1 :]]).encode()


DIRECTIONS = pytest.mark.parametrize("direction", ["request", "response", "inquiry", "inquiry-response"])


@DIRECTIONS
def test_findings_never_hold_a_value(fixtures: Path, direction: str, caplog: pytest.LogCaptureFixture) -> None:
    """At every place one kind of value after the other; in all directions each kind comes to every kind of place."""
    caplog.set_level(logging.DEBUG)
    base = lines(fixtures / "guide" / f"every-loop-{direction}.edi")
    every_kind = zip(*(planted(base, plant) for plant in PLANTS[:4]), strict=True)
    seen = sum(findings_of(messages[n % 4], PLANTS[n % 4]) for n, messages in enumerate(every_kind))
    assert seen > (200 if direction == "inquiry" else 300)  # the shortest of the four
    assert not any(plant in caplog.text for plant in PLANTS)


@pytest.mark.soak
@DIRECTIONS
@pytest.mark.parametrize("plant", PLANTS[:4])
def test_no_kind_of_value_is_held_at_any_place(fixtures: Path, direction: str, plant: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    messages = planted(lines(fixtures / "guide" / f"every-loop-{direction}.edi"), plant)
    assert sum(findings_of(message, plant) for message in messages) > (200 if direction == "inquiry" else 300)
    assert plant not in caplog.text


def findings_of(message: bytes, plant: str) -> int:
    """How many findings there are; none of them shows what was planted."""
    findings = [finding for checked in validate(message) for finding in checked.findings]
    for finding in findings:
        shown = msgspec.json.encode(msgspec.structs.replace(finding, value=None)).decode()
        assert plant not in shown, finding.rule
    return len(findings)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from leaves(inner, (*path, n))
    else:
        yield path


def replaced(value: Any, path: tuple[Any, ...], plant: Any) -> Any:
    if not path:
        return plant
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], plant)
    return copy


@pytest.mark.parametrize("plant", [*PLANTS, [PLANTS[0]], {PLANTS[0]: PLANTS[1]}], ids=range(len(PLANTS) + 2))
def test_problems_of_encounters_never_hold_a_value(fixtures: Path, plant: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    partner = load_partner(fixtures / "partners" / "summit-ridge.toml")
    seen = 0
    for file in sorted((fixtures / "encounters").glob("*.json"))[::3]:
        encounter = json.loads(file.read_text(encoding="utf-8"))
        for path in leaves(encounter):
            if path == ("encounter_id",):
                continue
            source = json.dumps(replaced(encounter, path, plant)).encode()
            for one in build(read_encounters(source), partner, as_of=date(2026, 11, 24)):
                told = " ".join(f"{p.path} {p.message}" for p in one.problems)
                seen += len(one.problems)
                for word in PLANTS:
                    assert word.strip() not in told, (path, [p.path for p in one.problems])
    assert seen > 50
    assert not any(word in caplog.text for word in PLANTS)
