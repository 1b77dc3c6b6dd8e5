"""What an encounter says that cannot be: no rule is held against days, or reasons, that contradict each other."""

from __future__ import annotations

from x12retro.assess.outcome import Problem
from x12retro.encounter import Encounter

_COULD_NOT_WAIT = ("emergency", "urgent")


def contradictions(encounter: Encounter) -> tuple[Problem, ...]:
    """What cannot be, as problems of the record: an end before its beginning, elective care that could not wait."""
    event = encounter.event
    found = []
    spans = (
        ("service_to", event.service_from, event.service_to, "service_from"),
        ("discharge_date", event.admission_date, event.discharge_date, "admission_date"),
    )
    for path, start, end, first in spans:
        if start is not None and end is not None and end < start:
            found.append(Problem(f"$.event.{path}", f"lies before {first}"))
    if event.level_of_service == "E" and encounter.retro is not None and encounter.retro.scenario in _COULD_NOT_WAIT:
        found.append(Problem("$.event.level_of_service", f"E (elective) contradicts the scenario {encounter.retro.scenario}"))
    return tuple(found)
