"""Why a claim's care was not authorized first, as far as the claim itself says so.

A claim knows no scenario. Some of its codes leave no doubt which one it was; what they told is said in a note, and where none speaks
the scenario stays open, to be told by whoever knows. How urgent the care was
(UM06) is never told from here.
"""

from __future__ import annotations

from x12retro.encounter.gathering import Gathering
from x12retro.encounter.record import Scenario
from x12retro.guide.sheet import Loop

_BY_EXCEPTION: dict[str, Scenario] = {"1": "urgent", "2": "retro_eligibility", "3": "emergency"}
"""Service authorization exception (REF 4N): immediate or urgent care, services in a retroactive period, emergency care."""
_BY_DELAY: dict[str, Scenario] = {
    "1": "unable_to_verify_coverage",
    "7": "other_health_coverage",
    "8": "retro_eligibility",
    "15": "disaster",
}
"""Delay reasons of the claim (CLM20) that mean one scenario only; 3, 10 and 11 may be any."""
_BY_ADMISSION: dict[str, Scenario] = {"1": "emergency", "2": "urgent", "5": "emergency"}
"""Type of admission (CL101): emergency, urgent, trauma."""


def put_scenario(gathering: Gathering, claim: Loop) -> None:
    """Put the scenario that the claim's own codes tell, the most explicit of them first.

    Guide: 005010X222A1 2300 REF 4N, CLM20, 2400 SV109; 005010X223A2 2300 CL1
    """
    clm, ref, cl1 = claim.first("CLM"), claim.first("REF", "4N"), claim.first("CL1")
    told: list[tuple[Scenario | None, str]] = [
        (_BY_EXCEPTION.get(ref[2]) if ref is not None else None, "the service authorization exception (REF 4N)"),
        (_BY_DELAY.get(clm[20]) if clm is not None else None, "the claim's delay reason (CLM20)"),
        (_BY_ADMISSION.get(cl1[1]) if cl1 is not None else None, "the type of admission (CL101)"),
        (_by_lines(claim), "the emergency indicator of every line (SV109)"),
    ]
    for scenario, source in told:
        if scenario is not None:
            gathering.put("retro.scenario", scenario)
            gathering.note("retro.scenario", f"told from {source}; correct it if that was not why nobody asked first")
            return


def _by_lines(claim: Loop) -> Scenario | None:
    lines = [line.first("SV1") for line in claim.loops("2400")]
    return "emergency" if lines and all(sv1 is not None and sv1[9] == "Y" for sv1 in lines) else None
