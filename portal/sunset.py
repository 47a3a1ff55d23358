"""What answers say of names that have gone or are to go: when, where that was announced, and what takes the place.

Sunset (RFC 8594), Deprecation (RFC 9745), links to the announcement and to the successor (RFC 5829).
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, Response, g, request, url_for
from werkzeug.http import http_date

from portal.current import current_release
from portal.record import Announcement
from portal.renamed import names_of

#: Endpoints whose answers say before a name goes that it will.
_TELLING = ("api.dataset", "api.observations", "downloads.latest")


def init_app(app: Flask) -> None:
    """Look at each answer after everything else has."""
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    """Say of an answer that depends on a name that is to go when it goes, and where that was announced."""
    if request.endpoint in _TELLING and response.status_code in (200, 304) and "release" in g:
        _tell_end(response)
    if "Deprecation" in response.headers and request.path.startswith(("/api/", "/downloads/")):
        exposed = response.headers.get("Access-Control-Expose-Headers", "ETag, Link, X-Release")
        response.headers["Access-Control-Expose-Headers"] = f"{exposed}, Deprecation, Sunset"
    return response


def _tell_end(response: Response) -> None:
    release, values = current_release(), request.view_args or {}
    dataset = release.catalogue.by_file.get(values.get("name", ""))
    slug = dataset.slug if dataset else values.get("slug", "")
    names = names_of(current_release())
    pending = sorted(names.pending(slug), key=lambda each: each.effective)
    for each in pending[:1]:
        deprecate(response, each)
        response.headers["Sunset"] = http_date(_day(each))
        response.headers.add("Link", f'<{_announced_at(each)}>; rel="sunset"; type="text/html"')


def deprecate(response: Response, announcement: Announcement) -> None:
    """Say that an answer is of an old name, since when, and where that was announced."""
    response.headers["Deprecation"] = f"@{int(_day(announcement).timestamp())}"
    response.headers.add("Link", f'<{_announced_at(announcement)}>; rel="deprecation"; type="text/html"')


def _day(announcement: Announcement) -> datetime:
    """The first moment of the day from which it holds, in Astana."""
    return datetime.fromisoformat(f"{announcement.effective}T00:00:00+05:00").astimezone(UTC)


def _announced_at(announcement: Announcement) -> str:
    return url_for("pages.announcements", lang="en", _external=True, _anchor=announcement.id)
