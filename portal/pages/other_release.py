"""What there is at the address of a release that the portal cannot show: retired, damaged or of another format."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import abort, g, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from datasets.contract import DATABASE_FILE, LANGUAGE_NAMES, LANGUAGES, MANIFEST_FILE, SIGNATURE_FILE
from portal.current import preview, store
from portal.error_shape import error_body
from portal.freshness import NEVER
from portal.i18n import language
from portal.numbers import format_size
from portal.pages.blueprint import breadcrumbs, pages
from portal.pages.release_notice import format_instant
from portal.release import Edition, Refusal, ReleaseError

#: Below a pinned release: who asks there is a program.
_FOR_PROGRAMS = ("api/", "downloads/", "data/")
_STATUS = {Refusal.RETIRED: 410, Refusal.OTHER_SCHEMA: 200}


@pages.get("/at/<release_id>/")
@pages.get("/at/<release_id>/<path:rest>")
def other_release(release_id: str, rest: str = "") -> Response:
    """What is left of a release, or why it is not shown; 404 if there is none of this id."""
    try:
        edition = store().edition(release_id)
        store().open(edition)
    except ReleaseError as error:
        return _refused(release_id, rest, error)
    # Of a release that can be shown only what is not pinned comes here.
    if not rest.startswith("data"):
        abort(404)
    message = f"Only the current release answers SQL. The database of release {release_id} can be downloaded."
    return _for_programs(404, "not_found", message, f"/downloads/{release_id}/{DATABASE_FILE}")


@pages.get("/preview/<token>/")
@pages.get("/preview/<token>/<path:rest>")
def after_preview(token: str, rest: str = "") -> Response:
    """A preview that was published leads to the release; a damaged one is refused; of others nothing is known here."""
    seen = preview()
    if seen is None or not token:
        abort(404)
    if not seen.published:
        raise ReleaseError(f"The preview of release '{seen.id}' is damaged.")
    query = request.query_string.decode("latin-1")
    return redirect(f"/at/{seen.id}/{quote(rest)}" + (f"?{query}" if query else ""), 301)


def _refused(release_id: str, rest: str, error: ReleaseError) -> Response:
    if error.refusal is Refusal.ABSENT:
        abort(404)
    status = _STATUS.get(error.refusal, 503)
    if f"{rest}/".startswith(_FOR_PROGRAMS):
        if error.refusal is Refusal.OTHER_SCHEMA:
            status = 404
        return _for_programs(
            status, str(error.refusal), str(error), f"Its files: /downloads/{release_id}/{MANIFEST_FILE}"
        )
    first = rest.split("/", 1)[0]
    if first in LANGUAGES:
        g.lang = first
    response = make_response(_page(release_id, error), status)
    response.headers["Cache-Control"] = NEVER
    return response


def _for_programs(status: int, code: str, message: str, remedy: str) -> Response:
    response = jsonify(error_body(status, code, message, remedy))
    response.status_code = status
    response.headers["Cache-Control"] = NEVER
    return response


def _page(release_id: str, error: ReleaseError) -> str:
    edition = None
    if error.refusal in _STATUS:
        edition = store().edition(release_id)
    return render_template(
        "other_release.html",
        release_id=release_id,
        refusal=str(error.refusal),
        retired=_retirement(edition),
        papers=_papers(edition) if edition else [],
        files=_files(edition) if edition and not edition.retired else [],
        languages=_languages(),
        breadcrumbs=breadcrumbs(release_id),
        canonical=None,
    )


def _retirement(edition: Edition | None) -> dict[str, str]:
    """When and why a release was retired, as far as its notice says."""
    if edition is None or edition.retired is None:
        return {}
    return {
        "at": format_instant(edition.retired["at"]),
        "reason": edition.retired["reason"].get(language(), ""),
    }


def _papers(edition: Edition) -> list[dict[str, str]]:
    names = (MANIFEST_FILE, SIGNATURE_FILE) if edition.seal else (MANIFEST_FILE,)
    return [{"name": name, "href": url_for("downloads.pinned", release_id=edition.id, name=name)} for name in names]


def _files(edition: Edition) -> list[dict[str, Any]]:
    return [
        {
            "name": path.rsplit("/", 1)[-1],
            "href": url_for("downloads.pinned", release_id=edition.id, name=path.rsplit("/", 1)[-1]),
            "size": format_size(entry["bytes"], language()),
        }
        for path, entry in edition.files.items()
    ]


def _languages() -> list[dict[str, str]]:
    """The same address in the other languages."""
    rest = request.path.strip("/").split("/")[2:]
    below = rest[1:] if rest and rest[0] in LANGUAGES else rest
    found = []
    for code in LANGUAGES:
        path = "/".join([*request.path.strip("/").split("/")[:2], code, *below])
        found.append(
            {"code": code, "name": LANGUAGE_NAMES[code], "url": f"/{path}", "absolute": f"{request.host_url}{path}"}
        )
    return found
