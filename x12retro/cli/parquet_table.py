"""A Parquet file, written a batch of rows at a time. pyarrow is imported when one is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from x12retro.errors import UsageError

_BATCH = 2000


class ParquetTable:
    """Rows that are dicts, with `put`; then `end` once. `schema` makes a pyarrow schema, given pyarrow. Raises UsageError without it."""

    def __init__(self, out: BinaryIO, schema: Callable[[Any], Any]) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            raise UsageError("Parquet needs pyarrow: pip install 'x12retro[parquet]'") from None
        self._pa = pa
        self._schema = schema(pa)
        self._writer = parquet.ParquetWriter(out, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def put(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._flush()

    def end(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()
