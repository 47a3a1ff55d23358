"""The REST API: `/api/v1`, described in OpenAPI 3.1, without a key. Each module owns one part of it."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api  # type: ignore[import-untyped]

from portal.api import (  # noqa: F401 - they add routes
    announcements,
    codelists,
    corrections,
    datasets,
    diff,
    history,
    keys,
    observations,
    openapi,
    protection,
    reconciliation,
    release_notes,
    releases,
    replies,
    revisions,
)
from portal.api.blueprint import answer_unknown, api
from portal.api.describe import ErrorAnswer
from portal.api.root import VERSION

__all__ = ["init_app"]

_DESCRIPTION = """\
Everything on this portal, without a key and without registration.

* An answer is of one release; `release=` pins it. Without it the answer is of the current release.
* `ETag` and `If-None-Match` make asking again cheap: 304 as long as the release is the same.
* Lists with pages have a link `next` (also in the header `Link`); it stays with the release that it began with.
* A figure is null unless its status is `ok` or `zero`.
* Where the status is `suppressed`, the figure is hidden to protect persons; `/api/v1/protection` says by which rules. Do not
  add such rows up: the sums are published, in the dataset's file of the format `totals_csv`.
* Errors have one shape: status, code, message, remedy. Parameters that are not described here are refused.
"""


class _Described(Api):  # type: ignore[misc]
    """flask-smorest's description, without its error handlers: the portal has one shape for all errors."""

    ERROR_SCHEMA = ErrorAnswer

    def _register_error_handlers(self) -> None:
        """Leave the portal's handlers in place."""

    def _register_etag_headers(self) -> None:
        """Nothing here uses them."""

    def _register_pagination_header(self) -> None:
        """Nothing here uses it."""


def init_app(app: Flask) -> None:
    """Register `/api/v1`, its description, and the answer to everything else below `/api/`."""
    app.config.update(API_TITLE="Ашық қалқан API", API_VERSION=VERSION, OPENAPI_VERSION="3.1.1")
    described = _Described(
        app,
        spec_kwargs={
            "info": {"description": _DESCRIPTION, "license": {"name": "See `licence` of each dataset", "url": "/"}},
            "servers": [{"url": "/"}],
        },
    )
    described.register_blueprint(api)
    app.extensions["api_description"] = described.spec
    for rule in ("/api", "/api/<path:rest>"):
        # A rule without methods matches every method that the routes above do not.
        app.url_map.add(app.url_rule_class(rule, endpoint=f"{api.name}.unknown", strict_slashes=False))
    app.view_functions[f"{api.name}.unknown"] = answer_unknown
