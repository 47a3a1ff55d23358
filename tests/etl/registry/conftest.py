"""What tests of the Registry share: random rows in the contract's shape, a database server, a Spark cluster."""

from collections.abc import Iterator

import pytest

from datasets.codelist import Codelist, discover_codelists
from datasets.library import BUNDLED
from etl.registry.parts import Registry
from tests.etl.registry.sample_registry import sample
from tests.registry_database import DatabaseServer, database_server
from tests.spark_cluster import spark_home


@pytest.fixture(scope="session")
def codelists() -> dict[str, Codelist]:
    return discover_codelists(BUNDLED)


@pytest.fixture(scope="session")
def sampled(codelists: dict[str, Codelist], tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Random rows; tests must not change the files."""
    return sample(tmp_path_factory.mktemp("sample"), codelists)


@pytest.fixture(scope="session")
def registry_server() -> Iterator[DatabaseServer]:
    with database_server() as server:
        yield server


@pytest.fixture(scope="session")
def java() -> Iterator[None]:
    with spark_home():
        yield
