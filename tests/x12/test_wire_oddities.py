"""The crooked files of the field, one row each: what the reader makes of them and the findings it gives."""

import pytest

from x12retro.findings import Finding
from x12retro.x12 import GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, Stray, Ta1, Transaction, read

ISA = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260711*1200*^*00501*000000001*0*T*:~"
GS = b"GS*HI*SENDER*RECEIVER*20260711*1200*1*X*005010X217~"
SET = b"ST*278*0001*005010X217~BHT*0007*13*A1*20260711*1200~NM1*IL*1*DOE*JANE~SE*4*0001~"
END = b"GE*1*1~IEA*1*000000001~"
WHOLE = ISA + GS + SET + END
LETTERS = {InterchangeStart: "I", GroupStart: "G", Transaction: "T", GroupEnd: "g", InterchangeEnd: "i", Ta1: "A", Stray: "s"}


def wrapped(data, width=80):
    return b"\n".join(data[i : i + width] for i in range(0, len(data), width))


def isa(**changes):
    """The ISA with some elements (e1 to e16) changed."""
    elements = ISA[:-1].split(b"*")
    for name, value in changes.items():
        elements[int(name[1:])] = value
    return b"*".join(elements) + b"~"


CASES = {
    # what: (bytes, frames, rules of the findings)
    "a well-formed message": (WHOLE, "IGTgi", []),
    "line feed after each terminator": (WHOLE.replace(b"~", b"~\n"), "IGTgi", []),
    "CR LF after each terminator": (WHOLE.replace(b"~", b"~\r\n"), "IGTgi", []),
    "a blank after each terminator": (WHOLE.replace(b"~", b"~ "), "IGTgi", []),
    "white space after the end": (WHOLE + b"\n\n  ", "IGTgi", []),
    "a byte order mark": (b"\xef\xbb\xbf" + WHOLE, "IGTgi", ["X12-FILE-004"]),
    "indentation by loop": (WHOLE.replace(b"~", b"~\r\n").replace(b"NM1", b"   NM1"), "IGTgi", ["X12-SEG-005"]),
    "blank lines": (WHOLE.replace(b"~", b"~\n").replace(b"BHT", b"\n\nBHT"), "IGTgi", ["X12-SEG-005"]),
    "hard wrap at 80 columns": (wrapped(WHOLE), "IGTgi", ["X12-SEG-002", "X12-SEG-002"]),
    "hard wrap at 76 columns": (wrapped(WHOLE, 76), "IGTgi", ["X12-SEG-002", "X12-SEG-002"]),
    "hard wrap inside the id of SE": (WHOLE.replace(b"~SE", b"~S\r\nE"), "IGTgi", ["X12-SEG-002"]),
    "hard wrap inside the id of ST": (WHOLE.replace(b"~ST", b"~S\r\nT"), "IGTgi", ["X12-SEG-002"]),
    "a mail header before the ISA": (b"Subject: claims, GS and ISA\nTo: x\n\n" + WHOLE, "IGTgi", ["X12-FILE-005"]),
    "dots after the IEA": (WHOLE + b"....", "IGTgi", ["X12-FILE-006"]),
    "text between two interchanges": (WHOLE + b"\nnext file\n" + WHOLE, "IGTgiIGTgi", ["X12-FILE-006"]),
    "comments after the terminator": (WHOLE.replace(b"JANE~", b"JANE~  (Member)\n"), "IGTgi", ["X12-SEG-003", "X12-SEG-005"]),
    "a comment on the last line of a set": (WHOLE.replace(b"~SE", b"~ \xe2\x86\x90 see\nSE"), "IGTgi", ["X12-SEG-003", "X12-SEG-005"]),
    "no terminator at the end": (WHOLE[:-1], "IGTgi", ["X12-SEG-006"]),
    "doubled terminators": (WHOLE.replace(b"JANE~", b"JANE~~"), "IGTgi", ["X12-SEG-007"]),
    "SE missing": (ISA + GS + SET[: SET.index(b"SE*")] + END, "IGTgi", ["X12-SE-003"]),
    "SE missing between two sets": (ISA + GS + SET[: SET.index(b"SE*")] + SET + END, "IGTTgi", ["X12-SE-003"]),
    "GE missing": (ISA + GS + SET + b"IEA*1*000000001~", "IGTgi", ["X12-GE-003"]),
    "GE missing before the next GS": (ISA + GS + SET + GS + SET + END, "IGTgGTgi", ["X12-GE-003"]),
    "IEA missing": (ISA + GS + SET + b"GE*1*1~", "IGTgi", ["X12-IEA-001"]),
    "IEA missing before the next ISA": (ISA + GS + SET + b"GE*1*1~" + WHOLE, "IGTgiIGTgi", ["X12-IEA-001"]),
    "half a message": (WHOLE[: WHOLE.index(b"NM1*IL") + 9], "IGTgi", ["X12-IEA-001"]),
    "ST to SE alone": (SET, "IGTgi", ["X12-ISA-107"]),
    "two sets without envelope": (SET + SET, "IGTTgi", ["X12-ISA-107"]),
    "GS to GE alone": (GS + SET + b"GE*1*1~", "IGTgi", ["X12-ISA-107"]),
    "a set without a group": (ISA + SET + b"IEA*1*000000001~", "IGTgi", ["X12-GS-101"]),
    "TA1 alone": (ISA + b"TA1*000000007*260711*1200*A*000~IEA*0*000000001~", "IAi", []),
    "TA1 before GS": (ISA + b"TA1*000000007*260711*1200*A*000~" + GS + SET + END, "IAGTgi", []),
    "TA1 after GE": (ISA + GS + SET + b"GE*1*1~TA1*000000007*260711*1200*A*000~IEA*1*000000001~", "IGTgAi", ["X12-TA1-001"]),
    "several interchanges": (WHOLE + WHOLE, "IGTgiIGTgi", []),
    "several interchanges with different delimiters": (WHOLE + WHOLE.translate(bytes.maketrans(b"*~:", b"|\n>")), "IGTgiIGTgi", []),
    "an IEA without terminator before the next ISA": (WHOLE[:-1] + WHOLE, "IGTgiIGTgi", ["X12-SEG-006"]),
    "the same on a new line and with other delimiters": (
        WHOLE[:-1] + b"\n" + WHOLE.translate(bytes.maketrans(b"*~", b"|'")),
        "IGTgiIGTgi",
        ["X12-SEG-006"],
    ),
    "several groups and sets": (ISA + GS + SET + SET + b"GE*2*1~" + GS + SET + b"GE*1*1~IEA*2*000000001~", "IGTTgGTgi", []),
    "the letters ISA inside data": (WHOLE.replace(b"DOE*JANE", b"ISAAC*ISA"), "IGTgi", []),
    "segments outside any set": (ISA + GS + b"REF*G1*A~DTP*472*D8*20260711~" + SET + END, "IGssTgi", ["X12-SEG-004"]),
    "newline as terminator": (WHOLE.replace(b"~", b"\n"), "IGTgi", []),
    "CR LF as terminator": (WHOLE.replace(b"~", b"\r\n"), "IGTgi", []),
    "component separator >": (isa(e16=b">") + GS + SET + END, "IGTgi", []),
    "bar as element separator": (WHOLE.replace(b"*", b"|"), "IGTgi", []),
    "no repetition separator": (isa(e11=b"U", e12=b"00401") + GS + SET + END, "IGTgi", []),
    "an unpadded ISA": (isa(e2=b"", e4=b"", e6=b"A", e8=b"B", e13=b"1") + GS + SET + END, "IGTgi", ["X12-ISA-101"]),
    "an over-padded ISA": (isa(e6=b"SENDER" + b" " * 19) + GS + SET + END, "IGTgi", ["X12-ISA-101"]),
    "an over-long ISA element": (isa(e13=b"0000000001") + GS + SET + END, "IGTgi", ["X12-ISA-101"]),
    "ISA16 followed by blanks": (isa(e16=b":  ") + GS + SET + END, "IGTgi", ["X12-ISA-101"]),
    "ISA16 equal to the element separator": (isa(e16=b"*") + GS + SET + END, "", ["X12-ISA-103"]),
    "an ISA of three elements": (b"ISA*too*short~\n", "", ["X12-ISA-102"]),
    "an ISA cut short by the end of the file": (ISA[:60], "", ["X12-ISA-102"]),
    "an ISA without ISA16": (ISA.replace(b"*:~", b"~") + GS + SET + END, "", ["X12-ISA-102"]),
    "a bad ISA and a good one after it": (b"ISA*too*short~\n" + WHOLE, "IGTgi", ["X12-ISA-102"]),
    "a repetition separator that is the component separator": (isa(e11=b":") + GS + SET + END, "", ["X12-ISA-104"]),
    "a letter as component separator": (isa(e16=b"x") + GS + SET + END, "", ["X12-ISA-104"]),
    "zero bytes in the ISA": (isa(e2=b"\0" * 10) + GS + SET + END, "", ["X12-ISA-105"]),
    "UTF-16": (WHOLE.decode().encode("utf-16"), "", ["X12-FILE-003"]),
    "UTF-16 without a mark": (WHOLE.decode().encode("utf-16-be"), "", ["X12-FILE-003"]),
    "an empty file": (b"", "", ["X12-FILE-001"]),
    "nothing but white space": (b" \r\n\t\n", "", ["X12-FILE-001"]),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "", ["X12-FILE-002"]),
    "a mail that speaks of ISA, GS and ST": (b"The ISA, the GS* and the ST: all fine.\n", "", ["X12-FILE-002"]),
}


@pytest.mark.parametrize("name", CASES)
def test_an_oddity_gives_its_frames_and_its_findings(name):
    data, frames, rules = CASES[name]
    seen = list(read(data))
    assert "".join(LETTERS.get(type(f), "") for f in seen) == frames
    assert sorted(f.rule for f in seen if isinstance(f, Finding)) == sorted(rules)


@pytest.mark.parametrize("name", [n for n, (_, frames, _) in CASES.items() if frames.count("T") == 1 and "ISA inside" not in n])
def test_the_segments_of_an_odd_set_read_as_if_it_were_plain(name):
    data = CASES[name][0]
    (transaction,) = (f for f in read(data) if isinstance(f, Transaction))
    expected = [s.split("*") for s in SET.decode().split("~")[:-1]]
    if name in ("SE missing", "half a message"):
        assert not transaction.complete
        expected = expected[:-1]
    segments = transaction.segments()
    if name == "half a message":
        assert [s.id for s in segments] == [e[0] for e in expected]
        return
    assert [s.fields for s in segments] == expected
    assert [s.position for s in segments] == list(range(1, len(expected) + 1))


@pytest.mark.parametrize("name", [n for n, (_, frames, _) in CASES.items() if frames])
def test_each_offset_is_the_byte_where_the_segment_starts(name):
    data = CASES[name][0]
    for frame in read(data):
        if isinstance(frame, Transaction):
            assert data[frame.offset : frame.offset + len(frame.raw)] == frame.raw
            for segment in frame.segments():
                assert data[segment.offset : segment.offset + 1].decode() == segment.id[0]
        elif isinstance(frame, InterchangeStart | GroupStart):
            assert data[frame.offset : frame.offset + 1] in (b"I", b"G", b"S")


@pytest.mark.parametrize(
    ("head", "hint"), [(b"\x89PNG\r\n", "PNG"), (b"%PDF-1.7", "PDF"), (b"PK\x03\x04", "ZIP"), (b'{"a": 1}', "JSON"), (b"<xml/>", "XML")]
)
def test_what_is_no_x12_is_named_when_its_first_bytes_tell(head, hint):
    (finding,) = read(head + b" more")
    assert hint in finding.message


def test_delimiters_come_from_the_isa():
    data = WHOLE.translate(bytes.maketrans(b"*~:^", b"|\n>+"))
    start = next(read(data))
    assert (start.delimiters.element, start.delimiters.segment, start.delimiters.component, start.delimiters.repetition) == (
        "|",
        "\n",
        ">",
        "+",
    )
    start = next(read(isa(e11=b"^", e12=b"00401") + GS + SET + END))
    assert start.delimiters.repetition == ""
    assert start.delimiters.repeats("a^b") == ["a^b"]


def test_all_wrong_isa_widths_are_told_in_one_finding():
    (finding,) = (f for f in read(isa(e6=b"A", e13=b"1") + GS + SET + END) if isinstance(f, Finding))
    assert "84 bytes" in finding.message
    assert "ISA06 has 1 instead of 15" in finding.message
    assert "ISA13 has 1 instead of 9" in finding.message


def test_no_finding_and_no_repr_tells_a_value_of_the_message():
    secrets = ("SECRETUSER", "SECRETPASS", "QDOEQ", "QJANEQ")
    data = (
        isa(e1=b"03", e2=b"SECRETUSER", e3=b"01", e4=b"SECRETPASS", e13=b"1") + GS + SET.replace(b"DOE*JANE", b"QDOEQ*QJANEQ\n") + b"QDOEQ~"
    )
    told = "".join(repr(f) for f in read(data))
    assert not [s for s in secrets if s in told]
    assert "Finding" in told
