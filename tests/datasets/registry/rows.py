"""Rows of an extract as plain Python, for oracles: dicts with the columns that a transform sees."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from etl.registry.contract import TABLES, UTC_OFFSET_HOURS
from etl.registry.manifest import read_manifest

Row = dict[str, Any]


@lru_cache(maxsize=64)
def rows(extract: Path, table: str) -> tuple[Row, ...]:
    """All rows of a table, with the local day of every instant and the month of every row of a monthly table."""
    files = [each for each in read_manifest(extract).files if each.table == table]
    return tuple(_seen(table, row) for each in files for row in pq.read_table(extract / each.path).to_pylist())


def months(extract: Path) -> tuple[str, ...]:
    """The months that the extract covers, in order."""
    return read_manifest(extract).periods


def _seen(table: str, row: Row) -> Row:
    days = {_day_name(name): local_day(value) for name, value in row.items() if _is_instant(table, name)}
    month_of = TABLES[table].month_of
    if month_of in ("", "period"):
        return row | days
    day = days[_day_name(month_of)] if _is_instant(table, month_of) else row[month_of]
    return row | days | {"period": f"{day:%Y-%m}"}


def _is_instant(table: str, name: str) -> bool:
    return TABLES[table].by_name[name].type == "instant"


def _day_name(instant: str) -> str:
    return "on_day" if instant == "at" else instant.removesuffix("_at") + "_on"


def local_day(instant: datetime | None) -> date | None:
    """The day of an instant by Kazakhstan's time."""
    return instant and (instant + timedelta(hours=UTC_OFFSET_HOURS)).date()
