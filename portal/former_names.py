"""What a dataset and its columns were called in older releases, as the announcements of a newer one say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datasets.contract import status_column, totals_table
from datasets.renaming import renamed_columns, renamed_datasets
from portal.catalogue import Dataset
from portal.record import record_of
from portal.release import Release


@dataclass(frozen=True)
class FormerNames:
    """Names, the present one first: of the dataset, and of each of its columns."""

    slugs: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]

    def find(self, connection: sqlite3.Connection, *, totals: bool = False) -> FoundTable | None:
        """The dataset's table in a database, or that of its sums; nothing if it has none under any of the names."""
        for slug in self.slugs:
            table = totals_table(slug) if totals else slug
            found = connection.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
            if found:
                there = {row["name"]: bool(row["pk"]) for row in found}
                columns = {
                    new: name for new, names in self.columns.items() for name in reversed(names) if name in there
                }
                return FoundTable(slug, table, columns, {name for name, key in there.items() if key})
        return None


@dataclass(frozen=True)
class FoundTable:
    """A table: its dataset's slug there, its name, the names there of the present columns, and those of its key."""

    slug: str
    name: str
    columns: Mapping[str, str]
    key: set[str]

    def has(self, names: Iterable[str], key: Iterable[str]) -> bool:
        """Whether it has these columns, and just this key."""
        return set(names) <= self.columns.keys() and {self.columns.get(name) for name in key} == self.key

    def listed(self, names: Iterable[str]) -> str:
        """Those of the columns that it has, under their present names, for a SELECT."""
        return ", ".join(f"[{self.columns[name]}] AS [{name}]" for name in names if name in self.columns)


def former_names(release: Release, dataset: Dataset) -> FormerNames:
    """The names of a dataset of `release` in it and in older releases."""
    said = record_of(release).announcements
    slugs = renamed_datasets(said).earlier(dataset.slug)
    renamed = renamed_columns(said, slugs)
    columns: dict[str, tuple[str, ...]] = {}
    for column in dataset.columns:
        columns[column.name] = renamed.earlier(column.name)
        if column.role == "measure":
            columns[status_column(column.name)] = tuple(map(status_column, columns[column.name]))
    return FormerNames(slugs, columns | {"flags": ("flags",)})
