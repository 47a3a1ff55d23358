"""The release calendar: the days on which figures are to be published, beside the releases that published them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from datasets.period import first_day
from portal.chronicle import Step
from portal.record import PlannedDay, Record


@dataclass(frozen=True)
class Day:
    """A planned day, and the first release that has figures of its period; `known` is the newest release's day.

    No clock is asked: of a planned day that has passed without a release it is said that nothing is published yet.
    """

    planned: PlannedDay
    release: Step | None
    known: str

    @property
    def late(self) -> int | None:
        """How many days after the plan it was published, 0 if not late; nothing if it is not published."""
        if self.release is None:
            return None
        return max(0, (date.fromisoformat(self.release.day) - date.fromisoformat(self.planned.date)).days)

    @property
    def overdue(self) -> bool:
        """Whether a release has come since the planned day that does not have the figures."""
        return self.release is None and self.planned.date < self.known


def read_schedule(record: Record, steps: tuple[Step, ...]) -> tuple[Day, ...]:
    """The planned days, earliest first."""
    known = steps[0].day if steps else ""
    return tuple(
        Day(each, _first(each, reversed(steps)), known) for each in sorted(record.calendar, key=lambda each: each.date)
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
