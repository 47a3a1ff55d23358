"""Writes the text files of a dataset: CSV for machines, CSV for Excel, JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets.contract import (
    FLAG_MARKS,
    LANGUAGES,
    ROW_FLAGS,
    ROW_ORIGIN,
    STATUS_MARKS,
    SYNTHETIC,
    Flag,
    Status,
    status_column,
)
from datasets.declaration import Column, Declaration
from etl.disclosure import Protected
from etl.publish.content import Content, Record, labels


def write_csv(content: Content, declaration: Declaration, records: list[Record], path: Path) -> None:
    """UTF-8 without BOM, commas, a decimal point: codes with their labels in three languages, values, statuses, flags."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, flat_columns(declaration), lineterminator="\r\n")  # RFC 4180
        writer.writeheader()
        writer.writerows(flat_records(content, declaration, records))


def flat_columns(declaration: Declaration) -> list[str]:
    """The columns of the machine-readable files: those of the SQLite table, and each code's labels behind it."""
    names = []
    for column in declaration.columns:
        names.append(column.name)
        if column.codelist is not None:
            names += [f"{column.name}_{language}" for language in LANGUAGES]
        if column.role == "measure":
            names.append(status_column(column.name))
    return [*names, ROW_FLAGS, *([ROW_ORIGIN] if declaration.origin == SYNTHETIC else [])]


def flat_records(content: Content, declaration: Declaration, records: list[Record]) -> Iterator[Record]:
    """The rows of the machine-readable files, from rows or totals as they stand in SQLite."""
    for record in records:
        flat = dict(record)
        for column in declaration.columns:
            for language, label in labels(record, column, content.library).items():
                flat[f"{column.name}_{language}"] = label
        yield flat


def write_excel_csv(content: Content, declaration: Declaration, path: Path, language: str) -> None:
    """For a double click in a Russian or Kazakh Windows: BOM, semicolons, a decimal comma, titles and labels in words."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(titles(content, declaration, language))
        for record in content.tables[declaration.slug]:
            writer.writerow([_excel_text(value) for value in spoken_values(content, declaration, record, language)])


def titles(content: Content, declaration: Declaration, language: str) -> list[str]:
    """Column titles in `language` with the unit behind a comma; each code has a column of its own before its label."""
    heads = content.library.codelists["heading"].by_code
    names = []
    for column in declaration.columns:
        title = column.title[language]
        if column.codelist is not None:
            names.append(f"{title} ({heads['code'].label[language]})")
        names.append(f"{title}, {_unit(content, column, language)}" if column.unit else title)
    origin = [heads["origin"].label[language]] if declaration.origin == SYNTHETIC else []
    return [*names, heads["flags"].label[language], *origin]


def _unit(content: Content, column: Column, language: str) -> str:
    return content.library.codelists["unit"].by_code[column.unit or ""].label[language]


def spoken_values(content: Content, declaration: Declaration, record: Record, language: str) -> Iterator[Any]:
    """One row for a person: codes and labels, numbers, the mark of a cell that has no number, the marks of its flags."""
    for column in declaration.columns:
        value = record[column.name]
        if column.codelist is not None:
            yield value
            yield labels(record, column, content.library)[language]
        elif column.role == "measure" and value is None:
            yield STATUS_MARKS[Status(record[status_column(column.name)])]
        else:
            yield value
    yield " ".join(FLAG_MARKS[Flag(flag)] for flag in record[ROW_FLAGS].split())
    if declaration.origin == SYNTHETIC:
        yield content.library.codelists["origin"].by_code[SYNTHETIC].label[language]


def _excel_text(value: Any) -> str:
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    # A text that begins like a formula would be run by the spreadsheet (OWASP, "CSV injection").
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else str(value)


def write_json(content: Content, protected: Protected, path: Path) -> None:
    """One object: the release, the dataset's texts, its columns, its rows, and its totals if it has some."""
    declaration = protected.declaration
    document = content.library.documents[declaration.cited.document]
    said = {
        "release": content.id,
        "dataset": declaration.slug,
        "origin": declaration.origin,
        "title": declaration.title,
        "source": {
            "file": document.file,
            "date": document.date,
            "title": document.title,
            "place": declaration.cited.place,
        },
        "columns": [_column(column) for column in declaration.columns],
        "rows": content.tables[declaration.slug],
        **({"protection": dict(sorted(protected.protection.items()))} if protected.protection else {}),
        **({"totals": content.totals[declaration.slug]} if protected.protection else {}),
    }
    path.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _column(column: Column) -> Record:
    return {
        "name": column.name,
        "role": column.role,
        "type": column.type,
        "codelist": column.codelist,
        "unit": column.unit,
        "unit_column": column.unit_column,
        "title": column.title,
    }
