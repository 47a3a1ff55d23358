"""The table of a dataset's page: filtered, sorted and paged by the address, so that it works without JavaScript."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import ORGANISATION_CODELIST, SUMMED, Status, status_column
from portal.catalogue import Check, Dataset
from portal.cells import Reader, marks, shown_columns
from portal.numbers import format_number
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import page_url
from portal.pages.replies import mark_replies
from portal.query import Query
from portal.release import Release
from portal.sums import Sums

#: Rows on one page of a table: about what a phone scrolls through without pain.
PAGE_SIZE = 200
#: A drop-down with more choices than this is no help.
LONGEST_FILTER = 60
#: The arguments beside the dataset's dimensions.
ARGUMENTS = ("sort", "order", "page")


def table_view(release: Release, shown: Dataset, cells: Reader) -> dict[str, Any]:
    """The table of the page: filtered, sorted and paged by the address, so that it works without JavaScript."""
    asked = page_arguments()
    kept = {column.name: asked[column.name] for column in shown.dimensions if column.name in asked}
    where = {name: [value] for name, value in kept.items()}
    sort, order = asked.get("sort", ""), asked.get("order", "asc")
    known = sort in shown.by_name
    query = Query(shown, where=where, sort=("-" if order == "desc" else "") + sort if known else "")
    count = query.count(release)
    pages_count = max(1, -(-count // PAGE_SIZE))
    page = min(page_number(asked.get("page", "")), pages_count)
    records = Query(shown, where=where, sort=query.sort, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE).rows(release)
    rows = [_row(shown, record, cells) for record in records]
    mark_replies(shown, records, rows)
    totals = (
        _published_sum(release, shown, where, cells) if shown.protection else [] if where else _totals(shown, cells)
    )
    sorting = {"sort": sort, "order": order} if known else {}
    return {
        "columns": cells.headers(shown),
        "rows": rows,
        "totals": totals,
        "sort": sort if known else None,
        "order": order,
        "url": page_url("dataset", kept, slug=shown.slug),
        "page_url": page_url("dataset", kept | sorting, slug=shown.slug),
        "page": page,
        "pages": pages_count,
        "count": count,
        "filters": _filters(release, shown, cells, kept),
        **marks([*rows, *(total["cells"] for total in totals)]),
    }


def _row(shown: Dataset, record: dict[str, Any], cells: Reader) -> list[dict[str, Any]]:
    """The cells of a row; a clinic leads to its page, and each figure to its own."""
    row = cells.row(shown, record)
    for column, cell in zip(shown_columns(shown), row, strict=True):
        if column.codelist == ORGANISATION_CODELIST and cells.catalogue.register:
            cell["href"] = url_for("pages.clinic", code=record[column.name])
    _lead_to_figures(shown, row, {name: record[name] for name in shown.grain})
    return row


def _lead_to_figures(shown: Dataset, row: list[dict[str, Any]], keys: dict[str, str]) -> None:
    """Give the figures of a row the addresses of their pages."""
    address, rest = url_for("pages.figure", slug=shown.slug), urlencode(keys)
    for column, cell in zip(shown_columns(shown), row, strict=True):
        if "status" in cell:
            cell["figure"] = f"{address}?measure={column.name}&{rest}"


def page_number(text: str) -> int:
    """The page that an address asks for: the first if it is not a number of one."""
    return max(1, int(text)) if re.fullmatch(r"[0-9]{1,6}", text) else 1


def _filters(release: Release, shown: Dataset, cells: Reader, kept: dict[str, str]) -> list[dict[str, Any]]:
    filters = []
    for column in shown.dimensions:
        statement = f"SELECT DISTINCT [{column.name}] AS value FROM [{shown.slug}]"
        values = [row["value"] for row in release.rows(statement)]
        if len(values) > LONGEST_FILTER:
            values = [value for value in values if str(value) == kept.get(column.name)]
        if values and _narrows(shown, values, kept.get(column.name)):
            options = [{"value": value, "text": cells.key(column, value)} for value in values]
            filters.append(
                {
                    "name": column.name,
                    "label": column.title[cells.language],
                    "value": kept.get(column.name, ""),
                    "options": [{"value": "", "text": _("All")}, *options],
                }
            )
    return filters


def _narrows(shown: Dataset, values: list[Any], kept: str | None) -> bool:
    """Whether there is something to choose; a choice that the address has made can be taken back."""
    several = len(values) > 1 and len(shown.dimensions) > 1 and len(values) < int(shown.about["row_count"])
    return several or kept is not None


def _totals(shown: Dataset, cells: Reader) -> list[dict[str, Any]]:
    """The totals that the source states and our sums: one row where they agree, else one each and one for the gap."""
    groups: dict[str, dict[str, Check]] = {}
    for check in shown.checks:
        if check.kind == "total":
            groups.setdefault(str(check.where), {})[check.measure] = check
    rows = []
    for checks in groups.values():
        stated, ours = _("Stated total"), _("Our sum")
        summed = [check.gap for check in checks.values() if check.gap is not None]
        if summed and not any(summed):
            rows.append(_total_row(shown, cells, checks, f"{stated} = {ours}", "stated"))
            continue
        rows.append(_total_row(shown, cells, checks, stated, "stated"))
        if summed:
            rows.append(_total_row(shown, cells, checks, ours, "computed"))
            rows.append(_total_row(shown, cells, checks, _("Gap"), "gap"))
    return rows


def _published_sum(
    release: Release, shown: Dataset, where: dict[str, list[str]], cells: Reader
) -> list[dict[str, Any]]:
    """The sum of the rows that are asked for, hidden ones with them; none of a single row."""
    if len(where) == len(shown.dimensions):
        return []
    keys = {name: where[name][0] if name in where else SUMMED for name in shown.grain}
    return [
        {"kind": "stated", "cells": _sum_row(shown, record, keys, cells)}
        for record in Sums(shown, (), where).rows(release)
    ]


def _sum_row(shown: Dataset, record: dict[str, Any], keys: dict[str, str], cells: Reader) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for column in shown_columns(shown):
        summed = column.role == "dimension" or record[status_column(column.name)] == Status.NOT_APPLICABLE
        made.append({"text": ""} if summed else cells.cell(column, record))
    made[0]["text"] = _("Sum of all rows, hidden ones included")
    _lead_to_figures(shown, made, keys)
    return made


def _total_row(shown: Dataset, cells: Reader, checks: dict[str, Check], label: str, which: str) -> dict[str, Any]:
    where = next(iter(checks.values())).where
    made: list[dict[str, Any]] = []
    for column in shown_columns(shown):
        if column.role == "dimension":
            key = where.get(column.name, SUMMED)
            made.append({"text": "" if key == SUMMED else cells.key(column, key)})
            continue
        check = checks.get(column.name)
        value = getattr(check, which) if check else None
        made.append({"text": "" if value is None else format_number(value, column.decimals, cells.language)})
    made[0]["text"] = ": ".join(filter(None, (label, made[0]["text"])))
    return {"kind": which, "cells": made}
