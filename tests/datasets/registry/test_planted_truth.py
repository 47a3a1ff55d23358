"""What the simulator plants is found: every unit that a published definition covers, and no decoy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from datasets.library import Library
from etl.simulator.simulate import simulate
from tests.datasets.registry.computed import computed, registry_of
from tests.datasets.registry.enforcement_oracle import enforcement_gap
from tests.datasets.registry.planted import GAPS, Compared, gaps, signals, truth
from tests.datasets.registry.signal_oracle import KINDS, audit_signals
from tests.datasets.registry.test_control_oracle import as_lines
from tests.datasets.registry.world import World

pytestmark = pytest.mark.slow

MONTHS = ("2026-03", "2026-06")


@pytest.fixture(scope="module", params=[1, 20260316])
def world(request: pytest.FixtureRequest, library: Library, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A small simulated extract with its ground truth."""
    folder: Path = tmp_path_factory.mktemp("planted") / "extract"
    simulate(0.0005, request.param, MONTHS, str(folder), processes=1, library=library)
    return World(folder)


@pytest.fixture(scope="module")
def found_signals(world: World) -> dict[str, Compared]:
    return signals(world)


@pytest.fixture(scope="module")
def found_gaps(world: World) -> dict[tuple[str, str], Compared]:
    return gaps(world)


@pytest.mark.parametrize("kind", KINDS)
def test_every_planted_signal_is_found(kind: str, found_signals: dict[str, Compared]) -> None:
    compared = found_signals[kind]
    assert compared.planted
    assert not compared.missed
    assert not compared.decoys & compared.found


@pytest.mark.parametrize("factor", ["location", "tax_debt", "qr_share"])
@pytest.mark.parametrize("kind", GAPS)
def test_every_planted_gap_is_found(kind: str, factor: str, found_gaps: dict[tuple[str, str], Compared]) -> None:
    compared = found_gaps[kind, factor]
    assert compared.planted
    assert not compared.missed
    assert not compared.decoys & compared.found


def test_decoys_are_planted_where_a_definition_has_a_threshold(found_signals: dict[str, Compared]) -> None:
    assert {kind for kind, compared in found_signals.items() if compared.decoys} >= {
        "doctor_day",
        "drug_bulk",
        "overlapping_stay",
    }


def test_audit_signals_counts_what_was_found(
    world: World, library: Library, found_signals: dict[str, Compared]
) -> None:
    rows = computed(library.declarations["audit_signals"], registry_of(world.extract))
    assert as_lines(rows) == as_lines(list(audit_signals(world)))
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        counted[row["signal"], row["period"], row["region"]] = row["signals"]
    for kind, compared in found_signals.items():
        planted = Counter((kind, month, world.region(clinic)) for month, clinic, *_ in compared.planted)
        assert all(counted[cell] >= units for cell, units in planted.items())


def test_enforcement_gap_counts_what_was_found(world: World, library: Library) -> None:
    rows = computed(library.declarations["enforcement_gap"], registry_of(world.extract))
    assert as_lines(rows) == as_lines(list(enforcement_gap(world)))


def test_every_short_notice_is_found(world: World, library: Library) -> None:
    rows = computed(library.declarations["monitoring_commission"], registry_of(world.extract))
    short = {(row["period"], row["region"]): row["inspections"] - row["notice_kept"] for row in rows}
    planted = Counter(
        (line["period"], line["region"]) for line in truth(world, "threads") if line["kind"] == "short_notice"
    )
    assert planted
    assert {cell: count for cell, count in short.items() if count} == planted
