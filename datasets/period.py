"""Periods: ISO 8601 years, quarters, months, days, or two of them with a slash."""

from __future__ import annotations

import re
from datetime import date

from marshmallow import ValidationError

_POINT = re.compile(r"(?P<year>\d{4})(-Q(?P<quarter>[1-4])|-(?P<month>\d{2})(-(?P<day>\d{2}))?)?")


def is_period(text: str) -> bool:
    """Whether `text` is a period: 2022, 2022-Q1, 2022-03, 2022-12-31, or two of them in order with a slash."""
    points = text.split("/")
    days = [first_day(point) for point in points]
    known = [day for day in days if day is not None]
    return len(known) == len(points) <= 2 and known == sorted(known)


def first_day(point: str) -> date | None:
    """The first day of a year, quarter, month or day; none if it is none of these."""
    match = _POINT.fullmatch(point, 0)
    if match is None or not point.isascii():
        return None
    quarter, month = match["quarter"], match["month"]
    try:
        return date(int(match["year"]), 3 * int(quarter) - 2 if quarter else int(month or 1), int(match["day"] or 1))
    except ValueError:
        return None


def validate_day(text: str) -> None:
    """For marshmallow: raises ValidationError unless `text` is a day of the calendar, as 2022-12-31."""
    day = first_day(text)
    if day is None or day.isoformat() != text:
        raise ValidationError("is not a day; write 2022-12-31.")
