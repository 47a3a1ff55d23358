"""Whether the database of a release is one, and holds the tables, columns and files that its catalogue says, and no others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain

from datasets.contract import (
    AUDIT_FILE,
    CERTIFICATES_FILE,
    CODE_COLUMNS,
    DATA_FOLDER,
    DATABASE_FILE,
    LANGUAGES,
    META_TABLES,
    REDACTIONS_FILE,
    REGION_CODELIST,
    REGION_COLUMNS,
    ROW_FLAGS,
    ROW_ORIGIN,
    SCHEMA_VERSION,
    SEARCH_TABLE,
    Status,
    bulk_formats,
    code_table,
    status_column,
    totals_table,
)
from etl.verify.complaint import Complaints
from etl.verify.opened import Dataset, Opened, Record, quoted

#: "AQ01", which stands in the header of the file.
APPLICATION_ID = 0x41513031
#: Files that belong to no one dataset.
_COMMON = (
    DATABASE_FILE,
    AUDIT_FILE,
    CERTIFICATES_FILE,
    *(f"{DATA_FOLDER}/reconciliation.{end}" for end in ("csv", "json")),
)
_TYPES = {str: {"TEXT"}, int: {"INTEGER"}, float: {"FLOAT", "REAL"}}
_COLUMN_TYPES = {"integer": int, "decimal": float}
_NUMBERS = (Status.OK, Status.ZERO)


def check_schema(release: Opened) -> Complaints:
    """The file itself, its tables and columns, the catalogue beside the manifest, the files of each dataset."""
    yield from _check_file(release)
    for name, columns in META_TABLES.items():
        yield from _check_columns(release, name, columns)
    yield from _check_release(release)
    for row in release.rows("meta_codelist"):
        name = row["name"]
        columns = CODE_COLUMNS | (REGION_COLUMNS if name == REGION_CODELIST else {})
        yield from _check_columns(release, code_table(name), columns)
        if len(release.rows(code_table(name))) != row["rows"]:
            yield f"{code_table(name)} has another number of codes than meta_codelist says"
    for dataset in release.datasets.values():
        yield from _check_dataset(release, dataset)
    yield from _check_names(release)
    yield from _check_files(release)


def _check_file(release: Opened) -> Complaints:
    if release.database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        yield f"{DATABASE_FILE} is not marked as a release of this portal"
    found = [row[0] for row in release.database.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        yield f"{DATABASE_FILE} is malformed: {found[0]}"
    if release.database.execute("PRAGMA foreign_key_check").fetchone():
        yield f"{DATABASE_FILE} has a code that is not in its code list"


def _check_columns(release: Opened, table: str, columns: Mapping[str, type], keys: tuple[str, ...] = ()) -> Complaints:
    """A table has exactly these columns, of these types, in this order; `keys` are the primary key, if one is asked for."""
    if release.tables.get(table) != "table":
        yield f"{DATABASE_FILE} has no table {table}"
        return
    found = release.database.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    if [row["name"] for row in found] != list(columns):
        yield f"{table} has other columns than it should"
    elif wrong := [row["name"] for row in found if row["type"].upper() not in _TYPES[columns[row["name"]]]]:
        yield f"{table} has its column {wrong[0]} in another type"
    elif keys and tuple(row["name"] for row in sorted(found, key=lambda row: row["pk"]) if row["pk"]) != keys:
        yield f"{table} is not unique by {', '.join(keys)}"


def _check_release(release: Opened) -> Complaints:
    """The catalogue says of the release what the manifest says."""
    rows = release.rows("meta_release")
    if len(rows) != 1:
        yield "meta_release does not have one row"
        return
    (row,) = rows
    said = {
        **{name: release.manifest[name] for name in ("id", "code_version", "data_through", "synthetic")},
        "schema_version": SCHEMA_VERSION,
        "extracts": release.manifest["extracts"],
    }
    found = {name: row[name] for name in ("id", "code_version", "data_through", "schema_version")}
    found |= {"synthetic": bool(row["synthetic"]), "extracts": json.loads(row["extracts_json"])}
    yield from (f"meta_release and the manifest differ in '{name}'" for name in said if said[name] != found[name])


def _check_dataset(release: Opened, dataset: Dataset) -> Complaints:
    types: dict[str, type] = {}
    for column in dataset.columns:
        types[column.name] = _COLUMN_TYPES.get(column.type, str)
        if column.role == "measure":
            types[status_column(column.name)] = str
    types |= {name: str for name in (ROW_FLAGS, ROW_ORIGIN) if name in dataset.names}
    if not dataset.columns or set(dataset.grain) - {each.name for each in dataset.dimensions}:
        yield f"meta_column does not have the columns of {dataset.slug}"
        return
    for table in (dataset.slug, *([totals_table(dataset.slug)] if dataset.protected else [])):
        wrong = list(_check_columns(release, table, types, dataset.grain))
        yield from wrong
        if not wrong:
            yield from _check_cells(table, dataset, release.rows(table))
    if dataset.slug in release.tables and len(release.rows(dataset.slug)) != dataset.about["row_count"]:
        yield f"{dataset.slug} has another number of rows than meta_dataset says"


def _check_cells(table: str, dataset: Dataset, rows: list[Record]) -> Complaints:
    """A cell has a number exactly if its status says so; every row says what it descends from."""
    statuses = {str(each) for each in Status}
    for number, row in enumerate(rows, start=1):
        for measure in dataset.measures:
            value, status = row[measure.name], row[status_column(measure.name)]
            wrong = status not in statuses or (value is not None) != (status in _NUMBERS)
            if wrong or (status == Status.ZERO) != (value == 0):
                yield f"{table}, row {number}: {measure.name} does not hold what its status says"
        if ROW_ORIGIN in row and row[ROW_ORIGIN] != dataset.about["origin"]:
            yield f"{table}, row {number}: is not marked as {dataset.about['origin']}"


def _check_names(release: Opened) -> Complaints:
    """Nothing is in the database that the catalogue does not name."""
    known = {*META_TABLES, *release.datasets, *(code_table(row["name"]) for row in release.rows("meta_codelist"))}
    known |= {totals_table(each.slug) for each in release.datasets.values() if each.protected}
    known |= {SEARCH_TABLE, *(f"{SEARCH_TABLE}_{part}" for part in ("data", "idx", "content", "docsize", "config"))}
    for name, kind in sorted(release.tables.items()):
        own = name.startswith("sqlite_") and kind in ("table", "index")
        if not own and (kind != "table" or name not in known):
            yield f"{DATABASE_FILE} holds the {kind} {name[:60]!a}, which the catalogue does not name"


def _check_files(release: Opened) -> Complaints:
    """Each dataset has its files, in each format and language, and there are no others."""
    wanted = {
        f"{DATA_FOLDER}/{name}"
        for dataset in release.datasets.values()
        for kind in bulk_formats(totals=dataset.protected)
        for _, name in kind.files(dataset.slug)
    } | {*_COMMON}
    there = {each["path"] for each in release.manifest["files"]} - {REDACTIONS_FILE}
    yield from (f"{path} is missing from the manifest" for path in sorted(wanted - there))
    yield from (f"{path} is a file of no dataset" for path in sorted(there - wanted))


def language_columns(release: Opened) -> dict[str, list[str]]:
    """The texts in three languages of each table of the catalogue and of each code list, by their common name."""
    codes = ((code_table(row["name"]), CODE_COLUMNS) for row in release.rows("meta_codelist"))
    return {
        table: [name.removesuffix(f"_{LANGUAGES[0]}") for name in columns if name.endswith(f"_{LANGUAGES[0]}")]
        for table, columns in chain(META_TABLES.items(), codes)
    }
