"""Values are planted everywhere; no acknowledgment, no record, no finding shows one, unless values are asked for."""

from __future__ import annotations

import logging

import msgspec
import pytest

from x12retro.acknowledge import read_acknowledgments

PLANTS = ["PLANTEDNAME", "Zzplanted-Person", "19010203", "9ZZ8YY7XX", "1901-02-03"]
# the return address and the numbers that name the message are what an acknowledgment is made of
ADDRESS = {("ISA", n) for n in (5, 6, 7, 8, 11, 13, 16)} | {("GS", n) for n in (2, 3, 6)} | {("ST", 2), ("SE", 2)}


def planted(lines, plant):
    for n, line in enumerate(lines):
        fields = line.split("*")
        for element in range(1, len(fields)):
            if (fields[0], element) not in ADDRESS:
                changed = "*".join([*fields[:element], plant, *fields[element + 1 :]])
                yield "".join(one + "~\n" for one in [*lines[:n], changed, *lines[n + 1 :]]).encode()
        yield "".join(one + "~\n" for one in [*lines[: n + 1], plant, f"{plant}*{plant}", *lines[n + 1 :]]).encode()


def rejected_without(acks, data, plant) -> bool:
    """Whether the set is rejected; what is written and told does not show what was planted."""
    done = acks.acknowledge(data, warnings=True)
    shown = (done.functional + done.ta1).decode() + msgspec.json.encode([done.findings, done.acks]).decode()
    assert plant.upper() not in shown.upper()
    assert plant not in "".join(map(repr, (*done.findings, *done.acks)))
    return b"IK5*R" in done.functional


def test_no_planted_value_gets_into_an_acknowledgment(acks, request_lines, caplog) -> None:
    """One kind of value after the other, each at another place."""
    caplog.set_level(logging.DEBUG)
    every_kind = zip(*(planted(request_lines, plant) for plant in PLANTS), strict=True)
    kinds = len(PLANTS)
    assert sum(rejected_without(acks, messages[n % kinds], PLANTS[n % kinds]) for n, messages in enumerate(every_kind)) > 100
    assert not any(plant in caplog.text for plant in PLANTS)


@pytest.mark.soak
@pytest.mark.parametrize("plant", PLANTS)
def test_no_kind_of_planted_value_gets_into_an_acknowledgment_from_any_place(acks, request_lines, plant, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    assert sum(rejected_without(acks, data, plant) for data in planted(request_lines, plant)) > 100
    assert plant not in caplog.text


def test_values_are_copied_when_they_are_asked_for(acks, request_lines) -> None:
    lines = [line.replace("UM*AR", "UM*PLANTEDCODE") for line in request_lines]
    data = "".join(one + "~\n" for one in lines).encode()
    done = acks.acknowledge(data, values=True)
    assert "CTX*TRN02:EVT-0001" in done.lines
    assert "IK4*1*1525*7*PLANTEDCODE" in done.lines
    assert acks.our_verdict(done.functional) == []
    assert acks.pyx12_accepts(done.functional)


def test_a_value_that_holds_a_delimiter_is_not_copied(acks, request_lines) -> None:
    lines = [line.replace("MSG*FELL", "MSG*SEEN AT 14:05 FELL") for line in request_lines]
    done = acks.acknowledge("".join(one + "~\n" for one in lines).encode(), values=True)
    assert acks.only(done.lines, "IK4") == ["IK4*1*933*6"]


PLANTED_ACK = (
    b"ISA*00*          *00*          *ZZ*PAYER          *ZZ*HOSPITAL       *261124*0815*^*00501*000000701*0*T*:~"
    b"GS*FA*PAYER*HOSPITAL*20261124*0815*1*X*005010X231A1~ST*999*0001*005010X231A1~AK1*HI*101*005010X217~AK2*278*0001~"
    b"IK3*PLANTEDNAME*7*PLANTEDNAME-1*PLANTEDNAME~CTX*PLANTEDNAME:PLANTEDNAME~CTX*TRN02:PLANTEDNAME~IK4*2*PLANTEDNAME-1*7*PLANTEDNAME~"
    b"IK5*R*PLANTEDNAME~AK9*R*1*1*0*PLANTEDNAME~SE*11*0001~GE*1*1~IEA*1*000000701~"
)


def test_what_partners_copy_is_left_out_unless_it_is_asked_for() -> None:
    (hidden,) = read_acknowledgments(PLANTED_ACK)
    assert b"PLANTEDNAME" not in msgspec.json.encode(hidden)
    (shown,) = read_acknowledgments(PLANTED_ACK, values=True)
    note = shown.sets[0].segments[0]
    assert [c.value for c in note.context] == ["PLANTEDNAME", "PLANTEDNAME"]
    assert note.elements[0].value == "PLANTEDNAME"
    assert "PLANTEDNAME" not in repr(shown)
