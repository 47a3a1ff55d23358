"""The list of regions, and the page of each: what every dataset says of it."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, url_for
from flask_babel import gettext as _

from datasets.contract import Status
from portal.catalogue import Code, Dataset
from portal.cells import Reader, marks
from portal.current import current_release
from portal.numbers import format_date, format_period
from portal.pages.blueprint import breadcrumbs, page, page_url, reader
from portal.pages.maps import region_map
from portal.pages.replies import mark_replies
from portal.pages.standing import Standing, headlines, origin_title, region_standing, stat_view
from portal.query import Query
from portal.release import Release

#: A region's rows of one dataset that fit on its page; of longer ones the page shows the way.
MOST_ROWS = 12


@page("regions/")
def regions() -> str:
    """All regions, as a map and as a list."""
    cells = reader()
    return render_template(
        "regions.html",
        map=region_map(current_release(), cells),
        regions=region_links(cells),
        breadcrumbs=breadcrumbs(_("Regions")),
    )


def region_links(cells: Reader) -> list[dict[str, str]]:
    """The regions in the order of the reader's alphabet."""
    kazakh, spoken = cells.language == "kk", cells.language
    ordered = sorted(cells.catalogue.regions, key=lambda code: code.sort_kk if kazakh else code.label[spoken])
    return [{"name": code.label[spoken], "href": url_for("pages.region", code=code.code)} for code in ordered]


@page("regions/<code>")
def region(code: str) -> str:
    """One region."""
    release, cells = current_release(), reader()
    entry = next((each for each in cells.catalogue.regions if each.code == code), None)
    if entry is None:
        abort(404)
    name = entry.label[cells.language]
    return render_template(
        "region.html",
        entry=entry,
        name=name,
        lineage=_lineage(entry, cells),
        groups=_groups(release, entry, cells),
        rank_columns=_rank_columns(),
        feed=url_for("pages.region_feed", code=code),
        letters=url_for("pages.subscribe", kind="region", code=code),
        breadcrumbs=breadcrumbs(name, (_("Regions"), url_for("pages.regions"))),
    )


def _groups(release: Release, entry: Code, cells: Reader) -> list[dict[str, Any]]:
    """What the datasets say of a region, those of official documents apart from those of the Registry."""
    sections: dict[str, list[dict[str, Any]]] = {origin: [] for origin in cells.catalogue.codelists["origin"].codes}
    for each in release.catalogue.datasets.values():
        if each.region_column and (section := _section(release, each, entry, cells)):
            sections[each.origin].append(section)
    return [
        {
            "origin": origin,
            "title": origin_title(origin),
            "sentences": [section["sentence"] for section in members if section["sentence"]],
            "figures": [stat for section in members for stat in section["stats"]],
            "sections": members,
        }
        for origin, members in sections.items()
        if members
    ]


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
    records = Query(dataset, where={dataset.region_column: [entry.code]}, limit=MOST_ROWS + 1).rows(release)
    if not records:
        return None
    hidden = (dataset.region_column,)
    shown = records if len(records) <= MOST_ROWS else []
    rows = [cells.row(dataset, record, hidden) for record in shown]
    mark_replies(dataset, shown, rows, hidden)
    standing = region_standing(release, dataset, entry.code)
    return {
        "slug": dataset.slug,
        "title": dataset.title[cells.language],
        "origin": dataset.origin,
        "href": url_for("pages.dataset", slug=dataset.slug),
        "more": page_url("dataset", {dataset.region_column: entry.code}, slug=dataset.slug),
        "columns": cells.headers(dataset, hidden),
        "rows": rows,
        **marks(rows),
        "period": format_period(standing.period, cells.language) if standing and dataset.transform else "",
        "sentence": standing.sentence(cells) if standing else "",
        "stats": _stats(standing, cells) if standing else [],
        "ranks": _ranks(standing, cells) if standing else [],
    }


def _stats(standing: Standing, cells: Reader) -> list[dict[str, Any]]:
    """The big numbers: of a document all that may be added up, of the Registry the headline, as it has far more."""
    dataset = standing.dataset
    if dataset.transform:
        columns = headlines(dataset)
    elif standing.sentence(cells):
        columns = [column for column in dataset.measures if column.additivity == "additive"]
    else:
        columns = []
    return [stat_view(dataset, column, standing.record, cells) for column in columns]


def _ranks(standing: Standing, cells: Reader) -> list[list[dict[str, Any]]]:
    """Place among the regions and share of the country, of each measure that may be added up.

    No share is given where its base is incomplete: a region without a figure, or a set that is not all of the country. Where
    another region's figure is hidden, the base is the country's published sum, and nobody can tell the place.
    """
    dataset = standing.dataset
    regions, name = {code.code for code in cells.catalogue.regions}, str(dataset.region_column)
    rows = [row for row in standing.others if row[name] in regions]
    complete = bool(dataset.transform) or dataset.about["region_set"] in ("20", "17")
    if not complete or len({row[name] for row in rows}) != len(rows):
        return []
    summed = ("additive", "additive_except_time") if dataset.transform else ("additive",)
    ranks = []
    for column in dataset.measures:
        values = [row[column.name] for row in rows]
        own, known = standing.record[column.name], [value for value in values if value is not None]
        whole = sum(known) if known == values else standing.whole and standing.whole[column.name]
        if column.additivity not in summed or own is None or not whole or min(known) < 0:
            continue
        share = 100 * own / whole
        place = 1 + sum(value > own for value in known)
        told = {"text": _("%(place)s of %(count)s", place=place, count=len(values)), "sort": place}
        ranks.append(
            [
                {"text": column.title[cells.language]},
                {"text": cells.spoken(column, standing.record), "sort": own},
                told if known == values else {"text": "", "status": Status.SUPPRESSED, "sort": None},
                {"text": cells.amount(share, (1, 1), "percent"), "sort": share, "share": share / 100},
            ]
        )
    return ranks


def _rank_columns() -> list[dict[str, Any]]:
    texts = (_("Measure"), _("This region"), _("Place among the regions"), _("Share of the country"))
    return [
        {"key": str(index), "label": text, "numeric": index > 0, "sortable": False} for index, text in enumerate(texts)
    ]
