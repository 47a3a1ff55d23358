"""Reads a published release from its database for the comparison with the next one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.contract import DATABASE_FILE, LANGUAGES, SCHEMA_VERSION, code_table, totals_table
from etl.changes.side import Dataset, Row, Side, keyed

#: Columns of `meta_dataset` that say what a dataset's figures are computed by.
METHOD = ("transform_sql", "reads_json", "ratios_json", *(f"method_{language}" for language in LANGUAGES))


@dataclass(frozen=True)
class Published:
    """A release that is public: its figures, the ids of the corrections that it knows, and its extracts."""

    side: Side
    corrections: frozenset[str]
    extracts: frozenset[str]


def read_published(folder: Path) -> Published | None:
    """The release in `folder`; nothing if it has no database any more, or one of another schema."""
    file = folder / DATABASE_FILE
    if not file.is_file():
        return None
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        (release,) = _rows(connection, "meta_release")
        if release["schema_version"] != SCHEMA_VERSION:
            return None
        columns: dict[str, list[Row]] = {}
        for column in _rows(connection, "meta_column"):
            columns.setdefault(column["dataset"], []).append(column)
        datasets = {each["slug"]: _dataset(connection, each, columns[each["slug"]]) for each in _datasets(connection)}
        names = [each["name"] for each in _rows(connection, "meta_codelist")]
        codes = {name: {row["code"]: row["parent"] for row in _rows(connection, code_table(name))} for name in names}
        corrections = frozenset(each["correction"] for each in _rows(connection, "meta_correction"))
        return Published(Side(datasets, codes), corrections, frozenset(json.loads(release["extracts_json"])))


def described(said: Row, columns: Sequence[Row], rows: Sequence[Row]) -> Dataset:
    """A dataset from its row of `meta_dataset`, its rows of `meta_column`, and all the rows of its tables."""
    dimensions = tuple(each["name"] for each in columns if each["role"] == "dimension")
    ratios = {each["measure"]: (each["numerator"], each["denominator"]) for each in json.loads(said["ratios_json"])}
    protection = json.loads(said["protection_json"] or "{}")
    return Dataset(
        slug=said["slug"],
        dimensions=dimensions,
        codelists=tuple(each["codelist"] for each in columns if each["role"] == "dimension"),
        measures=tuple(each["name"] for each in columns if each["role"] == "measure"),
        ratios=ratios,
        method=tuple(said[name] for name in METHOD),
        source=(said["source_file"], said["source_date"]),
        computed=said["transform_sql"] is not None,
        windows=json.loads(said["reads_json"]),
        blurring=protection.get("method"),
        rows=keyed(dimensions, rows),
    )


def _datasets(connection: sqlite3.Connection) -> Iterator[Row]:
    yield from sorted(_rows(connection, "meta_dataset"), key=lambda row: int(row["position"]))


def _dataset(connection: sqlite3.Connection, said: Row, columns: Sequence[Row]) -> Dataset:
    rows = list(_rows(connection, said["slug"]))
    if said["protection_json"]:
        rows += _rows(connection, totals_table(said["slug"]))
    return described(said, sorted(columns, key=lambda each: int(each["position"])), rows)


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    # The table's name is the contract's or the release's own.
    for row in connection.execute(f"SELECT * FROM [{table}] ORDER BY rowid"):  # noqa: S608
        yield dict(row)
