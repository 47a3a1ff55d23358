"""The list of regions, and the page of each: what every dataset says of it."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, url_for
from flask_babel import gettext as _

from datasets.contract import status_column
from portal.catalogue import Code, Dataset
from portal.cells import Reader, Record, marks
from portal.current import current_release
from portal.numbers import format_date
from portal.pages.blueprint import breadcrumbs, page, page_url, reader
from portal.pages.maps import region_map
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
        breadcrumbs=breadcrumbs(name, (_("Regions"), url_for("pages.regions"))),
    )


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
        "more": page_url("dataset", {dataset.region_column: entry.code}, slug=dataset.slug),
        "columns": cells.headers(dataset, hidden),
        "rows": rows,
        **marks(rows),
        "sentence": sentence and sentence.format_map({c.name: cells.spoken(c, records[0]) for c in dataset.measures}),
        "stats": _stats(dataset, records[0], cells) if single and sentence else [],
        "ranks": _ranks(release, dataset, records[0], cells) if single else [],
    }


def _stats(dataset: Dataset, record: Record, cells: Reader) -> list[dict[str, Any]]:
    stats = []
    for column in dataset.measures:
        if column.additivity == "additive":
            value = record[column.name]
            known = value is not None
            number, unit = cells.figure(value, column.decimals, cells.unit_of(column, record)) if known else ("", "")
            stats.append(
                {
                    "label": column.title[cells.language],
                    "value": number,
                    "unit": unit,
                    "status": record[status_column(column.name)],
                    "source": dataset.title[cells.language],
                    "href": url_for("pages.dataset", slug=dataset.slug),
                }
            )
    return stats


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
                {"text": cells.amount(share, (1, 1), "percent"), "sort": share, "share": share / 100},
            ]
        )
    return ranks


def _rank_columns() -> list[dict[str, Any]]:
    texts = (_("Measure"), _("This region"), _("Place among the regions"), _("Share of the country"))
    return [
        {"key": str(index), "label": text, "numeric": index > 0, "sortable": False} for index, text in enumerate(texts)
    ]
