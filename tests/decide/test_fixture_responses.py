"""Every response of fixtures/responses gives the records that lie beside it.

`X.edi` is read (with `X.request.edi`, where there is one, as the request it answers) and compared with `X.expected.json`.
After a change that is meant, write the expected records anew and read the difference before committing it:

    X12RETRO_WRITE_EXPECTED=1 pytest tests/decide/test_fixture_responses.py

What must never change by such a rewrite stands in `HEADLINES`, by hand: outcome, first step, number.
"""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path

import pytest

from x12retro.decide import Decision, decide_stream, to_json

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "responses"
AS_OF = date(2026, 11, 24)
ANSWERS = sorted(p for p in FOLDER.glob("*.edi") if not p.name.endswith(".request.edi"))

ATTACH, RESEND, CLAIM = "attach_number_to_claim", "correct_and_resend", "send_claim_then_appeal"
HEADLINES: dict[str, list[tuple[str, str, str | None]]] = {
    "event-a1-certified": [("certified", ATTACH, "AUTH0001")],
    "event-a2-certified-in-part": [("partially_certified", "review", "AUTH0001")],
    "event-a3-denied-medical-necessity": [("denied", "peer_to_peer", None)],
    "event-a4-pended": [("pended", "follow_up", "REV0001")],
    "event-a6-modified": [("modified", ATTACH, "AUTH0001")],
    "event-c-cancelled": [("cancelled", "review", "AUTH0001")],
    "event-ct-contact-payer": [("contact_payer", "call_payer", None)],
    "event-na-not-required": [("not_required", "bill", None)],
    "event-unknown-action": [("manual_review", "review", "AUTH0001")],
    "service-a1-certified": [("certified", ATTACH, "AUTH0001")],
    "service-a2-in-part": [("partially_certified", ATTACH, "AUTH0001")],
    "service-a3-denied": [("denied", "appeal", None)],
    "service-a4-pended": [("pended", "send_documents", None)],
    "service-a6-modified": [("modified", ATTACH, "AUTH0001")],
    "service-c-cancelled": [("cancelled", "review", None)],
    "service-ct-contact-payer": [("contact_payer", "call_payer", None)],
    "service-na-not-required": [("not_required", "bill", None)],
    "service-unknown-action": [("manual_review", "review", None)],
    "aaa-2000a-payer-is-down": [("rejected", RESEND, None)],
    "aaa-2010a-no-response": [("rejected", RESEND, None)],
    "aaa-2010b-provider-not-on-file": [("rejected", RESEND, None)],
    "aaa-2010c-subscriber-id": [("rejected", RESEND, None)],
    "aaa-2010d-patient-not-found": [("rejected", RESEND, None)],
    "aaa-2000e-certification-missing": [("rejected", RESEND, None)],
    "aaa-2010ea-provider-specialty": [("rejected", RESEND, None)],
    "aaa-2010ec-transport-state": [("rejected", RESEND, None)],
    "aaa-2000f-procedure-code": [("rejected", RESEND, None)],
    "aaa-2010fa-provider-name": [("rejected", RESEND, None)],
    "aaa-window-is-closed": [("rejected", CLAIM, None)],
    "aaa-past-date-refused": [("rejected", CLAIM, None)],
    "aaa-no-new-request": [("rejected", CLAIM, None)],
    "aaa-answer-follows": [("rejected", "follow_up", None)],
    "aaa-two-at-once": [("rejected", RESEND, None)],
    "event-decision-applies-to-lines": [("certified", ATTACH, "AUTH0001")],
    "a1-over-a-denied-line": [("partially_certified", ATTACH, "AUTH0001")],
    "a2-over-a1-and-a3-lines": [("partially_certified", "peer_to_peer", "AUTH0001")],
    "a2-over-lines-without-decision": [("partially_certified", ATTACH, "AUTH0001")],
    "a1-over-a-modified-line": [("modified", ATTACH, "AUTH0001")],
    "a3-over-an-approved-line": [("partially_certified", "peer_to_peer", "AUTH0002")],
    "lines-alone-one-of-each": [("partially_certified", "send_documents", "AUTH0001")],
    "lines-alone-denied-and-pended": [("pended", RESEND, None)],
    "lines-alone-one-without-decision": [("partially_certified", "call_payer", "AUTH0001")],
    "lines-alone-numbers-differ": [("certified", ATTACH, None)],
    "a1-over-a-rejected-line": [("partially_certified", RESEND, "AUTH0001")],
    "two-events": [("certified", ATTACH, "AUTH0001"), ("denied", "peer_to_peer", None)],
    "dependent-certified": [("certified", ATTACH, "AUTH0001")],
    "a3-with-aaa-33-is-a-rejection": [("rejected", RESEND, None)],
    "a3-with-aaa-15-and-a-medical-reason": [("manual_review", "review", None)],
    "a1-with-aaa-is-no-approval": [("manual_review", "review", "AUTH0001")],
    "a1-below-a-rejected-subscriber": [("manual_review", "review", "AUTH0001")],
    "a4-with-aaa-answer-follows": [("pended", "follow_up", "REV0001")],
    "number-in-ref-bb": [("certified", ATTACH, "AUTH0009")],
    "denial-keeps-earlier-number": [("denied", "review", None)],
    "reference-in-ref-nt": [("pended", "follow_up", None)],
    "dates-effective-and-expiry": [("certified", ATTACH, "AUTH0001")],
    "dates-event-day-only": [("certified", ATTACH, "AUTH0001")],
    "dates-admission-and-discharge": [("certified", ATTACH, "AUTH0001")],
    "quantities-at-event-and-lines": [("certified", ATTACH, "AUTH0001")],
    "reasons-repeated": [("denied", RESEND, None)],
    "crooked-message-goes-on-in-a-second": [("pended", "follow_up", None)],
    "crooked-messages-that-stand-alone": [("pended", "follow_up", None)],
    "documents-by-report-type-and-loinc": [("pended", "send_documents", "REV0001")],
    "denied-for-missing-data": [("denied", RESEND, None)],
    "denied-level-of-care": [("denied", "peer_to_peer", None)],
    "second-opinion-wanted": [("pended", "follow_up", None)],
    "provider-named": [("modified", ATTACH, "AUTH0001")],
    "interim-answer": [("pended", "follow_up", "REV0001")],
    "crooked-hcr-before-um": [("certified", ATTACH, "AUTH0001")],
    "crooked-hcr-after-sv1": [("denied", "peer_to_peer", None)],
    "crooked-no-hl": [("certified", ATTACH, "AUTH0001")],
    "crooked-event-hl-missing": [("certified", ATTACH, "AUTH0001")],
    "crooked-service-under-service": [("partially_certified", "peer_to_peer", "AUTH0001")],
    "crooked-service-under-patient": [("partially_certified", "peer_to_peer", "AUTH0001")],
    "crooked-hl02-missing": [("certified", ATTACH, "AUTH0001")],
    "crooked-hl03-unknown": [("partially_certified", "peer_to_peer", "AUTH0001")],
    "crooked-trn01-is-1": [("certified", ATTACH, "AUTH0001")],
    "crooked-trace-missing": [("certified", ATTACH, "AUTH0001")],
    "crooked-dates": [("certified", ATTACH, "AUTH0001")],
    "crooked-aaa-slipped": [("rejected", RESEND, None)],
    "crooked-aaa-without-reason": [("rejected", RESEND, None)],
    "crooked-two-hcr": [("manual_review", "review", "AUTH0001")],
    "crooked-hcr-empty": [("manual_review", "review", "AUTH0001")],
    "crooked-service-in-event": [("certified", ATTACH, "AUTH0001")],
    "crooked-nothing-decided": [("manual_review", "review", None)],
    "crooked-no-event": [("manual_review", "review", None)],
    "crooked-cut-short": [("manual_review", "review", "AUTH0001")],
    "crooked-purpose-is-request": [("denied", "peer_to_peer", None)],
    "a-request-instead": [],
    "matched-reordered-and-reduced": [("modified", ATTACH, "AUTH0001")],
    "matched-a-service-is-left-out": [("partially_certified", "call_payer", "AUTH0001")],
    "matched-answer-by-event-only": [("certified", "call_payer", "AUTH0001")],
    "matched-by-procedure": [("certified", ATTACH, "AUTH0001")],
    "matched-by-bht03-only": [("rejected", RESEND, None)],
    "matched-by-nothing": [("certified", ATTACH, "AUTH0001")],
    "matched-approved-as-asked": [("certified", ATTACH, "AUTH0001")],
    "matched-a1-with-fewer-units": [("modified", "review", "AUTH0001")],
    "matched-a1-in-another-unit": [("certified", "review", "AUTH0001")],
    "matched-a1-for-another-procedure": [("modified", "review", "AUTH0001")],
    "matched-a1-for-fewer-days": [("modified", "review", "AUTH0001")],
    "matched-a1-for-a-shorter-stay": [("modified", "review", "AUTH0001")],
    "matched-validity-ends-before-care": [("certified", "review", "AUTH0001")],
    "matched-validity-covers-only-some-days": [("certified", "review", "AUTH0001")],
    "validity-ends-before-care": [("certified", "review", "AUTH0001")],
    "validity-begins-on-the-second-day": [("certified", "review", "AUTH0001")],
    "validity-ends-before-day-of-discharge": [("certified", ATTACH, "AUTH0001")],
    "denied-while-a-review-is-to-come": [("denied", "call_payer", None)],
    "denied-for-quantity": [("denied", "review", None)],
    "answer-dated-tomorrow": [("certified", ATTACH, "AUTH0001")],
    "crooked-answer-date": [("certified", ATTACH, "AUTH0001")],
}


def decisions(answer: Path) -> list[Decision]:
    request = answer.with_name(answer.stem + ".request.edi")
    return list(decide_stream(answer, request if request.exists() else None, AS_OF))


def test_every_answer_has_a_headline_and_every_headline_an_answer() -> None:
    assert [p.stem for p in ANSWERS] == sorted(HEADLINES)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda p: p.stem)
def test_outcome_first_step_and_number_are_what_a_careful_biller_reads(answer: Path) -> None:
    assert [(d.outcome, d.next_step.do, d.authorization_number) for d in decisions(answer)] == HEADLINES[answer.stem]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda p: p.stem)
def test_the_whole_record_is_the_expected_one(answer: Path) -> None:
    records = [json.loads(to_json(d)) for d in decisions(answer)]
    expected = answer.with_suffix(".expected.json")
    if os.environ.get("X12RETRO_WRITE_EXPECTED"):
        # a place is one line, and so are all of a key
        text = re.sub(r"\[\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2]", json.dumps(records, indent=1))
        text = re.sub(r"\[\s+(\[\d+, \d+\](?:,\s+\[\d+, \d+\])*)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text)
        expected.write_text(text + "\n", encoding="utf-8")
    assert records == json.loads(expected.read_text(encoding="utf-8"))
