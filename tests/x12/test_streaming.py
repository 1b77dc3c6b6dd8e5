"""Sources, limits and memory of the reader."""

import io
import tracemalloc

import pytest

from x12retro.errors import SystemFailure, UsageError
from x12retro.findings import Finding
from x12retro.x12 import InterchangeEnd, Transaction, read

ISA = b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260711*1200*^*00501*000000001*0*T*:~"
GS = b"GS*HI*SENDER*RECEIVER*20260711*1200*1*X*005010X217~"
SET = b"ST*278*0001*005010X217~NM1*IL*1*DOE*JANE~SE*3*0001~"
END = b"GE*1*1~IEA*1*000000001~"
WHOLE = ISA + GS + SET + END


class Generated(io.RawIOBase):
    """A stream of any size that exists nowhere: a head, a body repeated to `size` bytes, a tail. It cannot seek."""

    def __init__(self, head, body, size, tail=b""):
        self.parts = [head, *([body * (65536 // len(body))] * (size // 65536)), tail]

    def read(self, _n=-1):
        return self.parts.pop(0) if self.parts else b""


def test_bytes_paths_and_streams_read_alike(tmp_path):
    path = tmp_path / "in.edi"
    path.write_bytes(WHOLE)
    expected = [type(f) for f in read(WHOLE)]
    assert len(expected) == 5
    for source in (bytearray(WHOLE), memoryview(WHOLE), str(path), path, io.BytesIO(WHOLE), Generated(WHOLE, b" ", 0)):
        assert [type(f) for f in read(source)] == expected


def test_a_path_that_cannot_be_opened_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match=r"No such|directory"):
        list(read(tmp_path / "absent.edi"))
    with pytest.raises(UsageError, match=r"No such|directory"):
        list(read(tmp_path))


def test_a_stream_that_breaks_off_is_a_system_failure():
    class Broken(io.RawIOBase):
        def read(self, _n=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(SystemFailure):
        list(read(Broken()))


@pytest.mark.parametrize("tail", [b"", b"~SE*3*0001~" + END])
def test_a_segment_of_50_mb_gives_one_finding_in_flat_memory(tail):
    source = Generated(ISA + GS + b"ST*278*0001*005010X217~MSG*", b"A", 50_000_000, tail)
    frames, peak = traced(source)
    (finding,) = (f for f in frames if isinstance(f, Finding))
    assert (finding.rule, finding.transaction, finding.segment) == ("X12-SEG-001", "0001", 2)
    assert [f.complete for f in frames if isinstance(f, Transaction)] == [False]
    assert isinstance(frames[-1], InterchangeEnd) or isinstance(frames[-2], InterchangeEnd)
    assert peak < 8_000_000


def test_half_a_message_of_many_sets_is_read_in_flat_memory():
    source = Generated(ISA + GS, SET, 8_000_000)
    sets = 0
    tracemalloc.start()
    for frame in read(source):
        sets += isinstance(frame, Transaction)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sets > 120_000
    assert peak < 4_000_000


def test_a_set_beyond_the_limit_is_cut_off_and_the_next_one_is_read():
    long = b"ST*278*0001~" + b"MSG*TEXT~" * 1000 + b"SE*1002*0001~"
    frames = list(read(ISA + GS + long + SET + END, max_transaction=4096))
    assert [(f.complete, len(f.raw) <= 4096) for f in frames if isinstance(f, Transaction)] == [(False, True), (True, True)]
    assert [f.rule for f in frames if isinstance(f, Finding)] == ["X12-SET-001"]


def test_a_long_segment_between_sets_is_skipped_and_the_rest_is_read():
    frames = list(read(ISA + GS + SET + b"REF*" + b"A" * 5000 + b"~" + SET + END, max_segment=1000))
    assert sum(isinstance(f, Transaction) for f in frames) == 2
    assert [f.rule for f in frames if isinstance(f, Finding)] == ["X12-SEG-001"]


def test_junk_of_any_size_is_looked_through_in_flat_memory():
    frames, peak = traced(Generated(b"text ", b"some text, no message; ", 5_000_000, b"\n" + WHOLE))
    assert sum(isinstance(f, Transaction) for f in frames) == 1
    assert frames[0].rule == "X12-FILE-005"
    assert peak < 4_000_000


def traced(source):
    tracemalloc.start()
    frames = list(read(source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return frames, peak


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n"])
@pytest.mark.parametrize("stray", [b"\r", b"\n"])
def test_a_line_break_inside_a_segment_is_taken_out_whatever_ends_the_lines(line_break, stray):
    whole = WHOLE.replace(b"~", b"~" + line_break)
    crooked = whole.replace(b"JANE", b"JA" + stray + b"NE")
    (plain,), (broken,) = ([f for f in read(data) if isinstance(f, Transaction)] for data in (whole, crooked))
    assert (plain.clean, broken.clean) == (True, False)
    assert [s.fields for s in broken.segments()] == [s.fields for s in plain.segments()]
