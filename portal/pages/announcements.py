"""What was announced of names, columns and format: before it happens, so that programs can be changed in time, and after."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from portal.cells import Reader
from portal.numbers import format_date
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.record import FORMAT, Announcement
from portal.renamed import Names, every_name


@page("announcements", kept=False)
def announcements() -> str:
    """All announcements: those that are to come, then those in force, each the newest first."""
    cells, names = reader(), every_name()
    views = [announcement_view(each, names, cells) for each in names.announcements]
    return render_template(
        "announcements.html",
        pending=[view for view in views if view["pending"]],
        done=[view for view in views if not view["pending"]],
        feed=url_for("pages.announcements_feed"),
        breadcrumbs=breadcrumbs(_("Announcements")),
    )


def dataset_announcements(slug: str, cells: Reader) -> list[dict[str, Any]]:
    """What was announced of one dataset alone, under any of its names."""
    names = every_name()
    return [announcement_view(each, names, cells) for each in names.notices(slug) if each.kind != FORMAT]


def pending_announcements(cells: Reader) -> list[dict[str, Any]]:
    """What is to change, in whichever dataset."""
    names = every_name()
    return [announcement_view(each, names, cells) for each in names.announcements if names.is_pending(each)]


def announcement_view(announcement: Announcement, names: Names, cells: Reader) -> dict[str, Any]:
    """What the template needs of an announcement."""
    pending = names.is_pending(announcement)
    day = format_date(announcement.effective, cells.language)
    slug = names.present(announcement.dataset or "")
    dataset = cells.catalogue.datasets.get(slug)
    return {
        "id": announcement.id,
        "kind": cells.catalogue.label("announcement_kind", announcement.kind, cells.language),
        "text": announcement.text[cells.language],
        "pending": pending,
        "when": _("Takes effect: %(day)s", day=day) if pending else _("In force since: %(day)s", day=day),
        "announced": format_date(announcement.date, cells.language),
        "old": announcement.subject or "",
        "new": announcement.replacement or "",
        "dataset": dataset.title[cells.language] if dataset else announcement.dataset or "",
        "href": url_for("pages.dataset", slug=slug) if dataset else "",
        "more": url_for("pages.announcements", _anchor=announcement.id),
    }
