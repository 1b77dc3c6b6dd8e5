"""Round trips and hostile bytes: written values read back the same, frames don't depend on chunks or lanes, nothing crashes."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from x12retro.findings import Finding
from x12retro.x12 import Delimiters, GroupEnd, GroupStart, InterchangeEnd, InterchangeStart, Stray, Ta1, Transaction, Writer, read
from x12retro.x12.envelope import check_envelope
from x12retro.x12.hl import hl_tree
from x12retro.x12.reader import read_carefully
from x12retro.x12.writer import Repeats, write_frames

ISA = ["00", "", "00", "", "ZZ", "SENDER", "ZZ", "RECEIVER", "260711", "1200", "", "00501", "1", "0", "T"]
GS = ["HI", "SENDER", "RECEIVER", "20260711", "1200", "1", "X", "005010X217"]
WHOLE = (
    b"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260711*1200*^*00501*000000001*0*T*:~\n"
    b"GS*HI*SENDER*RECEIVER*20260711*1200*1*X*005010X217~\nST*278*0001*005010X217~\nBHT*0007*13*A1~\nHL*1**20*1~\n"
    b"NM1*IL*1*DOE*JANE~\nSE*5*0001~\nST*278*0002~\nMSG*A~\nSE*3*0002~\nGE*2*1~\nIEA*1*000000001~\n"
)

delimiters = st.lists(st.sampled_from("*|:>^+{}!\x1c\x1d\x1e\x1f~'"), min_size=4, max_size=4, unique=True).map(
    lambda d: Delimiters(d[0], d[1], d[2], d[3])
)
ids = st.from_regex(r"[A-Z][A-Z0-9]{1,2}", fullmatch=True).filter(lambda i: i not in ("ISA", "IEA", "GS", "GE", "ST", "SE", "TA1"))


@st.composite
def messages(draw):
    """Delimiters, line break and segments (id and elements, each a list of repeats, each a list of components)."""
    marks = draw(delimiters)
    letters = st.characters(
        codec="utf-8",
        exclude_categories=("Cc", "Cs"),
        exclude_characters=marks.element + marks.component + marks.repetition + marks.segment,
    )
    component = st.text(letters, max_size=8)
    composite = st.lists(component, min_size=1, max_size=3)
    element = st.lists(composite, min_size=1, max_size=3)
    segments = draw(st.lists(st.tuples(ids, st.lists(element, max_size=5)), max_size=8))
    return marks, draw(st.sampled_from(("", "\n", "\r\n"))), segments


def trimmed(values, empty):
    values = list(values)
    while values and values[-1] == empty:
        values.pop()
    return values


def normal(elements):
    """The values without what the writer leaves out: empty components, repeats and elements at the end."""
    out = [trimmed((tuple(trimmed(c, "")) for c in element), ()) for element in elements]
    return trimmed(out, [])


def read_back(segment, marks):
    return normal([[marks.components(r) for r in marks.repeats(text)] for text in segment.fields[1:]])


@settings(max_examples=150, deadline=None)
@given(messages(), st.integers(1, 80))
def test_what_is_written_reads_back_the_same_in_any_chunks(message, chunk):
    marks, line_break, segments = message
    out = bytearray()
    writer = Writer(out, marks, line_break)
    with writer.interchange(ISA), writer.group(GS), writer.transaction("278", "0001"):
        for id_, elements in segments:
            writer.segment(id_, *(Repeats(e) for e in elements))
    frames = list(check_envelope(read(io.BytesIO(out), chunk=chunk)))
    odd = [f for f in frames if isinstance(f, Finding)]
    assert odd == []
    (transaction,) = (f for f in frames if isinstance(f, Transaction))
    found = [(s.id, read_back(s, marks)) for s in transaction.segments()[1:-1]]
    assert found == [(id_, normal(elements)) for id_, elements in segments]
    again = bytearray()
    write_frames(read(bytes(out)), again)
    assert again == out


def told(frames):
    """Everything a frame says, as plain values that can be compared; `clean` is how it was found, not what."""
    out = []
    for f in frames:
        if isinstance(f, Transaction):
            out.append(("set", f.offset, f.raw, f.complete, f.control, f.count(), [(s.offset, s.position, s.fields) for s in f.segments()]))
        elif isinstance(f, Finding):
            out.append(f)
        elif isinstance(f, InterchangeStart):
            out.append(("isa", f.offset, f.delimiters, f.line_break, f.isa and f.isa.fields))
        elif isinstance(f, GroupStart):
            out.append(("gs", f.offset, f.gs and f.gs.fields))
        elif isinstance(f, GroupEnd):
            out.append(("ge", f.transactions, f.ge and f.ge.fields))
        elif isinstance(f, InterchangeEnd):
            out.append(("iea", f.groups, f.tail, f.iea and f.iea.fields))
        else:
            out.append((type(f).__name__, f.segment.offset, f.segment.fields))
    return out


@st.composite
def damaged(draw):
    """A message with a few bytes taken out, put in or copied elsewhere."""
    data = WHOLE if draw(st.booleans()) else WHOLE.replace(b"\n", b"")
    pieces = st.sampled_from(
        (b"~", b"\n", b"*", b"ISA*", b"SE*", b"ST*278*", b"~GE*1*1~", b"IEA*", b" ", b"\0", b"x", b"\xe9", b"~~", WHOLE[:110], b"\r\n")
    )
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(pieces | st.just(b"")) + data[at + draw(st.integers(0, 40)) :]
    return data


@settings(max_examples=400, deadline=None)
@given(damaged(), st.integers(1, 300))
def test_chunks_and_lanes_make_no_difference_to_what_is_read(data, chunk):
    expected = told(read(data))
    assert told(read(io.BytesIO(data), chunk=chunk)) == expected
    assert told(read_carefully(data)) == expected


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | damaged() | st.binary(max_size=200).map(lambda b: WHOLE[:160] + b))
def test_any_bytes_give_nested_frames_or_a_finding_and_never_an_exception(data):
    nesting, count = [], 0
    for frame in check_envelope(read(data)):
        count += 1
        if isinstance(frame, InterchangeStart):
            assert nesting == []
            nesting.append("interchange")
        elif isinstance(frame, GroupStart):
            assert nesting == ["interchange"]
            nesting.append("group")
        elif isinstance(frame, Transaction):
            assert nesting == ["interchange", "group"]
            hl_tree(frame.segments())
        elif isinstance(frame, GroupEnd):
            assert nesting.pop() == "group"
        elif isinstance(frame, InterchangeEnd):
            assert nesting.pop() == "interchange"
        elif isinstance(frame, Ta1 | Stray):
            assert nesting[:1] == ["interchange"]
    assert nesting == []
    assert count > 0
