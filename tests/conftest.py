"""What tests share: the bundled library, one release built from it, the portal over that release."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from datasets.library import Library, load_library
from etl.pipeline import Aggregation, build
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.parts import Registry
from etl.registry.results import Results
from etl.registry.validation import validate_extracts
from etl.simulator.simulate import simulate
from portal.release import Release
from portal.store import ReleaseStore


@pytest.fixture(scope="session", autouse=True)
def desk_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where portals of tests keep what visitors hand in, unless a test says otherwise."""
    folder = tmp_path_factory.mktemp("desks") / "desk"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESK_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def library() -> Library:
    return load_library()


@pytest.fixture(scope="session")
def demonstration(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated extract of three months; tests must not write into it."""
    folder = tmp_path_factory.mktemp("demonstration") / "extract"
    simulate(0.0005, 7, ("2026-03", "2026-05"), str(folder), processes=1, library=library)
    return folder


@pytest.fixture(scope="session")
def registry(demonstration: Path, library: Library, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """The simulated extract, validated."""
    return validate_extracts([str(demonstration)], tmp_path_factory.mktemp("store"), library)[0]


@pytest.fixture(scope="session")
def releases_dir(library: Library, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one release of the documents and the simulated extract, built once; tests must not write into it."""
    folder = tmp_path_factory.mktemp("releases")
    with DuckDBEngine(registry) as engine:
        build(library, folder, aggregation=Aggregation(registry, engine, Results(tmp_path_factory.mktemp("results"))))
    return folder


@pytest.fixture(scope="session")
def release(releases_dir: Path) -> Release:
    return ReleaseStore(releases_dir).current()


@pytest.fixture(scope="session")
def release_database(release: Release) -> Path:
    return release.database


@pytest.fixture(scope="session")
def app(releases_dir: Path) -> Iterator[Flask]:
    from portal.factory import create_app

    app = create_app(releases_dir)
    yield app
    app.extensions["sql_pool"].close()


class BufferedClient(FlaskClient):
    """Reads each answer to its end, so that the file behind a download is closed."""

    def open(self, *arguments: Any, **settings: Any) -> TestResponse:
        return super().open(*arguments, **{"buffered": True, **settings})


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return BufferedClient(app, app.response_class)
