"""The page that compares any two releases: how many figures are not the same, why, and which."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.cells import Reader
from portal.changes import Count
from portal.current import current_release, release_of, store
from portal.diff import BusyError, Diff, Wanted, diffs
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import addressed_by, breadcrumbs, page, page_url, reader
from portal.pages.difference_rows import difference_columns, difference_tables
from portal.pages.release_words import reason_text, release_choice, release_name
from portal.pages.releases import unkept
from portal.pages.table import page_number
from portal.release import Refusal, Release, ReleaseError
from portal.release_notes import listed_before

#: Figures on one page.
PAGE_SIZE = 100


@page("diff", "from", "to", "dataset", "reason", "kind", "page", kept=False)
def diff() -> ResponseReturnValue:
    """The differences of release `to` against release `from`, all or those of a dataset, for a reason, of a kind."""
    cells, asked = reader(), page_arguments()
    # Without them: the release of this page against the one before it.
    new, trouble = _release(asked.get("to") or current_release().id)
    before = listed_before(store(), new) if new and "from" not in asked else None
    old_id = asked.get("from") or (before.id if before else new.id if new else "")
    old, other_trouble = _release(old_id) if old_id else (None, "")
    view: dict[str, Any] = {}
    if old and new:
        try:
            view = _view(diffs().between(old, new), asked, cells)
        except BusyError:
            abort(503)
    html = render_template(
        "diff.html",
        trouble=list(dict.fromkeys(filter(None, (trouble, other_trouble)))),
        old=old,
        new=new,
        filters=_filters(view, old_id, asked, cells, new),
        view=view,
        columns=difference_columns(),
        breadcrumbs=breadcrumbs(_("Compare releases"), (_("Releases"), page_url("releases", {}))),
        **addressed_by(asked),
    )
    return unkept(html) if old and new else (html, 404)


def _release(release_id: str) -> tuple[Release | None, str]:
    """The release of an id, or why it cannot be compared."""
    try:
        return release_of(release_id), ""
    except ReleaseError as error:
        texts = {
            Refusal.ABSENT: _("There is no such release."),
            Refusal.RETIRED: _(
                "One of the releases is retired: its figures are gone, so nothing can be compared with it."
            ),
            Refusal.OTHER_SCHEMA: _("One of the releases has another format, so its figures cannot be compared."),
        }
        return None, texts.get(error.refusal, _("One of the releases is damaged and cannot be compared."))


def _view(found: Diff, asked: dict[str, str], cells: Reader) -> dict[str, Any]:
    dataset, reason, kind = ((asked[name],) if name in asked else () for name in ("dataset", "reason", "kind"))
    wanted = Wanted(dataset, reason, kind)
    count = found.count(wanted)
    pages = max(1, -(-count // PAGE_SIZE))
    number = min(page_number(asked.get("page", "")), pages)
    differences = found.differences(wanted, PAGE_SIZE, (number - 1) * PAGE_SIZE)
    kept = {"from": found.old.id, "to": found.new.id}
    kept |= {name: asked[name] for name in ("dataset", "reason", "kind") if name in asked}
    tables = difference_tables(found, differences, cells)
    return {
        "old_name": release_name(found.old),
        "new_name": release_name(found.new),
        "total": found.count(),
        "count": count,
        "summary": _summary(found, kept, cells),
        "tables": tables,
        "statuses": list(dict.fromkeys(status for table in tables for status in table["statuses"])),
        "withheld": any(each.kind in ("hidden", "shown") for each in differences),
        "steps": len(found.chain) > 1,
        "unread": found.unread,
        "pairs": found.pairs,
        "counts": found.counts,
        "renamed": [
            (each.old.slug, each.new.slug)
            for each in found.pairs.values()
            if each.old and each.new and each.old.slug != each.new.slug
        ],
        "page": number,
        "pages": pages,
        "url": page_url("diff", kept),
        "arguments": kept,
    }


def _summary(found: Diff, kept: dict[str, str], cells: Reader) -> list[list[dict[str, Any]]]:
    """A row for each dataset, kind and reason, which leads to just these figures."""
    rows: list[list[dict[str, Any]]] = []
    for each in _merged(found.counts):
        shown = found.pairs[each.dataset].either
        mark = cells.catalogue.label("origin", shown.origin, cells.language) if shown.synthetic else ""
        chosen = {"dataset": each.dataset, "kind": each.kind} | ({"reason": each.reason} if each.reason else {})
        chosen = {name: kept[name] for name in ("from", "to")} | chosen
        rows.append(
            [
                {"text": shown.title[cells.language], "href": f"{page_url('diff', chosen)}#figures", "note": mark},
                {"text": cells.catalogue.label("change_kind", each.kind, cells.language)},
                {"text": reason_text(each.reason, cells)},
                {"text": str(each.figures), "sort": each.figures},
            ]
        )
    return rows


def _merged(counts: tuple[Count, ...]) -> list[Count]:
    """The counts as they are, the larger ones of a dataset first."""
    order = {each.dataset: place for place, each in reversed(list(enumerate(counts)))}
    return sorted(counts, key=lambda each: (order[each.dataset], -each.figures))


def _filters(
    view: dict[str, Any], old_id: str, asked: dict[str, str], cells: Reader, new: Release | None
) -> list[dict[str, Any]]:
    """The form: any two releases that can be read, and what to show of their differences."""
    chain = [each for each in store().chain() if each.state == "whole"]
    releases = [{"value": each.id, "text": release_choice(each, cells)} for each in chain]
    selects = [
        {"name": "from", "label": _("From release"), "value": old_id, "options": releases},
        {"name": "to", "label": _("To release"), "value": new.id if new else "", "options": releases},
    ]
    if not view:
        return selects
    everything = {"value": "", "text": _("All")}
    counts: tuple[Count, ...] = view["counts"]
    titles = {each.dataset: view["pairs"][each.dataset].either.title[cells.language] for each in counts}
    reasons = {each.reason: reason_text(each.reason, cells) for each in counts if each.reason}
    kinds = {each.kind: cells.catalogue.label("change_kind", each.kind, cells.language) for each in counts}
    for name, label, texts in (
        ("dataset", _("Dataset"), titles),
        ("reason", _("Reason"), reasons),
        ("kind", _("Kind of change"), kinds),
    ):
        options = [everything, *({"value": value, "text": text} for value, text in texts.items())]
        selects.append({"name": name, "label": label, "value": asked.get(name, ""), "options": options})
    return selects
