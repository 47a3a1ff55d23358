"""Which figures stand on a month of a table that the Registry has delivered anew and says that it corrects."""

from __future__ import annotations

from datasets.period import first_day


def restates(month: str, period: str, window: str) -> bool:
    """Whether a figure of `period` that reads a table over `window` stands on the table's `month` (YYYY-MM).

    `window` is one of a declaration's `reads`. A stock (`through`) stands on all months until its own. What reads `all`
    months follows its month's rows into later ones, as a payment comes after its act: it stands on its own and on those.
    """
    first, last = _span(period)
    number = _number(month)
    if window == "previous":
        first -= 1
    return first <= number <= last or (window == "through" and number < first) or (window == "all" and number > last)


def _span(period: str) -> tuple[int, int]:
    """The numbers of the first and the last month of a period."""
    points = period.split("/")
    return _number(points[0]), _number(points[-1]) + _length(points[-1]) - 1


def _length(point: str) -> int:
    """The months of a year, a quarter, or a month or day."""
    return 3 if "Q" in point else 12 if len(point) == len("2026") else 1


def _number(point: str) -> int:
    """The number of the month in which a period begins."""
    day = first_day(point)
    if day is None:
        raise ValueError(f"'{point}' is not a period. Remedy: write 2026-03.")
    return 12 * day.year + day.month
