"""Portals over small releases: of documents and a simulated extract, and with hidden figures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.factory import create_app
from portal.release import Release, ReleaseStore
from tests.conftest import BufferedClient
from tests.portal.protected import write_protected
from tests.portal.registry import write_releases


@pytest.fixture(scope="session")
def registry_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_releases(tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="session")
def registry_release(registry_releases: Path) -> Release:
    return ReleaseStore(registry_releases).current()


@pytest.fixture(scope="session")
def registry_client(registry_releases: Path) -> Iterator[FlaskClient]:
    app = create_app(registry_releases)
    yield BufferedClient(app, app.response_class)
    app.extensions["sql_pool"].close()


@pytest.fixture(scope="session")
def protected_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_protected(tmp_path_factory.mktemp("protected"))


@pytest.fixture(scope="session")
def protected_release(protected_releases: Path) -> Release:
    return ReleaseStore(protected_releases).current()


@pytest.fixture(scope="session")
def protected_client(protected_releases: Path) -> Iterator[FlaskClient]:
    app = create_app(protected_releases)
    yield BufferedClient(app, app.response_class)
    app.extensions["sql_pool"].close()
