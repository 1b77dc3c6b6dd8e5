"""Parquet by partition: a folder of parts, each whole, none of an earlier run among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from x12retro.cli.parquet_parts import FindingRows, Parts
from x12retro.errors import UsageError
from x12retro.findings import Ack, Finding

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")


def finding(n: int) -> Finding:
    return Finding(rule="X217-UM-010", snip=2, severity="error", message="m", segment=n, offset=n * 7, ack=Ack(level="IK4", code="7"))


def test_rows_go_into_parts_of_so_many(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "findings", FindingRows, most=4)
    for n in range(10):
        parts.add(("in.edi", finding(n)))
    parts.end()
    files = sorted((tmp_path / "findings").iterdir())
    assert [file.name for file in files] == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    rows = [row for file in files for row in parquet.read_table(file).to_pylist()]
    assert [row["segment"] for row in rows] == list(range(10))
    assert (rows[3]["file"], rows[3]["offset"], rows[3]["ack_level"], rows[3]["ack_code"], rows[3]["value"]) == (
        "in.edi",
        21,
        "IK4",
        "7",
        None,
    )
    with pytest.raises(UsageError, match="holds Parquet files already"):
        Parts(tmp_path / "findings", FindingRows)


def test_where_there_is_no_row_a_part_tells_the_columns(tmp_path: Path) -> None:
    Parts(tmp_path / "findings", FindingRows).end()
    assert parquet.read_table(tmp_path / "findings" / "part-00000.parquet").num_rows == 0


def test_both_commands_write_folders(x12retro, fixtures: Path, tmp_path: Path) -> None:
    ran = x12retro("validate", fixtures / "responses", "--as-of", "2026-12-01", "--format", "parquet", "-o", f"{tmp_path}/findings/")
    assert ran.returncode == 1
    files = parquet.read_table(tmp_path / "findings" / "files" / "part-00000.parquet").to_pylist()
    found = parquet.read_table(tmp_path / "findings" / "findings" / "part-00000.parquet").to_pylist()
    assert sum(file["findings_total"] for file in files) == len(found) > 0
    assert x12retro("decide", fixtures / "responses", "--format", "parquet", "-o", f"{tmp_path}/decisions/").stdout == b""
    again = x12retro("decide", fixtures / "responses", "--format", "parquet", "-o", f"{tmp_path}/decisions/")
    assert again.returncode == 2
    assert b"holds Parquet files already" in again.stderr
    assert parquet.read_table(tmp_path / "decisions" / "part-00000.parquet").num_rows > 10
    assert x12retro("validate", fixtures / "responses", "--format", "parquet").returncode == 2
