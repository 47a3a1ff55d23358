"""Ready answers and ETags: an answer is a function of release, address and arguments, so nothing ever needs invalidating."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from flask import Blueprint, Flask, Response, current_app, make_response, request
from flask_caching import Cache

from portal.current import current_release, page_state, preview
from portal.freshness import REVALIDATED
from portal.shelf import ReadyAnswer

cache = Cache()
#: Of all answers kept ready, pages and API together.
SHELF_BYTES = 32_000_000

Arguments = Iterable[tuple[str, str]]


def init_app(app: Flask) -> None:
    """Keep answers in this process."""
    cache.init_app(app, {"CACHE_TYPE": "portal.shelf.Shelf", "CACHE_BYTES": SHELF_BYTES, "CACHE_DEFAULT_TIMEOUT": 0})


def request_digest(state: str, arguments: Arguments) -> str:
    """What an answer depends on, as 24 hexadecimal digits: `state` (its release and the like), address, `arguments`, code.

    The host, and the release that the address is pinned to, are in it because answers carry whole addresses.
    """
    version = current_app.config["VERSION"]
    parts = (state, request.root_url, request.path, repr(sorted(arguments)), version)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def ready_answer(key: str) -> Response | None:
    """The answer that was kept under this key, if it is still there."""
    ready: ReadyAnswer | None = None if preview() else cache.get(key)
    if ready is None:
        return None
    response = make_response(ready.body)
    response.headers.clear()
    response.headers.extend(ready.headers)
    return response


def keep_answer(key: str, response: Response) -> None:
    """Keep an answer for those who ask the same; one of a preview is for nobody else."""
    if preview():
        return
    cache.set(key, ReadyAnswer(response.get_data(), tuple(response.headers.items())))


def cache_pages(blueprint: Blueprint, arguments: Callable[[], Arguments | None]) -> None:
    """Answer GET requests of `blueprint` from the cache, and unchanged ones with 304.

    `arguments` gives those of the request that its page looks at, as the others make no difference; nothing if the
    answer is not a page of a release.
    """

    def key() -> str | None:
        looked_at = arguments() if request.method in ("GET", "HEAD") else None
        return None if looked_at is None else request_digest(page_state(), looked_at)

    @blueprint.before_request
    def look_up() -> Response | None:
        page = key()
        return ready_answer(page) if page else None

    @blueprint.after_request
    def keep(response: Response) -> Response:
        if response.status_code != 200 or not (page := key()):
            return response
        if not response.headers.get("ETag"):
            response.set_etag(page)
            response.headers["Cache-Control"] = REVALIDATED
            response.headers["X-Release"] = current_release().id
            keep_answer(page, response)
        response.make_conditional(request)
        return response
