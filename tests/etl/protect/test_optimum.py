"""Patterns beside the proved optimum of tiny tables, and the exact model beside all patterns there are."""

from itertools import chain, combinations, islice

import pytest

from bench.disclosure.distance import cost
from bench.disclosure.hypercube import hypercube
from bench.disclosure.optimum import cheapest
from bench.disclosure.reader import unmet
from bench.disclosure.reference import Reference, tiny_tables
from etl.protect.suppress import suppress
from etl.protect.system import Need, System
from etl.protect.tabulation import Hierarchy, tabulate

NEEDS = [Need(values=2), Need(values=2, upper=5), Need(values=3)]
TABLES = list(islice(tiny_tables(), 8))


@pytest.mark.parametrize("need", NEEDS[:2], ids=str)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_pattern_is_as_cheap_as_the_optimum_or_nearly(table: Reference, need: Need) -> None:
    system = table.system(need)
    optimum = cheapest(system, table.reach)
    assert optimum is not None
    assert not unmet(system, optimum.hidden)
    pattern = suppress(system)
    assert not unmet(system, pattern.hidden)
    assert pattern.cost == pytest.approx(cost(system, pattern.hidden))
    assert optimum.cost - 1e-9 <= pattern.cost <= 1.2 * optimum.cost


@pytest.mark.parametrize("need", NEEDS[:2], ids=str)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_peer_protects_all_cells_that_it_does_not_give_up(table: Reference, need: Need) -> None:
    block = hypercube(table, need)
    assert set(unmet(table.system(need), block.hidden)) <= set(block.unprotected)


@pytest.mark.parametrize("need", NEEDS, ids=str)
@pytest.mark.parametrize("counts", [(3, 9, 2, 7), (1, 6, 30, 8), (2, 2, 1, 9)], ids=str)
def test_the_exact_model_finds_the_cheapest_of_all_patterns(counts: tuple[int, ...], need: Need) -> None:
    system = _square(counts, need)
    feasible = [cost(system, hidden) for hidden in _patterns(system) if not unmet(system, hidden)]
    optimum = cheapest(system, 1)
    assert (optimum.cost if optimum else None) == pytest.approx(min(feasible, default=None))


def test_the_exact_model_refuses_what_it_does_not_know() -> None:
    readers = (frozenset({("t", "A", "1")}),)
    with pytest.raises(ValueError, match="more than the model knows"):
        cheapest(_square((3, 9, 2, 7), Need(insiders=readers)), 1)


def _square(counts: tuple[int, ...], need: Need) -> System:
    leaves = dict(zip([("A", "1"), ("A", "2"), ("B", "1"), ("B", "2")], counts, strict=True))
    both = [Hierarchy.flat("AB", "all"), Hierarchy.flat("12", "any")]
    return tabulate("t", leaves, both, rule=lambda _, value: need if value < 5 else None)


def _patterns(system: System) -> list[frozenset]:
    """All sets of cells that hold the sensitive ones."""
    secret = [cell.name for cell in system.cells if cell.sensitive]
    others = [cell.name for cell in system.cells if not cell.sensitive]
    chosen = chain.from_iterable(combinations(others, size) for size in range(len(others) + 1))
    return [frozenset([*secret, *each]) for each in chosen]
