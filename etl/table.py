"""A table of cells: the value that moves through the stages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from datasets.contract import Flag, Status


@dataclass(frozen=True)
class Cell:
    """A figure as printed, or the reason why there is none. `value` is null unless `status` is ok or zero."""

    value: Decimal | None
    status: Status

    @property
    def decimals(self) -> int:
        """The number of decimals printed."""
        exponent = self.value.as_tuple().exponent if self.value is not None else 0
        return -exponent if isinstance(exponent, int) and exponent < 0 else 0

    @property
    def half_unit(self) -> Decimal:
        """Half of the last printed digit: how far the unrounded figure may be from the printed one."""
        return Decimal(5).scaleb(-self.decimals - 1)


@dataclass(frozen=True)
class Row:
    """One row: the dimensions' values (codes, periods, integers or texts, all as text), cells by measure, flags."""

    line: int
    keys: dict[str, str]
    cells: dict[str, Cell]
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class Table:
    """The rows of a dataset, in the order in which they are published."""

    rows: tuple[Row, ...]
