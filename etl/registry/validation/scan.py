"""One part by itself: every rule of the contract in one pass, then the bad rows if there are any, then repeated keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import duckdb

from datasets.codelist import Codelist
from datasets.fault import Fault, FaultError
from etl.registry.contract import Table
from etl.registry.validation.delivery import Delivery, combined
from etl.registry.validation.lines import Lines
from etl.registry.validation.rules import Check, checks, quoted
from etl.registry.validation.sources import Source, Sources, conversion_checks
from etl.registry.validation.store import Store
from etl.registry.validation.suspects import refuse_iin, suspects

#: Counts up when a conversion changes; conditions are part of a verdict's digest anyway.
_VERSION = "1"
REPEATED = "repeated"


@dataclass(frozen=True)
class Verdict:
    """What was found in a part by itself.

    `counts` are (column, reason, rows); `quarantined` counts rows, each once. `totals` are sums over all delivered rows;
    `unread` names those columns of them in which a value is missing or unreadable. `least` and `most` bound the key, when
    it is one number.
    """

    rows: int
    quarantined: int
    counts: tuple[tuple[str, str, int], ...]
    totals: tuple[tuple[str, int], ...]
    unread: tuple[str, ...]
    least: int | None
    most: int | None


class Scanner:
    """Scans parts, remembering verdicts in the store."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, store: Store, sources: Sources, codelists: Mapping[str, Codelist]
    ) -> None:
        self.connection, self.store, self.sources, self.codelists = connection, store, sources, codelists

    def verdict(self, delivery: Delivery) -> tuple[str, Verdict]:
        """The verdict of a part and the digest under which it and its bad rows are kept.

        Raises FaultError if the part cannot be read, or if it holds an IIN: such a verdict is not kept.
        """
        found = checks(delivery.table, self.codelists, (delivery.period,) if delivery.period else ())
        stated = [str(piece.rows) for piece in delivery.pieces]
        digest = combined([_VERSION, delivery.digest, *stated, *(check.bad for check in found)])
        known = self.store.verdict(digest)
        if known is not None and (not known["quarantined"] or self.store.lines(digest).exists()):
            counts = tuple((column, reason, rows) for column, reason, rows in known["counts"])
            totals = tuple((column, value) for column, value in known["totals"])
            return digest, Verdict(**{**known, "counts": counts, "totals": totals, "unread": tuple(known["unread"])})
        verdict = self._scan(delivery, self.sources.open(delivery), found, digest)
        self.store.keep_verdict(digest, asdict(verdict))
        return digest, verdict

    def _scan(self, delivery: Delivery, source: Source, found: tuple[Check, ...], digest: str) -> Verdict:
        table = delivery.table
        applied = _applied(found, table, source)
        possible = list(suspects(table, self.codelists, source.converted))
        figures = self._figures(table, source, [check.bad for check in applied] + [each.condition for each in possible])
        suspected = zip(possible, figures.counts[len(applied) :], strict=True)
        refuse_iin(self.connection, delivery, source, [suspect for suspect, count in suspected if count])
        lines = Lines(self.connection)
        counts = []
        for check, count in zip(applied, figures.counts, strict=False):
            if count:
                places = f"SELECT piece, row FROM {source.sql} WHERE {check.bad}"
                if lines.add(check.column, check.reason, places) != count:
                    raise FaultError([_misleading(delivery)])
                counts.append((check.column, check.reason, count))
        counts += self._repeated(table, source, lines)
        if not lines.empty:
            lines.keep(self.store.lines(digest))
        return Verdict(
            figures.rows,
            lines.rows(),
            tuple(counts),
            tuple(zip(table.totals, figures.totals, strict=True)),
            tuple(_unread(table, counts)),
            figures.least,
            figures.most,
        )

    def _figures(self, table: Table, source: Source, conditions: list[str]) -> _Figures:
        """All that one pass over the rows can tell."""
        bounds = _bounds(table)
        sums = [f"sum({quoted(name)})" for name in table.totals]
        sums += [f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END)" for condition in conditions]
        selected = ", ".join(["count(*)", *bounds, *sums])
        rows, least, most, *values = self.connection.execute(f"SELECT {selected} FROM {source.sql}").fetchall()[0]
        numbers = [int(value or 0) for value in values]
        return _Figures(rows, least, most, numbers[: len(table.totals)], numbers[len(table.totals) :])

    def _repeated(self, table: Table, source: Source, lines: Lines) -> Iterator[tuple[str, str, int]]:
        """Of the good rows with one key, all but the first."""
        rows, key = lines.good(source.sql), ", ".join(map(quoted, table.key))
        twice = f"SELECT {key} FROM {rows} GROUP BY {key} HAVING count(*) > 1"
        if self.connection.execute(f"SELECT 1 FROM ({twice}) LIMIT 1").fetchone() is None:
            return
        place = f"row_number() OVER (PARTITION BY {key} ORDER BY piece, row) AS place"
        numbered = f"SELECT piece, row, {place} FROM {rows} SEMI JOIN ({twice}) USING ({key})"
        later = f"SELECT piece, row FROM ({numbered}) WHERE place > 1"
        yield table.key[0], REPEATED, lines.add(table.key[0], REPEATED, later)


@dataclass(frozen=True)
class _Figures:
    """Rows, the bounds of the key, the sums of the `totals` columns, and in how many rows each condition holds."""

    rows: int
    least: int | None
    most: int | None
    totals: list[int]
    counts: list[int]


def _misleading(delivery: Delivery) -> Fault:
    """A search skips what the statistics of a Parquet file exclude: then engines would skip it too."""
    message = "has statistics that contradict its values."
    return Fault(delivery.pieces[0].shown, "file", message, "Write the file anew and deliver it again.")


def _bounds(table: Table) -> tuple[str, str]:
    """SQL for the bounds of the key. Of pseudonyms none are taken: they are spread evenly, and a bound would be one."""
    column = table.by_name[table.key[0]]
    if len(table.key) > 1:
        return "CAST(NULL AS BIGINT)", "CAST(NULL AS BIGINT)"
    if column.type == "pseudonym":
        return str(column.least), str(column.most)
    within = f"CASE WHEN {quoted(column.name)} BETWEEN {column.least} AND {column.most} THEN {quoted(column.name)} END"
    return f"min({within})", f"max({within})"


def _applied(found: Sequence[Check], table: Table, source: Source) -> list[Check]:
    """The checks as they apply to a source: in a converted one, an unreadable value is not also a missing one."""
    if not source.converted:
        return list(found)
    applied = list(conversion_checks(table))
    for check in found:
        read = f" AND {quoted('raw_' + check.column)} IS NULL" if check.reason == "missing" else ""
        applied.append(Check(check.column, check.reason, f"whole AND ({check.bad}){read}", check.words))
    return applied


def _unread(table: Table, counts: Sequence[tuple[str, str, int]]) -> Iterator[str]:
    """The columns with a control total in which a value could not be read: their sum cannot be compared."""
    broken_rows = any(reason == "values" for _, reason, _ in counts)
    for name in table.totals:
        if broken_rows or any(column == name and reason in ("missing", "form") for column, reason, _ in counts):
            yield name
