"""The page of one figure: what it is, how it is computed, and what it was in every release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import abort, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from datasets.contract import ROW_FLAGS, status_column
from portal.cells import Reader, why_hidden
from portal.current import current_release, preview
from portal.figures import Place, find_place
from portal.freshness import REVALIDATED
from portal.history import Entry, histories, is_known
from portal.numbers import format_date, format_number
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import addressed_by, breadcrumbs, page, page_url, reader
from portal.pages.chain_links import pinned_page
from portal.pages.citation import citation
from portal.pages.computation import formula
from portal.pages.figure_aftermath import errata, withdrawal
from portal.pages.figure_history import history_view
from portal.pages.figure_words import cited_line, figure_path, key_line, key_rows
from portal.release import Release


def _arguments(slug: str) -> list[str]:
    shown = current_release().catalogue.datasets.get(slug)
    return ["measure", *shown.grain] if shown else []


@page("datasets/<slug>/figure", of=_arguments, kept=False)
def figure(slug: str) -> ResponseReturnValue:
    """One figure of a dataset, in all releases."""
    release, cells = current_release(), reader()
    shown = release.catalogue.datasets.get(slug)
    place = find_place(shown, page_arguments()) if shown else None
    if shown is None or place is None:
        abort(404)
    entries = histories().of(place, release)
    if not is_known(entries):
        abort(404)
    withdrawn = withdrawal(place, cells)
    title, line = place.column.title[cells.language], key_line(place, cells)
    html = render_template(
        "figure.html",
        dataset=shown,
        title=title,
        line=line,
        stat=_stat(place, entries[-1], cells),
        flags=(entries[-1].reading.record or {}).get(ROW_FLAGS, "").split(),
        why_hidden=why_hidden(shown),
        withdrawn=withdrawn,
        errata=errata(place, release, cells),
        facts=_facts(place, release, cells),
        formulas=_formulas(place, cells),
        summed=place.summed,
        history=history_view(place, entries, cells, withdrawn["href"] if withdrawn else url_for("pages.corrections")),
        citation=f"{citation(release, shown, cells)} {title}: {cited_line(place, cells)}.",
        pinned=pinned_page(release.id, figure_path(place)),
        report_url=report_url({"dataset": slug, **place.arguments}),
        json_url=_history_url(place),
        csv_url=_history_url(place, format="csv"),
        licence=cells.catalogue.label("licence", shown.about["licence"], cells.language),
        breadcrumbs=breadcrumbs(
            title,
            (_("Datasets"), url_for("pages.datasets")),
            (shown.title[cells.language], url_for("pages.dataset", slug=slug)),
        ),
        **addressed_by(place.arguments),
    )
    response = make_response(html)
    response.add_etag()
    response.headers["Cache-Control"] = REVALIDATED
    response.headers["X-Release"] = release.id
    return response.make_conditional(request)


def report_url(arguments: Mapping[str, str]) -> str:
    """The form to report a figure or a chart; empty in a preview, of which nobody is to speak yet."""
    return "" if preview() else page_url("report", arguments)


def _history_url(place: Place, **more: str) -> str:
    return f"{url_for('api.history', slug=place.dataset.slug)}?{urlencode(place.arguments | more)}"


def _stat(place: Place, entry: Entry, cells: Reader) -> dict[str, Any]:
    """The figure as the page's release has it; without a status if the release has no such row."""
    record = entry.reading.record
    if record is None:
        return {"status": "", "value": "", "unit": ""}
    value, unit = record[place.column.name], cells.unit(cells.unit_of(place.column, record))
    shown = "" if value is None else format_number(value, place.column.decimals, cells.language)
    return {"status": record[status_column(place.column.name)], "value": shown, "unit": unit if shown else ""}


def _facts(place: Place, release: Release, cells: Reader) -> list[dict[str, str]]:
    shown, language = place.dataset, cells.language
    description = place.column.description
    return [
        {"key": _("Dataset"), "value": shown.title[language], "href": url_for("pages.dataset", slug=shown.slug)},
        *key_rows(place, cells),
        {"key": _("Unit"), "value": cells.unit(place.column.unit)},
        {"key": _("Description"), "value": description[language] if description else ""},
        {"key": _("Source"), "value": shown.text("source_title")[language]},
        {"key": _("Place in the document"), "value": "" if shown.transform else shown.text("source_place")[language]},
        {"key": _("Release"), "value": f"{release.id} ({format_date(release.data_through, language)})"},
    ]


def _formulas(place: Place, cells: Reader) -> list[dict[str, Any]]:
    """The ratios that the figure is, or that are made of it: each in words, with the figures that it is made of."""
    name = place.column.name
    return [
        {
            **formula(place.dataset, ratio, cells),
            "own": name == ratio.measure,
            "parts": [
                _part(place.of(each), cells)
                for each in (ratio.measure, ratio.numerator, ratio.denominator)
                if each != name
            ],
        }
        for ratio in place.dataset.ratios
        if name in (ratio.measure, ratio.numerator, ratio.denominator)
    ]


def _part(place: Place, cells: Reader) -> dict[str, str]:
    href = page_url("figure", place.arguments, slug=place.dataset.slug)
    return {"text": place.column.title[cells.language], "href": href}
