"""Building: what goes where, what is refused with which path, and what is never done."""

import cProfile
import io
import pstats
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import pyx12.params
import pyx12.x12n_document
from hypothesis import given, settings
from hypothesis import strategies as st

from x12retro.build import ControlNumbers, batch, build, load_partner, scenario_rules, write
from x12retro.build.compose import compose
from x12retro.build.draft import number
from x12retro.build.names import is_npi
from x12retro.encounter import Encounter, EncounterProblem, Scenario, Slip, read_encounters
from x12retro.errors import MapError
from x12retro.findings import Finding
from x12retro.guide.export import export
from x12retro.x12 import Transaction, read

SCENARIOS = scenario_rules()
PARTNERS = Path(__file__).parents[2] / "fixtures" / "partners"
PARTNER = load_partner(PARTNERS / "summit-ridge.toml")
AS_OF = datetime(2026, 11, 20, 10, 30)  # noqa: DTZ001 - X12 knows no time zone

BASE = {
    "encounter_id": "ENC-1",
    "payer": {"name": "Plan", "id": "PLAN1"},
    "requester": {"name": "Hospital", "npi": "1900000013"},
    "subscriber": {"member_id": "M123456", "last_name": "Vandermeer", "first_name": "Callista", "birth_date": "1971-03-09", "gender": "F"},
    "event": {"category": "HS", "service_type": "2", "service_from": "2026-10-18"},
    "services": [{"procedure": "44970", "units": 1}],
}


def encounter(**changes):
    """BASE with parts changed: a dict is merged into the part of that name, anything else replaces it."""
    data = {key: {**BASE.get(key, {}), **value} if isinstance(value, dict) else value for key, value in changes.items()}
    return msgspec.convert({**BASE, **data}, Encounter, strict=False)


def one(partner=PARTNER, **changes):
    (built,) = build([encounter(**changes)], partner, as_of=AS_OF)
    return built


def segments(built, wanted):
    return [line.elements for line in built.lines if line.id == wanted]


def errors(built):
    return {p.path: p.message for p in built.problems if p.severity == "error"}


def notes(built):
    return {p.path: p.message for p in built.problems if p.severity == "note"}


def written(encounters, partner=PARTNER, control=None):
    out = io.BytesIO()
    made = list(write(out, build(encounters, partner, as_of=AS_OF, control=control), partner, as_of=AS_OF))
    return made, out.getvalue()


def test_levels_are_numbered_and_only_levels_with_children_say_so():
    built = one(
        patient={"relationship": "19", "last_name": "Vandermeer", "birth_date": "2026-10-01"}, services=[{"procedure": "44970"}] * 2
    )
    assert segments(built, "HL") == [
        ("1", None, "20", "1"),
        ("2", "1", "21", "1"),
        ("3", "2", "22", "1"),
        ("4", "3", "23", "1"),
        ("5", "4", "EV", "1"),
        ("6", "5", "SS", "0"),
        ("7", "5", "SS", "0"),
    ]
    assert segments(one(services=[]), "HL")[-1] == ("4", "3", "EV", "0")


def test_every_scenario_of_the_record_has_a_rule():
    assert set(SCENARIOS) == set(get_args(Scenario))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_gives_its_delay_reason_and_opens_the_text(scenario):
    built = one(retro={"scenario": scenario, "explanation": "It was so."})
    assert segments(built, "UM")[0][9] == SCENARIOS[scenario].delay_reason
    assert segments(built, "MSG")[0][0] == f"{SCENARIOS[scenario].opening} It was so."


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_scenario_ever_makes_up_a_level_of_service(scenario):
    assert segments(one(retro={"scenario": scenario}), "UM")[0][5] is None


def test_a_stated_level_of_service_and_delay_reason_are_sent():
    built = one(event={"level_of_service": "U", "delay_reason": "16"}, retro={"scenario": "emergency"})
    assert segments(built, "UM")[0][5] == "U"
    assert segments(built, "UM")[0][9] == "16"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"subscriber": {"member_id": None}}, "$.subscriber.member_id"),
        ({"subscriber": {"last_name": None}}, "$.subscriber.last_name"),
        ({"subscriber": {"birth_date": "2027-01-01"}}, "$.subscriber.birth_date"),
        ({"payer": {"id": None}}, "$.payer.id"),
        ({"requester": {"npi": None}}, "$.requester.npi"),
        ({"requester": {"npi": "1900000014"}}, "$.requester.npi"),
        ({"event": {"service_from": None}}, "$.event.service_from"),
        ({"event": {"service_from": "2026-11-21"}}, "$.event.service_from"),
        ({"event": {"service_to": "2026-10-17"}}, "$.event.service_to"),
        ({"event": {"category": "AR"}}, "$.event.admission_date"),
        ({"event": {"certification": "S"}}, "$.prior.authorization"),
        ({"event": {"certification": "1"}, "prior": {"authorization": "A1"}}, "$.event.level_of_service"),
        ({"event": {"quantity": {"count": 2}}}, "$.event.quantity.qualifier"),
        ({"event": {"accident_state": "CO"}}, "$.event.related_causes"),
        ({"event": {"ambulance": {"trip": "I"}}}, "$.event.ambulance.places"),
        ({"patient": {"relationship": "19", "last_name": "Vandermeer"}}, "$.patient.birth_date"),
        ({"services": [{"units": 1}]}, "$.services[0].procedure"),
        ({"services": [{"procedure": "44970", "unit": "DA", "units": 1}]}, "$.services[0].unit"),
        ({"services": [{"procedure": "D7140", "code_set": "AD"}]}, "$.services[0].units"),
        ({"services": [{"procedure": "44970", "diagnosis_pointers": [1]}]}, "$.services[0].diagnosis_pointers[0]"),
        ({"services": [{"procedure": "44970", "to": "2026-10-18"}]}, "$.services[0].from"),
        ({"services": [{"procedure": "44970", "kind": "institutional", "teeth": [{"number": "8"}]}]}, "$.services[0].teeth"),
        ({"services": [{"procedure": "44970", "providers": [{"role": "71", "npi": "1900000013"}]}]}, "$.services[0].providers[0].role"),
        ({"providers": [{"role": "DQ", "npi": "1900000013"}]}, "$.providers[0].role"),
        ({"providers": [{"role": "71"}]}, "$.providers[0].npi"),
        ({"providers": [{"role": "71", "npi": "1900000013"}] * 15}, "$.providers"),
        ({"diagnoses": [{"code": "I10"}] * 13}, "$.diagnoses"),
        ({"diagnoses": [{"code": "I10", "kind": "principal"}] * 2}, "$.diagnoses[1].kind"),
        ({"documents": [{"type": "M1"}] * 11}, "$.documents"),
        ({"documents": [{"type": "M1", "delivery": "FX", "control_number": "AA1"}] * 2}, "$.documents[1].control_number"),
        ({"subscriber": {"address": {"state": "CO"}}}, "$.subscriber.address.city"),
        ({"requester": {"contact": {"extension": "204"}}}, "$.requester.contact.phone"),
    ],
)
def test_what_is_missing_or_wrong_is_named_by_its_path_and_no_request_is_made(changes, path):
    built = one(**changes)
    assert path in errors(built)
    assert not built.built
    assert built.lines == ()
    assert built.control is None


def test_all_that_is_missing_is_named_in_one_run():
    built = one(subscriber={"member_id": None}, payer={"id": None}, event={"service_from": None})
    assert {"$.subscriber.member_id", "$.payer.id", "$.event.service_from"} <= set(errors(built))


def test_what_fails_leaves_the_others_and_no_gap_in_the_numbers():
    records = [encounter(encounter_id=f"E{n}", subscriber={"member_id": None} if n == 1 else {}) for n in range(3)]
    made, raw = written(records)
    assert [m.built for m in made] == [True, False, True]
    assert [m.control.transaction for m in made if m.control] == ["0001", "0002"]
    assert b"GE*2*1~" in raw
    assert [t.segments()[0][2] for t in read(raw) if isinstance(t, Transaction)] == ["0001", "0002"]


def test_a_record_that_could_not_be_read_passes_through_as_not_built():
    bad = EncounterProblem(index=2, slips=(Slip("$.payer.name", "missing, and required", 7),), encounter_id="E2")
    (built,) = build([bad], PARTNER, as_of=AS_OF)
    assert (built.encounter_id, built.built, built.problems[0].path) == ("E2", False, "$.payer.name")
    assert built.problems[0].line == 7


@pytest.mark.parametrize("opening", [True, False])
def test_a_text_that_fills_the_room_is_sent_and_one_more_character_is_a_problem(opening):
    partner = msgspec.structs.replace(PARTNER, message=msgspec.structs.replace(PARTNER.message, opening=opening))
    room = 264 - (len(SCENARIOS["emergency"].opening) + 1 if opening else 0)
    fits = one(partner, retro={"scenario": "emergency", "explanation": "x" * room})
    assert len(segments(fits, "MSG")[0][0]) == 264
    over = one(partner, retro={"scenario": "emergency", "explanation": "x" * (room + 3)})
    assert not over.built
    assert errors(over)["$.retro.explanation"].startswith("3 characters too long")


def test_the_days_that_decide_stand_in_the_text():
    built = one(
        retro={"scenario": "retro_eligibility", "eligibility_added_on": "2026-11-02", "denial": {"date": "2026-11-03", "carc": "197"}}
    )
    assert (
        segments(built, "MSG")[0][0]
        == "Client has retroactive eligibility. Eligibility added 2026-11-02. Claim denied 2026-11-03, CARC 197."
    )


def test_accents_go_and_a_delimiter_becomes_a_blank_with_a_note_each():
    built = one(
        subscriber={"last_name": "Müller*Ørsted", "first_name": "José"},
        retro={"scenario": "emergency", "explanation": "Came at 03:40\nby car"},
    )
    assert segments(built, "NM1")[2][2:4] == ("Muller Orsted", "Jose")
    assert segments(built, "MSG")[0][0].endswith("Came at 03 40 by car")
    assert {"$.subscriber.last_name", "$.subscriber.first_name", "$.retro.explanation"} <= set(notes(built))


def test_a_name_with_nothing_that_can_be_written_is_a_problem():
    assert "$.subscriber.last_name" in errors(one(subscriber={"last_name": "李"}))


@pytest.mark.parametrize("member_id", ["M12:34", "M12*34", "M12é34", "M1|2~"])
def test_an_identifier_is_never_changed(member_id):
    assert "$.subscriber.member_id" in errors(one(subscriber={"member_id": member_id}))


def test_diagnoses_are_ordered_without_dots_and_pointers_follow_them():
    built = one(
        diagnoses=[
            {"code": "e11.9"},
            {"code": "R10.31", "kind": "admitting"},
            {"code": "K35.80", "kind": "principal", "date": "2026-10-18"},
        ],
        event={"drg": "343"},
        services=[{"procedure": "44970", "diagnosis_pointers": [3, 1]}],
    )
    assert segments(built, "HI") == [(("ABK", "K3580", "D8", "20261018"), ("ABJ", "R1031"), ("ABF", "E119"), ("DR", "343"))]
    assert segments(built, "SV1")[0][6] == ("1", "3")


@pytest.mark.parametrize(
    ("service", "segment"),
    [
        ({"procedure": "99213"}, "SV1"),
        ({"revenue_code": "121", "procedure": "99213"}, "SV2"),
        ({"procedure": "D7140", "code_set": "AD", "units": 1}, "SV3"),
        ({"procedure": "D7140", "teeth": [{"number": "8", "surfaces": ["M"]}], "units": 1}, "SV3"),
        ({"procedure": "99213", "kind": "institutional"}, "SV2"),
    ],
)
def test_the_kind_of_line_is_derived_where_it_is_clear(service, segment):
    built = one(services=[service])
    assert built.built, built.problems
    assert [line.id for line in built.lines if line.id.startswith("SV")] == [segment]


def test_lines_of_two_kinds_go_together_only_where_the_partner_takes_them():
    both = [{"procedure": "99213"}, {"revenue_code": "0121", "units": 1}]
    assert "$.services[1]" in errors(one(services=both))
    mixed = msgspec.structs.replace(PARTNER, services=msgspec.structs.replace(PARTNER.services, mixed_kinds=True))
    assert one(mixed, services=both).built


def test_documents_that_travel_get_a_number_and_those_kept_do_not():
    built = one(
        documents=[{"type": "M1", "delivery": "EL"}, {"type": "B3", "delivery": "AA"}],
        services=[{"procedure": "44970", "documents": [{"type": "OB", "delivery": "FX", "control_number": "OWN-7"}]}],
    )
    first, kept, own = segments(built, "PWK")
    assert first[4:6] == ("AC", built.traces.documents[0])
    assert kept[4:6] == (None, None)
    assert built.traces.documents == (first[5], "OWN-7")
    assert own[4:6] == ("AC", "OWN-7")


def test_traces_are_unique_matchable_and_say_nothing_of_the_patient():
    made, _ = written([encounter(encounter_id=f"E{n}", services=[{"procedure": "44970"}] * 3) for n in range(50)])
    traces = [t for m in made for t in (m.traces.event, *m.traces.services)]
    assert len(set(traces)) == len(traces) == 200
    assert all(t.isascii() and t.isalnum() and len(t) <= 50 for t in traces)
    assert all(service.startswith(m.traces.event) for m in made for service in m.traces.services)
    assert segments(made[0], "TRN")[0][1] == segments(made[0], "BHT")[0][2] == made[0].traces.event
    again, _ = written([encounter(encounter_id="E0")])
    assert again[0].traces.event == made[0].traces.event
    later, _ = written([encounter(encounter_id="E0")], control=ControlNumbers(2))
    assert later[0].traces.event != made[0].traces.event


def test_a_batch_is_cut_where_the_partner_wants_and_control_numbers_go_on():
    partner = msgspec.structs.replace(PARTNER, batch=msgspec.structs.replace(PARTNER.batch, sets_per_interchange=2))
    control = ControlNumbers(999_999_999, 7)
    made, raw = written([encounter(encounter_id=f"E{n}") for n in range(3)], partner, control)
    assert [(m.control.interchange, m.control.group, m.control.transaction) for m in made] == [
        ("999999999", "7", "0001"),
        ("999999999", "7", "0002"),
        ("000000001", "8", "0001"),
    ]
    assert raw.count(b"IEA*1*") == 2
    assert control.propose().interchange == "000000002"


def test_a_reservation_is_asked_and_cancelled_by_its_own_codes():
    assert segments(one(event={"category": "IN"}), "BHT")[0][1::4] == ("36", "RU")
    cancelled = one(event={"category": "IN", "certification": "3"}, prior={"authorization": "A1"})
    assert segments(cancelled, "BHT")[0][1] == "01"


def test_the_payers_reference_is_sent_only_without_an_authorization_number():
    assert segments(one(prior={"reference": "N1"}), "REF") == [("NT", "N1")]
    both = one(prior={"reference": "N1", "authorization": "A1"})
    assert segments(both, "REF") == [("BB", "A1")]
    assert "$.prior.reference" in notes(both)


def test_the_judges_error_becomes_a_problem_at_the_path_that_caused_it():
    def judge(_raw):
        return [Finding(rule="T-1", snip=2, severity="error", message="is not so", segment=8, segment_id="DMG")]

    (built,) = build([encounter()], PARTNER, as_of=AS_OF, proof=judge)
    assert not built.built
    assert "$.subscriber" in next(iter(errors(built)))


def test_the_real_judge_finds_what_the_record_cannot_know():
    built = one(services=[{"procedure": "44970", "service_type": "CQ"}])  # a service type for events alone
    assert "X217" in errors(built)["$.services[0].service_type"]
    assert "CQ" not in errors(built)["$.services[0].service_type"]


def test_no_problem_repeats_a_value():
    secret = "Q7Planted"
    built = one(
        subscriber={
            "member_id": f"{secret}*",
            "last_name": f"{secret}é",
            "address": {"line1": secret, "state": "CO"},
            "group_number": f"{secret}~",
        },
        payer={"id": f"{secret}:"},
        retro={"scenario": "emergency", "explanation": f"{secret}* " * 60},
        services=[{"procedure": "44970", "modifiers": ["LT"], "trace": f"{secret}^", "description": f"{secret}*"}],
        prior={"authorization": f"{secret}*"},
    )
    assert len(built.problems) >= 7
    assert secret not in repr(built)


@pytest.mark.parametrize(
    ("value", "text"), [("100", "100"), ("1250.50", "1250.5"), ("0", "0"), ("0.00", "0"), ("1E+3", "1000"), ("0.05", "0.05")]
)
def test_numbers_are_written_plainly(value, text):
    assert number(Decimal(value)) == text


def test_what_nobody_thought_of_costs_one_encounter_and_not_the_others(monkeypatch):
    def broken(encounter, *rest):
        if encounter.encounter_id == "B":
            raise KeyError("Vandermeer")
        return compose(encounter, *rest)

    monkeypatch.setattr(batch, "compose", broken)
    made = list(build([encounter(encounter_id=id_) for id_ in "ABC"], PARTNER, as_of=AS_OF))
    assert [one.built for one in made] == [True, False, True]
    assert [one.control.transaction for one in made if one.control] == ["0001", "0002"]
    (problem,) = made[1].problems
    assert problem.message.startswith("internal problem (KeyError)")
    assert "Vandermeer" not in problem.message


def test_a_configuration_that_is_broken_stops_the_run():
    def broken(*_):
        raise MapError("the guide cannot be loaded")

    with pytest.raises(MapError):
        list(build([encounter()], PARTNER, as_of=AS_OF, proof=broken))


def test_the_check_digit_of_an_npi_is_luhns():
    assert is_npi("1234567893")
    assert not is_npi("1234567890")
    assert not any(map(is_npi, ("", "123456789", "1234567893\n", "123456789३")))


def test_a_report_holds_what_the_contract_says():
    keys = set(msgspec.to_builtins(one().report()))
    assert keys == {"encounter_id", "built", "verdict", "traces", "control", "problems", "rule", "closes", "why"}


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=35)


@settings(max_examples=60, deadline=None)
@given(
    last=TEXT,
    first=TEXT,
    member=st.from_regex(r"\A[A-Z0-9]{2,20}\Z"),
    born=st.dates(date(1900, 1, 1), date(2026, 11, 20)),
    explanation=TEXT,
)
def test_what_is_built_reads_back_as_it_was_meant(last, first, member, born, explanation):
    subscriber = {"last_name": last, "first_name": first, "member_id": member, "birth_date": born}
    made, raw = written([encounter(subscriber=subscriber, retro={"scenario": "emergency", "explanation": explanation})])
    if not made[0].built:
        assert all(p.path.endswith(("_name", ".explanation")) for p in made[0].problems if p.severity == "error")
        return
    (transaction,) = (frame for frame in read(raw) if isinstance(frame, Transaction))
    back = [segment.fields for segment in transaction.segments()][1:-1]
    meant = [
        [line.id, *(":".join(c or "" for c in e) if isinstance(e, tuple) else e or "" for e in line.elements)] for line in made[0].lines
    ]
    assert [trim(fields) for fields in back] == [trim(fields) for fields in meant]
    (insured,) = (fields for fields in back if fields[:2] == ["NM1", "IL"])
    assert insured[9] == member
    if last.isascii() and last.isalnum():
        assert insured[3] == last


def trim(fields):
    """Without empty components and elements at the end."""
    fields = [field.rstrip(":") if ":" in field else field for field in fields]
    while fields and not fields[-1]:
        fields.pop()
    return fields


def test_pyx12_accepts_every_scenario(tmp_path):
    export(tmp_path)
    records = [encounter(encounter_id=f"E-{name}", retro={"scenario": name, "explanation": "It was so."}) for name in SCENARIOS]
    made, raw = written(records)
    assert all(m.built for m in made)
    judged = pyx12.x12n_document.x12n_document(
        pyx12.params.params(), io.StringIO(raw.decode("ascii")), fd_997=None, fd_html=None, map_path=str(tmp_path / "request")
    )
    assert judged


def test_the_guides_example_in_the_documentation_builds():
    page = (Path(__file__).parents[2] / "docs" / "encounter.md").read_text(encoding="utf-8")
    example = page.split("```json\n")[1].split("```")[0]
    (read_back,) = read_encounters(example.encode())
    (built,) = build([read_back], PARTNER, as_of=AS_OF)
    assert built.built, built.problems


def test_the_documentation_lists_every_scenario_with_its_delay_reason():
    page = (Path(__file__).parents[2] / "docs" / "encounter.md").read_text(encoding="utf-8")
    for name, rule in SCENARIOS.items():
        assert f"`{name}` | {rule.delay_reason} |" in page


def test_an_encounter_of_a_payer_that_the_partner_does_not_serve_is_not_built():
    built = one(msgspec.structs.replace(PARTNER, payers=("Somebody Else",)))
    assert not built.built
    assert "its reviews go to another partner" in errors(built)["$.payer"]


def test_four_times_the_services_take_four_times_as_many_steps():
    """Counted in calls, which are the same whatever else the machine does."""

    def calls(count: int) -> int:
        many = encounter(services=BASE["services"] * count)
        made = cProfile.Profile()
        made.enable()
        (built,) = build([many], PARTNER, as_of=AS_OF)
        made.disable()
        assert built.built, built.problems
        return pstats.Stats(made).total_calls

    calls(1)  # what is loaded once
    assert calls(1000) < 5 * calls(250)
