"""A release under verification: its folder, its manifest, its database opened read-only, and what is at hand beside it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.contract import (
    DATABASE_FILE,
    LANGUAGES,
    MANIFEST_FILE,
    RETIRED_FILE,
    ROW_FLAGS,
    ROW_ORIGIN,
    SYNTHETIC,
    status_column,
)
from datasets.strict_json import load_strict
from datasets.trust import Trust

Record = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a dataset, by the release's catalogue."""

    name: str
    role: str
    type: str
    codelist: str | None
    additivity: str | None


@dataclass(frozen=True)
class Dataset:
    """A dataset, by the release's catalogue. `about` is its row of meta_dataset."""

    slug: str
    about: Mapping[str, Any]
    columns: tuple[Column, ...]

    @property
    def protected(self) -> bool:
        """Whether it has a table of totals."""
        return self.about["protection_json"] is not None

    @property
    def dimensions(self) -> tuple[Column, ...]:
        """Its columns that make up the keys."""
        return tuple(each for each in self.columns if each.role == "dimension")

    @property
    def measures(self) -> tuple[Column, ...]:
        """Its columns of figures."""
        return tuple(each for each in self.columns if each.role == "measure")

    @property
    def grain(self) -> tuple[str, ...]:
        """The columns of which no two rows have the same values."""
        return tuple(json.loads(self.about["grain_json"]))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of its tables."""
        return tuple(name for name in self.flat_names if name not in self._labels)

    @property
    def flat_names(self) -> tuple[str, ...]:
        """The columns of its CSV and Parquet files: those of its tables, and the labels behind each code."""
        found: list[str] = []
        for column in self.columns:
            found.append(column.name)
            found += [f"{column.name}_{language}" for language in LANGUAGES if column.codelist]
            found += [status_column(column.name)] if column.role == "measure" else []
        return (*found, ROW_FLAGS, *([ROW_ORIGIN] if self.about["origin"] == SYNTHETIC else []))

    @property
    def _labels(self) -> set[str]:
        return {f"{each.name}_{language}" for each in self.columns if each.codelist for language in LANGUAGES}


@dataclass(frozen=True)
class Opened:
    """The release in `folder`. `earlier` are folders of others, by id; without `trust` its signature is left out."""

    folder: Path
    trust: Trust | None = None
    earlier: Mapping[str, Path] = field(default_factory=dict)

    @cached_property
    def manifest_bytes(self) -> bytes:
        """The manifest as it is; raises OSError if there is none."""
        return (self.folder / MANIFEST_FILE).read_bytes()

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What it says; raises JSONError if it is not JSON with one reading."""
        return load_strict(self.manifest_bytes)

    @property
    def retired(self) -> bool:
        """Whether its files were taken out of the public record, and only its manifest is left."""
        return (self.folder / RETIRED_FILE).exists()

    @cached_property
    def database(self) -> sqlite3.Connection:
        """Its database, read-only; nothing is created beside it."""
        connection = sqlite3.connect(
            f"{(self.folder / DATABASE_FILE).resolve().as_uri()}?mode=ro&immutable=1", uri=True
        )
        connection.execute("PRAGMA trusted_schema = 0")
        connection.execute("PRAGMA cell_size_check = 1")
        connection.row_factory = sqlite3.Row
        return connection

    def close(self) -> None:
        """Close the database, if it was opened."""
        if "database" in self.__dict__:
            self.database.close()

    def rows(self, table: str) -> list[Record]:
        """The rows of a table as it orders them; raises sqlite3.Error if it is not there."""
        return [dict(row) for row in self.database.execute(f"SELECT * FROM {quoted(table)} ORDER BY rowid")]  # noqa: S608

    @cached_property
    def tables(self) -> dict[str, str]:
        """Everything that the database holds by name, with its kind: table, index, view, trigger."""
        return {row[0]: row[1] for row in self.database.execute("SELECT name, type FROM sqlite_master")}

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """Its datasets by slug; raises sqlite3.Error or LookupError if the catalogue is not there."""
        columns: dict[str, list[Column]] = {}
        for row in self.rows("meta_column"):
            said = Column(row["name"], row["role"], row["type"], row["codelist"], row["additivity"])
            columns.setdefault(row["dataset"], []).append(said)
        return {
            row["slug"]: Dataset(row["slug"], row, tuple(columns.get(row["slug"], ())))
            for row in self.rows("meta_dataset")
        }

    def other(self, release: str) -> Path | None:
        """The folder of another release that is at hand: given by name, or beside this one."""
        beside = self.folder.parent / release
        found = self.earlier.get(release) or (beside if (beside / MANIFEST_FILE).is_file() else None)
        return None if found is None or found.resolve() == self.folder.resolve() else found


def quoted(name: str) -> str:
    """A name of a table or column as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
