"""Where a region stands in one dataset: its figures, those of the others, and the period that they are of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import PERIOD, Status, status_column
from portal.catalogue import Column, Dataset
from portal.cells import MARKS, Reader, Record, is_hidden, why_hidden
from portal.numbers import format_period
from portal.query import Query
from portal.release import Release
from portal.sums import Sums


@dataclass(frozen=True)
class Standing:
    """The one row of a region in a dataset, or the sum of its rows in the latest period; `others` are those of all.

    `counted` is false where the Registry has no row of the region in that period: its figures are then nought. `whole` is
    the country's published sum in that period, of a protected dataset: the regions' figures need not add up to it.
    """

    dataset: Dataset
    record: Record
    others: tuple[Record, ...]
    period: str
    counted: bool = True
    whole: Record | None = None

    def sentence(self, cells: Reader) -> str:
        """What the dataset says of the region in one sentence; empty if it says nothing.

        A second one says why a figure of it is hidden.
        """
        text = self.dataset.about[f"region_sentence_{cells.language}"]
        if not text or not self.counted:
            return ""
        reason = why_hidden(self.dataset)
        figures = {
            each.name: MARKS[Status.SUPPRESSED]
            if reason and is_hidden(each, self.record)
            else cells.spoken(each, self.record)
            for each in self.dataset.measures
        }
        said = str(text.format_map(figures))
        return f"{said} {reason}" if MARKS[Status.SUPPRESSED] in said and reason else said


def latest(dataset: Dataset) -> dict[str, list[str]]:
    """The condition for the latest period that the dataset has."""
    return {PERIOD: [dataset.about["period_to"]]}


def region_standing(release: Release, dataset: Dataset, code: str) -> Standing | None:
    """Where a region stands; nothing if the dataset has several rows of it that are no parts of one figure."""
    name = str(dataset.region_column)
    if dataset.transform:
        return _summed(release, dataset, name, code) if dataset.about["region_sentence_kk"] else None
    records = Query(dataset, where={name: [code]}, limit=2).rows(release)
    if len(records) != 1:
        return None
    return Standing(dataset, records[0], tuple(Query(dataset).rows(release)), records[0][PERIOD])


def _summed(release: Release, dataset: Dataset, name: str, code: str) -> Standing:
    sums = Sums(dataset, (name,), latest(dataset))
    found = {each[name]: each for each in sums.rows(release)}
    others = {
        each.code: found.get(each.code) or sums.nothing(**{name: each.code}) for each in release.catalogue.regions
    }
    country = Sums(dataset, (), latest(dataset)).rows(release) if dataset.protection else []
    return Standing(
        dataset,
        others[code],
        tuple(others.values()),
        dataset.about["period_to"],
        counted=code in found,
        whole=next(iter(country), None),
    )


def headlines(dataset: Dataset) -> list[Column]:
    """The measures that the declaration names as the dataset's headline."""
    return [dataset.by_name[name] for name in json.loads(dataset.about["headline_json"])]


def stat_view(dataset: Dataset, column: Column, record: Record, cells: Reader) -> dict[str, Any]:
    """One big number for the macro `stat`."""
    value = record[column.name]
    known = value is not None
    number, unit = cells.figure(value, column.decimals, cells.unit_of(column, record)) if known else ("", "")
    period = format_period(dataset.about["period_to"], cells.language)
    title = dataset.title[cells.language]
    return {
        "label": column.title[cells.language],
        "value": number,
        "unit": unit,
        "status": record[status_column(column.name)],
        "source": f"{period} · {title}" if dataset.transform else title,
        "origin": dataset.origin,
        "href": url_for("pages.dataset", slug=dataset.slug),
    }


def origin_title(origin: str) -> str:
    """What the figures of this origin are called where they stand together."""
    titles = {
        "official": _("Official documents"),
        "registry": _("Registry data"),
        "synthetic": _("Simulated Registry data"),
    }
    return titles[origin]
