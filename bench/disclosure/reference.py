"""Reference tables: skewed counts of visits by region, month, stop factor and ownership, from a fixed seed.

Counts of 1 to 4 are secret and zeros are published. The scales are chosen so that a tenth of the cells is secret: 620 of
the 5,733 cells of `5k`, 6,339 of the 60,333 of `60k`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from etl.protect.system import Need, System
from etl.protect.tabulation import Hierarchy, Keys, tabulate

SEED = 2026
MINIMUM = 5
SPREADS = (0.9, 0.2, 1.2, 0.6)
"""Standard deviation of the logarithm of a code's share, by dimension: regions differ much, months little."""
REST = 0.6
TOTAL = "all"


@dataclass(frozen=True)
class Reference:
    """A table: counts by lowest codes, and the hierarchy of each dimension."""

    name: str
    leaves: dict[Keys, int]
    hierarchies: tuple[Hierarchy, ...]

    @cached_property
    def cells(self) -> int:
        """How many combinations of codes there are, zeros too."""
        return int(np.prod([len(hierarchy.above) for hierarchy in self.hierarchies]))

    @property
    def reach(self) -> int:
        """Steps for the exact model that lose nothing: see `optimum`."""
        return 1 if len(self.hierarchies) == 2 else 2

    def system(self, need: Need) -> System:
        """The table with its margins; counts below MINIMUM are sensitive and have this need."""
        return tabulate(
            self.name, self.leaves, self.hierarchies, rule=lambda _, count: need if count < MINIMUM else None
        )

    @cached_property
    def secret(self) -> int:
        """How many cells are sensitive."""
        return sum(cell.sensitive for cell in self.system(Need()).cells)


def table_5k() -> Reference:
    """20 regions, 12 months, 6 factors, 2 ownerships, each with a total."""
    return _drawn("5k", (_flat("r", 20), _flat("m", 12), _flat("f", 6), _flat("o", 2)), 8.34, SEED)


def table_60k() -> Reference:
    """As `5k`, but 200 regions in 20 groups."""
    regions = Hierarchy.levels((f"r{leaf}", f"g{leaf // 10}", TOTAL) for leaf in range(200))
    return _drawn("60k", (regions, _flat("m", 12), _flat("f", 6), _flat("o", 2)), 37.9, SEED)


def small_tables() -> Iterator[Reference]:
    """Endless tables of 63 to 120 cells with 6 to 15 secret ones, of two or three dimensions, some with groups."""
    for seed, shape in enumerate(itertools.cycle(_SHAPES)):
        table = _drawn(f"small {seed}", shape, 20 if len(shape) == 2 else 12, seed)
        if 6 <= table.secret <= 15:
            yield table


def tiny_tables() -> Iterator[Reference]:
    """Endless tables of 30 to 48 cells with 3 to 6 secret ones."""
    for seed, shape in enumerate(itertools.cycle(_TINY)):
        table = _drawn(f"tiny {seed}", shape, 15, seed)
        if 3 <= table.secret <= 6:
            yield table


def _flat(letter: str, codes: int) -> Hierarchy:
    return Hierarchy.flat((f"{letter}{code}" for code in range(codes)), TOTAL)


def _grouped(letter: str, codes: int, group: int) -> Hierarchy:
    return Hierarchy.levels((f"{letter}{code}", f"{letter}-group{code // group}", TOTAL) for code in range(codes))


_SHAPES = (
    (_flat("a", 8), _flat("b", 6)),
    (_grouped("a", 8, 3), _flat("b", 8)),
    (_flat("a", 6), _flat("b", 2), _flat("c", 2)),
    (_flat("a", 4), _flat("b", 3), _flat("c", 3)),
    (_grouped("a", 6, 2), _flat("b", 2), _flat("c", 2)),
    (_flat("a", 5), _flat("b", 4), _flat("c", 3)),
)
_TINY = (
    (_flat("a", 5), _flat("b", 5)),
    (_grouped("a", 6, 3), _flat("b", 3)),
    (_flat("a", 3), _flat("b", 2), _flat("c", 2)),
    (_flat("a", 3), _flat("b", 3), _flat("c", 2)),
)


def _drawn(name: str, hierarchies: tuple[Hierarchy, ...], scale: float, seed: int) -> Reference:
    """Poisson counts around a product of log-normal shares; `scale` is their common factor."""
    codes = [[code for code in hierarchy.above if code not in hierarchy.margins] for hierarchy in hierarchies]
    shape = [len(own) for own in codes]
    random = np.random.default_rng(seed)
    means = np.ones(shape)
    for place, (size, spread) in enumerate(zip(shape, SPREADS, strict=False)):
        means *= random.lognormal(0, spread, size).reshape([-1 if place == other else 1 for other in range(len(shape))])
    means *= random.lognormal(0, REST, shape)
    counts = random.poisson(means * scale)
    leaves = {
        keys: int(value) for keys, value in zip(itertools.product(*codes), counts.ravel(), strict=True) if value > 0
    }
    return Reference(name, leaves, hierarchies)
