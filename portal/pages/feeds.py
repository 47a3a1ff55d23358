"""Atom feeds (RFC 4287), and the page that lists them.

What a release changed, for all and for a dataset, a region, a clinic, a stop-factor, with what was withdrawn and what clinics
replied; corrections; announcements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _

from datasets.contract import ORGANISATION_CODELIST, REGION_CODELIST
from portal.cache import keep_answer, ready_answer, request_digest
from portal.chronicle import chronicle
from portal.corrections import read_log
from portal.current import current_release, store
from portal.freshness import REVALIDATED
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.feed_entries import (
    FeedEntry,
    announcement_entries,
    correction_entries,
    release_entries,
    subject_entries,
    tag,
)
from portal.pages.record_entries import reply_entries, withdrawal_entries
from portal.pages.subject import find_blocks, find_followable
from portal.record import join, record_of
from portal.renamed import every_name
from portal.tally import STOP_FACTOR_CODELIST, Subject

#: So many entries, the newest, are in a feed.
MOST_ENTRIES = 50


@page("feeds/", kept=False)
def feeds() -> str:
    """Everything that can be followed."""
    cells = reader()
    factors = cells.catalogue.codelists[STOP_FACTOR_CODELIST].codes.values() if find_blocks(cells) else ()
    return render_template(
        "feeds.html",
        feeds=[
            {"text": _("Releases"), "href": url_for("pages.releases_feed")},
            {"text": _("Corrections"), "href": url_for("pages.corrections_feed")},
            {"text": _("Announcements"), "href": url_for("pages.announcements_feed")},
        ],
        stop_factors=[
            {"text": each.label[cells.language], "href": url_for("pages.stop_factor_feed", code=each.code)}
            for each in factors
        ],
        breadcrumbs=breadcrumbs(_("Follow the changes")),
    )


@page("feeds/releases.atom", kept=False)
def releases_feed() -> Response:
    """Every release of the chain."""
    cells = reader()
    return _ready("releases", _("Releases"), url_for("pages.home"), lambda: release_entries(chronicle().steps(), cells))


@page("feeds/corrections.atom", kept=False)
def corrections_feed() -> Response:
    """The log of corrections."""
    cells = reader()

    def entries() -> Iterator[FeedEntry]:
        steps = chronicle().steps()
        return correction_entries(read_log(current_release(), steps, store()), steps, cells)

    return _ready("corrections", _("Corrections"), url_for("pages.corrections"), entries)


@page("feeds/announcements.atom", kept=False)
def announcements_feed() -> Response:
    """What was announced of names, columns and format."""
    cells = reader()
    address = url_for("pages.announcements")
    return _ready(
        "announcements", _("Announcements"), address, lambda: announcement_entries(every_name().announcements, cells)
    )


@page("feeds/datasets/<slug>.atom", kept=False)
def dataset_feed(slug: str) -> Response:
    """What releases changed of a dataset."""
    return _subject_feed("dataset", slug)


@page("feeds/regions/<code>.atom", kept=False)
def region_feed(code: str) -> Response:
    """What releases changed of a region."""
    return _subject_feed(REGION_CODELIST, code)


@page("feeds/clinics/<code>.atom", kept=False)
def clinic_feed(code: str) -> Response:
    """What releases changed of a clinic."""
    return _subject_feed(ORGANISATION_CODELIST, code)


@page("feeds/stop-factors/<code>.atom", kept=False)
def stop_factor_feed(code: str) -> Response:
    """What releases changed of blocks under a stop-factor."""
    return _subject_feed(STOP_FACTOR_CODELIST, code)


def _subject_feed(kind: str, code: str) -> Response:
    cells = reader()
    followed = find_followable(Subject(kind, code), cells)
    if followed is None:
        abort(404)
    former = every_name().former(code) if kind == "dataset" else ()
    path = followed.address.removeprefix(f"{request.script_root}/{cells.language}/")
    subject = followed.subject

    def entries() -> Iterator[FeedEntry]:
        steps = chronicle().steps()
        yield from subject_entries(steps, subject, path, cells, former)
        yield from withdrawal_entries(steps, subject, cells, former)
        replies = join(*(step.record.replies for step in steps), record_of(current_release()).replies)
        yield from reply_entries(replies, subject, cells)

    return _ready(f"{kind}/{code}", followed.title, followed.address, entries)


def _ready(name: str, title: str, address: str, entries: Callable[[], Iterable[FeedEntry]]) -> Response:
    """A feed about the page at `address`: made once for each state of the chain."""
    key = request_digest(f"{current_release().state} {chronicle().state()}", ())
    response = ready_answer(key)
    if response is None:
        newest = next(iter(chronicle().steps()), None)
        response = Response(_text(name, title, address, entries(), newest.instant if newest else ""))
        response.content_type = "application/atom+xml; charset=utf-8"
        response.set_etag(key)
        response.headers["Cache-Control"] = REVALIDATED
        response.headers["X-Release"] = current_release().id
        keep_answer(key, response)
    response.make_conditional(request)
    return response


def _text(name: str, title: str, address: str, entries: Iterable[FeedEntry], instant: str) -> str:
    shown = sorted(entries, key=lambda entry: entry.updated, reverse=True)[:MOST_ENTRIES]
    return render_template(
        "feed.xml",
        id=tag("feed", name, reader().language),
        title=title,
        updated=max((entry.updated for entry in shown), default=instant),
        here=request.base_url,
        page=f"{request.host_url.rstrip('/')}{address}",
        entries=shown,
    )
