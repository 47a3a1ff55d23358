"""What a SELECT reads when it names a table of the contract: the rows of some months, with the derived columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from sqlglot import exp, parse_one

from etl.registry.contract import TABLES, UTC_OFFSET_HOURS, Table
from etl.registry.engine.columns import CALENDAR, PERIOD, SQL_TYPES, day_of, has_derived_period, visible
from etl.registry.engine.select import Select
from etl.registry.months import first_day, last_day, local_day, previous
from etl.registry.parts import Registry

#: An engine's own relation: the rows of a table in the given months, with all visible columns.
Relation = Callable[[Table, tuple[str, ...]], exp.Query]


def bind(
    select: Select, registry: Registry, month: str | None, windows: Mapping[str, str], relation: Relation
) -> exp.Query:
    """The SELECT with each table that it names replaced by what it reads of it."""
    tree = select.tree.copy()
    for node in list(tree.find_all(exp.Table)):
        if node.name not in select.reads:
            continue  # a common table expression of the SELECT itself
        if node.name == CALENDAR:
            read = calendar((month,) if month else registry.months, local_day(registry.as_of))
        else:
            table = TABLES[node.name]
            read = relation(
                table, () if table.register else months_read(windows.get(table.name, "month"), month, registry.months)
            )
        node.replace(read.subquery(exp.to_identifier(node.alias_or_name, quoted=True)))
    return tree


def months_read(window: str, month: str | None, months: Sequence[str]) -> tuple[str, ...]:
    """The months that a table is read for when the SELECT is run for `month`."""
    if window == "all":
        return tuple(months)
    if month is None:
        raise ValueError(f"A table read by '{window}' needs a month.")
    first = {"month": month, "previous": previous(month), "through": min(months, default=month)}[window]
    return tuple(each for each in months if first <= each <= month)


def projection(table: Table, month: str) -> list[str]:
    """All visible columns of a table as expressions of DuckDB's dialect; `month` is the period of its rows, if derived."""
    columns = [f'"{each.name}"' for each in table.columns]
    columns += [f'{_local(each.name)} AS "{day_of(each)}"' for each in table.columns if each.type == "instant"]
    return columns + ([f"'{month}' AS \"{PERIOD}\""] if has_derived_period(table) else [])


def _local(instant: str) -> str:
    return f"CAST(\"{instant}\" + INTERVAL '{UTC_OFFSET_HOURS}' HOUR AS DATE)"


def nothing(table: Table) -> exp.Query:
    """A relation with the columns of a table and no row."""
    columns = ", ".join(f'CAST(NULL AS {SQL_TYPES[kind]}) AS "{name}"' for name, kind in visible(table).items())
    return select_of(f"SELECT {columns} WHERE 1 = 0")


def calendar(months: Sequence[str], as_of: date) -> exp.Query:
    """The rows of `calendar` for the given months."""
    return select_of(
        " UNION ALL ".join(
            f"SELECT '{month}' AS period, DATE '{first_day(month)}' AS first_day,"
            f" DATE '{last_day(month)}' AS last_day, DATE '{as_of}' AS as_of"
            for month in months
        )
    )


def select_of(sql: str) -> exp.Query:
    """Parse a query of ours, of DuckDB's dialect."""
    return query_of(sql, "duckdb")


def query_of(sql: str, dialect: str) -> exp.Query:
    """Parse a query of ours."""
    parsed = parse_one(sql, dialect=dialect)
    assert isinstance(parsed, exp.Query)
    return parsed
