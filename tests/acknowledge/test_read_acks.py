"""Acknowledgments that came back: what they say, and what of ours they speak of."""

from __future__ import annotations

import msgspec
import pytest

from x12retro.acknowledge import SentIndex, read_acknowledgments
from x12retro.acknowledge.troubles import TROUBLES
from x12retro.errors import UsageError
from x12retro.guide import catalog, codes
from x12retro.guide.model import CompositeRule, LoopRule
from x12retro.guide.places import fixtures_dir

FILES = sorted((fixtures_dir() / "acks").glob("*.edi"))
ENVELOPE = (
    "ISA*00*          *00*          *ZZ*HOSPITAL       *ZZ*PAYER          *261103*0930*^*00501*{isa}*0*T*:~"
    "GS*HI*A1*B1*20261103*0930*{gs}*X*005010X217~"
)


def sent_file(*sets: str, isa: str = "000000101", gs: str = "101") -> bytes:
    body = "".join(f"ST*278*{control}*005010X217~SE*2*{control}~" for control in sets)
    return (ENVELOPE.format(isa=isa, gs=gs) + body + f"GE*{len(sets)}*{gs}~IEA*1*{isa}~").encode()


def sent(*sources: bytes) -> SentIndex:
    index = SentIndex()
    for n, source in enumerate(sources):
        index.read_more(source, file=f"sent-{n}.edi")
    return index


def read(name: str, index: SentIndex | None = None):
    return list(read_acknowledgments(fixtures_dir() / "acks" / f"{name}.edi", index))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_fixture_reads_as_expected(file) -> None:
    expected = file.with_suffix(".expected.json").read_bytes().splitlines()
    assert [msgspec.json.encode(ack) for ack in read_acknowledgments(file)] == expected


def test_there_are_fixtures() -> None:
    assert len(FILES) >= 15


@pytest.mark.parametrize(
    ("name", "verdict", "sets", "rules"),
    [
        ("999-one-of-three-rejected", "partially_accepted", ["accepted", "rejected", "accepted"], []),
        ("999-with-ak-segments", "partially_accepted", ["accepted", "rejected"], []),
        ("999-counts-disagree", "partially_accepted", ["accepted", "rejected"], ["X12-ACK-103", "X12-ACK-101"]),
        ("999-without-ak9", "partially_accepted", ["accepted", "rejected"], ["X12-ACK-104"]),
        ("999-without-ik5", "partially_accepted", ["accepted", "unclear"], ["X12-ACK-105"]),
        ("999-rejected-group-with-accepted-set", "rejected", ["rejected", "rejected"], ["X12-ACK-102"]),
        ("999-rejected-group-without-sets", "rejected", [], []),
        ("999-accepted-without-listing-sets", "accepted", [], []),
        ("999-code-unknown", "unclear", ["unclear"], ["X12-ACK-106", "X12-ACK-103", "X12-ACK-101"]),
        ("999-without-ak1", "unclear", ["accepted"], ["X12-ACK-107", "X12-ACK-101"]),
    ],
)
def test_the_worse_side_counts(name, verdict, sets, rules) -> None:
    (group,) = read(name)
    assert group.verdict == verdict
    assert [one.verdict for one in group.sets] == sets
    assert [f.rule for f in group.findings] == rules


def test_a_ta1_is_read_alone_before_a_gs_and_after_a_ge() -> None:
    assert [(a.verdict, a.code) for a in read("ta1-alone")] == [("rejected", "025")]
    assert [a.kind for a in read("ta1-before-gs")] == ["TA1", "999"]
    assert [a.kind for a in read("ta1-after-ge")] == ["999", "TA1"]


def test_acknowledgments_are_joined_to_what_was_sent() -> None:
    (group,) = read("999-one-of-three-rejected", sent(sent_file("0001", "0002", "0003")))
    assert group.matched is True
    assert [one.sent.transaction for one in group.sets] == ["0001", "0002", "0003"]
    assert group.sent.file == "sent-0.edi"
    (ta1,) = read("ta1-alone", sent(sent_file("0001")))
    assert ta1.matched is True
    assert ta1.sent.interchange == "000000101"


def test_what_fits_nothing_is_told() -> None:
    elsewhere = sent(sent_file("0001", isa="000000900", gs="900"))
    (group,) = read("999-one-of-three-rejected", elsewhere)
    assert group.matched is False
    assert [f.rule for f in group.findings] == ["X12-ACK-108"]
    (ta1,) = read("ta1-alone", elsewhere)
    assert (ta1.matched, [f.rule for f in ta1.findings]) == (False, ["X12-ACK-108"])


def test_without_what_was_sent_nothing_is_said_of_matching() -> None:
    (group,) = read("999-one-of-three-rejected")
    assert group.matched is None
    assert group.findings == ()


def test_a_set_that_is_not_listed_in_a_group_accepted_in_part_is_not_accepted() -> None:
    (group,) = read("999-part-of-the-sets-listed", sent(sent_file("0001", "0002", "0003")))
    assert [(one.control, one.listed, one.verdict) for one in group.sets] == [
        ("0002", True, "rejected"),
        ("0001", False, "unclear"),
        ("0003", False, "unclear"),
    ]
    assert [f.rule for f in group.findings] == ["X12-ACK-111", "X12-ACK-111"]


def test_a_set_that_is_not_listed_in_a_rejected_group_is_rejected() -> None:
    (group,) = read("999-rejected-group-without-sets", sent(sent_file("0001", "0002", "0003")))
    assert [one.verdict for one in group.sets] == ["rejected"] * 3


def test_a_set_that_is_not_listed_in_an_accepted_group_is_accepted() -> None:
    (group,) = read("999-accepted-without-listing-sets", sent(sent_file("0001", "0002", "0003")))
    assert [(one.listed, one.verdict) for one in group.sets] == [(False, "accepted")] * 3
    assert group.findings == ()


def test_a_group_with_fewer_sets_than_were_sent_is_not_accepted_for_the_rest() -> None:
    (group,) = read("999-counts-disagree", sent(sent_file("0001", "0002", "0003")))
    assert [(one.control, one.verdict) for one in group.sets] == [("0001", "accepted"), ("0002", "rejected"), ("0003", "unclear")]


def test_a_set_that_was_never_sent_is_told() -> None:
    (group,) = read("999-one-of-three-rejected", sent(sent_file("0001", "0002")))
    assert [f.rule for f in group.findings] == ["X12-ACK-108"]
    assert [one.sent is None for one in group.sets] == [False, False, True]


def test_numbers_used_twice_are_told_apart_by_their_sets_or_told() -> None:
    other = sent(sent_file("0001", "0002", "0003"), sent_file("0007", isa="000000555"))
    (group,) = read("999-one-of-three-rejected", other)
    assert group.sent.file == "sent-0.edi"
    assert group.findings == ()
    twice = sent(sent_file("0001", "0002", "0003"), sent_file("0001", "0002", "0003", isa="000000555"))
    (group,) = read("999-one-of-three-rejected", twice)
    assert [f.rule for f in group.findings] == ["X12-ACK-109"]
    assert group.sent.file == "sent-1.edi"


REPORT = (
    b'{"encounter_id":"E-1","built":true,"traces":null,"control":{"interchange":"000000101","group":"101","transaction":"0001"}}\n'
    b'{"encounter_id":"E-2","built":true,"traces":null,"control":{"interchange":"000000101","group":"101","transaction":"0002"}}\n'
    b'{"encounter_id":"E-3","built":false,"traces":null,"control":null}\n\n'
)


@pytest.mark.parametrize("with_file", [False, True])
def test_a_build_report_names_the_encounters(with_file) -> None:
    index = sent(sent_file("0001", "0002")) if with_file else SentIndex()
    index.read_build_report(REPORT)
    if with_file:
        index.read_more(sent_file("0001", "0002"), file="sent-0.edi")
    (group,) = read("999-with-ak-segments", index)
    assert [one.sent.encounter_id for one in group.sets] == ["E-1", "E-2"]
    assert group.sent.file == ("sent-0.edi" if with_file else "")
    assert group.findings == ()
    (ta1,) = read("ta1-alone", index)
    assert ta1.matched is True
    assert ta1.findings == ()


def test_a_broken_report_names_the_line_and_not_its_text() -> None:
    with pytest.raises(UsageError, match="line 2") as caught:
        SentIndex().read_build_report(REPORT.splitlines()[0] + b'\n{"control": "PLANTEDNAME"}')
    assert "PLANTEDNAME" not in str(caught.value)


def listed_codes(loop: LoopRule):
    for child in loop.children:
        if isinstance(child, LoopRule):
            yield from listed_codes(child)
            continue
        for rule in child.elements:
            for part in rule.components if isinstance(rule, CompositeRule) else (rule,):
                yield part.xid, part.codes


def test_every_code_of_the_999_has_a_meaning() -> None:
    known = dict(listed_codes(catalog.load("999").root))
    for element in ("IK304", "IK403", "IK501", "IK502", "IK506", "AK901", "AK905", "AK909", "TA104", "TA105"):
        missing = {code for code in known[element] if not codes.meaning(element, code)}
        assert missing <= ({"11"} if element == "IK403" else set()), element


def test_every_trouble_is_explained() -> None:
    assert all(rule.startswith("X12-ACK-") and about.endswith(".") for rule, (_, about) in TROUBLES.items())


def test_no_bytes_make_the_reader_fail() -> None:
    good = (fixtures_dir() / "acks" / "999-context-with-blanks.edi").read_bytes()
    for n in range(0, len(good), 3):
        list(read_acknowledgments(good[:n], sent(sent_file("0001"))))
        list(read_acknowledgments(good[:n] + good[n + 7 :], sent(sent_file("0001")), values=True))
