"""The extract contract, from `etl/registry/contract.py` and `etl/registry/manifest.py`."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import get_args

from datasets.codelist import Codelist
from datasets.library import Library
from etl.registry.contract import LARGEST, TABLES, UTC_OFFSET_HOURS, VERSION, Column, ColumnType, Table
from etl.registry.manifest import MANIFEST_FILE, Control, Delivered, Manifest
from etl.registry.shape import arrow_schema, postgresql_types
from generator.text import NOTICE, Meanings, code_names, table


def extract_contract(meanings: Meanings, library: Library) -> str:
    """The manifest, the types, and every table with its columns, keys, rules and thresholds."""
    return "\n".join(
        (
            NOTICE,
            "# Extract contract\n",
            f"Version {VERSION}. An extract is what the Registry delivers: a folder of Parquet or CSV files with "
            f"`{MANIFEST_FILE}`, or a PostgreSQL database with the same tables. An extract of another version is refused. "
            "How to build a release from one: [build from an extract](../how-to/build-from-an-extract.md).\n",
            *_manifest(meanings),
            *_types(meanings),
            "## Tables\n",
            "A register comes whole in each extract. Other tables come month by month; a month may have several files. "
            f"The day and the month of an instant are those of Kazakhstan's time, UTC+{UTC_OFFSET_HOURS}. Below the first "
            "threshold, bad rows are left out and written to the quarantine; from it on the operator is warned; from the "
            "second on the extract is refused.\n",
            table(("table", "one row is", "comes", "warned from", "refused from"), map(_row, TABLES.values())),
            "### What a SELECT sees besides\n",
            "Each monthly table has its month as `period` (`2026-03`); each instant `x_at` its local day as `x_on`, and the "
            "instant `at` as `on_day`. `calendar` has a row for each month that the extract covers: `period`, `first_day`, "
            "`last_day`, and `as_of`, the local day of the extract's instant. A monthly table holds the months that the "
            "dataset's `reads` names, by default the one month that the SELECT is run for. Rows are numbered from 0 in "
            "messages and in the quarantine: row 0 is the first below a CSV's header.\n",
            *(_table(meanings, library, each) for each in TABLES.values()),
        )
    )


def _manifest(meanings: Meanings) -> tuple[str, ...]:
    heads = ("key", "meaning")
    parts = ((Manifest, "extract_manifest"), (Delivered, "extract_file"), (Control, "extract_total"))
    shown = [
        table(heads, ((f"`{each.name}`", meanings.of(group, each.name)) for each in fields(kind)))
        for kind, group in parts
    ]
    return (
        "## Manifest\n",
        f"`{MANIFEST_FILE}` is one JSON object; in PostgreSQL it is the one row of `extract_manifest(document text)`, with "
        "an empty list of files. Any other key is a fault.\n",
        shown[0],
        "### Each of `files`\n",
        shown[1],
        "### Each of `totals`\n",
        shown[2],
    )


def _types(meanings: Meanings) -> tuple[str, ...]:
    shapes = _shapes()
    rows = (
        (f"`{name}`", *(meanings.of(group, name) for group in ("extract_type", "extract_csv")), *shapes[name])
        for name in get_args(ColumnType)
    )
    return (
        "## Types\n",
        f"Identifiers and amounts are at most {LARGEST:,}, so no number of twelve digits is one of ours: twelve digits with "
        "a valid check digit are an IIN, and refuse the extract wherever they stand.\n",
        "A file has all columns of its table and no other, in any order. A CSV file is in UTF-8, or in UTF-16 with a byte "
        "order mark; its first line names the columns; it has commas, semicolons or tabs between values; a quote inside "
        "quotes is doubled; an empty value is null. Nothing is guessed: a value that can be read in two ways makes its row "
        "bad.\n",
        table(("type", "meaning", "in CSV", "in Parquet", "in PostgreSQL"), rows),
    )


def _shapes() -> dict[str, tuple[str, str]]:
    """The Parquet and the PostgreSQL type of each type of the contract, as the tables have them."""
    found: dict[str, tuple[str, str]] = {}
    for each in TABLES.values():
        arrow, postgresql = arrow_schema(each), postgresql_types(each)
        for column in each.columns:
            found[column.type] = (f"`{arrow.field(column.name).type}`", f"`{postgresql[column.name]}`")
    return found


def _row(each: Table) -> tuple[str, ...]:
    comes = "whole" if each.register else f"by the month of `{each.month_of}`"
    return (f"[`{each.name}`](#{each.name})", each.grain, comes, f"{each.warn:g} %", f"{each.refuse:g} %")


def _table(meanings: Meanings, library: Library, each: Table) -> str:
    rows = [
        (f"`{column.name}`", *_said(column, library), meanings.of(f"extract_{each.name}", column.name))
        for column in each.columns
    ]
    parts = [f"### `{each.name}`\n", table(("column", "type", "may be null", "personal", "values", "meaning"), rows)]
    lines = [f"Key: {code_names(each.key)}."]
    if each.totals:
        lines.append(f"The manifest states the sum of {code_names(each.totals)}.")
    parts.append(" ".join(lines) + "\n")
    if each.rules:
        parts.append(
            table(("rule", "holds in every row"), ((f"`{rule.name}`", f"`{rule.holds}`") for rule in each.rules))
        )
    return "\n".join(parts)


def _said(column: Column, library: Library) -> tuple[str, ...]:
    yes = {True: "yes", False: ""}
    return (f"`{column.type}`", yes[not column.required], yes[column.personal], _values(column, library))


def _values(column: Column, library: Library) -> str:
    said = []
    if column.references:
        said.append(f"key of [`{column.references}`](#{column.references})")
    if column.codelist:
        said.append(f"code list [`{column.codelist}`](code-lists.md#{_anchor(library.codelists[column.codelist])})")
    if column.pattern:
        said.append(f"`{column.pattern}`")
    if column.unit:
        said.append(f"`{column.unit}`, {column.least:,} to {column.most:,}")
    if column.free:
        said.append("free text: no dataset reads it")
    return "; ".join(said)


def _anchor(codelist: Codelist) -> str:
    """The anchor of the list's heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", f"{codelist.name} {codelist.title['en']}".lower()).replace(" ", "-")
