"""Ready 278 files of the drop folder go on byte for byte under their own numbers, or not at all."""

import io
import json
import os
import random
import re
import time
from datetime import date, datetime, timedelta

import msgspec
import pytest
from installation import Installation
from sealed import Sealed

from x12retro.build import ControlNumbers, build, load_partner, write
from x12retro.deliver import load_config
from x12retro.flow.giving import give
from x12retro.flow.ready import is_ready
from x12retro.ledger import open_ledger
from x12retro.ledger.tables import answers, documents, files, numbers, requests
from x12retro.payer import Behaviour
from x12retro.synth import encounters

NAME = "theirs.edi"


@pytest.fixture
def house(tmp_path):
    return Installation(tmp_path)


def made(house, count=3, *, isa=500, group=500, seed=1) -> bytes:
    """A file as another system makes it."""
    partner = load_partner(house.work / "partners" / "summit-ridge.toml")
    cases = [msgspec.structs.replace(one, encounter_id=f"R{seed}-{n}") for n, one in enumerate(encounters(20, seed, as_of=date.today()))]
    cases = [case for case, one in zip(cases, build(cases, partner, as_of=date.today()), strict=True) if one.built][:count]
    out = io.BytesIO()
    now = datetime.now().replace(microsecond=0)
    built = list(write(out, build(cases, partner, as_of=now, control=ControlNumbers(isa, group)), partner, as_of=now))
    assert [one.built for one in built] == [True] * count
    return out.getvalue()


def put(house, raw, name=NAME):
    folder = house.work / "house" / "drop" / "summit-ridge"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.tmp"
    part.write_bytes(raw)
    os.utime(part, (time.time() - 60,) * 2)
    part.rename(folder / name)


def sent(house):
    return [row for row in house.rows(files) if row["direction"] == "out" and row["kind"] == "request"]


def test_a_ready_file_goes_on_byte_for_byte_and_its_answers_are_told(house):
    raw = made(house)
    put(house, raw)
    house.run()
    (there,) = (house.box / "in").iterdir()
    assert there.read_bytes() == raw
    house.settle()
    assert house.faults() == []
    (row,) = sent(house)
    assert row["isa13"] == "000000500"
    asked = house.rows(requests)
    assert len(asked) == 3
    for one in asked:
        assert one["encounter_id"] == one["trace"]
        assert one["gs06"] == "500"
        assert one["outcome"] is not None
        text = raw[one["at"] : one["at"] + one["length"]]
        assert text.startswith(b"ST*278*" + one["st02"].encode())
        assert one["trace"].encode() in text
    made_records = [
        line for file in (house.work / "house" / "decisions" / "summit-ridge").iterdir() for line in file.read_text().splitlines()
    ]
    assert {json.loads(line)["encounter_id"] for line in made_records} == {one["trace"] for one in asked}
    (dropped,) = [one for one in house.rows(files) if one["direction"] == "drop"]
    assert (dropped["kind"], dropped["state"], json.loads(dropped["counts"])["requests"]) == ("request", "done", 3)


def test_its_delimiters_are_its_own(house):
    raw = made(house)
    raw = raw.translate(bytes.maketrans(b"*:~^", b"\x1d\x1f\x1c\x1e"))
    put(house, raw)
    house.run()
    (there,) = (house.box / "in").iterdir()
    assert there.read_bytes() == raw
    house.settle()
    assert house.faults() == []


def test_encounters_and_ready_files_share_the_numbers_and_never_meet(house):
    """Their counter and ours run through the same numbers; ours passes by what theirs has used."""
    house.drop(2)
    house.run()  # ours: 1
    put(house, made(house, isa=2, group=2, seed=1), "a.edi")
    put(house, made(house, isa=3, group=3, seed=2), "b.edi")
    put(house, made(house, isa=5, group=5, seed=3), "c.edi")
    house.run()
    for _ in range(3):
        house.drop(2)
        house.run()
        house.payer.round(datetime.now())
    house.settle()
    assert house.faults() == []
    used = [row["isa13"] for row in house.rows(files) if row["isa13"]]
    assert len(set(used)) == len(used)
    assert {"000000001", "000000002", "000000003", "000000004", "000000005", "000000006"} <= set(used)
    groups = {row["file_id"]: row["gs06"] for row in house.rows(requests) if row["gs06"]}
    assert len(set(groups.values())) == len(groups)


def test_a_number_under_which_another_file_still_waits_is_used(house, monkeypatch):
    first = made(house)
    with monkeypatch.context() as closed:
        for name in ("deliver", "enclose", "inquire"):
            closed.setattr(f"x12retro.flow.steps.{name}", lambda _: 0)
        put(house, first, "first.edi")
        house.run()
        put(house, made(house, group=501, seed=2), "second.edi")
        assert any("ISA13 000000500 was used before" in one["message"] for one in held(house, "second.edi"))
    house.run()
    assert [file.read_bytes() for file in (house.box / "in").iterdir()] == [first]
    house.settle()
    assert house.faults() == []


def test_a_number_far_ahead_does_not_move_the_counter(house):
    put(house, made(house, isa=999_999_999, group=999_999_999))
    house.drop(2)
    house.settle()
    assert house.faults() == []
    assert max(row["next"] for row in house.rows(numbers)) < 1000


@pytest.mark.parametrize("kind", ["interchange", "group"])
def test_several_numbers_at_once_pass_by_used_ones(house, kind):
    put(house, made(house, isa=4, group=4))
    house.run()
    ledger = open_ledger(house.work / "house" / "ledger.db")
    with ledger.change("summit-ridge") as change:
        assert change.draw(kind, 3) == 1
        assert change.draw(kind, 2) == 5
    ledger.close()


def held(house, name=NAME):
    house.run()
    assert not any((house.box / "in").iterdir())
    (row,) = [row for row in house.rows(files) if row["name"] == name and row["state"] == "held"]
    lying = house.work / "house" / row["path"]
    assert lying.exists()
    beside = lying.with_name(f"{lying.name}.findings.jsonl")
    return [json.loads(line) for line in beside.read_text().splitlines()]


def changed(old, new, count=1):
    def change(raw):
        assert old in raw
        return raw.replace(old, new, count)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (changed(b"*ZZ*CEDARBLUFF01", b"*ZZ*SOMEBODY0001"), "ISA06 (sender) is not"),
        (changed(b"*ZZ*SRHPEDI        *", b"*30*SRHPEDI        *"), "ISA07 (receiver's qualifier) is not"),
        (changed(b"*SRHPEDI        *", b"*OTHER          *"), "ISA08 (receiver) is not"),
        (changed(b"GS*HI*CEDARBLUFF01", b"GS*HI*OTHER"), "GS02 (sender) is not"),
        (changed(b"*T*:", b"*P*:"), "ISA15 is not T"),
        (lambda raw: raw + raw.replace(b"000000500", b"000000501"), "it holds 2 interchanges"),
        (changed(b"*X*005010X217~", b"*X*005010X215~"), "GS08 is not 005010X217"),
        (changed(b"BHT*0007*13*", b"BHT*0007*11*"), None),
        (changed(b"TRN*1*", b"TRN*2*"), "1 set has no trace number"),
        (changed(b"GS*HI*", b"GS*HC*"), None),
        (lambda raw: raw[: raw.rfind(b"SE*")], None),
        (changed(b"UM*", b"UX*"), None),
        (changed(b"000000500", b"000000000", 2), "ISA13 is no number"),
    ],
)
def test_whatever_is_wrong_holds_the_whole_file_with_its_findings(house, change, words):
    raw = change(made(house))
    put(house, raw)
    if b"GS*HC" in raw:  # what calls itself a claim is read as one
        house.run()
        assert not sent(house)
        return
    findings = held(house)
    assert house.rows(requests) == []
    assert findings
    if words:
        assert any(words in one["message"] for one in findings)
    else:
        assert all("rule" in one for one in findings)
    text = json.dumps(findings)
    assert not any(part in text for part in ("Lorelei", "NM1*IL", '"value"'))


def test_more_sets_than_the_partner_takes_are_held(house):
    put(house, made(house, 8))
    assert any("it holds 8 sets, and the partner takes 7" in one["message"] for one in held(house))


@pytest.mark.parametrize(
    ("isa", "group", "seed", "words"),
    [(500, 501, 2, "ISA13 000000500 was used before"), (501, 500, 2, "GS06 500 was used before"), (501, 501, 1, "trace numbers")],
)
def test_what_was_used_before_is_not_used_again(house, isa, group, seed, words):
    first = made(house)
    put(house, first, "first.edi")
    house.settle()
    raw = made(house, 3, isa=isa, group=group, seed=seed)
    if seed == 1:  # the same trace numbers over other data
        raw = first.replace(b"*000000500*", b"*000000501*").replace(b"*500*X*", b"*501*X*").replace(b"*500~", b"*501~")
        raw = raw.replace(b"IEA*1*000000500", b"IEA*1*000000501")
        raw = re.sub(rb"(BHT\*0007\*13\*[^*]+\*[0-9]+\*)[0-9]+", rb"\g<1>0001", raw)
    put(house, raw)
    assert any(words in one["message"] for one in held(house))
    assert len(house.rows(requests)) == 3


def test_the_same_file_again_is_passed_over_whatever_its_name(house):
    raw = made(house)
    put(house, raw)
    house.settle()
    put(house, raw)
    put(house, raw, "again.edi")
    house.settle()
    assert house.faults() == []
    assert len(sent(house)) == 1
    assert [row["state"] for row in house.rows(files) if row["direction"] == "drop"] == ["done", "done"]


@pytest.mark.parametrize(
    "where", ["x12retro.deliver.house.House.move", "x12retro.ledger.change.Change.add_requests", "x12retro.flow.ready._looked"]
)
def test_a_run_that_dies_over_it_is_made_good(house, monkeypatch, where):
    def dies(*_, **__):
        raise KeyboardInterrupt

    raw = made(house)
    put(house, raw)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(where, dies)
        house.run()
    house.settle()
    assert house.faults() == []
    (row,) = sent(house)
    assert (house.work / "house" / row["path"]).read_bytes() == raw


def test_runs_that_are_killed_at_random_moments_lose_and_repeat_nothing(house):
    dice, caught = random.Random(4), 0
    for n in range(16):
        if n % 2 == 0:
            put(house, made(house, 4, isa=1000 + n, group=1000 + n, seed=n), f"{n}.edi")
            house.drop(3)
        caught += house.killed(dice.random() ** 2 * 0.25)
        house.payer.round(datetime.now())
    house.settle()
    assert house.faults() == [], house.troubles()
    assert sum(row["trace"] == row["encounter_id"] for row in house.rows(requests)) == 8 * 4
    assert not [row for row in house.rows(files) if row["direction"] == "drop" and row["kind"] == "request" and row["state"] == "held"]
    assert caught >= 4


def test_it_is_encrypted_for_a_partner_who_wants_that(tmp_path):
    house = Sealed(tmp_path)
    raw = made(house)
    put(house, raw)
    house.settle()
    assert house.faults() == []
    (row,) = sent(house)
    assert (house.work / "house" / row["plain"]).read_bytes() == raw
    assert (row["isa13"], row["name"]) == ("000000500", "CEDARBLUFF01_000000500.edi.pgp")


def test_claims_and_records_are_no_ready_files(fixtures):
    claims = [path for path in (fixtures / "claims").iterdir() if ".expected" not in path.name]
    assert claims
    assert not any(is_ready(path) for path in claims)
    assert not any(is_ready(path) for path in (fixtures / "encounters").glob("*.json"))
    assert is_ready(fixtures / "claims" / "inpatient-emergency.expected.edi")


def test_a_held_file_that_is_released_is_not_sent_and_says_so(house, x12retro):
    put(house, made(house).replace(b"*ZZ*CEDARBLUFF01   *", b"*ZZ*SOMEBODYELSE   *", 1))
    (row,) = [one for one in held(house) if "ISA06" in one["message"]] and [one for one in house.rows(files) if one["state"] == "held"]
    config = ["--config", str(house.config)]
    assert "nothing of it was sent: put it right and drop it again" in x12retro("ledger", "worklist", *config).stdout.decode()
    told = x12retro("ledger", "release", NAME, *config).stderr.decode()
    assert f"nothing more of it is sent; it stays in {row['path']}" in told
    assert (house.work / "house" / row["path"]).is_file()
    house.run()
    assert not sent(house)
    assert NAME not in x12retro("ledger", "worklist", *config).stdout.decode()


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("notes.txt", b"Dear colleagues,\nthe meeting is on Monday.\n", "none of its columns is a path of a record"),
        ("week.zip", b"PK\x03\x04" + bytes(range(256)) * 8, "looks like a ZIP archive"),
        ("empty.jsonl", b"\n\n", "the file is empty"),
        ("table.csv", b"encounter_id,member\nE1,M1\n", "header: "),
        ("wide.csv", "encounter_id\nE1\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_holds_no_encounters_at_all_is_held_as_a_file(house, name, raw, why):
    put(house, raw, name)
    house.run()
    (row,) = house.rows(files)
    assert (row["state"], row["direction"]) == ("held", "drop")
    assert why in row["note"]
    assert not house.rows(requests)
    beside = house.work / "house" / f"{row['path']}.findings.jsonl"
    assert why in json.loads(beside.read_text().splitlines()[0])["message"]
    assert any(text.startswith(f"{name}: is held as a whole: ") and why in text for level, text in house.told if level == "error")


def test_of_very_many_findings_the_first_are_told_and_all_are_counted(house, monkeypatch):
    monkeypatch.setattr("x12retro.flow.ready._MOST_TOLD", 2)
    put(house, made(house).replace(b"UM*", b"UX*"))
    assert len(held(house)) == 2
    assert any(re.search(r"is held as a whole, ([3-9]|[0-9]{2,}) things are wrong", text) for _, text in house.told)


@pytest.mark.parametrize("length", [35, 36, 46])
def test_the_answer_to_an_inquiry_finds_a_request_with_a_long_trace_number(tmp_path, length):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"pended": 1}, decide_after=900, decided_when_asked=1.0))
    house.settings('[inquiry]\nfirst = 0\nback_off = ["1m"]\n')
    raw = made(house, 2)
    for n, trace in enumerate(re.findall(rb"\*EV\*1~\s*TRN\*1\*([^*]+)\*", raw)):
        raw = raw.replace(trace, f"{n}".encode().ljust(length, b"X"))
    put(house, raw)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    assert [(row["state"], len(row["trace"])) for row in house.rows(requests)] == [("pended", length)] * 2
    later = timedelta(days=1)  # an answer is of a quarter past ten, by its BHT05
    house.run(later)
    house.payer.round(datetime.now())
    house.run(later)
    assert [row["state"] for row in house.rows(requests)] == ["decided"] * 2
    assert not [row for row in house.rows(answers) if row["request_id"] is None]


def test_the_documents_that_a_ready_request_promises_are_given_by_hand_or_as_275s(house, tmp_path):
    raw = made(house, 1)
    raw = re.sub(rb"PWK\*[^~]*~\s*", b"", raw)
    promised = rb"\1PWK*M1*EL***AC*THEIRS1~PWK*B3*EL***AC*" + b"T" * 60 + rb"~PWK*OB*FX***AC*THEIRS2~\2"
    raw = re.sub(rb"(\*EV\*.*?)((?:MSG|NM1)\*)", promised, raw, count=1, flags=re.DOTALL)
    raw = re.sub(rb"SE\*\d+", b"SE*%d" % (raw[raw.index(b"ST*278") : raw.index(b"SE*")].count(b"~") + 1), raw)
    put(house, raw)
    house.run()
    (request,) = house.rows(requests)
    rows = {row["place"]: row for row in house.rows(documents)}
    assert {place: (row["state"], row["number"]) for place, row in rows.items()} == {"PWK 1": ("held", "THEIRS1"), "PWK 2": ("held", None)}
    record = tmp_path / "record.pdf"
    record.write_bytes(b"%PDF-1.4\nmade-up\n")
    config = load_config(house.config)
    ledger = open_ledger(config.ledger)
    assert [one.code for one in give(config, ledger, request["trace"], [("THEIRS1", record)])] == ["M1"]
    ledger.close()
    house.run()
    assert {row["place"]: row["state"] for row in house.rows(documents)} == {"PWK 1": "sent", "PWK 2": "held"}
    assert any(b"TRN*1*THEIRS1~" in there.read_bytes() for there in (house.box / "in").iterdir())
    assert house.faults_of_the_ledger() == []


def test_a_ready_275_is_held_with_what_to_do_instead(house, fixtures):
    put(house, (fixtures / "attachments" / "two-documents-x316.edi").read_bytes())
    (told,) = held(house)
    assert "go behind their requests" in told["message"]
    assert "x12retro answer" in told["message"]
    assert house.rows(requests) == []
