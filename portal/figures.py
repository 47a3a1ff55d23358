"""One figure of a dataset: a measure of a row, or of a row of the published sums, by the values of its dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datasets.contract import ROW_FLAGS, SUMMED, status_column
from portal.catalogue import Column, Dataset


@dataclass(frozen=True)
class Place:
    """Where a figure stands: the measure `column` of `dataset`, and the value of each dimension that names its row.

    `*` stands for a dimension that is summed over.
    """

    dataset: Dataset
    column: Column
    keys: Mapping[str, str]

    @property
    def table(self) -> str:
        """The table that has it: that of the dataset, or of its sums."""
        return self.dataset.totals if self.summed else self.dataset.slug

    @property
    def summed(self) -> bool:
        """Whether it is a published sum."""
        return SUMMED in self.keys.values()

    @property
    def arguments(self) -> dict[str, str]:
        """The query arguments that name it: `measure` and one for each dimension."""
        return {"measure": self.column.name, **self.keys}

    def of(self, measure: str) -> Place:
        """The place of another measure of the same row."""
        return Place(self.dataset, self.dataset.by_name[measure], self.keys)


def find_place(dataset: Dataset, arguments: Mapping[str, str]) -> Place | None:
    """The place that arguments name; nothing if there can be none such."""
    column = dataset.by_name.get(arguments.get("measure", ""))
    if column is None or column.role != "measure" or any(name not in arguments for name in dataset.grain):
        return None
    place = Place(dataset, column, {name: arguments[name] for name in dataset.grain})
    return None if place.summed and dataset.protection is None else place


def figure_columns(dataset: Dataset, column: Column) -> list[str]:
    """The columns of a table that say a figure and all about it: dimensions, value, status, unit, flags."""
    units = [column.unit_column] if column.unit_column else []
    dimensions = [each.name for each in dataset.dimensions]
    return list(dict.fromkeys([*dimensions, column.name, status_column(column.name), *units, ROW_FLAGS]))
