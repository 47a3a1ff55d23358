"""The blueprint of `/api/v1`: how a route is declared and described, and what happens before and after each."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, current_app, g, request
from flask_smorest import Blueprint  # type: ignore[import-untyped]
from marshmallow import Schema
from werkzeug.exceptions import HTTPException

from portal.api.answers import digest
from portal.api.arguments import NoArguments, StrictParser
from portal.api.faults import ApiError, answer_fault
from portal.cache import keep_answer, ready_answer
from portal.current import current_release

PREFIX = "/api/v1"
METHODS = "GET, HEAD, OPTIONS"
#: A question longer than this is no question; it also bounds the number of parameters and of values.
LONGEST_QUERY = 8_000

View = Callable[..., Response]

api = Blueprint("api", __name__, url_prefix=PREFIX)
api.ARGUMENTS_PARSER = StrictParser()

HEADERS = {
    "ETag": {"description": "Release and question; send it back as If-None-Match.", "schema": {"type": "string"}},
    "Cache-Control": {
        "description": "Immutable where the request names the release, else to be revalidated.",
        "schema": {"type": "string"},
    },
    "X-Release": {"description": "The release of the answer.", "schema": {"type": "string"}},
}
PAGE_HEADERS = {
    "Link": {"description": 'The next page (rel="next"), if there is one.', "schema": {"type": "string"}},
    "X-Total-Count": {"description": "Rows on all pages together.", "schema": {"type": "integer"}},
}


def route(
    rule: str,
    answer: type[Schema] | None,
    arguments: type[Schema] = NoArguments,
    *,
    tag: str,
    csv_text: str = "",
    kept: bool = True,
) -> Callable[[View], View]:
    """Declare a GET route that answers `answer` and takes `arguments` as its first parameter.

    `csv_text` describes the CSV if the route also answers that; `kept` says whether answers may be kept ready.
    """

    def declare(view: View) -> View:
        headers = HEADERS | (PAGE_HEADERS if csv_text else {})
        described = view
        if csv_text:
            # RFC 4180 has no schema of its own; the columns are those of the JSON rows.
            described = api.alt_response(
                200, schema={"type": "string"}, content_type="text/csv", description=csv_text, success=True
            )(described)
        described = api.response(200, answer or {"type": "object"}, description="As asked.", headers=headers)(described)
        described = api.arguments(arguments, location="query")(described)
        described = api.alt_response(304, description="Nothing has changed since the ETag that was sent.")(described)
        releases = {"release", "to"} & arguments().fields.keys()
        if "<" in rule or releases:
            described = api.alt_response(404, "NOT_FOUND")(described)
        if releases or "release_id" in rule:
            described = api.alt_response(410, "GONE")(described)
            described = api.alt_response(503, "SERVICE_UNAVAILABLE")(described)
        if "cursor" in arguments().fields:
            described = api.alt_response(409, "CONFLICT")(described)
        described = api.doc(operationId=view.__name__)(described)
        api.route(rule, endpoint=view.__name__, tags=[tag], strict_slashes=False)(described)
        if not kept:
            _passing.add(f"{api.name}.{view.__name__}")
        return view

    return declare


#: Endpoints whose answers depend on more than the current release and the address.
_passing: set[str] = set()


def look_up() -> Response | None:
    """Answer from what is kept ready, before any argument is looked at."""
    if len(request.query_string) > LONGEST_QUERY:
        message = f"The question has {len(request.query_string)} characters, of {LONGEST_QUERY} at most."
        raise ApiError(414, "question_too_long", message, "Ask for more and filter it yourself, or take the bulk file.")
    if request.method not in ("GET", "HEAD") or request.endpoint in _passing:
        return None
    g.api_key = digest(current_release().state)
    return ready_answer(g.api_key)


def finish(response: Response) -> Response:
    """Keep the answer, allow its use by pages of any origin, and reduce it to 304 if the client has it already."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "ETag, Link, X-Release, X-Total-Count, X-Origin, X-Synthetic"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = METHODS
        response.headers["Access-Control-Allow-Headers"] = "*"
        response.headers["Access-Control-Max-Age"] = "86400"
        return response
    if response.status_code != 200:
        return response
    if "api_key" in g:
        keep_answer(g.api_key, response)
    response.make_conditional(request)
    return response


def answer_unknown(rest: str = "") -> Response:
    """An address below /api/ that is no route (404), or that is one but not for this method (405)."""
    if not _readable():
        raise ApiError(404, "not_found", "There is nothing at this address.", f"Begin at {PREFIX}/.")
    response = answer_fault(ApiError(405, "method_not_allowed", f"{request.method} is not possible here.", "Use GET."))
    response.headers["Allow"] = METHODS
    return response


def _readable() -> bool:
    """Whether the address is one that GET has an answer for."""
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint = adapter.match(method="GET")[0] if adapter else request.endpoint
    except HTTPException:
        return False
    return endpoint != request.endpoint


api.before_request(look_up)
api.after_request(finish)
api.register_error_handler(ApiError, answer_fault)
