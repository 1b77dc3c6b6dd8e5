"""Every value of a record says where it stands, and the segment there holds it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import Decision, ServiceDecision, decide_stream

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 24)
ANSWERS = sorted(p for p in FOLDER.glob("*.edi") if not p.name.endswith(".request.edi"))
IDS = {
    "action": {"HCR"},
    "authorization_number": {"HCR", "REF"},
    "earlier_authorization_number": {"REF"},
    "reference_number": {"REF"},
    "reasons": {"HCR"},
    "second_opinion": {"HCR"},
    "category": {"UM"},
    "certification": {"UM"},
    "traces": {"TRN"},
    "messages": {"MSG"},
    "documents_requested": {"PWK", "HI"},
    "providers": {"NM1"},
    "contacts": {"PER"},
    "stated.service": {"SV1", "SV2", "SV3"},
    "stated.delivery": {"HSD"},
}
SINGLE = ("action", "authorization_number", "reference_number", "valid_from", "valid_to", "issued_on")
DATES = {"valid_from", "valid_to", "issued_on", "denied_on"}


def decided() -> list[tuple[Path, Decision]]:
    return [(path, decision) for path in ANSWERS for decision in decide_stream(path, as_of=AS_OF)]


def segment_at(raw: bytes, offset: int) -> list[str]:
    """The segment that begins at a byte, whatever the delimiters (byte 3 of the ISA, and byte 105)."""
    text = raw[offset:].decode("latin-1")
    return text[: text.index(chr(raw[105]))].split(chr(raw[3]))


def position(raw: bytes, offset: int) -> int:
    """The segments from the last ST up to this byte."""
    begin = raw.rindex(b"ST" + raw[3:4], 0, offset)
    return raw[begin:offset].count(raw[105:106]) + 1


@pytest.mark.parametrize("part", ["event", "services"])
def test_each_place_is_the_segment_that_holds_the_value(part: str) -> None:
    seen = set()
    for path, decision in decided():
        raw = path.read_bytes()
        for record in [decision] if part == "event" else decision.services:
            for key, places in record.places.items():
                for n, (number, offset) in enumerate(places):
                    fields = segment_at(raw, offset)
                    assert position(raw, offset) == number, (path.name, key)
                    assert fields[0] in IDS.get(key, {"DTP"}), (path.name, key)
                    check(path.name, record, key, n, fields)
                    seen.add(key)
    assert seen >= {"action", "authorization_number", "reasons", "valid_from", "valid_to", "traces"}


def check(name: str, record: Decision | ServiceDecision, key: str, n: int, fields: list[str]) -> None:
    """The value itself stands in the segment."""
    text = "*".join(fields)
    if key in ("action", "authorization_number", "earlier_authorization_number", "reference_number", "category", "certification"):
        assert getattr(record, key) in fields, (name, key)
    elif key == "reasons":
        assert record.reasons[n].code in text, (name, key)
    elif key == "traces" and isinstance(record, Decision):
        assert record.traces.event[n] in fields, (name, key)
    elif key == "messages":
        assert record.messages[n].startswith(fields[1].strip()), (name, key)
    elif key in DATES:
        assert f"{getattr(record, key):%Y%m%d}" in text, (name, key)


def test_every_value_that_is_told_has_a_place() -> None:
    for path, decision in decided():
        for record in (decision, *decision.services):
            if isinstance(record, ServiceDecision) and record.outcome == "unanswered" and not record.places:
                continue  # the payer left it out: it stands nowhere
            told = {
                key
                for key in ("action", "authorization_number", "reference_number", "valid_from", "valid_to", "issued_on")
                if getattr(record, key)
            }
            assert told <= set(record.places), (path.name, told - set(record.places))
            for key in ("reasons", "messages"):
                assert len(record.places.get(key, [])) == len(getattr(record, key)), (path.name, key)
        for key, length in (
            ("traces", len(decision.traces.details)),
            ("documents_requested", len(decision.documents_requested)),
            ("providers", len(decision.providers)),
            ("contacts", len(decision.contacts)),
        ):
            assert len(decision.places.get(key, [])) == length, (path.name, key)


def test_a_denial_by_another_organisation_is_no_decision_of_this_payer() -> None:
    data = (FOLDER / "event-a3-denied-medical-necessity.edi").read_bytes()
    said = b"NM1*CA*2*OTHER PLAN~\nREF*ZZ*0M**ZZ:35:ZZ:36~\nDTP*598*D8*20260101~\nSE*"
    data = data.replace(b"SE*", said)
    (decision,) = decide_stream(data, as_of=AS_OF)
    (other,) = decision.other_denials
    assert (other.role, other.reasons, other.denied_on) == ("CA", ("0M", "35", "36"), date(2026, 1, 1))
    assert segment_at(data, other.offset)[0] == "NM1"
    assert decision.denied_on is None
    assert {s.due for s in (decision.next_step, *decision.further_steps)} == {date(2026, 11, 30), date(2026, 12, 23)}
    assert "OTHER PLAN" not in str(decision.other_denials)
