"""DuckDB over the Registry's files reads nothing else, keeps its spilled data private and lets few rows out."""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from datasets.fault import FaultError
from etl.registry.engine import engine as engines
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.parts import Registry

CLINICS = "SELECT organisation_id, region FROM organisation ORDER BY organisation_id DESC"


def opened(registry: Registry, spill: Path | None = None) -> DuckDBEngine:
    return DuckDBEngine(registry, memory="500MB", threads=1, spill=spill)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '/tmp/registry-test.csv'",
        "ATTACH '/tmp/registry-test.db'",
        "INSTALL httpfs",
        "SET memory_limit = '100GB'",
        "SET enable_external_access = true",
    ],
)
def test_locked(sampled: Registry, statement: str) -> None:
    with opened(sampled) as engine, pytest.raises(duckdb.Error):
        engine._connection.execute(statement).fetchall()


def test_ask_keeps_the_order(sampled: Registry) -> None:
    with opened(sampled) as engine:
        rows = engine.ask(CLINICS)
    assert [row[0] for row in rows] == list(range(60, 0, -1))


def test_spilled_data_are_private_and_removed(sampled: Registry, tmp_path: Path) -> None:
    with opened(sampled, tmp_path) as engine:
        engine.ask(CLINICS)
        (spill,) = tmp_path.iterdir()
        assert spill.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.iterdir())


def test_odd_paths(sampled: Registry, tmp_path: Path) -> None:
    (part,) = (each for each in sampled.parts if each.table == "organisation")
    path = tmp_path / "it's [odd] *, ünd" / "o'.parquet"
    path.parent.mkdir()
    shutil.copy(part.files[0], path)
    with opened(replace(sampled, parts=(replace(part, files=(path,)),))) as engine:
        assert len(engine.ask(CLINICS)) == 60


def test_absent_parts_are_empty(sampled: Registry) -> None:
    with opened(replace(sampled, parts=())) as engine:
        assert engine.ask(CLINICS) == []
        sql = "SELECT count(*) AS n, sum(tariff_kzt) AS kzt, max(period) AS month FROM service"
        assert engine.rows(sql, "2026-04", {}) == [(0, None, None)]


def test_rows_of_the_registry_do_not_leave(sampled: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "MOST_ROWS", 59)
    with opened(sampled) as engine, pytest.raises(FaultError, match="more than 59 rows"):
        engine.ask(CLINICS)


def test_a_database_is_refused(sampled: Registry) -> None:
    with pytest.raises(FaultError, match="is a database"):
        opened(replace(sampled, dsn="postgresql:///registry"))
