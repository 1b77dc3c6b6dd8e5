"""Documents of an encounter become 275s by the partner's habits: numbers, limits, wrapping, what is held and what is refused."""

import base64
import hashlib
import io
import zipfile

import pytest
from documents import CDA, NOW, PDF

from x12retro.attach import Enclosure, Obstacle, listed, parcels
from x12retro.attach import write as write_275
from x12retro.build import ControlNumbers, build
from x12retro.errors import SystemFailure
from x12retro.x12 import Transaction, read


def segments(raw):
    return [one for frame in read(raw) if isinstance(frame, Transaction) for one in frame.segments()]


def test_each_document_has_its_own_lx_number_and_format(house):
    house.add(PDF)
    house.add(CDA)
    house.add(b"A note in plain words.")
    raw, sent = house.written()
    found = segments(raw)
    assert [one[1] for one in found if one.id == "LX"] == ["1", "2", "3"]
    assert [one.fields[1:] for one in found if one.id == "TRN"] == [["1", "ACN0000"], ["1", "ACN0001"], ["1", "ACN0002"]]
    assert [one[2] for one in found if one.id == "CAT"] == ["IA", "HL", "TX"]
    (one,) = sent
    told = [(each.kind, each.size, each.octets) for each in one.documents]
    assert told == [("pdf", len(PDF), 52), ("cda", len(CDA), 140), ("text", 22, 32)]
    assert one.documents[0].sha256 == hashlib.sha256(PDF).hexdigest()
    assert f"BDS*B64*52*{base64.b64encode(PDF).decode()}~".encode() in raw


def test_the_275_names_the_request_the_patient_and_both_sides(house):
    house.add(PDF)
    house.tree["subscriber"]["other_ids"] = [{"qualifier": "EJ", "value": "ACCT77"}]
    raw, _ = house.written()
    found = segments(raw)
    assert [one[1] for one in found if one.id == "NM1"] == ["ACV", "40", "IL"]
    assert [one.fields[1:] for one in found if one.id == "REF"] == [["EJ", "ACCT77"], ["2I", "TRACE0001"]]
    assert b"*00602*" in raw
    assert b"GS*PI*" in raw


def test_a_dependent_is_the_patient_under_the_member_id(house):
    house.add(PDF)
    house.tree["patient"] = {"relationship": "19", "last_name": "Reed", "first_name": "Ash"}
    raw, _ = house.written()
    patient = next(one for one in segments(raw) if one.id == "NM1" and one[1] == "QC")
    assert (patient[3], patient[4], patient[9]) == ("Reed", "Ash", house.tree["subscriber"]["member_id"])


def test_the_numbers_are_those_that_the_request_promised(house):
    """PWK06 of the 278 and TRN02 of the 275 are one number, for documents of the event and of services, given and made."""
    house.add(PDF, control_number="OWN-7")
    house.add(PDF, delivery="AA")
    house.add(PDF, delivery="FX")
    house.add(CDA)
    (house.folder / "s.pdf").write_bytes(PDF)
    house.tree["services"][1]["documents"] = [{"type": "LA", "delivery": "EL", "path": "s.pdf"}]
    (one,) = build([house.encounter], house.partner, as_of=NOW)
    assert one.built, one.problems
    told = [line.elements for line in one.lines if line.id == "PWK"]
    promised = [elements[5] for elements in told if elements[1] == "EL"]
    found = house.gathered(one.traces.documents)
    assert [each.control_number for each in found] == promised
    assert len(promised) == 3
    assert promised[0] == "OWN-7"
    told_of = listed(house.encounter, one.traces.documents, house.partner.attachments)
    by_fax = [each.number for each in told_of if each.delivery == "FX"]
    assert by_fax == [elements[5] for elements in told if elements[1] == "FX"]


def test_another_state_of_the_encounter_is_noticed(house):
    house.add(PDF)
    (obstacle,) = house.gathered(["ACN1", "ACN2"])
    assert "not those that the request told of" in obstacle.message
    (obstacle,) = house.gathered([])
    assert "not those that the request told of" in obstacle.message


@pytest.mark.parametrize("why", ["psychotherapy", "substance_use"])
def test_what_is_sensitive_is_held_until_it_is_released(house, why):
    house.add(PDF, sensitive=why)
    (one,) = house.gathered()
    assert (type(one), one.severity, one.path) == (Obstacle, "held", "$.documents[0]")
    (built,) = build([house.encounter], house.partner, as_of=NOW)
    assert built.traces.documents == ()
    assert any(problem.path == "$.documents[0]" and "held" in problem.message for problem in built.problems)
    house.tree["documents"][0]["released"] = True
    (one,) = house.gathered()
    assert isinstance(one, Enclosure)


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("record.pdf", "%PDF-1.4")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped(), "is an archive"),
        (b"#!/bin/sh\nrm -rf /\n", "is an executable"),
        (b"", "is empty"),
        (b"\0\1\2", "of no kind that is known"),
        (b"text at first" + b"." * 2_000_000 + b"\0", "of no kind that is known"),
        (b"<html><script>", "of the kind html"),
        (b"%PDF-1.4" + b"x" * 5_000_000, "5,000,008 octets, the partner takes 4,000,000"),
    ],
    ids=["zip", "script", "empty", "unknown", "text at first", "html", "large"],
)
def test_what_cannot_go_is_told(house, content, words):
    house.settings(max_document=4_000_000)
    house.add(content, "record.pdf")  # the name says nothing
    (one,) = house.gathered()
    assert isinstance(one, Obstacle)
    assert one.path == "$.documents[0].path"
    assert words in one.message
    assert "record" not in one.message


def test_a_document_that_is_not_there_or_nowhere_is_told(house):
    house.add(PDF)
    house.add(PDF)
    house.tree["documents"][0]["path"] = "absent.pdf"
    del house.tree["documents"][1]["path"]
    assert [one.message.split(";")[0] for one in house.gathered()] == ["there is no such file", "missing"]


def test_limits_make_several_275s(house):
    for _ in range(7):
        house.add(PDF)
    house.settings(max_documents=3)
    _, sent = house.written()
    assert [len(one.documents) for one in sent] == [3, 3, 1]
    assert len({one.reference for one in sent}) == 3
    assert [one.transaction for one in sent] == ["0001", "0002", "0003"]
    assert [each.control_number for one in sent for each in one.documents] == [f"ACN{n:04d}" for n in range(7)]
    house.settings(max_documents=10, max_set=110)  # two documents of 52 octets
    _, sent = house.written()
    assert [len(one.documents) for one in sent] == [2, 2, 2, 1]
    house.settings(max_set=51)
    assert all("takes 52 octets as it is sent, the partner takes 51" in one.message for one in house.composed())


def test_a_number_goes_with_one_document(house):
    house.add(PDF)
    house.add(PDF)
    found = list(parcels(house.about("T1"), [house.gathered()[0]] * 2, house.partner, now=NOW))
    assert [type(one) for one in found] == [Obstacle, type(found[1])]
    assert len(found[1].documents) == 1


@pytest.mark.parametrize("guide", ["006020X316", "005010X211"])
@pytest.mark.parametrize("wrap", ["bare", "mime", "cda"])
@pytest.mark.parametrize("encoding", ["B64", "raw"])
@pytest.mark.parametrize("content", [PDF, CDA, b"A note: ~ * ^\r\nand more.\n"], ids=["pdf", "cda", "text"])
def test_every_way_of_wrapping_comes_out_again(house, guide, wrap, encoding, content):
    house.settings(guide=guide, wrap=wrap, encoding=encoding)
    house.add(content)
    if guide == "006020X316" and encoding == "raw" and wrap != "cda" and content is PDF:
        (one,) = house.gathered()
        assert 'encoding = "B64"' in one.message
        return
    raw, (sent,) = house.written()
    (received,), findings, files = house.extracted(raw)
    assert findings == []
    (carried,) = received.carried
    assert list(files.values()) == [content]
    assert carried.octets == carried.declared == sent.documents[0].octets
    assert carried.documents[0].sha256 == sent.documents[0].sha256
    assert (carried.segment_id, received.guide) == ("BDS" if guide == "006020X316" else "BIN", guide)


def test_the_older_guide_has_mime_in_a_bin_unless_told_otherwise(house):
    house.settings(guide="005010X211")
    house.add(PDF)
    raw, _ = house.written()
    assert b"*00501*" in raw
    assert b"~\nEFI*05~\nBIN*" in raw
    assert b"*MIME-Version: 1.0\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n" in raw


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (lambda tree: tree["requester"].pop("npi"), "$.requester.npi"),
        (lambda tree: tree["subscriber"].pop("member_id"), "$.subscriber.member_id"),
        (lambda tree: tree["subscriber"].pop("last_name"), "$.subscriber.last_name"),
        (lambda tree: tree["payer"].pop("id"), "$.payer.id"),
    ],
)
def test_what_a_275_cannot_do_without_is_asked_for(house, edit, path):
    house.add(PDF)
    edit(house.tree)
    (one,) = house.composed()
    assert (type(one), one.path) == (Obstacle, path)


def test_a_member_id_with_a_delimiter_is_told_by_its_place(house):
    house.add(PDF)
    house.tree["subscriber"]["member_id"] = "A~B"
    (one,) = house.composed()
    assert "NM109" in one.message
    assert "A~B" not in one.message


@pytest.mark.parametrize("change", [lambda old: old + b"more", lambda old: old[:-1], lambda old: old[:-1] + b"?"])
def test_a_document_that_changes_meanwhile_breaks_the_message_off(house, change):
    house.add(PDF)
    made = house.composed()
    file = made[0].documents[0].enclosure.file
    file.write_bytes(change(PDF))
    out = io.BytesIO()
    with pytest.raises(SystemFailure, match="changed"):
        list(write_275(out, made, house.partner, now=NOW, control=ControlNumbers()))
    assert b"IEA*" not in out.getvalue()


def test_nothing_to_send_writes_nothing(house):
    control = ControlNumbers()
    out = io.BytesIO()
    assert list(write_275(out, [], house.partner, now=NOW, control=control)) == []
    assert (out.getvalue(), control.interchange) == (b"", 1)


@pytest.mark.parametrize("method", ["FX", "BM", "AA"])
def test_the_partners_method_is_told_in_the_request(house, method):
    house.add(PDF)
    house.settings(method=method)
    (one,) = build([house.encounter], house.partner, as_of=NOW)
    assert one.built, one.problems
    (pwk,) = (line for line in one.lines if line.id == "PWK")
    assert pwk.elements[1] == method
    assert len(one.traces.documents) == (method != "AA")
    assert house.gathered(one.traces.documents) == []
