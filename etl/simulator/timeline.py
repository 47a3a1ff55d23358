"""The months of the pilot, in days since 1970-01-01 and seconds of UTC; Kazakhstan is UTC+5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from datasets.fault import Fault, FaultError
from etl.registry.contract import UTC_OFFSET_HOURS
from etl.simulator.randomness import Floats, Ints

DAY = 86_400
_OFFSET = UTC_OFFSET_HOURS * 3600
#: Stands for "never" among days; no day of the world reaches it.
NEVER = 10**6


def day_of(text: str) -> int:
    """The number of a day written YYYY-MM-DD."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def written(day: int) -> str:
    """A day's number as YYYY-MM-DD."""
    return (date(1970, 1, 1) + timedelta(days=int(day))).isoformat()


def instants(days: Ints, seconds: Ints) -> Ints:
    """Local days and seconds of the day as seconds of UTC."""
    return days * DAY + seconds - _OFFSET


def local_days(moments: Ints) -> Ints:
    """The local days of instants in seconds of UTC."""
    return (moments + _OFFSET) // DAY


#: The pilot's first day; before it there are contracts, licences and sites only.
START = day_of("2026-03-16")
#: Year and month of the first month, and how many months the world lasts.
_FIRST_YEAR, _FIRST_MONTH, MONTHS = 2026, 3, 12
_HOLIDAYS = frozenset(
    day_of(f"2026-{text}")
    for text in ("03-21", "03-22", "03-23", "05-01", "05-07", "05-09", "07-06", "08-30", "10-25", "12-16")
) | {day_of("2027-01-01"), day_of("2027-01-02"), day_of("2027-01-07")}
#: How much care a day brings: Monday to Sunday, and on a holiday.
_WEEK = (1.28, 1.16, 1.12, 1.06, 1.0, 0.38, 0.14)
_HOLIDAY = 0.12
#: How much care a month brings: the summer is quiet.
_SEASON = (1.06, 1.05, 0.98, 0.88, 0.79, 0.83, 1.0, 1.06, 1.05, 1.0, 0.93, 1.03)


@dataclass(frozen=True)
class Month:
    """A month of the world. `first` is its first day of care (16 March in the first one), `begin` and `last` its ends."""

    number: int
    name: str
    begin: int
    first: int
    last: int
    season: float

    @property
    def settled(self) -> int:
        """The first day on which most people have had their policy for a day or more."""
        return self.first + (6 if self.number == 0 else 0)

    @property
    def weights(self) -> Floats:
        """The care of the days from `first` to `last`, added up, beginning with 0."""
        days = range(self.first, self.last + 1)
        return np.concatenate(([0.0], np.cumsum([day_weight(day) for day in days])))

    @property
    def fraction(self) -> float:
        """The part of the month in which care is rendered."""
        return (self.last - self.first + 1) / (self.last - self.begin + 1)


def day_weight(day: int) -> float:
    """How much care a day brings, against an ordinary Friday."""
    return _HOLIDAY if day in _HOLIDAYS else _WEEK[(day + 3) % 7]


def working(day: int) -> bool:
    """Whether offices are open."""
    return (day + 3) % 7 < 5 and day not in _HOLIDAYS


def next_working(day: int) -> int:
    """The day itself or the first working day after it."""
    while not working(day):
        day += 1
    return day


def months_later(day: int, months: int) -> int:
    """The same day `months` later, or the last of a shorter month (as SQL's interval)."""
    start = date(1970, 1, 1) + timedelta(days=int(day))
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    end = (following - timedelta(days=1)).day
    return (date(year, month + 1, min(start.day, end)) - date(1970, 1, 1)).days


def _month(number: int) -> Month:
    year, month = divmod(_FIRST_YEAR * 12 + _FIRST_MONTH - 1 + number, 12)
    begin = day_of(f"{year}-{month + 1:02d}-01")
    last = months_later(begin, 1) - 1
    return Month(number, f"{year}-{month + 1:02d}", begin, max(begin, START), last, _SEASON[number])


CALENDAR: tuple[Month, ...] = tuple(_month(number) for number in range(MONTHS))


def month_of(day: int) -> int:
    """The number of a day's month; days outside the world have numbers outside 0 to 11."""
    there = date(1970, 1, 1) + timedelta(days=int(day))
    return (there.year - _FIRST_YEAR) * 12 + there.month - _FIRST_MONTH


def chosen_months(first: str, last: str) -> tuple[Month, ...]:
    """The months from `first` to `last`; raises FaultError when the world has no such range."""
    names = [month.name for month in CALENDAR]
    if first not in names or last not in names or first > last:
        remedy = f"Name two months from {names[0]} to {names[-1]}, the earlier first."
        raise FaultError([Fault("command line", "--months", f"'{first}:{last}' is not a range of the pilot.", remedy)])
    return CALENDAR[names.index(first) : names.index(last) + 1]
