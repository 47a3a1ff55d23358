"""What the release says about itself: rows of its `meta_*` tables, and the tables and columns that are there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.contract import ORGANISATION_CODELIST, PERIOD, SEARCH_TABLE, SYNTHETIC, code_table
from portal.sql.hardening import SHADOW_SUFFIXES

Row = dict[str, Any]


@dataclass(frozen=True)
class Catalogue:
    """The catalogue of one release, read once."""

    release: Row
    datasets: list[Row]
    columns: dict[str, list[Row]]
    codelists: list[Row]
    units: dict[str, str]
    statuses: dict[str, str]
    topics: dict[str, str]
    licences: dict[str, str]
    #: Table name -> its columns, for every table that is shown or searched.
    tables: dict[str, list[str]]
    shadow_tables: frozenset[str]
    counts: dict[str, int]
    #: Dataset -> for each dimension how many values it has there.
    distinct: dict[str, dict[str, int]]

    @classmethod
    def read(cls, database: Path) -> Catalogue:
        """Read it. Raises sqlite3.Error when the file is no release."""
        with _open(database) as conn:
            tables, shadow = _tables(conn)
            release = _rows(conn, "meta_release", tables)
            if not release:
                raise sqlite3.DatabaseError("the file has no row in meta_release: it is no release")
            columns = _columns(conn, tables)
            return cls(
                release=release[0],
                datasets=sorted(_rows(conn, "meta_dataset", tables), key=lambda row: row["position"] or 0),
                columns=columns,
                codelists=_rows(conn, "meta_codelist", tables),
                units=_labels(conn, "unit", tables),
                statuses=_labels(conn, "status", tables),
                topics=_labels(conn, "topic", tables),
                licences=_labels(conn, "licence", tables),
                tables=tables,
                shadow_tables=frozenset(shadow),
                counts={name: conn.execute(f'select count(*) from "{name}"').fetchone()[0] for name in tables},
                distinct={name: _distinct(conn, name, columns[name]) for name in columns if name in tables},
            )

    @property
    def newest_source(self) -> str:
        """The date of the newest source that is not simulated, ISO 8601; empty if the release does not say."""
        real = [row["source_date"] for row in self.datasets if row["origin"] != SYNTHETIC]
        return str(max(real, default=self.release.get("data_through") or ""))

    @property
    def has_clinics(self) -> bool:
        """Whether a dataset has one row of each clinic, from which the portal makes their pages."""
        return any(
            {*json.loads(row["grain_json"])} == {column["name"], PERIOD}
            for row in self.datasets
            for column in self.columns.get(row["slug"], [])
            if column["codelist"] == ORGANISATION_CODELIST
        )

    @property
    def search_columns(self) -> list[str]:
        """Columns of the full-text index, none when there is no index."""
        return self.tables.get(SEARCH_TABLE, [])

    def inspection(self, release_id: str) -> dict[str, Any]:
        """Counts in the form that Datasette takes from its own `inspect` command, so that no visitor waits for them."""
        names = [row["slug"] for row in self.datasets if row["slug"] in self.tables] or list(self.tables)
        return {
            "hash": hashlib.sha256(release_id.encode()).hexdigest(),
            "size": 0,
            "tables": {name: {"count": count} for name, count in self.counts.items()},
            "first_table": names[0],
        }


@contextlib.contextmanager
def _open(database: Path) -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(f"{database.resolve().as_uri()}?immutable=1", uri=True)
    conn.row_factory = sqlite3.Row
    try:
        yield conn
    finally:
        conn.close()


def _tables(conn: sqlite3.Connection) -> tuple[dict[str, list[str]], list[str]]:
    found = conn.execute(
        "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite~_%' escape '~'"
    )
    definitions = {row["name"]: (row["sql"] or "").lower() for row in found}
    virtual = [name for name, sql in definitions.items() if sql.startswith("create virtual table")]
    shadow = [f"{name}_{suffix}" for name in virtual for suffix in SHADOW_SUFFIXES]
    shown = sorted(name for name in definitions if name not in shadow)
    return {name: [row["name"] for row in conn.execute(f'pragma table_info("{name}")')] for name in shown}, shadow


def _rows(conn: sqlite3.Connection, table: str, tables: dict[str, list[str]]) -> list[Row]:
    if table not in tables:
        return []
    return [dict(row) for row in conn.execute(f'select * from "{table}"')]


def _labels(conn: sqlite3.Connection, codelist: str, tables: dict[str, list[str]]) -> dict[str, str]:
    rows = sorted(_rows(conn, code_table(codelist), tables), key=lambda row: row["position"] or 0)
    return {row["code"]: row["label_en"] for row in rows}


def _columns(conn: sqlite3.Connection, tables: dict[str, list[str]]) -> dict[str, list[Row]]:
    columns: dict[str, list[Row]] = {}
    for row in sorted(_rows(conn, "meta_column", tables), key=lambda row: row["position"] or 0):
        columns.setdefault(row["dataset"], []).append(row)
    return columns


def _distinct(conn: sqlite3.Connection, table: str, columns: list[Row]) -> dict[str, int]:
    names = [column["name"] for column in columns if column["role"] == "dimension"]
    if not names:
        return {}
    counted = ", ".join(f'count(distinct "{name}")' for name in names)
    return dict(zip(names, conn.execute(f'select {counted} from "{table}"').fetchone(), strict=True))
