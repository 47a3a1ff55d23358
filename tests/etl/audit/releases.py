"""Writes releases for the auditor: true rows, what is hidden of them, and nothing of how a real release is made."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from pathlib import Path

from datasets.contract import META_TABLES, SCHEMA_VERSION, totals_table
from datasets.ratio import quotient

Keys = tuple[str, ...]
Relations = Sequence[tuple[str, dict]]


@dataclass(frozen=True)
class Dataset:
    """A dataset with true figures. `hidden` are (measure, keys), `instead` figures printed in the place of true ones.

    `marked` have the mark of a hidden figure and the figure nevertheless.

    `ratios` are (numerator, denominator, scale, decimals) by measure: hidden with their parts unless `bare` has them.
    """

    slug: str
    rows: Mapping[Keys, Mapping[str, int]]
    hidden: Collection[tuple[str, Keys]] = ()
    dimensions: tuple[str, ...] = ("region", "kind")
    groups: Sequence[dict] | None = None
    additivity: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, object] = field(default_factory=dict)
    ratios: Mapping[str, tuple[str, str, int, int]] = field(default_factory=dict)
    bare: Collection[tuple[str, Keys]] = ()
    instead: Mapping[tuple[str, Keys], int | float | None] = field(default_factory=dict)
    marked: Collection[tuple[str, Keys]] = ()
    protected: bool = True

    @cached_property
    def hidden_by_keys(self) -> dict[Keys, list[str]]:
        found: dict[Keys, list[str]] = {}
        for measure, keys in self.hidden:
            found.setdefault(keys, []).append(measure)
        return found

    @property
    def measures(self) -> list[str]:
        return list(next(iter(self.rows.values())))

    @property
    def protection(self) -> dict | None:
        groups = self.groups or [{"measures": [each], "persons": each} for each in self.measures]
        said = {
            "policy": "persons",
            "method": "suppression",
            "zeros": "published",
            "minimum": 5,
            "values": 2,
            "upper": 5,
        }
        return said | {"groups": groups, "public": []} | dict(self.rules) if self.protected else None

    def figures(self) -> Iterator[tuple[Keys, dict[str, int | None]]]:
        """Rows, then totals; None where a measure may not be summed."""
        yield from ((keys, dict(row)) for keys, row in self.rows.items())
        for size in range(1, len(self.dimensions) + 1):
            for over in combinations(range(len(self.dimensions)), size):
                sums: dict[Keys, dict[str, int | None]] = {}
                for keys, row in self.rows.items():
                    margin = tuple("*" if place in over else key for place, key in enumerate(keys))
                    total = sums.setdefault(margin, dict.fromkeys(row, 0))
                    for name, figure in row.items():
                        total[name] = total[name] + figure if self._sums(name, margin) else None
                yield from sums.items()

    def _sums(self, measure: str, margin: Keys) -> bool:
        kind = self.additivity.get(measure, "additive")
        over_time = dict(zip(self.dimensions, margin, strict=True)).get("period") == "*"
        return kind == "additive" or (kind == "additive_except_time" and not over_time)


def write_release(
    folder: Path,
    *datasets: Dataset,
    relations: Relations = (),
    revisions: Sequence[tuple[str, str, Keys, int]] = (),
    checks: Sequence[dict] = (),
    name: str = "2026-03-31-000000000001",
) -> Path:
    """A release folder below `folder` with a database only; returns it."""
    target = folder / name
    target.mkdir(parents=True)
    ratios = [
        (
            "ratio",
            {"dataset": each.slug, "measure": measure, "numerator": top, "denominator": base}
            | _rounding(scale, digits),
        )
        for each in datasets
        for measure, (top, base, scale, digits) in each.ratios.items()
    ]
    with closing(sqlite3.connect(target / "release.db")) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        for table, columns in META_TABLES.items():
            _create(connection, table, list(columns))
        _fill(connection, "meta_release", [{"id": name, "schema_version": SCHEMA_VERSION, "synthetic": 1}])
        for place, each in enumerate(datasets):
            _write_dataset(connection, each, place)
        found = [
            {"position": place, "kind": kind, "spec_json": json.dumps(spec)}
            for place, (kind, spec) in enumerate([*relations, *ratios])
        ]
        _fill(connection, "meta_relation", found)
        revised = [
            {"dataset": slug, "measure": measure, "keys_json": json.dumps(keys), "vintage": vintage}
            for slug, measure, keys, vintage in revisions
        ]
        _fill(connection, "meta_revision", revised)
        _fill(connection, "meta_reconciliation", checks)
        connection.commit()
    return target


def _rounding(scale: int, decimals: int) -> dict:
    return {"scale": scale, "decimals": decimals}


def _write_dataset(connection: sqlite3.Connection, dataset: Dataset, place: int) -> None:
    periods = [dict(zip(dataset.dimensions, keys, strict=True)).get("period", "2026-01") for keys in dataset.rows]
    said = {"slug": dataset.slug, "position": place, "period_from": min(periods), "period_to": max(periods)}
    said |= {"title_en": dataset.slug.title(), "row_count": len(dataset.rows)}
    said |= {"protection_json": json.dumps(dataset.protection) if dataset.protected else None}
    _fill(connection, "meta_dataset", [said])
    columns = [{"name": each, "role": "dimension", "type": "code"} for each in dataset.dimensions]
    columns += [
        {"name": each, "role": "measure", "type": "integer", "additivity": dataset.additivity.get(each, "additive")}
        for each in dataset.measures
    ]
    columns += [
        {"name": each, "role": "measure", "type": "decimal", "additivity": "not_additive"} for each in dataset.ratios
    ]
    _fill(
        connection, "meta_column", [{"dataset": dataset.slug, "position": at} | each for at, each in enumerate(columns)]
    )
    figures = [_record(dataset, keys, row) for keys, row in dataset.figures()]
    names = [
        name for each in columns for name in ([each["name"]] + [each["name"] + "_status"] * (each["role"] == "measure"))
    ]
    tables = {dataset.slug: False} | ({totals_table(dataset.slug): True} if dataset.protected else {})
    for table, summed in tables.items():
        _create(connection, table, [*names, "flags", "origin"])
        rows = [each for each in figures if ("*" in [each[name] for name in dataset.dimensions]) == summed]
        _fill(connection, table, rows)


def _record(dataset: Dataset, keys: Keys, row: Mapping[str, int | None]) -> dict:
    record: dict = dict(zip(dataset.dimensions, keys, strict=True)) | {"flags": "", "origin": "synthetic"}
    shown: dict[str, int | float | None] = dict(row)
    hidden = set(dataset.hidden_by_keys.get(keys, ()))
    for measure, (top, base, scale, decimals) in dataset.ratios.items():
        parts = row[top], row[base]
        shown[measure] = (
            float(quotient(*parts, scale, decimals)) if all(part is not None for part in parts) and parts[1] else None
        )
        if hidden & {top, base} and (measure, keys) not in dataset.bare:
            hidden.add(measure)
    for measure, figure in shown.items():
        value = dataset.instead.get((measure, keys), figure)
        status = "not_applicable" if value is None else "ok" if value else "zero"
        if measure in hidden and value is not None and (measure, keys) not in dataset.marked:
            value, status = None, "suppressed"
        if (measure, keys) in dataset.marked:
            status = "suppressed"
        record |= {measure: value, f"{measure}_status": status}
    return record


def _create(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    connection.execute(f"CREATE TABLE [{table}] ({', '.join(f'[{name}]' for name in columns)})")


def _fill(connection: sqlite3.Connection, table: str, rows: Sequence[dict]) -> None:
    for row in rows:
        marks = ", ".join("?" for _ in row)
        listed = ", ".join(f"[{name}]" for name in row)
        connection.execute(f"INSERT INTO [{table}] ({listed}) VALUES ({marks})", list(row.values()))
