"""What goes into a request comes out of it: encounters are built, the bytes read again, and the values compared."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x12retro.build import build, load_partner, write
from x12retro.build.text import fault_of_id, fitting, plain
from x12retro.encounter import Encounter
from x12retro.guide import catalog
from x12retro.guide.places import fixtures_dir
from x12retro.guide.sheet import Loop, Sheet
from x12retro.synth import AS_OF, encounters
from x12retro.x12 import Delimiters, Transaction, read

PARTNERS = {name: load_partner(Path(fixtures_dir()) / "partners" / f"{name}.toml") for name in ("summit-ridge", "front-range")}


def d8(day: date) -> str:
    return day.strftime("%Y%m%d")


def written(text: str | None, delimiters: Delimiters) -> str:
    return plain(text, delimiters)[0] if text else ""


def person(who: object, nm1: object, delimiters: Delimiters) -> list[tuple[str, str]]:
    return [
        (written(who.last_name, delimiters), nm1[3]),
        (written(who.first_name, delimiters), nm1[4]),
        (written(who.middle_name, delimiters), nm1[5]),
        (written(who.suffix, delimiters), nm1[7]),
    ]


def put_and_got(encounter: Encounter, sheet: Sheet) -> list[tuple[object, object]]:
    """Pairs of what the encounter holds and what the message says."""
    cut = sheet.delimiters
    event: Loop = next(sheet.loops("2000E"))
    subscriber: Loop = next(sheet.loops("2010C"))
    pairs: list[tuple[object, object]] = []
    who = encounter.subscriber
    nm1 = subscriber.first("NM1")
    pairs += [*person(who, nm1, cut), (who.member_id, nm1[9])]
    if who.birth_date:
        dmg = subscriber.first("DMG")
        pairs += [(d8(who.birth_date), dmg[2]), (who.gender or "", dmg[3])]
    dependents = list(sheet.loops("2010D"))
    assert len(dependents) == (encounter.patient is not None)
    if encounter.patient is not None:
        dmg, ins = dependents[0].first("DMG"), dependents[0].first("INS")
        pairs += person(encounter.patient, dependents[0].first("NM1"), cut)
        pairs += [
            (encounter.patient.relationship, ins[2]),
            (d8(encounter.patient.birth_date), dmg[2]),
            (encounter.patient.gender or "", dmg[3]),
        ]
    um = event.first("UM")
    pairs += [(encounter.event.category, um[1]), (encounter.event.certification, um[2]), (encounter.event.level_of_service or "", um[6])]
    if encounter.event.admission_date:
        pairs.append((d8(encounter.event.admission_date), event.first("DTP", "435")[3][:8]))
    if encounter.event.discharge_date:
        pairs.append((d8(encounter.event.discharge_date), event.first("DTP", "096")[3]))
    if encounter.prior and encounter.prior.authorization:
        pairs.append((encounter.prior.authorization, event.first("REF", "BB")[2]))
    codes = {d.code.replace(".", "").upper() for d in encounter.diagnoses}
    hi = event.first("HI")
    pairs.append((codes, {cut.components(c)[1] for c in hi.fields[1:] if not c.startswith("DR")} if hi else set()))
    pairs.append(([d.type for d in encounter.documents], [p[1] for p in event.all("PWK")]))
    services = list(event.loops("2000F"))
    assert len(services) == len(encounter.services)
    for service, loop in zip(encounter.services, services, strict=True):
        line = loop.first("SV1") or loop.first("SV2") or loop.first("SV3")
        code, charge, count = {"SV1": (1, 2, 4), "SV2": (2, 3, 5), "SV3": (1, 2, 6)}[line.id]
        parts = cut.components(line[code]) if line[code] else []
        if service.procedure:
            pairs.append((service.procedure.replace("-", "").upper(), parts[1]))
            pairs.append((list(service.modifiers), [m for m in parts[2:6] if m]))
        if service.revenue_code:
            pairs.append((service.revenue_code, line[1]))
        if service.charge is not None:
            pairs.append((service.charge, Decimal(line[charge])))
        if service.units is not None and line.id != "SV3":
            pairs.append((service.units, Decimal(line[count])))
        if service.from_ is not None and (dtp := loop.first("DTP", "472")) is not None:
            pairs.append((d8(service.from_), dtp[3][:8]))
            pairs.append((d8(service.to or service.from_), dtp[3][-8:]))
    return pairs


@pytest.mark.parametrize("partner", list(PARTNERS))
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 12))
def test_what_was_put_in_is_what_is_read(partner: str, seed: int, n: int) -> None:
    given_ones = {one.encounter_id: one for one in encounters(n, seed)}
    to = PARTNERS[partner]
    out = io.BytesIO()
    built = list(write(out, build(given_ones.values(), to, as_of=AS_OF), to, as_of=AS_OF))
    made = [one for one in built if one.built]
    sets = [item for item in read(out.getvalue()) if isinstance(item, Transaction)]
    assert len(sets) == len(made)
    for one, transaction in zip(made, sets, strict=True):
        sheet = Sheet(transaction, catalog.load("278-request"), "278-request")
        differing = [(put, got) for put, got in put_and_got(given_ones[one.encounter_id], sheet) if put != got]
        assert differing == []
        traces = [loop.first("TRN")[2] for loop in sheet.loops("2000E", "2000F") if loop.has("TRN")]
        assert traces == [one.traces.event, *one.traces.services]


@given(
    st.text(alphabet='ab é*:^~>`\n–.-()"1', max_size=8),
    st.sampled_from([Delimiters(), Delimiters(component=">"), Delimiters("|", "]", "[", "#")]),
)
def test_text_that_fits_is_text_that_nothing_is_changed_in(text: str, delimiters: Delimiters) -> None:
    unchanged = text != "" and plain(text, delimiters) == (text, None, False) and fault_of_id(text, delimiters) is None
    assert (fitting(delimiters)(text) is not None) == unchanged
