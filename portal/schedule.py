"""The release calendar: the days on which figures are to be published, beside the releases that published them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from datasets.period import first_day
from portal.chronicle import Step
from portal.record import PlannedDay, Record

#: Planned days are days of Kazakhstan.
ZONE = ZoneInfo("Asia/Almaty")


def today() -> date:
    """What day it is where the days are planned for."""
    return datetime.now(ZONE).date()


@dataclass(frozen=True)
class Day:
    """A planned day, and the first release that has figures of its period, as seen on the day `seen`."""

    planned: PlannedDay
    release: Step | None
    seen: date

    @property
    def late(self) -> int | None:
        """How many days after the plan it was published, 0 if not late; nothing if it is not published."""
        if self.release is None:
            return None
        return max(0, (date.fromisoformat(self.release.day) - date.fromisoformat(self.planned.date)).days)

    @property
    def overdue(self) -> bool:
        """Whether the planned day has passed and the figures are not published."""
        return self.release is None and date.fromisoformat(self.planned.date) < self.seen


def read_schedule(record: Record, steps: tuple[Step, ...], seen: date) -> tuple[Day, ...]:
    """The planned days as seen on a day, earliest first."""
    return tuple(
        Day(each, _first(each, reversed(steps)), seen) for each in sorted(record.calendar, key=lambda each: each.date)
    )


def _first(planned: PlannedDay, oldest_first: Iterable[Step]) -> Step | None:
    """The first release that reaches the end of the period: in the topic's datasets, or in its data as a whole."""
    end = _last_day(planned.period)
    for step in oldest_first:
        through = _last_day(step.reaches.get(planned.topic, "") if planned.topic else step.listed.data_through)
        if end is not None and through is not None and through >= end:
            return step
    return None


def _last_day(period: str) -> date | None:
    """The last day of a period; nothing if it is none."""
    point = period.rsplit("/", 1)[-1]
    first = first_day(point)
    if first is None or len(point) == len("2026-12-31"):
        return first
    months = 12 if len(point) == len("2026") else 3 if "Q" in point else 1
    after = first.month - 1 + months
    return date(first.year + after // 12, after % 12 + 1, 1) - timedelta(days=1)
