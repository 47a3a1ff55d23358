"""The page that compares any two releases: how many figures are not the same, why, and which."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from datasets.contract import Change, Reason
from portal.cells import Reader
from portal.changes import Count
from portal.current import current_release, release_of, store
from portal.diff import MOST_LINES, BusyError, Diff, Wanted, diffs
from portal.i18n import language
from portal.numbers import format_number
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import addressed_by, breadcrumbs, page, page_url, reader
from portal.pages.difference_rows import difference_columns, difference_tables
from portal.pages.move_words import count_text
from portal.pages.release_words import counts_text, reason_text, release_choice, release_name
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
    old_id = asked.get("from") or (before.id if before else "")
    old, other_trouble = _release(old_id) if old_id else (None, "")
    first = new is not None and not old_id
    view: dict[str, Any] = {}
    unknown: list[dict[str, str]] = []
    if old and new:
        try:
            found = diffs().between(old, new)
            unknown = _unknown(found, asked)
            view = {} if unknown else _view(found, asked, cells)
        except BusyError:
            abort(503)
    html = render_template(
        "diff.html",
        trouble=list(dict.fromkeys(filter(None, (trouble, other_trouble)))),
        unknown=unknown,
        first=release_name(new) if new and first else "",
        filters=_filters(view, old_id, asked, cells, new),
        view=view,
        columns=difference_columns(),
        breadcrumbs=breadcrumbs(_("Compare releases"), (_("Releases"), page_url("releases", {}))),
        **addressed_by(asked),
    )
    return unkept(html) if view or first else (html, 404)


def _unknown(found: Diff, asked: dict[str, str]) -> list[dict[str, str]]:
    """What was asked for and does not exist, as an error summary lists it."""
    known: tuple[tuple[str, Container[str], str], ...] = (
        ("dataset", found.pairs, _("Neither release has such a dataset.")),
        ("reason", set(Reason), _("There is no such reason.")),
        ("kind", set(Change), _("There is no such kind of change.")),
    )
    return [
        {"text": f"{text} {asked[name]}"} for name, codes, text in known if name in asked and asked[name] not in codes
    ]


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
    total, filtered = found.count(), any((dataset, reason, kind))
    return {
        "old_name": release_name(found.old),
        "new_name": release_name(found.new),
        "total": total,
        "count": count,
        "heading": _heading(count, total, filtered=filtered),
        "lines": format_number(min(count, MOST_LINES), (0, 0), cells.language),
        "filtered": filtered,
        "by_reason": counts_text(found.counts, cells),
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


def _heading(count: int, total: int, *, filtered: bool) -> str:
    if not filtered:
        return count_text(total)
    return _("%(figures)s of all %(total)s", figures=count_text(count), total=format_number(total, (0, 0), language()))


def _summary(found: Diff, kept: dict[str, str], cells: Reader) -> list[list[dict[str, Any]]]:
    """A row for each dataset, kind and reason, which leads to just these figures: two columns, for narrow screens."""
    rows: list[list[dict[str, Any]]] = []
    for each in _merged(found.counts):
        shown = found.pairs[each.dataset].either
        mark = cells.catalogue.label("origin", shown.origin, cells.language) if shown.synthetic else ""
        chosen = {"dataset": each.dataset, "kind": each.kind} | ({"reason": each.reason} if each.reason else {})
        chosen = {name: kept[name] for name in ("from", "to")} | chosen
        what = cells.catalogue.label("change_kind", each.kind, cells.language)
        note = " · ".join(filter(None, (what, reason_text(each.reason, cells), mark)))
        rows.append(
            [
                {"text": shown.title[cells.language], "href": f"{page_url('diff', chosen)}#figures", "note": note},
                {"text": format_number(each.figures, (0, 0), cells.language), "sort": each.figures},
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
