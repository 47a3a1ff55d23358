"""Cell-key perturbation: a count gets noise that depends on the records counted and on nothing else.

Each record has a random key. The keys of a cell's records are summed; the sum, mixed with a secret salt, is the cell's key,
and the count with its key is looked up in a perturbation table. So a cell has the same noise in every table and every
release, without any memory. The method is the Australian Bureau of Statistics' (Fraser and Wooton 2006; Thompson,
Broadfoot and Elazar 2013). The table is the one of greatest entropy among those that meet the constraints (Giessing
2016, as in the R package ptable); cellKey (R) and cell-key-perturbation (ONS) were read too. Written anew.

What it does not do:

- Sums do not hold: a margin has noise of its own. Publishing sums of perturbed parts instead would make the noise grow.
- It hides a number only up to `most`: whoever knows the table knows that the truth is within `most` of the number, at
  least 1 where the number is not 0, and no auditor may credit it with more. `most` cannot be kept secret either. A
  published 0 may stand for as many as `most`.
- The noise has mean nought, so a reader who finds many different cells that must be equal, or parts of one cell in many
  ways, averages it away (Asghar and Kaafar, arXiv:1902.06414). Publish few fixed tables, never answers to any question.
- Two cells that differ by one record have different noise, but their difference is known within 2 `most`.
- Noise under a second salt or table is a second opinion on the same cell: never change either for what is published.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from math import prod
from typing import NamedTuple

from etl.protect.noise import Noise, Perturbed
from etl.protect.system import Name

BITS = 32
"""Record keys, their sums and cell keys are whole numbers below 2 to this power."""

_WHOLE = 2**BITS
_PRECISION = 60
_CLOSE = Decimal("1e-20")
_LEAST_SALT, _GREATEST_SALT = 16, 64


class KeyedCount(NamedTuple):
    """How many records a cell has, and the sum of their record keys (whole, or its rest modulo 2**BITS)."""

    value: int
    keys: int


def record_key(record: str, salt: bytes) -> int:
    """Random key of a record, the same for ever. `record` identifies it, and must not change from extract to extract."""
    return _mixed(b"record", record.encode(), salt)


def cell_key(keys: int, salt: bytes) -> int:
    """Key of the cell whose record keys sum to `keys`. ValueError for a salt of fewer than 16 or more than 64 bytes."""
    return _mixed(b"cell", (keys % _WHOLE).to_bytes(BITS // 8, "big"), salt)


def _mixed(purpose: bytes, content: bytes, salt: bytes) -> int:
    if not _LEAST_SALT <= len(salt) <= _GREATEST_SALT:
        raise ValueError(f"The salt has {len(salt)} bytes. Remedy: keep 32 random bytes, secret and for ever.")
    digest = hashlib.blake2b(content, digest_size=BITS // 8, key=salt, person=purpose).digest()
    return int.from_bytes(digest, "big")


@dataclass(frozen=True)
class PerturbationTable:
    """For each count the distribution of its noise, as whole numbers of cell keys.

    Noise is at most `most` either way, has mean nought and the same variance in each row; no number becomes negative,
    0 stays 0, and no number is from 1 to `least` - 1 (`least` 1 forbids none). ValueError if no such table exists.
    """

    most: int
    variance: Decimal
    least: int = 1

    def __post_init__(self) -> None:
        if self.most < 1 or self.least < 1 or not 0 < self.variance < self.most**2:
            raise ValueError(
                "Noise needs most and least of at least 1, and a variance between 0 and most squared. Remedy: correct them."
            )
        _ = self.rows

    @cached_property
    def rows(self) -> tuple[dict[int, int], ...]:
        """By count: noise and how many of the 2**BITS cell keys give it. The last row is for all greater counts too.

        The variance of all rows is the multiple of 2**-BITS nearest to the one asked for that has a solution in whole
        numbers in every row.
        """
        values = range(1, self.most + self.least + 1)
        for value in values:
            _refuse(value, self._support(value), self.variance)
        densest = [_entropic(self._support(value), self.variance) for value in values]
        nearest = round(self.variance * _WHOLE)
        for distance in range(4 * self.most**2 + 4):
            for squares in (nearest + distance, nearest - distance):
                rows = [_whole(row, squares) for row in densest]
                if all(rows):
                    return ({0: _WHOLE}, *(row for row in rows if row))
        raise ValueError("The noise has no distribution in whole numbers. Remedy: change the variance a little.")

    def noise(self, value: int, key: int) -> int:
        """Noise of a count whose cell key is `key`."""
        noises, bounds = self._lookups[min(value, len(self.rows) - 1)]
        return noises[bisect_right(bounds, key)]

    @cached_property
    def _lookups(self) -> tuple[tuple[list[int], list[int]], ...]:
        return tuple((list(row), list(accumulate(row.values()))) for row in self.rows)

    def _support(self, value: int) -> list[int]:
        noises = range(-self.most, self.most + 1)
        return [noise for noise in noises if value + noise == 0 or value + noise >= self.least]


def perturb(cells: Mapping[Name, KeyedCount], table: PerturbationTable, salt: bytes) -> Perturbed:
    """The counts with their noise; the same records give the same number wherever and whenever. ValueError below 0."""
    if any(cell.value < 0 for cell in cells.values()):
        raise ValueError("A count is below 0. Remedy: perturb counts of records only.")
    numbers = {name: value + table.noise(value, cell_key(keys, salt)) for name, (value, keys) in cells.items()}
    noise = Noise("cell_key", most=table.most, variance=str(table.variance), least=table.least)
    return Perturbed(numbers, noise)


def _refuse(value: int, support: list[int], variance: Decimal) -> None:
    below, above = [v for v in support if v < 0], [v for v in support if v > 0]
    possible = ""
    if len(support) > 2 and below and above:
        smallest, greatest = 0 if 0 in support else -below[-1] * above[0], -below[0] * above[-1]
        if smallest < variance < greatest:
            return
        possible = f" It may be between {smallest} and {greatest}."
    message = f"A count of {value} cannot have noise of mean nought and variance {variance}.{possible}"
    raise ValueError(f"{message} Remedy: change variance, most or least.")


def _entropic(support: list[int], variance: Decimal) -> dict[int, Decimal]:
    """The distribution of greatest entropy on `support` with mean nought and `variance`.

    It is proportional to exp(a v + b v v); Newton's method finds the a and b that make a convex function least. In Decimal,
    so that every machine finds the same.
    """
    with localcontext(prec=_PRECISION):
        a = b = Decimal(0)
        while True:
            density = _density(support, a, b)
            mean, second, third, fourth = (_moment(density, n) for n in (1, 2, 3, 4))
            slope_a, slope_b = mean, second - variance
            if abs(slope_a) + abs(slope_b) < _CLOSE:
                return density
            aa, ab, bb = second - mean * mean, third - mean * second, fourth - second * second
            step_a = (bb * slope_a - ab * slope_b) / (aa * bb - ab * ab)
            step_b = (aa * slope_b - ab * slope_a) / (aa * bb - ab * ab)
            gain = (slope_a * step_a + slope_b * step_b) / 4
            now = _potential(support, a, b, variance)
            while _potential(support, a - step_a, b - step_b, variance) > now - gain:
                step_a, step_b, gain = step_a / 2, step_b / 2, gain / 2
            a, b = a - step_a, b - step_b


def _density(support: list[int], a: Decimal, b: Decimal) -> dict[int, Decimal]:
    weights = {v: (a * v + b * v * v).exp() for v in support}
    whole = sum(weights.values(), Decimal(0))
    return {v: weight / whole for v, weight in weights.items()}


def _moment(density: Mapping[int, Decimal], degree: int) -> Decimal:
    return sum((p * v**degree for v, p in density.items()), Decimal(0))


def _potential(support: list[int], a: Decimal, b: Decimal, variance: Decimal) -> Decimal:
    return sum(((a * v + b * v * v).exp() for v in support), Decimal(0)).ln() - b * variance


def _whole(density: Mapping[int, Decimal], squares: int) -> dict[int, int] | None:
    """The density in whole numbers of 2**BITS whose sum of v is nought and of v v is `squares`; None if there are none.

    All but three values are rounded; the three make the sums right. Three in a row do so for every even `squares`.
    """
    support = list(density)
    trios: list[tuple[int, ...]] = [tuple(support[place : place + 3]) for place in range(len(support) - 2)]
    rows = [trio for trio in trios if trio[2] - trio[0] == 2]
    pivots = max(rows or trios, key=lambda trio: min(density[v] for v in trio))
    whole = {v: round(p * _WHOLE) for v, p in density.items() if v not in pivots}
    left = [total - sum(v**n * count for v, count in whole.items()) for n, total in enumerate((_WHOLE, 0, squares))]
    for pivot in pivots:
        one, other = (v for v in pivots if v != pivot)
        count = Fraction(left[2] - (one + other) * left[1] + one * other * left[0], prod((pivot - one, pivot - other)))
        if count < 0 or count.denominator > 1:
            return None
        whole[pivot] = count.numerator
    return {v: whole[v] for v in support}
