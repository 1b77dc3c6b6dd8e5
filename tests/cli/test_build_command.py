"""`x12retro build` and the files around it: numbers are used once, and nothing that was there is lost without a word."""

import fcntl
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"
ENCOUNTER = FIXTURES / "encounters" / "ambulance-transfer.json"
PARTNER = FIXTURES / "partners" / "summit-ridge.toml"
ONE_EACH = FIXTURES / "partners" / "front-range.toml"
COMMAND = ("build", ENCOUNTER, "--partner", PARTNER, "--as-of", "2026-11-24")


def interchanges(edi: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb"\*00501\*(\d{9})\*", edi)]


def start(*arguments, stdin=None):
    command = [sys.executable, "-m", "x12retro", *map(str, arguments)]
    return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_runs_side_by_side_take_different_numbers(tmp_path):
    numbers = tmp_path / "numbers.json"
    runs = [start(*COMMAND, "-o", tmp_path / f"{n}.edi", "--control-file", numbers) for n in range(4)]
    for run in runs:
        run.communicate(timeout=120)
        assert run.returncode == 0
    assert sorted(n for i in range(4) for n in interchanges((tmp_path / f"{i}.edi").read_bytes())) == [1, 2, 3, 4]
    assert json.loads(numbers.read_text()) == {"interchange": 5, "group": 5}


def test_a_run_that_waits_for_another_says_so(tmp_path):
    numbers = tmp_path / "numbers.json"
    with (tmp_path / "numbers.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = start(*COMMAND, "-o", tmp_path / "out.edi", "--control-file", numbers)
        assert run.stderr is not None
        assert run.stderr.readline() == f"waiting for another run to be done with {numbers}{os.linesep}".encode()
        assert not (tmp_path / "out.edi").exists()
    run.communicate(timeout=120)
    assert run.returncode == 0
    assert interchanges((tmp_path / "out.edi").read_bytes()) == [1]


def test_a_control_file_reached_by_a_link_is_the_same_file(x12retro, tmp_path):
    numbers, link = tmp_path / "numbers.json", tmp_path / "link.json"
    numbers.write_text('{"interchange": 7, "group": 9}')
    link.symlink_to(numbers)
    assert x12retro(*COMMAND, "-o", tmp_path / "out.edi", "--control-file", link).returncode == 0
    assert link.is_symlink()
    assert json.loads(numbers.read_text()) == {"interchange": 8, "group": 10}
    assert (tmp_path / "numbers.json.lock").exists()


@pytest.mark.parametrize("where", ["no-such-folder/numbers.json", ".", "-"])
def test_nothing_is_built_when_the_numbers_could_not_be_saved(x12retro, tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    done = x12retro(*COMMAND, "-o", "out.edi", "--control-file", where)
    assert done.returncode in (2, 3)
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_requests_do_not_appear_when_the_numbers_cannot_be_saved_at_the_end(tmp_path):
    """The folder of the numbers is taken away while the run waits for its input."""
    away = tmp_path / "away"
    away.mkdir()
    run = start("build", "-", *COMMAND[2:], "-o", tmp_path / "out.edi", "--control-file", away / "n.json", stdin=subprocess.PIPE)
    for _ in range(600):
        if (away / "n.json.lock").exists():
            break
        time.sleep(0.05)
    time.sleep(0.5)
    away.rename(tmp_path / "elsewhere")
    _, said = run.communicate(ENCOUNTER.read_bytes(), timeout=120)
    assert run.returncode == 2, said
    assert not (tmp_path / "out.edi").exists()


def test_the_numbers_are_saved_before_what_bears_them_can_be_read(x12retro, tmp_path):
    """To a pipe each interchange leaves as it is made: its numbers are kept before."""
    numbers = tmp_path / "numbers.json"
    made = x12retro("synth", "encounters", "300", "--as-of", "2026-11-24")
    source = tmp_path / "many.jsonl"
    source.write_bytes(made.stdout)
    run = start("build", source, "--partner", ONE_EACH, "--as-of", "2026-11-24", "--control-file", numbers)
    assert run.stdout is not None
    began = run.stdout.read(30_000)
    run.kill()
    run.communicate()
    assert json.loads(numbers.read_text())["interchange"] > max(interchanges(began))


@pytest.mark.parametrize("option", ["-o", "--report", "--control-file"])
@pytest.mark.parametrize("victim", ["encounters.json", "partner.toml"])
def test_an_output_never_destroys_an_input(x12retro, tmp_path, option, victim):
    (tmp_path / "encounters.json").write_bytes(ENCOUNTER.read_bytes())
    (tmp_path / "partner.toml").write_bytes(PARTNER.read_bytes())
    before = (tmp_path / victim).read_bytes()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / victim)
    for name in (tmp_path / victim, link):
        done = x12retro("build", tmp_path / "encounters.json", "--partner", tmp_path / "partner.toml", option, name)
        assert done.returncode == 2
        assert b"would destroy it" in done.stderr
        assert (tmp_path / victim).read_bytes() == before


@pytest.mark.parametrize(
    ("one", "other"),
    [(("-o", "same"), ("--report", "./same")), (("-o", "-"), ("--report", "-")), (("-o", "same"), ("--control-file", "same"))],
)
def test_two_outputs_are_not_one(x12retro, tmp_path, monkeypatch, one, other):
    monkeypatch.chdir(tmp_path)
    done = x12retro(*COMMAND, *one, *other)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, b"", [])


def test_a_run_that_made_nothing_says_that_the_output_is_an_earlier_ones(x12retro, tmp_path):
    out = tmp_path / "out.edi"
    early = ("--as-of", "2020-01-01")
    assert b"earlier run" not in x12retro(*COMMAND[:4], *early, "-o", out).stderr
    assert x12retro(*COMMAND, "-o", out).returncode == 0
    before = out.read_bytes()
    done = x12retro(*COMMAND[:4], *early, "-o", out)
    assert (done.returncode, out.read_bytes()) == (1, before)
    assert done.stderr.decode().splitlines()[-1] == f"{out} was left as it was: it is from an earlier run"


def test_a_link_is_written_through_and_a_file_keeps_its_permissions(x12retro, tmp_path):
    target, link = tmp_path / "target.edi", tmp_path / "link.edi"
    target.write_bytes(b"yesterday")
    target.chmod(0o640)
    link.symlink_to(target)
    assert x12retro(*COMMAND, "-o", link).returncode == 0
    assert link.is_symlink()
    assert target.read_bytes().startswith(b"ISA*")
    assert target.stat().st_mode & 0o777 == 0o640


def test_what_is_written_is_for_its_owners_eyes_only(x12retro, tmp_path):
    before = os.umask(0o022)
    try:
        done = x12retro(*COMMAND, "-o", tmp_path / "out.edi", "--packet", tmp_path / "p.html", "--report", tmp_path / "r.jsonl")
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("end", ["reader", "writer"])
def test_a_pipe_whose_other_end_nobody_holds_is_waited_for_and_that_is_said(tmp_path, end):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with start(*COMMAND, "-o", pipe) if end == "reader" else start("validate", pipe) as run:
        assert run.stderr is not None
        assert f"{pipe}: is a pipe, and waits for somebody at its other end" in run.stderr.readline().decode()
        if end == "reader":
            assert pipe.read_bytes().startswith(b"ISA*")
        else:
            pipe.write_bytes((FIXTURES / "guide" / "every-loop-request.edi").read_bytes())
        run.communicate()
    assert run.returncode == 0


def test_a_line_break_behind_an_npi_costs_one_encounter(x12retro, tmp_path):
    record = json.loads(ENCOUNTER.read_text())
    bad = {**record, "encounter_id": "BAD-1", "requester": {**record["requester"], "npi": "1900000013\n"}}
    source = tmp_path / "two.jsonl"
    source.write_text(json.dumps(bad) + "\n" + json.dumps(record) + "\n")
    done = x12retro("build", source, *COMMAND[2:], "-o", tmp_path / "out.edi")
    assert done.returncode == 1
    assert b"BAD-1: error: $.requester.npi: must be 10 digits" in done.stderr
    assert done.stderr.endswith(b"built 1 of 2 requests into %s\n" % str(tmp_path / "out.edi").encode())


def test_notes_of_one_kind_are_told_a_few_times_and_errors_each_time(x12retro, tmp_path):
    tree = json.loads(ENCOUNTER.read_bytes())
    name = {**tree["subscriber"], "last_name": "Núñez"}
    told = [{**tree, "encounter_id": f"N{n}", "subscriber": name} for n in range(8)]
    told += [{**tree, "encounter_id": f"E{n}", "subscriber": {**tree["subscriber"], "member_id": ""}} for n in range(8)]
    encounters, report = tmp_path / "encounters.jsonl", tmp_path / "report.jsonl"
    encounters.write_text("".join(json.dumps(one) + "\n" for one in told))
    done = x12retro("build", encounters, "--partner", PARTNER, "--as-of", "2026-11-24", "-o", tmp_path / "out.edi", "--report", report)
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert sum("note: $.subscriber.last_name: accents" in line and ": N" in line for line in lines) == 5
    assert sum(line.startswith("3 more: note: $.subscriber.last_name: accents") for line in lines) == 1
    assert {re.search(r": (E\d): error: ", line)[1] for line in lines if ": error: " in line} == {f"E{n}" for n in range(8)}
    assert sum(b"accents" in line for line in report.read_bytes().splitlines()) == 8


def test_a_request_that_contradicts_its_scenario_says_so(x12retro, tmp_path):
    tree = json.loads((FIXTURES / "encounters" / "emergency-admission.json").read_bytes())
    tree["event"]["level_of_service"] = "E"
    (tmp_path / "one.json").write_text(json.dumps(tree))
    done = x12retro("build", tmp_path / "one.json", "--partner", PARTNER, "--as-of", "2026-11-25", "-o", tmp_path / "out.edi")
    assert b"note: $.event.level_of_service: E (elective) contradicts the scenario emergency" in done.stderr


def built_of(x12retro, tmp_path, **parts):
    """The line of the report on the emergency admission with these parts in place of its own."""
    tree = json.loads((FIXTURES / "encounters" / "emergency-admission.json").read_bytes())
    (tmp_path / "one.json").write_text(json.dumps({**tree, **parts}))
    report = tmp_path / "report.jsonl"
    command = ("build", tmp_path / "one.json", "--partner", PARTNER, "--as-of", "2026-11-28", "-o", tmp_path / "out.edi")
    x12retro(*command, "--report", report)
    return json.loads(report.read_bytes())


def test_a_first_request_lacks_nothing_that_only_an_appeal_has(x12retro, tmp_path):
    humana = {"name": "Humana", "id": "61101", "line_of_business": "medicare_advantage", "state": "FL"}
    report = built_of(x12retro, tmp_path, payer=humana)
    assert (report["built"], report["rule"]) == (True, "humana-ma-appeal")
    said = [(one["path"], one["message"]) for one in report["problems"]]
    assert not any(path == "$.retro.denial.date" or "appeal" in message for path, message in said)


def test_a_payers_name_and_the_id_of_another_are_noted(x12retro, tmp_path):
    report = built_of(x12retro, tmp_path, payer={"name": "Aetna", "id": "UHC"})
    assert (report["built"], report["verdict"]) == (True, "unknown")
    (note,) = [one for one in report["problems"] if one["path"] == "$.payer.id"]
    assert (note["severity"], "another payer" in note["message"]) == ("note", True)


def test_care_without_a_scenario_is_not_refused_by_a_rule_for_certain_scenarios(x12retro, tmp_path):
    report = built_of(x12retro, tmp_path, payer={"name": "UnitedHealthcare", "id": "UHC", "line_of_business": "commercial"}, retro=None)
    assert (report["built"], report["verdict"], report["rule"]) == (True, "unknown", None)


def test_a_place_that_cannot_be_written_is_told_by_the_name_that_was_given(x12retro, tmp_path):
    out = tmp_path / f"{'y' * 250}.edi"  # a file may be called so, but none beside it that is longer by a letter or two
    done = x12retro(*COMMAND, "-o", out)
    assert done.returncode == 3
    assert done.stderr.decode().startswith(f"x12retro: {out}: ")
