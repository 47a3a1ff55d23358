"""The catalogue of a release, as the portal reads it: datasets, columns, code lists, notes, charts, checks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from datasets.contract import (
    LANGUAGES,
    ORGANISATION_CODELIST,
    PERIOD,
    REGION_CODELIST,
    SYNTHETIC,
    BulkFormat,
    bulk_formats,
    code_table,
    totals_table,
)
from portal.protection import Protection, read_protection

#: A text by language.
Text = dict[str, str]


@dataclass(frozen=True)
class Code:
    """An entry of a code list; the last fields are for regions only."""

    code: str
    label: Text
    parent: str | None
    sort_kk: str
    aliases: tuple[str, ...]
    kato: str | None = None
    valid_from: str | None = None
    split_from: str | None = None
    tile: tuple[int, int] | None = None
    short: Text | None = None


@dataclass(frozen=True)
class Codelist:
    """A code list of the release."""

    name: str
    title: Text
    codes: dict[str, Code]


@dataclass(frozen=True)
class Column:
    """A column of a dataset's table."""

    name: str
    role: str
    type: str
    codelist: str | None
    unit: str | None
    unit_column: str | None
    decimals: tuple[int, int]
    additivity: str | None
    title: Text
    description: Text | None


@dataclass(frozen=True)
class Note:
    """A note on a dataset."""

    kind: str
    text: Text


@dataclass(frozen=True)
class Chart:
    """A chart's declaration; `spec` has category, measures, series, where, sort."""

    kind: str
    title: Text
    spec: dict[str, Any]


@dataclass(frozen=True)
class Check:
    """One row of the reconciliation."""

    dataset: str
    kind: str
    measure: str
    unit: str | None
    where: dict[str, str]
    stated: float
    computed: float | None
    gap: float | None
    classification: str
    note: Text | None


@dataclass(frozen=True)
class Ratio:
    """A measure that is `scale` x `numerator` / `denominator`, rounded half up to so many `decimals`."""

    measure: str
    numerator: str
    denominator: str
    scale: int
    decimals: int


@dataclass(frozen=True)
class Relation:
    """Something that holds between published figures, which a reader may use against hidden ones: a kind and its terms."""

    kind: str
    spec: dict[str, Any]
    title: Text | None


@dataclass(frozen=True)
class Redaction:
    """A figure that was withdrawn: because somebody `asked` for it, or `to_protect` one that was asked for."""

    redaction: str
    date: str
    dataset: str
    measure: str
    keys: tuple[str, ...]
    cause: str
    reason: Text


@dataclass(frozen=True)
class Dataset:
    """What a release says of one dataset. `about` holds the remaining columns of `meta_dataset` as they are."""

    slug: str
    topic: str
    origin: str
    title: Text
    summary: Text
    columns: tuple[Column, ...]
    notes: tuple[Note, ...]
    charts: tuple[Chart, ...]
    checks: tuple[Check, ...]
    inputs: tuple[dict[str, Any], ...]
    about: dict[str, Any]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Column name -> column."""
        return {column.name: column for column in self.columns}

    @cached_property
    def dimensions(self) -> tuple[Column, ...]:
        """The columns that say what a row is about."""
        return tuple(column for column in self.columns if column.role == "dimension")

    @cached_property
    def measures(self) -> tuple[Column, ...]:
        """The columns that hold figures."""
        return tuple(column for column in self.columns if column.role == "measure")

    @cached_property
    def grain(self) -> tuple[str, ...]:
        """The dimensions that name one row."""
        return tuple(json.loads(self.about["grain_json"]))

    @cached_property
    def region_column(self) -> str | None:
        """The dimension whose codes are regions, if there is one."""
        return next((column.name for column in self.dimensions if column.codelist == REGION_CODELIST), None)

    @cached_property
    def organisation_column(self) -> str | None:
        """The dimension whose codes are organisations, if there is one."""
        return next((column.name for column in self.dimensions if column.codelist == ORGANISATION_CODELIST), None)

    @cached_property
    def ratios(self) -> tuple[Ratio, ...]:
        """The measures that are computed from others of the same row."""
        return tuple(Ratio(**each) for each in json.loads(self.about["ratios_json"]))

    @cached_property
    def protection(self) -> Protection | None:
        """How its figures are protected; nothing where there is nobody to protect."""
        return read_protection(self.about["protection_json"])

    @property
    def totals(self) -> str:
        """The name of the table with the published sums of a protected dataset."""
        return totals_table(self.slug)

    @property
    def kinds(self) -> tuple[BulkFormat, ...]:
        """The kinds of files that it has."""
        return bulk_formats(totals=self.protection is not None)

    @property
    def transform(self) -> str:
        """The SELECT that computes a dataset of the Registry; empty for one of a document."""
        return self.about["transform_sql"] or ""

    @property
    def synthetic(self) -> bool:
        """Whether the figures descend from a simulated extract."""
        return self.origin == SYNTHETIC

    def text(self, name: str) -> Text:
        """A text of `about` by language, e.g. `description`."""
        return {language: self.about[f"{name}_{language}"] for language in LANGUAGES}


@dataclass(frozen=True)
class Catalogue:
    """Everything that a release says of itself."""

    release: dict[str, Any]
    datasets: dict[str, Dataset]
    codelists: dict[str, Codelist]
    relations: tuple[Relation, ...]

    def label(self, codelist: str, code: str, language: str) -> str:
        """The label of a code; the code itself if the list does not have it."""
        entry = self.codelists[codelist].codes.get(code)
        return entry.label[language] if entry else code

    @cached_property
    def register(self) -> Dataset | None:
        """The dataset that has one row of each organisation, if there is one: the register of clinics."""
        return next(
            (each for each in self.datasets.values() if {*each.grain} == {each.organisation_column, PERIOD}), None
        )

    @cached_property
    def by_file(self) -> dict[str, Dataset]:
        """Name of a bulk file -> the dataset that it holds."""
        return {
            name: each for each in self.datasets.values() for kind in each.kinds for _, name in kind.files(each.slug)
        }

    @property
    def protected(self) -> tuple[Dataset, ...]:
        """The datasets with rules that protect somebody."""
        return tuple(each for each in self.datasets.values() if each.protection)

    @cached_property
    def regions(self) -> tuple[Code, ...]:
        """The 20 present units, in the list's order."""
        return tuple(code for code in self.codelists[REGION_CODELIST].codes.values() if code.tile)


def read_catalogue(connection: sqlite3.Connection) -> Catalogue:
    """Read the `meta_*` and `code_*` tables of a release."""
    connection.row_factory = sqlite3.Row
    groups = {name: _by_dataset(connection, name) for name in _DATASET_TABLES}
    datasets = {
        row["slug"]: _dataset(dict(row), groups)
        for row in connection.execute("SELECT * FROM meta_dataset ORDER BY position")
    }
    codelists = {
        row["name"]: Codelist(row["name"], _text(row, "title"), dict(_codes(connection, row["name"])))
        for row in connection.execute("SELECT * FROM meta_codelist")
    }
    release = dict(connection.execute("SELECT * FROM meta_release").fetchone())
    relations = tuple(
        Relation(row["kind"], json.loads(row["spec_json"]), _optional_text(row, "title"))
        for row in connection.execute("SELECT * FROM meta_relation ORDER BY position")
    )
    return Catalogue(release, datasets, codelists, relations)


_DATASET_TABLES = ("meta_column", "meta_note", "meta_chart", "meta_reconciliation", "meta_provenance")
Groups = dict[str, dict[str, list[sqlite3.Row]]]


def read_redaction(row: dict[str, Any]) -> Redaction:
    """A row of `meta_redaction`."""
    said = {name: row[name] for name in ("redaction", "date", "dataset", "measure", "cause")}
    return Redaction(**said, keys=tuple(json.loads(row["keys_json"])), reason=_text(row, "reason"))


def _by_dataset(connection: sqlite3.Connection, table: str) -> dict[str, list[sqlite3.Row]]:
    groups: dict[str, list[sqlite3.Row]] = {}
    for row in connection.execute(f"SELECT * FROM {table} ORDER BY dataset, position"):
        groups.setdefault(row["dataset"], []).append(row)
    return groups


def _text(row: Any, name: str) -> Text:
    return {language: row[f"{name}_{language}"] for language in LANGUAGES}


def _optional_text(row: Any, name: str) -> Text | None:
    return _text(row, name) if row[f"{name}_{LANGUAGES[0]}"] else None


def _dataset(row: dict[str, Any], groups: Groups) -> Dataset:
    slug = row["slug"]

    def rows(table: str) -> list[sqlite3.Row]:
        return groups[table].get(slug, [])

    return Dataset(
        slug=slug,
        topic=row["topic"],
        origin=row["origin"],
        title=_text(row, "title"),
        summary=_text(row, "summary"),
        columns=tuple(_column(each) for each in rows("meta_column")),
        notes=tuple(Note(each["kind"], _text(each, "text")) for each in rows("meta_note")),
        charts=tuple(
            Chart(each["kind"], _text(each, "title"), json.loads(each["spec_json"])) for each in rows("meta_chart")
        ),
        checks=tuple(_check(each) for each in rows("meta_reconciliation")),
        inputs=tuple(dict(each) for each in rows("meta_provenance")),
        about=row,
    )


def _column(row: sqlite3.Row) -> Column:
    return Column(
        name=row["name"],
        role=row["role"],
        type=row["type"],
        codelist=row["codelist"],
        unit=row["unit"],
        unit_column=row["unit_column"],
        decimals=(row["decimals_min"] or 0, row["decimals_max"] or 0),
        additivity=row["additivity"],
        title=_text(row, "title"),
        description=_optional_text(row, "description"),
    )


def _check(row: sqlite3.Row) -> Check:
    return Check(
        dataset=row["dataset"],
        kind=row["kind"],
        measure=row["measure"],
        unit=row["unit"],
        where=json.loads(row["where_json"]),
        stated=row["stated"],
        computed=row["computed"],
        gap=row["gap"],
        classification=row["class"],
        note=_optional_text(row, "note"),
    )


def _codes(connection: sqlite3.Connection, name: str) -> Iterator[tuple[str, Code]]:
    for row in connection.execute(f"SELECT * FROM [{code_table(name)}] ORDER BY position"):
        entry = Code(
            row["code"], _text(row, "label"), row["parent"], row["sort_kk"], tuple(json.loads(row["aliases_json"]))
        )
        if name == REGION_CODELIST:
            tile = None if row["tile_row"] is None else (row["tile_row"], row["tile_column"])
            entry = Code(
                **entry.__dict__
                | {
                    "kato": row["kato"],
                    "valid_from": row["valid_from"],
                    "split_from": row["split_from"],
                    "tile": tile,
                    "short": _optional_text(row, "short"),
                }
            )
        yield entry.code, entry
