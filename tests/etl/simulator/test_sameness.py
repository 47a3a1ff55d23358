"""The same settings give the same bytes, however the work is done; a month is the same in every range; so are forms."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from datasets.library import Library
from etl.registry.contract import TABLES
from etl.simulator.simulate import simulate
from tests.etl.simulator.conftest import load

SCALE, SEED, MONTHS = 0.0005, 21, ("2026-04", "2026-05")


@pytest.fixture(scope="module")
def plain(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain") / "extract"
    simulate(SCALE, SEED, MONTHS, str(folder), processes=1, library=library)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_bytes_in_other_processes_places_and_times(plain: Path, tmp_path: Path) -> None:
    arguments = ["--scale", str(SCALE), "--seed", str(SEED), "--months", ":".join(MONTHS), "--out", str(tmp_path / "x")]
    environment = {**os.environ, "TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-m", "etl", "simulate", *arguments, "--processes", "2"]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    assert contents(tmp_path / "x") == contents(plain)


def test_another_seed_is_another_world(plain: Path, library: Library, tmp_path: Path) -> None:
    simulate(SCALE, SEED + 1, ("2026-04", "2026-04"), str(tmp_path / "x"), processes=1, library=library)
    here, there = contents(plain), contents(tmp_path / "x")
    assert here["service/2026-04.parquet"] != there["service/2026-04.parquet"]
    assert here["contract.parquet"] != there["contract.parquet"]


def test_a_month_does_not_depend_on_the_range(plain: Path, library: Library, tmp_path: Path) -> None:
    simulate(SCALE, SEED, ("2026-03", "2026-04"), str(tmp_path / "x"), processes=1, library=library)
    here, there = contents(plain), contents(tmp_path / "x")
    months = [name for name in here if name.endswith("2026-04.parquet")]
    assert len(months) == sum(not table.register for table in TABLES.values())
    assert all(here[name] == there[name] for name in months)
    assert here["advance.parquet"] == there["advance.parquet"]


def test_forms_hold_the_same_rows(plain: Path, library: Library, tmp_path: Path) -> None:
    simulate(SCALE, SEED, MONTHS, str(tmp_path / "x"), form="csv", processes=1, library=library)
    with duckdb.connect() as parquet, duckdb.connect() as text:
        load(parquet, plain)
        load(text, tmp_path / "x")
        for table in TABLES.values():
            columns = ", ".join(_as_text(each.name, each.type) for each in table.columns)
            listed = f"SELECT {columns} FROM {table.name} t ORDER BY ALL"
            assert parquet.execute(listed).fetchall() == text.execute(listed).fetchall(), table.name


def _as_text(name: str, kind: str) -> str:
    return f'CAST(CAST(t."{name}" AS TIMESTAMP) AS TEXT)' if kind == "instant" else f'CAST(t."{name}" AS TEXT)'
