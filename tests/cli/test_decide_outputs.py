"""What `x12retro decide` writes beside JSON lines: CSV, Parquet, the schema, the summary, claims; and what it reads beside responses."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pyarrow.parquet
import pytest

from x12retro.cli.decision_schema import schema_text

AS_OF = ("--as-of", "2026-12-20")
DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="session")
def made(x12retro, tmp_path_factory) -> Path:
    """A folder with 60 requests, the responses to them, and the verdicts about them."""
    folder = tmp_path_factory.mktemp("made")
    for what in ("encounters", "requests", "responses"):
        assert x12retro("synth", what, 60, "--seed", 9, "-o", folder / f"{what}.x").returncode == 0
    x12retro("assess", folder / "encounters.x", "--as-of", "2026-12-01", "-o", folder / "verdicts.jsonl")
    return folder


def records(out: bytes) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_csv_has_a_row_for_each_event_and_no_formula(x12retro, made: Path, tmp_path: Path) -> None:
    plain = records(x12retro("decide", made / "responses.x", *AS_OF).stdout)
    done = x12retro("decide", made / "responses.x", *AS_OF, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    assert [r["outcome"] for r in rows] == [p["outcome"] for p in plain]
    assert [r["due"] for r in rows] == [p["next_step"]["due"] for p in plain]
    data = (made / "responses.x").read_bytes()
    number = re.search(rb"HCR\*A1\*([^*~]+)", data)
    assert number is not None
    (tmp_path / "r.edi").write_bytes(data.replace(number[0], b"HCR*A1*=1+1"))
    assert b",'=1+1," in x12retro("decide", tmp_path / "r.edi", *AS_OF, "--format", "csv").stdout


def test_lines_under_numbers_of_their_own_show_in_table_and_csv(x12retro, made: Path) -> None:
    approved = ("certified", "modified", "partially_certified")
    expected = []
    for one in records(x12retro("decide", made / "responses.x", *AS_OF).stdout):
        lines = [s["authorization_number"] or one["authorization_number"] for s in one["services"] if s["outcome"] in approved]
        numbers = [n for n in dict.fromkeys(lines or [one["authorization_number"]]) if n] if one["outcome"] in approved else []
        expected.append(numbers)
    rows = csv.DictReader(io.StringIO(x12retro("decide", made / "responses.x", *AS_OF, "--format", "csv").stdout.decode(), newline=""))
    assert [row["numbers"].split() for row in rows] == expected
    table = x12retro("decide", made / "responses.x", *AS_OF, "--format", "table").stdout.decode()
    several = [numbers for numbers in expected if len(numbers) > 1]
    assert several
    assert table.count(" numbers") >= len(several)
    (lone, *_) = [row for row in expected if len(row) == 1]
    assert lone[0] in table


def test_an_empty_csv_has_its_header(x12retro, tmp_path: Path) -> None:
    (tmp_path / "no.edi").write_bytes(b"nothing")
    done = x12retro("decide", tmp_path / "no.edi", "--format", "csv")
    assert (done.returncode, done.stdout.split(b",")[0]) == (1, b"case")


def test_parquet_holds_typed_columns_and_the_services(x12retro, made: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.parquet"
    plain = records(x12retro("decide", made / "responses.x", *AS_OF, "--requests", made / "requests.x").stdout)
    done = x12retro("decide", made / "responses.x", *AS_OF, "--requests", made / "requests.x", "--format", "parquet", "-o", out)
    assert done.returncode == 0
    table = pyarrow.parquet.read_table(out)
    assert str(table.schema.field("due").type) == "date32[day]"
    rows = table.to_pylist()
    assert [r["outcome"] for r in rows] == [p["outcome"] for p in plain]
    assert [[s["outcome"] for s in r["services"]] for r in rows] == [[s["outcome"] for s in p["services"]] for p in plain]
    assert any(s["certified_quantity"] for r in rows for s in r["services"])


def test_parquet_on_a_terminal_is_refused(x12retro, made: Path) -> None:
    done = x12retro("decide", made / "responses.x", "--format", "parquet")
    assert (done.returncode, done.stdout) == (2, b"")


def test_the_schema_is_the_one_in_the_docs_and_every_record_fits_it(x12retro, made: Path, fixtures: Path) -> None:
    printed = x12retro("decide", "--schema").stdout
    assert printed == schema_text() == (DOCS / "decision.schema.json").read_bytes()
    schema = json.loads(printed)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    written = records(x12retro("decide", made / "responses.x", fixtures / "responses", *AS_OF, "--requests", made / "requests.x").stdout)
    assert len(written) > 150
    assert [problem.message for record in written for problem in judge.iter_errors(record)] == []


class Page(HTMLParser):
    """What a page loads, runs and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "data", "action")]

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


@pytest.fixture(scope="session")
def summary(x12retro, made: Path) -> tuple[list[dict], Page, str]:
    page = made / "summary.html"
    given = ("--requests", made / "requests.x", "--summary", page)
    done = x12retro("decide", made / "responses.x", *AS_OF, *given)
    assert done.returncode == 0
    return records(done.stdout), Page(page.read_text()), page.read_text()


def test_the_summary_is_one_file_without_scripts(summary) -> None:
    _, page, text = summary
    assert page.loads == []
    assert "script" not in page.tags
    assert "url(" not in text and "@import" not in text


def test_a_summary_that_cannot_be_written_is_told_before_anything_else(x12retro, made: Path, tmp_path: Path) -> None:
    done = x12retro("decide", made / "responses.x", *AS_OF, "--summary", tmp_path / "nodir" / "s.html")
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"nodir does not exist" in done.stderr


def test_the_summary_counts_what_was_decided(summary) -> None:
    plain, page, _ = summary
    assert f"{len(plain)}\nevents answered" in page.text
    approved = sum(p["outcome"] in ("certified", "not_required", "modified", "partially_certified") for p in plain)
    assert f"{100 * approved / len(plain):.0f} %\napproved, wholly or in part" in page.text
    assert f"{sum(p['next_step']['overdue'] for p in plain)}\nnext steps overdue" in page.text
    for chart in ("Money by payer", "Outcomes by payer", "Time to a decision", "Why payers said no", "What to do next"):
        assert chart in page.text
    for payer in {p["payer"]["name"] for p in plain}:
        assert payer in page.text


def test_the_summary_adds_up_money_by_what_was_decided(summary) -> None:
    from decimal import Decimal

    from x12retro.cli.summary_page import _dollars

    plain, page, _ = summary
    money = {"approved": Decimal(0), "denied": Decimal(0), "open": Decimal(0)}
    for service in (s for p in plain for s in p["services"]):
        word = service["outcome"]
        charge = service["requested"].get("charge", service["stated"].get("charge"))
        good = ("certified", "modified", "partially_certified", "not_required")
        if charge is not None:
            money["approved" if word in good else "denied" if word == "denied" else "open"] += Decimal(str(charge))
    assert f"{_dollars(money['approved'])}\napproved: can be billed" in page.text
    assert f"{_dollars(money['open'] + money['denied'])}\nat risk: open or denied" in page.text


def test_the_summary_names_no_patient_and_no_case(summary, made: Path) -> None:
    _, page, _ = summary
    planted = set()
    for line in (made / "responses.x").read_text().split("~\n"):
        fields = line.split("*")
        if fields[0] == "NM1" and fields[1] in ("IL", "QC"):
            planted |= {fields[3], *fields[9:10]}
        if fields[0] == "TRN":
            planted.add(fields[2])
    planted -= {""}
    assert len(planted) > 60
    assert [word for word in planted if re.search(rf"\b{re.escape(word)}\b", page.text)] == []


def test_the_verdicts_of_assess_bring_scenario_and_money(x12retro, made: Path, tmp_path: Path) -> None:
    plain = records(x12retro("decide", made / "responses.x", *AS_OF).stdout)
    verdicts = records((made / "verdicts.jsonl").read_bytes())
    report = tmp_path / "report.jsonl"
    lines = [{"encounter_id": v["encounter_id"], "traces": {"event": p["traces"]["event"]}} for v, p in zip(verdicts, plain, strict=True)]
    report.write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = tmp_path / "s.html"
    done = x12retro("decide", made / "responses.x", *AS_OF, "--report", report, "--verdicts", made / "verdicts.jsonl", "--summary", page)
    known = [p["case"] for p in records(done.stdout) if p["encounter_id"]]
    assert len(known) > 40
    assert all(case["scenario"] for case in known)
    assert "Outcomes by scenario" in page.read_text()


def test_the_terms_of_a_payer_that_is_named_are_used(x12retro, fixtures: Path) -> None:
    path = fixtures / "responses" / "event-a3-denied-medical-necessity.edi"
    (record,) = records(x12retro("decide", path, *AS_OF, "--payer", "superior-healthplan").stdout)
    assert {"do": "appeal", "due": "2027-01-22"}.items() <= record["further_steps"][-1].items()
    assert x12retro("decide", path, "--payer", "nobody").returncode == 2


def test_final_and_earlier_give_one_record_for_each_event(x12retro, fixtures: Path, tmp_path: Path) -> None:
    data = (fixtures / "responses" / "event-a1-certified.edi").read_bytes()
    pended, decided = tmp_path / "1.edi", tmp_path / "2.edi"
    pended.write_bytes(data.replace(b"HCR*A1", b"HCR*A4"))
    decided.write_bytes(data.replace(b"*20261123*0900*18", b"*20261125*0900*18"))
    (final,) = records(x12retro("decide", decided, pended, decided, *AS_OF, "--final").stdout)
    assert final["action"] == "A1"
    first = tmp_path / "first.jsonl"
    assert x12retro("decide", decided, *AS_OF, "-o", first).returncode == 0
    assert records(x12retro("decide", pended, *AS_OF, "--earlier", first).stdout) == [final]


CLAIM = "professional-two-patients.edi"


@pytest.fixture
def approved(fixtures: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A response that approves the second claim of the fixture, and the build report that names it."""
    data = (fixtures / "responses" / "event-a1-certified.edi").read_bytes()
    data = data.replace(b"EXAMPLE HEALTH PLAN*****PI*99901", b"Summit Ridge Health Plan*****PI*SRHP01")
    response, report = tmp_path / "r.edi", tmp_path / "report.jsonl"
    response.write_bytes(data)
    report.write_text('{"encounter_id": "CB-2026-0016", "traces": {"event": "EV0001"}}\n')
    return response, report


def test_the_number_reaches_the_claim(x12retro, fixtures: Path, tmp_path: Path, approved) -> None:
    response, report = approved
    out, told = tmp_path / "out.837", tmp_path / "told.jsonl"
    claim = fixtures / "claims" / CLAIM
    done = x12retro("decide", response, "--report", report, "--claim", claim, "-o", out, "--claim-report", told, *AS_OF)
    assert (done.returncode, done.stderr) == (0, b"claims: 1 no_decision, 1 written\n")
    before = claim.read_bytes()
    assert out.read_bytes() == before.replace(b"HI*ABK:S8991XA", b"REF*G1*AUTH0001~\nHI*ABK:S8991XA").replace(b"SE*55*", b"SE*56*")
    assert [(r["claim"], r["status"]) for r in records(told.read_bytes())] == [
        ("CB-2026-0015", "no_decision"),
        ("CB-2026-0016", "written"),
    ]


def test_a_claim_that_needs_a_person_is_told_and_is_exit_1(x12retro, fixtures: Path, tmp_path: Path, approved) -> None:
    response, report = approved
    report.write_text('{"encounter_id": "CB-2026-0015", "traces": {"event": "EV0001"}}\n')
    claim = fixtures / "claims" / CLAIM
    done = x12retro("decide", response, "--report", report, "--claim", claim, "-o", tmp_path / "out.837", *AS_OF)
    assert done.returncode == 1
    assert b"CB-2026-0015, set 0001, segment 19: conflict" in done.stderr
    assert (tmp_path / "out.837").read_bytes() == claim.read_bytes()


def test_nothing_of_the_patient_is_told(x12retro, fixtures: Path, tmp_path: Path, approved) -> None:
    claim = fixtures / "claims" / CLAIM
    for more in ((), ("--report", approved[1])):
        done = x12retro("decide", approved[0], *more, "--claim", claim, "-o", tmp_path / "out.837", *AS_OF)
        assert b"CB-2026-0016" in done.stderr or more
        assert not [
            w for w in (b"Marchetti", b"MARCHETTI", b"SRH448271550", b"20180212", b"Ibarra", b"TESTER", b"MEM0001") if w in done.stderr
        ]


def test_claims_are_never_written_over_themselves(x12retro, fixtures: Path, tmp_path: Path, approved) -> None:
    claim = tmp_path / "claim.837"
    claim.write_bytes((fixtures / "claims" / CLAIM).read_bytes())
    done = x12retro("decide", approved[0], "--claim", claim, "-o", claim, *AS_OF)
    assert (done.returncode, claim.read_bytes()) == (2, (fixtures / "claims" / CLAIM).read_bytes())


def test_options_of_claims_need_a_claim(x12retro, approved) -> None:
    assert x12retro("decide", approved[0], "--replace").returncode == 2
    assert x12retro("decide").returncode == 2
    assert x12retro("decide", approved[0], "--claim", "missing.837").returncode == 2
    done = x12retro("decide", approved[0], "--claim", approved[1])
    assert (done.returncode, b"there is no claim" in done.stderr) == (1, True)


def test_the_summary_names_reasons_of_equal_number_in_the_same_order_every_time() -> None:
    from x12retro.cli.summary import Reason, Summary
    from x12retro.cli.summary_page import _reasons

    def page(codes: str) -> str:
        found = Summary(date(2026, 12, 10))
        found.reasons.update(Reason("denied", code, "") for code in codes)
        return _reasons(found)

    assert page("ABC") == page("CAB")
