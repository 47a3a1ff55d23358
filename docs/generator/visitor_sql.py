"""What bounds visitor SQL, from `portal/sql`."""

from __future__ import annotations

import sqlite3
from dataclasses import fields

from generator.text import NOTICE, Meanings, code_names, table
from portal.sql import hardening
from portal.sql.limits import PARAMETERS, SQLITE_LIMITS, URL_BYTES, Limits


def sql(meanings: Meanings) -> str:
    """What bounds visitor SQL."""
    limits = Limits()
    figures = {each.name: getattr(limits, each.name) for each in fields(Limits)}
    inside = {value: name for name, value in vars(sqlite3).items() if name.startswith("SQLITE_LIMIT_")}
    return "\n".join(
        (
            NOTICE,
            "# Visitor SQL\n",
            "A visitor's query is one read-only statement over one release. Why it is bounded so: "
            "[security of visitor SQL](../explanation/security.md). The figures are in `portal/sql/limits.py`.\n",
            "## Limits\n",
            table(
                ("limit", "figure", "meaning"),
                ((f"`{name}`", f"{figure:,}", meanings.of("limits", name)) for name, figure in figures.items()),
            ),
            f"An address has at most {URL_BYTES:,} bytes and {PARAMETERS} parameters.\n",
            "## Limits inside SQLite\n",
            table(("limit", "figure"), ((f"`{inside[key]}`", f"{value:,}") for key, value in SQLITE_LIMITS.items())),
            "## Functions\n",
            "A function that is not in this list is refused.\n",
            f"{code_names(sorted(hardening.FUNCTIONS))}\n",
            "## Tables\n",
            "Every table of the release but the inner ones of the search index, and these table-valued functions: "
            f"{code_names(hardening.EPONYMOUS)}.\n",
        )
    )
