"""An address once public never dies silently: old names lead to the new ones, what is gone says so and where it is kept.

301 and 308 (RFC 9110) for a new name, 410 for what is not published any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, make_response, redirect, request, url_for

from datasets.contract import DATA_FOLDER, MANIFEST_FILE, ORGANISATION_CODELIST
from datasets.renaming import RENAMED
from portal.api.arguments import RESERVED
from portal.catalogue import Dataset
from portal.chronicle import chronicle
from portal.current import current_edition, current_release
from portal.freshness import NEVER
from portal.gone import answer_gone, refuse
from portal.record import Announcement
from portal.release import Release
from portal.renamed import Names, every_name, names_of
from portal.sql.blueprint import refusal
from portal.sql.exchange import DATABASE_NAME, MOUNT
from portal.sql.faults import SqlError
from portal.sql.headers import secure
from portal.sunset import deprecate

#: Endpoints of one figure, which name its column in `measure`.
_OF_FIGURES = ("pages.figure", "api.history")
#: Endpoints whose query has names of columns: as parameters, and in the values of `sort`, `select` and `measure`.
_WITH_COLUMNS = ("pages.dataset", "api.observations", *_OF_FIGURES)
_OF_CLINICS = ("pages.clinic", "pages.clinic_feed")
_OWN_ARGUMENTS = RESERVED | {"order", "page"}


def init_app(app: Flask) -> None:
    """Look at the names in each address before anything else does."""
    app.before_request(_lead_on)


def init_sql(blueprint: Blueprint) -> None:
    """Tell those who ask the SQL face for a table by its old name what it is called."""
    blueprint.before_request(_name_table)


def _lead_on() -> Response | None:
    if request.method not in ("GET", "HEAD") or not request.endpoint:
        return None
    values = request.view_args or {}
    if request.endpoint == "downloads.latest":
        return _file(values["name"])
    if request.endpoint in _OF_CLINICS:
        return _clinic(values["code"])
    # A question that names its release is answered with the names of that one.
    if "slug" not in values or (request.path.startswith("/api/") and {"release", "cursor"} & set(request.args)):
        return None
    return _dataset(values["slug"])


def _dataset(slug: str) -> Response | None:
    datasets = current_release().catalogue.datasets
    if slug in datasets:
        return _columns(datasets[slug]) if request.endpoint in _WITH_COLUMNS else None
    names = every_name()
    if new := names.dataset(slug):
        return _moved({"slug": new}, _successor(names, slug))
    return _removed(names.removed(slug), slug)


def _clinic(code: str) -> Response | None:
    """A clinic that the Registry does not have any more keeps its page in the releases that have it."""
    release = current_release()
    if release.catalogue.register and code in release.catalogue.codelists[ORGANISATION_CODELIST].codes:
        return None
    last = next((step for step in chronicle().before(release.id) if code in step.clinics), None)
    return answer_gone(code, None, last) if last else None


def _removed(announcement: Announcement | None, slug: str, file: str | None = None) -> Response | None:
    """The answer for what was announced to go, and for what an older release had and nobody has announced anything of."""
    earlier = chronicle().steps() if announcement else chronicle().before(current_release().id)
    last = next((step for step in earlier if slug in step.titles), None)
    return answer_gone(slug, announcement, last, file) if announcement or last else None


def _successor(names: Names, slug: str) -> Announcement | None:
    """The announcement by which this name went; nothing where a release is shown that does not have the new one yet."""
    return next((each for each in names.announcements if each.kind == RENAMED and each.subject == slug), None)


def _moved(values: dict[str, str], announcement: Announcement | None, status: int = 301) -> Response:
    """The same request with other names; for ever, unless the old name may come back."""
    address = url_for(str(request.endpoint), **{**(request.view_args or {}), **values})
    query = request.query_string.decode("ascii", "replace")
    response = make_response(redirect(f"{address}?{query}" if query else address, status if announcement else 302))
    response.headers["Cache-Control"] = NEVER
    if announcement:
        deprecate(response, announcement)
        response.headers.add("Link", f'<{address}>; rel="successor-version"')
    return response


def _file(name: str) -> Response | None:
    edition = current_edition()
    if name == MANIFEST_FILE or {name, f"{DATA_FOLDER}/{name}"} & set(edition.files):
        return None
    if not isinstance(edition, Release):
        return None
    names = every_name()
    if new := names.file(name):
        old = next(
            (each for each in names.announcements if each.kind == RENAMED and name.startswith(each.subject or "?")),
            None,
        )
        return _moved({"name": new}, old)
    gone = names.removed_file(name)
    return _removed(gone, gone.subject or gone.dataset or "", name) if gone else None


def _columns(dataset: Dataset) -> Response | None:
    """Lead from old names of columns in the query to the new ones; refuse those that are gone."""
    given = list(request.args.items(multi=True))
    known = names_of(current_release())
    renamed = [(_new_name(known, dataset, name), _new_value(known, dataset, name, value)) for name, value in given]
    if renamed != given:
        address = url_for(str(request.endpoint), **(request.view_args or {}))
        response = make_response(redirect(f"{address}?{urlencode(renamed)}", 308))
        response.headers["Cache-Control"] = NEVER
        for each in known.renamed_columns(dataset, _column_names(given))[:1]:
            deprecate(response, each)
        return response
    if request.endpoint != "api.observations":
        return None
    for name in _column_names(given):
        if gone := known.removed_column(dataset, name):
            return refuse(422, "removed_column", f"{name}: this column is not published any more. {gone.text['en']}")
    return None


def _column_names(given: list[tuple[str, str]]) -> Iterator[str]:
    for name, value in given:
        if name == "measure" and request.endpoint in _OF_FIGURES:
            yield value
        elif name not in _OWN_ARGUMENTS:
            yield name
        elif name == "sort":
            yield value.removeprefix("-")
        elif name == "select":
            yield from value.split(",")


def _new_name(names: Names, dataset: Dataset, name: str) -> str:
    return name if name in _OWN_ARGUMENTS else names.column(dataset, name) or name


def _new_value(names: Names, dataset: Dataset, name: str, value: str) -> str:
    if name == "measure" and request.endpoint in _OF_FIGURES:
        return names.column(dataset, value) or value
    if name == "sort":
        bare = value.removeprefix("-")
        return value.removesuffix(bare) + (names.column(dataset, bare) or bare)
    if name == "select":
        return ",".join(names.column(dataset, each) or each for each in value.split(","))
    return value


def _name_table() -> Response | None:
    """404 with the new name, where a table is asked for by the old one."""
    parts = request.path.removeprefix(f"{MOUNT}/{DATABASE_NAME}/").split("/")
    table = parts[0].rsplit(".", 1)[0] if request.path.startswith(f"{MOUNT}/{DATABASE_NAME}/") else ""
    release = current_release()
    bare = table.removesuffix("_totals")
    if not bare or bare in release.catalogue.datasets or table.startswith(("meta_", "code_")):
        return None
    names = names_of(current_release())
    new, gone = names.dataset(bare), names.removed(bare)
    if new:
        there = f"{MOUNT}/{DATABASE_NAME}/{new}{table.removeprefix(bare)}"
        fault = SqlError("not_found", 404, f"The table {bare} is called {new} now.", f"Ask {there}.")
    elif gone:
        fault = SqlError(
            "gone", 410, f"The table {bare} is not published any more. {gone.text['en']}", "See the releases."
        )
    else:
        return None
    return secure(refusal(fault))
