"""Spoils an extract on purpose: rows that are wrong are added at the end of files, and listed.

The rows that were there stay as they are, so what is left once the wrong rows are taken out is the extract as it was.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from etl.registry.contract import SMALLEST_PSEUDONYM, TABLES, Column, Table
from etl.registry.iin import is_iin
from etl.registry.manifest import Control, Delivered, Manifest
from etl.registry.shape import arrow_schema
from etl.simulator.damage import Damage, Row, damages
from etl.simulator.writer import csv_rows, digest_of, parquet_writer

#: Of the bad rows from which the contract refuses an extract, so many are added: the extract is still accepted.
_SHARE = 0.8
#: Keys that no row of the model has.
_FREE_ID, _FREE_DAY = 90_000_000_001, date(1950, 1, 1)
#: Rows of the file that serve as patterns.
_PATTERNS = 64

#: Table, file, row (from 0), column (empty: the row), kind.
Line = tuple[str, str, int, str, str]


def spoil(folder: Path, manifest: Manifest, *, with_iin: bool = False) -> tuple[Manifest, list[Line]]:
    """Add wrong rows to the last file of each table; returns the manifest of the files as they are now and the list.

    `with_iin` adds an IIN in a free text besides, for which the whole extract must be refused.
    """
    files, totals, lines = list(manifest.files), list(manifest.totals), []
    for table in TABLES.values():
        own = [each for each in files if each.table == table.name and each.rows]
        if not own:
            continue
        chosen = max(own, key=lambda each: (each.period, each.path))
        most = int(sum(each.rows for each in own) * table.refuse / 100 * _SHARE)
        wanted = damages(table, Path(chosen.path).suffix[1:])[:most]
        if with_iin and table.name == "inspection":
            wanted.append(Damage("finding", "iin", lambda row: {"finding": f"ЖСН {_some_iin()}"}))
        spoiled = _File(folder / chosen.path, table).add(wanted)
        places = count(chosen.rows)
        lines += [
            (table.name, chosen.path, place, each.column, each.kind)
            for each, place in zip(wanted, places, strict=False)
        ]
        digest = digest_of(folder / chosen.path)
        files[files.index(chosen)] = replace(chosen, rows=chosen.rows + len(wanted), sha256=digest)
        totals = [_with(total, chosen, spoiled) for total in totals]
    return replace(manifest, files=tuple(files), totals=tuple(totals)), lines


def _with(total: Control, file: Delivered, rows: Sequence[Row]) -> Control:
    """A control total with the rows added to a file, as far as they can be read."""
    if (total.table, total.period) != (file.table, file.period):
        return total
    return replace(total, value=total.value + sum(row[total.column] or 0 for row in rows))


def _some_iin() -> str:
    """Twelve digits with a valid check digit; the birthday is the first of January 2000, the rest counts up."""
    return next(digits for number in count(1) if is_iin(digits := f"0001015{number:05d}"))


@dataclass(frozen=True)
class _File:
    """A file of the extract to which rows are added."""

    path: Path
    table: Table

    def add(self, wanted: Sequence[Damage]) -> list[Row]:
        """Add a wrong row for each damage; the rows with what can be read of them."""
        patterns = self._patterns()
        rows = [self._row(patterns[place % len(patterns)], damage, place) for place, damage in enumerate(wanted)]
        if self.path.suffix == ".csv":
            self._append_csv(rows, wanted)
            return [_readable(row, damage) for row, damage in zip(rows, wanted, strict=True)]
        self._append_parquet(rows)
        return rows

    def _patterns(self) -> list[Row]:
        if self.path.suffix == ".csv":
            with self.path.open(encoding="utf-8", newline="") as file:
                lines = islice(csv.DictReader(file), _PATTERNS)
                return [{name: _value(text, self.table.by_name[name]) for name, text in line.items()} for line in lines]
        found: list[Row] = next(pq.ParquetFile(self.path).iter_batches(_PATTERNS)).to_pylist()
        return found

    def _row(self, pattern: Row, damage: Damage, place: int) -> Row:
        own = {} if damage.keeps_key else self._free_key(place)
        row = {**pattern, **own}
        return {**row, **damage.change(row)}

    def _free_key(self, place: int) -> Row:
        key = self.table.by_name[self.table.key[-1]]
        if key.type == "date":
            return {key.name: _FREE_DAY + timedelta(days=place)}
        return {key.name: place + (_FREE_ID if key.type == "id" else SMALLEST_PSEUDONYM)}

    @property
    def _schema(self) -> pa.Schema:
        """The contract's columns, any of which may lack its value."""
        return pa.schema([field.with_nullable(True) for field in arrow_schema(self.table)])

    def _append_parquet(self, rows: Sequence[Row]) -> None:
        aside = self.path.with_suffix(".part")
        with pq.ParquetFile(self.path) as file, parquet_writer(aside, self._schema, self.table) as writer:
            for group in range(file.num_row_groups):
                writer.write_table(file.read_row_group(group).cast(self._schema))
            writer.write_table(pa.Table.from_pylist(list(rows), self._schema))
        aside.rename(self.path)

    def _append_csv(self, rows: Sequence[Row], wanted: Sequence[Damage]) -> None:
        text = csv_rows(pa.Table.from_pylist(list(rows), self._schema)).decode()
        names = list(self.table.by_name)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for values, damage in zip(csv.reader(io.StringIO(text)), wanted, strict=True):
                told = dict(damage.texts)
                changed = [told.get(name, value) for name, value in zip(names, values, strict=True)]
                writer.writerow([*changed, "0"] if damage.extra else changed)


def _readable(row: Row, damage: Damage) -> Row:
    """What is left of a row once the values that cannot be read are gone."""
    if damage.extra:
        return dict.fromkeys(row)
    return {**row, **{name: None for name, _ in damage.texts}}


def _value(text: str, column: Column) -> Any:
    """A value of a file that the simulator has written."""
    if not text:
        return None
    if column.type in ("id", "pseudonym", "integer"):
        return int(text)
    if column.type == "boolean":
        return text == "true"
    if column.type == "coordinate":
        return float(text)
    if column.type == "date":
        return date.fromisoformat(text)
    return datetime.fromisoformat(text.removesuffix("Z")) if column.type == "instant" else text
