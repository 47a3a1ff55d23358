"""Errors: one JSON shape for programs, a page in the reader's language for people."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, SecurityError

from portal.error_shape import error_body
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
    return _page(status)


def _program_answer(error: HTTPException, status: int) -> Response:
    code = error.name.lower().replace(" ", "_")
    remedies = {404: "See /api/v1/datasets for what there is.", 405: "Use GET.", 429: "Wait and ask again."}
    message, remedy = error.description or error.name, remedies.get(status, "Correct the request.")
    response = make_response(jsonify(error_body(status, code, message, remedy)), status)
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def _page(status: int) -> Response:
    template = "404.html" if status == 404 else "error.html"
    try:
        return make_response(render_template(template, status=status, **template_context()), status)
    except ReleaseError as error:
        return _release_error(error)


def _release_error(error: ReleaseError) -> Response:
    log.error("%s", error)
    message = "No release can be served at the moment."
    remedy = "The operator runs 'make build'; try again later."
    response = jsonify(error_body(503, "no_release", message, remedy))
    response.status_code = 503
    response.headers["Retry-After"] = "60"
    return response


def _crash(error: Exception) -> Response:
    log.exception("%s failed", request.endpoint, exc_info=error)
    return _http_error(InternalServerError())
