"""What a report is about, in words: a figure or a chart of a dataset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from portal.catalogue import Dataset
from portal.cells import Reader
from portal.desk.tickets import Subject
from portal.figures import Place, find_place
from portal.history import histories, is_known
from portal.pages.blueprint import page_url
from portal.pages.figure_words import figure_path, key_rows
from portal.release import Release


@dataclass(frozen=True)
class Reported:
    """A figure (`place`) or a chart (its position) of a dataset that a reader looks at."""

    dataset: Dataset
    title: str
    rows: list[dict[str, str]]
    arguments: Mapping[str, str]
    place: Place | None
    chart: int | None

    def subject(self, release: str) -> Subject:
        """The same for the desk, as it was in a release."""
        measure, keys = (self.place.column.name, self.place.keys) if self.place else (None, {})
        return Subject(release, self.dataset.slug, measure, keys, self.chart)

    @property
    def path(self) -> str:
        """The page that shows it, below the language."""
        return figure_path(self.place) if self.place else f"datasets/{self.dataset.slug}#chart-{self.chart}"

    @property
    def address(self) -> str:
        """The same from the portal's root."""
        return url_for("pages.home") + self.path

    @property
    def action(self) -> str:
        """The address of the form."""
        return page_url("report", self.arguments)

    @property
    def way(self) -> tuple[tuple[str, str], ...]:
        """The pages above the form."""
        return ((_("Datasets"), url_for("pages.datasets")), (self.title, self.address))


def find_reported(release: Release, arguments: Mapping[str, str], cells: Reader) -> Reported | None:
    """What arguments name: `dataset`, and `measure` with the dimensions, or `chart`; nothing if there is no such thing."""
    dataset = release.catalogue.datasets.get(arguments.get("dataset", ""))
    if dataset is None:
        return None
    if "chart" in arguments:
        return _chart(dataset, arguments["chart"], cells)
    place = find_place(dataset, arguments)
    # What nobody has published must not get on a page by way of a report.
    if place is None or not is_known(histories().of(place, release)):
        return None
    named = {"dataset": dataset.slug, **place.arguments}
    return Reported(dataset, place.column.title[cells.language], key_rows(place, cells), named, place, None)


def _chart(dataset: Dataset, position: str, cells: Reader) -> Reported | None:
    if not re.fullmatch("[1-9][0-9]?", position) or int(position) > len(dataset.charts):
        return None
    title = dataset.charts[int(position) - 1].title[cells.language]
    return Reported(dataset, title, [], {"dataset": dataset.slug, "chart": position}, None, int(position))
