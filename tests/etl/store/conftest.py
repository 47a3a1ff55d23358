"""Small signed stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.publish import content
from tests.etl.store.shop import Shop


@pytest.fixture(scope="package", autouse=True)
def code_version() -> Iterator[None]:
    """One version of the code, whoever edits it meanwhile: the same figures are the same release throughout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "_code_version", lambda: "000000000000")
        yield


@pytest.fixture(scope="package")
def four(code_version: None, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A store of four releases with 11 to 14 beds, of which the last is the current one; not to be written into."""
    shop = Shop(tmp_path_factory.mktemp("four"))
    for day in range(4):
        shop.build(11 + day, day)
    return shop


@pytest.fixture
def shop(four: Shop, tmp_path: Path) -> Shop:
    """The same, to be written into."""
    return four.copy(tmp_path / "shop")
