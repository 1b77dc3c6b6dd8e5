"""Every command finds all it needs in an interpreter of its own, and says there what it says where others have imported it before."""

from __future__ import annotations

import pytest
from installation import Installation

from x12retro.cli.app import _COMMANDS
from x12retro.guide.places import fixtures_dir

GUIDE, PARTNER = fixtures_dir() / "guide", fixtures_dir() / "partners" / "summit-ridge.toml"
ENCOUNTER = fixtures_dir() / "encounters" / "emergency-admission.json"
TODAY = ("--as-of", "2026-11-24")
CONFIG = ("--config", "x12retro.toml")
RUNS = [
    ("assess", ENCOUNTER, *TODAY),
    ("build", ENCOUNTER, "--partner", PARTNER, *TODAY),
    ("attach", "read", GUIDE / "every-loop-request.edi"),
    ("validate", GUIDE / "every-loop-request.edi"),
    ("validate", GUIDE / "every-loop-response.edi", "--format", "html"),
    ("acknowledge", GUIDE / "every-loop-request.edi", "-o", "acks"),
    ("inquire", GUIDE / "every-loop-response.edi", "--partner", PARTNER, *TODAY),
    ("decide", GUIDE / "every-loop-response.edi", "--format", "table", *TODAY),
    ("deliver", *CONFIG),
    ("answer", "nobody", "nothing.pdf", *CONFIG),
    ("ledger", "worklist", *CONFIG),
    ("ledger", "verify", *CONFIG),
    ("payer", *CONFIG),
    ("show", GUIDE / "every-loop-request.edi"),
    ("maps", "lint"),
    ("synth", "responses", "3"),
]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: " ".join(map(str, run[:2])))
def test_a_new_interpreter_says_the_same(x12retro, tmp_path, run):
    here, there = tmp_path / "here", tmp_path / "there"
    for place in (here, there):
        Installation(place)
    known, new = x12retro(*run, cwd=here), x12retro.anew(*run, cwd=there)
    assert (known.returncode, known.stdout) == (new.returncode, new.stdout)
    assert known.stderr.replace(b"here", b"there") == new.stderr
    assert b"internal error" not in new.stderr


def test_every_command_is_among_them():
    assert {run[0] for run in RUNS} | {"demo"} == set(_COMMANDS), "the demo's text is held in tests/test_readme.py"
