"""Deliveries of one world: valid, late by what they say, and whole a month later."""

from pathlib import Path

import duckdb
import pytest

from datasets.library import Library
from etl.registry.contract import TABLES
from etl.registry.manifest import read_manifest
from etl.registry.validation import validate_extracts
from etl.simulator.deliveries import LATE, WRONG, Plan, write_deliveries
from etl.simulator.simulate import simulate

pytestmark = pytest.mark.slow

PLAN = Plan(0.0005, 7, "2026-03", "2026-05", wrong="2026-03", righted="2026-05")


@pytest.fixture(scope="module")
def deliveries(library: Library, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return write_deliveries(PLAN, tmp_path_factory.mktemp("deliveries"), library)


@pytest.fixture(scope="module")
def whole(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "extract"
    simulate(PLAN.scale, PLAN.seed, (PLAN.first, PLAN.last), str(folder), processes=1, library=library)
    return folder


def _rows(folder: Path, table: str, month: str, columns: str = "*") -> set[tuple[object, ...]]:
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {columns} FROM read_parquet('{folder}/{table}/{month}*.parquet')")
        return set(found.fetchall())


def test_months_of_each_delivery(deliveries: tuple[Path, ...]) -> None:
    manifests = [read_manifest(folder) for folder in deliveries]
    assert [each.periods for each in manifests] == [
        ("2026-03",),
        ("2026-03", "2026-04"),
        ("2026-03", "2026-04", "2026-05"),
    ]
    assert [each.corrects for each in manifests] == [(), (), ("2026-03",)]
    assert len({each.extract for each in manifests}) == len(manifests)


def test_no_row_is_refused(deliveries: tuple[Path, ...], library: Library, tmp_path: Path) -> None:
    """Digests, totals and references agree: validation finds nothing to leave out."""
    for count in range(1, len(deliveries) + 1):
        registry, report = validate_extracts([str(each) for each in deliveries[:count]], tmp_path / "store", library)
        assert report.quarantined == 0
        assert registry.months == PLAN.months[:count]
    assert [parts for parts in registry.corrects.values() if parts] == [(("act", "2026-03"), ("drug_issue", "2026-03"))]


def test_late_rows_come_a_month_later(deliveries: tuple[Path, ...], whole: Path) -> None:
    for table, part in LATE.items():
        first, then, true = (_rows(folder, table, "2026-04") for folder in (deliveries[1], deliveries[2], whole))
        assert then == true
        assert first < true
        assert 0.2 * part < (len(true) - len(first)) / len(true) < 3 * part


def test_wrong_amounts_are_put_right(deliveries: tuple[Path, ...], whole: Path) -> None:
    for table in WRONG:
        key = TABLES[table].key[0]
        wrong, again, right, true = (
            dict(_rows(folder, table, "2026-03", f"{key}, amount_kzt")) for folder in (*deliveries, whole)
        )
        assert right == true
        assert again.keys() == true.keys()
        moved = {name for name, amount in again.items() if amount != true[name]}
        assert 0 < len(moved) < 3 * WRONG[table] * len(true)
        assert all(again[name] == 10 * true[name] for name in moved)
        assert all(again[name] == amount for name, amount in wrong.items())


def test_tables_that_are_never_late_are_the_worlds_own(deliveries: tuple[Path, ...], whole: Path) -> None:
    for table in ("policy", "registry_order", "consent_request", "bank_request"):
        assert _rows(deliveries[1], table, "2026-04") == _rows(whole, table, "2026-04")
