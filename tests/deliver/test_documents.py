"""Documents in the delivery: behind their request, under the numbers that it promised; asked for, given, refused and sent again."""

import io
import json
import random
import re
import stat
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from documents import PDF
from installation import Installation
from sqlalchemy import update

from x12retro.acknowledge import AckWriter, acknowledging
from x12retro.attach import Received, read_275
from x12retro.cli.answer import answer
from x12retro.deliver import load_config
from x12retro.encounter.services import Document
from x12retro.guide.judge import validate
from x12retro.ledger import NewAnswer, open_ledger
from x12retro.ledger.tables import answers, documents, events, files, requests
from x12retro.payer import Behaviour
from x12retro.x12 import Transaction, read
from x12retro.x12.control import ControlNumbers

RECORD = Document(type="M1", delivery="EL", path="record.pdf", control_number="ACN0001")


@pytest.fixture
def house(tmp_path):
    return Installation(tmp_path)


def sent(house):
    """What lies in the payer's inbox, in the order of its ISA13: each file's kind and bytes."""
    found = [path.read_bytes() for path in (house.box / "in").iterdir()]
    found.sort(key=lambda raw: raw[90:99])
    kinds = [(raw[raw.index(b"ST*") + 3 :][:3].decode(), raw) for raw in found]
    return [(kind, raw) for kind, raw in kinds if kind != "999"]


def carried(raw):
    """The documents of a file with 275s: number, and octets of each."""
    received = [one for one in read_275(io.BytesIO(raw)) if isinstance(one, Received)]
    return [(one, document) for one in received for document in one.carried]


def by_place(house):
    return {row["place"]: row for row in house.rows(documents)}


def number_in(raw, request=b"PWK"):
    return [row.split(b"*")[6].decode() for row in raw.split(b"~") if row.strip().startswith(request)]


def acknowledge(house, raw, spoil=lambda text: text, *, control=700):
    """Put a 999 on our file into the mailbox."""
    functional, ta1 = bytearray(), bytearray()
    list(acknowledging(validate(raw), AckWriter(functional, ta1, ControlNumbers(control, control), datetime.now())))
    (house.box / "out" / "ours.999").write_text(spoil(functional.decode()))


def test_a_document_follows_its_request_under_the_number_that_was_promised(house):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    (first, request), (second, proof) = sent(house)
    assert (first, second) == ("278", "275")
    assert [f for checked in validate(proof) for f in checked.findings] == []
    ((received, document),) = carried(proof)
    assert [document.control_number] == number_in(request) == ["ACN0001"]
    assert received.event_trace == house.rows(requests)[0]["trace"]
    (row,) = house.rows(documents)
    assert (row["state"], row["size"]) == ("sent", len(PDF))
    (file,) = [file for file in house.rows(files) if file["kind"] == "documents"]
    assert row["file_id"] == file["id"]
    assert file["due_at"] is not None
    house.run()
    assert len(sent(house)) == 2


def test_what_is_missing_holds_nothing_up_and_follows_when_it_is_there(house):
    house.drop(1, documents=(RECORD,))
    house.run()
    assert [kind for kind, _ in sent(house)] == ["278"]
    (row,) = house.rows(documents)
    assert (row["state"], row["note"]) == ("held", "there is no such file")
    assert ("warning", "D1-0: document ACN0001 ($.documents[0]) cannot go: there is no such file") in house.told
    (task,) = [one["do"] for one in work(house) if one["why"] == "document_held"]
    why = "document ACN0001 ($.documents[0]): there is no such file"
    assert task == f"{why}; put it right, or x12retro answer D1-0 --document ACN0001=FILE"
    house.run()
    assert len([one for one in house.rows(events) if one["kind"] == "document_held"]) == 1
    house.keep("record.pdf", b"")
    house.run()
    assert house.rows(documents)[0]["note"] == "is empty"
    house.keep("record.pdf", PDF)
    house.run()
    assert [kind for kind, _ in sent(house)] == ["278", "275"]
    assert (house.rows(documents)[0]["state"], house.rows(documents)[0]["note"]) == ("sent", None)


@pytest.mark.parametrize("path", ["../../../secret.pdf", "/etc/hostname", "link.pdf", "folder"])
def test_nothing_is_read_outside_the_folder_for_documents(house, path):
    (house.work / "secret.pdf").write_bytes(PDF)
    folder = house.keep("record.pdf", PDF).parent
    (folder / "link.pdf").symlink_to(house.work / "secret.pdf")
    (folder / "folder").mkdir()
    house.drop(1, documents=(Document(type="M1", delivery="EL", path=path),))
    house.run()
    assert [kind for kind, _ in sent(house)] == ["278"]
    (row,) = house.rows(documents)
    assert row["state"] == "held"
    assert ("does not lie below" in row["note"]) == (path != "folder")
    assert path not in json.dumps(house.rows(events))


def test_what_is_sensitive_stays_and_what_goes_on_paper_is_told(house):
    house.keep("record.pdf", PDF)
    held = Document(type="M1", delivery="EL", path="record.pdf", sensitive="psychotherapy")
    paper = Document(type="M1", delivery="FX", path="record.pdf")
    house.drop(1, documents=(held, paper, RECORD, Document(type="OB", delivery="AA")))
    house.run()
    rows = by_place(house)
    assert {place: row["state"] for place, row in rows.items()} == {
        "$.documents[0]": "held",
        "$.documents[1]": "on_paper",
        "$.documents[2]": "sent",
    }
    ((_, document),) = carried(sent(house)[1][1])
    assert document.control_number == "ACN0001"
    told = work(house)
    assert any("fax document" in one["do"] for one in told)
    assert any("sensitive" in one["do"] for one in told)


def test_what_goes_on_paper_has_a_cover_sheet_from_the_request_as_it_was_sent(house, tmp_path):
    house.drop(1, documents=(Document(type="M1", delivery="FX", control_number="ACN7"), Document(type="OB", delivery="BM"), RECORD))
    house.run()
    request = next(row for row in house.rows(requests) if row["trace"])
    page = tmp_path / "cover.html"
    done = run_answer(house, request["encounter_id"], "--cover", page)
    assert (done.exit_code, done.return_value) == (0, 0), done.output
    assert "2 cover sheets" in done.output
    text = page.read_text()
    (_, raw), *_ = sent(house)
    for told in (request["trace"], "ACN7", "by fax", "by mail", request["encounter_id"]):
        assert told in text
    assert "ACN0001" not in text  # goes as a 275
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    days = re.findall(r"DTP\*(?:435|472)\*R?D8\*(\d{8})(?:-(\d{8}))?", raw.decode())
    first = min(day for pair in days for day in pair if day)
    assert f"<dt>care</dt><dd>{first[:4]}-{first[4:6]}-{first[6:]}" in text
    assert "reference number" not in text  # none is known yet
    names = [row.split(b"*")[3].decode() for row in raw.split(b"~") if row.strip().startswith((b"NM1*IL", b"NM1*QC"))]
    assert names[-1] in text
    ledger = open_ledger(load_config(house.config).ledger)
    about = {"request_id": request["id"], "file_id": request["file_id"], "trace": request["trace"], "answered": "", "outcome": "pended"}
    with ledger.change("summit-ridge") as change:
        change.add_answers([NewAnswer(**about, content=name, record=json.dumps({"reference_number": name})) for name in ("R1", "REF4711")])
    ledger.close()
    nothing = run_answer(house, request["encounter_id"], "--cover", page, "--by-hand", "faxed", "--only", "ACN7")
    assert "<dt>your reference number</dt><dd>REF4711</dd>" in page.read_text()
    assert "2 cover sheets" in nothing.output, "the sheets are made before it counts as sent"
    assert "ACN7" in page.read_text()
    run_answer(house, request["encounter_id"], "--by-hand", "mailed")
    assert "is not written" in run_answer(house, request["encounter_id"], "--cover", page).output
    assert "ACN7" in page.read_text(), "no empty page takes the place of a good one"


def test_no_cover_sheet_is_made_where_our_copy_of_the_request_is_gone(house, tmp_path):
    house.drop(1, documents=(Document(type="M1", delivery="FX", control_number="ACN7"),))
    house.run()
    (_, raw), *_ = sent(house)
    for path in (house.work / "house").rglob("*"):
        if path.is_file() and raw in path.read_bytes():
            path.unlink()
    request = next(row for row in house.rows(requests) if row["trace"])
    refused = run_answer(house, request["encounter_id"], "--cover", tmp_path / "cover.html")
    assert refused.return_value == 1
    assert "no cover sheet: our copy of its request is gone" in refused.output
    assert not (tmp_path / "cover.html").exists()


def test_what_a_payer_asks_for_by_fax_is_faxed_with_its_cover_sheet(tmp_path):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"pended for documents": 1}, decide_after=900))
    house.drop(12)
    house.run()
    house.payer.round(datetime.now())
    for path in (house.box / "out").glob("*.278"):
        path.write_bytes(re.sub(rb"PWK\*(\w+)\*\w+", rb"PWK*\1*FX", path.read_bytes()))
    house.run()
    faxed = [row for row in house.rows(documents) if row["way"] == "FX"]
    assert faxed
    assert all(row["state"] == "asked" for row in faxed)
    names = {row["id"]: row["encounter_id"] for row in house.rows(requests)}
    for row in faxed:
        name = names[row["request_id"]]
        assert any(one["do"].startswith(f"fax {row['code']}") and f"answer {name} --cover" in one["do"] for one in work(house))
        done = run_answer(house, name, "--cover", tmp_path / "cover.html")
        assert done.return_value == 0
        page = (tmp_path / "cover.html").read_text()
        assert "documents by fax" in page
        assert row["number"] in page
    given = run_answer(house, names[faxed[0]["request_id"]], "--by-hand", "  ")
    assert "say something" in str(given.exception)
    assert run_answer(house, names[faxed[0]["request_id"]], "--by-hand", "faxed", "--only", faxed[0]["code"]).exit_code == 0


def work(house):
    from x12retro.cli.ledger import ledger

    ran = CliRunner().invoke(ledger, ["worklist", "--config", str(house.config), "--format", "jsonl"])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.output
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_documents_of_many_requests_share_a_file_up_to_its_limits(tmp_path):
    house = Installation(tmp_path, max_sets=4)
    house.keep("record.pdf", PDF)
    house.drop(4, documents=(Document(type="M1", delivery="EL", path="record.pdf"), Document(type="B3", delivery="EL", path="record.pdf")))
    house.run()
    kinds = [kind for kind, _ in sent(house)]
    asked = [row for row in house.rows(requests) if row["trace"]]
    assert kinds == ["278"] * kinds.count("278") + ["275"]
    (proof,) = [raw for kind, raw in sent(house) if kind == "275"]
    assert len({received.event_trace for received, _ in carried(proof)}) == len(asked) > 1
    assert len({document.control_number for _, document in carried(proof)}) == 2 * len(asked)
    assert len({received.reference for received, _ in carried(proof)}) == len(asked)


@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (lambda text: text, "accepted"),
        (lambda text: re.sub(r"IK5\*A", "IK5*R*5", text).replace("AK9*A", "AK9*R"), "refused"),
        (lambda text: re.sub(r"AK2.*?(?=AK9)", "", text, flags=re.DOTALL).replace("AK9*A", "AK9*R"), "refused"),
    ],
    ids=["accepted", "its set refused", "its group refused"],
)
def test_a_999_says_how_the_documents_fared(house, spoil, state):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    acknowledge(house, sent(house)[1][1], spoil)
    before = [(row["state"], row["next_do"]) for row in house.rows(requests)]
    house.run()
    assert house.rows(documents)[0]["state"] == state
    assert [(row["state"], row["next_do"]) for row in house.rows(requests)] == before
    (file,) = [file for file in house.rows(files) if file["kind"] == "documents"]
    assert file["state"] == ("acknowledged" if state == "accepted" else "refused")
    assert [one["why"] for one in work(house) if one["why"].startswith("document")] == (["document_refused"] if state == "refused" else [])
    assert house.faults_of_the_ledger() == []


def test_a_ta1_that_refuses_the_interchange_refuses_its_documents(house):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    raw = sent(house)[1][1]
    isa = raw[:106].decode()
    sender, receiver = isa[32:50], isa[51:69]
    ta1 = f"{isa[:32]}{receiver}*{sender}{isa[69:90]}000000900{isa[99:]}TA1*{isa[90:99]}*{isa[70:76]}*{isa[77:81]}*R*006~IEA*0*000000900~"
    (house.box / "out" / "ours.TA1").write_text(ta1)
    house.run()
    (row,) = house.rows(documents)
    assert row["state"] == "refused", house.told
    assert "TA1 006" in row["note"]


def test_what_is_refused_is_given_again_and_sent_under_the_same_number(house, tmp_path):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    acknowledge(house, sent(house)[1][1], lambda text: re.sub(r"IK5\*A", "IK5*R*5", text).replace("AK9*A", "AK9*R"))
    house.run()
    better = tmp_path / "better.pdf"
    better.write_bytes(PDF + b"better")
    ran = run_answer(house, "D1-0", "--document", better)
    assert ran.exit_code == 0, ran.output
    better.unlink()
    house.run()
    assert [kind for kind, _ in sent(house)] == ["278", "275", "275"]
    ((_, document),) = carried(sent(house)[2][1])
    assert document.control_number == "ACN0001"
    assert document.documents[0].size == len(PDF) + 6
    assert list((house.work / "house" / "given" / "summit-ridge").iterdir()) == []


def run_answer(house, *arguments):
    return CliRunner().invoke(answer, [*map(str, arguments), "--config", str(house.config)], standalone_mode=False)


@pytest.fixture
def asked(tmp_path):
    """An installation whose requests were pended for documents."""
    house = Installation(tmp_path, behaviour=Behaviour(answers={"pended for documents": 1}, decide_after=900))
    house.drop(3)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    return house


def test_what_a_payer_asks_for_is_given_and_sent_under_its_number(asked, tmp_path):
    rows = asked.rows(documents)
    assert rows
    assert {row["state"] for row in rows} == {"asked"}
    whose = {row["id"]: row["encounter_id"] for row in asked.rows(requests)}
    one = rows[0]
    mine = [row for row in rows if row["request_id"] == one["request_id"]]
    told = [task for task in work(asked) if task["why"] == "document_asked" and task["request_id"] == one["request_id"]]
    assert len(told) == len(mine)
    assert all(task["due"] == one["due"] for task in told)
    assert not [task for task in work(asked) if task["why"] == "pended" and task["request_id"] == one["request_id"]]
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    given = [f"--document={row['code']}={file}" for row in mine]
    ran = run_answer(asked, whose[one["request_id"]], *given)
    assert ran.exit_code == 0, ran.output
    asked.run()
    (proof,) = [raw for kind, raw in sent(asked) if kind == "275"]
    assert [f for checked in validate(proof) for f in checked.findings] == []
    found = carried(proof)
    assert {received.purpose for received, _ in found} == {"11"}
    assert {document.trace_kind for _, document in found} == {"2"}
    assert sorted(document.control_number for _, document in found) == sorted(row["number"] for row in mine)
    (request,) = [row for row in asked.rows(requests) if row["id"] == one["request_id"]]
    assert (request["state"], request["next_do"]) == ("pended", "follow_up")
    assert asked.faults_of_the_ledger() == []


def ask_again(house, *, minutes=1):
    """Have the payer ask for the same once more, so many minutes after it did first."""
    raw = next((house.work / "house" / "archive").rglob("*.278")).read_text()
    isa13 = raw[90:99]
    later = re.sub(
        r"(BHT\*0007\*\d\d\*[^*]*\*\d{8}\*)(\d\d)(\d\d)", lambda match: f"{match[1]}{match[2]}{int(match[3]) + minutes:02d}", raw
    )
    assert later != raw
    later = later.replace(f"*{isa13}*", f"*{950 + minutes:09d}*").replace(f"*{isa13}~", f"*{950 + minutes:09d}~")
    (house.box / "out" / f"again{minutes}.278").write_text(later)
    before = len(house.rows(answers))
    house.run()
    assert len(house.rows(answers)) > before
    assert not [row for row in house.rows(answers) if row["request_id"] is None]


def test_the_same_question_twice_is_one_and_a_new_one_after_the_answer_another(asked, tmp_path):
    before = asked.rows(documents)
    ask_again(asked)
    assert len(asked.rows(documents)) == len(before)
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    run_answer(asked, request["encounter_id"], "--by-hand", "portal")
    ask_again(asked, minutes=2)
    mine = [row["state"] for row in asked.rows(documents) if row["request_id"] == request["id"]]
    assert sorted(mine) == ["asked"] * (len(mine) // 2) + ["sent"] * (len(mine) // 2)
    assert asked.faults_of_the_ledger() == []


def test_what_is_asked_for_twice_in_one_file_is_one_task(asked):
    from x12retro.flow.requested import take_asked
    from x12retro.ledger import NewDocument

    row = next(row for row in asked.rows(requests) if row["state"] == "pended")
    new = NewDocument(place=None, asked=True, code="M1", number="REQ99", way="EL", state="asked")
    before = len(asked.rows(documents))
    ledger = open_ledger(load_config(asked.config).ledger)
    with ledger.change("summit-ridge") as change:
        take_asked(change, [(row["id"], (new,)), (row["id"], (new, new))])
    ledger.close()
    assert len(asked.rows(documents)) == before + 1


def test_a_document_that_is_not_waited_for_is_refused_with_what_is(asked, tmp_path):
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    ran = run_answer(asked, request["encounter_id"], "--document", f"99999-9={file}")
    assert ran.return_value == 1
    assert "nothing is waited for under 99999-9" in ran.output
    junk = tmp_path / "junk.zip"
    junk.write_bytes(b"PK\x03\x04" + bytes(100))
    code = next(row["code"] for row in asked.rows(documents) if row["request_id"] == request["id"])
    ran = run_answer(asked, request["encounter_id"], "--document", f"{code}={junk}")
    assert ran.return_value == 1
    assert "archive" in ran.output
    assert {row["state"] for row in asked.rows(documents)} == {"asked"}


def test_what_was_sent_by_hand_is_waited_for_no_more(asked):
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    ran = run_answer(asked, request["encounter_id"], "--by-hand", "faxed on Monday")
    assert ran.return_value == 0, ran.output
    assert {row["state"] for row in asked.rows(documents) if row["request_id"] == request["id"]} == {"sent"}
    (row,) = [row for row in asked.rows(requests) if row["id"] == request["id"]]
    assert row["next_do"] == "follow_up"


def test_documents_are_listed_however_their_request_stands(house):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.settle()
    ran = run_answer(house, "D1-0")
    assert ran.return_value == 0
    assert "ACN0001" in ran.output and "accepted" in ran.output
    assert "record.pdf" not in ran.output
    assert "no document is waited for" in str(run_answer(house, "D1-0", "--by-hand", "faxed").exception)
    assert "no request is known" in str(run_answer(house, "no-such-case").exception)


def test_a_document_that_changes_while_it_is_written_does_not_stop_the_others(house, monkeypatch):
    from x12retro.flow import enclosing as room

    house.keep("record.pdf", PDF)
    house.keep("growing.pdf", PDF)
    house.drop(1, documents=(RECORD, Document(type="B3", delivery="EL", path="growing.pdf", control_number="ACN0002")))
    plain = room.enclosure

    def then_it_grows(file, *arguments, **keys):
        found = plain(file, *arguments, **keys)
        if file.name == "growing.pdf":
            file.write_bytes(PDF[:-1] + b"x")
        return found

    monkeypatch.setattr(room, "enclosure", then_it_grows)
    house.settings("max_documents = 1")
    house.run()
    rows = {row["number"]: row for row in house.rows(documents)}
    assert rows["ACN0001"]["state"] == "sent"
    assert rows["ACN0002"]["state"] == "held"
    assert "changed" in rows["ACN0002"]["note"]
    monkeypatch.undo()
    house.run()
    assert {row["state"] for row in house.rows(documents)} == {"sent"}


def test_pended_requests_are_asked_after_on_the_partners_schedule(tmp_path):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"pended": 1}, decide_after=900, decided_when_asked=0.0))
    house.settings('[inquiry]\nfirst = 1\nback_off = ["1h", "3h"]\n')
    house.drop(3)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    asked = {row["id"] for row in house.rows(requests) if row["state"] == "pended"}
    assert asked
    assert sent(house) == []
    counts = []
    for hours in (0, 144, 144.5, 145.1, 147.9, 148.3):
        house.run(timedelta(hours=hours))
        counts.append(len([one for one in house.rows(events) if one["kind"] == "inquired"]))
    n = len(asked)
    assert counts == [0, n, n, 2 * n, 2 * n, 3 * n]
    files_ = [row for row in house.rows(files) if row["kind"] == "inquiry"]
    assert len(files_) == 3
    purposes = {
        segment[2]
        for _, raw in sent(house)
        for t in read(raw)
        if isinstance(t, Transaction)
        for segment in t.segments()
        if segment.id == "BHT"
    }
    assert purposes == {"28"}
    house.payer.round(datetime.now())
    house.run(timedelta(hours=148.4))
    assert {row["state"] for row in house.rows(requests) if row["id"] in asked} == {"pended"}
    assert not [text for level, text in house.told if level == "warning" and "was not sent" in text]
    assert {row["state"] for row in house.rows(files) if row["kind"] == "inquiry"} == {"acknowledged"}
    assert house.faults_of_the_ledger() == []


def test_nobody_is_asked_without_a_schedule_and_none_while_documents_are_owed(asked):
    asked.run(timedelta(days=5))
    assert sent(asked) == []
    asked.settings('[inquiry]\nfirst = 0\nback_off = ["1h"]\n')
    asked.run(timedelta(days=5))
    assert not [row for row in asked.rows(files) if row["kind"] == "inquiry"]


def advised(house, raw, **changed):
    """Put an 824 on our 275 into the mailbox."""
    group = re.search(rb"GS\*PI\*[^*]*\*[^*]*\*[^*]*\*[^*]*\*(\d+)", raw)[1].decode()
    told = {"said": "TR", "group": group, "set": "0001", "refs": "", "ted": "TED*812~", **changed}
    isa = raw[:106].decode()
    head = f"{isa[:32]}{isa[51:69]}*{isa[32:50]}{isa[69:90]}000000901{isa[99:]}".replace("*00602*", "*00501*")
    body = (
        "GS*AG*SRHPEDI*CEDARBLUFF01*20261201*1200*1*X*005010X186A1~ST*824*0001*005010X186A1~BGN*11*A1*20261201*1200~N1*41*PAYER~N1*40*US~"
        f"OTI*{told['said']}*TN*X1*****{told['group']}*{told['set']}*275*006020X316~{told['refs']}{told['ted']}"
    )
    count = body[body.index("ST*824") :].count("~") + 1
    (house.box / "out" / "ours.824").write_text(f"{head}{body}SE*{count}*0001~GE*1*1~IEA*1*000000901~")


@pytest.mark.parametrize(
    ("changed", "states", "tells"),
    [
        ({}, {"ACN0001": "refused", "ACN0002": "refused"}, "documents were refused by an 824"),
        ({"refs": "REF*TN*ACN0002~"}, {"ACN0001": "sent", "ACN0002": "refused"}, "1 document was refused"),
        ({"said": "TA", "ted": ""}, {"ACN0001": "accepted", "ACN0002": "accepted"}, ""),
        ({"group": "999"}, {"ACN0001": "sent", "ACN0002": "sent"}, "it was not sent"),
        ({"group": "", "refs": "REF*TN*ACN0001~"}, {"ACN0001": "refused", "ACN0002": "sent"}, "1 document was refused"),
        ({"said": "ZZ"}, {"ACN0001": "sent", "ACN0002": "sent"}, "not clear"),
    ],
    ids=["a set", "a number of a set", "accepted", "another group", "a number alone", "no code that is known"],
)
def test_an_824_says_what_the_application_says(house, changed, states, tells):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD, Document(type="B3", delivery="EL", path="record.pdf", control_number="ACN0002")))
    house.run()
    advised(house, sent(house)[1][1], **changed)
    house.run()
    assert {row["number"]: row["state"] for row in house.rows(documents)} == states, house.told
    told = [text for level, text in house.told if level in ("warning", "error") and "824" in text]
    assert bool(told) == bool(tells)
    assert all(tells in text for text in told)
    assert "held" not in {row["state"] for row in house.rows(files)}
    assert house.faults_of_the_ledger() == []


def test_an_824_that_refuses_a_request_is_no_decision_on_it(house):
    house.drop(1)
    house.run()
    ((_, raw),) = sent(house)
    group = re.search(rb"GS\*HI\*[^*]*\*[^*]*\*[^*]*\*[^*]*\*(\d+)", raw)[1].decode()
    advised(house, raw.replace(b"GS*HI", b"GS*PI"), group=group, set="")
    house.run()
    (row,) = [row for row in house.rows(requests) if row["trace"]]
    assert (row["state"], row["next_do"]) == ("rejected", "correct_and_resend")


def test_a_link_that_leads_to_itself_holds_nothing_else_up(house):
    (house.keep("record.pdf", PDF).parent / "loop.pdf").symlink_to("loop.pdf")
    house.drop(1, documents=(Document(type="M1", delivery="EL", path="loop.pdf", control_number="LOOP"), RECORD))
    house.run()
    rows = {row["number"]: row for row in house.rows(documents)}
    assert (rows["LOOP"]["state"], rows["ACN0001"]["state"]) == ("held", "sent")
    assert "does not lie below" in rows["LOOP"]["note"]


def test_a_path_that_is_too_long_is_told_as_that(house):
    house.drop(1, documents=(Document(type="M1", delivery="EL", path="x/" * 300 + "record.pdf"),))
    house.run()
    assert "longer than 400 characters" in house.rows(documents)[0]["note"]


def test_what_is_held_for_its_rights_or_for_the_partners_limits_is_looked_at_again_when_these_are_put_right(house):
    file = house.keep("record.pdf", PDF)
    house.settings("max_document = 10")
    house.drop(1, documents=(RECORD,))
    house.run()
    assert "the partner takes 10" in house.rows(documents)[0]["note"]
    house.run()
    assert len([one for one in house.rows(events) if one["kind"] == "document_held"]) == 1
    partner = house.work / "partners" / "summit-ridge.toml"
    partner.write_text(partner.read_text().replace("max_document = 10", "max_document = 10_000"))
    times = file.stat()
    house.run()
    assert house.rows(documents)[0]["state"] == "sent"
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)


def test_a_change_of_rights_is_seen(house, monkeypatch):
    from x12retro.flow import enclosing as room

    file = house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    with monkeypatch.context() as patch:  # who is root reads everything
        patch.setattr(room, "enclosure", lambda *_, **keys: room.Obstacle(keys["path"], "cannot be read (Permission denied)"))
        house.run()
    house.run()
    assert house.rows(documents)[0]["state"] == "held"
    file.chmod(0o600)
    house.run()
    assert house.rows(documents)[0]["state"] == "sent"


def test_no_file_with_documents_is_longer_than_the_partner_takes(tmp_path):
    house = Installation(tmp_path)
    house.settings("[exchange.schedule]")
    partner = tmp_path / "partners" / "summit-ridge.toml"
    partner.write_text(partner.read_text().replace("max_sets = 7", "max_sets = 7\nmax_bytes = 20000"))
    for n, size in enumerate((9_000, 9_000, 12_500)):
        house.keep(f"{n}.pdf", PDF + bytes(size - len(PDF)))
    house.drop(1, documents=tuple(Document(type="M1", delivery="EL", path=f"{n}.pdf", control_number=f"ACN{n}") for n in range(3)))
    house.run()
    sizes = [len(raw) for kind, raw in sent(house) if kind == "275"]
    assert len(sizes) == 2
    assert max(sizes) <= 20_000
    rows = {row["number"]: row for row in house.rows(documents)}
    assert [rows[f"ACN{n}"]["state"] for n in range(3)] == ["sent", "sent", "held"]
    assert "16,668 octets as it is sent" in rows["ACN2"]["note"]


ODD = {"B3": "R" * 80, "B4": "R" * 2000, "CT": "R\0A", "D2": "R\x1b[31mA", "DA": "R\xe9\xff", "DB": "R*A", "Pennyfeather " * 9: "R1"}
"""What payers may write in PWK01 and PWK06, between | for their *."""


def test_what_no_275_can_answer_is_told_and_the_rest_is_taken(address, tmp_path):
    house = Installation(
        tmp_path / "house",
        ledger=address if "://" in address else None,
        behaviour=Behaviour(answers={"pended for documents": 1}, decide_after=900),
    )
    house.drop(1)
    house.run()
    house.payer.round(datetime.now())
    (there,) = (house.box / "out").glob("*.278")
    raw = re.sub(r"PWK\*.*?~", "", there.read_text()).replace("*", "|")
    asks = "".join(f"PWK|{code}|FX|||AC|{number}~" for code, number in {"M1": "REQ1", **ODD}.items())
    raw = re.sub(r"(CL1\|.*?~)", lambda match: match[1] + asks, raw)
    count = raw[raw.index("ST|278") : raw.index("SE|")].count("~") + 1
    there.write_bytes(re.sub(r"SE\|\d+", f"SE|{count}", raw).encode("latin-1"))
    house.run()
    assert "held" not in {row["state"] for row in house.rows(files)}
    rows = house.rows(documents)
    assert {row["code"] for row in rows if row["number"] is None} == {*list(ODD)[:-1], "?"}
    assert all("no 275 can answer it" in row["note"] for row in rows if row["number"] is None)
    assert "REQ1" in {row["number"] for row in rows}
    tasks = [task["do"] for task in work(house)]
    assert "Pennyfeather" not in json.dumps([*rows, *house.rows(events), *tasks])
    assert [task for task in tasks if "another way" in task and task.endswith("x12retro answer D1-0 --by-hand TEXT --only B3")]
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    ran = run_answer(house, "D1-0", "--document", f"B3={file}")
    assert ran.return_value == 1
    assert "has 80 characters, and 50 fit" in ran.output
    assert run_answer(house, "D1-0", "--by-hand", "portal", "--only", "B3").return_value == 0
    assert [row["code"] for row in house.rows(documents) if row["state"] == "sent"] == ["B3"]
    assert run_answer(house, "D1-0", "--document", f"M1={file}").return_value == 0
    house.run()
    assert [row["code"] for row in house.rows(documents) if row["state"] == "sent" and row["code"] != "B3"] == ["M1"]
    assert house.faults_of_the_ledger() == []


def test_what_was_given_is_not_sent_by_hand_unless_it_is_named(asked, tmp_path):
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    whose, mine = (
        request["encounter_id"],
        lambda: {row["place"]: row["state"] for row in asked.rows(documents) if row["request_id"] == request["id"]},
    )
    code = next(row["code"] for row in asked.rows(documents) if row["request_id"] == request["id"])
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    run_answer(asked, whose, "--document", f"{code}={file}")
    assert run_answer(asked, whose, "--by-hand", "faxed").return_value == 0
    assert sorted(mine().values()) == ["sent"] * (len(mine()) - 1) + ["waiting"]
    assert "nothing is left to send by hand" in str(run_answer(asked, whose, "--by-hand", "faxed").exception)
    assert "nothing is waited for under 99" in str(run_answer(asked, whose, "--by-hand", "faxed", "--only", "99").exception)
    assert run_answer(asked, whose, "--by-hand", "faxed", "--only", code).return_value == 0
    assert set(mine().values()) == {"sent"}
    asked.run()
    assert sent(asked) == []


def test_a_second_document_answers_the_same_and_the_same_one_twice_is_a_mistake(asked, tmp_path):
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    code = next(row["code"] for row in asked.rows(documents) if row["request_id"] == request["id"])
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    first.write_bytes(PDF)
    second.write_bytes(PDF + b"second")
    ran = run_answer(asked, request["encounter_id"], *(f"--document={code}={file}" for file in (first, second, first)))
    assert ran.return_value == 1
    assert f"first.pdf: error: is the same as another one that was given for {code}" in ran.output
    asked.run()
    ((_, raw),) = sent(asked)
    assert sorted(document.documents[0].size for _, document in carried(raw)) == [len(PDF), len(PDF) + 6]


def test_what_was_refused_and_is_asked_for_again_is_one_task(asked, tmp_path):
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    code = next(row["code"] for row in asked.rows(documents) if row["request_id"] == request["id"])
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    run_answer(asked, request["encounter_id"], "--document", f"{code}={file}")
    asked.run()
    acknowledge(asked, sent(asked)[0][1], lambda text: re.sub(r"IK5\*A", "IK5*R*5", text).replace("AK9*A", "AK9*R"))
    asked.run()
    before = len(asked.rows(documents))
    ask_again(asked)
    assert len(asked.rows(documents)) == before


def test_what_is_said_of_a_275_says_nothing_of_the_document_that_was_given_instead(house, tmp_path):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    first = sent(house)[1][1]
    acknowledge(house, first, refused_by)
    house.run()
    better = tmp_path / "better.pdf"
    better.write_bytes(PDF + b"better")
    run_answer(house, "D1-0", "--document", better)
    acknowledge(house, first, refused_by, control=701)
    house.run()
    house.run()
    (row,) = house.rows(documents)
    assert (row["state"], row["note"]) == ("sent", None)
    assert not [one for one in house.rows(events) if "unexpected_in" in one["detail"]]
    assert house.faults_of_the_ledger() == []


def refused_by(text):
    return re.sub(r"IK5\*A", "IK5*R*5", text).replace("AK9*A", "AK9*R")


def test_a_mailbox_that_took_nothing_of_a_275_leaves_its_documents_to_be_given_again(tmp_path):
    from installation import NOTICES

    house = Installation(tmp_path, notices=NOTICES)
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    (file,) = [row for row in house.rows(files) if row["kind"] == "documents"]
    (house.box / "in" / f"{file['name']}-5-FAILED").write_text("could not be read")
    house.run()
    (row,) = house.rows(documents)
    assert (row["state"], row["note"]) == ("refused", "the partner's mailbox took nothing of its file")
    assert [row["state"] for row in house.rows(requests)] == ["sent"]
    assert [one["why"] for one in work(house) if one["why"].startswith("document")] == ["document_refused"]
    assert house.faults_of_the_ledger() == []


@pytest.mark.parametrize("zeros", ["", "000"])
def test_a_999_speaks_of_the_kind_of_group_that_it_names(house, zeros):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    (_, request), (_, proof) = sent(house)
    number = re.search(rb"GS\*HI\*[^*]*\*[^*]*\*[^*]*\*[^*]*\*(\d+)", request)[1].decode()
    acknowledge(house, proof, lambda text: re.sub(r"AK1\*PI\*\d+", f"AK1*PI*{number}", refused_by(text)))
    house.run()
    assert [row["state"] for row in house.rows(requests)] == ["sent"]
    assert "which was not sent" in house.told[-1][1]
    acknowledge(house, request, lambda text: text.replace(f"AK1*HI*{number}", f"AK1*HI*{zeros}{number}"))
    house.run()
    assert [row["state"] for row in house.rows(requests)] == ["accepted"]
    assert house.rows(documents)[0]["state"] == "sent"


def test_who_waits_for_a_document_that_was_refused_is_not_asked_and_waits_anew_when_it_has_it(asked, tmp_path):
    asked.settings('[inquiry]\nfirst = 0\nback_off = ["1h"]\n')
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    others = {row["encounter_id"] for row in asked.rows(requests)} - {request["encounter_id"]}
    code = next(row["code"] for row in asked.rows(documents) if row["request_id"] == request["id"])
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    run_answer(asked, request["encounter_id"], "--document", f"{code}={file}")
    asked.run()
    for other in others:
        run_answer(asked, other, "--by-hand", "portal")
    run_answer(asked, request["encounter_id"], "--by-hand", "portal")
    (proof,) = [raw for kind, raw in sent(asked) if kind == "275"]
    acknowledge(asked, proof, refused_by)
    asked.run()
    asked.run(timedelta(hours=2))
    assert request["id"] not in {row["request_id"] for row in asked.rows(events) if row["kind"] == "inquired"}
    run_answer(asked, request["encounter_id"], "--document", f"{code}={file}")
    asked.run(timedelta(days=3))
    asked.run(timedelta(days=3, hours=4))
    assert request["id"] in {row["request_id"] for row in asked.rows(events) if row["kind"] == "inquired"}
    told = [row for row in asked.rows(events) if row["kind"] == "documents_answered" and row["request_id"] == request["id"]]
    assert len(told) == 2


def inquired(house):
    return len([one for one in house.rows(events) if one["kind"] == "inquired"])


@pytest.fixture
def pending(tmp_path):
    """An installation with a pended request."""
    house = Installation(tmp_path, behaviour=Behaviour(answers={"pended": 1}, decide_after=900, decided_when_asked=0.0))
    house.drop(1)
    house.run()
    house.payer.round(datetime.now())
    house.run()
    return house


def schedule(house, toml):
    partner = house.work / "partners" / "summit-ridge.toml"
    partner.write_text(partner.read_text().partition("[inquiry]")[0])
    house.settings(f"[inquiry]\n{toml}")


def test_a_new_schedule_holds_from_the_next_day_on(pending):
    schedule(pending, "first = 20")
    pending.run()
    schedule(pending, 'first = 1\nback_off = ["1h"]\nmost = 1')
    pending.run(timedelta(days=5))
    pending.run(timedelta(days=6))
    assert inquired(pending) == 1
    pending.run(timedelta(days=7))
    schedule(pending, 'first = 1\nback_off = ["1h"]\nmost = 2')
    pending.run(timedelta(days=9))
    assert inquired(pending) == 2
    schedule(pending, "most = 0")
    pending.run(timedelta(days=12))
    assert inquired(pending) == 2


def test_a_clock_that_was_wrong_for_a_run_silences_nothing(pending):
    schedule(pending, 'first = 0\nback_off = ["1h"]\nmost = 9\ndecide_within = 300')
    pending.run(timedelta(days=200))
    pending.run(timedelta(days=200))
    assert inquired(pending) == 1
    pending.run(timedelta(hours=30))
    pending.run(timedelta(hours=30))
    assert inquired(pending) == 2


def test_what_was_asked_while_the_ledger_kept_no_documents_is_taken_down_later(tmp_path, monkeypatch):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"pended for documents": 1}, decide_after=900))
    house.drop(2)
    house.run()
    house.payer.round(datetime.now())
    with monkeypatch.context() as patch:  # as the version before it
        patch.setattr("x12retro.flow.decided.take_asked", lambda *_: None)
        house.run()
    assert house.rows(documents) == []
    house.run()
    found = house.rows(documents)
    assert {row["request_id"] for row in found} == {row["id"] for row in house.rows(requests)}
    assert {row["state"] for row in found} == {"asked"}
    house.run()
    assert house.rows(documents) == found
    assert house.faults_of_the_ledger() == []


def test_the_number_of_another_encounters_document_is_not_promised(house):
    house.keep("record.pdf", PDF)
    house.drop(2, documents=(RECORD,))
    house.run()
    assert [row["state"] for row in house.rows(requests)] == ["sent", "held"]
    house.drop(1, documents=(RECORD, Document(type="B3", delivery="FX", control_number="ACN0002")))
    house.run()
    assert [row["state"] for row in house.rows(requests)] == ["sent", "held", "held"]
    problems = [json.loads(file.read_text()) for file in (house.work / "house" / "held" / "summit-ridge").glob("*.problems.jsonl")]
    assert {problem["path"] for told in problems for problem in told["problems"]} == {"$.documents[0].control_number"}
    assert len(sent(house)) == 2
    assert house.faults_of_the_ledger() == []


def test_an_encounter_that_is_asked_again_keeps_the_numbers_of_its_documents(house):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    acknowledge(house, sent(house)[0][1], refused_by)
    house.run()
    assert [row["state"] for row in house.rows(requests)] == ["rejected"]
    drop = next((house.work / "house" / "archive").rglob("*.jsonl"))
    again = house.work / "house" / "drop" / "summit-ridge" / "again.jsonl"
    again.write_text(drop.read_text().replace('"type":"M1"', '"type":"B3"'))
    house.run(timedelta(seconds=5))
    assert [row["state"] for row in house.rows(requests)] == ["rejected", "sent"], house.told


def test_an_encounter_cannot_name_what_was_given_for_another_request(asked, tmp_path):
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    code = next(row["code"] for row in asked.rows(documents) if row["request_id"] == request["id"])
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    run_answer(asked, request["encounter_id"], "--document", f"{code}={file}")
    (copy,) = (asked.work / "house" / "given" / "summit-ridge").iterdir()
    asked.drop(1, documents=(Document(type="M1", delivery="EL", path=f"../../given/summit-ridge/{copy.name}", control_number="THEFT"),))
    asked.run()
    (row,) = [row for row in asked.rows(documents) if row["number"] == "THEFT"]
    assert (row["state"], row["sha256"]) == ("held", None)
    assert [row["state"] for row in asked.rows(documents) if row["code"] == code and row["request_id"] == request["id"]] == ["sent"]


def test_who_dies_between_the_copy_of_a_document_and_the_ledger_leaves_nothing_behind(asked, tmp_path, monkeypatch):
    from x12retro.ledger import Change

    def dies(*_, **__):
        raise KeyboardInterrupt

    before = asked.rows(documents)
    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    code = next(row["code"] for row in before if row["request_id"] == request["id"])
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    with monkeypatch.context() as patch:
        patch.setattr(Change, "document", dies)
        run_answer(asked, request["encounter_id"], "--document", f"{code}={file}")
    copies = asked.work / "house" / "given" / "summit-ridge"
    assert len(list(copies.iterdir())) == 1
    asked.run()
    assert list(copies.iterdir()) == []
    assert asked.rows(documents) == before
    assert sent(asked) == []


@pytest.mark.parametrize("how", ["given", "by hand"])
def test_an_answer_beside_a_run_waits_for_its_end(asked, tmp_path, how):
    from x12retro.ledger.only import only

    (request, *_) = [row for row in asked.rows(requests) if row["state"] == "pended"]
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    ledger = open_ledger(load_config(asked.config).ledger)
    code = next(row["code"] for row in asked.rows(documents) if row["request_id"] == request["id"])
    given = ("--document", f"{code}={file}") if how == "given" else ("--by-hand", "faxed", "--only", code)
    with only(ledger, asked.work / "house", "summit-ridge"):
        problem = run_answer(asked, request["encounter_id"], *given, "--wait", "0").exception
        assert "another run is at work for summit-ridge" in str(problem)
        assert problem.exit_code == 3
        assert "no number of seconds" in str(run_answer(asked, request["encounter_id"], *given, "--wait", "nan").exception)
        waits = ThreadPoolExecutor(1).submit(run_answer, asked, request["encounter_id"], *given)
        assert not wait({waits}, timeout=1).done
    done = waits.result(60)
    ledger.close()
    assert done.exit_code == 0, done.output
    assert done.output.count("waiting for its end, 300 seconds at most") == 1
    state = {row["state"] for row in asked.rows(documents) if row["request_id"] == request["id"] and row["code"] == code}
    assert state == {"waiting" if how == "given" else "sent"}


def test_275s_of_requests_whose_long_numbers_begin_alike_have_references_of_their_own():
    from x12retro.attach.answer import answer_reference
    from x12retro.flow.enclosing import reference_of

    now = datetime(2026, 12, 1, 9, 30)  # noqa: DTZ001 - local time, as X12 has it
    for of in (lambda trace: reference_of(trace, now, asked=True), lambda trace: answer_reference(trace, now)):
        made = [of("X" * 46 + last) for last in "123"] + [of("Y" * 34)]
        assert len(set(made)) == 4
        assert max(map(len, made)) <= 47
        assert made[3].startswith("Y" * 34)


def test_what_the_payer_asks_for_goes_before_what_was_promised_under_the_same_code(tmp_path):
    house = Installation(tmp_path, behaviour=Behaviour(answers={"pended for records": 1}, pend_for_records=["28011-5", "M1"]))
    house.drop(1, documents=(RECORD,))
    house.run()
    house.payer.round(datetime.now())
    house.run()
    assert sorted((row["code"], row["state"]) for row in house.rows(documents)) == [("28011-5", "asked"), ("M1", "asked"), ("M1", "held")]
    file = tmp_path / "record.pdf"
    file.write_bytes(PDF)
    assert run_answer(house, "D1-0", "--document", f"M1={file}").return_value == 0
    house.run()
    assert sorted((row["code"], row["state"]) for row in house.rows(documents)) == [("28011-5", "asked"), ("M1", "held"), ("M1", "sent")]
    ((received, document),) = [one for kind, raw in sent(house) if kind == "275" for one in carried(raw)]
    assert (received.purpose, document.trace_kind) == ("11", "2")
    assert run_answer(house, "D1-0", "--document", f"ACN0001={file}").return_value == 0


def test_no_encrypted_file_with_documents_is_longer_than_the_partner_takes(tmp_path):
    from sealed import Sealed

    house = Sealed(tmp_path)
    partner = tmp_path / "partners" / "summit-ridge.toml"
    text = partner.read_text().replace("max_sets = 7", "max_sets = 7\nmax_bytes = 20000")
    partner.write_text(text.replace("[exchange.pgp]", "[exchange.pgp]\narmor = true"))
    noise = random.Random(1)
    for n, size in enumerate((8_000, 11_000)):
        house.keep(f"{n}.pdf", PDF + noise.randbytes(size))
    house.drop(1, documents=tuple(Document(type="M1", delivery="EL", path=f"{n}.pdf", control_number=f"ACN{n}") for n in range(2)))
    house.run()
    rows = {row["number"]: row for row in house.rows(documents)}
    assert (rows["ACN0"]["state"], rows["ACN1"]["state"]) == ("sent", "held")
    assert "the partner takes 20,000 ($.exchange.outgoing.max_bytes)" in rows["ACN1"]["note"]
    assert max(row["size"] for row in house.rows(files) if row["direction"] == "out") <= 20_000
    assert list((tmp_path / "house" / "outbox" / "summit-ridge").iterdir()) == []
    assert house.faults_of_the_ledger() == []


def test_a_document_that_somebody_changed_in_the_ledger_shows(house):
    house.keep("record.pdf", PDF)
    house.drop(1, documents=(RECORD,))
    house.run()
    assert house.faults_of_the_ledger() == []
    ledger = open_ledger(load_config(house.config).ledger)
    with ledger.engine.begin() as connection:
        connection.execute(update(documents).values(state="accepted"))
    ledger.close()
    assert house.faults_of_the_ledger() == ["documents 1 stands as accepted, its events lead to sent"]
