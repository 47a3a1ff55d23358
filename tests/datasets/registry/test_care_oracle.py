"""The datasets about care and people equal a slow, obvious calculation in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from datasets.library import Library
from etl.simulator.simulate import simulate
from tests.datasets.registry.care_oracle import ORACLES
from tests.datasets.registry.computed import computed, registry_of
from tests.datasets.registry.restless_extract import write_restless_extract
from tests.datasets.registry.rows import Row
from tests.datasets.registry.world import World

Figures = Callable[[str], list[Row]]


@pytest.fixture(scope="module", params=["simulated", 0, 1])
def world(request: pytest.FixtureRequest, library: Library, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A simulated extract, and some made at random, in which more happens."""
    folder = tmp_path_factory.mktemp("care")
    if request.param != "simulated":
        return World(write_restless_extract(folder, library.codelists, request.param))
    simulate(0.001, 5, ("2026-03", "2026-05"), str(folder), processes=1, library=library)
    return World(folder)


@pytest.fixture(scope="module")
def figures(world: World, library: Library) -> Figures:
    """What a dataset's SELECT gives over the extract."""
    return cache(lambda slug: computed(library.declarations[slug], registry_of(world.extract)))


@pytest.mark.parametrize("slug", ORACLES)
def test_equals_the_oracle(slug: str, world: World, figures: Figures, library: Library) -> None:
    grain = library.declarations[slug].grain
    expected = {tuple(row[name] for name in grain): row for row in ORACLES[slug](world)}
    rows = figures(slug)
    found = {tuple(row[name] for name in grain): row for row in rows}
    assert len(found) == len(rows), "a row of the grain is there twice"
    assert expected
    assert found == expected


@pytest.mark.parametrize("slug", ["presence_confirmation", "consent_funnel", "bank_answers", "attachment_and_visits"])
def test_a_share_is_of_a_whole(slug: str, figures: Figures, library: Library) -> None:
    declaration = library.declarations[slug]
    assert declaration.computed
    for ratio in declaration.computed.values():
        assert all(0 <= row[ratio.numerator] <= row[ratio.denominator] for row in figures(slug))
    for each in declaration.row_sums:
        assert all(row[each.measure] == sum(row[name] for name in each.plus) for row in figures(slug))


def test_channels_add_up_to_the_confirmed_services(figures: Figures) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    for row in figures("presence_by_channel"):
        sums[row["region"], row["period"]] += row["services"]
    for row in figures("presence_confirmation"):
        sums[row["region"], row["period"]] -= row["verified"]
    assert set(sums.values()) == {0}


def test_every_service_is_of_a_kind_of_care(figures: Figures) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    for row in figures("services_by_kind_of_care"):
        sums[row["region"], row["period"]] += row["services"]
    for row in figures("presence_confirmation"):
        sums[row["region"], row["period"]] -= row["services"]
    assert set(sums.values()) == {0}


def test_policies_at_the_months_end_are_among_those_issued(world: World, figures: Figures) -> None:
    issued: Counter[str] = Counter()
    standing: Counter[str] = Counter()
    for row in figures("policies_by_month"):
        issued[row["period"]] += row["issued"]
        standing[row["period"]] += row["active_at_end"] + row["blocked_at_end"]
    assert issued.total() == len(world.rows("policy"))
    for number, month in enumerate(world.months, 1):
        assert standing[month.name] <= sum(issued[each.name] for each in world.months[:number])


def test_restless_extracts_hold_every_case(library: Library, tmp_path: Path) -> None:
    world = World(write_restless_extract(tmp_path, library.codelists, 0))
    asked = {each["requested_on"].weekday() for each in world.rows("consent_request")}
    assert asked == set(range(7))
    consents = ORACLES["consent_funnel"](world)
    assert all(row["answered_late"] and row["answered_late"] < row["granted"] + row["refused"] for row in consents)
    policies = ORACLES["policies_by_month"](world)
    assert {row["region"] for row in policies} == {"none", "KZ-10", "KZ-75"}
    assert sum(row["blocked_at_end"] for row in policies) > 10
    attached = sum(each["organisation_id"] is not None for each in world.rows("policy"))
    last = world.months[-1].name
    visits = [row for row in ORACLES["attachment_and_visits"](world) if row["period"] == last]
    assert 0 < sum(row["seen"] for row in visits) < sum(row["attached"] for row in visits) < attached
