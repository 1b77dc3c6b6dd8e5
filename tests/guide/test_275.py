"""The guides of the 275: one fault, one finding; what is not certain warns; data is judged by its count alone."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import pytest

from x12retro.guide import catalog
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.guide.report import Report

FOLDER = fixtures_dir() / "attachments"


def base(name: str = "two-documents-x316") -> bytes:
    return (FOLDER / f"{name}.edi").read_bytes()


def judged(raw: bytes) -> list[tuple[object, ...]]:
    found = [finding for checked in validate(raw) for finding in checked.findings]
    return [(f.severity, f.segment_id, f.loop, f.element, f.ack.level + " " + f.ack.code if f.ack else "") for f in found]


def recounted(raw: bytes) -> bytes:
    """SE01 made right again after an edit; no data of the fixtures holds a terminator and a line break."""
    lines = raw.split(b"~\n")
    start = next(n for n, line in enumerate(lines) if line.startswith(b"ST*"))
    end = next(n for n, line in enumerate(lines) if line.startswith(b"SE*") and n > start)
    return re.sub(rb"\nSE\*[0-9]+\*", b"\nSE*%d*" % (end - start + 1), raw)


def without(segment: str, raw: bytes) -> bytes:
    return recounted(re.sub(rb"(?<=\n)" + re.escape(segment).encode() + rb"[^~]*~\n", b"", raw, count=1))


def edited(old: str, new: str, raw: bytes | None = None) -> bytes:
    raw = base() if raw is None else raw
    assert old.encode() in raw
    return recounted(raw.replace(old.encode(), new.encode(), 1))


@pytest.mark.parametrize("name", ["two-documents-x316", "hl7-in-bin-x211"])
def test_good_files_have_no_error(name: str) -> None:
    assert [one for one in judged(base(name)) if one[0] == "error"] == []


def test_the_attachment_of_a_services_review_is_recognised_by_its_label() -> None:
    guides = {checked.guide for name in ("two-documents-x316", "hl7-in-bin-x211") for checked in validate(base(name)) if checked.guide}
    assert guides == {"275-X316", "275-X211"}


X316: list[tuple[str, bytes, tuple[object, ...]]] = [
    ("no BGN", without("BGN*", base()), ("error", "BGN", "HEADER", None, "IK3 3")),
    ("a date that is none", edited("20261125*0915~\nNM1", "20261325*0915~\nNM1"), ("error", "BGN", "HEADER", 3, "IK4 8")),
    ("no time", edited("*20261125*0915~\nNM1", "*20261125~\nNM1"), ("error", "BGN", "HEADER", 4, "IK4 1")),
    ("another purpose", edited("BGN*02", "BGN*22"), ("warning", "BGN", "HEADER", 1, "IK4 7")),
    ("another role of the source", edited("NM1*ACV", "NM1*1P"), ("warning", "NM1", "1000A", 1, "IK4 7")),
    ("no patient", without("REF*2I", without("REF*EJ", without("NM1*IL", base()))), ("error", "NM1", "1000C", None, "IK3 3")),
    ("no control number", without("TRN*", base()), ("error", "TRN", "2000A", None, "IK3 3")),
    ("an empty control number", edited("TRN*1*ACN0001", "TRN*1"), ("error", "TRN", "2000A", 2, "IK4 1")),
    ("a control number of 81 characters", edited("ACN0001", "A" * 81), ("error", "TRN", "2000A", 2, "IK4 5")),
    ("another trace type", edited("TRN*1", "TRN*3"), ("warning", "TRN", "2000A", 1, "IK4 7")),
    ("no date of submission", without("DTP*368", base()), ("error", "DTP", "2100A", None, "IK3 3")),
    ("another date", edited("DTP*368", "DTP*472"), ("error", "DTP", "2100A", 1, "IK4 7")),
    ("no category", without("CAT*", base()), ("error", "CAT", "2100A", None, "IK3 3")),
    ("another format", edited("CAT*AE*HL", "CAT*AE*ZZ"), ("warning", "CAT", "2100A", 2, "IK4 7")),
    ("no OOI", without("OOI*", base()), ("error", "OOI", "2110A", None, "IK3 3")),
    ("no data", without("BDS*", base()), ("error", "BDS", "2110A", None, "IK3 3")),
    ("data of no octets", edited(base().split(b"BDS*B64*")[1].split(b"~")[0].decode(), "0*"), ("error", "BDS", "2110A", 3, "IK4 1")),
    ("a count that is no number", edited("BDS*B64*208*", "BDS*B64*2O8*"), ("error", "BDS", "2110A", 2, "IK4 6")),
    ("a count too small", base("count-too-small"), ("error", "BDS", None, 3, "IK4 5")),
    ("a count too large", base("count-too-large"), ("error", "BDS", None, 3, "IK4 4")),
    ("another filter", edited("BDS*B64", "BDS*UUE"), ("warning", "BDS", "2110A", 1, "IK4 7")),
    ("SE01 that counts lines of the data", edited("SE*", "SE*").replace(b"SE*21*", b"SE*22*"), ("error", "SE", None, 1, "IK5 4")),
    ("a service", edited("DTP*368", "SVC*HC:97110*0~\nDTP*368"), ()),
    ("a service without amount", edited("DTP*368", "SVC*HC:97110~\nDTP*368"), ("warning", "SVC", "2000A", 2, "IK4 1")),
    ("a third diagnosis segment", edited("DTP*368", "HI*ABK:I213~\n" * 3 + "DTP*368"), ("error", "HI", "2000A", None, "IK3 5")),
    ("a segment of claims", edited("DTP*368", "CLM*A*1~\nDTP*368"), ("error", "CLM", "2000A", None, "IK3 6")),
    ("the guide of claims", base().replace(b"006020X316", b"006020X314"), ("error", "ST", None, 3, "IK5 1")),
    ("a group of reviews", base().replace(b"GS*PI", b"GS*HI"), ("error", "GS", "GS_LOOP", 1, "AK9 1")),
    ("another version of the envelope", base().replace(b"*00602*", b"*00401*"), ("error", "ISA", "ISA_LOOP", 12, "TA1 017")),
    ("the older version of the envelope", base().replace(b"*00602*", b"*00501*"), ()),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), [pytest.param(raw, expected, id=name) for name, raw, expected in X316])
def test_one_fault_gives_one_finding(raw: bytes, expected: tuple[object, ...]) -> None:
    assert judged(raw) == ([expected] if expected else [])


X211: list[tuple[str, bytes, set[tuple[object, ...]]]] = [
    ("no BGN", without("BGN*", base("hl7-in-bin-x211")), {("BGN", None)}),
    ("a date that is none", edited("*20261125*0915~\nNM1", "*20261325*0915~\nNM1", base("hl7-in-bin-x211")), {("BGN", 3)}),
    ("a count that is no number", edited("BIN*", "BIN*x", base("hl7-in-bin-x211")), {("BIN", 1)}),
    ("no EFI", without("EFI*", base("hl7-in-bin-x211")), set()),
    ("addresses", edited("NM1*QC", "N3*1 MAIN ST~\nN4*LARKSPUR FALLS*CO*80921~\nNM1*QC", base("hl7-in-bin-x211")), set()),
    ("four names", edited("NM1*1P", "NM1*41*2*RELAY*****46*77~\nNM1*1P", base("hl7-in-bin-x211")), set()),
    ("a segment that X12 does not know", edited("REF*EJ", "XQX*1~\nREF*EJ", base("hl7-in-bin-x211")), {("?", None)}),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "errors"), [pytest.param(raw, errors, id=name) for name, raw, errors in X211])
def test_the_guide_that_could_not_be_read_rejects_what_is_certain_alone(raw: bytes, errors: set[tuple[object, ...]]) -> None:
    found = judged(raw)
    assert {(segment, element) for severity, segment, _, element, _ in found if severity == "error"} == errors


def test_the_999_of_attachments_is_valid_and_other_groups_are_none_of_its() -> None:
    isa = b"ISA*00*          *00*          *ZZ*AA             *ZZ*BB             *261125*0915*^*00501*000000001*0*T*:~"
    envelope = isa + b"GS*FA*AA*BB*20261125*0915*1*X*005010X231A1~%sGE*1*1~IEA*1*000000001~"
    body = b"ST*999*0001*005010X231A1~AK1*%s*1*006020X316~AK2*%s*0001*006020X316~IK5*A~AK9*A*1*1*1~SE*6*0001~"
    assert judged(envelope % (body % (b"PI", b"275"))) == []
    assert [one[1:4] for one in judged(envelope % (body % (b"PO", b"850")))] == [("AK1", "HEADER", 1), ("AK2", "2000", 1)]


def test_the_guides_know_their_lengths() -> None:
    for name, longest in (("275-X316", 80), ("275-X211", 50)):
        trn = next(child for child in catalog.load(name).loop("2000A").children if child.xid == "TRN")
        assert trn.elements[1].data.max == longest


def test_the_digest_of_a_file_covers_the_data_that_was_leapt_over(tmp_path: Path) -> None:
    large = base().replace(b"BDS*B64*208*", b"BDS*B64*%d*" % (208 + 3_000_000) + b"QUFB" * 750_000)
    (tmp_path / "large.edi").write_bytes(large)
    with (tmp_path / "large.edi").open("rb") as file:
        for stream in (io.BytesIO(large), file, Pipe(large)):
            report = Report(stream, "large.edi")
            assert list(report) == []
            assert (report.summary.sha256, report.summary.transactions) == (hashlib.sha256(large).hexdigest(), 1)


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation("a pipe")
