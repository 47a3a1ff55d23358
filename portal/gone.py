"""410 (RFC 9110) for what was published once and is not any more: what was announced of it, and where it is kept."""

from __future__ import annotations

from flask import Response, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal.chronicle import Step
from portal.error_shape import error_body
from portal.freshness import NEVER
from portal.i18n import language
from portal.pages.blueprint import template_context
from portal.record import Announcement
from portal.sunset import deprecate


def answer_gone(name: str, announcement: Announcement | None, last: Step | None, file: str | None = None) -> Response:
    """The answer for a thing of this name, or for its `file`; `last` is the last release that has it."""
    kept = _kept_at(last.id, file) if last else None
    if request.path.startswith(("/api/", "/downloads/")):
        message = f"'{name}' is not published any more. {announcement.text['en'] if announcement else ''}"
        remedy = f"Its last release has it: {kept}" if kept else "No release that is kept has it."
        response = refuse(410, "gone", message.strip(), remedy)
    else:
        text = announcement.text[language()] if announcement else _("The current release does not have it any more.")
        page = render_template(
            "gone.html", text=text, announcement=announcement, kept=kept, name=name, **template_context()
        )
        response = make_response(page, 410)
        response.headers["Cache-Control"] = NEVER
    if announcement:
        deprecate(response, announcement)
    return response


def refuse(status: int, code: str, message: str, remedy: str = "See /api/v1/announcements.") -> Response:
    """An answer for programs that ask by a name that there is no more."""
    response = jsonify(error_body(status, code, message, remedy))
    response.status_code = status
    response.headers["Cache-Control"] = NEVER
    return response


def _kept_at(release_id: str, file: str | None) -> str:
    if file:
        return url_for("downloads.pinned", release_id=release_id, name=file, _external=True)
    query = request.query_string.decode("ascii", "replace")
    return f"{request.host_url}at/{release_id}{request.path}" + (f"?{query}" if query else "")
