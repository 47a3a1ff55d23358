"""The contract of the engines: every SELECT gives the same rows on DuckDB, on PostgreSQL and on Spark with worker processes."""

from collections.abc import Iterator

import pytest

from datasets.declaration import Declaration
from datasets.library import BUNDLED
from datasets.schema import TRANSFORM_FILE, load_declaration
from etl.registry.engine import Engine
from etl.registry.engine.check import runs_by_month
from etl.registry.engine.select import read_select
from etl.registry.parts import Registry
from tests.etl.registry.statements import STATEMENTS
from tests.etl.registry.three_engines import as_written, in_order, three_engines
from tests.registry_database import DatabaseServer

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines"), pytest.mark.usefixtures("java")]

TRANSFORMS = sorted(path.parent.name for path in BUNDLED.glob(f"*/{TRANSFORM_FILE}"))


# Of one class each: a process has one session of Spark, so the first must be closed before the second is opened.
@pytest.fixture(scope="class")
def over_random_rows(sampled: Registry, registry_server: DatabaseServer) -> Iterator[dict[str, Engine]]:
    with three_engines(sampled, registry_server) as engines:
        yield engines


@pytest.fixture(scope="class")
def over_extract(registry: Registry, registry_server: DatabaseServer) -> Iterator[dict[str, Engine]]:
    with three_engines(registry, registry_server) as engines:
        yield engines


def declared(slug: str) -> Declaration:
    return load_declaration(BUNDLED / slug / "dataset.yaml", BUNDLED)


def assert_equal(engines: dict[str, Engine], sql: str, month: str | None, windows: dict[str, str]) -> None:
    answers = {name: in_order(engine.rows(sql, month, windows)) for name, engine in engines.items()}
    answers["as written"] = in_order(as_written(engines["duckdb"].registry, sql, month, windows))
    for name, answer in answers.items():
        assert answer == answers["duckdb"], name
        assert [list(map(type, row)) for row in answer] == [list(map(type, row)) for row in answers["duckdb"]], name


class TestOverRandomRows:
    """Nulls, ties, edges of months and large numbers, as no world that keeps the rules has them."""

    @pytest.mark.parametrize("name", STATEMENTS)
    def test_statement(self, over_random_rows: dict[str, Engine], name: str) -> None:
        statement = STATEMENTS[name]
        assert_equal(over_random_rows, statement.sql, statement.month, statement.windows)

    @pytest.mark.parametrize("slug", TRANSFORMS)
    def test_transform(self, over_random_rows: dict[str, Engine], slug: str) -> None:
        declaration = declared(slug)
        windows = dict(declaration.reads)
        by_month = runs_by_month(read_select(declaration.transform), windows)
        assert_equal(over_random_rows, declaration.transform, "2026-04" if by_month else None, windows)


class TestOverSimulatedExtract:
    """Every dataset's SELECT over a small simulated extract, in all its months."""

    @pytest.mark.parametrize("slug", TRANSFORMS)
    def test_transform(self, over_extract: dict[str, Engine], slug: str) -> None:
        declaration = declared(slug)
        windows = dict(declaration.reads)
        registry = over_extract["duckdb"].registry
        by_month = runs_by_month(read_select(declaration.transform), windows)
        for month in registry.months if by_month else (None,):
            assert_equal(over_extract, declaration.transform, month, windows)
