"""Tables as encounters: headers, dialects, rows that belong together, and columns that have shifted."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from x12retro.encounter import Encounter, EncounterProblem, load_mapping, read_csv
from x12retro.encounter.mapping import Column, Mapping
from x12retro.errors import UsageError

TABLES = Path(__file__).parents[2] / "fixtures" / "csv"
HEADER = "encounter_id,payer.name,requester.name,subscriber.member_id,event.category,services[].procedure,services[].units"
ROW = "E-1,Plan,Hospital,M-100,HS,99284,1"


def read(text, mapping=None, **options):
    raw = text if isinstance(text, bytes) else text.encode()
    return list(read_csv(io.BytesIO(raw), mapping=Mapping() if mapping is None else mapping, **options))


def one(text, mapping=None):
    found = read(text, mapping)
    assert len(found) == 1
    assert isinstance(found[0], Encounter), found[0].slips
    return found[0]


def problem(text, mapping=None):
    found = read(text, mapping)
    assert len(found) == 1
    assert isinstance(found[0], EncounterProblem)
    return found[0]


def test_a_header_of_paths_needs_no_mapping():
    encounter = one(f"{HEADER}\n{ROW}\n")
    assert (encounter.encounter_id, encounter.payer.name, encounter.services[0].units) == ("E-1", "Plan", Decimal(1))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_header(delimiter):
    assert one(f"{HEADER}\n{ROW}\n".replace(",", delimiter)).subscriber.member_id == "M-100"


@pytest.mark.parametrize(("encoding", "name"), [("utf-8", "Zoë Ðorđević"), ("utf-8-sig", "Zoë Ðorđević"), ("cp1252", "Zoë Müller–Šik")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_letters_arrive_as_they_were_meant(encoding, name, end):
    text = f"{HEADER},subscriber.last_name{end}{ROW},{name}{end}"
    assert one(text.encode(encoding)).subscriber.last_name == name


def test_utf_16_is_told():
    assert problem(f"{HEADER}\n{ROW}\n".encode("utf-16")).message == "the file is UTF-16; save it as UTF-8"


def test_rows_of_one_encounter_are_one_encounter_with_several_services():
    found = read(f"{HEADER}\n{ROW}\n{ROW.replace('99284', '93005')}\n{ROW.replace('E-1', 'E-2')}\n")
    assert [[service.procedure for service in encounter.services] for encounter in found] == [["99284", "93005"], ["99284"]]


def test_a_service_given_twice_is_two_and_a_diagnosis_given_twice_is_one():
    header, row = f"{HEADER},diagnoses[].code", f"{ROW},I10"
    encounter = one(f"{header}\n{row}\n{row}\n")
    assert (len(encounter.services), len(encounter.diagnoses)) == (2, 1)


def test_rows_of_one_encounter_that_contradict_each_other_are_told_by_line():
    wrong = problem(f"{HEADER}\n{ROW}\n{ROW.replace('M-100', 'M-200')}\n")
    assert (wrong.path, wrong.line) == ("$.subscriber.member_id", 3)
    assert wrong.message == "differs from what line 2 says of the same encounter (column 4)"


def test_an_encounter_that_comes_again_later_is_told():
    found = read(f"{HEADER}\n{ROW}\n{ROW.replace('E-1', 'E-2')}\n{ROW}\n")
    assert [type(one).__name__ for one in found] == ["Encounter", "Encounter", "EncounterProblem"]
    assert (found[2].message, found[2].line) == ("comes a second time in this run; the first one is kept", 4)


def test_numbered_columns_leave_no_gaps():
    header = (
        "encounter_id,payer.name,requester.name,subscriber.member_id,event.category,diagnoses[0].code,diagnoses[1].code,diagnoses[2].code"
    )
    assert [d.code for d in one(f"{header}\nE-1,P,H,M-1,HS,I10,,E11.9\n").diagnoses] == ["I10", "E11.9"]


def test_lists_flags_and_whole_numbers_are_written_in_cells():
    header = f"{HEADER},services[].modifiers,services[].epsdt,services[].diagnosis_pointers[0],requester.in_network,diagnoses[0].code"
    encounter = one(f"{header}\n{ROW},25|59,yes,1,N,I10\n")
    service = encounter.services[0]
    assert (service.modifiers, service.epsdt, service.diagnosis_pointers) == (("25", "59"), True, (1,))
    assert encounter.requester.in_network is False


def test_shifted_columns_are_told_by_line_and_the_good_ones_go_on():
    found = read((TABLES / "shifted-columns.csv").read_bytes())
    assert [one.encounter_id for one in found if isinstance(one, Encounter)] == ["SH-1", "SH-4", "SH-6"]
    told = [(one.encounter_id, one.line, one.message.split(":")[0]) for one in found if isinstance(one, EncounterProblem)]
    assert told == [
        (None, 4, "has 14 cells, the header 13"),
        ("SH-3", 6, "has 12 cells, the header 13"),
        (None, 8, "is not CSV"),
    ]


def test_blank_cells_beyond_the_header_are_no_shift():
    assert one(f"{HEADER}\n{ROW},,\n").encounter_id == "E-1"


def test_a_quote_that_is_never_closed_costs_its_neighbours_and_nothing_else():
    far = "".join(f"{ROW.replace('E-1', f'F-{n}')}\n" for n in range(3000))
    found = read(f"{HEADER}\n{ROW}\n{ROW.replace('E-1', 'E-2').replace('Plan', chr(34) + 'Plan')}\n{far}")
    assert found[0].encounter_id == "E-1"
    assert isinstance(found[0], EncounterProblem)
    assert "are lost" in found[0].message
    assert sum(isinstance(one, Encounter) for one in found) < 3000
    assert found[-1].encounter_id != "E-2"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("member_id", "membr_id"), "header: column 4: its name is no path of a record; did you mean `member_id`?"),
        (HEADER.replace("services[].units", "units"), "header: column 7: its name is no path of a record"),
        (HEADER.replace("services[].units", "services[]"), "header: column 7: its name is no path of a record"),
        (HEADER.replace("services[].units", "services"), "header: column 7: its name is a list of parts: say which key of them"),
        (HEADER.replace("payer.name", "payer"), "header: column 2: its name is a whole part of a record, not one value"),
        (HEADER.replace("encounter_id", "payer.id"), "header: no column is the encounter_id"),
        (HEADER.replace("requester.name", "payer.name"), "header: column 3: goes to the same place as an earlier one (payer.name)"),
    ],
)
def test_a_header_that_is_wrong_is_told_by_column_and_nothing_is_read(header, message):
    wrong = problem(f"{header}\n{ROW}\n")
    assert wrong.message.startswith(message)
    assert wrong.line == 1


def test_a_table_without_header_shows_nothing_of_its_first_row():
    wrong = problem("E-1,Plan,Hospital,M-100,Lastname,99284,1\n")
    assert wrong.message.startswith("header: none of its columns is a path of a record")
    assert not any(value in slip.message for slip in wrong.slips for value in ("M-100", "Lastname", "Hospital"))


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_table_is_told(raw):
    assert problem(raw).message == "the file is empty; expected a header and rows"


def test_a_header_without_rows_is_told():
    assert problem(f"{HEADER}\n").message == "the table has a header and no rows"


def test_what_is_wrong_in_a_row_is_told_by_path_and_line():
    wrong = read(f"{HEADER}\n{ROW}\n{ROW.replace('E-1', 'E-2').replace('99284,1', '99284,lots')}\n")[1]
    assert (wrong.encounter_id, wrong.path, wrong.line, wrong.message) == ("E-2", "$.services[0].units", 3, "must be a number")


def test_a_houses_own_columns_dates_and_words_are_mapped():
    mapping = load_mapping(TABLES / "house-columns.toml")
    first, second = read((TABLES / "house-columns.csv").read_bytes(), mapping)
    assert (first.subscriber.last_name, first.subscriber.birth_date, first.subscriber.gender) == ("Müller", date(1984, 7, 4), "F")
    assert [(s.procedure, s.modifiers, s.charge) for s in first.services] == [
        ("73721", ("RT",), Decimal("940.00")),
        ("99213", ("25", "95"), Decimal("185.00")),
    ]
    assert (second.retro.scenario, second.payer.id, second.event.service_type) == ("emergency", "SRHP01", "2")
    assert [(d.code, d.kind) for d in second.diagnoses] == [("R07.9", "principal"), ("I10", "other")]


def test_a_date_of_another_format_is_told_by_column():
    mapping = Mapping(columns={"DOB": Column("subscriber.birth_date", "%m/%d/%Y")})
    wrong = problem(f"{HEADER},DOB\n{ROW},1984-07-04\n", mapping)
    assert wrong.message == "is no date of the mapping's format (column 8)"


def test_a_column_that_is_not_mapped_must_be_ignored_by_name():
    header, row = f"{HEADER},Notes", f"{ROW},text"
    assert "column 8" in problem(f"{header}\n{row}\n").message
    assert one(f"{header}\n{row}\n", Mapping(ignore=("notes",))).encounter_id == "E-1"
    assert one(f"{header}\n{row}\n", Mapping(ignore=("*",))).encounter_id == "E-1"


def test_a_mapped_column_that_the_table_has_not_is_told():
    assert problem(f"{HEADER}\n{ROW}\n", Mapping(columns={"DOB": "subscriber.birth_date"})).message == (
        "header: the mapping's column 'DOB' is not in the header"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[columns]\nA = 'payer.idd'", "columns: 'A': payer.idd is no path of a record; did you mean `id`?"),
        ("[constants]\n'payer.nam' = 'x'", "constants: 'payer.nam': payer.nam is no path of a record; did you mean `name`?"),
        ("[column]\nA = 'payer.id'", "there is no key `column`"),
        ("columns = [", "not valid TOML"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_with_its_key(tmp_path, text, message):
    file = tmp_path / "mapping.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as refused:
        load_mapping(file)
    assert message in str(refused.value)


def test_rows_are_given_out_while_the_table_is_read():
    row = ROW.replace("E-1", "E-{}")
    raw = (HEADER + "\n" + "".join(row.format(n) + "\n" for n in range(20000))).encode()
    stream = io.BytesIO(raw)
    first = next(read_csv(stream))
    assert first.encounter_id == "E-0"
    assert stream.tell() < len(raw) / 4


@pytest.mark.parametrize("cell", ["9.12346E+08", "9.1e+11", "1E+09", "9,12346E+08", "-1.5E-07"])
@pytest.mark.parametrize("column", ["subscriber.member_id", "subscriber.group_number", "services[].charge"])
def test_a_number_that_a_spreadsheet_has_shortened_is_told_at_its_column(cell, column):
    told = problem(
        f"{HEADER.replace('subscriber.member_id', 'subscriber.last_name')};{column}".replace(",", ";")
        + f"\n{ROW};{cell}\n".replace(ROW, ROW.replace(",", ";"))
    )
    (slip,) = told.slips
    assert (slip.path.rpartition(".")[2], slip.line, "a spreadsheet has shortened" in slip.message) == (column.rpartition(".")[2], 2, True)
    assert cell not in slip.message


@pytest.mark.parametrize("cell", ["000123456", "9E12", "12E4567", "E+08", "1.2.3E+08", "A9.1E+08"])
def test_an_id_that_only_looks_a_little_like_a_number_stays_as_it_is(cell):
    assert one(f"{HEADER}\n{ROW.replace('M-100', cell)}\n").subscriber.member_id == cell


FORMS = "encounter_id,payer.name,requester.name,subscriber.birth_date,subscriber.gender,event.category,event.service_from,retro.scenario"
FORMED = "E-1,Plan,Hospital,1971-03-09,F,HS,2026-10-18,emergency"


@pytest.mark.parametrize(
    ("row", "moved"),
    [
        ("E-1,Plan,Hospital,Tyrell,1971-03-09,F,HS,2026-10-18", 5),
        ("E-1,Plan,Hospital,F,HS,2026-10-18,emergency,late", 5),
        (FORMED.replace("1971-03-09", "3/9/71").replace("2026-10-18", "10/18/26"), None),
        (FORMED.replace("emergency", "late"), None),
    ],
)
def test_a_row_of_which_most_cells_do_not_fit_is_told_as_one_whose_columns_may_have_moved(row, moved):
    told = problem(f"{FORMS}\n{row}\n")
    hints = [slip for slip in told.slips if "columns may have moved" in slip.message]
    assert [(slip.path, slip.line, slip.message.split()[0]) for slip in hints] == ([("$", 2, str(moved))] if moved else [])
    assert told.slips[0] is (hints or told.slips)[0]


@pytest.mark.parametrize(("second", "hint"), [("E-1,Plan B,Clinic,M-200,AR,99285,1", True), ("E-1,Plan,Hospital,M-200,AR,99285,1", False)])
def test_two_encounters_of_one_id_are_told_as_such(second, hint):
    told = problem(f"{HEADER}\n{ROW}\n{second}\n")
    assert (told.slips[0].path == "$.encounter_id" and "two encounters" in told.message and told.line == 3) is hint
    assert len(told.slips) == (5 if hint else 2)


def test_a_row_of_one_cell_has_one_cell():
    told = problem(f"payer.name,{HEADER.replace('payer.name,', '')}\nTotal\n")
    assert told.message.startswith("has 1 cell, the header 7: ")
