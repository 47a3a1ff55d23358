"""Drafts written into a PostgreSQL database instead of a folder."""

from __future__ import annotations

import json

import psycopg

from etl.registry.contract import TABLES
from etl.registry.manifest import Manifest
from etl.registry.shape import postgresql_tables
from tests.etl.registry.validation.draft import Draft, Row


class Replica:
    """A database that takes one draft after another; only tables that differ from those there are written again."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.held: dict[str, list[Row]] = {}
        with psycopg.connect(dsn) as connection:
            for statement in postgresql_tables():
                # rows that the contract forbids must be writable
                connection.execute(statement.replace(" NOT NULL", "").encode())
            connection.execute("CREATE TABLE extract_manifest (document text)")

    def deliver(self, draft: Draft) -> str:
        """Make the database hold this draft; returns its address."""
        totals = tuple(draft.totals())
        manifest = Manifest("1", draft.name, draft.synthetic, draft.as_of, draft.months, (), totals, draft.note)
        document = json.loads(manifest.to_json())
        draft.edit(document)
        with psycopg.connect(self.dsn) as connection:
            connection.execute("TRUNCATE extract_manifest")
            connection.execute("INSERT INTO extract_manifest VALUES (%s)", [json.dumps(document)])
            for table in TABLES:
                rows = [row for (name, _), part in draft.rows.items() if name == table for row in part]
                if rows != self.held.get(table):
                    self._write(connection, table, rows)
        return self.dsn

    def _write(self, connection: psycopg.Connection, table: str, rows: list[Row]) -> None:
        names = list(TABLES[table].by_name)
        columns = ", ".join(f'"{name}"' for name in names)
        connection.execute(f"TRUNCATE {table}".encode())
        with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row([row.get(name) for name in names])
        self.held[table] = rows


def fill(dsn: str, draft: Draft, *statements: str) -> str:
    """Write a draft into an empty database, then run `statements`; returns the address."""
    Replica(dsn).deliver(draft)
    with psycopg.connect(dsn) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    return dsn
