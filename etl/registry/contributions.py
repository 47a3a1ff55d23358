"""Who contributes how much to a dataset's rows: what disclosure control must know of clinics, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from datasets.declaration import Column, Declaration
from datasets.library import Library
from etl.registry.engine import Engine
from etl.registry.engine.select import read_select
from etl.registry.parts import Registry
from etl.registry.results import Results
from etl.registry.transform import run_transform

CONTRIBUTOR = "contributor"


@dataclass(frozen=True)
class Contribution:
    """What one `contributor` adds to the row of these `keys` (the dimensions in their order): whole numbers by measure."""

    keys: tuple[str, ...]
    contributor: str
    amounts: dict[str, int]


def run_contributions(
    declaration: Declaration, registry: Registry, engine: Engine, results: Results, library: Library
) -> tuple[Contribution, ...]:
    """The rows of the dataset's contributions.sql, judged and kept as those of its transform; none if it has none.

    Raises FaultError with all that is wrong with the SELECT, or with what it gives.
    """
    if not declaration.contributions:
        return ()
    asked = _asked(declaration)
    found = run_transform(asked, registry, engine, results, library)
    names = [column.name for column in asked.measures]
    width = len(declaration.dimensions)
    return tuple(
        Contribution(values[:width], values[width], dict(zip(names, map(int, values[width + 1 :]), strict=True)))
        for _, values in found.rows
    )


def _asked(declaration: Declaration) -> Declaration:
    """The dataset of contributions: the dimensions, the contributor, and those of the measures that the SELECT gives."""
    title = dict.fromkeys(declaration.title, CONTRIBUTOR)
    contributor = Column(CONTRIBUTOR, "dimension", "integer", title)
    return replace(
        declaration,
        columns=(*declaration.dimensions, contributor, *_given(declaration)),
        grain=(*declaration.grain, CONTRIBUTOR),
        transform=declaration.contributions,
        withheld=(),
        ratios=(),
    )


def _given(declaration: Declaration) -> Iterator[Column]:
    names = read_select(declaration.contributions, f"{declaration.slug}/contributions.sql").tree.named_selects
    return (column for column in declaration.measures if column.name in names)
