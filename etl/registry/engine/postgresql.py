"""PostgreSQL: the Registry's own replica aggregates; rows of the Registry never leave it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import psycopg
from sqlglot import exp

from datasets.fault import Fault, FaultError
from etl.registry.contract import UTC_OFFSET_HOURS, Table
from etl.registry.engine.columns import PERIOD, day_of, has_derived_period
from etl.registry.engine.engine import MOST_ROWS, Engine, Value
from etl.registry.engine.view import nothing, query_of
from etl.registry.months import beginning, first_day, following
from etl.registry.parts import Registry

_TEXTS = ("code", "text", "period")


class PostgreSQLEngine(Engine):
    """Asks the database of a Registry, in one read-only transaction: every SELECT sees the same state of it."""

    def __init__(self, registry: Registry) -> None:
        super().__init__(registry)
        if not registry.dsn:
            remedy = "Use DuckDB or Spark."
            raise FaultError([Fault("extract", "address", "is a folder, which PostgreSQL cannot read.", remedy)])
        self._rejected = dict(registry.rejected)
        self._connection = psycopg.connect(registry.dsn, application_name="ashyq-qalqan")
        self._connection.read_only = True
        self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.execute("SET LOCAL TIME ZONE 'UTC'")

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()

    def _run(self, query: exp.Query) -> Sequence[Sequence[Value]]:
        return self._connection.execute(query.limit(MOST_ROWS + 1).sql("postgres").encode()).fetchall()

    def _relation(self, table: Table, months: tuple[str, ...]) -> exp.Query:
        if not table.register and not months:
            return nothing(table)
        columns = ", ".join(_projection(table))
        conditions = " AND ".join([*_in_months(table, months), *self._not_rejected(table)]) or "TRUE"
        # Every name is the contract's, every value a month or a ctid.
        return query_of(f'SELECT {columns} FROM "{table.name}" WHERE {conditions}', "postgres")  # noqa: S608

    def _not_rejected(self, table: Table) -> Iterator[str]:
        references = self._rejected.get(table.name, ())
        if references:
            listed = ",".join(f'"{each}"' for each in references)
            yield f"ctid <> ALL (CAST('{{{listed}}}' AS tid[]))"


def _projection(table: Table) -> Iterator[str]:
    for each in table.columns:
        # Byte order, as the other engines have, whatever the database's own order of letters.
        yield f'"{each.name}" COLLATE "C" AS "{each.name}"' if each.type in _TEXTS else f'"{each.name}"'
    for each in table.columns:
        if each.type == "instant":
            yield f'CAST({_local(each.name)} AS DATE) AS "{day_of(each)}"'
    if has_derived_period(table):
        month_of = table.by_name[table.month_of]
        moment = _local(month_of.name) if month_of.type == "instant" else f'"{month_of.name}"'
        yield f'TO_CHAR({moment}, \'YYYY-MM\') COLLATE "C" AS "{PERIOD}"'


def _local(instant: str) -> str:
    return f"(\"{instant}\" + INTERVAL '{UTC_OFFSET_HOURS} hours')"


def _in_months(table: Table, months: tuple[str, ...]) -> Iterator[str]:
    """Conditions on the column itself, so that an index on it can serve."""
    if table.register:
        return
    column = table.by_name[table.month_of]
    if column.type == "period":
        listed = ", ".join(f"'{month}'" for month in months)
        yield f'"{column.name}" IN ({listed})'
        return
    bound = beginning if column.type == "instant" else date.isoformat
    ranges = [
        f"(\"{column.name}\" >= '{bound(first_day(first))}' AND \"{column.name}\" < '{bound(first_day(following(last)))}')"
        for first, last in _runs(months)
    ]
    yield f"({' OR '.join(ranges)})"


def _runs(months: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The first and last month of each unbroken run."""
    first = months[0]
    for month, after in zip(months, (*months[1:], ""), strict=True):
        if following(month) != after:
            yield first, month
            first = after
