"""PostgreSQL aggregates in the Registry's replica: reading only, from one state of it, without the rejected rows."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg.errors import ReadOnlySqlTransaction

from datasets.fault import FaultError
from etl.registry.engine import engine as engines
from etl.registry.engine.postgresql import PostgreSQLEngine
from etl.registry.engine.select import read_select
from etl.registry.engine.view import bind
from etl.registry.parts import Registry
from tests.etl.registry.sample_registry import load
from tests.registry_database import DatabaseServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines")]

SERVICES = "SELECT period, count(*) AS n FROM service GROUP BY period"
ACTS = "SELECT period, count(*) AS n FROM act GROUP BY period"


@pytest.fixture(scope="module")
def replica(sampled: Registry, registry_server: DatabaseServer) -> Registry:
    return load(sampled, registry_server.fresh())


@pytest.fixture
def engine(replica: Registry) -> Iterator[PostgreSQLEngine]:
    with PostgreSQLEngine(replica) as engine:
        yield engine


def test_rejected_rows_are_left_out(engine: PostgreSQLEngine, replica: Registry) -> None:
    assert engine.rows(SERVICES, "2026-03", {}) == [("2026-03", 60)]
    with PostgreSQLEngine(replace(replica, rejected=())) as careless:
        assert careless.rows(SERVICES, "2026-03", {}) == [("2026-03", 61)]


def test_only_the_months_of_the_extract(replica: Registry) -> None:
    with PostgreSQLEngine(replace(replica, months=("2026-03", "2026-05"))) as engine:
        for sql, table in ((SERVICES, "service"), (ACTS, "act")):
            assert sorted(engine.rows(sql, None, {table: "all"})) == [("2026-03", 60), ("2026-05", 60)]
        assert engine.rows(SERVICES, "2026-04", {}) == []


def test_reads_only(engine: PostgreSQLEngine) -> None:
    with pytest.raises(ReadOnlySqlTransaction):
        engine._connection.execute("DELETE FROM service")


def test_one_state_of_the_database(engine: PostgreSQLEngine, replica: Registry) -> None:
    before = engine.rows(ACTS, "2026-04", {})
    with psycopg.connect(replica.dsn) as other:
        other.execute("INSERT INTO act SELECT * FROM act WHERE period = '2026-04' LIMIT 1")
    assert engine.rows(ACTS, "2026-04", {}) == before
    with PostgreSQLEngine(replica) as later:
        assert later.rows(ACTS, "2026-04", {}) == [("2026-04", before[0][1] + 1)]  # type: ignore[operator]


def test_an_index_on_the_instant_serves(engine: PostgreSQLEngine, replica: Registry) -> None:
    with psycopg.connect(replica.dsn) as other:
        other.execute("CREATE INDEX ON service (started_at)")
    query = bind(read_select(SERVICES), replica, "2026-04", {}, engine._relation).sql("postgres")
    engine._connection.execute("SET LOCAL enable_seqscan = off")
    plan = "\n".join(row[0] for row in engine._connection.execute(f"EXPLAIN {query}".encode()).fetchall())
    assert "Index Cond: ((started_at >= '2026-03-31 19:00:00'" in plan and "'2026-04-30 19:00:00'" in plan


def test_rows_of_the_registry_do_not_leave(engine: PostgreSQLEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "MOST_ROWS", 59)
    with pytest.raises(FaultError, match="more than 59 rows"):
        engine.ask("SELECT organisation_id, region FROM organisation")


def test_a_folder_is_refused(sampled: Registry) -> None:
    with pytest.raises(FaultError, match="is a folder"):
        PostgreSQLEngine(sampled)
