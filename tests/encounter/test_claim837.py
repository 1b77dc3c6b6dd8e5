"""Claims as encounters: what is read from where, what is only told, and what makes a claim unusable."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from x12retro.encounter import Claim, EncounterProblem, read_claims
from x12retro.encounter.mapping import Mapping
from x12retro.guide.judge import validate

CLAIMS = Path(__file__).parents[2] / "fixtures" / "claims"
INPATIENT = (CLAIMS / "inpatient-emergency.edi").read_text()
PROFESSIONAL = (CLAIMS / "professional-two-patients.edi").read_text()


def claims(text, **options):
    """Every claim of a file; the count in SE01 is put right, so that a test may add or take away segments."""
    lines = text.split("~\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("SE*"))
    start = next(n for n, line in enumerate(lines) if line.startswith("ST*"))
    lines[at] = f"SE*{at - start + 1}*0001"
    return list(read_claims("~\n".join(lines).encode(), **options))


def one(text, **options):
    found = claims(text, **options)
    assert len(found) == 1
    assert isinstance(found[0], Claim), found[0].slips
    return found[0]


def problem(text):
    found = claims(text)
    assert len(found) == 1
    assert isinstance(found[0], EncounterProblem)
    return found[0]


def notes(claim):
    return "; ".join(f"{note.path}: {note.message}" for note in claim.notes)


@pytest.mark.parametrize("name", ["inpatient-emergency", "professional-two-patients", "institutional-six-claims"])
def test_the_claims_of_the_fixtures_are_right_by_their_guide(name):
    assert all(checked.accepted for checked in validate(CLAIMS / f"{name}.edi"))


def test_an_inpatient_claim_is_an_admission():
    event = one(INPATIENT).encounter.event
    assert (event.category, event.facility.code, event.facility.qualifier) == ("AR", "11", "A")
    assert (event.admission_date, event.discharge_date) == (date(2026, 10, 18), date(2026, 10, 21))
    assert (event.admission.type, event.admission.source, event.admission.status) == ("1", "1", "01")
    assert event.level_of_service is None, "urgency is never told from a claim"


def test_an_outpatient_claim_is_a_health_service_with_the_days_of_its_statement():
    event = one(INPATIENT.replace("***11:A:1*", "***13:A:1*")).encounter.event
    assert (event.category, event.facility.code) == ("HS", "13")
    assert (event.service_from, event.service_to, event.discharge_date) == (date(2026, 10, 18), date(2026, 10, 21), None)


def test_a_patient_who_is_still_in_was_not_discharged():
    still_in = INPATIENT.replace("DTP*096*TM*1130~\n", "").replace("CL1*1*1*01", "CL1*1*1*30")
    assert one(still_in).encounter.event.discharge_date is None


def test_the_people_of_a_claim_come_with_their_numbers():
    encounter = one(INPATIENT).encounter
    assert (encounter.payer.id, encounter.payer.plan, encounter.payer.line_of_business) == ("SRHP01", "Choice PPO", "commercial")
    assert (encounter.requester.npi, encounter.requester.tax_id, encounter.requester.entity) == ("1900000013", "843300127", "FA")
    assert (encounter.requester.taxonomy, encounter.requester.contact.fax) == ("282N00000X", "7195550143")
    assert (encounter.subscriber.member_id, encounter.subscriber.birth_date) == ("SRH448210093", date(1971, 3, 9))
    assert [(p.role, p.npi, p.taxonomy) for p in encounter.providers] == [
        ("71", "1550000032", "207R00000X"),
        ("72", "1710000021", None),
    ]
    assert encounter.patient is None


def test_the_dependent_is_the_patient_and_the_insured_stays_the_subscriber():
    _, second = claims(PROFESSIONAL)
    assert (second.encounter.subscriber.first_name, second.encounter.subscriber.birth_date) == ("Rosalind", None)
    assert (second.encounter.patient.first_name, second.encounter.patient.relationship) == ("Teo", "19")


def test_a_relationship_that_the_request_does_not_know_is_sent_as_other_and_told():
    _, second = claims(PROFESSIONAL.replace("PAT*19", "PAT*53"))
    assert second.encounter.patient.relationship == "G8"
    assert "$.patient.relationship: the request knows spouse, child and other only" in notes(second)


def test_diagnoses_keep_their_kind_and_present_on_admission_is_told_as_left_out():
    claim = one(INPATIENT)
    assert [(d.code, d.kind) for d in claim.encounter.diagnoses] == [("K3580", "principal"), ("R1031", "admitting")]
    assert "present-on-admission indicators" in notes(claim)


def test_more_diagnoses_than_a_request_takes_are_cut_to_the_most_telling_and_told():
    others = "*".join(f"ABF:I1{n}" for n in range(9)) + "*ABF:E119*ABF:E785*ABF:N179"
    claim = one(INPATIENT.replace("HI*ABJ:R1031~\n", f"HI*ABJ:R1031~\nHI*DR:343~\nHI*{others}~\n"))
    kinds = [d.kind for d in claim.encounter.diagnoses]
    assert (len(kinds), kinds[:2], claim.encounter.event.drg) == (11, ["principal", "admitting"], "343")
    assert "the claim has 14, a request takes 11 here" in notes(claim)


def test_procedures_and_value_codes_are_told_as_left_out():
    claim = one(INPATIENT.replace("HI*ABJ:R1031~\n", "HI*ABJ:R1031~\nHI*BBR:0DTJ4ZZ:D8:20261018~\nHI*BE:A1:::12.5~\n"))
    assert "inpatient procedures, value codes" in notes(claim)


def test_institutional_lines_have_revenue_code_units_charge_and_days():
    first, second = one(INPATIENT).encounter.services
    assert (first.revenue_code, first.procedure, first.units, first.unit, first.charge) == ("0121", None, 3, "DA", Decimal(8400))
    assert (first.from_, first.to) == (date(2026, 10, 18), date(2026, 10, 21))
    assert (second.revenue_code, second.procedure, second.charge, second.to) == ("0360", "44970", Decimal("6150.5"), None)


def test_professional_lines_have_modifiers_pointers_and_a_place_where_it_differs():
    first, second = claims(PROFESSIONAL)[0].encounter.services
    assert (first.procedure, first.modifiers, first.diagnosis_pointers, first.facility) == ("98941", ("AT",), (1, 2), None)
    assert (second.facility.code, second.facility.qualifier) == ("12", "B")


def test_a_professional_claim_runs_from_the_first_to_the_last_of_its_lines():
    event = claims(PROFESSIONAL)[0].encounter.event
    assert (event.service_from, event.service_to, event.onset_date) == (date(2026, 10, 26), date(2026, 11, 13), date(2026, 10, 20))


def test_lines_are_known_by_their_control_number_or_else_by_their_place():
    assert [claim.lines for claim in claims(PROFESSIONAL)] == [("CB0015L1", "CB0015L2"), ("1",)]


def test_earlier_authorization_delay_reason_and_documents_are_carried_over():
    first, _ = claims(PROFESSIONAL)
    assert (first.encounter.prior.authorization, first.encounter.event.delay_reason) == ("AUTH77120", "8")
    assert [(d.type, d.delivery, d.control_number) for d in one(INPATIENT).encounter.documents] == [
        ("M1", "EL", "CB0001M1"),
        ("B3", "EL", "CB0001B3"),
    ]


def test_a_document_that_a_request_does_not_know_is_left_out_and_told():
    _, second = claims(PROFESSIONAL)
    assert second.encounter.documents == ()
    assert "documents of a report type that a request does not know" in notes(second)


def test_a_delay_reason_that_a_request_does_not_know_is_left_out_and_told():
    first, _ = claims(PROFESSIONAL.replace("*P**********8~", "*P**********9~"))
    assert first.encounter.event.delay_reason is None
    assert "$.event.delay_reason: the claim's delay reason is none that a request takes" in notes(first)


def test_an_accident_comes_with_its_cause_day_and_state():
    event = claims(PROFESSIONAL)[1].encounter.event
    assert (event.related_causes, event.accident_date, event.accident_state) == (("AA",), date(2026, 11, 1), "CO")


@pytest.mark.parametrize(
    ("old", "new", "scenario"),
    [
        ("CL1*1*1*01", "CL1*1*1*01", "emergency"),
        ("CL1*1*1*01", "CL1*5*1*01", "emergency"),
        ("CL1*1*1*01", "CL1*2*1*01", "urgent"),
        ("CL1*1*1*01", "CL1*3*1*01", None),
        ("**A*Y*Y~", "**A*Y*Y***********8~", "retro_eligibility"),
        ("**A*Y*Y~", "**A*Y*Y***********7~", "other_health_coverage"),
        ("**A*Y*Y~", "**A*Y*Y***********15~", "disaster"),
        ("HI*ABK", "REF*4N*2~\nHI*ABK", "retro_eligibility"),
        ("HI*ABK", "REF*4N*1~\nHI*ABK", "urgent"),
    ],
)
def test_the_scenario_is_told_from_the_claim_or_stays_open(old, new, scenario):
    claim = one(INPATIENT.replace(old, new))
    assert claim.encounter.retro.scenario == scenario
    assert ("$.retro.scenario: told from" in notes(claim)) is (scenario is not None)


def test_the_claim_was_sent_on_the_day_of_its_file():
    assert one(INPATIENT).encounter.retro.claim_sent_on == date(2026, 10, 30)


def test_a_void_claim_asks_for_nothing():
    assert "voids an earlier claim" in problem(INPATIENT.replace("***11:A:1*", "***11:A:8*")).message


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("HI*ABK:K3580", "HI*ABK:XXXXXXXXXX", "HI"),
        ("DTP*435*DT*202610180340", "DTP*435*DT*202613180340", "DTP03"),
        ("***11:A:1*", "***11:Q:1*", "CLM05"),
        ("SV2*0360*HC:44970*6150.5", "SV2*0360*HC:44970*lots", "SV203"),
    ],
)
def test_a_claim_that_is_wrong_where_it_is_needed_is_given_up_with_its_place(old, new, place):
    wrong = problem(INPATIENT.replace(old, new))
    assert wrong.encounter_id == "CB-2026-0001"
    assert any(place in slip.message and "segment" in slip.message for slip in wrong.slips)


def test_a_claim_that_is_wrong_where_it_is_not_needed_goes_on_with_a_note():
    claim = one(INPATIENT.replace("CLM*CB-2026-0001*14550.5***11:A:1**A*Y*Y", "CLM*CB-2026-0001*14550.5***11:A:1**Q*Y*Y"))
    assert claim.encounter.event.category == "AR"
    assert "CLM07" in notes(claim)


def test_what_is_missing_altogether_is_told_by_its_path():
    gone = INPATIENT.replace("NM1*IL*1*Vandermeer*Callista*Rue***MI*SRH448210093~\n", "")
    assert "$.subscriber" in {slip.path for slip in problem(gone).slips}


@pytest.mark.parametrize(
    "lost",
    [
        "HL*3*1*22*0~\n",
        "HL*3*1*22*0~\nSBR*P*18*GRP5521*Choice PPO*****CI~\n",
        "HL*3*1*22*0~\nSBR*P*18*GRP5521*Choice PPO*****CI~\nNM1*IL*1*Brightwater*Emeric****MI*SRH448500002~\n",
        "NM1*IL*1*Brightwater*Emeric****MI*SRH448500002~\n",
        "SBR*P*18*GRP5521*Choice PPO*****CI~\nNM1*IL*1*Brightwater*Emeric****MI*SRH448500002~\n",
    ],
)
def test_a_claim_is_never_laid_at_another_persons_door(lost):
    whole = (CLAIMS / "institutional-six-claims.edi").read_text()
    at = whole.index(lost)
    found = claims(whole[:at] + whole[at + len(lost) :])
    people = {one.encounter.encounter_id: one.encounter.subscriber.last_name for one in found if isinstance(one, Claim)}
    assert "CB-2026-0102" not in people
    assert people["CB-2026-0104"] == "Delacroix"
    assert any(isinstance(one, EncounterProblem) and one.encounter_id == "CB-2026-0102" for one in found)


def test_a_segment_out_of_place_is_told_with_its_claim():
    late = INPATIENT.replace("PWK*B3*EL***AC*CB0001B3~\n", "").replace("HI*ABJ", "PWK*B3*EL***AC*CB0001B3~\nHI*ABJ")
    assert "PWK stands too late" in notes(one(late))


def test_a_line_without_its_service_costs_the_claim():
    wrong = problem(INPATIENT.replace("SV2*0121**8400*DA*3~\n", ""))
    assert any("a line without its service" in slip.message for slip in wrong.slips)


def test_the_last_claim_is_not_laid_at_the_door_of_the_person_before():
    lines = (CLAIMS / "institutional-six-claims.edi").read_text().split("~\n")
    at = lines.index("HL*7*1*22*0")
    for lost in range(1, 7):
        found = claims("~\n".join(lines[:at] + lines[at + lost :]))
        assert "CB-2026-0106" not in {one.encounter.encounter_id for one in found if isinstance(one, Claim)}, lost


def test_a_set_that_lost_segments_by_its_own_count_gives_no_claim_and_one_that_has_more_is_told():
    lost, outside = read_claims(INPATIENT.replace("SE*40*", "SE*41*").encode())
    assert "segments of the set are lost (SE01)" in lost.message
    assert "SE01 says 41 segments" in outside.message
    claim, outside = read_claims(INPATIENT.replace("SE*40*", "SE*39*").encode())
    assert isinstance(claim, Claim)
    assert "SE01 says 39 segments" in outside.message


def test_lines_that_do_not_add_up_to_the_claim_are_told():
    assert "do not add up" in notes(one(INPATIENT.replace("*14550.5***", "*15550.5***")))


def test_a_file_cut_in_half_gives_the_whole_claims_and_one_problem():
    found = list(read_claims(CLAIMS / "cut-in-half.edi"))
    assert [one.encounter.encounter_id for one in found if isinstance(one, Claim)] == ["CB-2026-0101", "CB-2026-0102"]
    broken = [one for one in found if isinstance(one, EncounterProblem)]
    assert broken[0].encounter_id == "CB-2026-0103"
    assert "breaks off" in broken[0].message


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_wherever_a_file_is_cut_nothing_fails_and_something_is_told(share):
    raw = (CLAIMS / "institutional-six-claims.edi").read_bytes()
    found = list(read_claims(raw[: int(len(raw) * share)]))
    assert any(isinstance(one, EncounterProblem) for one in found)
    assert not any("internal problem" in one.message for one in found if isinstance(one, EncounterProblem))


def test_a_claim_number_that_comes_twice_is_told():
    seen = set()
    first, second = (next(iter(read_claims(INPATIENT.encode(), seen=seen))) for _ in range(2))
    assert isinstance(first, Claim)
    assert "comes a second time" in second.message


def test_what_is_no_claim_is_told():
    request = Path(__file__).parents[2] / "fixtures" / "encounters" / "emergency-admission.expected.edi"
    (told,) = read_claims(request)
    assert told.message == "set 0001 is not a claim (837P or 837I): it is passed over"


def test_a_mapping_fills_in_what_a_claim_does_not_say():
    mapping = Mapping(constants={"event.service_type": "2"}, defaults={"retro.scenario": "office_miss", "payer.id": "OTHER"})
    encounter = one(INPATIENT.replace("CL1*1*1*01", "CL1*3*1*01"), mapping=mapping).encounter
    assert (encounter.event.service_type, encounter.retro.scenario, encounter.payer.id) == ("2", "office_miss", "SRHP01")


def test_no_problem_or_note_holds_a_value_of_the_claim():
    crooked = (
        PROFESSIONAL.replace("DMG*D8*19751201*M", "DMG*D8*1975SECRET*M")
        .replace("NM1*QC*1*Marchetti*Teo", "NM1*QC*1*Zebulon" * 9 + "*Teo")
        .replace("HI*ABK:S8991XA", "HI*ABK:SECRET1:SECRET2")
        .replace("SV1*HC:99284*210", "SV1*HC:SECRET3*SECRET4")
    )
    text = repr(claims(crooked)) + "".join(slip.message for one in claims(crooked) for slip in getattr(one, "slips", ()))
    assert "SECRET" not in text
    assert "Zebulon" not in text
    assert "Ibarra" not in text


def test_memory_holds_one_set_at_a_time():
    """Claims are given out while the file is still being read."""
    head, _, rest = INPATIENT.partition("ST*837*0001")
    body = "ST*837*0001" + rest.partition("GE*")[0]
    sets = [
        body.replace("*0001*005010", f"*{n:04d}*005010").replace("*0001~\n", f"*{n:04d}~\n").replace("CB-2026-0001", f"CB-{n}")
        for n in range(1, 2000)
    ]
    read = 0

    class Slow:
        def __init__(self, raw):
            self.raw = raw

        def read(self, _size=-1):
            nonlocal read
            data = self.raw[read : read + 4096]
            read += len(data)
            return data

    raw = (head + "".join(sets) + "GE*1999*1~\nIEA*1*000000701~\n").encode()
    first = next(read_claims(Slow(raw)))
    assert first.encounter.encounter_id == "CB-1"
    assert read < len(raw) / 4, "the rest of the file has not been asked for"
