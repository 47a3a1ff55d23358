"""The shape of the contract's tables in other systems: the Parquet (Arrow) schema and the PostgreSQL tables."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from etl.registry.contract import TABLES, Table

_ARROW = {
    "id": pa.int64(),
    "pseudonym": pa.int64(),
    "code": pa.string(),
    "text": pa.string(),
    "integer": pa.int64(),
    "coordinate": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    # Whole seconds of UTC, kept in microseconds as DuckDB, PostgreSQL and Spark all do.
    "instant": pa.timestamp("us"),
    "period": pa.string(),
}
_POSTGRESQL = {
    "id": "bigint",
    "pseudonym": "bigint",
    "code": "text",
    "text": "text",
    "integer": "bigint",
    "coordinate": "double precision",
    "boolean": "boolean",
    "date": "date",
    "instant": "timestamp",
    "period": "text",
}


def arrow_schema(table: Table) -> pa.Schema:
    """The Parquet schema of a table: columns in the contract's order, nullable where a value may be absent."""
    return pa.schema([pa.field(each.name, _ARROW[each.type], nullable=not each.required) for each in table.columns])


def postgresql_types(table: Table) -> dict[str, str]:
    """Column name -> its type in PostgreSQL."""
    return {each.name: _POSTGRESQL[each.type] for each in table.columns}


def postgresql_tables() -> Iterator[str]:
    """A CREATE TABLE statement for every table. Keys are left to validation, which reports bad rows instead of losing them."""
    for table in TABLES.values():
        types = postgresql_types(table)
        columns = ", ".join(
            f"{each.name} {types[each.name]}{' NOT NULL' if each.required else ''}" for each in table.columns
        )
        yield f"CREATE TABLE {table.name} ({columns})"
