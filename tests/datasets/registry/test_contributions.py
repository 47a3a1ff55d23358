"""Contributions add up to the rows that they are contributions to, and each stands with the clinic that made it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from datasets.library import Library
from etl.registry.contributions import run_contributions
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.results import Results
from tests.datasets.registry.computed import computed, registry_of
from tests.datasets.registry.world import World

SLUGS = ("services_by_kind_of_care", "drug_issues")


def test_every_policy_about_contributors_has_them(library: Library) -> None:
    assert {slug for slug, each in library.declarations.items() if each.contributions} == set(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_contributions_add_up(slug: str, library: Library, demonstration: Path, tmp_path: Path) -> None:
    declaration, registry, world = library.declarations[slug], registry_of(demonstration), World(demonstration)
    with DuckDBEngine(registry, memory="1GB", threads=1) as engine:
        found = run_contributions(declaration, registry, engine, Results(tmp_path), library)
    region = [column.name for column in declaration.dimensions].index("region")
    assert all(world.region(int(each.contributor)) == each.keys[region] for each in found)
    summed: Counter[tuple[tuple[str, ...], str]] = Counter()
    for each in found:
        for measure, amount in each.amounts.items():
            summed[each.keys, measure] += amount
    summable = [column.name for column in declaration.measures if column.additivity == "additive"]
    expected = {
        (tuple(row[name] for name in declaration.grain), measure): row[measure]
        for row in computed(declaration, registry)
        for measure in summable
    }
    assert dict(summed) == expected
    assert len(found) > len(expected) / len(summable)
