"""How far patterns are from the proved optimum, on small tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tqdm import tqdm

from bench.disclosure.hypercube import hypercube
from bench.disclosure.optimum import cheapest
from bench.disclosure.reader import reducible, unmet
from bench.disclosure.reference import Reference
from etl.protect.suppress import suppress
from etl.protect.system import Name, Need, System

METHODS = ("elimination", "hypercube", "full")


@dataclass(frozen=True)
class Distance:
    """One table: cost of each method over the optimum's, needs that a method leaves unmet, cells hidden for nothing."""

    table: str
    ratios: dict[str, float]
    unmet: dict[str, int]
    reducible: int


def pattern(table: Reference, need: Need, method: str) -> frozenset[Name]:
    """The hidden cells of a table by one of METHODS."""
    if method == "hypercube":
        return hypercube(table, need).hidden
    return suppress(table.system(need), method=method).hidden


def distances(tables: Iterable[Reference], need: Need, count: int, seconds: float) -> Iterator[Distance]:
    """Compare on the first `count` tables whose optimum is proved in time and is not nought."""
    with tqdm(total=count, desc="small tables", leave=False) as progress:
        for table in tables:
            system = table.system(need)
            optimum = cheapest(system, table.reach, seconds)
            if optimum is None or not optimum.cost:
                continue
            hidden = {method: pattern(table, need, method) for method in METHODS}
            ratios = {method: cost(system, own) / optimum.cost for method, own in hidden.items()}
            failed = {method: len(unmet(system, own)) for method, own in hidden.items()}
            beaten = [method for method in METHODS if ratios[method] < 1 - 1e-9 and not failed[method]]
            if beaten:
                raise ValueError(
                    f"{table.name}: {', '.join(beaten)} beats the optimum. Remedy: give the model more reach."
                )
            yield Distance(
                table.name,
                ratios,
                failed,
                len(reducible(system, hidden["full"])),
            )
            progress.update()
            if progress.n == count:
                return


def cost(system: System, hidden: Iterable[Name]) -> float:
    """Summed weight of the hidden cells that are not sensitive."""
    return sum(cell.weight for cell in map(system.by_name.__getitem__, hidden) if not cell.sensitive)
