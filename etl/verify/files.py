"""Whether the files that people download say what the tables say: every row, every cell, every label."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from zipfile import ZipFile

import pyarrow.parquet as pq

from datasets.contract import (
    DATA_FOLDER,
    FLAG_MARKS,
    LANGUAGES,
    META_TABLES,
    ROW_FLAGS,
    ROW_ORIGIN,
    STATUS_MARKS,
    SUMMED,
    BulkFormat,
    Flag,
    bulk_formats,
    code_table,
    status_column,
    totals_table,
)
from datasets.strict_json import load_strict
from etl.verify.complaint import Complaints
from etl.verify.opened import Dataset, Opened, Record

_Labels = dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True)
class _File:
    """One file of a dataset; `language` is empty if it is the same for all."""

    kind: BulkFormat
    content: bytes
    language: str


def check_files(release: Opened) -> Complaints:
    """CSV, JSON and Parquet cell by cell, the CSV for spreadsheets too, less its titles; that a workbook can be unpacked."""
    labels = _labels(release)
    for dataset in release.datasets.values():
        tables = {dataset.slug: release.rows(dataset.slug)}
        if dataset.protected:
            tables[totals_table(dataset.slug)] = release.rows(totals_table(dataset.slug))
        for kind in bulk_formats(totals=dataset.protected):
            for language, name in kind.files(dataset.slug):
                path = f"{DATA_FOLDER}/{name}"
                file = _File(kind, (release.folder / path).read_bytes(), language or "")
                yield from (f"{path}: {each}" for each in _check_file(file, release, dataset, tables, labels))
    yield from _check_reconciliation(release)


def _check_file(
    file: _File, release: Opened, dataset: Dataset, tables: dict[str, list[Record]], labels: _Labels
) -> Complaints:
    kind, content, rows = file.kind, file.content, tables[dataset.slug]
    flat = partial(_flat, dataset=dataset, labels=labels)
    if kind.name == "csv":
        yield from _check_csv(content, dataset.flat_names, flat(rows))
    elif kind.name == "totals_csv":
        yield from _check_csv(content, dataset.flat_names, flat(tables[totals_table(dataset.slug)]))
    elif kind.name == "parquet":
        yield from _check_parquet(content, release, dataset, flat(rows))
    elif kind.name == "json":
        yield from _check_json(content, release, dataset, tables)
    elif kind.name == "excel_csv":
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        found = list(csv.reader(text, delimiter=";", strict=True))[1:]
        yield from _differences([_spoken(row, dataset, labels, file.language) for row in flat(rows)], found)
    elif kind.name == "xlsx":
        with ZipFile(io.BytesIO(content)) as workbook:
            broken = workbook.testzip()
        yield from [f"its part {broken} is damaged"] if broken else []


def _check_csv(content: bytes, names: tuple[str, ...], rows: Iterable[Record]) -> Complaints:
    found = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    if not found or found[0] != list(names):
        yield "has other columns than the table"
        return
    yield from _differences([tuple(_text(row[name]) for name in names) for row in rows], map(tuple, found[1:]))


def _check_parquet(content: bytes, release: Opened, dataset: Dataset, rows: Iterable[Record]) -> Complaints:
    table = pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True).read()
    said = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    about = {"release": release.manifest["id"], "dataset": dataset.slug, "origin": dataset.about["origin"]}
    if {name: said.get(name) for name in about} != about:
        yield "is of another release or dataset"
    if tuple(table.column_names) != dataset.flat_names:
        yield "has other columns than the table"
        return
    yield from _differences(
        [tuple(row[name] for name in dataset.flat_names) for row in rows],
        [tuple(row[name] for name in dataset.flat_names) for row in table.to_pylist()],
    )


def _check_json(content: bytes, release: Opened, dataset: Dataset, tables: dict[str, list[Record]]) -> Complaints:
    said = load_strict(content)
    if said["release"] != release.manifest["id"] or said["dataset"] != dataset.slug:
        yield "is of another release or dataset"
    if [each["name"] for each in said["columns"]] != [each.name for each in dataset.columns]:
        yield "has other columns than the table"
    yield from _differences(tables[dataset.slug], said["rows"])
    if dataset.protected:
        yield from (f"totals: {each}" for each in _differences(tables[totals_table(dataset.slug)], said["totals"]))
        if said["protection"] != json.loads(dataset.about["protection_json"]):
            yield "says another protection than meta_dataset"


def _check_reconciliation(release: Opened) -> Complaints:
    rows = release.rows("meta_reconciliation")
    names = tuple(META_TABLES["meta_reconciliation"])
    path = f"{DATA_FOLDER}/reconciliation"
    content = (release.folder / f"{path}.csv").read_bytes()
    yield from (f"{path}.csv: {each}" for each in _check_csv(content, names, rows))
    said = load_strict((release.folder / f"{path}.json").read_bytes())
    if said["release"] != release.manifest["id"]:
        yield f"{path}.json: is of another release"
    yield from (f"{path}.json: {each}" for each in _differences(rows, said["rows"]))


def _differences(rows: Iterable[Any], found: Iterable[Any]) -> Complaints:
    """The first row that differs, by its number, and whether there are as many of them; never what stands in it."""
    wanted, there = list(rows), list(found)
    if len(wanted) != len(there):
        yield "has another number of rows than the table"
    for number, (one, other) in enumerate(zip(wanted, there, strict=False), start=1):
        # 1 and 1.0 and True are equal for Python, not for a reader.
        if one != other or repr(one) != repr(other):
            yield f"row {number} differs from the table"
            return


def _labels(release: Opened) -> _Labels:
    """Labels by code list, code and language."""
    return {
        name: {
            row["code"]: {language: row[f"label_{language}"] for language in LANGUAGES}
            for row in release.rows(code_table(name))
        }
        for name in (row["name"] for row in release.rows("meta_codelist"))
    }


def _flat(rows: list[Record], dataset: Dataset, labels: _Labels) -> Iterable[Record]:
    """Rows with the labels of their codes, as CSV and Parquet have them."""
    total = labels["heading"]["total"]
    for row in rows:
        flat = dict(row)
        for column in dataset.columns:
            if column.codelist:
                code = row[column.name]
                found = total if code == SUMMED else labels[column.codelist][code]
                flat |= {f"{column.name}_{language}": found[language] for language in LANGUAGES}
        yield flat


def _spoken(row: Record, dataset: Dataset, labels: _Labels, language: str) -> list[str]:
    """A row with its labels as a spreadsheet of this language shows it: marks for cells without a number, a decimal comma."""
    found: list[Any] = []
    for column in dataset.columns:
        value = row[column.name]
        marked = column.role == "measure" and value is None
        found.append(STATUS_MARKS[row[status_column(column.name)]] if marked else value)
        found += [row[f"{column.name}_{language}"]] if column.codelist else []
    found.append(" ".join(FLAG_MARKS[Flag(flag)] for flag in row[ROW_FLAGS].split()))
    if ROW_ORIGIN in row:
        found.append(labels["origin"][row[ROW_ORIGIN]][language])
    return [_cell(each) for each in found]


def _cell(value: Any) -> str:
    """A text that begins like a formula has an apostrophe before it, so that no spreadsheet runs it."""
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else str(value)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
