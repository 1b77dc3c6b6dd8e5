"""The certifications that some kinds of care carry: conditions (CRC), ambulance (CR1), spine (CR2), oxygen (CR5), home health (CR6)."""

from __future__ import annotations

from collections.abc import Sequence

from x12retro.build.codes import check_code
from x12retro.build.draft import Draft, d8, number, period, yes_no
from x12retro.encounter.event import Ambulance, Chiropractic, Conditions, HomeHealth, Oxygen


def add_conditions(draft: Draft, path: str, conditions: Sequence[Conditions]) -> None:
    """One segment for each category.

    Guide: 005010X217 2000E CRC
    """
    seen: set[str] = set()
    for i, group in enumerate(conditions):
        where = f"{path}[{i}]"
        if group.category in seen:
            draft.problem(f"{where}.category", "comes a second time; a category has room for five codes in one entry")
        seen.add(group.category)
        for n, code in enumerate(group.codes):
            check_code(draft, f"{where}.codes[{n}]", code, "CRC03")
        draft.add(where, "CRC", group.category, yes_no(group.apply), *group.codes)


def add_ambulance(draft: Draft, path: str, ambulance: Ambulance | None) -> None:
    """Add a transport; it has a pick-up and a drop-off place.

    Guide: 005010X217 2000E CR1
    """
    if ambulance is None:
        return
    draft.add_at(
        path,
        "CR1",
        {
            1: None if ambulance.weight is None else ambulance.weight_unit,
            2: number(ambulance.weight),
            3: ambulance.trip,
            4: ambulance.reason,
            5: None if ambulance.distance is None else ambulance.distance_unit,
            6: number(ambulance.distance),
            9: draft.words(f"{path}.round_trip_purpose", ambulance.round_trip_purpose),
            10: draft.words(f"{path}.stretcher_purpose", ambulance.stretcher_purpose),
        },
    )
    roles = {place.role for place in ambulance.places}
    if "PW" not in roles or not roles & {"45", "FS"}:
        draft.problem(f"{path}.places", "missing; a transport is told by its pick-up (PW) and its drop-off (45) or final (FS) place")


def add_chiropractic(draft: Draft, path: str, spine: Chiropractic | None) -> None:
    """Add spinal manipulation.

    Guide: 005010X217 2000E CR2
    """
    if spine is None:
        return
    if (spine.number is None) != (spine.total is None):
        draft.problem(f"{path}.{'number' if spine.number is None else 'total'}", "missing; number and total go together")
    if spine.level_to is not None and spine.level_from is None:
        draft.problem(f"{path}.level_from", "missing; a range of levels starts somewhere")
    texts = [draft.words(f"{path}.descriptions[{i}]", text) for i, text in enumerate(spine.descriptions)] + [None, None]
    draft.add_at(
        path,
        "CR2",
        {
            1: number(spine.number),
            2: number(spine.total),
            3: spine.level_from,
            4: spine.level_to,
            8: spine.condition,
            9: yes_no(spine.complication),
            10: texts[0],
            11: texts[1],
            12: yes_no(spine.xrays),
        },
    )


def add_oxygen(draft: Draft, path: str, oxygen: Oxygen | None) -> None:
    """Add home oxygen.

    Guide: 005010X217 2000E CR5
    """
    if oxygen is None:
        return
    equipment = (*oxygen.equipment, None, None)
    findings = (*oxygen.findings, None, None, None)
    draft.add_at(
        path,
        "CR5",
        {
            3: equipment[0],
            4: equipment[1],
            5: draft.words(f"{path}.equipment_reason", oxygen.equipment_reason),
            6: number(oxygen.flow_rate),
            7: number(oxygen.times_a_day),
            8: number(oxygen.hours_a_time),
            9: draft.words(f"{path}.therapist_order", oxygen.therapist_order),
            10: number(oxygen.blood_gas),
            11: number(oxygen.saturation),
            12: oxygen.test_condition,
            13: findings[0],
            14: findings[1],
            15: findings[2],
            16: number(oxygen.portable_flow_rate),
            17: oxygen.delivery,
            18: equipment[2],
        },
    )


def add_home_health(draft: Draft, path: str, care: HomeHealth | None) -> None:
    """Add a home health plan of care.

    Guide: 005010X217 2000E CR6
    """
    if care is None:
        return
    plan = _range(draft, path, "period", care)
    stay = _range(draft, path, "last_stay", care)
    if (care.surgery_on is None) != (care.surgery_code is None):
        draft.problem(
            f"{path}.{'surgery_on' if care.surgery_on is None else 'surgery_code'}", "missing; day and code of surgery go together"
        )
    if (care.last_stay_place is None) != (care.last_stay_from is None):
        missing = "last_stay_place" if care.last_stay_place is None else "last_stay_from"
        draft.problem(f"{path}.{missing}", "missing; days and place of the last stay go together")
    draft.add_at(
        path,
        "CR6",
        {
            1: care.prognosis,
            2: d8(care.started_on),
            3: None if plan is None else "RD8",
            4: plan,
            7: "W",
            8: care.certification,
            9: d8(care.surgery_on),
            10: None if care.surgery_code is None else care.surgery_code_set,
            11: draft.id(f"{path}.surgery_code", care.surgery_code),
            12: d8(care.ordered_on),
            13: d8(care.last_visit_on),
            14: d8(care.physician_contact_on),
            15: None if stay is None else "RD8",
            16: stay,
            17: care.last_stay_place,
        },
    )


def _range(draft: Draft, path: str, key: str, care: HomeHealth) -> str | None:
    """The range `key`_from to `key`_to, both or neither."""
    first, last = getattr(care, f"{key}_from"), getattr(care, f"{key}_to")
    if first is None and last is None:
        return None
    if first is None or last is None:
        draft.problem(f"{path}.{key}_{'from' if first is None else 'to'}", "missing; a range has two ends")
        return None
    if last < first:
        draft.problem(f"{path}.{key}_to", "lies before the first day")
    return f"{period(first, None)[1]}-{period(last, None)[1]}"
