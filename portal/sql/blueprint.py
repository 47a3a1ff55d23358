"""The routes of `/data/`: check the URL, ask the pool, dress the answer. Nothing of Datasette runs here."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request, send_file
from werkzeug.routing import BaseConverter

from portal.freshness import REVALIDATED
from portal.sql import gate
from portal.sql.exchange import DATABASE_NAME, MOUNT, RELEASE_PARAMETER, SqlRequest
from portal.sql.faults import SqlError, not_found
from portal.sql.headers import secure
from portal.sql.pool import SqlPool

#: Gives the release to answer from: the path of its SQLite file and its id. Without an id it is the current one; nothing
#: if there is none of that id.
FindRelease = Callable[[str | None], tuple[Path, str] | None]

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
STATIC = "/-/static/"
OWN_ASSETS = Path(__file__).parent / "assets"
DATASETTE_ASSETS = (
    "codemirror-5.57.0.min.js",
    "codemirror-5.57.0.min.css",
    "codemirror-5.57.0-sql.min.js",
    "sql-formatter-2.3.3.min.js",
    "table.js",
)


class Anything(BaseConverter):
    """The rest of a path. Werkzeug's `path` matches no leading slash and no line break: those would not come here."""

    regex = r"[\s\S]*"
    part_isolating = False


def create_blueprint(pool: SqlPool, find: FindRelease) -> Blueprint:
    """Routes for `app.register_blueprint(create_blueprint(pool, find))`: no further prefix, it mounts at `/data`."""
    blueprint = Blueprint("sql", __name__)
    assets = _assets()

    def answer(path: str = "") -> Response:
        try:
            return secure(_answer(pool, find, assets, f"/{path}"))
        except SqlError as fault:
            return secure(refusal(fault))

    blueprint.record_once(lambda state: state.app.url_map.converters.update(anything=Anything))
    for rule in (MOUNT, f"{MOUNT}/", f"{MOUNT}/<anything:path>"):
        # Werkzeug's own redirects (slashes) would echo the Host header.
        blueprint.add_url_rule(
            rule,
            "answer",
            answer,
            methods=METHODS,
            strict_slashes=False,
            merge_slashes=False,
            provide_automatic_options=False,
        )
    return blueprint


def _answer(pool: SqlPool, find: FindRelease, assets: dict[str, Path], path: str) -> Response:
    if request.method not in ("GET", "HEAD"):
        raise SqlError("method_not_allowed", 405, f"{request.method} is not possible here.", "Use GET or HEAD.")
    if path == "/":
        return _redirect(f"{MOUNT}/{DATABASE_NAME}", 302)
    if path.startswith(STATIC):
        return _asset(assets, path.removeprefix(STATIC))
    query = request.environ.get("QUERY_STRING", "")
    gate.check(path.rstrip("/"), query)
    if path.endswith("/"):
        return _redirect(f"{MOUNT}{path.rstrip('/')}" + (f"?{query}" if query else ""), 301)
    return _ask(pool, *_release(pool, find), path, query)


def _release(pool: SqlPool, find: FindRelease) -> tuple[Path, str]:
    """The current release; for the next page of what began on an earlier one that, as long as its workers are there.

    Workers are not started for it: whoever asks for many releases in turn would keep the machine busy with that.
    """
    current = find(None)
    wanted = request.args.get(RELEASE_PARAMETER)
    if current is None:
        raise not_found()
    if wanted in (None, current[1]):
        return current
    earlier = find(wanted) if wanted and pool.has(wanted) else None
    if earlier is None:
        message = (
            f"This is a next page of an earlier release; the current one is {current[1]}, and pages of two do not mix."
        )
        raise SqlError("release_changed", 409, message, "Begin again with the first page, or download the whole file.")
    return earlier


def _ask(pool: SqlPool, database: Path, release_id: str, path: str, query: str) -> Response:
    asked = SqlRequest(database, release_id, path, query, _client())
    tag = gate.etag(f"{asked.version} {current_app.config.get('VERSION')}", path, query)
    if tag and request.if_none_match.contains_weak(tag):
        response = Response(status=304, mimetype="text/csv" if path.endswith(".csv") else "application/json")
    else:
        answer = pool.ask(asked)
        response = Response(answer.body, answer.status, answer.headers)
    if tag and response.status_code in (200, 304):
        response.set_etag(tag)
        response.headers["Cache-Control"] = REVALIDATED
    response.headers["X-Release"] = quote(release_id)
    return response


def _client() -> str:
    """Whom the fair share is counted by: the address, or the /64 network of an IPv6 address (one household has one)."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def refusal(fault: SqlError) -> Response:
    """The fault as the visitor asks for it: a page, or JSON."""
    accepted = request.accept_mimetypes
    wants_json = request.path.endswith((".json", ".csv")) or (accepted["application/json"] > accepted["text/html"])
    body, kind = (fault.as_json(), "application/json") if wants_json else (fault.as_page(), "text/html; charset=utf-8")
    response = Response(body, fault.status, content_type=kind)
    response.vary.add("Accept")
    if fault.retry_after:
        response.headers["Retry-After"] = str(fault.retry_after)
    if fault.status == 405:
        response.headers["Allow"] = "GET, HEAD"
    return response


def _redirect(location: str, status: int) -> Response:
    return Response(status=status, headers={"Location": location})


def _asset(assets: dict[str, Path], name: str) -> Response:
    if name not in assets:
        raise not_found()
    response = send_file(assets[name], conditional=True)
    response.headers["Cache-Control"] = REVALIDATED
    return response


def _assets() -> dict[str, Path]:
    """The few static files that the pages link to, by name: Datasette's, found without importing it, and our own."""
    spec = importlib.util.find_spec("datasette")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("Datasette is not installed: pip install -r requirements.txt")
    folder = Path(spec.submodule_search_locations[0]) / "static"
    files = [*(folder / name for name in DATASETTE_ASSETS), *OWN_ASSETS.iterdir()]
    return {file.name: file for file in files}
