"""The columns of an answer: which ones were asked for, what comes with them, and how they are described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datasets.contract import ROW_FLAGS, ROW_ORIGIN, status_column
from portal.catalogue import Catalogue, Column, Dataset, Text
from portal.query import QueryError, table_columns

#: Roles of columns that the answer has and the table is not asked for.
MADE = ("label", "origin")


@dataclass(frozen=True)
class AnswerColumn:
    """A column of the rows of an answer; `of` is the dataset's column that it is or that it says something of."""

    name: str
    role: str
    of: Column | None


def answer_columns(dataset: Dataset, select: str | None, language: str | None) -> tuple[AnswerColumn, ...]:
    """The columns of the answer, in order; raises QueryError on a name that the dataset does not have.

    A figure never comes without its status, its unit column and the row's flags.
    """
    found: dict[str, AnswerColumn] = {}
    for name in _wanted(dataset, select):
        column = dataset.by_name[name]
        found.update((each.name, each) for each in _with_company(dataset, column, language))
    found.setdefault(ROW_FLAGS, AnswerColumn(ROW_FLAGS, "flags", None))
    if dataset.synthetic:
        found[ROW_ORIGIN] = AnswerColumn(ROW_ORIGIN, "origin", None)
    return tuple(found.values())


def _wanted(dataset: Dataset, select: str | None) -> list[str]:
    if select is None:
        return list(dataset.by_name)
    names = []
    for name in select.split(","):
        # Statuses and flags come anyway; naming them is no mistake.
        measure = next((each.name for each in dataset.measures if status_column(each.name) == name), name)
        if measure not in dataset.by_name and name != ROW_FLAGS:
            message = f"select: '{name[:60]}' is not a column of {dataset.slug}."
            raise QueryError(message, f"Use: {', '.join(table_columns(dataset))}.")
        if name != ROW_FLAGS:
            names.append(measure)
    return names


def _with_company(dataset: Dataset, column: Column, language: str | None) -> Iterator[AnswerColumn]:
    yield AnswerColumn(column.name, column.role, column)
    if column.codelist and language:
        yield AnswerColumn(f"{column.name}_{language}", "label", column)
    if column.role == "measure":
        yield AnswerColumn(status_column(column.name), "status", column)
    if column.unit_column:
        yield from _with_company(dataset, dataset.by_name[column.unit_column], language)


def describe_column(column: AnswerColumn, catalogue: Catalogue) -> dict[str, Any]:
    """A column as the answer describes it."""
    if column.role in ("dimension", "measure") and column.of is not None:
        return {"name": column.name, "role": column.role, **describe(column.of, catalogue)}
    codelist = {"status": "status", "flags": "flag", "origin": "origin"}.get(column.role)
    return {
        "name": column.name,
        "role": column.role,
        "type": "text" if column.role in ("label", "flags") else "code",
        "codelist": codelist,
        "unit": None,
        "unit_label": None,
        "unit_column": None,
        "title": column.of.title if column.of else catalogue.codelists[codelist or ""].title,
    }


def describe(column: Column, catalogue: Catalogue) -> dict[str, Any]:
    """What is said of a dataset's column: type, code list, unit, title."""
    return {
        "type": column.type,
        "codelist": column.codelist,
        "unit": column.unit,
        "unit_label": _unit_label(column.unit, catalogue),
        "unit_column": column.unit_column,
        "title": column.title,
    }


def _unit_label(unit: str | None, catalogue: Catalogue) -> Text | None:
    return catalogue.codelists["unit"].codes[unit].label if unit else None


def dress_rows(
    rows: list[dict[str, Any]],
    columns: tuple[AnswerColumn, ...],
    dataset: Dataset,
    catalogue: Catalogue,
    language: str | None,
) -> list[dict[str, Any]]:
    """The rows with what the table does not have: labels, and the mark of simulated figures."""
    if language is None and not dataset.synthetic:
        return rows
    labels: dict[str, tuple[str, Mapping[str, str]]] = {}
    for column in columns:
        if column.role == "label" and column.of is not None and column.of.codelist and language:
            codes = catalogue.codelists[column.of.codelist].codes
            labels[column.name] = (column.of.name, {code: entry.label[language] for code, entry in codes.items()})
    return [_dressed(row, columns, labels, dataset.origin) for row in rows]


def _dressed(
    row: dict[str, Any],
    columns: tuple[AnswerColumn, ...],
    labels: dict[str, tuple[str, Mapping[str, str]]],
    origin: str,
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column in columns:
        if column.role == "label":
            source, known = labels[column.name]
            made[column.name] = known.get(row[source])
        else:
            made[column.name] = origin if column.role == "origin" else row[column.name]
    return made
