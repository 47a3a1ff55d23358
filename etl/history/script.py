"""What happens in the demonstration history, and in which of its releases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from etl.registry.months import following
from etl.simulator.deliveries import Plan

#: Of a document's dataset, the figure that is wrong at first: the line of `data.csv`, wrong and right.
MENDED = "communication_figures"
WRONG_LINE, RIGHT_LINE = "regional_briefings,2022,count,49", "regional_briefings,2022,count,94"
MENDED_WHERE = {"indicator": "regional_briefings"}
#: The dataset, computed from the table that is delivered wrongly, whose correction stands in the record.
RESTATED, RESTATED_MEASURE = "drug_issues", "amount_kzt"
#: A dataset and a column of it that is to be renamed: dataset, old name, new name.
RENAMED = ("presence_confirmation", "verified_qr", "confirmed_by_qr")
#: The dataset and the measure of which a figure is withdrawn.
WITHDRAWN, WITHDRAWN_MEASURE = "drug_issues", "issues"
#: Datasets that are left out: with several vintages of thousands of small figures, protecting them takes many minutes.
LEFT_OUT = ("audit_signals", "policies_by_month", "services_by_kind_of_care")
#: The place among the releases, from 1, of the month delivered wrongly, and of what happens.
WRONG_MONTH, DISPUTE, MENDING, RENAMING, SETTLEMENT, RIGHTING = 2, 2, 3, 3, 4, 5
#: The release after which a figure is withdrawn.
REDACTION = 3
FEWEST = RIGHTING
#: Before anything is published: the key is in force from then on.
BEGINNING = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Script:
    """The dates of a history over the months of `plan`, of which it has at least FEWEST."""

    plan: Plan

    @cached_property
    def months(self) -> tuple[str, ...]:
        """The month that each release adds."""
        return self.plan.months

    def day(self, number: int, day: int) -> str:
        """A day of the month in which the release `number` (from 1) is published; it may be one after the last."""
        month = self.months[0]
        for _ in range(number):
            month = following(month)
        return f"{month}-{day:02d}"

    def published(self, number: int) -> str:
        """The day on which it is published: the 15th of the month after its data."""
        return self.day(number, 15)

    def instant(self, number: int) -> str:
        """The instant of that."""
        return f"{self.published(number)}T06:00:00Z"

    @property
    def redacted(self) -> str:
        """The day on which a figure is withdrawn."""
        return self.day(REDACTION, 25)


def script_of(scale: float, seed: int, first: str, last: str, months: tuple[str, ...]) -> Script:
    """The script of a history over `months`, the first and the last of which are named too."""
    return Script(Plan(scale, seed, first, last, months[WRONG_MONTH - 1], months[RIGHTING - 1]))
