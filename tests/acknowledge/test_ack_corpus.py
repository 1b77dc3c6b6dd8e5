"""Files of others: each is acknowledged, what is written is valid, and what they acknowledge is read."""

from __future__ import annotations

import pytest

from x12retro.acknowledge import read_acknowledgments

_NOT_NAMED = frozenset(("X12-ACK-001", "X12-ACK-002", "X12-ACK-003"))


def files(corpus):
    return sorted(corpus.rglob("*.edi"))


@pytest.mark.parametrize("options", [{}, {"values": True, "warnings": True, "ta1_before_gs": True}], ids=["plain", "everything told"])
def test_every_file_is_acknowledged_validly_or_it_is_told_why_not(acks, corpus, options) -> None:
    wrong = []
    for file in files(corpus):
        done = acks.acknowledge(file.read_bytes(), **options)
        verdicts = acks.our_verdict(done.functional) + acks.our_verdict(done.ta1)
        named = file.parent.name != "275"  # pyx12's 999 names the sets that HIPAA adopts, and no attachments
        if verdicts or (named and not acks.pyx12_accepts(done.functional)):
            wrong.append((file.name, verdicts))
        if file.parent.name != "ack" and file.stat().st_size > 2 and not done.functional and not done.ta1:
            assert _NOT_NAMED & set(done.told), file.name
        assert [f.message for ack in done.acks for f in ack.findings] == [], file.name
    assert wrong == []


def test_every_request_and_response_gets_a_999(acks, corpus) -> None:
    without = [
        file.name
        for folder in ("request217", "response217", "inquiry215")
        for file in files(corpus / folder)
        if not acks.acknowledge(file.read_bytes()).functional
    ]
    assert without == []


def test_every_acknowledgment_is_read(corpus) -> None:
    for file in files(corpus / "ack"):
        read = list(read_acknowledgments(file))
        assert read, file.name
        assert all(ack.verdict != "unclear" for ack in read), file.name
        assert not any(f.is_error for ack in read for f in ack.findings), file.name


@pytest.mark.parametrize(
    ("name", "verdict", "sets", "rules"),
    [
        ("cosyte-ta1-reject-control-mismatch", "rejected", None, []),
        ("cosyte-ta1-accept-with-errors", "accepted_with_errors", None, []),
        ("cloudhealthoffice-999-acknowledgment", "accepted", ["accepted"], []),  # AK5 in a 999
        ("oopfactory-dhs-wisconsin-sample", "partially_accepted", ["accepted", "rejected", "rejected"], []),
        ("pyx12-837miss-res997", "rejected", ["rejected"], ["X12-ACK-103"]),
        ("pyx12-trailer-errors-res997", "rejected", ["rejected", "rejected"], ["X12-ACK-102"]),
    ],
)
def test_crooked_ones_are_read_by_their_worse_side(corpus, name, verdict, sets, rules) -> None:
    first = next(iter(read_acknowledgments(corpus / "ack" / f"{name}.edi")))
    assert first.verdict == verdict
    assert [f.rule for f in first.findings] == rules
    if sets is not None:
        assert [one.verdict for one in first.sets] == sets


def test_positions_with_components_and_contexts_are_read(corpus) -> None:
    group = next(iter(read_acknowledgments(corpus / "ack" / "pyx12-blank1-res997.edi")))
    places = [(e.position, e.component, e.code) for s in group.sets[0].segments for e in s.elements]
    assert places == [(2, 1, "7"), (2, 2, "1"), (3, 1, "7"), (3, 2, "1")]
    group = next(iter(read_acknowledgments(corpus / "ack" / "oopfactory-dhs-wisconsin-sample.edi")))
    contexts = group.sets[2].segments[0].context
    assert [(c.name, c.segment_id, c.position, c.element, c.component) for c in contexts] == [
        ("SITUATIONAL TRIGGER", "CLM", 43, 5, 3),
        ("CLM01", "", None, None, None),
    ]
