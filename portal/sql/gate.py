"""Which URLs below the mount are let through to a worker. Pure functions; a refusal is a SqlError."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl

from portal.sql.exchange import DATABASE_NAME, MOUNT
from portal.sql.faults import SqlError, not_found, refused
from portal.sql.limits import PARAMETERS, URL_BYTES

NAME = r"[A-Za-z0-9_~-]+"
#: The database, a table or query, a row; in HTML, JSON or CSV. Datasette's debug pages and file download are not there.
PATH = re.compile(rf"/{DATABASE_NAME}(/{NAME}(/[A-Za-z0-9_~,-]+)?)?(\.(json|csv))?", re.ASCII)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\U0010ffff ]")
KNOWN_PARAMETERS = re.compile(
    r"_(facet|facet_size|size|sort|sort_desc|sort_by_desc|search|searchmode|search_\w+|next|shape|nl|json|labels|label"
    r"|release|col|nocol|nocount|nofacet|stream|dl|header|hide_sql|show_sql|extras|filter_(column|op|value)(_\d{1,2})?)",
    re.ASCII,
)
#: SQL whose answer depends on the moment: it gets no ETag.
VOLATILE = re.compile(r"now|random|current_|date|time|julianday|unixepoch", re.IGNORECASE)


def check(path: str, query: str) -> None:
    """Refuse what no honest page links to. Raises SqlError: 400, 404 or 414."""
    if len(path) + len(query) > URL_BYTES:
        raise SqlError(
            "uri_too_long", 414, f"The address is longer than {URL_BYTES} bytes.", "Shorten the query or its filters."
        )
    if "\\" in path or "%5c" in path.lower():
        raise refused("bad_path", "The address holds a backslash.", f"Start at {MOUNT}/{DATABASE_NAME}.")
    if not PATH.fullmatch(path):
        raise not_found()
    if CONTROL.search(query):
        raise refused("bad_query_string", "The address holds characters that must be encoded.", "Percent-encode them.")
    _check_parameters(query)


def _check_parameters(query: str) -> None:
    if query.count("&") >= PARAMETERS:
        raise refused("too_many_parameters", f"More than {PARAMETERS} parameters.", "Use fewer filters, or write SQL.")
    for name, _ in parse_qsl(query, keep_blank_values=True):
        # Datasette's rule: what begins with `_` and has no `__` is not the name of a column.
        if name.startswith("_") and "__" not in name and not KNOWN_PARAMETERS.fullmatch(name):
            raise refused(
                "bad_parameter",
                f"The parameter {name[:40]} is not offered.",
                f"Use column filters, or a query: {MOUNT}/{DATABASE_NAME}?sql=...",
            )


def etag(source: str, path: str, query: str) -> str | None:
    """The tag of a JSON or CSV answer: the same `source` (release and code) and question give the same bytes.

    None for a page, and for SQL that may name the present moment or chance.
    """
    if not path.endswith((".json", ".csv")):
        return None
    parameters = parse_qsl(query, keep_blank_values=True)
    if any(name == "sql" and VOLATILE.search(value) for name, value in parameters):
        return None
    canonical = "\0".join([source, path, *(f"{name}\0{value}" for name, value in sorted(parameters))])
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
