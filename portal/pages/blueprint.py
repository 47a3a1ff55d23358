"""The blueprint of all pages: the language in the address, and what every template needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from datasets.contract import LANGUAGE_NAMES, LANGUAGES
from portal.cache import cache_pages
from portal.cells import MARKS, Reader
from portal.current import current_release, pinned_edition, preview
from portal.i18n import language, negotiate
from portal.numbers import format_date
from portal.pages.arguments import Names, declare, is_page, may_be_kept, page_arguments
from portal.pages.release_notice import release_notice

View = Callable[..., ResponseReturnValue]

pages = Blueprint("pages", __name__)

#: The main navigation: endpoint and what it is called. Texts are marked for translation in `navigation`.
_NAVIGATION = ("home", "datasets", "regions", "clinics", "reconciliation", "methodology", "api")

cache_pages(pages, lambda: page_arguments().items() if may_be_kept() else None)


def page(
    rule: str, *arguments: str, of: Names | None = None, kept: bool = True, methods: Sequence[str] = ("GET",)
) -> Callable[[View], View]:
    """Declare a page at `rule` below the language, and its query arguments: by name, or `of` the path's arguments.

    `kept` says whether it may be kept ready: not if it depends on more than its release, address and arguments.
    """

    def register(view: View) -> View:
        declare(f"{pages.name}.{view.__name__}", of or (lambda **_values: arguments), kept=kept)
        return pages.route(f"/<language:lang>/{rule}", methods=methods)(view)

    return register


def page_url(endpoint: str, arguments: Mapping[str, str], **values: Any) -> str:
    """The address of a page with query arguments, whose names may be any: columns have the names that people gave them."""
    address = url_for(f"{pages.name}.{endpoint}", **values)
    return f"{address}?{urlencode(arguments)}" if arguments else address


def breadcrumbs(text: str, *above: tuple[str, str]) -> list[dict[str, str]]:
    """The way to a page: home, the pages `above` it (text and address), and its own text."""
    way = [(_("Home"), url_for("pages.home")), *above]
    return [*({"text": each, "href": address} for each, address in way), {"text": text}]


@pages.url_value_preprocessor
def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "lang" in values:
        g.lang = values.pop("lang")


@pages.url_defaults
def _give_language(_endpoint: str, values: dict[str, Any]) -> None:
    values.setdefault("lang", language())


@pages.app_template_global()
def label(codelist: str, code: str) -> str:
    """The label of a code in the reader's language, as the release writes it."""
    return current_release().catalogue.label(codelist, code, language())


@pages.app_template_global()
def mark(code: str) -> str:
    """The visible mark of a cell's status or a row's flag; empty for those that need none."""
    return MARKS.get(code, "")


@pages.get("/")
def root() -> Response:
    """Lead to the home page in the language that the browser prefers."""
    response = redirect(url_for("pages.home", lang=negotiate()))
    response.vary.add("Accept-Language")
    return response


def reader() -> Reader:
    """Formats the current release's cells in the request's language."""
    return Reader(current_release().catalogue, language())


@pages.context_processor
def template_context() -> dict[str, Any]:
    """What the layout needs on every page, error pages included."""
    return {
        "lang": language(),
        "languages": _languages(),
        "nav": _navigation(),
        "release": current_release(),
        "data_through": format_date(current_release().newest_source, language()),
        "home_url": url_for("pages.home"),
        "search_url": url_for("pages.datasets"),
        "terms_url": url_for("pages.about") + "#terms",
        "synthetic_url": url_for("pages.methodology") + "#synthetic",
        "footer_links": [
            {"href": url_for("pages.about"), "text": _("About the portal")},
            {"href": url_for("pages.methodology"), "text": _("Methodology")},
            {"href": url_for("pages.protection"), "text": _("Protection of persons")},
            {"href": url_for("pages.reconciliation"), "text": _("Reconciliation")},
            {"href": url_for("pages.api"), "text": _("API")},
            {"href": "/data/", "text": _("SQL")},
        ],
        "record_links": [
            {"href": url_for("pages.releases"), "text": _("Releases")},
            {"href": url_for("pages.corrections"), "text": _("Corrections")},
            {"href": url_for("pages.announcements"), "text": _("Announcements")},
            {"href": url_for("pages.calendar"), "text": _("Release calendar")},
            {"href": url_for("pages.feeds"), "text": _("Follow the changes")},
            {"href": url_for("pages.keys"), "text": _("Signing keys")},
            {"href": url_for("pages.health"), "text": _("State of the portal")},
        ],
        "canonical": _canonical(),
        "notice": release_notice(),
    }


def _canonical() -> str | None:
    """The address that search engines keep: never one of a pinned release, and none of a preview."""
    if not request.endpoint or preview() is not None:
        return None
    return request.base_url if pinned_edition() is None else request.host_url.rstrip("/") + request.path


def addressed_by(arguments: Mapping[str, str]) -> dict[str, Any]:
    """What the layout needs of a page that is another one for other arguments: its address with them, in each language."""
    query = urlencode(arguments)
    languages = [each | {"absolute": f"{each['absolute']}?{query}"} for each in _languages()]
    canonical = _canonical()
    return {"canonical": f"{canonical}?{query}" if canonical else None, "languages": languages}


def _languages() -> list[dict[str, str]]:
    endpoint = (request.endpoint or "").removeprefix(f"{pages.name}.") if is_page() else "home"
    values: dict[str, str] = dict(request.view_args or {}) if is_page() else {}
    return [
        {
            "code": code,
            "name": LANGUAGE_NAMES[code],
            "url": page_url(endpoint, page_arguments(), **values, lang=code),
            "absolute": url_for(f"{pages.name}.{endpoint}", **values, lang=code, _external=True),
        }
        for code in LANGUAGES
    ]


def _navigation() -> list[dict[str, Any]]:
    texts = {
        "home": _("Home"),
        "datasets": _("Datasets"),
        "regions": _("Regions"),
        "clinics": _("Clinics"),
        "reconciliation": _("Reconciliation"),
        "methodology": _("Methodology"),
        "api": _("API"),
    }
    here = (request.endpoint or "").removeprefix("pages.")
    here = {"dataset": "datasets", "figure": "datasets", "region": "regions", "clinic": "clinics"}.get(here, here)
    shown = (name for name in _NAVIGATION if name != "clinics" or current_release().catalogue.register)
    items: list[dict[str, Any]] = [
        {"href": url_for(f"pages.{name}"), "text": texts[name], "active": name == here} for name in shown
    ]
    return [*items, {"href": "/data/", "text": _("SQL"), "active": False}]
