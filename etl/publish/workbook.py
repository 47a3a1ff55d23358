"""Writes a dataset as an Excel workbook in one language: data, about, columns, notes, reconciliation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from datasets.contract import FLAG_MARKS, STATUS_MARKS, SUMMED, Status
from datasets.declaration import Column, Declaration
from etl.disclosure import Protected
from etl.publish.content import Content, Record
from etl.publish.text_files import spoken_values, titles

_SHEETS = ("data", "about", "columns", "notes", "reconciliation")
_ABOUT = (
    *("title", "summary", "description", "method", "verification", "source", "publisher", "place", "source_date"),
    *("origin", "licence", "release", "marks"),
)
_COLUMN_HEADS = ("column", "title", "unit", "description")
_CHECK_HEADS = ("check", "measure", "row", "stated", "computed", "gap", "gap_class", "note")


def write_workbook(content: Content, protected: Protected, path: Path, language: str) -> None:
    """The data sheet is one clean table with a header row: real numbers, codes as text, marks where there is no number."""
    # In memory: temporary files of a build that is killed would stay, with figures that nobody may see yet.
    how = {"strings_to_numbers": False, "strings_to_formulas": False, "in_memory": True}
    packed = BytesIO()
    with xlsxwriter.Workbook(packed, how) as book:
        # Excel's own creation time would make each build's bytes differ.
        created = datetime.fromisoformat(content.data_through)
        title = protected.dataset.declaration.title[language]
        book.set_properties({"created": created, "title": title, "comments": content.id})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        heads = {code.code: code.label[language] for code in content.library.codelists["heading"].codes}
        sheets = [book.add_worksheet(heads[name]) for name in _SHEETS]
        slug = protected.declaration.slug
        _write_data(book, sheets[0], content, protected, content.tables[slug], language, bold)
        if protected.protection:
            totals = book.add_worksheet(heads["totals"])
            _write_data(book, totals, content, protected, content.totals[slug], language, bold)
        about = zip((heads[name] for name in _ABOUT), _about(content, protected, language), strict=True)
        _write_pairs(sheets[1], about, bold, wrap)
        _write_table(
            sheets[2], [heads[name] for name in _COLUMN_HEADS], _columns(content, protected, language), bold, wrap
        )
        _write_table(sheets[3], [heads["notes"]], _notes(content, protected, language), bold, wrap)
        _write_table(
            sheets[4], [heads[name] for name in _CHECK_HEADS], _checks(content, protected, language), bold, wrap
        )
    path.write_bytes(packed.getvalue())


def _write_data(
    book: xlsxwriter.Workbook,
    sheet: Worksheet,
    content: Content,
    protected: Protected,
    rows: list[Record],
    language: str,
    bold: Format,
) -> None:
    dataset = protected.dataset
    heads = titles(content, dataset.declaration, language)
    formats = [
        _format(book, column, dataset.decimals)
        for column in dataset.declaration.columns
        for _ in range(2 if column.codelist else 1)
    ]
    for index, head in enumerate(heads):
        sheet.write_string(0, index, head, bold)
    for line, record in enumerate(rows, start=1):
        for index, value in enumerate(spoken_values(content, dataset.declaration, record, language)):
            if isinstance(value, int | float):
                sheet.write_number(line, index, value, formats[index])
            else:
                sheet.write_string(line, index, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(heads) - 1)
    sheet.autofit(max_width=420)


def _format(book: xlsxwriter.Workbook, column: Column, decimals: dict[str, tuple[int, int]]) -> Format | None:
    if column.role != "measure":
        return None
    fewest, most = decimals[column.name]
    fraction = "." + "0" * fewest + "#" * (most - fewest) if most else ""
    # '#,##0.#' would leave a bare decimal separator behind whole numbers.
    return book.add_format({"num_format": f"#,##0{fraction}" if fewest or not most else "General"})


def _write_pairs(sheet: Worksheet, pairs: Iterable[tuple[str, str]], bold: Format, wrap: Format) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    for line, (head, text) in enumerate(pairs):
        sheet.write_string(line, 0, head, bold)
        sheet.write_string(line, 1, text, wrap)


def _write_table(
    sheet: Worksheet, heads: list[str], rows: Iterable[tuple[Any, ...]], bold: Format, wrap: Format
) -> None:
    sheet.set_column(0, len(heads) - 1, 24 if len(heads) > 1 else 120)
    for index, head in enumerate(heads):
        sheet.write_string(0, index, head, bold)
    for line, row in enumerate(rows, start=1):
        for index, value in enumerate(row):
            if isinstance(value, int | float):
                sheet.write_number(line, index, value)
            else:
                sheet.write_string(line, index, value, wrap)
    sheet.freeze_panes(1, 0)


def _about(content: Content, protected: Protected, language: str) -> tuple[str, ...]:
    declaration, lists = protected.dataset.declaration, content.library.codelists
    document = content.library.documents[declaration.cited.document]
    marks = [f"{mark} {lists['status'].by_code[status].label[language]}" for status, mark in STATUS_MARKS.items()]
    marks += [f"{mark} {lists['flag'].by_code[flag].label[language]}" for flag, mark in FLAG_MARKS.items()]
    return (
        declaration.title[language],
        declaration.summary[language],
        declaration.description[language],
        declaration.method[language],
        declaration.verification[language],
        f"{document.title[language]} ({document.file})",
        document.publisher[language],
        declaration.cited.place[language],
        document.date,
        lists["origin"].by_code[declaration.origin].label[language],
        lists["licence"].by_code[declaration.licence].label[language],
        content.id,
        "\n".join(marks),
    )


def _columns(content: Content, protected: Protected, language: str) -> Iterable[tuple[str, ...]]:
    units = content.library.codelists["unit"].by_code
    for column in protected.dataset.declaration.columns:
        unit = units[column.unit].label[language] if column.unit else ""
        description = column.description[language] if column.description else ""
        yield column.name, column.title[language], unit, description


def _notes(content: Content, protected: Protected, language: str) -> Iterable[tuple[str]]:
    kinds = content.library.codelists["note_kind"].by_code
    for note in protected.dataset.declaration.notes:
        yield (f"{kinds[note.kind].label[language]}: {note.text[language]}",)


def _place(where: dict[str, str], declaration: Declaration, content: Content, language: str) -> str:
    """The labels of a check's dimensions; one that is summed over is left out."""
    columns = declaration.by_name
    labels = [
        content.library.codelists[codelist].by_code[key].label[language]
        if (codelist := columns[name].codelist)
        else key
        for name, key in where.items()
        if key != SUMMED
    ]
    return ", ".join(labels)


def _checks(content: Content, protected: Protected, language: str) -> Iterable[tuple[Any, ...]]:
    lists, declaration = content.library.codelists, protected.dataset.declaration
    for check in protected.dataset.checks:
        yield (
            lists["check_kind"].by_code[check.kind].label[language],
            declaration.by_name[check.measure].title[language],
            _place(check.where, declaration, content, language),
            float(check.stated),
            STATUS_MARKS[Status.NOT_APPLICABLE] if check.computed is None else float(check.computed),
            STATUS_MARKS[Status.NOT_APPLICABLE] if check.gap is None else float(check.gap),
            lists["gap_class"].by_code[check.classification].label[language],
            check.note[language] if check.note else "",
        )
