"""An extract as an oracle looks at it: tables of rows, clinics by their identifier, the months that it covers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from etl.registry.manifest import read_manifest
from tests.datasets.registry.rows import Row, months, rows


@dataclass(frozen=True)
class Month:
    """A month, such as 2026-03."""

    name: str

    @property
    def first(self) -> date:
        return date.fromisoformat(f"{self.name}-01")

    @property
    def last(self) -> date:
        day = self.first
        while (day + timedelta(days=1)).month == self.first.month:
            day += timedelta(days=1)
        return day

    def has(self, day: date | None) -> bool:
        """Whether the day falls into the month; no day does not."""
        return day is not None and f"{day:%Y-%m}" == self.name


@dataclass(frozen=True)
class World:
    """The extract in a folder."""

    extract: Path

    def rows(self, table: str, month: Month | None = None) -> list[Row]:
        """All rows of a table, or those of a month."""
        return [row for row in rows(self.extract, table) if month is None or row["period"] == month.name]

    @cached_property
    def months(self) -> list[Month]:
        return [Month(name) for name in months(self.extract)]

    @cached_property
    def as_of(self) -> date:
        """The local day on which the extract was taken: the instant is given in UTC, five hours earlier."""
        instant = read_manifest(self.extract).as_of
        day = date.fromisoformat(instant[:10])
        return day + timedelta(days=1) if int(instant[11:13]) >= 19 else day

    @cached_property
    def clinics(self) -> dict[int, Row]:
        return {row["organisation_id"]: row for row in self.rows("organisation")}

    @cached_property
    def owners(self) -> dict[int, int]:
        """Contract -> its clinic."""
        return {row["contract_id"]: row["organisation_id"] for row in self.rows("contract")}

    def region(self, clinic: int) -> str:
        return str(self.clinics[clinic]["region"])

    def by_clinic(self, table: str) -> dict[int, list[Row]]:
        """The rows of a table that names clinics or their contracts, by clinic."""
        found: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows(table):
            found[row["organisation_id"] if "organisation_id" in row else self.owners[row["contract_id"]]].append(row)
        return found
