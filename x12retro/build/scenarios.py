"""Why nobody asked first, and what each reason brings into a request: the delay code, the opening words, the usual proof.

The codes are defaults: `event.delay_reason` overrides, and a payer may want another. `level_of_service` says only whether the
scenario goes with one: it is never filled in from here (see `Event`). Meanings of delay codes in our words: 1, 8 eligibility;
3, 10 authorization process; 7 third party; 11 other; 15 disaster; 16 information lacking; 17 no reply.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from x12retro.encounter import Scenario


class ScenarioRule(msgspec.Struct, frozen=True, kw_only=True):
    """One reason. `opening` starts the free text; `documents` are the report types (PWK01) that usually prove it."""

    delay_reason: str
    level_of_service: Literal["as_stated", "blank"]
    opening: str
    documents: tuple[str, ...]
    usually_refused: bool = False


def _rule(delay_reason: str, opening: str, *documents: str, blank: bool = False, refused: bool = False) -> ScenarioRule:
    return ScenarioRule(
        delay_reason=delay_reason,
        level_of_service="blank" if blank else "as_stated",
        opening=opening,
        documents=documents,
        usually_refused=refused,
    )


SCENARIOS: dict[Scenario, ScenarioRule] = {
    "emergency": _rule("11", "Emergency, care could not wait.", "M1", "P5", "B3"),
    "urgent": _rule("11", "Urgent care, could not wait.", "OB", "M1", "B3"),
    "after_hours": _rule("3", "Urgent care while the payer was closed.", "OB", "M1", "77"),
    "unable_to_verify_coverage": _rule("1", "Coverage could not be verified at the time of care.", "77"),
    "member_refused_or_unable_id": _rule("1", "Patient could not give insurance at the time of care.", "77"),
    "payer_unidentified": _rule("1", "Payer not known at the time of care.", "77"),
    "retro_eligibility": _rule("8", "Client has retroactive eligibility.", "59", "77", blank=True),
    "other_health_coverage": _rule("7", "Other coverage found after care.", "77", blank=True),
    "additional_procedure": _rule("11", "Procedure added or changed during surgery.", "OB", "P4"),
    "payer_system_down": _rule("10", "Payer system not available when asked.", "77"),
    "payer_error": _rule("3", "Payer error delayed the request.", "77"),
    "disaster": _rule("15", "Declared disaster prevented a timely request.", "77"),
    "no_reply": _rule("17", "Earlier request was not answered.", "77"),
    "nemt": _rule("11", "Transport could not be authorized in advance.", "AM"),
    "initial_evaluation": _rule("11", "Initial evaluation.", "06", blank=True),
    "post_discharge_dme_hh": _rule("11", "Ordered at discharge.", "B3", "DS", blank=True),
    "office_miss": _rule("11", "Request not made in time.", blank=True, refused=True),
}
"""One rule for each scenario of the record; a test holds the two together."""
