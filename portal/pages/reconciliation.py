"""The reconciliation page: every figure that a source states beside ours, and every contradiction found."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from portal.catalogue import Dataset
from portal.cells import Reader
from portal.current import current_release
from portal.pages.blueprint import pages, reader
from portal.pages.dataset import check_columns, check_row, note_views

#: What a reader looks for first; agreement and rounding are behind a choice.
_TELLING = ("source_error", "different_bases", "incomplete")
#: So many datasets are shown unfolded; of more, only their titles.
_UNFOLDED = 4


@pages.get("/<any(kk, ru, en):lang>/reconciliation")
def reconciliation() -> str:
    """The checks by topic and dataset; `?class=` chooses one kind of gap or `all`, `?topic=` one topic."""
    cells = reader()
    wanted, topic = request.args.get("class", ""), request.args.get("topic", "")
    datasets = tuple(current_release().catalogue.datasets.values())
    counts = Counter(check.classification for each in datasets for check in each.checks)
    shown = _shown_classes(cells, wanted)
    topics: list[dict[str, Any]] = []
    for code in cells.catalogue.codelists["topic"].codes.values():
        members = [each for each in datasets if each.topic == code.code and topic in ("", code.code)]
        groups = [group for each in members if (group := _group(each, cells, shown, notes=not wanted))]
        if groups:
            topics.append({"name": code.label[cells.language], "code": code.code, "groups": groups})
    return render_template(
        "reconciliation.html",
        topics=topics,
        unfolded=sum(len(each["groups"]) for each in topics) <= _UNFOLDED,
        columns=check_columns(),
        classes=_classes(cells, counts),
        filters=_filters(cells, counts, wanted, topic),
        total=counts.total(),
        breadcrumbs=[{"text": _("Home"), "href": url_for("pages.home")}, {"text": _("Reconciliation")}],
    )


def gap_meanings() -> dict[str, str]:
    """What each kind of gap means."""
    return {
        "match": _("the stated figure is the computed one"),
        "rounding": _("the rounding of the printed figures can explain the gap"),
        "source_error": _("the source contradicts itself; the note says how"),
        "different_bases": _("the two figures count different things; the note says which"),
        "incomplete": _("a figure that the sum needs is not given, so none is computed"),
        "not_summed": _("a rate: adding up its rows would mean nothing"),
    }


def _shown_classes(cells: Reader, wanted: str) -> tuple[str, ...]:
    classes = cells.catalogue.codelists["gap_class"].codes
    return (wanted,) if wanted in classes else tuple(classes) if wanted == "all" else _TELLING


def _group(dataset: Dataset, cells: Reader, shown: tuple[str, ...], *, notes: bool) -> dict[str, Any] | None:
    """What the page shows of one dataset, if anything."""
    rows = [check_row(dataset, check, cells) for check in dataset.checks if check.classification in shown]
    contradictions = [note for note in note_views(dataset, cells) if notes and note["kind"] == "contradiction"]
    if not rows and not contradictions:
        return None
    return {
        "slug": dataset.slug,
        "title": dataset.title[cells.language],
        "href": url_for("pages.dataset", slug=dataset.slug),
        "rows": rows,
        "notes": contradictions,
    }


def _classes(cells: Reader, counts: Counter[str]) -> list[dict[str, Any]]:
    meanings = gap_meanings()
    return [
        {"name": entry.label[cells.language], "count": counts[code], "meaning": meanings[code]}
        for code, entry in cells.catalogue.codelists["gap_class"].codes.items()
        if counts[code]
    ]


def _filters(cells: Reader, counts: Counter[str], wanted: str, topic: str) -> list[dict[str, Any]]:
    codelists, spoken = cells.catalogue.codelists, cells.language
    classes = [
        {"value": code, "text": f"{entry.label[spoken]} ({counts[code]})"}
        for code, entry in codelists["gap_class"].codes.items()
        if counts[code]
    ]
    first = [{"value": "", "text": _("Gaps and contradictions")}, {"value": "all", "text": _("Show all checks")}]
    topics = [{"value": code, "text": entry.label[spoken]} for code, entry in codelists["topic"].codes.items()]
    return [
        {"name": "class", "label": _("Kind of gap"), "value": wanted, "options": [*first, *classes]},
        {
            "name": "topic",
            "label": codelists["topic"].title[spoken],
            "value": topic,
            "options": [{"value": "", "text": _("All topics")}, *topics],
        },
    ]
