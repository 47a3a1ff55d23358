"""Releases from which figures are withdrawn."""

import shutil
from pathlib import Path

import pytest

from datasets.library import load_library
from etl.pipeline import build
from tests.datasets.folders import write_library
from tests.etl.redactable import BED_TOTALS, BEDS, release, write_datasets


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`releases` with one of two months and one of three, and the `store` with their ledger; not to be written into."""
    folder = tmp_path_factory.mktemp("redactable")
    for months in (2, 3):
        release(write_datasets(folder / f"datasets-{months}", months), folder / "releases", folder / "store")
    return folder


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases of one document, without any ledger; not to be written into."""
    folder = tmp_path_factory.mktemp("printed")
    for number, rows in enumerate((BEDS, BEDS + "KZ-11,2026,[x]\n")):
        library = write_library(folder / f"datasets-{number}", rows=rows, totals=BED_TOTALS)
        build(load_library(library), folder / "releases")
    return folder


@pytest.fixture
def place(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "place")


@pytest.fixture
def documents(printed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(printed, tmp_path / "documents")
