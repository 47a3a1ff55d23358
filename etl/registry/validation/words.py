"""What the short reasons of a quarantine file mean, in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from datasets.codelist import Codelist
from etl.registry.contract import Table
from etl.registry.validation.links import REFERENCE, REPEATED_EARLIER
from etl.registry.validation.rules import checks
from etl.registry.validation.scan import REPEATED
from etl.registry.validation.sources import conversion_checks


def meanings(table: Table, codelists: Mapping[str, Codelist]) -> dict[tuple[str, str], str]:
    """(column, reason) -> meaning, for every reason for which a row of the table may be left out."""
    found = {
        (check.column, check.reason): check.words
        for check in (*checks(table, codelists, ()), *conversion_checks(table))
    }
    key = " and ".join(table.key)
    found[table.key[0], REPEATED] = f"repeats the {key} of an earlier row of the month"
    found[table.key[0], REPEATED_EARLIER] = f"repeats the {key} of a row of an earlier month"
    for column in table.columns:
        if column.references:
            found[column.name, REFERENCE] = f"names no row of {column.references} that was accepted"
    return found
