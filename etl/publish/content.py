"""The content of a release: every table as plain rows, before any file is written. The release's id is its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets.contract import LANGUAGES, ROW_FLAGS, ROW_ORIGIN, SCHEMA_VERSION, SUMMED, SYNTHETIC, status_column
from datasets.declaration import Column, Declaration
from datasets.library import Library
from etl.disclosure import Disclosed, Protected
from etl.store.chain import Predecessor
from etl.table import Cell, Table

Record = dict[str, Any]

_PROJECT = Path(__file__).resolve().parents[2]
#: What decides the bytes of a release besides its inputs.
_CODE = ("datasets/*.py", "etl/**/*.py", "requirements.txt")


@dataclass(frozen=True)
class Content:
    """What a release says. `tables` and `totals` hold the rows of each dataset by slug, as they go into SQLite.

    `previous` is the release before it in the chain, known when it is published; the id does not depend on it.
    """

    id: str
    code_version: str
    data_through: str
    extracts: tuple[str, ...]
    synthetic: bool
    library: Library
    disclosed: Disclosed
    tables: dict[str, list[Record]]
    totals: dict[str, list[Record]]
    previous: Predecessor | None = None

    @property
    def datasets(self) -> tuple[Protected, ...]:
        """The datasets, in the order in which they are published."""
        return self.disclosed.datasets


def make_content(library: Library, disclosed: Disclosed) -> Content:
    """Collect the rows and compute the release id: `<data-through date>-<12 hex digits of the content's digest>`."""
    datasets = disclosed.datasets
    tables = {each.slug: list(_records(each.declaration, each.dataset.table)) for each in datasets}
    totals = {each.slug: list(_records(each.declaration, each.totals)) for each in datasets if each.protection}
    through = max(library.documents[each.dataset.declaration.cited.document].date for each in datasets)
    code_version = _code_version()
    said = {
        "schema": SCHEMA_VERSION,
        "code": code_version,
        "tables": tables,
        "totals": totals,
        "protection": [repr(each.protection) for each in datasets],
        "relations": [repr(each) for each in disclosed.relations],
        "revisions": [repr(each) for each in disclosed.revisions],
        "declarations": [repr(replace(each.dataset.declaration, path=Path())) for each in datasets],
        "checks": [[repr(check) for check in each.dataset.checks] for each in datasets],
        "codelists": [[repr(code) for code in each.codes] for each in library.codelists.values()],
        "documents": [repr(document) for document in library.documents.values()],
        "policies": [repr(policy) for policy in library.policies.values()],
        "record": repr(library.record),
        "inputs": [[table.sha256 for table in each.dataset.inputs] for each in datasets],
    }
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return Content(
        id=f"{through}-{digest[:12]}",
        code_version=code_version,
        data_through=through,
        extracts=_extracts(datasets, library),
        synthetic=any(each.dataset.declaration.origin == SYNTHETIC for each in datasets),
        library=library,
        disclosed=disclosed,
        tables=tables,
        totals=totals,
    )


def _extracts(datasets: tuple[Protected, ...], library: Library) -> tuple[str, ...]:
    """The ids of the extracts from which datasets were computed, in the order in which they correct one another."""
    computed = (each.dataset.declaration for each in datasets if each.dataset.declaration.transform)
    file = next((library.documents[each.cited.document].file for each in computed), "")
    return tuple(file.split(", ")) if file else ()


def _records(declaration: Declaration, table: Table) -> Iterator[Record]:
    for row in table.rows:
        record: Record = {}
        for column in declaration.columns:
            if column.role == "dimension":
                key = row.keys[column.name]
                record[column.name] = int(key) if column.type == "integer" and key != SUMMED else key
            else:
                cell = row.cells[column.name]
                record[column.name] = number(cell, column)
                record[status_column(column.name)] = str(cell.status)
        record[ROW_FLAGS] = " ".join(row.flags)
        if declaration.origin == SYNTHETIC:
            record[ROW_ORIGIN] = SYNTHETIC
        yield record


def number(cell: Cell, column: Column) -> int | float | None:
    """The cell's value as SQLite, JSON and Parquet hold it: whole numbers exact, decimals as the nearest double."""
    if cell.value is None:
        return None
    return int(cell.value) if column.type == "integer" else float(cell.value)


def labels(record: Record, column: Column, library: Library) -> dict[str, str]:
    """The labels of a coded dimension's value by language; empty for a dimension without code list."""
    if column.codelist is None:
        return {}
    if record[column.name] == SUMMED:
        return library.codelists["heading"].by_code["total"].label
    return library.codelists[column.codelist].by_code[record[column.name]].label


def _code_version() -> str:
    digest = hashlib.sha256()
    for pattern in _CODE:
        for path in sorted(_PROJECT.glob(pattern)):
            digest.update(str(path.relative_to(_PROJECT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def language_columns(name: str, texts: dict[str, str] | None) -> Record:
    """`{name}_kk`, `{name}_ru`, `{name}_en`; nulls when there is no text."""
    return {f"{name}_{language}": texts[language] if texts else None for language in LANGUAGES}
