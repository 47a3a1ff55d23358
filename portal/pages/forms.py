"""What all forms share that visitors send: the desk behind them, who may send one, what is never kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit

from flask import Response, current_app, request

from portal.desk.database import Desk
from portal.freshness import NEVER

#: Bytes of a whole form: the longest text, every letter of it written as `%F0%9F%98%80`, and the rest.
MOST_BYTES = 40_000
#: A field that people do not see and programs fill in.
TRAP = "website"


def desk() -> Desk:
    """The desk of the running application."""
    return cast(Desk, current_app.extensions["desk"])


def instant() -> datetime:
    """Now."""
    return datetime.now(UTC)


def is_ours() -> bool:
    """Whether the browser says that the form was on a page of ours. Every browser of today says one of the two."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        # Not the scheme: a proxy may speak to us without encryption.
        return urlsplit(origin).netloc == request.host
    return site is not None


def never_kept(response: Response) -> Response:
    """The answer, which no cache may keep and no search engine list."""
    response.headers["Cache-Control"] = NEVER
    response.headers["X-Robots-Tag"] = "noindex"
    return response
