"""Binary segments: cut by their count on bytes, whatever their data holds; wrong counts are told and lose nothing."""

import base64
import io
import pickle
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x12retro.errors import UsageError
from x12retro.findings import Finding
from x12retro.guide.places import fixtures_dir
from x12retro.x12 import BinarySegment, GroupEnd, InterchangeEnd, Transaction, read, write_frames

ISA = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261125*0915*^*00602*000000001*0*T*:~"
NASTY = b"~*:^\r\n SEGELXBDIN0123456789|\x00\xff"
payloads = st.lists(st.one_of(st.binary(max_size=2000), st.lists(st.sampled_from(NASTY), max_size=300).map(bytes)), min_size=1, max_size=4)


def message(data, counts=None, line_break=b"", lead=b"BDS*B64*%d*", after=b""):
    segments = [b"ST*275*0001*006020X316", b"BGN*02*R1*20261125*0915"]
    for n, one in enumerate(data, 1):
        segments += [b"LX*%d" % n, b"OOI*1*47*ATTACHMENT", lead % (len(one) if counts is None else counts[n - 1]) + one]
    segments.append(b"SE*%d*0001" % (len(segments) + 1))
    whole = [b"GS*PI*S*R*20261125*0915*1*X*006020X316", *segments, b"GE*1*1", b"IEA*1*000000001"]
    return ISA + line_break + b"".join(one + b"~" + line_break for one in whole) + after


class Pipe(io.RawIOBase):
    """A stream that cannot be sought in."""

    def __init__(self, data):
        self.inner = io.BytesIO(data)

    def read(self, n=-1):
        return self.inner.read(n)


def found(source, chunk=1 << 18):
    """The payloads, and the findings as (rule, element, code, segment)."""
    data, told = [], []
    for frame in read(source, chunk=chunk):
        if isinstance(frame, Finding):
            told.append((frame.rule, frame.element, frame.ack.code if frame.ack else "", frame.segment))
        elif isinstance(frame, Transaction):
            data += [b"".join(payload.pieces(701)) for payload in frame.payloads]
    return data, told


@settings(deadline=None, max_examples=150)
@given(payloads, st.sampled_from([b"", b"\n", b"\r\n"]), st.sampled_from([1, 13, 1 << 18]), st.sampled_from([b"BDS*B64*%d*", b"BIN*%d*"]))
def test_any_octets_come_out_as_they_went_in(data, line_break, chunk, lead):
    raw = message(data, None, line_break, lead)
    for source in (raw, io.BytesIO(raw), Pipe(raw)):
        assert found(source, chunk) == (data, [])


@settings(deadline=None, max_examples=60)
@given(payloads)
def test_segments_know_their_place_and_frames_are_written_again(data):
    raw = message(data, None, b"\n")
    (set_,) = (frame for frame in read(io.BytesIO(raw)) if isinstance(frame, Transaction))
    assert all(raw[one.offset :].startswith(one.id.encode()) for one in set_.segments())
    assert [one.position for one in set_.segments()] == list(range(1, 4 + 3 * len(data)))
    binary = [one for one in set_.segments() if isinstance(one, BinarySegment)]
    assert [one.payload for one in binary] == list(set_.payloads)
    assert [one[3] for one in binary] == [f"({len(one)} octets)" if one else "" for one in data]
    assert set_.size == len(b"".join(set_.pieces())) == raw.index(b"GE*1*1") - 1 - set_.offset
    again = io.BytesIO()
    write_frames(read(io.BytesIO(raw)), again)
    assert again.getvalue() == raw


BASE64 = base64.b64encode(bytes(range(200)))


@pytest.mark.parametrize("wrong", [0, 1, 16, len(BASE64) - 1, len(BASE64) + 1, len(BASE64) + 9, 2000, 999_999_999_999])
@pytest.mark.parametrize("data", [BASE64, b"line~LX*7~SE*4*0009~ and ~ more * of : it"], ids=["base64", "delimiters"])
def test_a_wrong_count_is_one_finding_and_loses_nothing(wrong, data):
    raw = message([data, b"second~"], [wrong, 7])
    code = "4" if wrong > len(data) else "5"
    for source in (raw, Pipe(raw)):
        assert found(source) == ([data, b"second~"], [("X12-BIN-001", 3, code, 5)])


def test_a_wrong_count_is_told_at_its_segment():
    raw = message([b"abcd", b"efgh"], [4, 9], b"\n")
    (finding,) = (frame for frame in read(raw) if isinstance(frame, Finding))
    assert raw[finding.offset :].startswith(b"BDS*B64*9*efgh~")


def test_every_wrong_count_of_a_file_is_told():
    data = [b"abcd", b"efgh~", b"ijkl"]
    assert found(message(data, [3, 6, 400])) == (
        data,
        [("X12-BIN-001", 3, "5", 5), ("X12-BIN-001", 3, "4", 8), ("X12-BIN-001", 3, "4", 11)],
    )


def test_a_count_that_is_no_number_is_the_guides_to_tell():
    raw = message([b"abc~def"]).replace(b"*7*abc", b"*7x*abc")
    assert found(raw) == ([b"abc~def"], [])


def test_a_count_below_zero_is_wrong():
    raw = message([b"abc~def"]).replace(b"*7*abc", b"*-7*abc")
    assert found(raw) == ([b"abc~def"], [("X12-BIN-001", 3, "5", 5)])


def test_a_wrong_count_before_a_wrong_trailer():
    raw = message([b"abcdef"], [2]).replace(b"SE*6*0001", b"SE*6*0009")
    assert found(raw) == ([b"abcdef"], [("X12-BIN-001", 3, "5", 5)])


@pytest.mark.parametrize("missing", [b"SE*6*0001~", b"SE*6*0001~GE*1*1~"])
def test_a_set_without_its_trailer_ends_where_the_next_one_is(missing):
    raw = message([b"ab~cdef"], [2]).replace(missing, b"")
    data, told = found(raw)
    assert data == [b"ab~cdef"]
    assert [rule for rule, *_ in told] == ["X12-BIN-001", "X12-SE-003" if b"GE" not in missing else "X12-GE-003"]


@pytest.mark.parametrize("left", [1, 7, 500])
def test_a_file_that_ends_among_the_data_gives_one_finding(left):
    raw = message([b"x" * 1000])
    cut = raw[: raw.index(b"xxx") + left]
    frames = list(read(io.BytesIO(cut)))
    (payload,) = (one for frame in frames if isinstance(frame, Transaction) for one in frame.payloads)
    assert (payload.size, payload.declared, payload.complete) == (left, 1000, False)
    assert found(Pipe(cut)) == ([b"x" * left], [("X12-IEA-001", None, "023", None)])


def test_what_follows_a_set_with_data_is_read():
    other = message([b"~GE*1*1~IEA*1*000000001~"]).replace(b"000000001*0*T", b"000000002*0*T")
    raw = message([b"ISA*00*          *00*"]) + other.replace(b"~IEA*1*000000001~", b"~IEA*1*000000002~", 2)
    frames = [frame for frame in read(raw) if not isinstance(frame, Finding)]
    assert sum(isinstance(frame, Transaction) for frame in frames) == 2
    assert [frame.transactions for frame in frames if isinstance(frame, GroupEnd)] == [1, 1]
    assert sum(isinstance(frame, InterchangeEnd) and frame.iea is not None for frame in frames) == 2


def test_the_data_cannot_be_had_when_the_file_is_closed(tmp_path):
    path = tmp_path / "in.edi"
    path.write_bytes(message([b"abc" * 1000]))
    (set_,) = (frame for frame in read(path, chunk=8) if isinstance(frame, Transaction))
    with pytest.raises(UsageError, match="while its file is open"):
        b"".join(set_.payloads[0].pieces())
    elsewhere = pickle.loads(pickle.dumps(set_.payloads[0]))  # as it comes to a judging process
    assert elsewhere.size == 3000
    with pytest.raises(UsageError, match="came without its file"):
        b"".join(elsewhere.pieces())


def test_a_long_segment_of_text_is_cut_off_in_a_set_with_data_too():
    raw = message([b"abc~"]).replace(b"BGN*02*R1", b"BGN*02*" + b"R" * 3000)
    told = [frame.rule for frame in read(raw, max_segment=1000) if isinstance(frame, Finding)]
    assert told == ["X12-SEG-001"]


FLAT = """
    import hashlib, sys
    from x12retro.x12 import Transaction, read
    source = sys.stdin.buffer if sys.argv[1] == "-" else sys.argv[1]
    for frame in read(source):
        if isinstance(frame, Transaction):
            digest = hashlib.sha256()
            for payload in frame.payloads:
                for piece in payload.pieces():
                    digest.update(piece)
            print(len(frame.payloads), frame.payloads[0].size, digest.hexdigest()[:8])
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("way", ["path", "pipe", "wrong count"])
def test_100_mb_of_data_are_never_in_memory(tmp_path, way):
    size = 100_000_000
    path = tmp_path / "large.edi"
    head, tail = message([b"@"], [size if way != "wrong count" else size + 17]).split(b"@")
    with path.open("wb") as file:
        file.write(head)
        for _ in range(size // 1_000_000):
            file.write(b"Ab~*" * 250_000)
        file.write(tail)
    command = [sys.executable, "-c", textwrap.dedent(FLAT), "-" if way == "pipe" else str(path)]
    with path.open("rb") as stream:
        done = subprocess.run(command, stdin=stream if way == "pipe" else None, capture_output=True, text=True, check=True)
    line, peak = done.stdout.splitlines()
    assert line.startswith(f"1 {size} ")
    assert int(peak) < 50_000, f"{peak} KB at the peak"


PIECES = [
    b"~",
    b"*",
    b"BDS*B64*",
    b"BIN*",
    b"SE*",
    b"LX*2",
    b"ST*275*0001",
    b"ISA*",
    b"GE*1*1~",
    b"\n",
    b"9999999",
    b"~\nSE*21*0001~",
    b"\0",
    b"",
]


@pytest.mark.parametrize("seed", range(10))
def test_broken_files_are_read_alike_from_any_source_and_no_byte_is_made_up(seed):
    dice = random.Random(seed)
    files = [path.read_bytes() for path in sorted((fixtures_dir() / "attachments").glob("*.edi"))]
    for _ in range(60):
        raw = bytearray(dice.choice(files))
        if dice.random() < 0.3:
            raw += dice.choice(files).replace(b"000000001", b"000000002")
        for _ in range(dice.randint(1, 6)):
            begin = dice.randrange(len(raw))
            raw[begin : begin + dice.choice([0, 0, 1, 1, 3, 20, 200])] = dice.choice(PIECES)
            raw = raw or bytearray(b"?")
        raw = bytes(raw)
        frames = list(read(raw))
        again = list(read(io.BytesIO(raw), chunk=dice.choice([1, 5, 100])))
        assert list(map(outline, frames)) == list(map(outline, again))
        for frame in frames:
            if isinstance(frame, Transaction):
                assert b"".join(frame.pieces()) == raw[frame.offset : frame.offset + frame.size]
                assert sum(isinstance(one, BinarySegment) for one in frame.segments()) == len(frame.payloads)


def outline(frame):
    if isinstance(frame, Finding):
        return frame.rule, frame.offset, frame.segment, frame.element
    return type(frame), getattr(frame, "offset", None), getattr(frame, "raw", None)
