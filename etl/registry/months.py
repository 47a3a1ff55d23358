"""Months as the Registry has them: YYYY-MM, in local time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from etl.registry.contract import UTC_OFFSET_HOURS


def first_day(month: str) -> date:
    """The first day of a month YYYY-MM."""
    return date.fromisoformat(f"{month}-01")


def following(month: str) -> str:
    """The month after a month."""
    return f"{first_day(month) + timedelta(days=31):%Y-%m}"


def previous(month: str) -> str:
    """The month before a month."""
    return f"{first_day(month) - timedelta(days=1):%Y-%m}"


def last_day(month: str) -> date:
    """The last day of a month."""
    return first_day(following(month)) - timedelta(days=1)


def beginning(day: date) -> datetime:
    """When a local day begins, as an instant of UTC."""
    return datetime(day.year, day.month, day.day) - timedelta(hours=UTC_OFFSET_HOURS)


def local_day(instant: str) -> date:
    """The local day of an instant of UTC such as 2026-08-31T19:00:00Z."""
    return (datetime.fromisoformat(instant) + timedelta(hours=UTC_OFFSET_HOURS)).date()
