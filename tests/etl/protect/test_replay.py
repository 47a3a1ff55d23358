"""Twelve releases protected together give nothing away; the same twelve protected one by one do."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from etl.protect.ledger import Ledger
from etl.protect.system import Equation, System
from tests.etl.protect.replay import SPLIT, Office, Reader, World, releases

SMALL = World(regions=4, factors=2, owners=2, ages=2, corrections=2)


def read(office: Office, world: World = SMALL, count: int = 12) -> Reader:
    reader = Reader()
    for release in releases(world, count):
        reader.read(*office.protect(release))
    return reader


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return read(Office(Ledger(tmp_path_factory.mktemp("ledger")), polished=False))


@pytest.fixture(scope="module")
def alone() -> Reader:
    return read(Office(polished=False))


@pytest.mark.slow
def test_no_figure_follows_from_all_releases_by_elimination(together: Reader) -> None:
    assert len(together.sensitive) > 100
    assert not together.solved()


@pytest.mark.slow
def test_no_figure_is_bounded_too_tightly_in_all_releases_together(together: Reader) -> None:
    """With all that a reader knows: whole numbers, and that a hidden count is at least 1."""
    assert not together.breached()


@pytest.mark.slow
def test_releases_protected_one_by_one_open_each_other(alone: Reader) -> None:
    assert len(alone.solved()) > len(alone.sensitive) // 2
    assert alone.breached() >= alone.solved()


def test_scenario_holds_what_it_promises() -> None:
    """Late corrections, a sum that starts anew each month, and in the month of the split cells tied to earlier ones."""
    made = list(releases(SMALL, SPLIT))
    values = [{cell.name: cell.value for cell in release.system.cells} for release in made]
    for earlier, later in pairwise(values):
        assert any(later.get(name, value) != value for name, value in earlier.items())
        assert ("visits", "all", "2022-01", "all", "all") in earlier.keys() & later.keys()
    assert [len(release.links) > 0 for release in made] == [False] * (SPLIT - 1) + [True]
    for link in made[-1].links:
        assert not sum(term.coefficient * (values[-1] | values[-2])[term.cell] for term in link)


class Forgetful(Ledger):
    """Knows what was shown and hidden, but not how it sums."""

    def join(self, system: System, links: Iterable[Equation] = ()) -> System:
        self._history.relations.clear()
        return super().join(system, links)


@pytest.mark.slow
def test_forgetful_ledger_is_found_out(tmp_path: Path) -> None:
    assert read(Office(Forgetful(tmp_path), polished=False), count=SPLIT).breached()
