"""What the writer counts, trims, pads and refuses."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x12retro.errors import UnwritableData, UsageError
from x12retro.findings import Finding
from x12retro.x12 import Delimiters, Transaction, Writer, read
from x12retro.x12.envelope import check_envelope
from x12retro.x12.rendering import Rendering
from x12retro.x12.writer import Repeats, write_frames

ISA = ["00", "", "00", "", "ZZ", "SENDER", "ZZ", "RECEIVER", "260711", "1200", "", "00501", "1", "0", "T"]
GS = ["HI", "SENDER", "RECEIVER", "20260711", "1200", "7", "X", "005010X217"]


def written(*segments, delimiters=None, line_break=""):
    out = bytearray()
    writer = Writer(out, delimiters, line_break)
    with writer.interchange(ISA), writer.group(GS), writer.transaction("278", "0001", "005010X217"):
        for segment in segments:
            writer.segment(*segment)
    return bytes(out)


def test_the_envelope_is_counted_and_padded():
    text = written(("BHT", "0007", "13", "A1")).decode()
    assert text == (
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260711*1200*^*00501*000000001*0*T*:~"
        "GS*HI*SENDER*RECEIVER*20260711*1200*7*X*005010X217~"
        "ST*278*0001*005010X217~BHT*0007*13*A1~SE*3*0001~GE*1*7~IEA*1*000000001~"
    )
    assert text.index("GS*") == 106


def test_several_sets_and_groups_are_counted():
    out = io.BytesIO()
    writer = Writer(out, line_break="\r\n")
    with writer.interchange(ISA):
        writer.ta1("000000009", "260711", "1200", "A", "000")
        for control in ("1", "2"):
            with writer.group([*GS[:5], control, *GS[6:]]):
                for n in range(3):
                    with writer.transaction("278", f"{n:04d}"):
                        writer.segment("MSG", "TEXT")
    assert not [f for f in check_envelope(read(out.getvalue())) if isinstance(f, Finding)]
    assert b"GE*3*2~\r\nIEA*2*000000001~\r\n" in out.getvalue()


def test_nothing_empty_is_written_at_an_end():
    text = written(
        ("NM1", "IL", "1", "DOE", None, "", None),
        ("HI", ["ABK", "M1711", None, ""], Repeats([]), []),
        ("SV1", ["HC", "99213", None, "26"], "100"),
        ("DMG", None, Repeats(["A", ["B", "", "C"], ""])),
        ("SE1",),
    ).decode()
    assert "~NM1*IL*1*DOE~HI*ABK:M1711~SV1*HC:99213::26*100~DMG**A^B::C~SE1~SE*7*" in text


@pytest.mark.parametrize(
    ("segment", "path"),
    [
        (("NM1", "IL", "1", "SECRET~"), "NM103"),
        (("NM1", "IL", "1", "SEC*RET"), "NM103"),
        (("MSG", "SECRET\nLINE"), "MSG01"),
        (("MSG", "SECRET\x00"), "MSG01"),
        (("HI", ["ABK", "SECRET:1"]), "HI01-2"),
        (("REF", "G1", Repeats(["A", "SECRET^"])), "REF02"),
    ],
)
def test_text_that_would_be_cut_otherwise_is_refused_by_place_and_without_the_text(segment, path):
    with pytest.raises(UnwritableData) as refused:
        written(segment)
    assert refused.value.path == path
    assert "SECRET" not in str(refused.value)


def test_a_delimiter_of_another_interchange_is_plain_text():
    data = written(("MSG", "A:B*C~D"), delimiters=Delimiters("|", ">", "+", "\n"))
    (transaction,) = (f for f in read(data) if isinstance(f, Transaction))
    assert transaction.segments()[1][1] == "A:B*C~D"


def test_repeats_are_refused_where_there_is_no_repetition_separator():
    with pytest.raises(UnwritableData):
        written(("DMG", Repeats(["A", "B"])), delimiters=Delimiters(repetition=""))


@pytest.mark.parametrize(("at", "value"), [(5, "S" * 16), (12, "1234567890"), (1, "A*B"), (7, "É")])
def test_an_isa_element_that_does_not_fit_is_refused(at, value):
    elements = list(ISA)
    elements[at] = value
    with pytest.raises(UnwritableData) as refused:
        Writer(bytearray()).open_interchange(elements)
    assert refused.value.path == f"ISA{at + 1:02d}"
    assert value not in str(refused.value)


@pytest.mark.parametrize("delimiters", [Delimiters("*", "*"), Delimiters("A"), Delimiters("*", " "), Delimiters("*", ":", "^", "§")])
def test_delimiters_that_cannot_cut_are_refused(delimiters):
    with pytest.raises(UsageError):
        Writer(bytearray(), delimiters)


def test_what_is_out_of_order_is_wrong_usage():
    writer = Writer(bytearray())
    for act in (
        lambda: writer.open_group(GS),
        lambda: writer.segment("MSG", "A"),
        writer.close_transaction,
        writer.close_group,
        writer.close_interchange,
    ):
        with pytest.raises(UsageError):
            act()


def test_a_set_that_broke_off_is_not_closed_as_if_it_were_whole():
    out = bytearray()
    writer = Writer(out)
    with pytest.raises(UnwritableData), writer.interchange(ISA), writer.group(GS), writer.transaction("278", "0001"):
        writer.segment("MSG", "~")
    assert b"SE*" not in out
    assert b"IEA" not in out


def test_a_file_without_findings_is_written_again_byte_by_byte():
    for line_break in ("", "\n", "\r\n"):
        data = written(("MSG", "Grüße"), line_break=line_break) + b"\n\n"
        out = bytearray()
        write_frames(read(data), out)
        assert bytes(out) == data


PARTS = st.text(alphabet="aB1 -*:^~\n\x85é", max_size=3) | st.none()
ROWS = st.lists(st.tuples(st.just("ABC"), st.lists(PARTS | st.lists(PARTS, max_size=3).map(tuple), max_size=4)), min_size=1, max_size=3)


@given(ROWS)
def test_segments_rendered_together_are_those_rendered_one_by_one(rows):
    rendering = Rendering(Delimiters(), "\n")
    together = rendering.rows(rows)
    try:
        each = "".join(rendering.row(id_, elements) for id_, elements in rows)
    except UnwritableData as error:
        assert together is None
        assert error.path.startswith("ABC")
    else:
        assert together == each or (together is None and any(not elements for _, elements in rows))
