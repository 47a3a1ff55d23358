"""What tests of validation share."""

import shutil
from pathlib import Path

import pytest

from tests.etl.registry.validation.corpus import validate
from tests.etl.registry.validation.draft import draft


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that knows the parts of the clean extract, so that a case validates only what it spoils."""
    folder, store = tmp_path_factory.mktemp("clean"), tmp_path_factory.mktemp("warm") / "store"
    draft().write(folder)
    _, report = validate(store, folder)
    assert not report.quarantined
    assert not report.notices
    return store


@pytest.fixture
def store(warm: Path, tmp_path: Path) -> Path:
    """A warm store of a test's own."""
    return Path(shutil.copytree(warm, tmp_path / "store"))
