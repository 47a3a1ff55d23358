"""The front of the application: `/at/<release>/…` is the whole portal pinned to a release, `/preview/<secret>/…` one of a
release under embargo.

What stands below moves from the path to SCRIPT_NAME, so that every address that the portal writes stays in the tree. Where
no portal can be shown, for a release that is unknown, retired, damaged or of another schema, the path stays as it is, and
`portal.pages.other_release` says what there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from portal.current import PINNED, PREVIEW
from portal.freshness import NEVER
from portal.previews import Previews
from portal.release import Edition, ReleaseError
from portal.store import ReleaseStore

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_TREE = re.compile(r"(?P<prefix>/(?P<kind>at|preview)/(?P<name>[^/]{1,100}))(?P<rest>/.*)?", re.DOTALL)
#: The SQL face writes its own addresses, and only those of the current release.
_NOT_PINNED = ("/data", "/at", "/preview")
#: What needs no catalogue: releases of another schema and retired ones have it too.
_FILES = "/downloads/"
_OF_PREVIEW = {
    "Cache-Control": NEVER,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_OF_PINNED = {"X-Robots-Tag": "noindex"}


class Trees:
    """WSGI middleware around the portal."""

    def __init__(self, portal: WSGIApplication, store: ReleaseStore) -> None:
        self._portal = portal
        self._store = store
        self._previews = Previews(store.folder)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pin the request if its address says so, and answer it."""
        found = _TREE.fullmatch(environ.get("PATH_INFO", ""))
        if found is None:
            return self._portal(environ, start_response)
        if found["kind"] == "at":
            self._pin(environ, found)
            return self._portal(environ, _with(_OF_PINNED, start_response))
        self._look_ahead(environ, found)
        return self._portal(environ, _with(_OF_PREVIEW, start_response))

    def _pin(self, environ: WSGIEnvironment, found: re.Match[str]) -> None:
        try:
            edition = self._store.edition(found["name"])
            self._move(environ, found, edition)
        except ReleaseError:
            return

    def _look_ahead(self, environ: WSGIEnvironment, found: re.Match[str]) -> None:
        preview = self._previews.find(found["name"])
        # What is sent from a preview, such as a report, would tell others of it.
        if preview is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS"):
            return
        environ[PREVIEW] = preview
        if preview.published:
            return
        try:
            self._move(environ, found, self._store.edition_in(preview.folder, signed=False))
        except ReleaseError:
            return

    def _move(self, environ: WSGIEnvironment, found: re.Match[str], edition: Edition) -> None:
        """Pin the request to the edition; raises ReleaseError if it has no portal and no file is asked for."""
        rest = found["rest"] or "/"
        if any(rest == each or rest.startswith(f"{each}/") for each in _NOT_PINNED):
            return
        if not rest.startswith(_FILES):
            self._store.open(edition)
        environ[PINNED] = edition
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + found["prefix"]
        environ["PATH_INFO"] = rest


def _with(headers: dict[str, str], start_response: StartResponse) -> StartResponse:
    def start(status: str, given: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
        kept = [(name, value) for name, value in given if name.title() not in headers]
        return start_response(status, [*kept, *headers.items()], *rest)

    return start
