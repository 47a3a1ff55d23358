"""The list of regions, and the page of each: what every dataset says of it."""

from __future__ import annotations

import json
from typing import Any

from flask import abort, render_template, url_for
from flask_babel import gettext as _

from portal.catalogue import Chart, Code, Dataset
from portal.cells import Reader, Record, marks, money_scale
from portal.current import current_release
from portal.numbers import format_date, format_number
from portal.pages.blueprint import pages, reader
from portal.pages.datasets import period_text
from portal.query import Query
from portal.release import Release

#: A region's rows of one dataset that fit on its page; of longer ones the page shows the way.
MOST_ROWS = 12
#: Shades of the map.
CLASSES = 5


@pages.get("/<any(kk, ru, en):lang>/regions/")
def regions() -> str:
    """All regions, as a map and as a list."""
    cells = reader()
    return render_template(
        "regions.html",
        map=region_map(current_release(), cells),
        regions=region_links(cells),
        breadcrumbs=[{"text": _("Home"), "href": url_for("pages.home")}, {"text": _("Regions")}],
    )


def region_links(cells: Reader) -> list[dict[str, str]]:
    """The regions in the order of the reader's alphabet."""
    kazakh, spoken = cells.language == "kk", cells.language
    ordered = sorted(cells.catalogue.regions, key=lambda code: code.sort_kk if kazakh else code.label[spoken])
    return [{"name": code.label[spoken], "href": url_for("pages.region", code=code.code)} for code in ordered]


@pages.get("/<any(kk, ru, en):lang>/regions/<code>")
def region(code: str) -> str:
    """One region."""
    release, cells = current_release(), reader()
    entry = next((each for each in cells.catalogue.regions if each.code == code), None)
    if entry is None:
        abort(404)
    name = entry.label[cells.language]
    sections = [
        section
        for each in release.catalogue.datasets.values()
        if each.region_column and (section := _section(release, each, entry, cells))
    ]
    return render_template(
        "region.html",
        entry=entry,
        name=name,
        lineage=_lineage(entry, cells),
        sentences=[section["sentence"] for section in sections if section["sentence"]],
        figures=[stat for section in sections for stat in section["stats"]],
        rank_columns=_rank_columns(),
        sections=sections,
        breadcrumbs=[
            {"text": _("Home"), "href": url_for("pages.home")},
            {"text": _("Regions"), "href": url_for("pages.regions")},
            {"text": name},
        ],
    )


def _tile(code: Code, cells: Reader, text: str, class_index: int | None, title: str = "") -> dict[str, Any]:
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
    """The map of one measure: tiles shaded by fifths of the regions, the ranges of the shades, the unit."""
    column = dataset.by_name[chart.spec["measures"][0]]
    where = {name: [code] for name, code in chart.spec["where"].items()}
    name = chart.spec["category"]
    values = {row[name]: row[column.name] for row in Query(dataset, where=where).rows(release)}
    ranked = sorted(value for code in cells.catalogue.regions if (value := values.get(code.code)) is not None)
    divisor, unit = money_scale(ranked[-1] if ranked else 0, column.unit, digits=2)
    classes = [
        ranked[index * len(ranked) // CLASSES : (index + 1) * len(ranked) // CLASSES] for index in range(CLASSES)
    ]
    tiles = []
    for code in cells.catalogue.regions:
        value = values.get(code.code)
        if value is None:
            tiles.append(_tile(code, cells, "–", None, title=_("no number published")))
            continue
        shade = 1 + max(index for index, members in enumerate(classes) if members and members[0] <= value)
        full = f"{format_number(value, column.decimals, cells.language)} {cells.unit(column.unit)}"
        tiles.append(_tile(code, cells, _short_number(value / divisor, cells), shade, title=full))
    legend = [
        f"{_short_number(members[0] / divisor, cells)} – {_short_number(members[-1] / divisor, cells)}"
        for members in classes
        if members
    ]
    return {"tiles": tiles, "legend": legend, "unit": cells.unit(unit)}


def region_map(release: Release, cells: Reader) -> dict[str, Any]:
    """The map that leads to the regions: with the values of the first headline dataset that declares one, else plain."""
    headlines = (each for each in release.catalogue.datasets.values() if json.loads(each.about["headline_json"]))
    mapped = next(((each, chart) for each in headlines for chart in each.charts if chart.kind == "tile_map"), None)
    if mapped is None:
        return {"tiles": [_tile(code, cells, "", None) for code in cells.catalogue.regions], "legend": [], "unit": ""}
    dataset, chart = mapped
    return value_tiles(release, dataset, chart, cells) | {
        "title": chart.title[cells.language],
        "dataset": dataset.title[cells.language],
        "href": url_for("pages.dataset", slug=dataset.slug),
        "period": period_text(dataset),
    }


def _short_number(value: float, cells: Reader) -> str:
    """A number on a tile has room for four or five characters."""
    whole = abs(value) >= 100 or float(value).is_integer()
    return format_number(value, (0, 0 if whole else 1), cells.language)


def _lineage(entry: Code, cells: Reader) -> list[str]:
    """What the reader must know of the division of 2022 for this region."""
    codes = cells.catalogue.codelists["region"].codes
    language = cells.language
    if entry.split_from and entry.valid_from:
        day = format_date(entry.valid_from, language)
        parent = codes[entry.split_from].label[language]
        return [
            _("A region of its own since %(day)s; earlier figures are part of: %(parent)s.", day=day, parent=parent)
        ]
    return [
        _(
            "Until %(day)s this region included what is now %(child)s; figures before and after do not compare.",
            day=format_date(child.valid_from or "", language),
            child=child.label[language],
        )
        for child in codes.values()
        if child.split_from == entry.code
    ]


def _section(release: Release, dataset: Dataset, entry: Code, cells: Reader) -> dict[str, Any] | None:
    assert dataset.region_column is not None
    where = {dataset.region_column: [entry.code]}
    filtered: dict[str, Any] = {dataset.region_column: entry.code}
    records = Query(dataset, where=where, limit=MOST_ROWS + 1).rows(release)
    if not records:
        return None
    hidden = (dataset.region_column,)
    single = len(records) == 1
    rows = [cells.row(dataset, record, hidden) for record in records] if len(records) <= MOST_ROWS else []
    sentence = dataset.about[f"region_sentence_{cells.language}"] if single else None
    return {
        "slug": dataset.slug,
        "title": dataset.title[cells.language],
        "origin": dataset.origin,
        "href": url_for("pages.dataset", slug=dataset.slug),
        "more": url_for("pages.dataset", slug=dataset.slug, **filtered),
        "columns": cells.headers(dataset, hidden),
        "rows": rows,
        **marks(rows),
        "sentence": sentence and sentence.format_map({c.name: cells.spoken(c, records[0]) for c in dataset.measures}),
        "stats": _stats(release, dataset, records[0], cells) if single and sentence else [],
        "ranks": _ranks(release, dataset, records[0], cells) if single else [],
    }


def _stats(release: Release, dataset: Dataset, record: Record, cells: Reader) -> list[dict[str, Any]]:
    return [
        {
            "label": column.title[cells.language],
            "value": figure[0],
            "unit": figure[1],
            "source": dataset.title[cells.language],
            "href": url_for("pages.dataset", slug=dataset.slug),
        }
        for column in dataset.measures
        if column.additivity == "additive" and record[column.name] is not None
        for figure in [cells.figure(record[column.name], column, cells.unit_of(column, record))]
    ]


def _ranks(release: Release, dataset: Dataset, record: Record, cells: Reader) -> list[list[dict[str, Any]]]:
    """Place among the regions and share of the country, of each measure that may be added up.

    No share is given where its base is incomplete: a region without a figure, or a set that is not all of the country.
    """
    if dataset.about["region_set"] not in ("20", "17"):
        return []
    regions = {code.code for code in cells.catalogue.regions}
    rows = [row for row in Query(dataset).rows(release) if row[dataset.region_column or ""] in regions]
    if len({row[dataset.region_column or ""] for row in rows}) != len(rows):
        return []
    ranks = []
    for column in dataset.measures:
        values = [row[column.name] for row in rows]
        own = record[column.name]
        if column.additivity != "additive" or own is None or None in values or not sum(values):
            continue
        share = 100 * own / sum(values)
        place = 1 + sum(value > own for value in values)
        ranks.append(
            [
                {"text": column.title[cells.language]},
                {"text": cells.spoken(column, record), "sort": own},
                {"text": _("%(place)s of %(count)s", place=place, count=len(values)), "sort": place},
                {"text": f"{format_number(share, (1, 1), cells.language)} %", "sort": share, "share": share / 100},
            ]
        )
    return ranks


def _rank_columns() -> list[dict[str, Any]]:
    texts = (_("Measure"), _("This region"), _("Place among the regions"), _("Share of the country"))
    return [
        {"key": str(index), "label": text, "numeric": index > 0, "sortable": False} for index, text in enumerate(texts)
    ]
