"""The verbs as a library: `import x12retro` is enough."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import x12retro
from x12retro.build import load_partner, write  # importing a room must not hide the verb of its name
from x12retro.encounter import read_encounters


def test_the_verbs_work_together(fixtures: Path, tmp_path: Path) -> None:
    partner = load_partner(fixtures / "partners" / "summit-ridge.toml")
    encounters = read_encounters(fixtures / "encounters" / "emergency-admission.json")
    out = tmp_path / "requests.edi"
    with out.open("wb") as stream:
        built = list(write(stream, x12retro.build(encounters, partner, as_of=date(2026, 11, 24)), partner, as_of=date(2026, 11, 24)))
    assert [one.built for one in built] == [True]
    assert [f for checked in x12retro.validate(out) for f in checked.findings] == []
    assert [type(frame).__name__ for frame in x12retro.read(out)] == [
        "InterchangeStart",
        "GroupStart",
        "Transaction",
        "GroupEnd",
        "InterchangeEnd",
    ]
    answer = fixtures / "responses" / "event-a1-certified.edi"
    decisions = list(x12retro.decide(answer, as_of=date(2026, 11, 24)))
    assert [d.outcome for d in decisions] == ["certified"]
