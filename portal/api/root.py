"""`/api/v1/`: where everything is."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from portal.api.answers import json_answer
from portal.api.blueprint import route
from portal.api.describe import Released, mapping, string
from portal.current import current_release

VERSION = "1.0"


class Index(Released):
    """Where everything is."""

    version = string("The version of the API.")
    links = mapping("Addresses by name; braces stand for a name of the list before it.")


@route("/", Index, tag="Overview")
def index(_arguments: dict[str, Any]) -> Response:
    """Where everything is."""
    here = url_for(".index", _external=True)
    links = {
        "openapi": f"{here}openapi.json",
        "datasets": f"{here}datasets",
        "dataset": f"{here}datasets/{{slug}}",
        "observations": f"{here}datasets/{{slug}}/observations",
        "history": f"{here}datasets/{{slug}}/history",
        "revisions": f"{here}datasets/{{slug}}/revisions",
        "codelists": f"{here}codelists",
        "codelist": f"{here}codelists/{{name}}",
        "releases": f"{here}releases",
        "release": f"{here}releases/{{id}}",
        "notes": f"{here}releases/{{id}}/notes",
        "diff": f"{here}diff",
        "reconciliation": f"{here}reconciliation",
        "protection": f"{here}protection",
        "keys": f"{here}keys",
        "corrections": f"{here}corrections",
        "announcements": f"{here}announcements",
        "replies": f"{here}replies",
        "downloads": url_for("downloads.listing", _external=True),
    }
    release = current_release()
    return json_answer({"release": release.id, "version": VERSION, "links": links}, release)
