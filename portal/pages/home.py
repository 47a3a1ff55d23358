"""The home page: what this is, the map to one's region, the headline figures, the ways to the data, the topics."""

from __future__ import annotations

import json
from typing import Any

from flask import render_template, url_for

from datasets.contract import PERIOD, SUMMED
from portal.catalogue import Check, Dataset
from portal.cells import Reader
from portal.current import current_release
from portal.numbers import format_period
from portal.pages.blueprint import page, reader
from portal.pages.datasets import topics
from portal.pages.maps import region_map
from portal.pages.regions import region_links

#: The kinds of gap that rounding does not explain.
_UNEXPLAINED = ("source_error", "different_bases")


@page("")
def home() -> str:
    """The home page."""
    release, cells = current_release(), reader()
    datasets = release.catalogue.datasets.values()
    checks = [check for each in datasets for check in each.checks]
    return render_template(
        "home.html",
        headlines=_headlines(cells),
        map=region_map(release, cells),
        regions=region_links(cells),
        topics=topics(cells),
        checks=len(checks),
        gaps=sum(check.classification in _UNEXPLAINED for check in checks),
        contradictions=sum(note.kind == "contradiction" for each in datasets for note in each.notes),
        datasets=len(datasets),
        documents=len({each.about["source_document"] for each in datasets}),
    )


def _headlines(cells: Reader) -> list[dict[str, Any]]:
    """The stated totals over the regions, of the latest period, of the measures that declarations name as headlines."""
    return [
        _headline(dataset, check, cells)
        for dataset in cells.catalogue.datasets.values()
        for name in json.loads(dataset.about["headline_json"])
        if (check := _latest_total(dataset, name)) is not None
    ]


def _latest_total(dataset: Dataset, name: str) -> Check | None:
    stated = [
        check
        for check in dataset.checks
        if check.kind == "total" and check.measure == name and check.where.get(dataset.region_column or "") == SUMMED
    ]
    return max(stated, key=lambda check: check.where[PERIOD], default=None)


def _headline(dataset: Dataset, check: Check, cells: Reader) -> dict[str, Any]:
    column = dataset.by_name[check.measure]
    number, unit = cells.figure(check.stated, column.decimals, column.unit)
    period = format_period(check.where[PERIOD], cells.language)
    return {
        "label": column.title[cells.language],
        "value": number,
        "unit": unit,
        "source": f"{period}. {dataset.text('source_title')[cells.language]}",
        "href": url_for("pages.dataset", slug=dataset.slug),
    }
