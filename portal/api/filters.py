"""The filters of a dataset's rows: every dimension is one, by a query parameter of its name."""

from __future__ import annotations

import re

from werkzeug.datastructures import MultiDict

from portal.api.arguments import RESERVED
from portal.api.faults import invalid, shown
from portal.catalogue import Column, Dataset
from portal.release import Release

_DAY = "[0-9]{4}(?:-Q[1-4]|-[0-9]{2}(?:-[0-9]{2})?)?"
#: What values of these types look like, and how to say so.
_SHAPES = {
    "integer": ("-?[0-9]{1,18}", "Give whole numbers."),
    "period": (f"{_DAY}(?:/{_DAY})?", "Write 2022, 2022-Q1, 2022-03, 2022-12-31, or two of them with / between."),
}
#: As many wrong names or values as a message repeats.
_MOST_SHOWN = 10


def read_filters(given: MultiDict[str, str], dataset: Dataset, release: Release) -> dict[str, list[str]]:
    """The values wanted by dimension; raises ApiError on names and values that the dataset cannot have."""
    where = {name: values for name, values in given.lists() if name not in RESERVED}
    dimensions = {column.name: column for column in dataset.dimensions}
    unknown = [name for name in where if name not in dimensions]
    if unknown:
        remedy = f"Use: {', '.join([*dimensions, *sorted(RESERVED)])}."
        raise invalid(f"{_listed(unknown)}: no parameter of {dataset.slug}.", remedy)
    for name, values in where.items():
        check_filter(dimensions[name], values, release)
    return where


def check_filter(column: Column, values: list[str], release: Release) -> None:
    """Refuse values that a dimension cannot have; raises ApiError."""
    if column.codelist is not None:
        known = release.catalogue.codelists[column.codelist].codes
        wrong, remedy = [each for each in values if each not in known], f"See /api/v1/codelists/{column.codelist}."
    else:
        # Any text would do for SQL, but a slip of the finger must not look like an empty table.
        pattern, remedy = _SHAPES.get(column.type, (".*", ""))
        wrong = [each for each in values if not re.fullmatch(pattern, each, re.DOTALL)]
    if wrong:
        raise invalid(f"{column.name}: {_listed(wrong)} is not a value that it can have.", remedy)


def _listed(texts: list[str]) -> str:
    return ", ".join(f"'{shown(each)}'" for each in texts[:_MOST_SHOWN])
