"""The datasets about control equal a slow, obvious calculation in Python."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from datasets.library import Library
from tests.datasets.registry.computed import computed, registry_of
from tests.datasets.registry.control_oracle import ORACLES
from tests.datasets.registry.crowded_extract import write_crowded_extract
from tests.datasets.registry.enforcement_oracle import enforcement_gap
from tests.datasets.registry.rows import Row
from tests.datasets.registry.signal_oracle import KINDS, audit_signals
from tests.datasets.registry.world import World

ALL = {**ORACLES, "audit_signals": audit_signals, "enforcement_gap": enforcement_gap}
SEEDS = range(4)


@pytest.fixture(scope="module", params=SEEDS)
def crowded(request: pytest.FixtureRequest, library: Library, tmp_path_factory: pytest.TempPathFactory) -> World:
    """An extract in which every threshold is met, missed and just met."""
    folder = tmp_path_factory.mktemp(f"crowded-{request.param}")
    return World(write_crowded_extract(folder, library.codelists, request.param))


def as_lines(rows: list[Row]) -> Counter[tuple[tuple[str, object], ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows)


@pytest.mark.parametrize("slug", ALL)
def test_equals_the_oracle(slug: str, crowded: World, library: Library) -> None:
    declaration = library.declarations[slug]
    expected = list(ALL[slug](crowded))
    found = computed(declaration, registry_of(crowded.extract))
    assert expected
    assert as_lines(found) == as_lines(expected)
    assert len({tuple(row[name] for name in declaration.grain) for row in found}) == len(found)


def test_the_crowded_extracts_hold_every_case(library: Library, tmp_path: Path) -> None:
    signals: Counter[str] = Counter()
    verdicts: Counter[tuple[str, str]] = Counter()
    for seed in SEEDS:
        (tmp_path / str(seed)).mkdir()
        world = World(write_crowded_extract(tmp_path / str(seed), library.codelists, seed))
        for row in audit_signals(world):
            signals[row["signal"]] += bool(row["signals"]) + 1000 * (row["signals"] < row["base"])
        for row in enforcement_gap(world):
            verdicts[row["factor"], row["enforcement"]] += row["cases"]
    assert set(signals) == set(KINDS)
    assert all(count % 1000 and count > 1000 for count in signals.values())
    codes = {each: library.codelists[each].by_code for each in ("stop_factor", "enforcement")}
    assert {pair for pair, count in verdicts.items() if count} == {
        (factor, verdict) for factor in codes["stop_factor"] for verdict in codes["enforcement"]
    }


def test_blocks_at_the_months_end_follow_from_those_begun_and_cured(crowded: World, library: Library) -> None:
    rows = computed(library.declarations["blocked_clinics"], registry_of(crowded.extract))
    flows: Counter[str] = Counter()
    active: Counter[str] = Counter()
    for row in rows:
        flows[row["period"]] += row["started"] - row["cured"]
        active[row["period"]] += row["active_at_end"]
    first = crowded.months[0].first
    standing = sum(each["started_on"] < first for each in crowded.rows("block"))
    standing -= sum(each["cured_on"] is not None and each["cured_on"] < first for each in crowded.rows("block"))
    for month in crowded.months:
        standing += flows[month.name]
        assert active[month.name] == standing
