"""Errors: one JSON shape for programs, a page in the reader's language for people."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from portal.pages.blueprint import template_context
from portal.release import ReleaseError

log = logging.getLogger(__name__)
_FOR_PROGRAMS = ("/api/", "/downloads/", "/data/")


def init_app(app: Flask) -> None:
    """Answer every error in the portal's dress; what went wrong inside is logged, never shown."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(ReleaseError, _release_error)
    app.register_error_handler(Exception, _crash)


def error_body(status: int, code: str, message: str, remedy: str) -> dict[str, dict[str, object]]:
    """The one error shape of the API, the downloads and SQL."""
    return {"error": {"status": status, "code": code, "message": message, "remedy": remedy}}


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400 or isinstance(error, SecurityError):
        # A redirect is no error; and to a host that is not ours no page with addresses can be written.
        return make_response(error.get_response())
    response = _program_answer(error, status) if request.path.startswith(_FOR_PROGRAMS) else _page(status)
    response.status_code = status
    return response


def _program_answer(error: HTTPException, status: int) -> Response:
    code = error.name.lower().replace(" ", "_")
    remedies = {404: "See /api/v1/datasets for what there is.", 405: "Use GET.", 429: "Wait and ask again."}
    return jsonify(
        error_body(status, code, error.description or error.name, remedies.get(status, "Correct the request."))
    )


def _page(status: int) -> Response:
    template = "404.html" if status == 404 else "error.html"
    return make_response(render_template(template, status=status, **template_context()))


def _release_error(error: ReleaseError) -> Response:
    log.error("%s", error)
    message = _("No release can be served at the moment.")
    remedy = "The operator runs 'make build'; try again later."
    response = jsonify(error_body(503, "no_release", message, remedy))
    response.status_code = 503
    response.headers["Retry-After"] = "60"
    return response


def _crash(error: Exception) -> Response:
    log.exception("%s failed", request.endpoint, exc_info=error)
    return _http_error(InternalServerError())
