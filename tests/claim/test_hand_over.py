"""Numbers of decisions on claims: where they go, where they never go, and that nothing else changes."""

from __future__ import annotations

import difflib
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec
import pytest

from x12retro.claim import HandOver, Offers, Policy, hand_over
from x12retro.decide import Care, Decision, Known, Standing, decide_stream
from x12retro.encounter.claim837 import Claim, read_claims
from x12retro.errors import SystemFailure, UsageError
from x12retro.guide.judge import validate

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "claims"
TWO, SIX = FOLDER / "professional-two-patients.edi", FOLDER / "institutional-six-claims.edi"
AS_OF = date(2026, 11, 24)
SECOND = "CB-2026-0016"
ONE_LINE = ["DTP*472*D8*20261101", "SV1*HC:99284*210*UN*1"]


HEAD = (
    "ISA*00*          *00*          *ZZ*SRHPEDI        *ZZ*CEDARBLUFF01   *261120*0900*^*00501*000000301*0*T*:~\n"
    "GS*HI*SRHPEDI*CEDARBLUFF01*20261120*0900*301*X*005010X217~\n"
)


def answer(
    *,
    event: Sequence[str],
    lines: Sequence[Sequence[str]] = (),
    member: str = "SRH448333871",
    born: str = "19751201",
    payer: str = "Summit Ridge Health Plan*****PI*SRHP01",
    trace: str | None = "T1",
    time: str = "20261120*0900",
) -> bytes:
    """One response: `event` and each of `lines` are the segments behind the TRN of their level."""
    body = [
        f"BHT*0007*11*REQ1*{time}*18",
        "HL*1**20*1",
        f"NM1*X3*2*{payer}",
        "HL*2*1*21*1",
        "NM1*1P*2*Cedar Bluff*****XX*1410000115",
        "HL*3*2*22*1",
        f"NM1*IL*1*X*Y****MI*{member}",
        f"DMG*D8*{born}*M",
        "HL*4*3*EV*1",
        *([f"TRN*2*{trace}*9000000001"] if trace else []),
        "UM*HS*I*1",
        *event,
    ]
    for n, line in enumerate(lines, start=1):
        body += [f"HL*{n + 4}*4*SS*0", *([f"TRN*2*{trace}L{n}*9000000001"] if trace else []), *line]
    text = HEAD + "".join(f"{segment}~\n" for segment in ["ST*278*0001*005010X217", *body, f"SE*{len(body) + 2}*0001"])
    return (text + "GE*1*301~\nIEA*1*000000301~\n").encode()


def run(claims: Path, *answers: bytes, encounters: dict[str, str] | None = None, **allowed: object) -> tuple[bytes, list[HandOver]]:
    policy = Policy(**allowed)  # type: ignore[arg-type]
    cares: list[Care] = []
    standing = Standing()
    for data in answers:
        for decision in decide_stream(
            data, as_of=AS_OF, encounters=encounters, known=Known(on_care=lambda _, care: cares.append(care)), file="a.edi"
        ):
            standing.add(decision, cares.pop())
    offers = Offers(policy)
    for decision, care in standing.with_care():
        offers.add(decision, care)
    out = io.BytesIO()
    records = list(hand_over(claims, offers, policy, out, AS_OF))
    return out.getvalue(), records


def changes(before: bytes, after: bytes) -> list[str]:
    """The lines that went (-) and came (+); the fixtures have one segment a line."""
    lines = difflib.ndiff(before.decode().splitlines(keepends=True), after.decode().splitlines(keepends=True))
    return [line.rstrip("\n") for line in lines if line[0] in "-+"]


def of(records: list[HandOver], claim: str) -> HandOver:
    return next(record for record in records if record.claim == claim)


def approved(number: str = "AUTH9", **more: str) -> bytes:
    return answer(event=[f"HCR*A1*{number}"], lines=[ONE_LINE], member="SRH448271550", born="20180212", **more)


BY_NUMBER = {"T1": SECOND}


def test_an_approved_claim_gets_the_number_and_nothing_else_changes() -> None:
    after, records = run(TWO, approved(), encounters=BY_NUMBER)
    assert changes(TWO.read_bytes(), after) == ["+ REF*G1*AUTH9~", "- SE*55*0001~", "+ SE*56*0001~"]
    got = of(records, SECOND)
    assert (got.status, got.level, got.numbers, got.matched_by, got.confidence) == ("written", "claim", ("AUTH9",), "claim_number", "exact")
    assert of(records, "CB-2026-0015").status == "no_decision"


def test_the_result_reads_as_claims_with_the_number_and_without_an_error() -> None:
    after, _ = run(TWO, approved(), encounters=BY_NUMBER)
    assert [f for checked in validate(after, as_of=AS_OF) for f in checked.findings if f.is_error] == []
    claims = {c.encounter.encounter_id: c.encounter for c in read_claims(after) if isinstance(c, Claim)}
    assert claims["CB-2026-0015"].prior is not None and claims["CB-2026-0015"].prior.authorization == "AUTH77120"


def test_the_number_stands_behind_the_ref_that_are_there_and_before_what_follows_them() -> None:
    after, _ = run(TWO, approved(), encounters=BY_NUMBER)
    assert b"REF*4N*3~\nREF*G1*AUTH9~\nHI*ABK:S8991XA~" in after


@pytest.mark.parametrize("line_break", [b"", b"\r\n"])
def test_delimiters_and_line_breaks_of_the_claims_are_kept(tmp_path: Path, line_break: bytes) -> None:
    data = TWO.read_bytes().replace(b"~\n", b"|" + line_break)
    path = tmp_path / "claims.edi"
    path.write_bytes(data)
    after, _ = run(path, approved(), encounters=BY_NUMBER)
    added = b"REF*G1*AUTH9|" + line_break
    assert after == data.replace(b"HI*ABK:S8991XA|", added + b"HI*ABK:S8991XA|").replace(b"SE*55*", b"SE*56*")


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("HCR*A3*AUTH9*0F", "not_approved"),
        ("HCR*A4*AUTH9", "not_approved"),
        ("HCR*CT*AUTH9", "not_approved"),
        ("HCR*NA*AUTH9", "not_approved"),
        ("HCR*C*AUTH9", "not_approved"),
        ("HCR*ZZ*AUTH9", "not_approved"),
        ("AAA*N**33*C", "not_approved"),
        ("HCR*A1", "no_number"),
    ],
)
def test_what_was_not_approved_never_gives_a_number(action: str, status: str) -> None:
    data = answer(event=[action], lines=[ONE_LINE], member="SRH448271550", born="20180212")
    after, records = run(TWO, data, encounters=BY_NUMBER)
    assert after == TWO.read_bytes()
    assert of(records, SECOND).status == status


def test_an_approval_that_a_person_must_look_at_is_held_until_it_was_reviewed() -> None:
    data = answer(event=["HCR*A1*AUTH9", "DTP*036*D8*20260901"], lines=[ONE_LINE], member="SRH448271550", born="20180212")
    after, records = run(TWO, data, encounters=BY_NUMBER)
    assert (after, of(records, SECOND).status) == (TWO.read_bytes(), "held")
    assert of(run(TWO, data, encounters=BY_NUMBER, reviewed=True)[1], SECOND).status == "written"


def test_a_claim_that_has_the_number_is_left_and_one_that_has_another_is_reported() -> None:
    same = answer(event=["HCR*A1*AUTH77120"])
    after, records = run(TWO, same, encounters={"T1": "CB-2026-0015"})
    assert (after, of(records, "CB-2026-0015").status) == (TWO.read_bytes(), "already_there")
    other = answer(event=["HCR*A1*NEW1"])
    after, records = run(TWO, other, encounters={"T1": "CB-2026-0015"})
    assert (after, of(records, "CB-2026-0015").status) == (TWO.read_bytes(), "conflict")
    after, records = run(TWO, other, encounters={"T1": "CB-2026-0015"}, replace=True)
    assert changes(TWO.read_bytes(), after) == ["- REF*G1*AUTH77120~", "+ REF*G1*NEW1~"]
    assert of(records, "CB-2026-0015").status == "replaced"


def test_running_it_again_on_its_own_result_changes_nothing(tmp_path: Path) -> None:
    once, _ = run(TWO, approved(), encounters=BY_NUMBER)
    path = tmp_path / "once.edi"
    path.write_bytes(once)
    again, records = run(path, approved(), encounters=BY_NUMBER)
    assert (again, of(records, SECOND).status) == (once, "already_there")


def two_lines(tmp_path: Path) -> Path:
    """The first claim of the fixture without its number."""
    path = tmp_path / "two.edi"
    path.write_bytes(TWO.read_bytes().replace(b"REF*G1*AUTH77120~\n", b"").replace(b"SE*55*", b"SE*54*"))
    return path


L1 = ["DTP*472*D8*20261026", "SV1*HC:98941:AT*65*UN*1"]
L2 = ["DTP*472*RD8*20261028-20261113", "SV1*HC:98941:AT*325*UN*5"]


def test_a_partial_approval_puts_the_number_on_the_approved_line_only(tmp_path: Path) -> None:
    path = two_lines(tmp_path)
    data = answer(event=[], lines=[["HCR*A1*AUTH5", *L1], ["HCR*A3**0F", *L2]])
    after, records = run(path, data, encounters={"T1": "CB-2026-0015"})
    got = of(records, "CB-2026-0015")
    assert (got.status, got.level, got.lines, got.outcome) == ("written", "line", (1,), "partially_certified")
    assert changes(path.read_bytes(), after) == ["+ REF*G1*AUTH5~", "- SE*54*0001~", "+ SE*55*0001~"]
    assert b"REF*6R*CB0015L1~\nREF*G1*AUTH5~\nLX*2~" in after


def test_lines_under_different_numbers_get_each_their_own(tmp_path: Path) -> None:
    path = two_lines(tmp_path)
    data = answer(event=[], lines=[["HCR*A1*AUTH5", *L1], ["HCR*A1*AUTH6", *L2]])
    after, records = run(path, data, encounters={"T1": "CB-2026-0015"})
    assert (of(records, "CB-2026-0015").numbers, of(records, "CB-2026-0015").lines) == (("AUTH5", "AUTH6"), (1, 2))
    assert changes(path.read_bytes(), after) == ["+ REF*G1*AUTH5~", "+ REF*G1*AUTH6~", "- SE*54*0001~", "+ SE*56*0001~"]


def test_a_line_that_the_payer_left_out_gets_no_number(tmp_path: Path) -> None:
    path = two_lines(tmp_path)
    data = answer(event=["HCR*A1*AUTH5"], lines=[L1])
    after, records = run(path, data, encounters={"T1": "CB-2026-0015"})
    assert of(records, "CB-2026-0015").lines == (1,)
    assert after.count(b"REF*G1*AUTH5~") == 1


def test_more_units_than_were_certified_are_told(tmp_path: Path) -> None:
    data = answer(event=["HCR*A1*AUTH5"], lines=[L1, [L2[0], "SV1*HC:98941:AT*260*UN*4"]])
    _, records = run(two_lines(tmp_path), data, encounters={"T1": "CB-2026-0015"})
    assert of(records, "CB-2026-0015").notes == ("line 2: more units are billed than were certified",)


def test_a_part_that_the_answer_does_not_name_is_told() -> None:
    for lines in ([], [ONE_LINE]):
        data = answer(event=["HCR*A2*AUTH9"], lines=lines, member="SRH448271550", born="20180212")
        got = of(run(TWO, data, encounters=BY_NUMBER)[1], SECOND)
        assert (got.status, got.level, got.notes) == ("written", "claim", ("approved in part, and the answer does not say which part",))


def test_a_decision_about_a_named_encounter_goes_to_no_claim_that_is_merely_like_it() -> None:
    after, records = run(TWO, approved(), encounters={"T1": "ANOTHER-CLAIM"})
    assert (after, of(records, SECOND).status) == (TWO.read_bytes(), "no_decision")
    assert of(records, "ANOTHER-CLAIM").status == "no_claim"


def test_services_alike_that_were_decided_differently_give_no_number(tmp_path: Path) -> None:
    data = answer(event=[], lines=[["HCR*A1*AUTH5", L1[1]], ["HCR*A3**0F", L2[1]]])  # no days: which is which?
    after, records = run(two_lines(tmp_path), data, encounters={"T1": "CB-2026-0015"})
    assert (after.count(b"REF*G1"), of(records, "CB-2026-0015").status) == (0, "no_line_matches")


def stay(code: str = "0121", number: str = "INP1") -> bytes:
    return answer(
        event=[f"HCR*A1*{number}", "DTP*435*D8*20260601", "DTP*096*D8*20260603"],
        lines=[[f"SV2*{code}**6400*DA*2"]],
        member="SRH448500002",
        born="19550830",
    )


def test_an_institutional_claim_among_six_gets_its_number() -> None:
    after, records = run(SIX, stay(), encounters={"T1": "CB-2026-0102"})
    assert changes(SIX.read_bytes(), after) == ["+ REF*G1*INP1~", "- SE*132*0001~", "+ SE*133*0001~"]
    assert b"CL1*1*1*01~\nREF*G1*INP1~\nHI*ABK:J189" in after
    assert [r.status for r in records].count("no_decision") == 5


def test_an_institutional_claim_holds_no_number_in_a_line() -> None:
    lines = [["HCR*A1*N1", "DTP*472*D8*20261007", "SV2*0612*HC:72148*1800*UN*1"], ["HCR*A1*N2", "SV2*0300*HC:80053*350*UN*1"]]
    data = answer(event=[], lines=lines, member="SRH448500003", born="19800122")
    after, records = run(SIX, data, encounters={"T1": "CB-2026-0103"})
    assert (after, of(records, "CB-2026-0103").status) == (SIX.read_bytes(), "needs_line_level")
    lines[1][0] = "HCR*A3**0F"
    data = answer(event=[], lines=lines, member="SRH448500003", born="19800122")
    after, records = run(SIX, data, encounters={"T1": "CB-2026-0103"})
    got = of(records, "CB-2026-0103")
    assert (got.status, got.level, got.numbers) == ("written", "claim", ("N1",))
    assert got.notes == ("the number is not for line 2: this kind of claim cannot say so",)


def test_without_a_number_of_ours_member_days_and_procedures_find_the_claim_and_say_how_surely() -> None:
    after, records = run(TWO, approved(trace="OTHER"))
    got = of(records, SECOND)
    assert (got.status, got.matched_by, got.confidence) == ("written", "member_dates_procedure", "high")
    assert after.count(b"REF*G1*AUTH9~") == 1


def test_a_likeness_in_part_is_reported_and_only_taken_when_allowed() -> None:
    lines = [ONE_LINE, ["DTP*472*D8*20261101", "SV1*HC:71045*90*UN*1"]]
    data = answer(event=["HCR*A1*AUTH9"], lines=lines, member="SRH448271550", born="20180212", trace="OTHER")
    after, records = run(TWO, data)
    assert (after, of(records, SECOND).status) == (TWO.read_bytes(), "uncertain")
    _, records = run(TWO, data, confidence="medium")
    assert (of(records, SECOND).status, of(records, SECOND).confidence) == ("written", "medium")


@pytest.mark.parametrize("other", [{"member": "SRH000000000"}, {"born": "20180213"}, {"day": "20261109"}])
def test_another_member_child_or_day_is_no_match_and_the_decision_is_told_as_unclaimed(other: dict[str, str]) -> None:
    line = [f"DTP*472*D8*{other.get('day', '20261101')}", ONE_LINE[1]]
    data = answer(
        event=["HCR*A1*AUTH9"],
        lines=[line],
        member=other.get("member", "SRH448271550"),
        born=other.get("born", "20180212"),
        trace="OTHER",
    )
    after, records = run(TWO, data)
    assert (after, of(records, SECOND).status) == (TWO.read_bytes(), "no_decision")
    assert [(r.claim, r.status, r.numbers) for r in records if r.status == "no_claim"] == [("OTHER", "no_claim", ("AUTH9",))]


def test_two_decisions_that_are_alike_are_not_chosen_between() -> None:
    after, records = run(TWO, approved(trace="O1"), approved("AUTH8", trace="O2"))
    assert (after, of(records, SECOND).status) == (TWO.read_bytes(), "no_decision")


def test_the_answer_that_stands_counts_in_whatever_order_they_come() -> None:
    denied = answer(event=["HCR*A3**0F"], lines=[ONE_LINE], member="SRH448271550", born="20180212", time="20261122*0900")
    for answers in ((approved(), denied), (denied, approved()), (denied, approved(), denied, approved())):
        after, records = run(TWO, *answers, encounters=BY_NUMBER)
        assert (after, of(records, SECOND).status) == (TWO.read_bytes(), "not_approved")


def test_a_number_of_another_payer_is_not_put_on_the_claim() -> None:
    data = approved(payer="Another Plan*****PI*OTHER1")
    after, records = run(TWO, data, encounters=BY_NUMBER)
    assert (after, of(records, SECOND).status) == (TWO.read_bytes(), "other_payer")
    assert of(run(TWO, data, encounters=BY_NUMBER, any_payer=True)[1], SECOND).status == "written"


def test_the_exception_code_goes_beside_the_number_where_it_is_wanted() -> None:
    data = answer(event=["HCR*A1*NEW1"])
    path_before = TWO.read_bytes()
    after, _ = run(TWO, data, encounters={"T1": "CB-2026-0015"}, replace=True, exception_code="2")
    assert "+ REF*4N*2~" in changes(path_before, after)
    after, records = run(TWO, approved(), encounters=BY_NUMBER, exception_code="2")
    assert after.count(b"REF*4N") == 1
    assert of(records, SECOND).notes == ("the claim has another exception code (REF 4N), which is left",)
    assert b"REF*4N" not in run(SIX, stay(), encounters={"T1": "CB-2026-0102"})[0]


def test_a_voided_claim_and_a_broken_set_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "claims.edi"
    path.write_bytes(TWO.read_bytes().replace(b"23:B:1", b"23:B:8"))
    after, records = run(path, approved(), encounters=BY_NUMBER)
    assert (after, of(records, SECOND).status) == (path.read_bytes(), "left_alone")
    path.write_bytes(TWO.read_bytes().replace(b"SE*55*", b"SE*54*"))
    after, records = run(path, approved(), encounters=BY_NUMBER)
    assert (after, of(records, SECOND).status) == (path.read_bytes(), "left_alone")


@pytest.mark.parametrize("number", ["A" * 51, "AUTH:9", "AUTH>9"])
def test_a_number_that_a_claim_cannot_hold_is_left_out(number: str) -> None:
    after, records = run(TWO, approved(number), encounters=BY_NUMBER)
    assert (after, of(records, SECOND).status) == (TWO.read_bytes(), "left_alone")


def test_claims_that_were_faulty_before_are_no_fault_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "claims.edi"
    path.write_bytes(TWO.read_bytes().replace(b"PWK*OZ*FX", b"PWK*OZ*QQ"))
    assert of(run(path, approved(), encounters=BY_NUMBER)[1], SECOND).status == "written"


def test_a_result_that_is_worse_than_the_claims_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("x12retro.claim.write._put", _twice)
    out = io.BytesIO()
    policy = Policy()
    offers = Offers(policy)
    (decision,) = decide_stream(approved(), as_of=AS_OF, encounters=BY_NUMBER)
    offers.add(decision)
    with pytest.raises(SystemFailure, match="nothing was written"):
        list(hand_over(TWO, offers, policy, out, AS_OF))
    assert out.getvalue() == b""


def _twice(editor, place, number, _):  # type: ignore[no-untyped-def]
    editor.insert(place.after, "REF", "G1", number)
    editor.insert(place.after, "REF", "G1", number)
    return "written"


def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run(tmp_path / "missing.edi", approved())


def test_no_record_and_no_repr_names_the_patient() -> None:
    _, records = run(TWO, approved(), encounters=BY_NUMBER)
    told = " ".join(map(repr, records)) + " ".join(str(r.notes) for r in records)
    assert not [word for word in ("Marchetti", "Rosalind", "SRH448271550", "20180212") if word in told]


def test_a_decision_that_was_superseded_offers_nothing() -> None:
    (decision,) = decide_stream(approved(), as_of=AS_OF)
    old: Decision = msgspec.structs.replace(decision, duplicate=True)
    offers = Offers(Policy())
    offers.add(old)
    assert offers.unclaimed() == []
