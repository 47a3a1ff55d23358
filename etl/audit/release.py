"""A release as its reader has it: the published file alone, opened read-only and taken into plain values.

Whatever cannot be read as a release of this schema is a fault: an auditor that skips what it does not know proves nothing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import quote

from datasets.contract import (
    DATABASE_FILE,
    MANIFEST_FILE,
    PERIOD,
    SCHEMA_VERSION,
    SUMMED,
    Status,
    status_column,
    totals_table,
)
from datasets.fault import Fault, FaultError
from etl.audit.rules import Protection, read_protection

#: A row's values of the dimensions, in the order of the columns; `*` where a totals row is summed over one.
Keys = tuple[str, ...]
#: What a cell shows: a whole number, a decimal (of a ratio), or the status that stands in a number's place.
Figure = int | Decimal | Status
Row = dict[str, Any]

RELATION_KINDS = frozenset({"row_sum", "identity", "part", "same", "ratio"})
_NUMBERS = (Status.OK, Status.ZERO)


@dataclass(frozen=True)
class Measure:
    """A column of figures and over which dimensions it may be summed."""

    name: str
    type: str
    additivity: str
    unit_column: str | None

    def sums_over(self, dimension: str) -> bool:
        """Whether its figures add up over `dimension`."""
        if self.additivity == "not_additive" or dimension == self.unit_column:
            return False
        return self.additivity == "additive" or dimension != PERIOD


@dataclass(frozen=True)
class Table:
    """The rows and totals rows of one dataset: a figure by measure and keys.

    A measure has no figure at keys that have no row: they stand for zeros. `slips` are numbers that the file holds
    although their cells are marked as hidden, with the place where they stand. `withdrawn` are figures that were hidden
    after they had been published, with whether they were asked for: for a reader they are hidden as the others are.
    """

    slug: str
    dimensions: tuple[str, ...]
    measures: Mapping[str, Measure]
    span: str
    protection: Protection | None
    figures: Mapping[str, Mapping[Keys, Figure]]
    vintages: Mapping[tuple[str, Keys], int] = field(default_factory=dict)
    slips: Mapping[tuple[str, Keys], tuple[Decimal, str]] = field(default_factory=dict)
    withdrawn: Mapping[tuple[str, Keys], bool] = field(default_factory=dict)

    @cached_property
    def keys(self) -> tuple[Keys, ...]:
        """The keys of all rows and totals rows."""
        return tuple(next(iter(self.figures.values()), ()))

    @cached_property
    def parts(self) -> tuple[Mapping[Keys, tuple[Keys, ...]], ...]:
        """For each dimension: the keys that are summed into each total over it."""
        found: list[dict[Keys, list[Keys]]] = [{} for _ in self.dimensions]
        for keys in self.keys:
            for place, key in enumerate(keys):
                margin = (*keys[:place], SUMMED, *keys[place + 1 :])
                parts = found[place].setdefault(margin, [])
                if key != SUMMED:
                    parts.append(keys)
        return tuple({margin: tuple(parts) for margin, parts in each.items()} for each in found)

    def spelled(self, keys: Keys) -> Keys:
        """The keys with `*` of the period written as the first and the last month: another release's `*` is other months."""
        if SUMMED not in keys or PERIOD not in self.dimensions:
            return keys
        place = self.dimensions.index(PERIOD)
        return (*keys[:place], self.span, *keys[place + 1 :]) if keys[place] == SUMMED else keys

    def vintage(self, measure: str, keys: Keys) -> int:
        """How many times the figure was revised since the first release that had it; `keys` are spelled."""
        return self.vintages.get((measure, keys), 0) if self.vintages else 0

    def at(self, where: Mapping[str, str]) -> Keys:
        """The keys with `*` in each dimension that `where` does not name."""
        return tuple(where.get(name, SUMMED) for name in self.dimensions)


@dataclass(frozen=True)
class Relation:
    """Something that holds between figures, by the release's own word: a kind, and the names it is about."""

    kind: str
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Release:
    """A release: its protected datasets, those that are tied to them, and what ties them."""

    id: str
    tables: Mapping[str, Table]
    relations: tuple[Relation, ...]

    @property
    def protected(self) -> tuple[Table, ...]:
        """The datasets that have figures to protect."""
        return tuple(table for table in self.tables.values() if table.protection)


def open_release(path: Path) -> Release:
    """Read the release whose folder or database file is `path`; raises FaultError if it is none, damaged or of another schema."""
    file = path / DATABASE_FILE if path.is_dir() else path
    if not file.is_file():
        raise _fault(path, "release", "has no release.", f"Name a release's folder, or its {DATABASE_FILE}.")
    _check_manifest(file)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            if [row[0] for row in connection.execute("PRAGMA quick_check(1)")] != ["ok"]:
                raise sqlite3.DatabaseError("malformed")
            return _Reader(connection, file).release()
    except (sqlite3.DatabaseError, LookupError, TypeError, ValueError) as error:
        message = f"cannot be read as a release ({error})."
        raise _fault(
            file, "release", message, "Download it again; if that fails too, the release is damaged."
        ) from None


def _check_manifest(file: Path) -> None:
    """Where a manifest is beside it, the file must be the one that it lists; one downloaded alone has none."""
    manifest = file.with_name(MANIFEST_FILE)
    if not manifest.is_file():
        return
    try:
        listed = {entry["path"]: entry["sha256"] for entry in json.loads(manifest.read_text(encoding="utf-8"))["files"]}
    except (ValueError, LookupError, TypeError):
        raise _fault(manifest, "files", "is no manifest of a release.", "Download the release again.") from None
    if listed.get(file.name) != hashlib.sha256(file.read_bytes()).hexdigest():
        raise _fault(file, "sha256", "is not the file that the manifest lists.", "Download the release again.")


def _fault(path: Path, place: str, message: str, remedy: str) -> FaultError:
    return FaultError([Fault(path.name, place, message, remedy)])


@dataclass(frozen=True)
class _Reader:
    """Takes an open file into values. Names of tables come from the release's catalogue, so they are checked there first."""

    connection: sqlite3.Connection
    file: Path

    def release(self) -> Release:
        try:
            (meta,) = self._rows("meta_release")
            version = meta["schema_version"]
        except (sqlite3.OperationalError, ValueError, LookupError):
            remedy = f"Name the {DATABASE_FILE} of a release."
            raise _fault(self.file, "meta_release", "says nothing of a release.", remedy) from None
        if version != SCHEMA_VERSION:
            message = f"has schema version {version}; this auditor reads version {SCHEMA_VERSION}."
            raise _fault(self.file, "schema_version", message, "Audit it with the code of its own version.")
        relations = tuple(Relation(row["kind"], json.loads(row["spec_json"])) for row in self._rows("meta_relation"))
        _check_relations(relations, {row["slug"] for row in self._rows("meta_dataset")})
        tied = {side["dataset"] for each in relations if each.kind == "same" for side in _sides(each.spec)}
        wanted = [row for row in self._rows("meta_dataset") if row["protection_json"] or row["slug"] in tied]
        return Release(meta["id"], {row["slug"]: self._table(row) for row in wanted}, relations)

    def _rows(self, table: str) -> Iterator[Row]:
        known = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
        if not self.connection.execute(known, (table,)).fetchone()[0]:
            raise LookupError(f"the table {table} is missing")
        return (dict(row) for row in self.connection.execute(f"SELECT * FROM [{table}] ORDER BY rowid"))  # noqa: S608

    def _table(self, dataset: Row) -> Table:
        slug = dataset["slug"]
        columns = [row for row in self._rows("meta_column") if row["dataset"] == slug]
        dimensions = tuple(row["name"] for row in columns if row["role"] == "dimension")
        measures = {
            row["name"]: Measure(row["name"], row["type"], row["additivity"], row["unit_column"])
            for row in columns
            if row["role"] == "measure"
        }
        protection = read_protection(dataset["protection_json"])
        for name in protection.group_of if protection else ():
            if measures[name].type != "integer":
                raise ValueError(f"the protected measure {name} is not in whole numbers")
        rows = self._keyed(slug, dimensions)
        if dataset["protection_json"]:
            totals = self._keyed(totals_table(slug), dimensions)
            if rows:
                _check_patterns(slug, dimensions, tuple(measures.values()), totals)
            rows |= totals
        figures = {
            name: {keys: _figure(row, name, each.type) for keys, row in rows.items()} for name, each in measures.items()
        }
        table = Table(
            slug=slug,
            dimensions=dimensions,
            measures=measures,
            span=f"{dataset['period_from']}/{dataset['period_to']}",
            protection=protection,
            figures=figures,
            slips=dict(self._slips(slug, dimensions, rows, figures)),
            withdrawn=self._withdrawn(slug, measures, rows),
        )
        return replace(table, vintages=self._vintages(table))

    def _keyed(self, table: str, dimensions: tuple[str, ...]) -> dict[Keys, Row]:
        found: dict[Keys, Row] = {}
        for row in self._rows(table):
            if found.setdefault(tuple(str(row[name]) for name in dimensions), row) is not row:
                raise ValueError(f"two rows of {table} have the same keys")
        return found

    def _vintages(self, table: Table) -> dict[tuple[str, Keys], int]:
        found = {}
        for row in self._rows("meta_revision"):
            if row["dataset"] == table.slug:
                keys = tuple(str(key) for key in json.loads(row["keys_json"]))
                found[row["measure"], table.spelled(keys)] = int(row["vintage"])
        return found

    def _withdrawn(self, slug: str, measures: Iterable[str], rows: Mapping[Keys, Row]) -> dict[tuple[str, Keys], bool]:
        asked = {
            (row["measure"], tuple(str(key) for key in json.loads(row["keys_json"])))
            for row in self._rows("meta_redaction")
            if row["dataset"] == slug and row["cause"] == "asked"
        }
        return {
            (name, keys): (name, keys) in asked
            for name in measures
            for keys, row in rows.items()
            if row[status_column(name)] == Status.WITHDRAWN
        }

    def _slips(
        self,
        slug: str,
        dimensions: tuple[str, ...],
        rows: Mapping[Keys, Row],
        figures: Mapping[str, Mapping[Keys, Figure]],
    ) -> Iterator[tuple[tuple[str, Keys], tuple[Decimal, str]]]:
        """Numbers that stand beside the mark of a hidden cell, or in the checks of the sums."""
        for measure, shown in figures.items():
            for keys, figure in shown.items():
                if figure is Status.SUPPRESSED and rows[keys][measure] is not None:
                    yield (measure, keys), (Decimal(str(rows[keys][measure])), f"{slug}, beside the mark")
        for row in self._rows("meta_reconciliation"):
            if row["dataset"] == slug and row["stated"] is not None:
                where = json.loads(row["where_json"])
                keys = tuple(str(where.get(name, SUMMED)) for name in dimensions)
                if figures[row["measure"]].get(keys) is Status.SUPPRESSED:
                    yield (row["measure"], keys), (Decimal(str(row["stated"])), "meta_reconciliation")


def _check_relations(relations: tuple[Relation, ...], slugs: set[str]) -> None:
    for each in relations:
        if each.kind not in RELATION_KINDS:
            raise ValueError(f"the relation '{each.kind}' is of no known kind")
        sides = _sides(each.spec) if each.kind == "same" else (each.spec,)
        unknown = {side["dataset"] for side in sides} - slugs
        if unknown:
            raise ValueError(f"a relation names the dataset {min(unknown)}, which is not there")


def _sides(spec: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return spec["left"], spec["right"]


def _figure(row: Row, measure: str, kind: str) -> Figure:
    status = Status(row[status_column(measure)])
    if status not in _NUMBERS:
        return Status.SUPPRESSED if status is Status.WITHDRAWN else status
    value = row[measure]
    if value is None or (status is Status.ZERO) != (value == 0):
        raise ValueError(f"the cell of {measure} with the status '{status}' does not hold what the status says")
    return int(value) if kind == "integer" else Decimal(str(value))


def _check_patterns(
    slug: str, dimensions: tuple[str, ...], measures: Iterable[Measure], totals: Mapping[Keys, Row]
) -> None:
    """Whether there are totals over each subset of the dimensions that a measure may be summed over: no row means zeros."""
    there = {frozenset(name for name, key in zip(dimensions, keys, strict=True) if key == SUMMED) for keys in totals}
    for size in range(1, len(dimensions) + 1):
        for over in combinations(dimensions, size):
            summed = any(all(each.sums_over(name) for name in over) for each in measures)
            if summed and frozenset(over) not in there:
                raise ValueError(f"{slug} has no totals over {', '.join(over)}")
