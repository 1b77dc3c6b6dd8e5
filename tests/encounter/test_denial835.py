"""Remittances: which claims were denied for want of authorization, what answers each, and which claim it belongs to."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from x12retro.encounter import Claim, Denial, Denials, EncounterProblem, Paid, encounters_of, read_claims, read_denials, told_unmatched
from x12retro.encounter.denial_codes import ANSWERS
from x12retro.guide.judge import validate

FIXTURES = Path(__file__).parents[2] / "fixtures"
REMIT = (FIXTURES / "remits" / "authorization-denials.edi").read_text()
CLAIMS = FIXTURES / "claims" / "institutional-six-claims.edi"


def counted(text):
    """The file with its SE01 put right."""
    lines = text.split("~\n")
    start = next(n for n, line in enumerate(lines) if line.startswith("ST*"))
    at = next(n for n, line in enumerate(lines) if line.startswith("SE*"))
    lines[at] = f"SE*{at - start + 1}*0001"
    return "~\n".join(lines).encode()


def told(text=REMIT):
    return list(read_denials(counted(text)))


def denials(text=REMIT):
    return [one for one in told(text) if not isinstance(one, Paid)]


def matched(text=REMIT, claims=None, **options):
    """What the claims of the fixture become under a remittance, by claim number, and the denials."""
    found = Denials(told(text))
    every = encounters_of(read_claims(CLAIMS) if claims is None else claims, found, **options)
    return {one.encounter.encounter_id if isinstance(one, Claim) else one.encounter_id: one for one in every}, found


@pytest.mark.parametrize("name", ["authorization-denials", "matches-nothing"])
def test_the_remittances_of_the_fixtures_are_right_by_their_guide(name):
    assert all(checked.accepted for checked in validate(FIXTURES / "remits" / f"{name}.edi"))


def test_only_payments_denied_for_want_of_authorization_are_denials():
    assert [(d.claim[-4:], d.carc, d.what) for d in denials()] == [
        ("0101", "197", "retro_request"),
        ("0102", "197", "retro_request"),
        ("0103", "197", "retro_request"),
        ("0104", "15", "corrected_claim"),
        ("0106", "198", "extension"),
        ("9999", "197", "retro_request"),
    ]


def test_a_denial_has_its_day_money_remarks_and_the_payers_number():
    first = denials()[0]
    assert (first.day, first.amount, first.rarcs, first.payer_claim) == (date(2026, 11, 9), Decimal(9200), ("M62",), "SRC70001")
    assert [(a.group, a.carc, a.amount) for a in first.adjustments] == [("CO", "197", Decimal(9200))]


def test_a_denied_line_has_its_number_procedure_day_and_remark():
    (line,) = denials()[2].lines
    assert (line.number, line.procedure, line.revenue_code, line.day) == ("CB-2026-0103-1", "72148", "0612", date(2026, 10, 7))
    assert (line.charge, line.rarcs) == (Decimal(1800), ("M62",))


def test_the_earlier_of_production_and_payment_day_starts_the_clock():
    assert denials(REMIT.replace("DTM*405*20261109", "DTM*405*20261106"))[0].day == date(2026, 11, 6)
    assert denials(REMIT.replace("DTM*405*20261109~\n", ""))[0].day == date(2026, 11, 9)


def test_a_reversal_is_no_denial():
    assert denials(REMIT.replace("0101*4*9200", "0101*22*9200"))[0].claim == "CB-2026-0102"


@pytest.mark.parametrize("carc", ANSWERS)
def test_every_code_of_the_table_is_found_wherever_it_stands_in_its_segment(carc):
    text = REMIT.replace("CAS*CO*197*9200", f"CAS*CO*45*200**253*100**{carc}*8900")
    first = denials(text)[0]
    assert (first.claim, first.carc, first.what, first.amount) == ("CB-2026-0101", carc, ANSWERS[carc].what, Decimal(8900))


def test_of_several_codes_the_one_that_a_request_answers_decides():
    first = denials(REMIT.replace("CAS*CO*197*9200", "CAS*CO*15*4000**197*5200"))[0]
    assert (first.carc, first.what) == ("197", "retro_request")


def test_money_given_back_is_no_denial():
    assert denials(REMIT.replace("CAS*CO*197*9200", "CAS*CO*197*-9200"))[0].claim == "CB-2026-0102"


def test_a_denied_claim_becomes_an_encounter_with_its_denial():
    claim = matched()[0]["CB-2026-0101"]
    retro = claim.encounter.retro
    assert (retro.denial.date, retro.denial.carc, retro.claim_sent_on) == (date(2026, 11, 9), "197", date(2026, 10, 12))
    assert (retro.scenario, claim.encounter.charges_at_risk) == ("emergency", Decimal(9200))


def test_a_claim_that_tells_no_scenario_leaves_it_open():
    assert matched()[0]["CB-2026-0103"].encounter.retro.scenario is None


def test_only_the_denied_lines_of_a_visit_are_asked_for_and_only_their_money_is_at_risk():
    claim = matched()[0]["CB-2026-0103"]
    assert [service.procedure for service in claim.encounter.services] == ["72148"]
    assert claim.encounter.charges_at_risk == Decimal(1800)
    assert any("1 of 2 lines left out" in note.message for note in claim.notes)


def test_a_line_without_its_number_is_found_by_procedure_and_day():
    text = REMIT.replace("REF*6R*CB-2026-0103-1~\n", "")
    assert [service.procedure for service in matched(text)[0]["CB-2026-0103"].encounter.services] == ["72148"]


def test_a_line_that_is_not_found_leaves_all_lines_and_is_told():
    text = REMIT.replace("REF*6R*CB-2026-0103-1~\n", "").replace("HC:72148*1800*0", "HC:72149*1800*0")
    claim = matched(text)[0]["CB-2026-0103"]
    assert len(claim.encounter.services) == 2
    assert any("not found in the claim" in note.message for note in claim.notes)


def test_a_missing_number_asks_for_a_corrected_claim_and_not_for_a_request():
    answer = matched()[0]["CB-2026-0104"]
    assert isinstance(answer, EncounterProblem)
    assert "CARC 15" in answer.message
    assert "no request; send a corrected claim with the authorization number (REF G1)" in answer.message


def test_more_than_authorized_asks_for_an_extension_of_the_claims_authorization():
    encounter = matched()[0]["CB-2026-0106"].encounter
    assert (encounter.event.certification, encounter.prior.authorization) == ("4", "AUTH88999")


def test_a_number_on_a_claim_denied_for_want_of_one_is_told():
    claim = matched(REMIT.replace("CAS*CO*15*1900", "CAS*CO*197*1900"))[0]["CB-2026-0104"]
    assert any(note.path == "$.prior.authorization" and "check it before asking" in note.message for note in claim.notes)


def test_one_who_lists_denials_gets_those_that_no_request_answers_too():
    claim = matched(wanted=frozenset(("corrected_claim", "retro_request")))[0]["CB-2026-0104"]
    assert claim.encounter.retro.denial.carc == "15"


def test_claims_without_a_denial_are_passed_over_and_counted():
    found, all_denials = matched()
    assert "CB-2026-0105" not in found
    assert all_denials.without_denial == 1


def test_denials_without_a_claim_are_told_with_what_to_do():
    (one,) = told_unmatched(matched()[1])
    assert one.encounter_id == "XX-9999"
    assert one.message == "denied with CARC 197, but no claim of this number was given; to do: ask for authorization after the fact"


def test_of_two_denials_of_a_claim_the_later_counts():
    early = denials(REMIT.replace("CAS*CO*197*9200", "CAS*CO*198*9200").replace("20261109", "20261101"))
    found = Denials([*denials(), *early])
    assert found.of("CB-2026-0101").carc == "197"


@pytest.mark.parametrize(("day", "settled"), [("20261120", True), ("20261109", False), ("20261101", False)])
def test_a_payment_of_a_later_day_settles_a_denial(day, settled):
    text = REMIT.replace("0101*4*9200*0*", "0101*1*9200*9200*").replace("CAS*CO*197*9200~\n", "").replace("20261109", day)
    for order in ([*told(), *told(text)], [*told(text), *told()]):
        found = Denials(one for one in order if one.claim == "CB-2026-0101")
        assert (found.of("CB-2026-0101") is None) is settled
        assert found.settled == settled


def test_denials_fit_encounters_of_any_source():
    claims = [one.encounter for one in read_claims(CLAIMS) if isinstance(one, Claim)]
    assert matched(claims=claims)[0]["CB-2026-0101"].encounter.retro.denial.carc == "197"


@pytest.mark.parametrize("share", [0.1, 0.4, 0.6, 0.9])
def test_a_remittance_cut_off_gives_what_was_whole_and_says_so(share):
    raw = REMIT.encode()
    found = list(read_denials(raw[: int(len(raw) * share)]))
    assert any(isinstance(one, EncounterProblem) for one in found)
    assert not any("internal problem" in one.message for one in found if isinstance(one, EncounterProblem))


def test_errors_that_may_hide_a_denial_are_told():
    text = REMIT.replace("CAS*CO*197*9200", "CAS*ZZ*197*9200")
    (doubt,) = [one for one in told(text) if isinstance(one, EncounterProblem) and "may hide denials" in one.message]
    assert "CAS01" in doubt.slips[1].message


def test_claims_given_for_remittances_are_told():
    (one,) = read_denials(CLAIMS)
    assert one.message == "set 0001 is not a remittance (835): it is passed over"


def test_a_denial_shows_no_values_when_it_is_printed():
    first = denials()[2]
    assert isinstance(first, Denial)
    assert "0103" not in repr(first)
    assert "72148" not in repr(first.lines)
