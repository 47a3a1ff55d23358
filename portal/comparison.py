"""Compares the figures of two releases inside SQLite, straight from their files, and looks up why they changed.

The result is a database in memory with two tables. `figure`: one row a figure that is not the same in both, in the order of
the catalogue, of rows and of columns. `step`: what releases of the chain between them say of such a figure in `meta_change`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from datasets.contract import PERIOD, SUMMED, Change, Status, status_column
from datasets.renaming import renamed_datasets
from portal.catalogue import Column, Dataset
from portal.pairs import Announcements, Pair, other_columns
from portal.release import Release

#: Statuses of figures that exist and are not shown.
HIDDEN = (Status.SUPPRESSED, Status.WITHDRAWN)
#: Statuses of figures that have a number.
NUMBERS = (Status.OK, Status.ZERO)
_TABLES = """
CREATE TABLE figure (
    position INTEGER PRIMARY KEY, dataset TEXT, measure TEXT, keys TEXT, kind TEXT,
    old_status TEXT, old_value, new_status TEXT, new_value
);
CREATE TABLE step (
    position INTEGER, ordinal INTEGER, kind TEXT, reason TEXT, material INTEGER, correction TEXT,
    PRIMARY KEY (position, ordinal)
);
CREATE TABLE pair (place INTEGER PRIMARY KEY, keys TEXT, old INTEGER, new INTEGER);
CREATE TABLE found (
    place INTEGER, measure INTEGER, keys TEXT, kind TEXT, old_status TEXT, old_value, new_status TEXT, new_value
);
"""


def compare(
    old: Release,
    new: Release,
    pairs: Sequence[Pair],
    chain: Iterable[Release],
    announcements: Announcements = (),
) -> sqlite3.Connection:
    """The database of differences. `chain` has the releases, oldest first, of which each says what it changed."""
    connection = sqlite3.connect(":memory:", isolation_level=None, uri=True, check_same_thread=False)
    connection.executescript(_TABLES)
    connection.create_function("keys_text", 1, _keys_text, deterministic=True)
    _attach(connection, old, "old")
    _attach(connection, new, "new")
    connection.execute("BEGIN")
    for pair in pairs:
        for table_old, table_new in _tables(pair):
            _compare_tables(connection, pair, table_old, table_new)
    connection.execute("COMMIT")
    for name in ("old", "new"):
        connection.execute(f"DETACH [{name}]")
    connection.execute("CREATE INDEX by_name ON figure (dataset, measure, keys)")
    _add_steps(connection, pairs, chain, announcements)
    return connection


def _attach(connection: sqlite3.Connection, release: Release, name: str) -> None:
    connection.execute(f"ATTACH ? AS [{name}]", (f"{release.database.resolve().as_uri()}?mode=ro&immutable=1",))


def _keys_text(keys: str) -> str:
    """Keys as `json_array` writes them, all as texts."""
    return json.dumps([str(each) for each in json.loads(keys)], ensure_ascii=False, separators=(",", ":"))


def _tables(pair: Pair) -> Iterator[tuple[str | None, str | None]]:
    """The tables to compare: the rows, then the published sums."""
    yield pair.old.slug if pair.old else None, pair.new.slug if pair.new else None
    totals = [each.totals if each and each.protection else None for each in (pair.old, pair.new)]
    if any(totals):
        yield totals[0], totals[1]


def _compare_tables(connection: sqlite3.Connection, pair: Pair, old: str | None, new: str | None) -> None:
    """Add the differences between two tables of one dataset. Names in SQL are the catalogue's."""
    connection.execute("DELETE FROM pair")
    connection.execute("DELETE FROM found")
    if old and new and pair.comparable:
        _pair_rows(connection, pair, old, new)
    else:
        for side, table, dataset in (("new", new, pair.new), ("old", old, pair.old)):
            if table and dataset:
                _single_rows(connection, dataset, side, table)
    measures = list(dict.fromkeys(column.name for column in pair.either.measures))
    gone = (
        [each.name for each in pair.old.measures if each.name not in map(pair.old_name, measures)] if pair.old else []
    )
    for position, name in enumerate([*measures, *gone]):
        _compare_measure(connection, pair, (old, new), position, name, gone=name in gone)
    named = " ".join(f"WHEN {position} THEN '{name}'" for position, name in enumerate([*measures, *gone]))
    connection.execute(
        "INSERT INTO figure (dataset, measure, keys, kind, old_status, old_value, new_status, new_value)"
        f" SELECT ?, CASE measure {named} END, keys, kind, old_status, old_value, new_status, new_value"
        " FROM found ORDER BY place, measure",
        (pair.slug,),
    )


def _keys(dataset: Dataset, side: str) -> str:
    return f"json_array({', '.join(f'CAST({side}.[{column.name}] AS TEXT)' for column in dataset.dimensions)})"


def _pair_rows(connection: sqlite3.Connection, pair: Pair, old: str, new: str) -> None:
    """The rows of which some column differs, and those that only one side has."""
    assert pair.new is not None
    assert pair.old is not None
    same = " AND ".join(map(_same_key, pair.new.dimensions, pair.old.dimensions))
    shared = _shared(pair)
    differs = " OR ".join(
        f"new.[{a}] IS NOT old.[{b}]"
        for one, other in shared
        for a, b in ((one, other), (status_column(one), status_column(other)))
    )
    more = len(shared) < max(len(pair.new.measures), len(pair.old.measures))
    rows = f"[new].[{new}] AS new LEFT JOIN [old].[{old}] AS old ON {same}"
    connection.execute(
        f"INSERT INTO pair (keys, old, new) SELECT {_keys(pair.new, 'new')}, old.rowid, new.rowid FROM {rows}"
        f" WHERE (old.rowid IS NULL OR {differs or '0'} OR {int(more)}) AND new.[{PERIOD}] <> ? ORDER BY new.rowid",
        (SUMMED,),
    )
    connection.execute(
        f"INSERT INTO pair (keys, old, new) SELECT {_keys(pair.old, 'old')}, old.rowid, NULL FROM [old].[{old}] AS old"
        f" WHERE NOT EXISTS (SELECT 1 FROM [new].[{new}] AS new WHERE {same}) AND old.[{PERIOD}] <> ?"
        " ORDER BY old.rowid",
        (SUMMED,),
    )


def _same_key(new: Column, old: Column) -> str:
    if new.type == old.type:
        return f"new.[{new.name}] = old.[{old.name}]"
    return f"CAST(new.[{new.name}] AS TEXT) = CAST(old.[{old.name}] AS TEXT)"


def _shared(pair: Pair) -> list[tuple[str, str]]:
    """The measures that both have: the name in `new` and the name in `old`."""
    if pair.new is None or pair.old is None:
        return []
    known = {each.name for each in pair.old.measures}
    return [(each.name, pair.old_name(each.name)) for each in pair.new.measures if pair.old_name(each.name) in known]


def _single_rows(connection: sqlite3.Connection, dataset: Dataset, side: str, table: str) -> None:
    """All rows of a table that has no counterpart."""
    connection.execute(
        f"INSERT INTO pair (keys, {side}) SELECT {_keys(dataset, side)}, {side}.rowid FROM [{side}].[{table}] AS {side}"
        f" WHERE {side}.[{PERIOD}] <> ? ORDER BY {side}.rowid",
        (SUMMED,),
    )


def _compare_measure(
    connection: sqlite3.Connection,
    pair: Pair,
    tables: tuple[str | None, str | None],
    position: int,
    name: str,
    *,
    gone: bool,
) -> None:
    """The figures of one measure that differ; a figure without a row, or in a table without the column, is absent."""
    sides = {
        "old": (tables[0], pair.old, name if gone else pair.old_name(name)),
        "new": (tables[1], pair.new, None if gone else name),
    }
    said, joins = {}, ""
    for side, (table, dataset, column) in sides.items():
        there = table and dataset and column in {each.name for each in dataset.measures}
        said[side] = (
            (f"{side}.[{status_column(column)}]", f"{side}.[{column}]") if there and column else ("NULL", "NULL")
        )
        if there:
            joins += f" LEFT JOIN [{side}].[{table}] AS {side} ON {side}.rowid = pair.{side}"
    (old_status, old_value), (new_status, new_value) = said["old"], said["new"]
    connection.execute(
        f"INSERT INTO found SELECT pair.place, {position}, pair.keys, {_kind(old_status, new_status)}, {old_status},"
        f" {old_value}, {new_status}, {new_value} FROM pair{joins}"
        f" WHERE ({old_status} IS NOT {new_status} OR {old_value} IS NOT {new_value})"
        f" AND NOT ({_is(old_status, HIDDEN)} AND {_is(new_status, HIDDEN)})"
    )


def _kind(old: str, new: str) -> str:
    """What became of a figure, from the SQL of its two statuses."""
    return (
        f"CASE WHEN {old} IS NULL THEN '{Change.ADDED}' WHEN {new} IS NULL THEN '{Change.REMOVED}'"
        f" WHEN {_is(old, NUMBERS)} AND {_is(new, HIDDEN)} THEN '{Change.HIDDEN}'"
        f" WHEN {_is(old, HIDDEN)} AND {_is(new, NUMBERS)} THEN '{Change.SHOWN}' ELSE '{Change.CHANGED}' END"
    )


def _is(status: str, among: tuple[Status, ...]) -> str:
    listed = ", ".join(f"'{each}'" for each in among)
    return f"coalesce({status}, '') IN ({listed})"


def _add_steps(
    connection: sqlite3.Connection,
    pairs: Sequence[Pair],
    chain: Iterable[Release],
    announcements: Announcements,
) -> None:
    """What each release of the chain says of the figures that differ, under the names that it had for them then."""
    connection.execute(
        "CREATE TABLE alias (slug TEXT, name TEXT, dataset TEXT, measure TEXT, PRIMARY KEY (slug, name, dataset, measure))"
    )
    for ordinal, release in enumerate(chain):
        connection.execute("DELETE FROM alias")
        connection.executemany("INSERT INTO alias VALUES (?, ?, ?, ?)", _aliases(pairs, release, announcements))
        _attach(connection, release, "between")
        connection.execute(
            "INSERT OR IGNORE INTO step SELECT f.position, ?, c.kind, c.reason, c.material, c.correction"
            # CROSS JOIN keeps the order: each change once, then its figure by the index.
            " FROM [between].meta_change AS c CROSS JOIN alias AS a ON a.slug = c.dataset AND a.name = c.measure"
            " CROSS JOIN figure AS f ON f.dataset = a.dataset AND f.measure = a.measure AND f.keys = keys_text(c.keys_json)",
            (ordinal,),
        )
        connection.execute("DETACH [between]")


def _aliases(pairs: Sequence[Pair], release: Release, announcements: Announcements) -> set[tuple[str, str, str, str]]:
    """Slug and measure as a release may have them -> dataset and measure as `figure` has them."""
    datasets, renamed = release.catalogue.datasets, renamed_datasets(announcements)
    found = set()
    for pair in pairs:
        then = datasets.get(renamed.find(pair.slug, datasets) or pair.slug)
        slugs = {each.slug for each in (pair.old, pair.new, then) if each}
        columns = other_columns(then, pair.either, announcements)
        for measure in [*(pair.new.measures if pair.new else ()), *(pair.old.measures if pair.old else ())]:
            names = {measure.name, pair.old_name(measure.name), columns.get(measure.name, measure.name)}
            found |= {(slug, name, pair.slug, measure.name) for slug in slugs for name in names}
    return found
