"""The blueprint of all pages: the language in the address, and what every template needs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from datasets.contract import FLAG_MARKS, LANGUAGES, STATUS_MARKS
from portal.cache import cache_pages
from portal.cells import Reader
from portal.current import current_release
from portal.i18n import LANGUAGE_NAMES, language, negotiate
from portal.numbers import format_date

pages = Blueprint("pages", __name__)

#: The main navigation: endpoint and what it is called. Texts are marked for translation in `navigation`.
_NAVIGATION = ("home", "datasets", "regions", "reconciliation", "methodology", "api")


_MARKS = {str(code): symbol for code, symbol in (STATUS_MARKS | FLAG_MARKS).items()}

cache_pages(pages)


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
    return _MARKS.get(code, "")


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
        "data_through": format_date(current_release().data_through, language()),
        "home_url": url_for("pages.home"),
        "search_url": url_for("pages.datasets"),
        "terms_url": url_for("pages.about") + "#terms",
        "synthetic_url": url_for("pages.methodology") + "#synthetic",
        "footer_links": [
            {"href": url_for("pages.about"), "text": _("About the portal")},
            {"href": url_for("pages.methodology"), "text": _("Methodology")},
            {"href": url_for("pages.reconciliation"), "text": _("Reconciliation")},
            {"href": url_for("pages.api"), "text": _("API")},
            {"href": "/data/", "text": _("SQL")},
        ],
        "canonical": request.base_url if request.endpoint else None,
    }


def _languages() -> list[dict[str, str]]:
    here = request.endpoint or ""
    endpoint = here if here.startswith("pages.") else "pages.home"
    values: dict[str, Any] = dict(request.view_args or {}) if endpoint == here else {}
    arguments = request.args.to_dict(flat=True) if endpoint == here else {}
    taken = {*values, "lang"}
    kept = {name: value for name, value in arguments.items() if name not in taken and not name.startswith("_")}
    return [
        {
            "code": code,
            "name": LANGUAGE_NAMES[code],
            "url": url_for(endpoint, **{**kept, **values, "lang": code}),
            "absolute": url_for(endpoint, **{**values, "lang": code}, _external=True),
        }
        for code in LANGUAGES
    ]


def _navigation() -> list[dict[str, Any]]:
    texts = {
        "home": _("Home"),
        "datasets": _("Datasets"),
        "regions": _("Regions"),
        "reconciliation": _("Reconciliation"),
        "methodology": _("Methodology"),
        "api": _("API"),
    }
    here = (request.endpoint or "").removeprefix("pages.")
    here = {"dataset": "datasets", "region": "regions"}.get(here, here)
    items: list[dict[str, Any]] = [
        {"href": url_for(f"pages.{name}"), "text": texts[name], "active": name == here} for name in _NAVIGATION
    ]
    return [*items, {"href": "/data/", "text": _("SQL"), "active": False}]
