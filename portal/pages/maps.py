"""Maps of the regions: what stands on each tile, in which shade, and what the shades mean."""

from __future__ import annotations

import itertools
import json
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import Status, status_column
from portal.catalogue import Chart, Code, Dataset
from portal.cells import MARKS, Reader, in_order, money_scale
from portal.charts import absent, chart_sums
from portal.numbers import format_number
from portal.pages.datasets import period_text
from portal.release import Release

#: Shades of the map.
CLASSES = 5


#: In the place of a shade where the figure is hidden.
HIDDEN = "hidden"


def _tile(code: Code, cells: Reader, text: str, class_index: int | str | None, title: str = "") -> dict[str, Any]:
    assert code.tile is not None
    return {
        "code": code.code,
        "short": code.short[cells.language] if code.short else code.code,
        "name": code.label[cells.language],
        "href": url_for("pages.region", code=code.code),
        "row": code.tile[0],
        "column": code.tile[1],
        "value_text": text,
        "value_title": title,
        "class_index": class_index,
    }


def value_tiles(release: Release, dataset: Dataset, chart: Chart, cells: Reader) -> dict[str, Any]:
    """The map of one measure: tiles shaded by fifths of the regions, the ranges of the shades, the unit, the marks."""
    column = dataset.by_name[chart.spec["measures"][0]]
    found = {row[chart.spec["category"]]: row for row in chart_sums(dataset, chart).rows(release)}
    records = {code.code: found.get(code.code) or absent(dataset, column) for code in cells.catalogue.regions}
    known = [row[column.name] for row in records.values() if row]
    classes = shade_classes([value for value in known if value is not None])
    divisor, unit = money_scale(classes[-1][-1] if classes else 0, column.unit, digits=2)
    tiles, statuses = [], []
    for code in cells.catalogue.regions:
        record = records[code.code]
        if record is None:
            tiles.append(_tile(code, cells, "–", None, title=_("no number published")))
        elif record[column.name] is None:
            status = record[status_column(column.name)]
            statuses.append(status)
            shade = HIDDEN if status == Status.SUPPRESSED else None
            title = cells.catalogue.label("status", status, cells.language)
            tiles.append(_tile(code, cells, MARKS[status], shade, title=title))
        else:
            value = record[column.name]
            fifth = next(index for index, members in enumerate(classes, 1) if value <= members[-1])
            full = f"{format_number(value, column.decimals, cells.language)} {cells.unit(column.unit)}"
            tiles.append(_tile(code, cells, _short_number(value / divisor, cells), fifth, title=full))
    ranges = [dict.fromkeys(_short_number(end / divisor, cells) for end in (each[0], each[-1])) for each in classes]
    legend = [" – ".join(ends) for ends in ranges]
    hidden = statuses.count(Status.SUPPRESSED)
    return {
        "tiles": tiles,
        "legend": legend,
        "unit": cells.unit(unit),
        "statuses": in_order(statuses),
        "hidden": hidden,
    }


def shade_classes(values: list[float]) -> list[list[float]]:
    """The values in as many equal groups as there are shades, lowest first; equal values are in one, and none is empty."""
    ranked, starts = sorted(values), sorted(set(values))
    if len(starts) > CLASSES:
        starts = sorted({ranked[index * len(ranked) // CLASSES] for index in range(CLASSES)})
    return [
        [value for value in ranked if start <= value and (end is None or value < end)]
        for start, end in itertools.zip_longest(starts, starts[1:])
    ]


def region_map(release: Release, cells: Reader) -> dict[str, Any]:
    """The map that leads to the regions: with the values of the first headline dataset that declares one, else plain.

    What documents state comes before what the Registry gives.
    """
    datasets = sorted(release.catalogue.datasets.values(), key=lambda each: bool(each.transform))
    headlines = (each for each in datasets if json.loads(each.about["headline_json"]))
    mapped = next(((each, chart) for each in headlines for chart in each.charts if chart.kind == "tile_map"), None)
    if mapped is None:
        return {
            "tiles": [_tile(code, cells, "", None) for code in cells.catalogue.regions],
            "legend": [],
            "unit": "",
            "statuses": [],
        }
    dataset, chart = mapped
    return value_tiles(release, dataset, chart, cells) | {
        "title": chart.title[cells.language],
        "dataset": dataset.title[cells.language],
        "origin": dataset.origin,
        "href": url_for("pages.dataset", slug=dataset.slug),
        "period": period_text(dataset),
    }


def _short_number(value: float, cells: Reader) -> str:
    """A number on a tile has room for four or five characters."""
    whole = abs(value) >= 100 or float(value).is_integer()
    return format_number(value, (0, 0 if whole else 1), cells.language)
