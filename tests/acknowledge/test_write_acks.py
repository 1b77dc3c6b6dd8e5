"""What is received -> TA1 and 999: verdicts, counts, addresses, numbers, and what is never acknowledged."""

from __future__ import annotations

import pytest

from x12retro.errors import UsageError
from x12retro.x12.control import ControlNumbers


def message(lines: list[str]) -> bytes:
    return "".join(one + "~\n" for one in lines).encode("ascii")


def replaced(lines: list[str], prefix: str, element: int, value: str) -> list[str]:
    done = list(lines)
    n = next(i for i, line in enumerate(lines) if line.startswith(prefix))
    fields = done[n].split("*")
    fields[element] = value
    done[n] = "*".join(fields)
    return done


def with_sets(lines: list[str], *sets: list[str]) -> list[str]:
    """The message with these sets (ST to SE) in place of its own."""
    count = replaced(lines, "GE*", 1, str(len(sets)))
    return [*count[:2], *(line for one in sets for line in one), *count[-2:]]


def numbered(lines: list[str], control: str) -> list[str]:
    return replaced(replaced(lines[2:-2], "ST*", 2, control), "SE*", 2, control)


def test_a_clean_message_is_accepted_and_no_ta1_comes_unasked(acks, request_lines) -> None:
    done = acks.acknowledge(message(request_lines))
    assert done.ta1 == b""
    assert done.lines == [
        "ISA*00*          *00*          *ZZ*EXAMPLEPAYER   *ZZ*GENERALHOSP    *261124*1030*^*00501*000000001*0*T*:",
        "GS*FA*EXAMPLEPAYER*GENERALHOSP*20261124*1030*1*X*005010X231A1",
        "ST*999*0001*005010X231A1",
        "AK1*HI*101*005010X217",
        "AK2*278*0001*005010X217",
        "IK5*A",
        "AK9*A*1*1*1",
        "SE*6*0001",
        "GE*1*1",
        "IEA*1*000000001",
    ]
    assert not done.tally.rejected


def test_a_ta1_comes_when_it_is_asked_for(acks, request_lines) -> None:
    done = acks.acknowledge(message(replaced(request_lines, "ISA*", 14, "1")))
    assert acks.segments(done.ta1)[1:] == ["TA1*000000101*261103*0930*A*000", "IEA*0*000000001"]
    assert acks.our_verdict(done.ta1) == []


def test_the_ta1_may_stand_before_the_gs_of_the_999(acks, request_lines) -> None:
    done = acks.acknowledge(message(replaced(request_lines, "ISA*", 14, "1")), ta1_before_gs=True)
    assert done.ta1 == b""
    assert [line.split("*")[0] for line in acks.segments(done.functional)][:3] == ["ISA", "TA1", "GS"]
    assert acks.our_verdict(done.functional) == []
    assert acks.pyx12_accepts(done.functional)


def test_one_bad_set_of_three_does_not_sink_its_group(acks, request_lines) -> None:
    bad = replaced(numbered(request_lines, "0002"), "UM*", 1, "ZZ")
    done = acks.acknowledge(message(with_sets(request_lines, numbered(request_lines, "0001"), bad, numbered(request_lines, "0003"))))
    assert acks.only(done.lines, "AK2", "IK3", "IK4", "IK5", "AK9") == [
        "AK2*278*0001*005010X217",
        "IK5*A",
        "AK2*278*0002*005010X217",
        "IK3*UM*29**8",
        "IK4*1*1525*7",
        "IK5*R*5",
        "AK2*278*0003*005010X217",
        "IK5*A",
        "AK9*P*3*3*2",
    ]
    assert (done.tally.sets, done.tally.sets_rejected, done.tally.groups_rejected) == (3, 1, 0)
    (group,) = done.acks
    assert [one.verdict for one in group.sets] == ["accepted", "rejected", "accepted"]
    assert group.verdict == "partially_accepted"
    assert group.findings == ()


def test_several_faults_of_a_segment_share_one_ik3(acks, request_lines) -> None:
    lines = replaced(replaced(request_lines, "UM*", 2, "9"), "UM*", 10, "99")
    assert acks.only(acks.acknowledge(message(lines)).lines, "IK3", "IK4") == ["IK3*UM*29**8", "IK4*2*1322*7", "IK4*10*1514*7"]


def test_a_set_of_an_unknown_guide_is_rejected_with_its_group(acks, request_lines) -> None:
    lines = replaced(replaced(request_lines, "ST*", 3, "005010X999"), "GS*", 8, "005010X999")
    done = acks.acknowledge(message(lines))
    assert acks.only(done.lines, "AK1", "AK2", "IK5", "AK9") == [
        "AK1*HI*101*005010X999",
        "AK2*278*0001*005010X999",
        "IK5*R*1",
        "AK9*R*1*1*0*2",
    ]
    assert acks.our_verdict(done.functional) == []
    assert acks.pyx12_accepts(done.functional)


def test_one_set_of_an_unknown_guide_among_known_ones_rejects_only_itself(acks, request_lines) -> None:
    strange = replaced(numbered(request_lines, "0002"), "ST*", 3, "005010X999")
    done = acks.acknowledge(message(with_sets(request_lines, numbered(request_lines, "0001"), strange)))
    assert acks.only(done.lines, "IK5", "AK9") == ["IK5*A", "IK5*R*1", "AK9*P*2*2*1"]


def test_a_set_that_a_999_cannot_name_is_counted_and_not_listed(acks, request_lines) -> None:
    strange = replaced(numbered(request_lines, "0002"), "ST*", 1, "850")
    done = acks.acknowledge(message(with_sets(request_lines, numbered(request_lines, "0001"), strange)))
    assert acks.only(done.lines, "AK2", "AK9") == ["AK2*278*0001*005010X217", "AK9*P*2*2*1*1"]
    assert done.told == ["X12-ACK-004"]
    assert acks.our_verdict(done.functional) == []
    assert acks.pyx12_accepts(done.functional)


def test_a_group_that_a_999_cannot_name_is_told_by_the_ta1(acks, request_lines) -> None:
    done = acks.acknowledge(message(replaced(request_lines, "GS*", 1, "PO")))
    assert done.functional == b""
    assert acks.only(done.lines, "TA1") == ["TA1*000000101*261103*0930*R*024"]
    assert done.told == ["X12-ACK-003"]
    assert (done.tally.sets, done.tally.sets_rejected) == (1, 1)


def test_beside_a_group_that_can_be_named_it_is_only_noted(acks, request_lines) -> None:
    purchase = ["GS*PO*GENERALHOSP*EXAMPLEPAYER*20261103*0930*102*X*005010", "ST*850*0001", "SE*2*0001", "GE*1*102"]
    done = acks.acknowledge(message([*request_lines[:-1], *purchase, "IEA*2*000000101"]))
    assert acks.only(done.lines, "TA1", "AK1", "AK9") == ["TA1*000000101*261103*0930*E*024", "AK1*HI*101*005010X217", "AK9*A*1*1*1"]


def test_acknowledgments_are_not_acknowledged(acks, request_lines) -> None:
    first = acks.acknowledge(message(replaced(request_lines, "ISA*", 14, "1")))
    for answer in (first.functional, first.ta1):
        done = acks.acknowledge(answer)
        assert done.functional == b""
        assert done.ta1 == b""
    assert acks.acknowledge(first.functional).told == ["X12-ACK-005"]


def test_a_ta1_alone_is_not_answered_even_when_it_asks_to_be(acks, request_lines) -> None:
    first = acks.acknowledge(message(replaced(request_lines, "ISA*", 14, "1")))
    asking = first.ta1.replace(b"*0*T*:~", b"*1*T*:~").replace(b"IEA*0", b"IEA*5")
    assert acks.acknowledge(asking).ta1 == b""


def test_a_rejected_interchange_leaves_no_set_accepted(acks, request_lines) -> None:
    bad = replaced(numbered(request_lines, "0002"), "UM*", 1, "ZZ")
    lines = with_sets(request_lines, numbered(request_lines, "0001"), bad)
    done = acks.acknowledge(message(replaced(lines, "IEA*", 2, "000000102")))
    assert acks.only(done.lines, "TA1") == ["TA1*000000101*261103*0930*R*001"]
    assert acks.only(done.lines, "IK3", "IK5", "AK9") == ["IK5*R", "IK3*UM*29**8", "IK5*R*5", "AK9*R*2*2*0"]
    assert done.tally.interchanges_rejected == 1
    assert done.tally.sets_rejected == 2


def test_a_group_at_fault_does_not_sink_the_other(acks, request_lines) -> None:
    other = replaced(replaced(request_lines[1:-1], "GS*", 6, "102"), "GE*", 2, "999")
    lines = [*request_lines[:-1], *other, "IEA*2*000000101"]
    done = acks.acknowledge(message(lines))
    assert done.ta1 == b""
    assert acks.only(done.lines, "AK1", "IK5", "AK9") == [
        "AK1*HI*101*005010X217",
        "IK5*A",
        "AK9*A*1*1*1",
        "AK1*HI*102*005010X217",
        "IK5*R",
        "AK9*R*1*1*0*4",
    ]


def test_a_second_group_of_the_same_number_is_the_one_rejected(acks, request_lines) -> None:
    done = acks.acknowledge(message([*request_lines[:-1], *request_lines[1:-1], "IEA*2*000000101"]))
    assert acks.only(done.lines, "AK9") == ["AK9*A*1*1*1", "AK9*R*1*1*0*19"]


def test_a_fault_of_the_gs_rejects_its_group_and_is_noted_in_the_ta1(acks, request_lines) -> None:
    other = replaced(replaced(request_lines[1:-1], "GS*", 6, "102"), "GE*", 2, "102")
    lines = [*request_lines[:-1], *replaced(other, "GS*", 4, "20261399"), "IEA*2*000000101"]
    done = acks.acknowledge(message(lines))
    assert acks.only(done.lines, "TA1", "AK9") == ["TA1*000000101*261103*0930*E*022", "AK9*A*1*1*1", "AK9*R*1*1*0"]


def test_a_group_without_sets_is_answered(acks, request_lines) -> None:
    empty = ["GS*HI*GENERALHOSP*EXAMPLEPAYER*20261103*0930*102*X*005010X217", "GE*0*102"]
    done = acks.acknowledge(message([*request_lines[:-1], *empty, "IEA*2*000000101"]))
    assert acks.only(done.lines, "AK1", "AK9")[2:] == ["AK1*HI*102*005010X217", "AK9*A*0*0*0"]
    assert acks.our_verdict(done.functional) == []


def test_every_interchange_of_a_file_gets_its_own_answer(acks, request_lines) -> None:
    second = replaced(replaced(request_lines, "ISA*", 13, "000000102"), "IEA*", 2, "000000102")
    second = replaced(replaced(second, "ISA*", 6, "OTHERHOSP      "), "GS*", 2, "OTHERHOSP")
    done = acks.acknowledge(message(request_lines) + message(second), always_ta1=True)
    assert [line.split("*")[8].strip() for line in acks.only(acks.segments(done.functional), "ISA")] == ["GENERALHOSP", "OTHERHOSP"]
    assert [line.split("*")[3] for line in acks.only(acks.segments(done.functional), "GS")] == ["GENERALHOSP", "OTHERHOSP"]
    assert [line.split("*")[1] for line in acks.only(done.lines, "TA1")] == ["000000101", "000000102"]


def test_a_number_used_twice_in_a_file_rejects_the_second_interchange(acks, request_lines) -> None:
    done = acks.acknowledge(message(request_lines) * 2)
    assert acks.only(done.lines, "TA1") == ["TA1*000000101*261103*0930*R*025"]
    assert acks.only(done.lines, "AK9") == ["AK9*A*1*1*1", "AK9*R*1*1*0"]


@pytest.mark.parametrize(
    ("isa", "code"),
    [
        ("ISA*00*          *00*          *ZZ*GENERALHOSP    *ZZ*EXAMPLEPAYER   *261103*0930*^*00501*000000101*0*T**~", "027"),
        ("ISA*00*          *00*          *ZZ*GENERALHOSP    *ZZ*EXAMPLEPAYER   *261103*0930*^*00501*000000101*0*T*A~", "026"),
        ("ISA*00*          *00*          *ZZ*GENERALHOSP    *ZZ*EXAMPLEPAYER   *261103*0930*^*00501*000000101*0~", "022"),
    ],
)
def test_a_refused_isa_is_answered_when_its_ids_can_be_had(acks, isa, code, request_lines) -> None:
    done = acks.acknowledge((isa + "\n").encode() + message(request_lines[1:]))
    assert acks.only(done.lines, "ISA")[0].split("*")[8].strip() == "GENERALHOSP"
    assert acks.only(done.lines, "TA1") == [f"TA1*000000101*261103*0930*R*{code}"]
    assert done.tally.interchanges_rejected == 1
    assert acks.our_verdict(done.ta1) == []


@pytest.mark.parametrize("peek", [True, False])
def test_a_refused_isa_that_does_not_say_who_sent_it_is_told(acks, peek) -> None:
    done = acks.acknowledge(
        b"ISA*00*          *00*GS*HI*A*B~\n" if peek else b"ISA*00*  *00*  *ZZ*A*ZZ*B*261103*0930*^*00501*000000101*0*T**~", peek=peek
    )
    assert done.ta1 == b""
    assert done.told == ["X12-ACK-002"]
    assert done.tally.rejected


def test_a_message_without_isa_is_told_and_not_answered(acks, request_lines) -> None:
    done = acks.acknowledge(message(request_lines[1:-1]))
    assert done.lines == []
    assert done.told == ["X12-ACK-001"]


@pytest.mark.parametrize(
    ("delimiters", "breaks"),
    [("|>!~", ""), ("*:^\n", ""), ("*:^~", "\r\n"), ("^:*~", "\n"), ("*:^\r", "\n")],
)
def test_the_answer_is_cut_as_the_question_was(acks, delimiters, breaks, request_lines) -> None:
    element, component, repetition, terminator = delimiters
    table = str.maketrans("*:^~", delimiters)
    text = "".join(line.translate(table) + terminator + breaks for line in request_lines)
    done = acks.acknowledge(text.encode())
    head = done.functional[:106].decode()
    assert (head[3], head[104], head[82], head[105]) == (element, component, repetition, terminator)
    assert done.functional.decode()[106:].startswith(breaks + "GS")
    assert acks.our_verdict(done.functional) == []
    assert [one.verdict for group in done.acks for one in group.sets] == ["accepted"]


def test_a_question_without_repetition_separator_gets_an_answer_with_one(acks, request_lines) -> None:
    lines = replaced(request_lines, "ISA*", 11, "U")
    assert done_isa(acks.acknowledge(message(lines)).functional)[11] == "^"


def done_isa(data: bytes) -> list[str]:
    return data.decode("ascii").split("~")[0].split("*")


def test_an_odd_set_number_is_replaced_and_told(acks, request_lines) -> None:
    done = acks.acknowledge(message(replaced(replaced(request_lines, "ST*", 2, "A-B"), "SE*", 2, "A-B")))
    assert acks.only(done.lines, "AK2") == ["AK2*278*0000*005010X217"]
    assert acks.only(done.lines, "IK5")[0].startswith("IK5*R*7")
    assert done.told == ["X12-ACK-006"]


def test_a_short_set_number_is_filled_up(acks, request_lines) -> None:
    done = acks.acknowledge(message(replaced(replaced(request_lines, "ST*", 2, "7"), "SE*", 2, "7")))
    assert acks.only(done.lines, "AK2") == ["AK2*278*0007*005010X217"]
    assert acks.our_verdict(done.functional) == []


def test_a_group_number_that_is_none_is_told_by_its_code(acks, request_lines) -> None:
    done = acks.acknowledge(message(replaced(replaced(request_lines, "GS*", 6, "ABC"), "GE*", 2, "ABC")))
    assert acks.only(done.lines, "AK1", "AK9") == ["AK1*HI*0*005010X217", "AK9*R*1*1*0*6"]
    assert acks.our_verdict(done.functional) == []


def test_warnings_are_told_only_when_asked_for(acks, request_lines) -> None:
    n = next(i for i, line in enumerate(request_lines) if line.startswith("HL*6*"))
    at = next(i for i in range(n, len(request_lines)) if request_lines[i].startswith("UM*"))
    lines = [*request_lines[:at], "UM*HS*I****03", *request_lines[at + 1 :]]  # UM06 of a service: the guide's fact is in doubt
    plain, told = acks.acknowledge(message(lines)), acks.acknowledge(message(lines), warnings=True)
    assert acks.only(plain.lines, "IK3", "IK4", "IK5", "AK9") == ["IK5*A", "AK9*A*1*1*1"]
    assert acks.only(told.lines, "IK4", "IK5", "AK9") == ["IK4*6*1338*I10", "IK5*E*I5", "AK9*E*1*1*1"]
    assert acks.our_verdict(told.functional) == []
    assert [one.verdict for group in told.acks for one in group.sets] == ["accepted_with_errors"]


def test_numbers_come_from_the_counter_and_go_round(acks, request_lines) -> None:
    numbers = ControlNumbers(interchange=999_999_999, group=999_999_999)
    first = acks.acknowledge(message(request_lines), numbers=numbers)
    second = acks.acknowledge(message(request_lines), numbers=numbers)
    assert [done_isa(x.functional)[13] for x in (first, second)] == ["999999999", "000000001"]
    assert [acks.only(x.lines, "GS")[0].split("*")[6] for x in (first, second)] == ["999999999", "1"]
    assert (numbers.interchange, numbers.group) == (2, 2)


def test_numbers_outside_the_range_are_refused() -> None:
    with pytest.raises(UsageError):
        ControlNumbers(interchange=0)


def test_the_same_input_and_numbers_give_the_same_bytes(acks, request_lines) -> None:
    assert acks.acknowledge(message(request_lines)).functional == acks.acknowledge(message(request_lines)).functional


def test_the_date_is_the_callers(acks, request_lines) -> None:
    assert done_isa(acks.acknowledge(message(request_lines)).functional)[9:11] == ["261124", "1030"]


def test_one_pass_gives_report_and_acknowledgments(acks, request_lines) -> None:
    from x12retro.acknowledge import AckWriter, acknowledging
    from x12retro.guide.judge import validate

    data = message(replaced(request_lines, "UM*", 1, "ZZ"))
    functional = bytearray()
    writer = AckWriter(functional, bytearray(), ControlNumbers(), acks.moment)
    passed = [f for checked in acknowledging(validate(data), writer) for f in checked.findings]
    assert passed == [f for checked in validate(data) for f in checked.findings]
    assert bytes(functional) == acks.acknowledge(data).functional


def test_memory_does_not_grow_with_the_sets(acks, request_lines) -> None:
    import tracemalloc

    from x12retro.acknowledge import AckWriter
    from x12retro.guide.judge import validate

    class Sink:
        size = 0

        def write(self, data: bytes, /) -> None:
            self.size += len(data)

    def peak(count: int) -> tuple[int, int]:
        sets = [numbered(request_lines, f"{n:06d}") for n in range(1, count + 1)]
        data = message(with_sets(request_lines, *sets))
        sink = Sink()
        writer = AckWriter(sink, sink, ControlNumbers(), acks.moment)
        tracemalloc.start()
        for checked in validate(data):
            writer.feed(checked)
        writer.close()
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top, sink.size

    peak(2)  # compiles the recogniser
    (small, _), (large, written) = peak(50), peak(400)
    assert written > 400 * 30
    assert large < small + 3_000_000
