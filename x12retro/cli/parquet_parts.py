"""Parquet by partition: a folder of files of so many rows each, for who reads them side by side."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Generic, Protocol, TypeVar

import msgspec

from x12retro.cli import options
from x12retro.cli.forms import Form
from x12retro.cli.parquet_table import ParquetTable
from x12retro.errors import SystemFailure, UsageError
from x12retro.findings import Finding
from x12retro.guide.report import FileReport

T_contra = TypeVar("T_contra", contravariant=True)
T = TypeVar("T")
ROWS = 100_000
"""Rows of a part."""


class Rows(Protocol[T_contra]):
    """A Parquet file that is written: rows with `add`, then `end` once."""

    def add(self, row: T_contra, /) -> None: ...
    def end(self) -> None: ...


def is_folder(output: str) -> bool:
    """Whether `-o` names a folder: one that is there, or a name with a slash at its end."""
    return output.endswith("/") or (output != "-" and Path(output).is_dir())


class Parts(Generic[T]):
    """Rows into `part-00000.parquet` and on in a folder; each appears when it is complete. `rows` makes a file of a stream.

    Raises UsageError when the folder holds Parquet files already: an earlier run's would be read with ours.
    """

    def __init__(self, folder: Path, rows: Callable[[BinaryIO], Rows[T]], most: int = ROWS) -> None:
        self._folder, self._rows, self._most = folder, rows, most
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.glob("*.parquet")):
                raise UsageError(f"{folder} holds Parquet files already; name another folder, or empty it")
        except OSError as problem:
            raise SystemFailure(f"{folder}: {problem.strerror or 'cannot be made'}") from problem
        self._parts = self._here = 0
        self._open: Rows[T] | None = None
        self._stack = ExitStack()

    def add(self, row: T) -> None:
        if self._open is None or self._here == self._most:
            self._begin()
        assert self._open is not None, "it was just begun"
        self._open.add(row)
        self._here += 1

    def end(self) -> None:
        """End the last part; where there was no row at all, one without any is written, which tells the columns."""
        if self._open is None:
            self._begin()
        self._close()

    def _begin(self) -> None:
        self._close()
        out = self._stack.enter_context(options.writing(str(self._folder / f"part-{self._parts:05}.parquet")))
        self._open = self._rows(out)
        self._parts, self._here = self._parts + 1, 0

    def _close(self) -> None:
        if self._open is not None:
            self._open.end()
            self._open = None
        self._stack.close()


class FindingRows(ParquetTable):
    """One row a finding: its file, and the keys of the report's JSON; `ack` in two columns."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out, _finding_columns)

    def add(self, row: tuple[str, Finding], /) -> None:
        file, finding = row
        values = msgspec.structs.asdict(finding)
        ack = values.pop("ack")
        self.put({"file": file, **values, "ack_level": ack and ack.level, "ack_code": ack and ack.code})


class FileRows(ParquetTable):
    """One row a file: its verdict and its counts."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out, _file_columns)

    def add(self, row: FileReport, /) -> None:
        values = msgspec.structs.asdict(row)
        del values["findings"]
        self.put(values)


def _finding_columns(pa: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    numbers = {"snip": pa.int8(), "offset": pa.int64()}
    numbers |= {name: pa.int32() for name in ("segment", "element", "component", "repeat")}
    names = ("file", *(name for name in Finding.__struct_fields__ if name != "ack"), "ack_level", "ack_code")
    return pa.schema([(name, numbers.get(name, pa.string())) for name in names])


def _file_columns(pa: Any) -> Any:  # noqa: ANN401
    words = ("file", "sha256", "verdict")
    names = (name for name in FileReport.__struct_fields__ if name != "findings")
    return pa.schema([(name, pa.string() if name in words else pa.int64()) for name in names])


class ParquetForm(Form):
    """The validation report as two tables in a folder: `findings/` and `files/`."""

    def __init__(self, folder: str) -> None:
        self._findings: Parts[tuple[str, Finding]] = Parts(Path(folder, "findings"), FindingRows)
        self._files: Parts[FileReport] = Parts(Path(folder, "files"), FileRows)

    def begin(self, file: str) -> None:
        self._file = file

    def finding(self, finding: Finding) -> None:
        self._findings.add((self._file, finding))

    def file(self, report: FileReport) -> None:
        self._files.add(report)

    def end(self, unreadable: int) -> None:  # noqa: ARG002 - told on stderr
        self._findings.end()
        self._files.end()
