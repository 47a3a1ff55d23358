"""Answers: JSON and CSV with their headers, ETags and pages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, stream_with_context

from portal.api.pinning import Cursor, Pin
from portal.cache import request_digest
from portal.freshness import PINNED, REVALIDATED
from portal.release import Release

JSON_TYPE = "application/json"
CSV_TYPE = "text/csv; charset=utf-8"
_LINES_AT_ONCE = 500


def wants_csv() -> bool:
    """Whether the request is to be answered in CSV: `format` wins over `Accept`, JSON is what there is without both."""
    asked = request.args.get("format")
    if asked is not None:
        return asked == "csv"
    return request.accept_mimetypes.best_match([JSON_TYPE, "text/csv"], JSON_TYPE) == "text/csv"


def digest(state: str) -> str:
    """What an answer depends on: `state` (its release and the like), address, arguments, format, code."""
    return request_digest(f"{state} {wants_csv()}", request.args.items(multi=True))


def json_answer(document: Mapping[str, Any], release: Release, *, fixed: bool = False, state: str = "") -> Response:
    """`document` as JSON. `state` is what it depends on besides its release and address."""
    body = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _finish(Response(body, content_type=JSON_TYPE), release, fixed=fixed, state=state)


def csv_answer(
    names: list[str],
    rows: Iterable[Mapping[str, Any]],
    pin: Pin,
    file_name: str,
    *,
    state: str = "",
    streamed: bool = False,
) -> Response:
    """Rows as CSV after RFC 4180 in UTF-8: a header line, commas, a decimal point, nothing where a value is null.

    An answer with a `state` depends on more than its release, so no pin fixes it. One that is `streamed` is never whole in
    memory: its rows are made while it is sent.
    """
    lines = _csv_lines(names, rows)
    body = stream_with_context(lines) if streamed else "".join(lines)
    response = Response(body, content_type=CSV_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return _finish(response, pin.release, fixed=pin.fixed and not state, state=state)


def _csv_lines(names: list[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """CSV in pieces of some hundred lines."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(names)
    for number, row in enumerate(rows, 1):
        writer.writerow([row[name] for name in names])
        if number % _LINES_AT_ONCE == 0:
            yield file.getvalue()
            file.seek(0)
            file.truncate()
    yield file.getvalue()


def _finish(response: Response, release: Release, *, fixed: bool, state: str = "") -> Response:
    response.set_etag(f"{release.id}-{digest(release.state + state)}")
    response.headers["Cache-Control"] = PINNED if fixed else REVALIDATED
    response.headers["Vary"] = "Accept"
    response.headers["X-Release"] = release.id
    return response


def next_url(following: Cursor | None) -> str | None:
    """The address of the next page: the same request with another cursor."""
    if following is None:
        return None
    arguments = [pair for pair in request.args.items(multi=True) if pair[0] != "cursor"]
    return f"{request.base_url}?{urlencode([*arguments, ('cursor', str(following))])}"


def add_page_headers(response: Response, count: int, following: str | None) -> Response:
    """The number of rows on all pages and the next page, for those who read no JSON."""
    response.headers["X-Total-Count"] = str(count)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response
