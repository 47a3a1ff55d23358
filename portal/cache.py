"""Page cache and ETags: a page is a function of release, language and address, so nothing ever needs invalidating."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Flask, Response, current_app, make_response, request
from flask_caching import Cache

from portal.current import current_release
from portal.i18n import language

cache = Cache()
#: Pages kept in memory; the oldest go first.
_PAGES = 500


def init_app(app: Flask) -> None:
    """Keep rendered pages in this process."""
    cache.init_app(app, {"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": _PAGES, "CACHE_DEFAULT_TIMEOUT": 0})


def cache_pages(blueprint: Blueprint) -> None:
    """Answer GET requests of `blueprint` from the cache, and unchanged ones with 304."""

    @blueprint.before_request
    def look_up() -> Response | None:
        if not _cacheable():
            return None
        body = cache.get(_key())
        return None if body is None else _finish(make_response(body))

    @blueprint.after_request
    def keep(response: Response) -> Response:
        if not _cacheable() or response.status_code != 200 or response.headers.get("ETag"):
            return response
        cache.set(_key(), response.get_data())
        return _finish(response)


def _cacheable() -> bool:
    return request.method in ("GET", "HEAD") and request.endpoint != "pages.root"


def _key() -> str:
    """All that a page depends on. The host is in it because canonical addresses are written into the page."""
    parts = (
        current_release().id,
        language(),
        request.host_url,
        request.path,
        repr(sorted(request.args.items(multi=True))),
    )
    return hashlib.sha256("\n".join((*parts, current_app.config["VERSION"])).encode()).hexdigest()


def _finish(response: Response) -> Response:
    response.set_etag(_key()[:32])
    response.headers["Cache-Control"] = "public, no-cache"
    response.headers["X-Release"] = current_release().id
    response.make_conditional(request)
    return response
