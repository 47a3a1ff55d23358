"""What a late correction changed: a month delivered again, row by row, as counts; and which tables an extract corrects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from etl.registry.contract import TABLES
from etl.registry.manifest import Manifest
from etl.registry.validation.delivery import Delivery, combined
from etl.registry.validation.report import Notice
from etl.registry.validation.rules import quoted
from etl.registry.validation.sources import Sources
from etl.registry.validation.store import Store


def correction(
    connection: duckdb.DuckDBPyConnection, store: Store, sources: Sources, before: Delivery, after: Delivery
) -> Notice:
    """The notice of a month that `after` delivers again: rows added, removed and changed, by key."""
    digest = combined(["correction", before.digest, after.digest])
    counts = store.verdict(digest)
    if counts is None:
        counts = _counts(connection, sources, before, after)
        store.keep_verdict(digest, counts)
    added, removed, changed = counts
    text = f"extract {after.extract} replaces {before.extract}: {added:,} rows added, {removed:,} removed, {changed:,} changed."
    return Notice("late_correction", after.table.name, after.period, text)


def corrected(manifest: Manifest, replaced: Sequence[tuple[str, str]] = ()) -> tuple[tuple[str, str], ...]:
    """The tables and months that an extract corrects, of those that its manifest names.

    `replaced` are the tables and months of which it brings other rows than there were. Of a month of which nothing is known
    from before, it may correct any table.
    """
    monthly = [table.name for table in TABLES.values() if not table.register]
    return tuple(
        (table, month)
        for month in manifest.corrects
        for table in [name for name, period in replaced if period == month] or monthly
    )


def _counts(
    connection: duckdb.DuckDBPyConnection, sources: Sources, before: Delivery, after: Delivery
) -> tuple[int, int, int]:
    kept = {piece.sha256 for piece in before.pieces} & {piece.sha256 for piece in after.pieces}
    old, new = (_hashed(sources, each, kept) for each in (before, after))
    keys = ", ".join(map(quoted, after.table.key))
    counted = "count(*) - count(o.content), count(*) - count(n.content), sum(CASE WHEN o.content <> n.content THEN 1 ELSE 0 END)"
    row = connection.execute(f"SELECT {counted} FROM {old} AS o FULL JOIN {new} AS n USING ({keys})").fetchall()[0]
    return int(row[0]), int(row[1]), int(row[2] or 0)


def _hashed(sources: Sources, delivery: Delivery, kept: set[str]) -> str:
    """SQL for the keys of a part with a digest of the rows that have each; files that stayed the same are left out."""
    keys = ", ".join(map(quoted, delivery.table.key))
    columns = ", ".join(quoted(column.name) for column in delivery.table.columns)
    pieces = tuple(piece for piece in delivery.pieces if piece.sha256 not in kept)
    if not pieces:
        rows = f"(SELECT {columns} FROM {sources.open(delivery).sql} WHERE false)"
    else:
        rows = sources.open(replace(delivery, pieces=pieces)).sql
    return f"(SELECT {keys}, bit_xor(hash({columns})) AS content FROM {rows} GROUP BY {keys})"
