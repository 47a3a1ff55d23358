"""The reconciliation page: every figure that a source states beside ours, and every contradiction found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from portal.catalogue import Check, Dataset, Note
from portal.cells import Reader
from portal.current import current_release
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.checks import check_columns, check_row, gap_meanings
from portal.pages.notes import note_views

#: What a reader looks for first; agreement and rounding are behind a choice.
_TELLING = ("source_error", "different_bases", "incomplete")
#: So many datasets are shown unfolded; of more, only their titles.
_UNFOLDED = 4
#: So many checks fit on one page; of more it shows only where they are.
MOST_CHECKS = 250


@dataclass(frozen=True)
class _Group:
    """What the page shows of one dataset."""

    dataset: Dataset
    checks: list[Check]
    contradictions: bool

    @property
    def notes(self) -> list[Note]:
        return [note for note in self.dataset.notes if self.contradictions and note.kind == "contradiction"]

    def view(self, cells: Reader, *, whole: bool) -> dict[str, Any]:
        """What the template needs; the rows only if the page is to show them."""
        return {
            "slug": self.dataset.slug,
            "title": self.dataset.title[cells.language],
            "href": url_for("pages.dataset", slug=self.dataset.slug),
            "count": len(self.checks),
            "rows": [check_row(self.dataset, check, cells) for check in self.checks] if whole else [],
            "notes": note_views(self.notes, cells),
        }


@page("reconciliation", "class", "topic")
def reconciliation() -> str:
    """The checks by topic and dataset; `?class=` chooses one kind of gap or `all`, `?topic=` one topic.

    Datasets of the Registry are checked, too, but state nothing of their own: a build with a gap in one fails.
    """
    cells, asked = reader(), page_arguments()
    topic, wanted = asked.get("topic", ""), asked.get("class", "")
    published = current_release().catalogue.datasets.values()
    datasets = tuple(each for each in published if not each.transform)
    counts = Counter(check.classification for each in datasets for check in each.checks)
    chosen = [each for each in datasets if topic in ("", each.topic)]
    groups = [_Group(each, _checks(each, cells, wanted), contradictions=not wanted) for each in chosen]
    whole = sum(len(group.checks) for group in groups) <= MOST_CHECKS
    topics = _topics([group for group in groups if group.checks or group.notes], cells, whole=whole)
    return render_template(
        "reconciliation.html",
        topics=topics,
        whole=whole,
        unfolded=sum(len(each["groups"]) for each in topics) <= _UNFOLDED,
        columns=check_columns(),
        classes=_classes(cells, counts),
        filters=_filters(cells, counts, wanted, topic),
        total=counts.total(),
        counted=sum(len(each.checks) for each in published if each.transform),
        breadcrumbs=breadcrumbs(_("Reconciliation")),
    )


def _checks(dataset: Dataset, cells: Reader, wanted: str) -> list[Check]:
    classes = cells.catalogue.codelists["gap_class"].codes
    shown = (wanted,) if wanted in classes else tuple(classes) if wanted == "all" else _TELLING
    return [check for check in dataset.checks if check.classification in shown]


def _topics(groups: list[_Group], cells: Reader, *, whole: bool) -> list[dict[str, Any]]:
    """The topics in the code list's order, each with what the page shows of its datasets."""
    shown = []
    for code in cells.catalogue.codelists["topic"].codes.values():
        members = [group.view(cells, whole=whole) for group in groups if group.dataset.topic == code.code]
        if members:
            shown.append({"name": code.label[cells.language], "code": code.code, "groups": members})
    return shown


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
