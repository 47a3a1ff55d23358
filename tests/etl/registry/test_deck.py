"""At any seed and on every engine, the whole ETL gives the official table by region to the tenge."""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from datasets.fault import FaultError
from datasets.library import Library
from etl.pipeline import Aggregation, bound, build, prepare
from etl.registry.engine import Engine
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.engine.postgresql import PostgreSQLEngine
from etl.registry.engine.spark import SparkEngine
from etl.registry.results import Results
from etl.registry.validation import validate_extracts
from etl.simulator.simulate import simulate
from tests.registry_database import DatabaseServer
from tests.spark_cluster import MASTER, OPTIONS

MONTH = ("2026-03", "2026-03")
#: Dataset and measure -> the column of the presentation's table that it must give for each region.
STATED = {
    ("contracts_by_month", "organisations"): "organisations",
    ("contracts_by_month", "contracts"): "contracts",
    ("contracts_by_month", "amount_kzt"): "amount_kzt",
    ("advances_by_month", "advance_kzt"): "advance_kzt",
    ("organisations", "contracts"): "contracts",
    ("organisations", "amount_kzt"): "amount_kzt",
    ("organisations", "advance_kzt"): "advance_kzt",
}
OWNERSHIP = {"state": 608, "private": 1159}


def assert_as_stated(aggregation: Aggregation, library: Library) -> None:
    over = bound(library, aggregation)
    with (library.root / "contracts_by_region" / "data.csv").open(encoding="utf-8") as file:
        stated = {row["region"]: row for row in csv.DictReader(file)}
    assert len(stated) == 20
    rows = {slug: prepare(over.declarations[slug], over, aggregation).table.rows for slug in {s for s, _ in STATED}}
    for (slug, measure), column in STATED.items():
        found: Counter[str] = Counter()
        for row in rows[slug]:
            found[row.keys["region"]] += row.cells[measure].value or Decimal()
        assert found == {region: Decimal(row[column]) for region, row in stated.items()}, (slug, measure)
    owners: Counter[str] = Counter()
    for row in rows["contracts_by_month"]:
        owners[row.keys["ownership"]] += int(row.cells["organisations"].value or 0)
    assert owners == OWNERSHIP
    assert Counter(row.keys["ownership"] for row in rows["organisations"]) == OWNERSHIP


@pytest.mark.parametrize("seed", [0, 1, 2026])
def test_any_seed_gives_the_official_table(seed: int, library: Library, tmp_path: Path) -> None:
    simulate(0.0005, seed, MONTH, str(tmp_path / "extract"), processes=1, library=library)
    registry, _ = validate_extracts([str(tmp_path / "extract")], tmp_path / "store", library)
    with DuckDBEngine(registry) as engine:
        assert_as_stated(Aggregation(registry, engine, Results(tmp_path / "results")), library)


def test_the_first_month_alone_makes_a_release(library: Library, tmp_path: Path) -> None:
    """No payment yet: what has no row is left out, a chart that would be empty too."""
    simulate(0.0005, 3, MONTH, str(tmp_path / "extract"), processes=1, spoil=True, library=library)
    registry, report = validate_extracts([str(tmp_path / "extract")], tmp_path / "store", library)
    assert report.quarantined
    with DuckDBEngine(registry) as engine:
        folder = build(
            library, tmp_path / "releases", aggregation=Aggregation(registry, engine, Results(tmp_path / "r"))
        )
    with closing(sqlite3.connect(folder / "release.db")) as connection:
        slugs = {slug for (slug,) in connection.execute("SELECT slug FROM meta_dataset WHERE origin = 'synthetic'")}
    assert "contracts_by_month" in slugs
    assert slugs < {slug for slug, each in library.declarations.items() if each.transform}


def test_the_work_folder_may_not_be_inside_an_extract(library: Library, demonstration: Path) -> None:
    with pytest.raises(FaultError, match="--store: is inside an extract"):
        validate_extracts([str(demonstration)], demonstration / "store", library)
    assert not (demonstration / "store").exists()


@contextmanager
def _engine(name: str, library: Library, server: DatabaseServer, folder: Path) -> Iterator[Engine]:
    """An engine over an extract that was simulated for it: into a database, or into a folder for Spark."""
    out = server.fresh() if name == "postgresql" else str(folder / "extract")
    simulate(0.0005, 5, MONTH, out, processes=1, library=library)
    registry, report = validate_extracts([out], folder / "store", library)
    assert not report.quarantined
    with PostgreSQLEngine(registry) if name == "postgresql" else SparkEngine(registry, MASTER, OPTIONS) as engine:
        yield engine


@pytest.mark.slow
@pytest.mark.xdist_group("engines")
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("name", ["postgresql", "spark"])
def test_other_engines_give_the_official_table(
    name: str, library: Library, registry_server: DatabaseServer, tmp_path: Path
) -> None:
    with _engine(name, library, registry_server, tmp_path) as engine:
        assert_as_stated(Aggregation(engine.registry, engine, Results(tmp_path / "results")), library)
