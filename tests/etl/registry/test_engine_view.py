"""Which months a SELECT sees of a table, and the days of the calendar."""

from datetime import date

import duckdb
import pytest

from etl.registry.engine.view import calendar, months_read
from etl.registry.months import local_day

MONTHS = ("2025-11", "2025-12", "2026-02", "2026-03")


@pytest.mark.parametrize(
    ("window", "month", "read"),
    [
        ("month", "2025-12", ("2025-12",)),
        ("month", "2026-01", ()),
        ("previous", "2025-11", ("2025-11",)),
        ("previous", "2025-12", ("2025-11", "2025-12")),
        # The month before is missing: the one before that is not it.
        ("previous", "2026-02", ("2026-02",)),
        ("through", "2025-11", ("2025-11",)),
        ("through", "2026-02", ("2025-11", "2025-12", "2026-02")),
        ("all", "2025-12", MONTHS),
        ("all", None, MONTHS),
    ],
)
def test_months_read(window: str, month: str | None, read: tuple[str, ...]) -> None:
    assert months_read(window, month, MONTHS) == read


def test_a_window_needs_its_month() -> None:
    with pytest.raises(ValueError, match="needs a month"):
        months_read("through", None, MONTHS)


def test_calendar() -> None:
    rows = duckdb.sql(calendar(("2026-02", "2025-12"), date(2026, 3, 1)).sql("duckdb")).fetchall()
    assert rows == [
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1)),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31), date(2026, 3, 1)),
    ]


@pytest.mark.parametrize(
    ("instant", "day"),
    [("2026-05-31T19:00:00Z", date(2026, 6, 1)), ("2026-05-31T18:59:59Z", date(2026, 5, 31))],
)
def test_local_day(instant: str, day: date) -> None:
    assert local_day(instant) == day
