"""Where the tables go: Parquet or CSV files of a folder, or a PostgreSQL database."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from etl.registry.contract import TABLES, Table
from etl.registry.manifest import Control, Delivered
from etl.registry.shape import arrow_schema

#: Rows that are gathered before they are written together.
ROW_GROUP = 120_000
#: Identifiers that count up: their differences are stored.
_COUNTED = {"event_id", "service_id", "issue_id"}


class Sink(Protocol):
    """Takes batches of one table and month."""

    def write(self, batch: pa.Table) -> None:
        """Write a batch."""

    def close(self) -> Delivered | None:
        """Finish; says what was delivered when that is a file."""


@dataclass(frozen=True)
class Target:
    """A folder for files of a form, or the address of a database."""

    folder: Path | None
    form: str = "parquet"
    dsn: str = ""

    @contextmanager
    def open(self, table: str, period: str = "", part: str = "") -> Iterator[Output]:
        """An output for one file (`part` tells apart those of a month) or the database's table."""
        output = Output(TABLES[table], period, self._sink(table, period, part))
        yield output
        output.close()

    def _sink(self, table: str, period: str, part: str) -> Sink:
        if self.folder is None:
            return _Database(self.dsn, table)
        name = f"{table}/{period}{part}" if period else table
        kind = _Parquet if self.form == "parquet" else _Csv
        return kind(self.folder, f"{name}.{self.form}", TABLES[table], period)


@dataclass
class Output:
    """Gathers rows and keeps the totals that the manifest states."""

    table: Table
    period: str
    sink: Sink
    delivered: Delivered | None = None
    rows: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    _waiting: list[pa.Table] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        self.sums = dict.fromkeys(self.table.totals, 0)

    def write(self, batch: pa.Table) -> None:
        """Take rows; they are written when there are enough."""
        self._waiting.append(batch)
        self._count += batch.num_rows
        if self._count >= ROW_GROUP:
            self.cut()

    def cut(self) -> None:
        """Write what is waiting, so that the next rows come in a row group of their own."""
        if self._count:
            batch = pa.concat_tables(self._waiting).combine_chunks()
            for name in self.sums:
                self.sums[name] += pc.sum(batch[name]).as_py() or 0
            self.rows += batch.num_rows
            self.sink.write(batch)
        self._waiting, self._count = [], 0

    def close(self) -> None:
        """Write the rest."""
        self.cut()
        self.delivered = self.sink.close()

    def controls(self) -> list[Control]:
        """The totals of what was written."""
        return [Control(self.table.name, name, self.period, value) for name, value in self.sums.items()]


class _File:
    """What files have in common: a place in the folder and a digest."""

    def __init__(self, folder: Path, path: str, table: Table, period: str) -> None:
        self._path, self._place = path, folder / path
        self._table, self._period, self._rows = table, period, 0
        self._place.parent.mkdir(parents=True, exist_ok=True)

    def _delivered(self) -> Delivered:
        return Delivered(self._path, self._table.name, self._period, self._rows, digest_of(self._place))


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Parquet(_File):
    def __init__(self, folder: Path, path: str, table: Table, period: str) -> None:
        super().__init__(folder, path, table, period)
        self._writer: pq.ParquetWriter | None = None

    def write(self, batch: pa.Table) -> None:
        if self._writer is None:
            self._writer = parquet_writer(self._place, batch.schema, self._table)
        self._writer.write_table(batch, row_group_size=2**20)
        self._rows += batch.num_rows

    def close(self) -> Delivered:
        if self._writer is None:
            self._writer = parquet_writer(self._place, arrow_schema(self._table), self._table)
        self._writer.close()
        return self._delivered()


def parquet_writer(place: Path, schema: pa.Schema, table: Table) -> pq.ParquetWriter:
    """A writer whose files are small and quick to read."""
    plain = {each.name for each in table.columns if each.type == "pseudonym" and each.name != "doctor"}
    counted = {each.name for each in table.columns if each.name in _COUNTED}
    return pq.ParquetWriter(
        place,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[each.name for each in table.columns if each.name not in plain | counted],
        column_encoding=dict.fromkeys(sorted(counted), "DELTA_BINARY_PACKED") or None,
        store_schema=False,
    )


class _Csv(_File):
    def __init__(self, folder: Path, path: str, table: Table, period: str) -> None:
        super().__init__(folder, path, table, period)
        self._file = self._place.open("wb")
        self._file.write((",".join(each.name for each in table.columns) + "\n").encode())

    def write(self, batch: pa.Table) -> None:
        self._file.write(csv_rows(batch))
        self._rows += batch.num_rows

    def close(self) -> Delivered:
        self._file.close()
        return self._delivered()


class _Database:
    def __init__(self, dsn: str, table: str) -> None:
        self._connection, self._table = psycopg.connect(dsn), table

    def write(self, batch: pa.Table) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {self._table} FROM STDIN (FORMAT csv)") as copy:
            copy.write(csv_rows(batch))

    def close(self) -> None:
        self._connection.commit()
        self._connection.close()


def csv_rows(batch: pa.Table) -> bytes:
    """Rows as CSV without a header: ISO days and instants (UTC, with Z), empty where there is no value."""
    columns = [_text(column.combine_chunks()) for column in batch.columns]
    buffer = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
    pa_csv.write_csv(pa.Table.from_arrays(columns, names=batch.column_names), buffer, options)
    return buffer.getvalue()


def _text(column: pa.Array) -> Any:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type):
        # Instants repeat: each is written out once.
        coded = column.cast(pa.timestamp("s")).dictionary_encode()
        return pc.strftime(coded.dictionary, "%Y-%m-%dT%H:%M:%SZ").take(coded.indices)
    return column
