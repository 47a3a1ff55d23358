"""Charts: a declared chart and its rows become a Plotly figure.

All numbers are formatted here, none in the browser; colours, sizes and fonts are the browser's business (chart-style.js).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from datasets.contract import status_column
from portal.catalogue import Chart, Column, Dataset
from portal.cells import MARKS, Reader, Record, in_order, is_hidden, money_scale
from portal.numbers import format_number, format_period
from portal.release import Release
from portal.sums import Sums

#: More lines than these cannot be told apart.
MOST_LINES = 8


@dataclass(frozen=True)
class Series:
    """One set of bars or one line: a name, and a value (or none) for each category."""

    name: str
    column: Column
    records: tuple[Record | None, ...]


#: A series before its rows are put in order: its name, its rows by category, the measure that it shows.
_Group = tuple[str, dict[Any, Record], Column]


@dataclass(frozen=True)
class ChartData:
    """A chart's rows in reading order: the categories' labels and one series for each colour.

    A label ends with the marks of the figures that are missing there; `statuses` are those of all of them. `left_out`
    counts the series that there was no room for, `hidden` the figures of the others that are not shown.
    """

    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str | None
    statuses: tuple[str, ...]
    left_out: int = 0
    hidden: int = 0


def chart_data(release: Release, dataset: Dataset, chart: Chart, reader: Reader) -> ChartData:
    """Read the chart's rows from the release; what it neither draws nor fixes is summed over."""
    spec = chart.spec
    category = dataset.by_name[spec["category"]]
    records = chart_sums(dataset, chart).rows(release)
    keys = _without_sums(category, dict.fromkeys(each[category.name] for each in records), reader)
    found = _groups(dataset, spec, records, reader)
    groups = _largest(found) if chart.kind == "line" else found
    if spec["sort"] == "value":
        first, column = groups[0][1], groups[0][2]
        keys.sort(key=lambda key: -((first.get(key) or {}).get(column.name) or 0))
    elif category.type == "period":
        keys.sort()
    series = tuple(
        Series(name, column, tuple(rows.get(key) or absent(dataset, column) for key in keys))
        for name, rows, column in groups
    )
    missing = [in_order(_missing(each.records[index], each.column) for each in series) for index in range(len(keys))]
    labels = [
        " ".join([_category(chart, category, key, reader), *(MARKS[status] for status in statuses)])
        for key, statuses in zip(keys, missing, strict=True)
    ]
    statuses = in_order(itertools.chain.from_iterable(missing))
    hidden = sum(is_hidden(each.column, record) for each in series for record in each.records)
    return ChartData(tuple(labels), series, _unit(dataset, spec), tuple(statuses), len(found) - len(groups), hidden)


def chart_sums(dataset: Dataset, chart: Chart) -> Sums:
    """The sums that a chart shows."""
    spec = chart.spec
    drawn = dict.fromkeys(name for name in (spec["category"], spec["series"]) if name is not None)
    return Sums(dataset, tuple(drawn), {name: [code] for name, code in spec["where"].items()})


def absent(dataset: Dataset, column: Column) -> Record | None:
    """What a row says that is not there: nought in the Registry, which has no row where nothing was to be counted."""
    counted = dataset.transform and column.additivity != "not_additive"
    return Sums(dataset, ()).nothing() if counted else None


def _category(chart: Chart, column: Column, key: Any, reader: Reader) -> str:
    """A category in words; under a line the months stand side by side, so their names are short."""
    if chart.kind == "line" and column.type == "period":
        return format_period(key, reader.language, short=True)
    return reader.key(column, key)


def _largest(groups: list[_Group]) -> list[_Group]:
    """No more lines than an eye can follow: those with the largest sums, in their own order."""
    sums = [sum(row[column.name] or 0 for row in rows.values()) for _, rows, column in groups]
    kept = sorted(range(len(groups)), key=lambda index: -sums[index])[:MOST_LINES]
    return [groups[index] for index in sorted(kept)]


def _missing(record: Record | None, column: Column) -> str:
    """The status of a figure that is not there; empty if there is no row for it at all."""
    return record[status_column(column.name)] if record else ""


def _without_sums(category: Column, keys: Iterable[Any], reader: Reader) -> list[Any]:
    """The categories less those that hold others of them: a sum beside its parts would dwarf them."""
    if category.codelist is None:
        return list(keys)
    codes = reader.catalogue.codelists[category.codelist].codes
    sums = {codes[key].parent for key in keys}
    return [key for key in keys if key not in sums]


def _groups(dataset: Dataset, spec: dict[str, Any], records: list[Record], reader: Reader) -> list[_Group]:
    columns = [dataset.by_name[name] for name in spec["measures"]]
    if spec["series"] is None:
        rows = {each[spec["category"]]: each for each in records}
        return [(column.title[reader.language], rows, column) for column in columns]
    by_code: dict[Any, dict[Any, Record]] = {}
    for each in records:
        by_code.setdefault(each[spec["series"]], {})[each[spec["category"]]] = each
    dimension = dataset.by_name[spec["series"]]
    return [(reader.key(dimension, code), rows, columns[0]) for code, rows in by_code.items()]


def _unit(dataset: Dataset, spec: dict[str, Any]) -> str | None:
    column = dataset.by_name[spec["measures"][0]]
    return column.unit or (spec["where"].get(column.unit_column) if column.unit_column else None)


def figure(data: ChartData, chart: Chart, reader: Reader, *, synthetic: bool) -> dict[str, Any]:
    """The Plotly figure as JSON-able data: `data`, `layout` and the `synthetic` mark."""
    line = chart.kind == "line"
    traces = [_trace(data, series, reader, line=line) for series in data.series]
    made = go.Figure(traces, _layout(data, reader, line=line, stacked=chart.kind == "stacked_bar")).to_plotly_json()
    made["layout"].pop("template", None)
    return {**made, "synthetic": synthetic}


def _trace(data: ChartData, series: Series, reader: Reader, *, line: bool) -> Any:
    values = _values(series)
    texts = ["" if value is None else format_number(value, series.column.decimals, reader.language) for value in values]
    common = {"name": series.name, "customdata": texts, "hovertemplate": _hover(data, reader, line=line)}
    if line:
        return go.Scatter(x=data.categories, y=values, mode="lines+markers", connectgaps=False, **common)
    return go.Bar(x=values, y=data.categories, orientation="h", **common)


def _hover(data: ChartData, reader: Reader, *, line: bool) -> str:
    axis = "x" if line else "y"
    name = "%{fullData.name}<br>" if len(data.series) > 1 else ""
    return f"{name}%{{{axis}}}: %{{customdata}} {reader.unit(data.unit)}<extra></extra>"


def _values(series: Series) -> list[float | None]:
    return [None if record is None else record[series.column.name] for record in series.records]


def _layout(data: ChartData, reader: Reader, *, line: bool, stacked: bool) -> dict[str, Any]:
    values = [value for series in data.series for value in _values(series) if value is not None]
    ticks = _ticks([*values, _highest_stack(data)] if stacked else values)
    divisor, unit = money_scale(max(map(abs, ticks)), data.unit, digits=2)
    scale = {
        "title": {"text": reader.unit(unit)},
        "tickvals": ticks,
        "ticktext": [format_number(tick / divisor, (0, 6), reader.language) for tick in ticks],
        "rangemode": "tozero",
    }
    names = {"type": "category"}
    layout = {"showlegend": len(data.series) > 1, "barmode": "stack" if stacked else "group"}
    return layout | ({"xaxis": names, "yaxis": scale} if line else {"yaxis": names, "xaxis": scale})


def _highest_stack(data: ChartData) -> float:
    return max(
        (sum(value or 0 for value in values) for values in zip(*map(_values, data.series), strict=True)), default=0
    )


def _ticks(values: Sequence[float]) -> list[float]:
    """Round tick values from the lowest (or nought) to the highest value; few enough for a phone."""
    low, high = min([0, *values]), max([0, *values])
    span = high - low
    if not span:
        return [0]
    exponent = math.floor(math.log10(span))
    step = next(each for factor in (0.25, 0.5, 1, 2, 2.5) if span / (each := factor * 10.0**exponent) <= 4.5)
    # A quotient may fall short of a whole number by the error of its floats.
    first, last = (math.floor(end / step + 1e-9) for end in (low, high))
    return [round(index * step, 2 - exponent) for index in range(first, last + 1)]
