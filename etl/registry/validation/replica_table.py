"""One table of a database: the contract's rules as PostgreSQL answers them, bad rows by their ctid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlglot import transpile

from datasets.codelist import Codelist
from datasets.fault import FaultError
from etl.registry import iin
from etl.registry.contract import TABLES, UTC_OFFSET_HOURS, Table
from etl.registry.manifest import Manifest
from etl.registry.validation.csv_text import iin_fault
from etl.registry.validation.links import REFERENCE, REPEATED_EARLIER
from etl.registry.validation.quarantine import Line
from etl.registry.validation.rules import checks, literal, quoted
from etl.registry.validation.scan import REPEATED
from etl.registry.validation.suspects import Suspect, suspects

#: Of a reason that alone refuses the table no more rows than these are listed.
_MOST_LISTED = 100_000


@dataclass(frozen=True)
class Figures:
    """A month of a table (or a register): rows, sums of the `totals` columns, a digest of the rows, and how often each
    check and each suspicion holds."""

    rows: int
    totals: tuple[tuple[str, int], ...]
    digest: str
    broken: tuple[int, ...]
    suspected: tuple[int, ...]


@dataclass
class Rejected:
    """The bad rows of a table: ctid -> month, and (ctid, column, reason) lines."""

    places: dict[str, str] = field(default_factory=dict)
    found: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, place: str, period: str, column: str, reason: str) -> None:
        """Note why a row is bad."""
        self.places[place] = period
        self.found.append((place, column, reason))

    def of(self, period: str) -> list[str]:
        """The bad rows of a month, in order."""
        return sorted(place for place, each in self.places.items() if each == period)

    def counts(self, period: str) -> tuple[tuple[tuple[str, str, int], ...], int]:
        """(column, reason, rows) of a month, and how many rows are bad."""
        reasons = Counter((column, reason) for place, column, reason in self.found if self.places[place] == period)
        return tuple((*reason, rows) for reason, rows in reasons.items()), len(self.of(period))

    def lines(self, table: Table) -> Iterator[Line]:
        """The lines of the quarantine file."""
        return ((table.name, *line) for line in sorted(self.found))

    def without(self, alias: str) -> str:
        """SQL for the rows that are not among these."""
        if not self.places:
            return "TRUE"
        listed = ",".join(f'"{place}"' for place in self.places)
        return f"{alias}.ctid <> ALL (CAST('{{{listed}}}' AS tid[]))"


class TableScan:
    """Asks one table; every condition is the contract's, carried over from DuckDB's dialect."""

    def __init__(
        self, connection: psycopg.Connection, table: Table, manifest: Manifest, codelists: Mapping[str, Codelist]
    ) -> None:
        self.connection, self.table = connection, table
        self.periods = ("",) if table.register else manifest.periods
        self.checks = checks(table, codelists, manifest.periods)
        self.suspects = tuple(suspects(table, codelists))
        self.period = _period(table, manifest.periods)

    def figures(self) -> dict[str, Figures]:
        """All that one pass over the table can tell, by month; '' for a register, and for rows of no month covered."""
        table = self.table
        sums = [f"sum({quoted(name)})" for name in table.totals]
        sums += [_counted(check.bad) for check in self.checks] + [_counted(each.condition) for each in self.suspects]
        digest = "sum(hashtextextended(CAST(t AS text), 0)::numeric)"
        selected = ", ".join([f"{self.period} AS period", "count(*)", digest, *sums])
        found = {period: Figures(0, tuple((name, 0) for name in table.totals), "", (), ()) for period in self.periods}
        for period, rows, hashed, *values in self._ask(
            f"SELECT {selected} FROM {table.name} AS t GROUP BY 1 ORDER BY 1"
        ):
            numbers = tuple(int(value or 0) for value in values)
            totals, first = tuple(zip(table.totals, numbers, strict=False)), len(table.totals)
            middle = first + len(self.checks)
            found[period] = Figures(rows, totals, str(hashed), numbers[first:middle], numbers[middle:])
        return found

    def refuse_iin(self, figures: Mapping[str, Figures]) -> None:
        """Raises FaultError that names, for each column with an IIN, the first row found."""
        suspected = [each for position, each in enumerate(self.suspects) if _any(figures, position)]
        faults = [
            iin_fault(self.table.name, f"column {each.column}, row {place}")
            for each in suspected
            if (place := self._iin_place(each)) is not None
        ]
        if faults:
            raise FaultError(faults)

    def _iin_place(self, suspect: Suspect) -> str | None:
        value, condition = _carried(suspect.value), _carried(suspect.condition)
        where = f"FROM {self.table.name} WHERE {condition}"
        with self.connection.cursor("suspects") as cursor:
            cursor.execute(f"SELECT DISTINCT {value} {where}".encode())
            found = next((text for (text,) in cursor if iin.holds_iin(text)), None)
        if found is None:
            return None
        return str(self._ask(f"SELECT min(ctid)::text {where} AND {value} = {literal(found)}")[0][0])

    def broken(self, figures: Mapping[str, Figures], rejected: Rejected) -> None:
        """Note the rows that break a rule."""
        rows = sum(each.rows for each in figures.values())
        for position, check in enumerate(self.checks):
            count = sum(each.broken[position] for each in figures.values() if each.broken)
            if count:
                limit = f" LIMIT {max(_MOST_LISTED, round(rows * self.table.refuse / 100) + 1)}"
                self._reject(f"{self._from()} WHERE {_carried(check.bad)}{limit}", check.column, check.reason, rejected)

    def repeated(self, rejected: Rejected) -> None:
        """Note, of the good rows with one key, all but the first: in order of months, then of places."""
        keys = ", ".join(map(quoted, self.table.key))
        if self._unique() or not self._ask(
            f"SELECT 1 FROM {self.table.name} GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"
        ):
            return
        good = f"SELECT ctid, {self.period} AS period, {keys} FROM {self.table.name} AS t WHERE {rejected.without('t')}"
        good += f" AND ({keys}) IN (SELECT {keys} FROM {self.table.name} GROUP BY {keys} HAVING count(*) > 1)"
        over = f"(PARTITION BY {keys} ORDER BY period, ctid)"
        numbered = (
            f"SELECT *, row_number() OVER {over} AS place, first_value(period) OVER {over} AS first FROM ({good}) AS g"
        )
        for reason, condition in ((REPEATED, "period = first"), (REPEATED_EARLIER, "period <> first")):
            later = f"SELECT ctid::text, period FROM ({numbered}) AS n WHERE place > 1 AND {condition}"
            self._reject(later, self.table.key[0], reason, rejected)

    def _unique(self) -> bool:
        """Whether an index of the database keeps the key unique already: then nobody need look."""
        columns = "SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute"
        keys = ", ".join(map(literal, sorted(self.table.key)))
        return bool(
            self._ask(
                f"SELECT 1 FROM pg_index WHERE indrelid = to_regclass('{self.table.name}') AND indisunique AND indisvalid"
                f" AND indpred IS NULL AND ({columns} WHERE attrelid = indrelid AND attnum = ANY (indkey)) = ARRAY[{keys}]"
            )
        )

    def orphans(self, rejected: Rejected, others: Mapping[str, Rejected], distrusted: set[str]) -> None:
        """Note the good rows that refer to no accepted row."""
        for column in self.table.columns:
            if not column.references or column.references in distrusted:
                continue
            key, name = quoted(TABLES[column.references].key[0]), quoted(column.name)
            same = f"k.{key} = t.{name} AND {others[column.references].without('k')}"
            places = f"{self._from()} WHERE t.{name} IS NOT NULL AND {rejected.without('t')}"
            places += f" AND NOT EXISTS (SELECT 1 FROM {column.references} AS k WHERE {same})"
            self._reject(places, column.name, REFERENCE, rejected)

    def _from(self) -> str:
        return f"SELECT t.ctid::text, {self.period} FROM {self.table.name} AS t"

    def _reject(self, places: str, column: str, reason: str, rejected: Rejected) -> None:
        for place, period in self._ask(places):
            rejected.add(place, period, column, reason)

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql.encode()).fetchall()


def _period(table: Table, months: tuple[str, ...]) -> str:
    """SQL for the month of a row, '' for a register and for rows of no month covered."""
    if table.register:
        return "''"
    column = table.by_name[table.month_of]
    name = f"t.{quoted(column.name)}"
    if column.type == "instant":
        name = f"{name} + INTERVAL '{UTC_OFFSET_HOURS} hours'"
    month = name if column.type == "period" else f"to_char({name}, 'YYYY-MM')"
    return f"CASE WHEN {month} IN ({', '.join(map(literal, months or ('',)))}) THEN {month} ELSE '' END"


def _counted(condition: str) -> str:
    return f"sum(CASE WHEN {_carried(condition)} THEN 1 ELSE 0 END)"


def _carried(sql: str) -> str:
    """A condition or value of ours in PostgreSQL's dialect."""
    return str(transpile(sql, read="duckdb", write="postgres")[0])


def _any(figures: Mapping[str, Figures], position: int) -> bool:
    return any(each.suspected[position] for each in figures.values() if each.suspected)
