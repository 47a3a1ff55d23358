"""One small simulated extract for all tests, and a DuckDB connection with its tables."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from datasets.library import Library
from etl.registry.contract import TABLES, Table
from etl.registry.manifest import read_manifest
from etl.simulator.calibration import Calibration, calibrate
from etl.simulator.simulate import simulate

SCALE, SEED, MONTHS = 0.001, 11, ("2026-03", "2026-08")


@pytest.fixture(scope="session")
def calibration(library: Library) -> Calibration:
    return calibrate(library)


@pytest.fixture(scope="session")
def extract(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extract of six months; tests must not change it."""
    folder = tmp_path_factory.mktemp("simulated") / "extract"
    simulate(SCALE, SEED, MONTHS, str(folder), processes=1, library=library)
    return folder


@pytest.fixture(scope="session")
def registry(extract: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        load(connection, extract)
        yield connection


def load(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The tables of an extract, with the local day (`x_on`) of each instant `x_at` and the month `period`."""
    files = read_manifest(folder).files
    for table in TABLES.values():
        paths = [str(folder / each.path) for each in files if each.table == table.name]
        reader = "read_parquet" if paths[0].endswith(".parquet") else "read_csv"
        derived = "".join(f", {expression} AS {name}" for name, expression in _derived(table).items())
        connection.execute(f"CREATE TABLE {table.name} AS SELECT *{derived} FROM {reader}({paths!r})")


def _derived(table: Table) -> dict[str, str]:
    days = {
        "on_day" if each.name == "at" else each.name[:-3] + "_on": f'CAST("{each.name}" + INTERVAL 5 HOUR AS DATE)'
        for each in table.columns
        if each.type == "instant"
    }
    if table.register or table.month_of == "period":
        return days
    of = "on_day" if table.month_of == "at" else table.month_of[:-3] + "_on"
    return {**days, "period": f"strftime({days.get(of, of)}, '%Y-%m')"}
