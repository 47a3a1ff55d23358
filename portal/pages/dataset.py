"""The page of one dataset: what it is, charts, table, downloads, method, source, known issues, reconciliation, citation."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, url_for
from flask_babel import gettext as _

from datasets.contract import DATA_FOLDER
from portal.catalogue import Chart, Dataset
from portal.cells import Reader
from portal.charts import ChartData, chart_data, figure
from portal.current import current_release
from portal.numbers import format_date, format_number, format_size
from portal.pages.announcements import dataset_announcements
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.change_lines import change_line
from portal.pages.checks import check_columns, check_rows
from portal.pages.citation import citation, json_ld, pinned_url
from portal.pages.computation import computation
from portal.pages.corrections import dataset_corrections
from portal.pages.datasets import period_text
from portal.pages.figure import report_url
from portal.pages.maps import value_tiles
from portal.pages.notes import note_views
from portal.pages.protection import protection_view
from portal.pages.revisions import revisions_view
from portal.pages.table import ARGUMENTS, table_view
from portal.release import Release

#: So many checks are on the page, gaps first; of more the files have the rest.
MOST_CHECKS = 250


def _arguments(slug: str) -> list[str]:
    shown = current_release().catalogue.datasets.get(slug)
    return [*ARGUMENTS, *(column.name for column in shown.dimensions)] if shown else []


@page("datasets/<slug>", of=_arguments)
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
        facts=_extract_facts(shown, cells) if shown.transform else _facts(shown, cells),
        computation=computation(shown, cells),
        checks=check_rows(shown, cells)[:MOST_CHECKS],
        check_columns=check_columns(),
        dictionary=_dictionary(shown, cells),
        protection=protection_view(release, shown, cells),
        revisions=revisions_view(release, shown, cells),
        notes=note_views(shown.notes, cells),
        citation=citation(release, shown, cells),
        licence=cells.catalogue.label("licence", shown.about["licence"], cells.language),
        pinned=pinned_url(release, shown),
        breadcrumbs=breadcrumbs(title, (_("Datasets"), url_for("pages.datasets"))),
        json_ld=json_ld(release, shown, cells),
        announcements=dataset_announcements(slug, cells),
        corrections=dataset_corrections(slug, cells),
        feed=url_for("pages.dataset_feed", slug=slug),
        changes=change_line(release, cells, slug),
    )


def chart_view(release: Release, shown: Dataset, chart: Chart, cells: Reader, index: int) -> dict[str, Any]:
    """What the chart or map macro needs."""
    title = chart.title[cells.language]
    view: dict[str, Any] = {"id": f"chart-{index + 1}", "kind": chart.kind, "title": title, "origin": shown.origin}
    view["report_url"] = report_url({"dataset": shown.slug, "chart": str(index + 1)})
    if chart.kind == "tile_map":
        return view | value_tiles(release, shown, chart, cells)
    data = chart_data(release, shown, chart, cells)
    return view | {
        "summary": _summary(data, cells),
        "figure": figure(data, chart, cells, synthetic=shown.synthetic),
        "statuses": data.statuses,
        "hidden": data.hidden,
    }


def _summary(data: ChartData, cells: Reader) -> str:
    """The largest and the smallest value in one sentence; of several series only how many there was no room for."""
    if data.left_out:
        drawn = len(data.series)
        return _(
            "The %(drawn)d largest of %(count)d are drawn; the table has all.", drawn=drawn, count=drawn + data.left_out
        )
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
    if data.hidden:
        # A hidden figure may be lower than the lowest that is shown, or higher than the highest.
        text = _("Of the figures shown, highest: %(highest)s, %(high)s; lowest: %(lowest)s, %(low)s (%(unit)s).")
    else:
        text = _("Highest: %(highest)s, %(high)s; lowest: %(lowest)s, %(low)s (%(unit)s).")
    return text % {
        "highest": highest,
        "high": format_number(high, series.column.decimals, cells.language),
        "lowest": lowest,
        "low": format_number(low, series.column.decimals, cells.language),
        "unit": cells.unit(data.unit),
    }


def download_links(release: Release, shown: Dataset, language: str) -> list[dict[str, Any]]:
    """The dataset's files at their stable addresses, in the release's order of formats."""
    links = []
    for kind in shown.kinds:
        name = kind.file_name(shown.slug, language if kind.localised else None)
        size = release.files[f"{DATA_FOLDER}/{name}"]["bytes"]
        links.append(
            {"format": kind.name, "href": url_for("downloads.latest", name=name), "size": format_size(size, language)}
        )
    return links


def _facts(shown: Dataset, cells: Reader) -> list[dict[str, str]]:
    language = cells.language
    return [
        {"key": _("Source"), "value": shown.text("source_title")[language]},
        {"key": _("Publisher"), "value": shown.text("source_publisher")[language]},
        {"key": _("Place in the document"), "value": shown.text("source_place")[language]},
        {"key": _("Document file"), "value": shown.about["source_file"]},
        {"key": _("Date of the document"), "value": format_date(shown.about["source_date"], language)},
        *_common_facts(shown, cells),
    ]


def _extract_facts(shown: Dataset, cells: Reader) -> list[dict[str, str]]:
    language = cells.language
    return [
        {"key": _("Source"), "value": shown.text("source_title")[language]},
        {"key": _("Made by"), "value": shown.text("source_publisher")[language]},
        {"key": _("What is read"), "value": shown.text("source_place")[language]},
        {"key": _("Extract"), "value": shown.about["source_file"]},
        {"key": _("State of the Registry on"), "value": format_date(shown.about["source_date"], language)},
        *_common_facts(shown, cells),
    ]


def _common_facts(shown: Dataset, cells: Reader) -> list[dict[str, str]]:
    language, label = cells.language, cells.catalogue.label
    return [
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
