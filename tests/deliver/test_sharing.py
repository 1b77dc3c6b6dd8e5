"""A clearinghouse: several partner files, one mailbox. What can be told apart is; what cannot is refused."""

from datetime import datetime

import pytest
from installation import Installation

from x12retro.deliver import load_config
from x12retro.ledger.tables import files, requests
from x12retro.payer import Behaviour, PayerFile, Sandbox

CERTIFIED = Behaviour(answers={"certified": 1})


class Clearinghouse(Installation):
    """Two payers behind one mailbox: SRHPEDI, and OTHER, whose partner file comes first."""

    def __init__(self, work, **more):
        super().__init__(work, behaviour=CERTIFIED, **more)
        ours = work / "partners" / "summit-ridge.toml"
        text = ours.read_text().replace("[exchange.outgoing]\n", '[exchange.outgoing]\nname = "{receiver}_{isa13}.edi"\n')
        ours.write_text(text)
        (work / "partners" / "other.toml").write_text(text.replace("SRHPEDI", "OTHER"))
        self.other = Sandbox(PayerFile(mailbox=str(work / "box"), requests="in", answers="out", behaviour=CERTIFIED), work / "other.json")

    def drop_other(self):
        (name,) = self.drop(1)
        mine = self.work / "house" / "drop" / "summit-ridge"
        theirs = self.work / "house" / "drop" / "other"
        theirs.mkdir(parents=True, exist_ok=True)
        for file in mine.iterdir():
            file.rename(theirs / file.name)
        return name


def answers(house):
    """Both payers answer, each what is addressed to it."""
    inside = house.work / "box" / "in"
    aside = house.work / "aside"
    aside.mkdir(exist_ok=True)
    for file in inside.glob("OTHER*"):
        file.rename(aside / file.name)
    house.payer.round(datetime.now())
    for file in aside.iterdir():
        file.rename(inside / file.name)
    house.other.round(datetime.now())


@pytest.mark.parametrize("remove", ["true", "false"])
def test_each_partner_takes_its_own_answers_out_of_one_folder(tmp_path, x12retro, remove):
    house = Clearinghouse(tmp_path)
    for file in (tmp_path / "partners").iterdir():
        file.write_text(file.read_text().replace("settle = 0", f"settle = 0\nremove = {remove}"))
    house.drop_other()
    house.drop(1)
    assert x12retro("deliver", "--config", str(house.config)).returncode == 0
    answers(house)
    there = len(list((tmp_path / "box" / "out").iterdir()))
    assert there == 6
    done = x12retro("deliver", "--config", str(house.config))
    assert (done.returncode, done.stderr.count(b": 3 collected, 3 read")) == (0, 2)
    again = x12retro("deliver", "--config", str(house.config))
    assert again.stderr.count(b": 0 collected, 0 read") == 2
    assert {(row["partner"], row["state"], row["outcome"]) for row in house.rows(requests)} == {
        ("other", "decided", "certified"),
        ("summit-ridge", "decided", "certified"),
    }
    assert len(list((tmp_path / "box" / "out").iterdir())) == (0 if remove == "true" else 6)
    assert not [row for row in house.rows(files) if row["state"] == "held"]


def test_what_is_for_a_partner_whose_file_is_broken_waits_for_it(tmp_path, x12retro):
    house = Clearinghouse(tmp_path)
    house.drop_other()
    x12retro("deliver", "--config", str(house.config))
    answers(house)
    other = tmp_path / "partners" / "other.toml"
    right = other.read_text()
    other.write_text("[exchange\n")
    done = x12retro("deliver", "--config", str(house.config))
    assert done.returncode == 2
    assert b"left there, for a partner file cannot be used" in done.stderr
    other.write_text(right)
    assert x12retro("deliver", "--config", str(house.config)).returncode == 0
    assert [row["state"] for row in house.rows(requests)] == ["decided"]


def test_what_nobody_knows_is_held_once(tmp_path, x12retro):
    house = Clearinghouse(tmp_path)
    (tmp_path / "box" / "out" / "hello.txt").write_text("no X12")
    x12retro("deliver", "--config", str(house.config))
    assert [row["state"] for row in house.rows(files)] == ["held"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('name = "{receiver}_{isa13}.edi"\n', ""), "files of ours would have the names of those of"),
        (("settle = 0", 'settle = 0\nsenders = ["HUB"]'), "nobody could tell whose an answer is"),
        (('receiver_id = "OTHER"', 'receiver_id = "OTHER"'), None),
        (("settle = 0", 'settle = 0\nsenders = ["HUB"]\ntake = ["{id}*"]'), None),
    ],
)
def test_what_cannot_be_told_apart_is_refused(tmp_path, change, why):
    house = Clearinghouse(tmp_path)
    for file in (tmp_path / "partners").iterdir():
        file.write_text(file.read_text().replace(change[0], change[1].replace("{id}", file.stem)))
    found = load_config(house.config)
    assert sorted(found.broken) == ([] if why is None else ["other", "summit-ridge"])
    if why is not None:
        assert why in found.broken["other"]
        assert "summit-ridge.toml" in found.broken["other"]


def test_what_its_own_partner_takes_meanwhile_is_no_error(tmp_path, monkeypatch):
    from x12retro.deliver.folder import FolderMailbox
    from x12retro.flow.collection import collect
    from x12retro.flow.desk import desk_of
    from x12retro.ledger import open_ledger

    house = Clearinghouse(tmp_path)
    (tmp_path / "box" / "out" / "theirs").write_text("taken")
    right, said = FolderMailbox.get, []

    def get(box, folder, name, target, limit):
        (tmp_path / "box" / "out" / name).unlink()
        return right(box, folder, name, target, limit)

    monkeypatch.setattr(FolderMailbox, "get", get)
    config = load_config(house.config)
    ledger = open_ledger(config.ledger)
    with desk_of(config, config.partners[0], ledger, lambda *what: said.append(what)) as desk:
        assert collect(desk) == 0
    ledger.close()
    assert said == []
