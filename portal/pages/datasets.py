"""The catalogue of datasets, by topic, with search."""

from __future__ import annotations

import re
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from datasets.contract import ORGANISATION_CODELIST
from portal.catalogue import Dataset
from portal.cells import Reader
from portal.current import current_release
from portal.pages.announcements import pending_announcements
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.search import search

#: So many clinics are named among what a search found; their own list has them all.
MOST_CLINICS = 5


@page("datasets/", "q", "topic")
def datasets() -> str:
    """All datasets by topic, or those that a search found."""
    release, cells = current_release(), reader()
    asked = page_arguments()
    query, topic = asked.get("q", ""), asked.get("topic", "")
    found = search(release, query) if query else None
    slugs = found.datasets if found else tuple(release.catalogue.datasets)
    chosen = [release.catalogue.datasets[slug] for slug in slugs]
    if topic:
        chosen = [dataset for dataset in chosen if dataset.topic == topic]
    regions = [code for code in release.catalogue.regions if found and code.code in found.regions]
    return render_template(
        "datasets.html",
        query=query,
        topic=topic,
        found=[card(dataset, cells) for dataset in chosen] if query else None,
        topics=[] if query else topics(cells, only=topic),
        all_topics=topics(cells),
        regions=[
            {"name": each.label[cells.language], "href": url_for("pages.region", code=each.code)} for each in regions
        ],
        clinics=_clinics(cells, found.clinics) if found else None,
        count=len(chosen),
        notices=[] if query else pending_announcements(cells),
        breadcrumbs=breadcrumbs(_("Datasets")),
    )


def _clinics(cells: Reader, codes: tuple[str, ...]) -> dict[str, Any] | None:
    """The first clinics that a search found, and how many there are."""
    register = cells.catalogue.register
    if register is None or not codes:
        return None
    shown = [
        {
            "name": cells.catalogue.label(ORGANISATION_CODELIST, code, cells.language),
            "href": url_for("pages.clinic", code=code),
        }
        for code in codes[:MOST_CLINICS]
    ]
    return {"shown": shown, "count": len(codes), "origin": register.origin}


def topics(cells: Reader, only: str = "") -> list[dict[str, Any]]:
    """The topics that have datasets, in the code list's order, each with its cards."""
    shown = []
    for code in cells.catalogue.codelists["topic"].codes.values():
        cards = [card(each, cells) for each in cells.catalogue.datasets.values() if each.topic == code.code]
        if cards and only in ("", code.code):
            href = url_for("pages.datasets", topic=code.code)
            shown.append({"code": code.code, "name": code.label[cells.language], "cards": cards, "href": href})
    return shown


def card(dataset: Dataset, cells: Reader) -> dict[str, Any]:
    """What a card says of a dataset."""
    return {
        "title": dataset.title[cells.language],
        "href": url_for("pages.dataset", slug=dataset.slug),
        "text": dataset.summary[cells.language],
        "period": period_text(dataset),
        "origin": dataset.origin,
    }


def period_text(dataset: Dataset) -> str:
    """The years that the dataset covers, as `2021–2022` or `2026`."""
    years = re.findall(r"\d{4}", f"{dataset.about['period_from']} {dataset.about['period_to']}")
    return "–".join(dict.fromkeys((min(years), max(years))))
