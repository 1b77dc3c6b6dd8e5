"""Whose answer it is, and which of several stands: what cannot be told is for a person, never acted on."""

import re
from datetime import date, datetime

import pytest
from installation import Installation

from x12retro.flow.order import standing
from x12retro.ledger.tables import answers, files, requests
from x12retro.payer import Behaviour

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("answered", "outcome", "earlier", "stands"),
    [
        ("202611241015", "certified", [], "stands"),
        ("202611241016", "denied", [("202611241015", "certified")], "stands"),
        ("202611241014", "denied", [("202611241015", "certified")], "superseded"),
        ("202611241015", "denied", [("202611241015", "certified")], "unclear"),
        ("202611241015", "certified", [("202611241015", "pended")], "stands"),
        ("202611241015", "pended", [("202611241015", "certified")], "superseded"),
        ("20261124", "denied", [("202611241015", "certified")], "unclear"),
        ("202611249999", "denied", [("202611241015", "certified")], "unclear"),
        ("20261123", "pended", [("202611241015", "certified")], "superseded"),
        ("206211251015", "certified", [("202611241015", "denied")], "unclear"),  # a day that has not come
        ("202611241015", "denied", [("206211251015", "certified")], "unclear"),
        ("202699991015", "certified", [("202611241015", "denied")], "unclear"),  # no day at all
        ("", "denied", [("202611241015", "certified")], "unclear"),
        ("", "certified", [("202611241015", "certified")], "stands"),
        ("202611251015", "denied", [("202611241015", "certified"), ("202611241015", "denied")], "stands"),  # it settles what was unclear
        ("202611241015", "denied", [("206211251015", "pended")], "unclear"),
    ],
)
def test_which_of_several_answers_stands(answered, outcome, earlier, stands):
    assert standing(answered, outcome, earlier, TODAY) == stands


@pytest.fixture
def answered(tmp_path):
    """An installation that has asked, and the payer's answers in its mailbox, not read yet."""
    house = Installation(tmp_path, behaviour=Behaviour(answers={"certified": 1}))
    house.drop(4)
    house.run()
    house.payer.round(datetime.now())
    return house


def rewritten(house, change, kind=".278"):
    (file,) = [file for file in (house.box / "out").iterdir() if file.name.endswith(kind)]
    file.write_text(change(file.read_text()))


def states(house):
    return {row["outcome"] or row["state"] for row in house.rows(requests) if row["trace"]}


def test_answers_that_are_right_are_taken(answered):
    answered.run()
    assert states(answered) <= {"certified", "cancelled"}


def test_an_answer_about_another_patient_approves_nothing(answered):
    rewritten(answered, lambda text: re.sub(r"DMG\*D8\*[0-9]{8}", "DMG*D8*19000101", re.sub(r"\*MI\*[A-Z0-9]+", "*MI*ZZZ999999", text)))
    answered.run()
    assert states(answered) <= {"manual_review"}
    assert {row["next_do"] for row in answered.rows(requests) if row["trace"]} == {"review"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("*ZZ*CEDARBLUFF01   *", "*ZZ*SOMEBODYELSE   *", "another receiver"), ("*T*:", "*P*:", "it says that it is production")],
)
@pytest.mark.parametrize("kind", [".278", ".999", ".TA1"])
def test_what_is_not_for_us_is_held(answered, kind, old, new, words):
    rewritten(answered, lambda text: text.replace(old, new), kind)
    answered.run()
    (row,) = [row for row in answered.rows(files) if row["state"] == "held"]
    assert words in row["note"]
    assert row["name"].endswith(kind)


def test_an_acknowledgment_of_somebody_elses_group_says_nothing_of_ours(answered):
    for file in (answered.box / "out").iterdir():
        if not file.name.endswith(".999"):
            file.unlink()
    rewritten(answered, lambda text: text.replace("AK1*HI", "AK1*HC").replace("IK5*A", "IK5*R*5").replace("AK9*A", "AK9*R"), ".999")
    answered.run()
    assert states(answered) == {"sent"}


def test_an_answer_that_breaks_off_is_held_and_nothing_of_it_is_taken(answered):
    rewritten(answered, lambda text: text[: len(text) * 2 // 3])
    answered.run()
    (row,) = [row for row in answered.rows(files) if row["state"] == "held"]
    assert "cut short" in row["note"]
    assert not states(answered) & {"certified", "modified"}


def test_without_our_copy_of_the_request_an_approval_is_for_a_person(answered):
    import shutil

    shutil.rmtree(answered.work / "house" / "archive")
    answered.run()
    assert states(answered) <= {"manual_review", "cancelled"}
    assert any("our copy of the request is gone" in text for _, text in answered.told)


def test_a_copy_that_holds_another_request_is_not_said_to_be_gone(answered):
    for row in answered.rows(files):
        if row["kind"] == "request":
            copy = answered.work / "house" / row["path"]
            copy.write_text(re.sub(r"TRN\*1\*.{20}", "TRN*1*" + "Z" * 20, copy.read_text()))
    answered.run()
    assert states(answered) <= {"manual_review", "cancelled"}
    assert any("holds no request under its trace number" in text for _, text in answered.told)
    assert not any("is gone" in text for _, text in answered.told)


def behind(text, sets):
    """A file of one group with these sets behind its own."""
    own = re.findall(r"ST\*278\*.*?SE\*[0-9]+\*[0-9]+~\s*", text, re.DOTALL)
    more = [re.sub(r"(ST\*278|SE\*[0-9]+)\*[0-9]+", rf"\1*{n:04d}", one) for n, one in enumerate(sets(own), len(own) + 1)]
    at = text.index("GE*")
    return re.sub(r"GE\*[0-9]+", f"GE*{len(own) + len(more)}", text[:at] + "".join(more) + text[at:])


def test_answers_under_strange_traces_spoil_none_of_the_same_file(answered):
    rewritten(answered, lambda text: behind(text, lambda own: [re.sub(r"TRN\*2\*[^*]*", "TRN*2*SOMEBODYS", one) for one in own]))
    answered.run()
    assert states(answered) <= {"certified", "cancelled"}
    assert sum(row["request_id"] is None for row in answered.rows(answers)) == 4
    assert not any("laid beside" in text for _, text in answered.told)


def test_an_answer_that_gives_no_trace_back_is_known_by_its_bht03(answered):
    rewritten(answered, lambda text: re.sub(r"TRN\*[^~]*~\s*", "", text))
    answered.run()
    assert all(row["request_id"] is not None for row in answered.rows(answers))


def test_an_answer_with_the_traces_of_two_requests_is_for_a_person(answered):
    first, second = [row["trace"] for row in answered.rows(requests)][:2]
    rewritten(answered, lambda text: text.replace(f"TRN*2*{first}*", f"TRN*2*{first}*1843300127~TRN*2*{second}*", 1))
    answered.run()
    told = {row["trace"]: row["outcome"] for row in answered.rows(requests)}
    assert told[first] == "manual_review"
    assert any("the trace numbers of several requests" in text for _, text in answered.told)


def test_an_older_copy_of_the_ledger_is_noticed(answered):
    from x12retro.errors import SystemFailure

    ledger = answered.work / "house" / "ledger.db"
    for side in ("-wal", "-shm"):
        ledger.with_name(ledger.name + side).unlink(missing_ok=True)
    old = ledger.read_bytes()
    answered.drop(2)
    answered.run()
    for side in ("-wal", "-shm"):
        ledger.with_name(ledger.name + side).unlink(missing_ok=True)
    ledger.write_bytes(old)
    with pytest.raises(SystemFailure, match="older copy"):
        answered.run()
    ledger.unlink()
    with pytest.raises(SystemFailure, match="not the one that this house"):
        answered.run()


def test_a_drop_file_with_a_name_that_is_no_text_stops_nobody(answered):
    drop = answered.work / "house" / "drop" / "summit-ridge"
    (drop.parent / "summit-ridge" / "x").write_text("")
    (drop / "x").unlink()
    with open(bytes(drop) + b"/M\xfcller.json", "wb") as out:  # noqa: PTH123 - no name of text
        out.write(b"{}")
    (drop / ("n" * 240 + ".json")).write_text("{}")
    answered.drop(2)
    assert answered.run().picked_up == 1
    assert any("2 files of the drop folder passed over" in text for _, text in answered.told)


def test_a_file_that_is_replaced_in_the_mailbox_while_we_copy_is_not_taken_away(answered, monkeypatch):
    from x12retro.deliver.folder import FolderMailbox

    original = FolderMailbox.get

    def replaced(self, folder, name, target, limit):
        size = original(self, folder, name, target, limit)
        if name.endswith(".278"):
            (answered.box / "out" / name).write_text("a later one")
        return size

    with monkeypatch.context() as patch:
        patch.setattr(FolderMailbox, "get", replaced)
        answered.run()
    assert [file.read_text() for file in (answered.box / "out").iterdir()] == ["a later one"]


def test_the_payer_refuses_an_interchange_that_it_has_taken_before(answered):
    (sent,) = [row for row in answered.rows(files) if row["kind"] == "request"]
    kept = answered.work / "house" / sent["path"]
    (answered.box / "in" / "again.edi").write_bytes(kept.read_bytes())
    answered.payer.round(datetime.now())
    assert "*R*025~" in (answered.box / "out" / "again.TA1").read_text()
    answered.run()
    assert any("refused the interchange (TA1 R 025)" in text for _, text in answered.told)


@pytest.mark.parametrize(("setting", "acted_on"), [('answer = "999"', False), ('answer = "none"', False), ('act_on = "readable"', True)])
def test_an_approval_that_the_guide_does_not_accept_is_for_a_person_unless_told(answered, setting, acted_on):
    partner = answered.work / "partners" / "summit-ridge.toml"
    partner.write_text(partner.read_text().replace("[exchange]\n", f"[exchange]\n{setting}\n"))
    assert setting in partner.read_text()
    rewritten(answered, lambda text: text.replace("NM1*X3*2*", "NM1*X3*9*"))
    answered.run()
    assert ("certified" in states(answered)) == acted_on
    assert any("the guide does not accept" in text for _, text in answered.told) != acted_on


def test_an_answer_to_nothing_that_was_sent_waits_until_somebody_looked(answered, x12retro):
    rewritten(answered, lambda text: re.sub(r"TRN\*2\*[^*]*\*", "TRN*2*SOMEBODYS*", text))
    answered.run()
    (name,) = [row["name"] for row in answered.rows(files) if row["kind"] == "response"]
    config = ["--config", str(answered.config)]
    assert f"{name}  summit-ridge  stray answer" in x12retro("ledger", "worklist", *config).stdout.decode()
    x12retro("ledger", "seen", name, "--why", "of the clinic next door", *config)
    assert name not in x12retro("ledger", "worklist", *config).stdout.decode()
    assert "no file of that name" in x12retro("ledger", "seen", name, "--why", "again", *config).stderr.decode()
    x12retro("ledger", "verify", *config)


def test_answers_are_decided_some_at_a_time_whatever_they_say_twice(tmp_path, monkeypatch):
    """Copies, pends and decisions of one request come to the same wherever one part of a file ends and the next begins."""
    monkeypatch.setattr("x12retro.flow.decided._AT_ONCE", 2)
    house = Installation(tmp_path, behaviour=Behaviour(twice=0.5, late=0.3, before_its_999=0.3, seed=3), max_sets=50)
    house.drop(25)
    house.settle()
    assert house.faults() == []
    assert not list((tmp_path / "house" / "inbox" / "summit-ridge").iterdir())
