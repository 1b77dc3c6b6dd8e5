"""Tables of code sets: releases are kept apart, lists are read as they are published, and the shipped table is what it says."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from x12retro.cli.maps import maps
from x12retro.guide.places import maps_dir
from x12retro.guide.tables import icd10cm, read_table
from x12retro.guide.tables.build import add_release, billable


def two_releases() -> bytes:
    first = add_release(None, "icd-10-cm", "20210101", {"A000", "B373"})
    return add_release(first, "icd-10-cm", "20250401", {"A000", "B3731"})


def test_a_code_is_looked_up_in_the_release_of_its_day() -> None:
    table = read_table(two_releases())
    assert table.releases == ("20210101", "20250401")
    assert table.holds("A000", "20250501")
    assert table.holds("B373", "20210201")
    assert not table.holds("B3731", "20210201")
    assert not table.holds("B373", "20250501")
    assert table.holds("B3731", "20250501")


def test_between_two_releases_both_count() -> None:
    table = read_table(two_releases())
    assert table.holds("B373", "20230101")
    assert table.holds("B3731", "20230101")
    assert table.names("20230101") == "January 2021 or April 2025"
    assert not table.holds("C000", "20230101")


def test_a_table_ages_on_the_first_of_october() -> None:
    table = read_table(two_releases())
    assert not table.aged("20250930")
    assert table.aged("20251001")
    assert table.aged("20201231")


def test_a_release_of_the_same_day_is_replaced() -> None:
    table = read_table(add_release(two_releases(), "icd-10-cm", "20250401", {"A001"}))
    assert table.of_release("20250401") == {"A001"}
    assert table.of_release("20210101") == {"A000", "B373"}


def test_lists_are_read_in_every_published_form() -> None:
    assert billable(["A00-A09", "A00", "A00.0", "A00.1 Cholera", "1"]) == {"A000", "A001"}
    assert billable(["00001 A00     0 Cholera", "00002 A000    1 Cholera due to", "00003 A001    1 Cholera due to"]) == {"A000", "A001"}


def test_the_shipped_table_holds_codes_that_have_no_finer_ones() -> None:
    table = icd10cm()
    assert table.always("I10")
    assert table.always("S72001A")
    assert not table.holds("S7200", "20260501")
    assert len(table.of_release(table.releases[-1])) > 70_000
    assert (maps_dir() / "tables" / "icd-10-cm.z").stat().st_size < 1_000_000


def test_the_command_adds_a_release(tmp_path: Path) -> None:
    codes = tmp_path / "codes.txt"
    codes.write_text("A000 Cholera\nA001 Cholera\n", encoding="utf-8")
    result = CliRunner().invoke(maps, ["tables", "--release", f"2026-10-01={codes}", "-o", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert read_table((tmp_path / "icd-10-cm.z").read_bytes()).of_release("20261001") == {"A000", "A001"}


@pytest.mark.parametrize("content", [zlib.compress(b"icd-10-cm"), zlib.compress(b"icd-10-cm 20210101\n=11\nA000")])
def test_a_file_that_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="release"):
        read_table(content)
