"""Files of answers: several sets, other sets among them, and what is said about them."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import TROUBLES, History, decide_stream, to_json
from x12retro.errors import UsageError
from x12retro.findings import Finding

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 24)
CERTIFIED = FOLDER / "event-a1-certified.edi"
DENIED = FOLDER / "event-a3-denied-medical-necessity.edi"
REQUEST = FOLDER / "a-request-instead.edi"


def test_each_record_says_where_it_was_read() -> None:
    (decision,) = decide_stream(CERTIFIED, as_of=AS_OF, received="2026-11-24T08:00:00Z")
    assert decision.source.file == CERTIFIED.name
    assert decision.source.sha256 == hashlib.sha256(CERTIFIED.read_bytes()).hexdigest()
    assert (decision.source.interchange, decision.source.group, decision.source.transaction) == ("000000301", "301", "0001")
    assert decision.source.received == "2026-11-24T08:00:00Z"


def test_bytes_a_path_and_a_stream_give_the_same_decision() -> None:
    records = [
        [d.outcome for d in decide_stream(source, as_of=AS_OF)]
        for source in (CERTIFIED, str(CERTIFIED), CERTIFIED.read_bytes(), io.BytesIO(CERTIFIED.read_bytes()))
    ]
    assert records == [["certified"]] * 4


def test_a_pipe_is_read_once_and_has_no_digest() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self._left = io.BytesIO(data)

        def read(self, size: int = -1) -> bytes:
            return self._left.read(size)

    (decision,) = decide_stream(Pipe(CERTIFIED.read_bytes()), as_of=AS_OF)  # type: ignore[arg-type]
    assert (decision.outcome, decision.source.sha256) == ("certified", "")


def test_a_path_that_is_a_pipe_is_read_once_and_has_no_digest(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.edi"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(CERTIFIED.read_bytes(),), daemon=True)
    history = History()
    history.look(pipe)  # leaves a pipe alone
    writer.start()
    (decision,) = decide_stream(pipe, as_of=AS_OF, history=history)
    writer.join(10)
    assert (decision.outcome, decision.source.file, decision.source.sha256) == ("certified", "pipe.edi", "")


def test_several_interchanges_in_one_file_are_all_decided_in_order() -> None:
    data = CERTIFIED.read_bytes() + DENIED.read_bytes()
    assert [d.outcome for d in decide_stream(data, as_of=AS_OF)] == ["certified", "denied"]


def test_records_come_before_the_file_is_read_to_its_end() -> None:
    stream: Iterator[object] = decide_stream(CERTIFIED.read_bytes() * 3, as_of=AS_OF)
    assert next(stream) is not None


def test_a_request_yields_nothing_but_a_finding_with_its_place() -> None:
    seen: list[Finding] = []
    assert list(decide_stream(REQUEST, as_of=AS_OF, on_finding=seen.append)) == []
    assert [(f.rule, f.interchange, f.group, f.transaction) for f in seen] == [("DEC-SET-002", "000000301", "301", "0001")]


def test_another_transaction_is_skipped_with_a_note() -> None:
    data = CERTIFIED.read_bytes().replace(b"ST*278*0001*005010X217", b"ST*271*0001*005010X279")
    seen: list[Finding] = []
    assert list(decide_stream(data, as_of=AS_OF, on_finding=seen.append)) == []
    assert "DEC-SET-001" in [f.rule for f in seen]


def test_a_path_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        list(decide_stream(tmp_path / "missing.edi"))


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n" + bytes(100), b"ISA*00*"])
def test_what_holds_no_answer_gives_no_record(data: bytes) -> None:
    assert list(decide_stream(data, as_of=AS_OF)) == []


def test_what_is_odd_about_a_level_is_told_with_its_event_and_what_belongs_to_none_with_the_first() -> None:
    def odd(data: bytes) -> list[list[str]]:
        return [[f.rule for f in d.findings if f.rule.startswith("DEC-HL")] for d in decide_stream(data, as_of=AS_OF)]

    two = (FOLDER / "two-events.edi").read_bytes()
    assert odd(two) == [[], []]
    assert odd(two.replace(b"HL*5*3*EV", b"HL*5*77*EV")) == [[], ["DEC-HL-003"]]
    assert odd(two.replace(b"HL*3*2*22", b"HL*3*77*22")) == [["DEC-HL-003"], ["DEC-HL-003"]]
    assert odd(two.replace(b"SE*", b"HL*6*2*ZZ*0~\nSE*")) == [["DEC-HL-002"], []]


def test_half_a_message_is_for_a_person_to_read() -> None:
    (decision,) = decide_stream(CERTIFIED.read_bytes()[:200], as_of=AS_OF)
    assert (decision.outcome, decision.next_step.do) == ("manual_review", "review")
    assert "DEC-SET-004" in [f.rule for f in decision.findings]


def test_no_name_id_or_birth_date_reaches_a_record_a_finding_or_a_repr() -> None:
    planted = {"SECRETLAST", "SECRETFIRST", "SECRETID", "19010203", "SECRETSTREET", "SECRETREF"}
    for path in sorted(FOLDER.glob("*.edi")):
        lines = []
        for line in path.read_text().split("~\n"):
            fields = line.split("*")
            if fields[0] == "NM1" and fields[1] in ("IL", "QC"):
                line = "*".join([*fields[:3], "SECRETLAST", "SECRETFIRST", "", "", "", "MI", "SECRETID"])
                line += "~\nREF*EJ*SECRETREF~\nN3*SECRETSTREET~\nDMG*D8*19010203*F"
            lines.append(line)
        seen: list[Finding] = []
        decisions = list(decide_stream("~\n".join(lines).encode(), as_of=AS_OF, on_finding=seen.append))
        told = " ".join([*map(repr, decisions), *map(repr, seen), *(to_json(d).decode() for d in decisions)])
        assert not [word for word in planted if word in told], path.name


def test_a_repr_shows_no_value_of_the_message() -> None:
    (decision,) = decide_stream(FOLDER / "documents-by-report-type-and-loinc.edi", as_of=AS_OF)
    parts = [decision, decision.traces, decision.services[0], decision.documents_requested[0], decision.services[0].stated]
    told = " ".join(repr(part) + repr(part.__rich_repr__()) for part in parts)
    assert "EV0001" not in told and "REV0001" not in told and "44970" not in told


def test_every_sentence_about_an_answer_is_fixed_text() -> None:
    for rule, (severity, message) in TROUBLES.items():
        assert rule.startswith("DEC-") and severity in ("error", "warning", "info")
        assert message.endswith(".") and "{" not in message
