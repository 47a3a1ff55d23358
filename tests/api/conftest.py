"""Fixtures: a release of the bundled datasets and one of a few altered ones, each built once; apps over them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from datasets.contract import POINTER_FILE
from datasets.library import BUNDLED, load_library
from etl.pipeline import build
from portal.factory import create_app


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than a second or two")


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of all bundled datasets."""
    return build(load_library(), tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def simulated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of one dataset that says it is simulated, with one figure another than in `release_folder`."""
    source, root = BUNDLED / "contracts_by_region", tmp_path_factory.mktemp("datasets")
    for folder in BUNDLED.glob("_*"):
        if folder.name != "__pycache__":
            (shutil.copytree if folder.is_dir() else shutil.copy)(folder, root / folder.name)
    target = shutil.copytree(source, root / source.name)
    declaration = target / "dataset.yaml"
    declaration.write_text(declaration.read_text().replace("origin: official", "origin: synthetic"))
    data = target / "data.csv"
    text = data.read_text()
    assert "72579541444" in text
    data.write_text(text.replace("72579541444", "72579541445"))
    return build(load_library(root), tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="session")
def app(release_folder: Path) -> Flask:
    return create_app(release_folder.parent)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def simulated(simulated_folder: Path) -> FlaskClient:
    return create_app(simulated_folder.parent).test_client()


@pytest.fixture
def switch(tmp_path: Path, release_folder: Path, simulated_folder: Path) -> tuple[FlaskClient, Callable[[str], None]]:
    """A client over both releases, and what makes one of them the current one; at first `release_folder` is."""
    for folder in (release_folder, simulated_folder):
        shutil.copytree(folder, tmp_path / folder.name, copy_function=os.link)

    def point_to(release_id: str) -> None:
        (tmp_path / POINTER_FILE).write_text(release_id)

    point_to(release_folder.name)
    return create_app(tmp_path).test_client(), point_to
