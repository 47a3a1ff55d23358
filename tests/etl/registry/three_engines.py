"""One Registry behind all engines: its files in DuckDB and Spark, its rows in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from etl.registry.contract import TABLES
from etl.registry.engine import Engine
from etl.registry.engine.columns import CALENDAR
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.engine.engine import Row
from etl.registry.engine.postgresql import PostgreSQLEngine
from etl.registry.engine.spark import SparkEngine
from etl.registry.engine.view import calendar, months_read
from etl.registry.months import local_day
from etl.registry.parts import Registry
from tests.etl.registry.sample_registry import load
from tests.registry_database import DatabaseServer
from tests.spark_cluster import MASTER, OPTIONS


@contextmanager
def three_engines(registry: Registry, server: DatabaseServer) -> Iterator[dict[str, Engine]]:
    """All engines over one Registry, by name. The database also holds rejected rows, which no result may count."""
    with (
        DuckDBEngine(registry, memory="1GB", threads=2) as files,
        PostgreSQLEngine(load(registry, server.fresh())) as replica,
        SparkEngine(registry, MASTER, OPTIONS) as cluster,
    ):
        yield {"duckdb": files, "postgresql": replica, "spark": cluster}


def as_written(registry: Registry, sql: str, month: str | None, windows: dict[str, str]) -> list[Row]:
    """The rows of the text itself, which DuckDB reads without sqlglot, over views named like the tables."""
    with DuckDBEngine(registry, memory="1GB", threads=2) as engine:
        connection: duckdb.DuckDBPyConnection = engine._connection
        months = (month,) if month else registry.months
        views = {CALENDAR: calendar(months, local_day(registry.as_of))}
        for table in TABLES.values():
            window = windows.get(table.name, "month") if month else "all"
            read = () if table.register else months_read(window, month, registry.months)
            views[table.name] = engine._relation(table, read)
        for name, view in views.items():
            connection.execute(f'CREATE TEMP VIEW "{name}" AS {view.sql("duckdb")}')
        return connection.execute(sql).fetchall()


def in_order(rows: list[Row]) -> list[Row]:
    """The rows in one order, nulls and all."""
    return sorted(rows, key=lambda row: tuple((value is None, str(value)) for value in row))
