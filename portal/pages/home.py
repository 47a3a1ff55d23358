"""The home page: what this is, the map to one's region, the headline figures, the ways to the data, the topics."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from datasets.contract import PERIOD, SUMMED, Status
from portal.catalogue import Check, Dataset
from portal.cells import Reader
from portal.current import current_release
from portal.numbers import format_period
from portal.pages.blueprint import page, reader
from portal.pages.change_lines import change_line
from portal.pages.datasets import topics
from portal.pages.maps import region_map
from portal.pages.regions import region_links
from portal.pages.standing import headlines, latest, origin_title, stat_view
from portal.release import Release
from portal.sums import Sums

#: The kinds of gap that rounding does not explain.
_UNEXPLAINED = ("source_error", "different_bases")


@page("")
def home() -> str:
    """The home page."""
    release, cells = current_release(), reader()
    datasets = release.catalogue.datasets.values()
    documented = [each for each in datasets if not each.transform]
    checks = [check for each in documented for check in each.checks]
    return render_template(
        "home.html",
        headlines=_headlines(release, cells),
        map=region_map(release, cells),
        regions=region_links(cells),
        topics=topics(cells),
        checks=len(checks),
        gaps=sum(check.classification in _UNEXPLAINED for check in checks),
        contradictions=sum(note.kind == "contradiction" for each in documented for note in each.notes),
        datasets=len(datasets),
        documented=len(documented),
        changes=change_line(release, cells),
        documents=len({each.about["source_document"] for each in documented}),
    )


def _headlines(release: Release, cells: Reader) -> list[dict[str, Any]]:
    """The headline figures of the latest period, by origin: what documents state apart from what the Registry gives."""
    groups: dict[str, list[dict[str, Any]]] = {origin: [] for origin in cells.catalogue.codelists["origin"].codes}
    for dataset in cells.catalogue.datasets.values():
        groups[dataset.origin] += _counted(release, dataset, cells) if dataset.transform else _stated(dataset, cells)
    return [
        {"origin": origin, "title": origin_title(origin), "figures": figures}
        for origin, figures in groups.items()
        if figures
    ]


def _counted(release: Release, dataset: Dataset, cells: Reader) -> list[dict[str, Any]]:
    sums = Sums(dataset, (), latest(dataset)).rows(release)
    return [stat_view(dataset, column, record, cells) for record in sums for column in headlines(dataset)]


def _stated(dataset: Dataset, cells: Reader) -> list[dict[str, Any]]:
    """The stated totals over the regions."""
    totals = (_latest_total(dataset, column.name) for column in headlines(dataset))
    return [_headline(dataset, check, cells) for check in totals if check is not None]


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
        "status": Status.OK,
        "origin": dataset.origin,
        "href": url_for("pages.dataset", slug=dataset.slug),
    }
