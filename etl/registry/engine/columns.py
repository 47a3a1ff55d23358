"""The columns that a transform sees: the contract's own, and those derived from them.

Every monthly table has the text `period` (its local month); every instant `x_at` has the local day `x_on` beside it, and
an instant named `at` the day `on_day`. `calendar` has a row for each month.
"""

from __future__ import annotations

from etl.registry.contract import TABLES, Column, ColumnType, Table

PERIOD = "period"
CALENDAR = "calendar"
#: `as_of` is the local day of the instant at which the extract was taken.
CALENDAR_COLUMNS: dict[str, ColumnType] = {"period": "period", "first_day": "date", "last_day": "date", "as_of": "date"}
#: What the contract's types are in DuckDB's dialect.
SQL_TYPES: dict[ColumnType, str] = {
    "id": "BIGINT",
    "pseudonym": "BIGINT",
    "code": "TEXT",
    "text": "TEXT",
    "integer": "BIGINT",
    "coordinate": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP",
    "period": "TEXT",
}


def day_of(column: Column) -> str:
    """The name of the local day that is derived from an instant."""
    return "on_day" if column.name == "at" else f"{column.name.removesuffix('_at')}_on"


def has_derived_period(table: Table) -> bool:
    """Whether the table's month is derived, and not a column of its own."""
    return not table.register and table.month_of != PERIOD


def visible(table: Table) -> dict[str, ColumnType]:
    """Column name -> type, of all columns that a transform may name."""
    columns: dict[str, ColumnType] = {each.name: each.type for each in table.columns}
    columns |= {day_of(each): "date" for each in table.columns if each.type == "instant"}
    return columns | ({PERIOD: "period"} if has_derived_period(table) else {})


def schema() -> dict[str, object]:
    """Table -> column -> SQL type, for all tables that a transform may name."""
    tables = {name: visible(table) for name, table in TABLES.items()} | {CALENDAR: CALENDAR_COLUMNS}
    return {name: {column: SQL_TYPES[kind] for column, kind in columns.items()} for name, columns in tables.items()}
