"""A portal over a release that has figures of documents and of a simulated extract."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.factory import create_app
from portal.release import Release, ReleaseStore
from tests.conftest import BufferedClient
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
