"""A run from drop folder to decision, with the sandbox payer behind the mailbox; killed, cut, crowded and without room."""

import json
from collections import Counter
from datetime import datetime

import pytest
from installation import Installation, crash

from x12retro.ledger.tables import files, requests
from x12retro.payer import Behaviour


@pytest.fixture
def house(tmp_path):
    return Installation(tmp_path)


def test_every_encounter_is_asked_answered_and_accounted_for(house):
    ids = house.drop(60)
    house.settle()
    assert house.faults() == []
    rows = {row["encounter_id"]: row for row in house.rows(requests)}
    assert set(rows) == set(ids)
    assert {row["state"] for row in rows.values()} <= {"decided", "rejected", "held"}
    made = sorted((house.work / "house" / "decisions" / "summit-ridge").iterdir())
    decisions = [json.loads(line) for file in made for line in file.read_text().splitlines()]
    assert {one["encounter_id"] for one in decisions} == {name for name, row in rows.items() if row["trace"]}


def test_a_payer_that_answers_twice_late_out_of_order_and_cut_off(tmp_path):
    crooked = Behaviour(twice=0.5, late=0.4, before_its_999=0.5, cut_off=0.0, seed=5)
    house = Installation(tmp_path, behaviour=crooked)
    for _ in range(4):
        house.drop(25)
        house.run()
        house.payer.round(datetime.now())
    house.settle()
    assert house.faults() == []


def test_the_same_file_dropped_again_asks_nothing_twice(house):
    house.drop(12)
    house.settle()
    before = len(house.rows(requests))
    archived = next((house.work / "house" / "archive").rglob("*-1.jsonl"))
    (house.work / "house" / "drop" / "summit-ridge" / "again.jsonl").write_bytes(archived.read_bytes())
    house.settle()
    assert len(house.rows(requests)) == before
    assert house.faults() == []
    (row,) = [row for row in house.rows(files) if row["name"] == "again.jsonl"]
    counts = json.loads(row["counts"])
    assert counts["again"] + counts.get("held", 0) == counts["records"] == 12


def test_what_cannot_be_asked_is_held_with_its_problems_and_the_rest_goes_on(house):
    house.drop(5)
    folder = house.work / "house" / "drop" / "summit-ridge"
    (folder / "bad.jsonl").write_text('{"encounter_id": "X1"}\nnot json\n')
    house.settle()
    assert house.faults() == []
    held = house.work / "house" / "held" / "summit-ridge"
    assert len(list(held.glob("*-bad.jsonl"))) == 1
    problems = [json.loads(line) for line in next(held.glob("*-bad.jsonl.problems.jsonl")).read_text().splitlines()]
    assert {one["encounter_id"] for one in problems} == {"X1", "bad.jsonl#2"}
    assert any("payer" in problem["path"] for one in problems for problem in one["problems"])


def test_what_was_held_is_asked_when_it_is_given_again(house):
    folder = house.work / "house" / "drop" / "summit-ridge"
    folder.mkdir(parents=True)
    house.drop(1)
    good = next(folder.iterdir()).read_text()
    broken = json.loads(good)
    del broken["requester"]
    next(folder.iterdir()).unlink()
    (folder / "a.json").write_text(json.dumps(broken))
    house.run()
    assert [row["state"] for row in house.rows(requests)] == ["held"]
    (folder / "b.json").write_text(good)
    house.settle()
    assert Counter(row["state"] == "held" for row in house.rows(requests)) == {True: 1, False: 1}


def test_a_changed_record_of_what_was_asked_says_the_same_in_the_worklist_as_beside_it(house, x12retro):
    house.drop(1)
    changed = json.loads(next((house.work / "house" / "drop" / "summit-ridge").iterdir()).read_text())
    house.settle()
    changed["charges_at_risk"] = 123456
    (house.work / "house" / "drop" / "summit-ridge" / "changed.json").write_text(json.dumps(changed))
    house.run()
    beside = next((house.work / "house" / "held" / "summit-ridge").glob("*-changed.json.problems.jsonl"))
    (problem,) = json.loads(beside.read_text())["problems"]
    assert "follow up (`build --follow-up`), or close the earlier one" in problem["message"]
    worklist = x12retro("ledger", "worklist", "--config", house.config).stdout.decode()
    assert "follow up or close the earlier one" in worklist
    assert "correct and drop again" not in worklist
    (earlier,) = [row for row in house.rows(requests) if row["trace"]]
    x12retro("ledger", "close", str(earlier["id"]), "--why", "asked with other charges", "--config", house.config)
    (house.work / "house" / "drop" / "summit-ridge" / "changed.json").write_text(json.dumps(changed))
    house.settle()
    assert house.faults() == []
    assert len([row for row in house.rows(requests) if row["trace"]]) == 2


def test_a_file_that_is_no_answer_is_held_with_its_findings(house):
    house.drop(3)
    (house.box / "out" / "notice.txt").write_text("the mailbox will be closed on Friday")
    (house.box / "out" / "..hidden").write_text("x")
    house.run()
    held = house.work / "house" / "held" / "summit-ridge"
    assert any(file.name.endswith("notice.txt.findings.jsonl") for file in held.iterdir())
    assert (house.box / "out" / "..hidden").exists()
    assert any("is no file's name here" in text for _, text in house.told)


@pytest.mark.parametrize("finish", ["rename", "manifest"])
def test_runs_that_are_killed_at_random_moments_lose_and_repeat_nothing(tmp_path, finish):
    house = Installation(tmp_path, finish=finish)
    caught = crash(house, 24, seed=11)
    house.settle()
    assert house.faults() == [], house.troubles()
    assert caught >= 8


def test_an_acknowledgment_shows_that_a_file_arrived_though_we_died_before_we_could_say_so(tmp_path, monkeypatch):
    house = Installation(tmp_path, finish="direct")
    house.drop(3)

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("x12retro.flow.delivery._delivered", dies)
        house.run()
    house.payer.round(datetime.now())
    house.settle()
    assert house.faults() == []


def test_two_runs_at_once_do_not_meet(house):
    import os

    house.drop(40)
    children = []
    for _ in range(3):
        child = os.fork()
        if not child:
            code = 1
            try:
                from x12retro.deliver import load_config
                from x12retro.ledger import open_ledger
                from x12retro.ledger.only import Busy, only

                config = load_config(house.config)
                ledger = open_ledger(config.ledger)
                try:
                    with only(ledger, config.root, "summit-ridge"):
                        house.run()
                except Busy:
                    pass
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    house.settle()
    assert house.faults() == []


def test_the_commands(house, x12retro):
    house.drop(6)
    assert x12retro("deliver", "--config", house.config, "--check").returncode == 0
    done = x12retro("deliver", "--config", house.config)
    assert done.returncode in (0, 1), done.stderr
    assert b"1 picked up, 1 delivered" in done.stderr
    house.payer.round(datetime.now())
    x12retro("deliver", "--config", house.config)
    status = x12retro("ledger", "status", "--config", house.config)
    assert b"summit-ridge" in status.stdout
    assert x12retro("ledger", "verify", "--config", house.config).returncode == 0
    assert x12retro("ledger", "worklist", "--config", house.config).returncode in (0, 1)
    name = next(row["encounter_id"] for row in house.rows(requests) if row["trace"])
    story = json.loads(x12retro("ledger", "show", name, "--config", house.config).stdout)
    assert story["request"]["encounter_id"] == name
    assert b"validated" in x12retro("ledger", "events", name, "--config", house.config).stdout
    assert x12retro("ledger", "close", name, "--why", "test", "--config", house.config).returncode == 0
    assert x12retro("ledger", "show", "nobody", "--config", house.config).returncode == 2
    lines = x12retro("ledger", "export", "--config", house.config).stdout.splitlines()
    assert len(lines) == 6


def test_a_long_name_of_a_file_does_for_its_records_without_an_id(address, tmp_path):
    house = Installation(tmp_path, ledger=address)
    folder = house.work / "house" / "drop" / "summit-ridge"
    folder.mkdir(parents=True)
    for tail in ("a", "b"):
        (folder / f"{'x' * 150}{tail}.jsonl").write_text("{}\n{}\n")
    for _ in range(2):
        balance = house.run()
        assert (balance.failed, balance.unaccounted) == (None, ())
    names = [row["encounter_id"] for row in house.rows(requests)]
    assert len(set(names)) == 4
    assert all(len(name) <= 80 for name in names)


def test_what_is_decided_may_be_appealed_and_a_reason_is_never_empty(tmp_path, x12retro):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"denied": 1}))
    house.drop(2)
    house.run()
    first, second = (row for row in house.rows(requests) if row["trace"])
    ledger = ("ledger", "close", "--config", house.config)
    early = x12retro(*ledger, first["id"], "--why", "by letter", "--appealed")
    assert early.returncode == 2
    assert b"only what was decided is appealed; it stands as sent" in early.stderr
    house.payer.round(datetime.now())
    house.run()
    assert b"say something" in x12retro(*ledger, first["id"], "--why", " ").stderr
    assert x12retro(*ledger, first["id"], "--why", "by letter", "--appealed").returncode == 0
    assert x12retro(*ledger, second["id"], "--why", "no").returncode == 0
    assert {row["id"]: row["state"] for row in house.rows(requests)} == {first["id"]: "appealed", second["id"]: "closed"}
    assert x12retro("ledger", "verify", "--config", house.config).returncode == 0


def test_the_worklist_names_the_number_to_attach_and_knows_the_partners(tmp_path, x12retro):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"certified": 1}))
    house.drop(1)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    (row,) = [row for row in house.rows(requests) if row["trace"]]
    told = x12retro("ledger", "worklist", "--config", house.config).stdout.decode()
    assert f"attach number to claim: {row['authorization']}" in told
    typo = x12retro("ledger", "worklist", "--config", house.config, "--partner", "sumit-ridge")
    assert (typo.returncode, b"no partner is called sumit-ridge; there are: summit-ridge" in typo.stderr) == (2, True)
