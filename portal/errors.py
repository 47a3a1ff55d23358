"""Errors: one JSON shape for programs, a page in the reader's language for people."""

from __future__ import annotations

import logging

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, SecurityError

from portal.error_shape import error_body
from portal.freshness import NEVER
from portal.i18n import language
from portal.pages.arguments import forget_arguments
from portal.pages.blueprint import template_context
from portal.release import ReleaseError

log = logging.getLogger(__name__)
_FOR_PROGRAMS = ("/api/", "/downloads/", "/data/")


def init_app(app: Flask) -> None:
    """Answer every error in the portal's dress; what went wrong inside is logged, never shown."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(ReleaseError, _release_error)
    app.register_error_handler(Exception, _crash)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400 or isinstance(error, SecurityError):
        # A redirect is no error; and to a host that is not ours no page with addresses can be written.
        return make_response(error.get_response())
    if request.path.startswith(_FOR_PROGRAMS):
        return _program_answer(error, status)
    return _page(error, status)


def _program_answer(error: HTTPException, status: int) -> Response:
    code = error.name.lower().replace(" ", "_")
    remedies = {404: "See /api/v1/datasets for what there is.", 405: "Use GET.", 429: "Wait and ask again."}
    message, remedy = error.description or error.name, remedies.get(status, "Correct the request.")
    return _dressed(make_response(jsonify(error_body(status, code, message, remedy)), status), error)


def _page(error: HTTPException, status: int) -> Response:
    template = "404.html" if status == 404 else "error.html"
    forget_arguments()
    try:
        response = make_response(render_template(template, status=status, **template_context()), status)
    except ReleaseError as trouble:
        return _release_error(trouble)
    return _dressed(response, error)


def _dressed(response: Response, error: HTTPException) -> Response:
    response.headers["Cache-Control"] = NEVER
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def _release_error(error: ReleaseError) -> Response:
    log.error("%s", error)
    response = _no_release()
    response.status_code = 503
    response.headers["Retry-After"] = "60"
    response.headers["Cache-Control"] = NEVER
    return response


def _no_release() -> Response:
    if request.path.startswith(_FOR_PROGRAMS):
        message = "No release can be served at the moment."
        remedy = "The operator runs 'make build'; try again later."
        return jsonify(error_body(503, "no_release", message, remedy))
    # Not `render_template`: what it adds for the layout comes from a release.
    page = current_app.jinja_env.get_template("unavailable.html")
    return make_response(page.render(lang=language()))


def _crash(error: Exception) -> Response:
    log.exception("%s failed", request.endpoint, exc_info=error)
    return _http_error(InternalServerError())
