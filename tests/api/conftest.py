"""Fixtures: beside the release of the bundled datasets one that is altered and says that it is simulated."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATABASE_FILE, MANIFEST_FILE, POINTER_FILE
from datasets.library import BUNDLED, load_library
from datasets.link import LINKS_FILE
from etl.pipeline import build
from portal.factory import create_app
from portal.release import Release
from tests.conftest import BufferedClient

#: A client over two releases, and what makes one of them the current one.
Switch = tuple[FlaskClient, Callable[[str], None]]


@pytest.fixture(scope="session")
def release_folder(release: Release) -> Path:
    """The release of all bundled datasets."""
    return release.folder


@pytest.fixture(scope="session")
def simulated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of one dataset that says it is simulated, with two figures others than in `release_folder`."""
    source, root = BUNDLED / "contracts_by_region", tmp_path_factory.mktemp("datasets")
    for folder in BUNDLED.glob("_*"):
        if folder.name not in ("__pycache__", "__init__.py", LINKS_FILE):
            (shutil.copytree if folder.is_dir() else shutil.copy)(folder, root / folder.name)
    target = shutil.copytree(source, root / source.name)
    data = target / "data.csv"
    text = data.read_text()
    # The sum stays: the declaration explains its gap.
    assert {"72579541444", "56592355610"} <= set(text.replace("\n", ",").split(","))
    data.write_text(text.replace("72579541444", "72579541445").replace("56592355610", "56592355609"))
    folder = build(load_library(root), tmp_path_factory.mktemp("simulated"))
    _say_simulated(folder)
    return folder


def _say_simulated(folder: Path) -> None:
    # The figures of an official document do not pass as simulated.
    database, manifest = folder / DATABASE_FILE, folder / MANIFEST_FILE
    with closing(sqlite3.connect(database)) as connection:
        for table in ("meta_dataset", "meta_reconciliation"):
            connection.execute(f"UPDATE {table} SET origin = 'synthetic'")
        connection.commit()
    said = json.loads(manifest.read_text())
    entry = next(each for each in said["files"] if each["path"] == DATABASE_FILE)
    entry["sha256"] = hashlib.sha256(database.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(said | {"synthetic": True}))


@pytest.fixture
def simulated(simulated_folder: Path) -> Iterator[FlaskClient]:
    """A client over the simulated release alone."""
    yield from _client(simulated_folder.parent)


@pytest.fixture
def switch(tmp_path: Path, release_folder: Path, simulated_folder: Path) -> Iterator[Switch]:
    """A client over both releases, and what makes one of them the current one; at first `release_folder` is."""
    for folder in (release_folder, simulated_folder):
        shutil.copytree(folder, tmp_path / folder.name, copy_function=os.link)

    def point_to(release_id: str) -> None:
        (tmp_path / POINTER_FILE).write_text(release_id)

    point_to(release_folder.name)
    for client in _client(tmp_path):
        yield client, point_to


def _client(releases: Path) -> Iterator[FlaskClient]:
    app = create_app(releases)
    yield BufferedClient(app, app.response_class)
    app.extensions["sql_pool"].close()
