"""Other people's responses, decided as a careful person would."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import Decision, Requests, decide_stream
from x12retro.findings import Finding
from x12retro.x12 import read

CORPUS = os.environ.get("X12RETRO_CORPUS")
pytestmark = pytest.mark.skipif(CORPUS is None, reason="X12RETRO_CORPUS is not set: the public sample files are not at hand")
FOLDER = Path(CORPUS or ".")

# file -> outcome, number, first step
DECIDED = {
    "response217/cosyte-278-response.edi": ("certified", "AUTH123456", "attach_number_to_claim"),
    "response217/cosyte-doc-278-response-x216.edi": ("certified", "AUTH123456", "attach_number_to_claim"),
    "response217/cosyte-golden-278-response.edi": ("certified", "AUTH123456", "attach_number_to_claim"),
    "response217/interoptools-edi-278-response-certified.edi": ("certified", "AUTH0001", "attach_number_to_claim"),
    "response217/oopfactory-example-3-1-2-response.edi": ("certified", "AUTH0001", "attach_number_to_claim"),
    # seven days asked, five granted; the procedure itself certified
    "response217/oopfactory-example-3-2-2-response.edi": ("modified", "AUTH0002", "attach_number_to_claim"),
    "response217/stupidedi-admission-response-to-request-for-review.edi": ("modified", "AUTH0002", "attach_number_to_claim"),
    "response217/stupidedi-referral-response-to-request-for-review.edi": ("certified", "AUTH0001", "attach_number_to_claim"),
    "response217/stupidedi-response-to-medical-services-reservation.edi": ("certified", "6735172961", "attach_number_to_claim"),
    # these hold no HCR at all: an STC of another transaction says "certified", which is no decision
    "request217_invalid/cloudhealthoffice-x217-inpatient-response-approved.edi": ("manual_review", None, "review"),
    "request217_invalid/cloudhealthoffice-x217-outpatient-response.edi": ("manual_review", None, "review"),
    "request217_invalid/cloudhealthoffice-x217-referral-response.edi": ("manual_review", None, "review"),
    # and these an AAA in the wrong elements, with "an answer will follow"
    "request217_invalid/cloudhealthoffice-x217-inpatient-response-denied.edi": ("rejected", None, "follow_up"),
    "request217_invalid/cloudhealthoffice-x217-inpatient-response-pended.edi": ("rejected", None, "follow_up"),
    "request217_invalid/cloudhealthoffice-x217-error-response.edi": ("rejected", None, "follow_up"),
}


EXPECTED = json.loads(Path(__file__).with_name("corpus.expected.json").read_text(encoding="utf-8"))
"""File -> the records that it must give, in the keys that matter, and why where that is not obvious. Written by hand's eye, once."""


def told(path: Path) -> list[dict[str, object]]:
    """What is decided about a file, in the keys of `EXPECTED`."""
    return [
        {
            "outcome": d.outcome,
            "action": d.action,
            "authorization_number": d.authorization_number,
            "reference_number": d.reference_number,
            "valid": [str(d.valid_from or ""), str(d.valid_to or "")],
            "issued_on": str(d.issued_on or ""),
            "answered_on": str(d.answered_on or ""),
            "reasons": [reason.code for reason in d.reasons],
            "rejections": [f"{r.loop} {r.code} {r.follow_up}" for r in d.rejections],
            "documents": [document.code for document in d.documents_requested],
            "services": [
                f"{s.procedure} {s.outcome} {s.authorization_number or '-'} {s.certified.quantity or '-'} {s.certified.unit or '-'}"
                for s in d.services
            ],
            "days_certified": str(d.certified.delivery.quantity) if d.certified.delivery is not None else "",
            "steps": [f"{step.do} {step.due}" for step in (d.next_step, *d.further_steps)],
            "findings": [finding.rule for finding in d.findings],
        }
        for d in decide_stream(path, as_of=date(2026, 11, 24))
    ]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_record_of_a_public_response_is_the_expected_one(name: str) -> None:
    assert told(FOLDER / name) == EXPECTED[name]["records"]


def test_no_other_file_of_the_corpus_gives_a_decision() -> None:
    assert [name for path in sorted(FOLDER.rglob("*.edi")) if (name := str(path.relative_to(FOLDER))) not in EXPECTED and told(path)] == []


@pytest.mark.parametrize("name", DECIDED)
def test_a_public_response_is_decided_as_a_careful_person_would(name: str) -> None:
    (decision,) = decide_stream(FOLDER / name, as_of=date(2026, 11, 24))
    assert (decision.outcome, decision.authorization_number, decision.next_step.do) == DECIDED[name]


def test_every_response_of_the_corpus_is_in_the_table() -> None:
    found = {str(p.relative_to(FOLDER)) for p in FOLDER.glob("response217/*")}
    assert found <= set(DECIDED)


def test_the_published_admission_is_matched_and_its_days_compared() -> None:
    requests = Requests.read(read(FOLDER / "request217/stupidedi-admission-request-for-review.edi"))
    answer = FOLDER / "response217/stupidedi-admission-response-to-request-for-review.edi"
    (decision,) = decide_stream(answer, requests, date(2026, 11, 24))
    assert decision.matched_by == "event_trace"
    assert decision.requested.delivery is not None and decision.requested.delivery.quantity == 7
    assert decision.certified.delivery is not None and decision.certified.delivery.quantity == 5
    assert [s.requested.procedure for s in decision.services] == ["33510"]


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.edi")) if CORPUS else [], ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_file_of_the_corpus_raises_and_none_is_approved_without_an_hcr(path: Path) -> None:
    seen: list[Finding] = []
    decisions: list[Decision] = list(decide_stream(path, as_of=date(2026, 11, 24), on_finding=seen.append))
    if any(d.outcome == "certified" for d in decisions):
        assert b"HCR" in path.read_bytes()
