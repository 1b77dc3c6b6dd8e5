"""824s that came back: what an application says of a set, of which of ours, and why; and what is written is read back."""

from __future__ import annotations

import msgspec
import pytest

from x12retro.acknowledge import Advice, Reason, Reference, SentIndex, read_acknowledgments
from x12retro.acknowledge.compose import ADVICE_VERSION, write_824
from x12retro.guide.judge import validate
from x12retro.guide.places import fixtures_dir
from x12retro.x12 import Writer

SENT = (
    "ISA*00*          *00*          *ZZ*HOSPITAL       *ZZ*PAYER          *261127*1015*^*{version}*{isa}*0*T*:~"
    "GS*{code}*HOSPITAL*PAYER*20261127*1015*31*X*{label}~{sets}GE*1*31~IEA*1*{isa}~"
)


def attachments(*sets: tuple[str, str, str], isa: str = "000000031") -> bytes:
    """275s that were sent in group 31: ST02, BGN02 and TRN02 of each."""
    made = "".join(
        f"ST*275*{st}*006020X316~BGN*02*{bgn}*20261127*1015~LX*1~TRN*1*{trn}~BDS*ASC*5*hello~SE*6*{st}~" for st, bgn, trn in sets
    )
    return SENT.format(version="00602", isa=isa, code="PI", label="006020X316", sets=made).encode()


def requests(isa: str = "000000007") -> bytes:
    """A 278 that was sent in a group that bears the number 31 too."""
    one = "ST*278*0002*005010X217~BHT*0007*13*B-7*20261127*1015~SE*3*0002~"
    return SENT.format(version="00501", isa=isa, code="HI", label="005010X217", sets=one).encode()


def index(*sources: bytes) -> SentIndex:
    found = SentIndex()
    for n, source in enumerate(sources):
        found.read_more(source, file=f"sent-{n}.edi")
    return found


def file(name: str) -> bytes:
    return (fixtures_dir() / "acks" / f"824-{name}.edi").read_bytes()


def read(name: str, sent: SentIndex | None = None, *, values: bool = False) -> list[Advice]:
    found = list(read_acknowledgments(file(name), sent, values=values))
    assert all(isinstance(one, Advice) for one in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("name", "verdicts", "rules"),
    [
        ("one-of-two-rejected", ["accepted", "rejected"], []),
        ("accepted-with-change", ["accepted_with_change"], []),
        ("accepted-over-an-error", ["accepted_with_errors"], ["X12-ACK-113"]),
        ("accepted-in-part", ["partially_accepted"], []),
        ("on-hold", ["unclear"], []),
        ("code-unknown", ["unclear"], ["X12-ACK-106"]),
        ("group-rejected", ["rejected"], []),
        ("without-numbers", ["rejected"], ["X12-ACK-115"]),
        ("without-oti", ["unclear"], ["X12-ACK-114"]),
    ],
)
def test_each_set_has_the_verdict_that_is_said_of_it(name, verdicts, rules) -> None:
    found = read(name)
    assert [one.verdict for one in found] == verdicts
    assert [finding.rule for one in found for finding in one.findings] == rules
    assert [one.accepted for one in found] == [verdict.startswith("accepted") for verdict in verdicts]


def test_the_numbers_and_reasons_of_a_rejection() -> None:
    _, refused = read("one-of-two-rejected")
    assert (refused.level, refused.said, refused.group, refused.transaction, refused.set_id) == ("set", "TR", "31", "0002", "275")
    assert refused.numbers == ("RA-2", "ACN0002")
    first, second = refused.reasons
    assert (first.code, first.meaning, first.segment_id, first.position, first.element) == (
        "024",
        "another reason, not listed",
        "BDS",
        14,
        3,
    )
    assert [note.code for note in first.codes] == ["E054"]
    assert (second.code, second.meaning, second.segment_id) == ("817", "duplicate trace number", "")


def test_free_text_and_bad_data_are_kept_when_asked_for() -> None:
    assert [one.text for one in read("one-of-two-rejected")[1].reasons] == [(), ()]
    assert [one.text for one in read("one-of-two-rejected", values=True)[1].reasons] == [("BASE64 IS BROKEN", "SEND IT AGAIN", "NA"), ()]


def test_a_patients_number_or_name_is_not_in_the_record_unless_it_is_asked_for() -> None:
    planted = (b"ACCT0001", b"MEM0001", b"JANE", b"DOE")
    (masked,) = read("reference-may-be-a-patients")
    assert not [text for text in planted if text in msgspec.json.encode(masked)]
    assert masked.numbers == ()
    (shown,) = read("reference-may-be-a-patients", values=True)
    assert all(text in msgspec.json.encode(shown) for text in planted)
    assert shown.numbers == ("ACCT0001", "MEM0001")


def test_it_is_joined_by_group_set_and_kind_of_set() -> None:
    sent = index(requests(), attachments(("0001", "RA-1", "ACN0001"), ("0002", "RA-2", "ACN0002")))
    data = file("one-of-two-rejected").replace(b"*TN*RA-", b"*TN*RB-").replace(b"REF*TN*ACN", b"REF*TN*BCN")  # no reference helps
    found = list(read_acknowledgments(data, sent))
    assert [(one.sent.file, one.sent.interchange, one.sent.transaction) for one in found if one.sent is not None] == [
        ("sent-1.edi", "000000031", "0001"),
        ("sent-1.edi", "000000031", "0002"),
    ]
    assert [(one.matched, one.findings) for one in found] == [(True, ()), (True, ())]


def test_a_number_that_was_used_again_is_told_apart_by_the_reference() -> None:
    sent = index(attachments(("0001", "RA-1", "ACN0001")), attachments(("0001", "RA-9", "ACN0009"), isa="000000032"))
    (found, _) = read("one-of-two-rejected", sent)
    assert found.sent is not None
    assert found.sent.interchange == "000000031"
    assert found.findings == ()


@pytest.mark.parametrize("reference", ["RA-1", "ACN0001"])
def test_without_a_group_number_the_reference_joins(reference) -> None:
    data = file("code-unknown").replace(b"OTI*OK*TN*RA-1*****31*0001*275*006020X316", b"OTI*TR*TN*%s" % reference.encode())
    (found,) = read_acknowledgments(data, index(attachments(("0001", "RA-1", "ACN0001"))))
    assert isinstance(found, Advice)
    assert found.sent is not None
    assert found.sent.transaction == "0001"


def test_what_was_not_sent_is_told() -> None:
    (found,) = read("accepted-in-part", index(attachments(("0005", "RA-5", "ACN0005"))))
    assert (found.matched, [one.rule for one in found.findings]) == (False, ["X12-ACK-108"])


def test_an_824_stands_beside_a_999_in_one_file() -> None:
    both = (fixtures_dir() / "acks" / "999-one-of-three-rejected.edi").read_bytes() + file("on-hold")
    assert [one.kind for one in read_acknowledgments(both)] == ["999", "824"]


@pytest.mark.parametrize(
    ("name", "old", "new", "errors"),
    [
        ("on-hold", b"", b"", []),
        ("beside-attachments-of-6020", b"", b"", []),
        ("on-hold", b"OTI*TH*TN", b"OTI**TN", ["OTI"]),
        ("on-hold", b"*31*0001*275", b"**0001*275", ["OTI"]),  # a set number without its group's
        ("accepted-in-part", b"TED*006**", b"TED***", ["TED"]),
        ("on-hold", b"BGN*11*ADV-1*20261128", b"BGN*11*ADV-1*20261328", ["BGN"]),
        ("on-hold", b"X*005010X186A1~", b"X*005010~", []),  # as in samples: a warning
        ("on-hold", b"N1*40*CEDAR BLUFF*46*CEDAR1~\n", b"", []),  # the guide's word, which was not read: a warning
    ],
)
def test_the_guide_judges_an_824(name, old, new, errors) -> None:
    data = file(name).replace(old, new)
    data = data.replace(b"SE*6*", b"SE*5*") if b"N1*40" in old else data
    found = [finding for checked in validate(data) for finding in checked.findings]
    assert [finding.segment_id for finding in found if finding.is_error] == errors
    assert bool(found) == bool(old)


def test_an_824_is_not_acknowledged(acks) -> None:
    done = acks.acknowledge(file("on-hold").replace(b"*0*T*:~", b"*1*T*:~"))
    assert done.functional == b""
    assert [line for line in done.lines if line.startswith("TA1")] == ["TA1*000000951*261128*0930*A*000"]
    assert done.told == ["X12-ACK-005"]


SAID = Advice(
    level="set",
    verdict="partially_accepted",
    reference_kind="TN",
    reference="RA-1",
    group="31",
    transaction="0001",
    set_id="275",
    guide="006020X316",
    references=(Reference(qualifier="TN", number="ACN0001"),),
    reasons=(Reason(code="024", segment_id="BDS", text=("its base64 is broken", "x~y")),),
)


def test_what_is_written_is_right_and_is_read_back(acks) -> None:
    out = bytearray()
    writer = Writer(out)
    who = ["00", "", "00", "", "ZZ", "PAYER", "ZZ", "HOSPITAL", "261128", "0930", "^", "00501", "000000001", "0", "T"]
    with writer.interchange(who), writer.group(["AG", "PAYER", "HOSPITAL", "20261128", "0930", "1", "X", ADVICE_VERSION]):
        write_824(writer, "0001", "ADV1", SAID, ("PAYER", "HOSPITAL"), acks.moment)
    assert acks.our_verdict(bytes(out)) == []
    (found,) = read_acknowledgments(bytes(out), values=True)
    assert isinstance(found, Advice)
    assert found.reasons[0].text == ("its base64 is broken", "x y")  # a delimiter cannot be written
    kept = ("level", "verdict", "reference_kind", "reference", "group", "transaction", "set_id", "guide", "references")
    assert [getattr(found, name) for name in kept] == [getattr(SAID, name) for name in kept]
