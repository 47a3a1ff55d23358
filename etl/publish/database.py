"""Writes the release's SQLite file: a table for each dataset and code list, the catalogue, the search index.

The same content gives the same bytes: rows go in one order, nothing is stamped, and the file is vacuumed at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import sqlite_utils

from datasets.contract import (
    CODE_COLUMNS,
    META_TABLES,
    REGION_CODELIST,
    REGION_COLUMNS,
    ROW_FLAGS,
    ROW_ORIGIN,
    SEARCH_TABLE,
    SYNTHETIC,
    code_table,
    status_column,
    totals_table,
)
from datasets.declaration import Column, Declaration
from etl.publish.catalogue import code_rows, search_rows
from etl.publish.content import Content, Record

#: "AQ01" in the file header marks a release of this portal.
APPLICATION_ID = int.from_bytes(b"AQ01", "big")


def write_database(content: Content, tables: dict[str, list[Record]], path: Path) -> None:
    """Write the file at `path`, which must not exist yet; `tables` are those of the catalogue."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database = sqlite_utils.Database(connection)
        _write_codelists(database, content)
        for protected in content.datasets:
            declaration = protected.dataset.declaration
            _write_dataset(database, declaration, declaration.slug, content.tables[declaration.slug])
            if protected.protection:
                name = totals_table(declaration.slug)
                _write_dataset(database, declaration, name, content.totals[declaration.slug])
        for name, rows in tables.items():
            database.table(name).create(META_TABLES[name])
            _insert(connection, name, META_TABLES[name], rows)
        _write_search(connection, content)
        connection.commit()
        connection.execute("ANALYZE")
        connection.commit()
        connection.execute("VACUUM")


def _write_codelists(database: sqlite_utils.Database, content: Content) -> None:
    for name, codelist in content.library.codelists.items():
        columns = CODE_COLUMNS | (REGION_COLUMNS if name == REGION_CODELIST else {})
        database.table(code_table(name)).create(columns, pk="code")
        _insert(database.conn, code_table(name), columns, code_rows(codelist))


def _write_dataset(
    database: sqlite_utils.Database, declaration: Declaration, name: str, rows: Iterable[Record]
) -> None:
    columns: dict[str, type] = {}
    for column in declaration.columns:
        columns[column.name] = _sqlite_type(column)
        if column.role == "measure":
            columns[status_column(column.name)] = str
    columns[ROW_FLAGS] = str
    if declaration.origin == SYNTHETIC:
        columns[ROW_ORIGIN] = str
    links = [(each.name, code_table(each.codelist), "code") for each in declaration.columns if each.codelist]
    # The `*` of a totals row is no code: no foreign key there.
    database.table(name).create(columns, pk=declaration.grain, foreign_keys=links if name == declaration.slug else [])
    _insert(database.conn, name, columns, rows)


def _sqlite_type(column: Column) -> type:
    return {"integer": int, "decimal": float}.get(column.type, str)


def _insert(connection: sqlite3.Connection, table: str, columns: Iterable[str], rows: Iterable[Record]) -> None:
    names = list(columns)
    marks = ", ".join("?" for _ in names)
    listed = ", ".join(f"[{name}]" for name in names)
    # Table and column names come from checked declarations; values are bound.
    statement = f"INSERT INTO [{table}] ({listed}) VALUES ({marks})"  # noqa: S608
    connection.executemany(statement, ([row[name] for name in names] for row in rows))


def _write_search(connection: sqlite3.Connection, content: Content) -> None:
    connection.execute(
        f"CREATE VIRTUAL TABLE {SEARCH_TABLE} USING fts5(kind UNINDEXED, ref UNINDEXED, title, body, tokenize='trigram')"
    )
    _insert(connection, SEARCH_TABLE, ("kind", "ref", "title", "body"), search_rows(content))
    connection.execute(f"INSERT INTO {SEARCH_TABLE}({SEARCH_TABLE}) VALUES ('optimize')")  # noqa: S608
