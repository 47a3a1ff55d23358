"""The list of clinics, searched by name and narrowed by region, and the page of each: what every dataset says of it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import abort, render_template, url_for
from flask_babel import gettext as _

from datasets.contract import ORGANISATION_CODELIST, PERIOD
from portal.catalogue import Column, Dataset
from portal.cells import Reader, Record, marks
from portal.current import current_release
from portal.numbers import format_period
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import breadcrumbs, page, page_url, reader
from portal.pages.replies import clinic_replies, disputed_blocks, lists_blocks, mark_replies
from portal.pages.standing import headlines, latest, stat_view
from portal.pages.table import page_number
from portal.query import Query
from portal.release import Release
from portal.search import search_clinics
from portal.sums import Sums

#: Clinics on one page of the list.
PAGE_SIZE = 50
#: A clinic's rows of one dataset that fit on its page; of more the page shows the last and the way to the others.
MOST_ROWS = 24


@page("clinics/", "q", "region", "page")
def clinics() -> str:
    """The clinics by name: all, those of a region, those whose name has the words of `?q=`."""
    release, cells = current_release(), reader()
    register = _register(release)
    asked = page_arguments()
    kept: dict[str, str] = {name: asked[name] for name in ("q", "region") if name in asked}
    found = _found(release, register, cells, kept)
    pages_count = max(1, -(-len(found) // PAGE_SIZE))
    number = min(page_number(asked.get("page", "")), pages_count)
    columns, headers = _listed(register), {each["key"]: each for each in cells.headers(register)}
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return render_template(
        "clinics.html",
        dataset=register,
        query=asked.get("q", ""),
        region=asked.get("region", ""),
        regions=_region_options(cells),
        count=len(found),
        columns=[headers[column.name] for column in columns],
        rows=[[_cell(column, record, cells) for column in columns] for record in shown],
        page=number,
        pages=pages_count,
        page_url=page_url("clinics", kept),
        period=format_period(register.about["period_to"], cells.language),
        disputed=disputed_blocks(cells),
        breadcrumbs=breadcrumbs(_("Clinics")),
    )


def _register(release: Release) -> Dataset:
    """The register of clinics; a release without one has no pages of clinics."""
    register = release.catalogue.register
    if register is None:
        abort(404)
    return register


def _found(release: Release, register: Dataset, cells: Reader, kept: dict[str, str]) -> list[Record]:
    """The rows of the clinics that are asked for: of a search best first, else in the order of the reader's alphabet."""
    name, where = str(register.organisation_column), latest(register)
    if "region" in kept and register.region_column:
        where[register.region_column] = [kept["region"]]
    records = {record[name]: record for record in Query(register, where=where).rows(release)}
    if "q" in kept:
        return [records[code] for code in search_clinics(release, kept["q"]) if code in records]
    column = register.by_name[name]
    return sorted(records.values(), key=lambda record: _natural(cells.sort_key(column, record[name])))


def _natural(name: str) -> str:
    """A name to sort by, in which No. 2 comes before No. 10."""
    return re.sub(r"\d+", lambda number: number[0].zfill(6), name)


def _listed(register: Dataset) -> list[Column]:
    """What the list says of each clinic: its name, its region, the register's headline."""
    named = [register.by_name[name] for name in (register.organisation_column, register.region_column) if name]
    return [*named, *headlines(register)]


def _cell(column: Column, record: Record, cells: Reader) -> Record:
    cell = cells.cell(column, record)
    if column.codelist == ORGANISATION_CODELIST:
        cell["href"] = url_for("pages.clinic", code=record[column.name])
    return cell


def _region_options(cells: Reader) -> list[dict[str, str]]:
    names = [{"value": each.code, "text": each.label[cells.language]} for each in cells.catalogue.regions]
    return [{"value": "", "text": _("All regions")}, *names]


@page("clinics/<code>")
def clinic(code: str) -> str:
    """One clinic."""
    release, cells = current_release(), reader()
    register = _register(release)
    name = str(register.organisation_column)
    records = Query(register, where={name: [code], **latest(register)}).rows(release)
    if not records:
        abort(404)
    record = records[0]
    title = cells.catalogue.label(ORGANISATION_CODELIST, code, cells.language)
    region = record[register.region_column] if register.region_column else None
    return render_template(
        "clinic.html",
        dataset=register,
        code=code,
        title=title,
        sentence=_sentence(register, record, cells),
        facts=_facts(register, record, cells),
        figures=[stat_view(register, column, record, cells) for column in register.measures if column.unit == "kzt"],
        comparison=_comparison(release, register, record, cells),
        comparison_columns=_comparison_columns(),
        region=cells.catalogue.label("region", region, cells.language) if region else "",
        period=format_period(register.about["period_to"], cells.language),
        ways=_ways(register, code),
        sections=_sections(release, register, code, cells),
        feed=url_for("pages.clinic_feed", code=code),
        letters=url_for("pages.subscribe", kind="organisation", code=code),
        breadcrumbs=breadcrumbs(title, (_("Clinics"), url_for("pages.clinics"))),
    )


def _sentence(register: Dataset, record: Record, cells: Reader) -> str:
    """The clinic at a glance; nothing if the register does not have these figures."""
    names = ("amount_kzt", "advance_kzt", "paid_kzt", "blocks_active")
    if any(name not in register.by_name or record[name] is None for name in names):
        return ""
    amount, advance, paid, blocks = (cells.spoken(register.by_name[name], record) for name in names)
    said = {"period": format_period(record[PERIOD], cells.language), "amount": amount, "advance": advance, "paid": paid}
    if record["blocks_active"]:
        return _(
            "End of %(period)s: contracts for %(amount)s, %(advance)s advanced, %(paid)s paid for acts; "
            "payments are blocked, stop-factors in force: %(blocks)s.",
            **said,
            blocks=blocks,
        )
    return _(
        "End of %(period)s: contracts for %(amount)s, %(advance)s advanced, %(paid)s paid for acts; "
        "payments are not blocked.",
        **said,
    )


def _facts(register: Dataset, record: Record, cells: Reader) -> list[dict[str, str]]:
    """What the register says of the clinic in words."""
    return [
        {
            "key": column.title[cells.language],
            "value": cells.key(column, record[column.name]),
            "href": url_for("pages.region", code=record[column.name]) if column.name == register.region_column else "",
        }
        for column in register.dimensions
        if column.codelist != ORGANISATION_CODELIST
    ]


def _comparison(release: Release, register: Dataset, record: Record, cells: Reader) -> list[list[Record]]:
    """Each figure beside that of all clinics of the region, with the share where it may be added up."""
    name = register.region_column
    where = latest(register) | ({name: [record[name]]} if name else {})
    (whole,) = Sums(register, (name,) if name else (), where).rows(release)
    rows = []
    for column in register.measures:
        own, total = record[column.name], whole[column.name]
        share = 100 * own / total if column.additivity != "not_additive" and own is not None and total else None
        told = "" if share is None else cells.amount(share, (1, 1), "percent")
        unit = cells.unit(column.unit)
        rows.append(
            [
                {
                    "text": column.title[cells.language],
                    "note": unit if unit not in column.title[cells.language] else "",
                },
                cells.cell(column, record),
                cells.cell(column, whole),
                {
                    "text": told,
                    "status": "ok" if told else "not_applicable",
                    "flags": [],
                    "share": share and share / 100,
                },
            ]
        )
    return rows


def _comparison_columns() -> list[dict[str, Any]]:
    texts = (_("Measure"), _("This clinic"), _("All clinics of the region"), _("Share of the region"))
    return [
        {"key": str(index), "label": text, "numeric": index > 0, "sortable": False} for index, text in enumerate(texts)
    ]


def _sections(release: Release, register: Dataset, code: str, cells: Reader) -> list[dict[str, Any]]:
    """What the other datasets say of the clinic; what it replies stands under the first that lists its blocks."""
    found = [each for each in release.catalogue.datasets.values() if each.organisation_column and each is not register]
    sections = [section for each in found if (section := _section(release, each, code, cells))]
    blocks = [section for section in sections if section["blocks"]]
    for section in blocks[:1]:
        section["replies"] = clinic_replies(code, cells)
    return sections


def _section(release: Release, dataset: Dataset, code: str, cells: Reader) -> dict[str, Any] | None:
    """The clinic's rows of another dataset, the latest first."""
    name = str(dataset.organisation_column)
    found = Query(dataset, where={name: [code]}, sort=f"-{PERIOD}", limit=MOST_ROWS + 1).rows(release)
    if not found:
        return None
    hidden = tuple(each for each in (name, dataset.region_column) if each)
    rows = [cells.row(dataset, record, hidden) for record in found[:MOST_ROWS]]
    mark_replies(dataset, found[:MOST_ROWS], rows, hidden)
    return {
        "slug": dataset.slug,
        "title": dataset.title[cells.language],
        "origin": dataset.origin,
        "href": url_for("pages.dataset", slug=dataset.slug),
        "more": page_url("dataset", {name: code}, slug=dataset.slug) if len(found) > MOST_ROWS else "",
        "columns": cells.headers(dataset, hidden),
        "rows": rows,
        "ways": _ways(dataset, code),
        "blocks": lists_blocks(dataset),
        "replies": [],
        **marks(rows),
    }


def _ways(dataset: Dataset, code: str) -> dict[str, str]:
    """Where a program finds the clinic's rows."""
    asked = urlencode({str(dataset.organisation_column): code})
    return {
        "sql": f"/data/release/{dataset.slug}?{asked}",
        "api": f"{url_for('api.observations', slug=dataset.slug)}?{asked}",
    }
