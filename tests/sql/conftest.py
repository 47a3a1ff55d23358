"""Fixtures: one release file, one pool and one Flask app for the whole run; each test of the pool's life makes its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sql_release import RELEASE_ID, build

from portal.sql.blueprint import create_blueprint
from portal.sql.pool import SqlPool


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A name with what a URI must quote: Datasette's own connect() would not open it.
    folder = tmp_path_factory.mktemp("a release #1 100%?")
    return build(folder / "release.db", RELEASE_ID)


@pytest.fixture(scope="session")
def pool(database: Path) -> Iterator[SqlPool]:
    pool = SqlPool()
    pool.warm(database, RELEASE_ID)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def client(pool: SqlPool, database: Path) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(pool, lambda _wanted: (database, RELEASE_ID)))
    return app.test_client()
