"""Sums: a dataset's figures over every dimension that is not asked for.

Of a dataset that nobody has to be protected in they are added up. Of a protected one they are published, in its table of
totals, and read there: what is added up from rows of which some are hidden is not the sum.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datasets.contract import PERIOD, ROW_FLAGS, SUMMED, Status, code_table, status_column
from datasets.ratio import quotient
from portal.catalogue import Catalogue, Code, Column, Dataset, Ratio
from portal.release import Release

Record = dict[str, Any]

#: What cells without a number do to a sum, the gravest last: the first adds nothing, the others leave no sum.
_GRAVITY = (Status.NOT_APPLICABLE, Status.NOT_COLLECTED, Status.WITHDRAWN, Status.SUPPRESSED)
#: Names with a blank, as no column has one.
_COUNT, _PERIODS = "count of rows", "count of periods"


@dataclass(frozen=True)
class Sums:
    """One row for each combination of the dimensions `by`, of the rows in which the dimensions `where` have these values.

    A figure that is missing leaves no sum: the sum has its status. Neither has what may not be added up, but for ratios:
    they are computed again, half up, from the sums of their parts. A group of one row is that row; of a protected dataset
    it is one row of the totals, unless `where` wants a dimension at several codes.
    """

    dataset: Dataset
    by: Sequence[str]
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def rows(self, release: Release) -> list[Record]:
        """The sums in the order in which their first rows are published: dimensions, measures with statuses, flags."""
        condition, values = self._condition(release.catalogue)
        listed = [f"[{name}]" for name in self.by]
        parts = ", ".join([*listed, *self._aggregates()])
        grouped = f" GROUP BY {', '.join(listed)}" if listed else ""
        statement = f"SELECT {parts} FROM [{self._table}] AS own{condition}{grouped} ORDER BY min(rowid)"
        return [self._record(found) for found in release.rows(statement, values) if found[_COUNT]]

    def nothing(self, **keys: str) -> Record:
        """The sums of no row at all: a registry has no row where nothing happened."""
        figures = {_sum_of(each): 0 for each in self.dataset.measures} | {
            _gravity_of(each): 0 for each in self.dataset.measures
        }
        return self._record({**keys, **figures, _COUNT: 0, _PERIODS: 1, ROW_FLAGS: None})

    @property
    def _summed(self) -> tuple[str, ...]:
        """The dimensions that are summed over."""
        return tuple(each.name for each in self.dataset.dimensions if each.name not in (*self.by, *self.where))

    @property
    def _from_totals(self) -> bool:
        return self.dataset.protection is not None and bool(self._summed)

    @property
    def _table(self) -> str:
        return self.dataset.totals if self._from_totals else self.dataset.slug

    def _condition(self, catalogue: Catalogue) -> tuple[str, tuple[str, ...]]:
        parts, values = [], []
        for name, wanted in self.where.items():
            parts.append(f"[{name}] IN ({', '.join('?' for _ in wanted)})")
            values += list(wanted)
        parts += self._right_totals() if self._from_totals else self._without_parts(catalogue)
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), tuple(values)

    def _right_totals(self) -> Iterator[str]:
        """Of all totals those over the very dimensions that nobody asks for."""
        for column in self.dataset.dimensions:
            yield f"[{column.name}] {'=' if column.name in self._summed else '<>'} '{SUMMED}'"

    def _without_parts(self, catalogue: Catalogue) -> Iterator[str]:
        """Leaves a row out whose code has a parent with a row of its own: that one holds it already."""
        for column in self.dataset.dimensions:
            name, summed = column.name, column.name in self.dataset.grain and column.name not in (*self.by, *self.where)
            if summed and column.codelist and any(code.parent for code in _codes(catalogue, column)):
                others = [f"up.[{each}] = own.[{each}]" for each in self.dataset.grain if each != name]
                parent = f"up.[{name}] = (SELECT parent FROM [{code_table(column.codelist)}] WHERE code = own.[{name}])"
                yield f"NOT EXISTS (SELECT 1 FROM [{self.dataset.slug}] AS up WHERE {' AND '.join([parent, *others])})"

    def _aggregates(self) -> Iterator[str]:
        yield f"count(*) AS [{_COUNT}]"
        yield f"count(DISTINCT [{PERIOD}]) AS [{_PERIODS}]"
        yield f"group_concat(DISTINCT [{ROW_FLAGS}]) AS [{ROW_FLAGS}]"
        grave = " ".join(f"WHEN '{status}' THEN {rank}" for rank, status in enumerate(_GRAVITY, 1))
        for column in self.dataset.measures:
            yield f"sum([{column.name}]) AS [{_sum_of(column)}]"
            yield f"max(CASE [{status_column(column.name)}] {grave} ELSE 0 END) AS [{_gravity_of(column)}]"

    def _record(self, found: Record) -> Record:
        record: Record = {name: found[name] for name in self.by}
        for column in self.dataset.measures:
            record |= _cell(column, *self._figure(column, found))
        if found[_COUNT] != 1:
            for ratio in self.dataset.ratios:
                column = self.dataset.by_name[ratio.measure]
                record |= _cell(column, *_quotient(ratio, record))
        flags = set((found[ROW_FLAGS] or "").replace(",", " ").split())
        return record | {ROW_FLAGS: " ".join(sorted(flags))}

    def _figure(self, column: Column, found: Record) -> tuple[Any, str]:
        total, gravity = found[_sum_of(column)], found[_gravity_of(column)]
        if found[_COUNT] != 1 and not self._may_sum(column, found):
            return None, Status.NOT_APPLICABLE
        if gravity > 1 or total is None:
            return None, _GRAVITY[gravity - 1]
        if found[_COUNT] > 1 and column.type == "decimal":
            total = round(total, column.decimals[1])  # the sum of the doubles that stand for decimals is one of those
        return total, Status.OK if total else Status.ZERO

    def _may_sum(self, column: Column, found: Record) -> bool:
        if column.unit_column is not None and column.unit_column not in (*self.by, *self.where):
            return False
        return column.additivity == "additive" or (column.additivity == "additive_except_time" and found[_PERIODS] == 1)


def _sum_of(column: Column) -> str:
    return f"sum of {column.name}"


def _gravity_of(column: Column) -> str:
    return f"gravity of {column.name}"


def _codes(catalogue: Catalogue, column: Column) -> Collection[Code]:
    return catalogue.codelists[str(column.codelist)].codes.values()


def _cell(column: Column, value: Any, status: str) -> Record:
    return {column.name: value, status_column(column.name): str(status)}


def _quotient(ratio: Ratio, record: Record) -> tuple[float | None, str]:
    """The ratio of two sums, rounded half up as the pipeline rounds it; over a base of nought there is none."""
    for part in (ratio.numerator, ratio.denominator):
        if record[part] is None:
            return None, record[status_column(part)]
    if not record[ratio.denominator]:
        return None, Status.NOT_APPLICABLE
    value = quotient(record[ratio.numerator], record[ratio.denominator], ratio.scale, ratio.decimals)
    return float(value), Status.OK if value else Status.ZERO
