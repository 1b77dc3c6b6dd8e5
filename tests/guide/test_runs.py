"""Right sets are taken as runs of many; what is found, and where, is what judging every set by itself finds."""

from __future__ import annotations

import io
import multiprocessing
import re
from collections.abc import Iterable
from concurrent.futures import Future

import pytest

from x12retro.build import write
from x12retro.errors import SystemFailure
from x12retro.findings import Finding
from x12retro.guide import parallel, swift
from x12retro.guide.judge import Checked, Part, _judge, validate
from x12retro.guide.parallel import JudgePool
from x12retro.guide.places import fixtures_dir
from x12retro.guide.report import Report
from x12retro.guide.rules import Context
from x12retro.guide.run_lane import RunLane
from x12retro.guide.set_judge import SetJudge
from x12retro.synth.encounters import AS_OF
from x12retro.synth.messages import partner_for, requests
from x12retro.x12 import Run, Segment, Transaction, check_envelope, read

CONTEXT = Context(as_of=AS_OF)
ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261201*1200*^*00501*{:09d}*0*P*:~"
GS = "GS*HI*SENDER*RECEIVER*20261201*1200*{}*X*005010X217~"
Sets = list[list[str]]


@pytest.fixture(autouse=True)
def _pays_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swift, "PAYS_AFTER", 1)


@pytest.fixture(scope="module")
def right() -> Sets:
    """Forty right requests as segments; the first has every kind of segment, and no finding either but advice."""
    out = io.BytesIO()
    assert sum(1 for _ in write(out, requests(39, 3), partner_for(None), as_of=AS_OF)) == 39
    every_loop = (fixtures_dir() / "guide" / "every-loop-request.edi").read_text(encoding="ascii")
    texts = re.findall(r"ST\*.*?SE\*[^~]*", every_loop + out.getvalue().decode("ascii"), re.DOTALL)
    return [text.split("~\n") for text in texts]


def numbered(sets: Sets) -> Sets:
    """ST02 and SE02 count up; SE01 is right."""
    return [[f"ST*278*{n:04d}*005010X217", *lines[1:-1], f"SE*{len(lines)}*{n:04d}"] for n, lines in enumerate(sets, 1)]


def groups(*all_sets: Sets, line_break: str = "\n") -> bytes:
    """One interchange, one group for each list of sets."""
    parts = [ISA.format(1)]
    for n, sets in enumerate(all_sets, 1):
        parts += [GS.format(n), *(f"{line}~" for lines in sets for line in lines), f"GE*{len(sets)}*{n}~"]
    parts.append(f"IEA*{len(all_sets)}*000000001~")
    return "".join(part + line_break for part in parts).encode("latin-1")


def told(found: Iterable[Checked]) -> tuple[list[tuple[object, ...]], list[Finding]]:
    """What can be compared of a stream's `Checked`: its parts in order, and all findings in order.

    What is found behind the last set of a group may come before that set, if it comes by itself: it is no part.
    """
    found = list(found)
    parts = [(type(c.part), *_place(c.part), c.guide, c.findings) for c in found if c.part is not None]
    return parts, [f for c in found for f in c.findings]


def _place(part: Part | None) -> tuple[object, ...]:
    if isinstance(part, Transaction):
        return part.offset, part.raw, part.control, part.group.control
    segment = getattr(part, "ge", None) or getattr(part, "gs", None)
    return (segment.offset if isinstance(segment, Segment) else None, getattr(part, "transactions", None))


def one_by_one(data: bytes) -> tuple[list[tuple[object, ...]], list[Finding]]:
    return told(_judge(check_envelope(read(data)), SetJudge(7, CONTEXT), None))


def in_runs(data: bytes, chunk: int = 1 << 18) -> tuple[list[tuple[object, ...]], list[Finding]]:
    judge = SetJudge(7, CONTEXT)
    found = _judge(check_envelope(read(io.BytesIO(data), chunk=chunk, lane=RunLane(judge))), judge, None)
    return told(each for checked in found for each in _parted(checked))


def _parted(checked: Checked) -> Iterable[Checked]:
    part = checked.part
    return [Checked((), one, checked.guide) for one in part.transactions()] if isinstance(part, Run) else [checked]


def sets_in_runs(data: bytes) -> int:
    return sum(len(c.part) for c in validate(data, as_of=AS_OF, runs=True) if isinstance(c.part, Run))


FAULTS = {
    "a code that the guide does not know": lambda text: text.replace("UM*", "UM*Z", 1),
    "a value that ends blank": lambda text: text.replace("*Three", "* Three").replace("NM1*FA*2*", "NM1*FA*2*X *", 1),
    "a value of a blank": lambda text: re.sub(r"(HL\*1\*)\*20", r"\1 *20", text),
    "a range that runs backwards": lambda text: text.replace("HI*", "DTP*ABC*D8*20261101\nHI*", 1).replace(
        "D8*20261101", "RD8*20261101-20261001"
    ),
    "a subdivision of no country": lambda text: re.sub(r"(?m)^(N4\*[^*\n]*\*[^*\n]*\*[^*\n]*)$", r"\1*QQ", text, count=1),
    "a level with a wrong number": lambda text: text.replace("HL*2*1*21", "HL*7*1*21"),
    "a level that says it has no other below": lambda text: text.replace("HL*2*1*21*1", "HL*2*1*21*0"),
    "a wrong SE01": lambda text: re.sub(r"SE\*\d+", "SE*7", text),
    "SE01 with a zero before it": lambda text: re.sub(r"SE\*", "SE*0", text),
    "a wrong SE02": lambda text: re.sub(r"(SE\*\d+)\*\d+", r"\1*9999", text),
    "no SE": lambda text: re.sub(r"\nSE\*.*", "", text),
    "an NPI with a wrong check digit": lambda text: re.sub(
        r"\*XX\*(\d{9})(\d)", lambda m: f"*XX*{m[1]}{(int(m[2]) + 1) % 10}", text, count=1
    ),
    "an NPI that is none": lambda text: re.sub(r"\*XX\*\d{10}", "*XX*12345", text, count=1),
    "a birth after the message": lambda text: re.sub(r"DMG\*D8\*\d{8}", "DMG*D8*20270101", text, count=1),
    "a message from the future": lambda text: re.sub(r"(BHT\*0007\*13\*[^*]*\*)\d{8}", r"\g<1>20280101", text),
    "a diagnosis without its dot left out": lambda text: re.sub(r"HI\*AB([KFJ]):", r"HI*AB\1:I1.0", text, count=1),
    "a trace used twice": lambda text: re.sub(r"TRN\*1\*[^*]*L00\d", "TRN*1*TWICE", text),
    "a document's number used twice": lambda text: re.sub(
        r"\nHL\*(\d+)\*(\d+)\*SS", "\nPWK*OZ*EL***AC*7\nPWK*OZ*EL***AC*7" + r"\nHL*\1*\2*SS", text, count=1
    ),
    "text that is not ASCII": lambda text: text.replace("NM1*IL*1*", "NM1*IL*1*\xc9"),
    "text that ends in ISA": lambda text: re.sub(r"NM1\*IL\*1\*[^*]*", "NM1*IL*1*VISA", text),
    "a line break within a segment": lambda text: text.replace("NM1*IL*1*", "NM1*IL*1*\r\n"),
    "another guide": lambda text: text.replace("005010X217", "005010X999"),
    "no guide": lambda text: text.replace("*005010X217", ""),
    "an answer": lambda text: text.replace("BHT*0007*13", "BHT*0007*11"),
    "another set": lambda text: text.replace("ST*278", "ST*270"),
    "a set within the set": lambda text: text.replace("\nHL*2*", "\nST*278*0777*005010X217\nHL*2*"),
}


@pytest.mark.parametrize("where", [0, 20, 39])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_wherever_it_stands_in_a_run(right: Sets, fault: str, where: int) -> None:
    sets = numbered(right[1:] + right[:1])
    faulty = FAULTS[fault]("\n".join(sets[where])).split("\n")
    data = groups([*sets[:where], faulty, *sets[where + 1 :]])
    expected = one_by_one(data)
    assert in_runs(data) == expected
    assert sets_in_runs(data) >= 30, "the others are still taken as runs"
    assert (faulty != sets[where]) == (expected != one_by_one(groups(sets))), "the fault is one"


def test_right_sets_of_several_groups_are_runs_of_each(right: Sets) -> None:
    data = groups(numbered(right[1:20]), numbered(right[1:4]), numbered(right[4:]))
    runs = [(len(c.part), c.part.group.control) for c in validate(data, as_of=AS_OF, runs=True) if isinstance(c.part, Run)]
    assert runs == [(19, "1"), (3, "2"), (36, "3")]
    assert in_runs(data) == one_by_one(data)


def test_a_number_that_comes_again_is_found_in_a_run_and_across_runs(right: Sets) -> None:
    sets = numbered(right[1:])
    bad = FAULTS["a code that the guide does not know"]("\n".join(sets[10])).split("\n")
    again = [*sets[:5], sets[2], *sets[5:10], bad, *sets[11:20], sets[7], *sets[20:]]
    data = groups(again)
    expected = one_by_one(data)
    assert in_runs(data) == expected
    assert sum(f.rule == "X12-ST-001" for f in expected[1]) == 2


def two_groups(right: Sets, line_break: str) -> bytes:
    """Four short sets, the third with a fault."""
    few = numbered(sorted(right, key=len)[:3])
    bad = FAULTS["an NPI that is none"]("\n".join(few[1])).split("\n")
    return groups(few[:1], [few[0], bad, few[2]], line_break=line_break)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", ""])
def test_the_border_of_what_is_read_may_fall_about_the_end_of_any_segment_and_within_one(right: Sets, line_break: str) -> None:
    data = two_groups(right, line_break)
    expected = one_by_one(data)
    about_ends = {end.start() + step for end in re.finditer(b"~", data) for step in range(5)}
    for chunk in sorted({at for at in about_ends if 100 <= at <= len(data)} | set(range(100, len(data) + 1, 11))):
        assert in_runs(data, chunk) == expected, chunk


@pytest.mark.soak
@pytest.mark.parametrize("line_break", ["\n", "\r\n", ""])
def test_the_border_of_what_is_read_may_fall_anywhere(right: Sets, line_break: str) -> None:
    data = two_groups(right, line_break)
    expected = one_by_one(data)
    for chunk in range(100, len(data) + 1):
        assert in_runs(data, chunk) == expected, chunk


@pytest.mark.parametrize("delimiters", ["*:^~", "|>^\n", "+]\\'"])
def test_other_delimiters_and_line_ends(right: Sets, delimiters: str) -> None:
    sets = numbered(right[1:])
    bad = FAULTS["a range that runs backwards"]("\n".join(sets[10])).split("\n")
    usual = groups([*sets[:10], bad, *sets[11:]], line_break="").decode("latin-1").replace("+", " ").replace("'", " ")
    data = usual.translate(str.maketrans("*:^~", delimiters)).encode("latin-1")
    assert in_runs(data) == one_by_one(data)
    assert sets_in_runs(data) == 38


def test_uneven_line_ends_are_told_as_ever(right: Sets) -> None:
    sets = numbered(right[1:])
    for old, new in ((b"~\nST*278*0007", b"~ST*278*0007"), (b"~\nHL*2*", b"~\n\nHL*2*"), (b"~\nGE", b"~GE")):
        data = groups(sets, numbered(right[1:6])).replace(old, new, 1)
        assert in_runs(data) == one_by_one(data)


def test_a_report_counts_the_sets_of_runs(right: Sets) -> None:
    sets = numbered(right[1:])
    bad = FAULTS["a wrong SE01"]("\n".join(sets[10])).split("\n")
    report = Report(io.BytesIO(groups([*sets[:10], bad, *sets[11:]])), "in.edi", as_of=AS_OF)
    findings = list(report)
    assert [f.rule for f in findings] == ["X12-SE-001"]
    assert (report.summary.transactions, report.summary.transactions_rejected) == (39, 1)
    seen: list[Checked] = []
    tapped = Report(io.BytesIO(groups(sets)), "in.edi", as_of=AS_OF, tap=seen.append)
    assert list(tapped) == []
    assert sum(isinstance(c.part, Transaction) for c in seen) == tapped.summary.transactions == 39


def test_several_processes_find_the_same(right: Sets) -> None:
    sets = numbered(right[1:])
    mixed = [FAULTS[fault]("\n".join(lines)).split("\n") for fault, lines in zip(FAULTS, sets, strict=False)]
    many = numbered([*right[1:]] * 12)
    first = groups(many, sets, mixed, many)
    other = groups(many, line_break="\r\n").translate(bytes.maketrans(b"*:", b"|>")).replace(b"000000001", b"000000002")
    short = b"".join(groups(numbered(right[n : n + 1])).replace(b"000000001", b"%09d" % (n + 10)) for n in range(1, 30))
    data = first + other + short + groups(many).replace(b"000000001", b"000000003")
    expected = told(validate(data, as_of=AS_OF))
    assert expected == one_by_one(data)
    with JudgePool(2, 7, CONTEXT) as pool:
        assert told(validate(io.BytesIO(data), as_of=AS_OF, pool=pool)) == expected
        assert told(validate(data, as_of=AS_OF, pool=pool)) == expected


def looked_ahead(data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int]]:
    """How many sets come in runs and how many alone, when others look at chunks of five sets; and how long the chunks are."""
    sizes: list[int] = []

    def look(text: bytes, setting: parallel._Setting) -> Future[list[parallel._Seen]]:
        sizes.append(len(text))
        answer: Future[list[parallel._Seen]] = Future()
        answer.set_result(parallel._look(text, setting))
        return answer

    monkeypatch.setattr(parallel, "CHUNK", 5000)
    monkeypatch.setattr(parallel, "_own", SetJudge(7, CONTEXT))
    frames = list(read(io.BytesIO(data), chunk=3000, lane=parallel.LookAhead(look, 3)))
    return [sum(len(f) for f in frames if isinstance(f, Run)), sum(isinstance(f, Transaction) for f in frames)], sizes


def test_a_chunk_goes_on_over_the_ends_of_groups_and_interchanges(right: Sets, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [lines for lines in right[1:] if len(lines) < 30] * 3
    small = [groups(numbered(few[n : n + 1]), numbered(few[n + 1 : n + 2])).replace(b"000000001", b"%09d" % n) for n in range(1, 9)]
    found, sizes = looked_ahead(b"".join(small), monkeypatch)
    assert found == [16, 0]
    assert min(sizes[:-1]) > 2500
    assert max(sizes) <= 5000


def test_where_delimiters_change_in_a_chunk_the_others_follow(right: Sets, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [lines for lines in right[1:] if len(lines) < 30] * 3
    other = groups(numbered(few[3:9])).translate(bytes.maketrans(b"*:", b"|>")).replace(b"000000001", b"000000002")
    [together, alone], _ = looked_ahead(groups(numbered(few[:3])) + other + groups(numbered(few)), monkeypatch)
    assert together + alone == 9 + len(few)
    assert alone <= 5, "but for the sets of a chunk that was cut before it was known how"


def test_a_process_that_was_killed_is_told(right: Sets) -> None:
    data = groups(numbered([*right[1:]] * 12))
    with pytest.raises(SystemFailure, match="killed from outside"), JudgePool(2, 7, CONTEXT) as pool:
        checked = validate(data, as_of=AS_OF, pool=pool)
        next(checked)
        assert list(checked)
        for hand in multiprocessing.active_children():
            hand.kill()
            hand.join()
        list(validate(data, as_of=AS_OF, pool=pool))
