"""The faults behind the files of fixtures/crashers/, each in its shortest form."""

from __future__ import annotations

import pytest

from x12retro.findings import Finding
from x12retro.guide.judge import validate
from x12retro.x12 import read


def interchange(*, sender: str = "MADEUP", component: str = ":", repetition: str = "^", bht: str = "BHT*0007*13*A*20261201*0930") -> bytes:
    return (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{'NOBODY':<15}*261201*0930*{repetition}*00501*000000001*0*T*{component}~"
        f"GS*HI*MADEUP*NOBODY*20261201*0930*1*X*005010X217~ST*278*0001*005010X217~{bht}~SE*3*0001~GE*1*1~IEA*1*000000001~"
    ).encode("ascii")


def of_envelope(raw: bytes) -> list[str]:
    return [f.rule for checked in validate(raw) for f in checked.findings if f.rule.startswith("X12-")]


@pytest.mark.parametrize("character", ["\x0f", "\x19", "\x1c", "\x1e", "\x1f", "|", "\\"], ids=repr)
def test_any_character_that_cuts_the_message_may_do_so(character: str) -> None:
    assert of_envelope(interchange(repetition=character)) == []
    assert of_envelope(interchange(component=character)) == []


@pytest.mark.parametrize("sender", ["HOSPITAL.GA-ST.", "HOSPITAL/GA-ST", "HOSPITAL.GA/-ST", "SOME-PAYER-#ISA", "PAYER.NUMBER.GS"])
def test_an_id_may_end_with_the_name_of_a_segment(sender: str) -> None:
    assert [f.rule for f in read(interchange(sender=sender)) if isinstance(f, Finding)] == []


def test_an_isa_that_is_cut_short_is_still_told() -> None:
    raw = interchange()
    cut = raw[: raw.index(b"*ZZ*")] + b"~" + raw[raw.index(b"GS*") :]
    assert [f.rule for f in read(cut) if isinstance(f, Finding)][:1] == ["X12-ISA-102"]


def test_far_too_many_elements_are_one_finding_at_the_first_that_is_too_many() -> None:
    found = [f for checked in validate(interchange(bht="BHT*0007*13*A*20261201*0930" + "*" * 1200 + "X*")) for f in checked.findings]
    assert [(f.element, f.ack.code if f.ack else "") for f in found if f.segment_id == "BHT"] == [(7, "3")]
