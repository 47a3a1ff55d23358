"""The portal's masthead and footer around Datasette's pages and around errors, from the portal's own templates."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader

from datasets.contract import LANGUAGE_NAMES, Status
from portal.sql.exchange import MOUNT

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
OWN_TEMPLATES = TEMPLATES / "datasette"
#: Datasette's pages are in English, and so are the portal's pages that they link to.
HOME = "/en/"
CLINICS = "Clinics"
PAGES = {
    "Home": "",
    "Datasets": "datasets/",
    "Regions": "regions/",
    CLINICS: "clinics/",
    "Reconciliation": "reconciliation",
    "Methodology": "methodology",
    "API": "api",
}


def dress(
    env: Environment,
    release: dict[str, Any] | None = None,
    statuses: dict[str, str] | None = None,
    *,
    clinics: bool = False,
) -> None:
    """Give the environment the portal's components and what they need. Without a release the footer names none.

    `clinics` says whether the release has pages of clinics.
    """
    loaders: list[BaseLoader] = [env.loader] if env.loader else [FileSystemLoader(OWN_TEMPLATES)]
    govuk = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    env.loader = ChoiceLoader([*loaders, FileSystemLoader(TEMPLATES), govuk])
    env.add_extension("jinja2.ext.i18n")
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    pages = {text: path for text, path in PAGES.items() if clinics or text != CLINICS}
    env.globals["frame"] = {
        "home": HOME,
        "mount": f"{MOUNT}/",
        "languages": [{"code": code, "name": name, "url": f"/{code}/"} for code, name in LANGUAGE_NAMES.items()],
        "nav": [
            *({"href": HOME + path, "text": text, "active": False} for text, path in pages.items()),
            {"href": f"{MOUNT}/", "text": "SQL", "active": True},
        ],
        "links": [
            {"href": f"{HOME}about", "text": "About the portal"},
            *({"href": HOME + PAGES[text], "text": text} for text in ("Methodology", "Reconciliation", "API")),
            {"href": f"{MOUNT}/", "text": "SQL"},
        ],
        "release": release or {},
        "statuses": [(str(code), (statuses or {}).get(code, "")) for code in Status],
    }


@functools.cache
def _fault_page() -> Any:
    env = Environment(autoescape=True)
    dress(env)
    return env.get_template("fault.html")


def fault_page(title: str, message: str, remedy: str) -> str:
    """The page of an error. Every text is escaped."""
    return str(_fault_page().render(title=title, message=message, remedy=remedy))
