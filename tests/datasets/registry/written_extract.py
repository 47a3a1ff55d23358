"""Writes rows made in a test as an extract: Parquet files and their manifest."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from etl.registry.contract import TABLES, VERSION
from etl.registry.manifest import MANIFEST_FILE, Control, Delivered, Manifest
from etl.registry.shape import arrow_schema
from tests.datasets.registry.rows import Row, local_day


def write_extract(
    folder: Path, name: str, as_of: datetime, months: tuple[str, ...], tables: dict[str, list[Row]]
) -> Path:
    """Write the rows of `tables` into `folder`; a column that a row leaves out is null."""
    files, totals = [], []
    for table, rows in tables.items():
        by_month: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_month[_month(table, row)].append(row)
        for period, part in by_month.items():
            path = f"{table}/{period}.parquet" if period else f"{table}.parquet"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(part, schema=arrow_schema(TABLES[table])), folder / path)
            files.append(Delivered(path, table, period, len(part), "0" * 64))
            for column in TABLES[table].totals:
                totals.append(Control(table, column, period, sum(row[column] for row in part)))
    manifest = Manifest(VERSION, name, True, f"{as_of.isoformat()}Z", months, tuple(files), tuple(totals))
    (folder / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
    return folder


def _month(table: str, row: Row) -> str:
    month_of = TABLES[table].month_of
    if not month_of:
        return ""
    kind = TABLES[table].by_name[month_of].type
    day = local_day(row[month_of]) if kind == "instant" else row[month_of]
    return day if kind == "period" else f"{day:%Y-%m}"
