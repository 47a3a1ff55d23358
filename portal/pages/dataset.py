"""The page of one dataset: what it is, charts, table, downloads, method, source, known issues, reconciliation, citation."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _

from datasets.contract import BULK_FORMATS, DATA_FOLDER, LANGUAGES
from portal.catalogue import Chart, Check, Dataset
from portal.cells import Reader, marks, shown_columns
from portal.charts import ChartData, chart_data, figure
from portal.current import current_release
from portal.numbers import format_date, format_number, format_size
from portal.pages.blueprint import pages, reader
from portal.pages.datasets import breadcrumbs, period_text
from portal.pages.regions import value_tiles
from portal.query import Query
from portal.release import Release

#: Rows on one page of a table: about what a phone scrolls through without pain.
PAGE_SIZE = 200
#: A drop-down with more choices than this is no help.
LONGEST_FILTER = 60


@pages.get("/<any(kk, ru, en):lang>/datasets/<slug>")
def dataset(slug: str) -> str:
    """One dataset."""
    release, cells = current_release(), reader()
    shown = release.catalogue.datasets.get(slug)
    if shown is None:
        abort(404)
    title = shown.title[cells.language]
    return render_template(
        "dataset.html",
        dataset=shown,
        cells=cells,
        charts=[chart_view(release, shown, chart, cells, index) for index, chart in enumerate(shown.charts)],
        table=table_view(release, shown, cells),
        downloads=download_links(release, shown, cells.language),
        facts=_facts(shown, cells),
        checks=check_rows(shown, cells),
        check_columns=check_columns(),
        dictionary=_dictionary(shown, cells),
        notes=note_views(shown, cells),
        citation=citation(release, shown, cells),
        licence=cells.catalogue.label("licence", shown.about["licence"], cells.language),
        pinned=pinned_url(release, shown),
        breadcrumbs=breadcrumbs(title),
        json_ld=_json_ld(release, shown, cells),
    )


def chart_view(release: Release, shown: Dataset, chart: Chart, cells: Reader, index: int) -> dict[str, Any]:
    """What the chart or map macro needs."""
    data = chart_data(release, shown, chart, cells)
    view: dict[str, Any] = {"id": f"chart-{index + 1}", "kind": chart.kind, "title": chart.title[cells.language]}
    if chart.kind == "tile_map":
        return view | value_tiles(release, shown, chart, cells)
    return view | {"summary": _summary(data, cells), "figure": figure(data, chart, cells, synthetic=shown.synthetic)}


def _summary(data: ChartData, cells: Reader) -> str:
    """The largest and the smallest value in one sentence; nothing for a chart with several series."""
    if len(data.series) != 1:
        return ""
    series = data.series[0]
    known = [
        (record[series.column.name], name)
        for name, record in zip(data.categories, series.records, strict=True)
        if record is not None and record[series.column.name] is not None
    ]
    if len(known) < 2:
        return ""
    (low, lowest), (high, highest) = min(known), max(known)
    return _(
        "Highest: %(highest)s, %(high)s; lowest: %(lowest)s, %(low)s (%(unit)s).",
        highest=highest,
        high=format_number(high, series.column.decimals, cells.language),
        lowest=lowest,
        low=format_number(low, series.column.decimals, cells.language),
        unit=cells.unit(data.unit),
    )


def table_view(release: Release, shown: Dataset, cells: Reader) -> dict[str, Any]:
    """The table of the page: filtered, sorted and paged by the address, so that it works without JavaScript."""
    where = {column.name: [request.args[column.name]] for column in shown.dimensions if request.args.get(column.name)}
    sort, order = request.args.get("sort", ""), request.args.get("order", "asc")
    known = sort in shown.by_name
    query = Query(shown, where=where, sort=("-" if order == "desc" else "") + sort if known else "")
    count = query.count(release)
    pages_count = max(1, -(-count // PAGE_SIZE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages_count)
    records = Query(shown, where=where, sort=query.sort, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE).rows(release)
    rows = [cells.row(shown, record) for record in records]
    totals = [] if where else _totals(shown, cells)
    kept: dict[str, Any] = {name: values[0] for name, values in where.items()}
    sorting: dict[str, Any] = {"sort": sort, "order": order} if known else {}
    here = url_for("pages.dataset", slug=shown.slug, **kept)
    return {
        "columns": cells.headers(shown),
        "rows": rows,
        "totals": totals,
        "sort": sort if known else None,
        "order": order,
        "url": here,
        "page_url": url_for("pages.dataset", slug=shown.slug, **kept, **sorting),
        "page": page,
        "pages": pages_count,
        "count": count,
        "filters": _filters(release, shown, cells, where),
        **marks(rows),
    }


def _filters(release: Release, shown: Dataset, cells: Reader, where: dict[str, list[str]]) -> list[dict[str, Any]]:
    filters = []
    for column in shown.dimensions:
        statement = f"SELECT DISTINCT [{column.name}] AS value FROM [{shown.slug}]"
        values = [row["value"] for row in release.rows(statement)]
        if (
            2 <= len(values) <= LONGEST_FILTER
            and len(shown.dimensions) > 1
            and len(values) < int(shown.about["row_count"])
        ):
            options = [{"value": value, "text": cells.key(column, value)} for value in values]
            filters.append(
                {
                    "name": column.name,
                    "label": column.title[cells.language],
                    "value": where.get(column.name, [""])[0],
                    "options": [{"value": "", "text": _("All")}, *options],
                }
            )
    return filters


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


def _total_row(shown: Dataset, cells: Reader, checks: dict[str, Check], label: str, which: str) -> dict[str, Any]:
    where = next(iter(checks.values())).where
    made: list[dict[str, Any]] = []
    for column in shown_columns(shown):
        if column.role == "dimension":
            key = where.get(column.name, "*")
            made.append({"text": "" if key == "*" else cells.key(column, key)})
            continue
        check = checks.get(column.name)
        value = getattr(check, which) if check else None
        made.append({"text": "" if value is None else format_number(value, column.decimals, cells.language)})
    made[0]["text"] = ": ".join(filter(None, (label, made[0]["text"])))
    return {"kind": which, "cells": made}


def download_links(release: Release, shown: Dataset, language: str) -> list[dict[str, Any]]:
    """The dataset's files at their stable addresses, in the release's order of formats."""
    links = []
    for kind in BULK_FORMATS:
        name = kind.file_name(shown.slug, language if kind.localised else None)
        size = release.files[f"{DATA_FOLDER}/{name}"]["bytes"]
        links.append(
            {"format": kind.name, "href": url_for("downloads.latest", name=name), "size": format_size(size, language)}
        )
    return links


def check_rows(shown: Dataset, cells: Reader) -> list[list[dict[str, Any]]]:
    """The reconciliation of a dataset as table rows; rows that only match come last."""
    order = {"source_error": 0, "different_bases": 1, "incomplete": 2, "rounding": 3, "not_summed": 5}
    ranked = sorted(shown.checks, key=lambda check: order.get(check.classification, 4))
    return [check_row(shown, check, cells) for check in ranked]


def check_row(shown: Dataset, check: Check, cells: Reader) -> list[dict[str, Any]]:
    """One reconciliation row: what and how, stated, computed, gap, unit, the kind of gap and why."""
    column = shown.by_name[check.measure]
    fewest, most = column.decimals
    wide = (fewest, max(most, 2) if check.kind == "ratio" else most)

    def number(value: float | None, decimals: tuple[int, int]) -> dict[str, Any]:
        if value is None:
            return {"text": "", "status": "not_applicable"}
        return {"text": format_number(value, decimals, cells.language)}

    return [
        {
            "text": f"{column.title[cells.language]}: {cells.place(shown, check)}",
            "note": cells.catalogue.label("check_kind", check.kind, cells.language),
        },
        number(check.stated, column.decimals),
        number(check.computed, wide),
        number(check.gap, wide),
        {"text": cells.unit(check.unit)},
        {
            "text": cells.catalogue.label("gap_class", check.classification, cells.language),
            "note": check.note[cells.language] if check.note else "",
        },
    ]


def check_columns() -> list[dict[str, Any]]:
    """The headers of a reconciliation table."""
    texts = (_("What"), _("Stated"), _("Computed"), _("Gap"), _("Unit"), _("Kind of gap"))
    return [{"key": str(index), "label": text, "numeric": index in (1, 2, 3)} for index, text in enumerate(texts)]


def note_views(shown: Dataset, cells: Reader) -> list[dict[str, Any]]:
    """The notes of a dataset for the notes macro, contradictions first."""
    return [
        {
            "kind": note.kind,
            "label": cells.catalogue.label("note_kind", note.kind, cells.language),
            "text": note.text[cells.language],
        }
        for note in sorted(shown.notes, key=lambda note: note.kind != "contradiction")
    ]


def pinned_url(release: Release, shown: Dataset) -> str:
    """The address of the dataset's CSV in this very release."""
    return url_for("downloads.pinned", release_id=release.id, name=f"{shown.slug}.csv", _external=True)


def citation(release: Release, shown: Dataset, cells: Reader) -> str:
    """How to cite the dataset, as one line."""
    publisher, title = (shown.text(name)[cells.language] for name in ("source_publisher", "source_title"))
    label = _("Release")
    return f"{publisher}. {title}. {shown.title[cells.language]}. Ашық қалқан. {label}: {release.id}."


def _facts(shown: Dataset, cells: Reader) -> list[dict[str, str]]:
    language = cells.language
    label = cells.catalogue.label
    return [
        {"key": _("Source"), "value": shown.text("source_title")[language]},
        {"key": _("Publisher"), "value": shown.text("source_publisher")[language]},
        {"key": _("Place in the document"), "value": shown.text("source_place")[language]},
        {"key": _("Document file"), "value": shown.about["source_file"]},
        {"key": _("Date of the document"), "value": format_date(shown.about["source_date"], language)},
        {"key": _("Period"), "value": period_text(shown)},
        {"key": _("Regions"), "value": _region_set(shown)},
        {"key": _("Cadence"), "value": label("cadence", shown.about["cadence"], language)},
        {"key": _("Terms of use"), "value": label("licence", shown.about["licence"], language)},
        {"key": _("Disclosure policy"), "value": shown.text("policy_reason")[language]},
        {"key": _("SHA-256 of the input"), "value": shown.inputs[0]["sha256"] if shown.inputs else ""},
    ]


def _dictionary(shown: Dataset, cells: Reader) -> dict[str, Any]:
    """The columns of the dataset as a table: title, name in files and SQL, unit or code list, what it means if it says so."""
    texts = [_("Title"), _("Name in files and SQL"), _("Unit or code list")]
    described = any(column.description for column in shown.columns)
    codelists = cells.catalogue.codelists
    rows = []
    for column in shown.columns:
        kind = codelists[column.codelist].title[cells.language] if column.codelist else cells.unit(column.unit)
        meaning = [column.description[cells.language] if column.description else ""] if described else []
        rows.append([column.title[cells.language], column.name, kind, *meaning])
    labels = [*texts, *([_("Description")] if described else [])]
    return {"columns": [{"key": str(index), "label": text} for index, text in enumerate(labels)], "rows": rows}


def _region_set(shown: Dataset) -> str:
    texts = {
        "20": _("all 20 regions of today"),
        "17": _("the 17 regions before 8 June 2022"),
        "partial": _("some regions only"),
    }
    return texts.get(shown.about["region_set"], "")


def _json_ld(release: Release, shown: Dataset, cells: Reader) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": shown.title[cells.language],
        "description": f"{shown.summary[cells.language]} {shown.text('description')[cells.language]}",
        "inLanguage": list(LANGUAGES),
        "url": url_for("pages.dataset", slug=shown.slug, _external=True),
        "version": release.id,
        "temporalCoverage": f"{shown.about['period_from']}/{shown.about['period_to']}",
        "spatialCoverage": cells.catalogue.label("region", "KZ", cells.language),
        "isAccessibleForFree": True,
        "license": url_for("pages.about", _external=True) + "#terms",
        "creator": {"@type": "Organization", "name": shown.text("source_publisher")[cells.language]},
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": kind.media_type,
                "contentUrl": url_for(
                    "downloads.latest",
                    name=kind.file_name(shown.slug, cells.language if kind.localised else None),
                    _external=True,
                ),
            }
            for kind in BULK_FORMATS
        ],
    }
