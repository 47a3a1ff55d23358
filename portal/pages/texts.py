"""The pages of running text: methodology, about, API."""

from __future__ import annotations

import json

from flask import render_template, url_for
from flask_babel import gettext as _

from portal.catalogue import Dataset
from portal.current import current_release
from portal.i18n import language
from portal.numbers import format_date
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.checks import gap_meanings


@page("methodology")
def methodology() -> str:
    """How figures are taken, checked, protected and marked."""
    release, cells = current_release(), reader()
    meanings = gap_meanings()
    classes = cells.catalogue.codelists["gap_class"].codes
    made_up = sum(each.synthetic for each in cells.catalogue.datasets.values())
    simulated = _(
        "The figures of official documents are real: %(official)d datasets. The Registry is not public, so %(simulated)d "
        "datasets are computed from a simulated extract: its clinics, people, services and payments are invented; only the "
        "contracts and advances of each region add up to the official table. A simulated figure is marked in every table, "
        "chart, file and answer.",
        official=len(cells.catalogue.datasets) - made_up,
        simulated=made_up,
    )
    scale = _(
        "Clinics and their contracts, acts and payments are simulated at the size of the whole country; persons, policies and "
        "services are a small sample, whose share (scale) stands in the name of the extract. So sums of services cannot be "
        "set beside payments, and rates over few cases say little."
    )
    real = _(
        "This release holds figures of official documents only. "
        "A simulated figure would be marked in every table, chart, file and answer."
    )
    return render_template(
        "methodology.html",
        statuses=[code for code in cells.catalogue.codelists["status"].codes if code != "ok"],
        flags=list(cells.catalogue.codelists["flag"].codes),
        gap_classes=[{"name": each.label[cells.language], "meaning": meanings[each.code]} for each in classes.values()],
        policies={
            each.about["policy"]: each.text("policy_reason")[cells.language]
            for each in cells.catalogue.datasets.values()
        },
        synthetic_text=simulated if release.synthetic else real,
        scale_text=scale if release.synthetic else "",
        breadcrumbs=breadcrumbs(_("Methodology")),
    )


@page("about")
def about() -> str:
    """What the portal is, its sources and the terms of use."""
    sources: dict[str, dict[str, str]] = {}
    cells = reader()
    for dataset in cells.catalogue.datasets.values():
        sources.setdefault(
            dataset.about["source_document"],
            {
                "title": dataset.text("source_title")[cells.language],
                "publisher": dataset.text("source_publisher")[cells.language],
                "file": dataset.about["source_file"],
                "date": format_date(dataset.about["source_date"], cells.language),
            },
        )
    return render_template("about.html", sources=list(sources.values()), breadcrumbs=breadcrumbs(_("About the portal")))


@page("api")
def api() -> str:
    """How to use the API, the downloads and SQL, with examples that work on this release."""
    release = current_release()
    datasets = sorted(release.catalogue.datasets.values(), key=lambda each: each.synthetic)
    example = next((each for each in datasets if json.loads(each.about["headline_json"])), datasets[0])
    texts = {
        url_for("api.datasets"): _("all datasets"),
        url_for("api.dataset", slug=example.slug): _("one dataset with its columns, notes and files"),
        url_for("api.observations", slug=example.slug): _("its rows, as JSON or CSV"),
        url_for("api.revisions", slug=example.slug): _("how far its first figures moved"),
        url_for("api.codelists"): _("code lists with labels in three languages"),
        url_for("api.releases"): _("releases that can be pinned"),
        url_for("api.diff"): _("every figure that differs between two releases, and why"),
        url_for("api.corrections"): _("what was wrong, and where it is put right"),
        url_for("api.announcements"): _("what is to change in names and columns"),
        url_for("api.replies"): _("what clinics reply to blocks"),
        url_for("api.reconciliation"): _("every check of a stated figure"),
        url_for("api.protection"): _("what is hidden, and what the attack on the release found"),
    }
    return render_template(
        "api.html",
        addresses=[{"href": href, "text": text} for href, text in texts.items()],
        latest=url_for("downloads.latest", name=f"{example.slug}.csv", _external=True),
        pinned=url_for("downloads.pinned", release_id=release.id, name=f"{example.slug}.csv", _external=True),
        parquet=url_for("downloads.latest", name=f"{example.slug}.parquet", _external=True),
        sql=_example_sql(example, language()),
        breadcrumbs=breadcrumbs(_("API")),
    )


def _example_sql(example: Dataset, spoken: str) -> str:
    """A query that works on this release: the labels of the first code list beside the first measure."""
    coded = next((column for column in example.dimensions if column.codelist), None)
    measure = example.measures[0].name
    if coded is None:
        return f"SELECT {measure} FROM {example.slug}"
    return (
        f"SELECT label_{spoken}, {measure}\n"
        f"FROM {example.slug} JOIN code_{coded.codelist} ON code = {coded.name}\n"
        f"ORDER BY {measure} DESC"
    )
