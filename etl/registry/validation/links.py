"""One part among the others: rows that refer to nothing, and keys that an earlier month has already.

What was found holds as long as the others allow: more rows to refer to cannot spoil a part without an orphan, and fewer
earlier months cannot spoil one without a repeated key. So a further month leaves the verdicts of those before it alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.registry.contract import TABLES, Table
from etl.registry.parts import Part
from etl.registry.validation.delivery import Delivery, combined
from etl.registry.validation.lines import Lines
from etl.registry.validation.rules import literal, quoted
from etl.registry.validation.scan import Verdict
from etl.registry.validation.sources import Source
from etl.registry.validation.store import Store

REFERENCE = "reference"
REPEATED_EARLIER = "repeated_earlier"
_VERSION = "1"


@dataclass(frozen=True)
class Cleaned:
    """A part that is done: what the engines get, and the bounds of its key, when that is one number."""

    part: Part
    least: int | None
    most: int | None


@dataclass(frozen=True)
class Links:
    """What was found out about a part among the others: (column, reason, rows); bad rows are kept under `digest`."""

    digest: str
    counts: tuple[tuple[str, str, int], ...]

    @property
    def quarantined(self) -> int:
        """How many rows are bad: each stands in one count only."""
        return sum(rows for _, _, rows in self.counts)


class Linker:
    """Checks parts against those that are done: `done` by table, in the order of the months.

    What refers to one of the `distrusted` tables is not held against it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, store: Store, distrusted: set[str]) -> None:
        self.connection, self.store, self.distrusted = connection, store, distrusted
        self.done: dict[str, list[Cleaned]] = {name: [] for name in TABLES}

    def known(self, own: str, delivery: Delivery, verdict: Verdict) -> Links | None:
        """What was found before about the part kept under `own`, if it still holds."""
        digest = combined([_VERSION, "links", own])
        found = self.store.verdict(digest)
        if found is None:
            return None
        counts = tuple((column, reason, rows) for column, reason, rows in found["counts"])
        if counts and not self.store.lines(digest).exists():
            return None
        context = self._context(delivery.table, verdict)
        holds = all(_holds(name, found["context"].get(name), digests, counts) for name, digests in context.items())
        return Links(digest, counts) if holds else None

    def check(self, own: str, delivery: Delivery, verdict: Verdict, source: Source) -> Links:
        """Find the rows that refer to nothing or repeat a key of an earlier month, and remember them."""
        digest = combined([_VERSION, "links", own])
        lines = Lines(self.connection, (self.store.lines(own),) if verdict.quarantined else ())
        orphans = self._orphans(delivery.table, source, lines)
        counts = (*orphans, *self._repeated(delivery.table, verdict, source, lines))
        if counts:
            lines.keep(self.store.lines(digest), (REFERENCE, REPEATED_EARLIER))
        context = self._context(delivery.table, verdict)
        self.store.keep_verdict(digest, {"context": context, "counts": counts})
        return Links(digest, counts)

    def _context(self, table: Table, verdict: Verdict) -> dict[str, list[str]]:
        """The digests of the parts that a verdict depends on: by referring column, and of `earlier` months."""
        context = {
            column.name: [each.part.sha256 for each in self.done[column.references]]
            for column in table.columns
            if column.references and column.references not in self.distrusted
        }
        return {**context, "": [each.part.sha256 for each in self._earlier(table, verdict)]}

    def _earlier(self, table: Table, verdict: Verdict) -> list[Cleaned]:
        """The months before whose keys could be in this part. `done` holds no later month while a part is checked."""
        if verdict.least is None or verdict.most is None:
            return []
        return [
            each
            for each in self.done[table.name]
            if each.least is not None and each.most is not None
            if each.least <= verdict.most and verdict.least <= each.most
        ]

    def _orphans(self, table: Table, source: Source, lines: Lines) -> Iterator[tuple[str, str, int]]:
        for column in table.columns:
            if not column.references or column.references in self.distrusted:
                continue
            keys = _keys(column.references, self.done[column.references])
            name, rows = quoted(column.name), lines.good(source.sql)
            places = f"SELECT piece, row FROM {rows} AS r ANTI JOIN {keys} AS k ON k.key = r.{name} WHERE r.{name} IS NOT NULL"
            count = lines.add(column.name, REFERENCE, places)
            if count:
                yield column.name, REFERENCE, count

    def _repeated(self, table: Table, verdict: Verdict, source: Source, lines: Lines) -> Iterator[tuple[str, str, int]]:
        """One earlier month at a time, so that no more than one month's keys are in memory."""
        key, count = quoted(table.key[0]), 0
        for each in self._earlier(table, verdict):
            rows = lines.good(source.sql)
            places = f"SELECT piece, row FROM {rows} AS r SEMI JOIN {_keys(table.name, [each])} AS k ON k.key = r.{key}"
            count += lines.add(table.key[0], REPEATED_EARLIER, places)
        if count:
            yield table.key[0], REPEATED_EARLIER, count


def _keys(table: str, parts: Sequence[Cleaned]) -> str:
    """The keys of clean parts as SQL, in a column `key`."""
    paths = [path for each in parts for path in each.part.files]
    if not paths:
        return "(SELECT CAST(NULL AS BIGINT) AS key WHERE false)"
    return f"(SELECT {quoted(TABLES[table].key[0])} AS key FROM {read(paths)})"


def read(paths: Sequence[Path]) -> str:
    """Parquet files as a FROM clause."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])"


def _holds(name: str, before: list[str] | None, now: list[str], counts: Sequence[tuple[str, str, int]]) -> bool:
    """Whether what was found still holds with other parts around: `name` is a referring column, or empty for the earlier."""
    if before is None:
        return False
    if before == now:
        return True
    if name:
        return set(before) <= set(now) and all(column != name or reason != REFERENCE for column, reason, _ in counts)
    return set(now) <= set(before) and not any(reason == REPEATED_EARLIER for _, reason, _ in counts)
