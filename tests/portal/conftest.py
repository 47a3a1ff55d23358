"""Portals over small releases: of documents and a simulated extract, and with hidden figures."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import TRUST_FILE
from etl.signing.keyring import ensure_key
from portal.factory import create_app
from portal.release import Release
from portal.store import ReleaseStore
from tests.conftest import BufferedClient
from tests.portal.history import write_history
from tests.portal.protected import write_protected
from tests.portal.recorded import write_recorded
from tests.portal.registry import write_releases
from tests.portal.signed import BUILT, CURRENT, OLDER, open_portal, publish_beds


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


@pytest.fixture(scope="session")
def signed_store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A signed store of two releases: its folder, the ids of the older and of the current one. Not to be written to."""
    folder = tmp_path_factory.mktemp("signed")
    return folder / "releases", publish_beds(folder, OLDER), publish_beds(folder, CURRENT)


@pytest.fixture
def older(signed_store: tuple[Path, str, str]) -> str:
    return signed_store[1]


@pytest.fixture
def current(signed_store: tuple[Path, str, str]) -> str:
    return signed_store[2]


@pytest.fixture
def releases(signed_store: tuple[Path, str, str], tmp_path: Path) -> Path:
    """A copy of the signed store that a test may damage."""
    return Path(shutil.copytree(signed_store[0], tmp_path / "releases"))


@pytest.fixture
def unsigned(releases: Path) -> Path:
    """The same without keys: a manifest that a test has rewritten is believed."""
    (releases / TRUST_FILE).unlink()
    return releases


@pytest.fixture(scope="session")
def onlooker(signed_store: tuple[Path, str, str]) -> Iterator[FlaskClient]:
    """A visitor of the signed store, in which nothing is damaged."""
    with open_portal(signed_store[0]) as client:
        yield client


@pytest.fixture
def visitor(releases: Path) -> Iterator[FlaskClient]:
    with open_portal(releases) as client:
        yield client


@pytest.fixture(scope="session")
def other_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The public key of somebody else."""
    folder = tmp_path_factory.mktemp("other")
    return ensure_key(folder / "store", folder / "releases", BUILT).current.public_key


@pytest.fixture(scope="session")
def recorded_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a public record."""
    return write_recorded(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="session")
def recorded_client(recorded_releases: Path) -> Iterator[FlaskClient]:
    app = create_app(recorded_releases)
    yield BufferedClient(app, app.response_class)
    app.extensions["sql_pool"].close()


@pytest.fixture(scope="session")
def history_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five releases; tests must not write into them."""
    return write_history(tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="session")
def history_client(history_releases: Path) -> Iterator[FlaskClient]:
    app = create_app(history_releases)
    yield BufferedClient(app, app.response_class)
    app.extensions["sql_pool"].close()
