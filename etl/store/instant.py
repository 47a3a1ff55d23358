"""Instants as a store writes them: UTC to the second, `2026-11-22T10:00:00Z`, so that texts sort as times do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from datasets.fault import Fault, FaultError

#: Says what time it is, as `now` does; tests and histories give their own.
Clock = Callable[[], str]


def now() -> str:
    """This instant."""
    return written(datetime.now(UTC))


def written(instant: datetime) -> str:
    """An instant of any zone as it is written."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_instant(text: str, place: str) -> str:
    """An instant that a person gave at `place` (an option's name); raises FaultError unless it names its zone."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        remedy = "Write date, time and zone, as in 2026-12-01T09:00+05:00."
        raise FaultError([Fault("command line", place, f"'{text[:60]}' is no instant.", remedy)])
    return written(instant)
