"""Documents come out of 275s byte for byte, and safely: what a message says of names, sizes and encodings is not believed."""

import base64
import io
import random
import stat
import sys

import pytest
from documents import CDA, PDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x12retro.attach import Folder, Limits, read_275
from x12retro.errors import UsageError
from x12retro.findings import Finding

ISA = b"ISA*00*          *00*          *ZZ*AA             *ZZ*BB             *261125*0915*^*00602*000000001*0*T*:~"
B64 = base64.b64encode
ZIP = b"PK\x03\x04" + b"x" * 99


def message(*data, lead=b"BDS*B64*%d*", guide=b"006020X316"):
    body = [b"ST*275*0001*" + guide, b"BGN*02*R1*20261125*0915", b"NM1*IL*1*DOE*JANE****MI*MEM0001", b"REF*2I*TRACE1"]
    for n, one in enumerate(data, 1):
        body += [b"LX*%d" % n, b"TRN*1*ACN%d" % n, b"DTP*368*D8*20261125", b"CAT*AE*IA", b"OOI*1*47*ATTACHMENT", lead % len(one) + one]
    body.append(b"SE*%d*0001" % (len(body) + 1))
    return ISA + b"~".join([b"GS*PI*AA*BB*20261125*0915*1*X*" + guide, *body, b"GE*1*1", b"IEA*1*000000001", b""])


def taken(raw, folder, **limits):
    """The documents of a message: (kind, layers, why), and the files."""
    records = [one for one in read_275(io.BytesIO(raw), Folder(folder), Limits(**limits)) if not isinstance(one, Finding)]
    documents = [document for one in records for carried in one.carried for document in carried.documents]
    files = {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
    assert [document.file for document in documents if document.file] == list(files)
    return [(one.kind, one.layers, one.why) for one in documents], list(files.values())


def bare(raw, folder, **limits):
    return taken(message(raw, lead=b"BIN*%d*", guide=b"005010X211"), folder, **limits)


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.lists(st.one_of(st.binary(max_size=5000), st.binary(min_size=64, max_size=64).map(lambda b: b * 3000)), min_size=1, max_size=3)
)
def test_any_octets_come_out_as_they_went_in(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("out")
    kept = [b"%PDF-1.4" + one for one in data]
    found, files = taken(message(*map(B64, kept)), folder)
    assert files == kept
    assert [why for _, _, why in found] == [""] * len(data)


def test_the_record_says_whose_and_under_which_numbers():
    (one,) = read_275(message(B64(PDF), B64(CDA)))
    assert (one.purpose, one.reference, one.member_id, one.event_trace, one.guide) == ("02", "R1", "MEM0001", "TRACE1", "006020X316")
    assert [(each.number, each.control_number, each.format) for each in one.carried] == [("1", "ACN1", "IA"), ("2", "ACN2", "IA")]
    assert [each.kind for carried in one.carried for each in carried.documents] == ["pdf", "cda"]
    assert "DOE" not in repr(one) + str(one.carried)


def mime(body, *headers, newline=b"\r\n"):
    return newline.join([*headers, b"", body])


def multipart(*parts, boundary=b"XX", newline=b"\r\n"):
    inner = b"".join(b"--" + boundary + newline + part + newline for part in parts)
    return mime(inner + b"--" + boundary + b"--" + newline, b'Content-Type: multipart/mixed; boundary="' + boundary + b'"', newline=newline)


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_mime_is_taken_off_and_its_names_are_not_believed(tmp_path, newline):
    evil = b'Content-Disposition: attachment; filename="../../../etc/passwd"'
    one = mime(
        base64.encodebytes(PDF), evil, b'Content-Type: text/plain; name="/tmp/x.sh"', b"Content-Transfer-Encoding: base64", newline=newline
    )
    two = mime(b"caf=C3=A9 =\r\n~*:", b"Content-Type: text/plain", b"content-transfer-encoding: Quoted-Printable", newline=newline)
    three = mime(CDA, b"Content-Type: image/png", newline=newline)
    found, files = bare(multipart(one, two, three, newline=newline), tmp_path / "out")
    assert [kind for kind, _, _ in found] == ["pdf", "text", "cda"]
    assert files == [PDF, b"caf\xc3\xa9 ~*:", CDA]
    names = sorted(file.name for file in tmp_path.rglob("*") if file.is_file())
    assert names == ["document-00001.pdf", "document-00002.txt", "document-00003.xml"]


def test_a_part_without_headers_and_text_around_the_parts(tmp_path):
    raw = b"Content-Type: multipart/mixed; boundary=b1\r\n\r\npreamble\r\n--b1\r\n\r\nplain words\r\n--b1--\r\nepilogue"
    assert bare(raw, tmp_path / "out") == ([("text", ("MIME",), "")], [b"plain words"])


def test_a_part_that_is_broken_does_not_cost_the_others(tmp_path):
    broken = mime(b"%%%%", b"Content-Type: application/pdf", b"Content-Transfer-Encoding: base64")
    late = mime(base64.encodebytes(PDF * 500)[:-9] + b"!", b"Content-Type: application/pdf", b"Content-Transfer-Encoding: base64")
    whole = mime(base64.encodebytes(PDF), b"Content-Type: application/pdf", b"Content-Transfer-Encoding: base64")
    found, files = bare(multipart(broken, late, whole), tmp_path / "out")
    assert ["base64" in why for _, _, why in found] == [True, True, False]
    assert files == [PDF]


def test_what_is_broken_behind_a_document_is_told(tmp_path):
    cda = b'<ClinicalDocument><component><nonXMLBody><text representation="B64">' + B64(PDF) + b"</text></nonXMLBody></component>"
    found, files = taken(message(B64(cda * 4000)[:-200] + b"!" * 200), tmp_path / "out")
    assert files == [PDF]
    assert [why != "" for _, _, why in found] == [False, True]


@pytest.mark.parametrize("seed", range(10))
def test_broken_wrappings_are_told_and_break_nothing(tmp_path, seed):
    dice = random.Random(seed)
    cda = b'<ClinicalDocument><nonXMLBody><text representation="B64">' + B64(PDF) + b"</text></nonXMLBody></ClinicalDocument>"
    part = mime(base64.encodebytes(PDF * 9), b"Content-Type: application/pdf", b"Content-Transfer-Encoding: base64")
    quoted = mime(b"caf=C3=A9=\r\n!", b"Content-Type: text/plain", b"Content-Transfer-Encoding: quoted-printable")
    whole = [cda, part, quoted, multipart(part, cda, quoted), multipart(multipart(part, boundary=b"YY"), quoted), B64(PDF * 5)]
    cuts = [
        b"",
        b"=",
        b"--XX",
        b"--XX--",
        b"\r\n",
        b"\r\n\r\n",
        b"<text",
        b"!",
        b"A",
        b"Content-Type: multipart/mixed; boundary=XX\r\n\r\n",
    ]
    for _ in range(80):
        data = bytearray(dice.choice(whole))
        for _ in range(dice.randint(0, 4)):
            begin = dice.randrange(len(data) + 1)
            data[begin : begin + dice.choice([0, 1, 9])] = dice.choice(cuts)
        raw = message(B64(data)) if dice.random() < 0.5 else message(bytes(data), lead=b"BIN*%d*", guide=b"005010X211")
        found = [one for one in read_275(raw, Folder(tmp_path)) if not isinstance(one, Finding)]
        for document in found[0].carried[0].documents:
            assert bool(document.file) == (document.sha256 != "" and document.kind not in ("archive", "executable"))


def test_mime_within_mime_is_bounded(tmp_path):
    inner = PDF
    for n in range(40):
        inner = multipart(inner, boundary=b"b%d" % n)
    found, files = bare(inner, tmp_path / "out")
    assert [(kind, why) for kind, _, why in found] == [("mime", "there are too many layers around it")]
    assert PDF in files[0]


def test_a_thousand_parts_are_bounded(tmp_path):
    found, files = bare(multipart(*[b"\r\nwords %d" % n for n in range(1000)]), tmp_path / "out")
    assert len(files) == 51
    assert "more than 50 parts" in found[-1][2]
    assert files[49] == b"words 49"
    assert b"words 999" in files[50]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"!!!!", "broken"),
        (B64(PDF)[:-1], "middle of a group"),
        (B64(b"abcd") + B64(PDF), "padding in the middle"),
        (B64(PDF)[:20] + b"~" + B64(PDF)[21:], "broken"),
    ],
)
def test_base64_that_is_none_leaves_no_file(tmp_path, data, why):
    found, files = taken(message(data), tmp_path / "out")
    assert files == []
    assert why in found[0][2]


def test_base64_may_be_wrapped_at_any_column(tmp_path):
    text = B64(PDF * 50)
    lines = b"\r\n".join(text[i : i + 61] for i in range(0, len(text), 61))
    assert taken(message(lines), tmp_path / "out") == ([("pdf", ("B64",), "")], [PDF * 50])


def test_base64_in_base64_and_in_a_bin_without_headers(tmp_path):
    double = B64(mime(base64.encodebytes(PDF), b"Content-Type: application/pdf", b"Content-Transfer-Encoding: base64"))
    assert taken(message(double), tmp_path / "a") == ([("pdf", ("B64", "MIME"), "")], [PDF])
    assert taken(message(B64(B64(PDF * 3))), tmp_path / "b") == ([("pdf", ("B64", "base64"), "")], [PDF * 3])
    assert bare(B64(PDF * 3), tmp_path / "c") == ([("pdf", ("base64",), "")], [PDF * 3])


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04" + b"x" * 99, b"\x1f\x8b\x08", b"MZ\x90", b"#!/bin/sh\nid\n", B64(b"PK\x03\x04" + b"x" * 99)]
)
def test_archives_and_programs_stay_where_they_are(tmp_path, data):
    found, files = bare(data, tmp_path / "out")
    assert files == []
    assert "is not taken out of a message" in found[0][2]


def test_an_unknown_filter_comes_out_as_it_is_with_the_reason(tmp_path):
    found, files = taken(message(b"begin 644 x\n#0V%T\n`\nend\n", lead=b"BDS*UUE*%d*"), tmp_path / "out")
    assert files == [b"begin 644 x\n#0V%T\n`\nend\n"]
    assert "filter" in found[0][2]


def test_a_markup_that_a_browser_would_run_gets_a_name_that_it_does_not(tmp_path):
    bare(b"<html><script>alert(1)</script></html>", tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["document-00001.html.txt"]


def test_limits_hold_for_one_document_and_for_all(tmp_path):
    found, files = taken(message(B64(PDF * 100), B64(PDF)), tmp_path / "a", document=1000)
    assert files == [PDF]
    assert "more than 1,000 octets" in found[0][2]
    found, files = taken(message(*[B64(PDF)] * 5), tmp_path / "b", documents=2)
    assert len(files) == 2
    assert "more than 2 documents" in found[4][2]
    found, files = taken(message(*[B64(PDF)] * 5), tmp_path / "c", total=2 * len(PDF))
    assert len(files) == 2
    assert "not taken out at once" in found[2][2]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are those of POSIX")
def test_files_are_for_the_owner_alone_and_nothing_is_overwritten(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir(mode=0o700)
    (folder / "document-00001.pdf").write_bytes(b"of an earlier run")
    outside = tmp_path / "outside"
    (folder / "document-00002.pdf").symlink_to(outside)
    list(read_275(message(B64(PDF), B64(PDF)), Folder(folder)))
    assert not outside.exists()
    assert (folder / "document-00001.pdf").read_bytes() == b"of an earlier run"
    made = folder / "document-00003.pdf"
    assert (made.read_bytes(), stat.S_IMODE(made.stat().st_mode)) == (PDF, 0o600)
    list(read_275(message(B64(CDA)), Folder(tmp_path / "new")))
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_is_wrong_usage(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="cannot be a folder"):
        Folder(tmp_path / "file")


def test_a_wrong_count_and_a_cut_file_are_told_and_read(tmp_path):
    raw = message(B64(PDF)).replace(b"*B64*%d*" % len(B64(PDF)), b"*B64*7*")
    found = list(read_275(raw, Folder(tmp_path / "a")))
    assert [one.rule for one in found if isinstance(one, Finding)] == ["X12-BIN-001"]
    assert (tmp_path / "a" / "document-00001.pdf").read_bytes() == PDF
    whole = message(B64(PDF * 10))
    found = [one for one in read_275(whole[: whole.index(b"B64*") + 101]) if not isinstance(one, Finding)]
    assert (found[0].complete, found[0].carried[0].complete, found[0].carried[0].declared) == (False, False, len(B64(PDF * 10)))


def test_the_samples_of_others_are_read(corpus):
    for file in sorted((corpus / "275").glob("*.edi")):
        found = [one for one in read_275(file) if not isinstance(one, Finding)]
        assert found, file.name
        assert all(one.member_id for one in found), file.name


def test_hl7_in_a_bin_survives(tmp_path):
    from x12retro.guide.places import fixtures_dir

    file = fixtures_dir() / "attachments" / "hl7-in-bin-x211.edi"
    list(read_275(file, Folder(tmp_path / "out")))
    (made,) = (tmp_path / "out").iterdir()
    assert made.suffix == ".hl7"
    assert made.read_bytes() in file.read_bytes()
    assert made.read_bytes().startswith(b"MSH|") and made.read_bytes().endswith(b"SE*9*0009~\r")
