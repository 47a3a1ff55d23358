"""Search finds regions and datasets by any of the names that people use."""

import pytest
from flask.testing import FlaskClient

from portal.release import Release
from portal.search import search


@pytest.mark.parametrize(
    ("query", "region"),
    [
        ("костанай", "KZ-39"),
        ("Қостанай", "KZ-39"),
        ("Kostanay", "KZ-39"),
        ("qostanai", "KZ-39"),
        ("жетису", "KZ-33"),
        ("Жетысу", "KZ-33"),
        ("Жетісу", "KZ-33"),
        ("ulytau", "KZ-62"),
        ("улытау", "KZ-62"),
        ("Нур-Султан", "KZ-71"),
        ("Семей", "KZ-10"),
        ("в Костанайской области", "KZ-39"),
        ("ЗКО", "KZ-27"),
    ],
)
def test_region_is_found(release: Release, query: str, region: str) -> None:
    assert region in search(release, query).regions


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("договоры", "contracts_by_region"),
        ("договоров", "contracts_by_region"),
        ("шарттар", "contracts_by_region"),
        ("шарттардың", "contracts_by_region"),
        ("contracts", "contracts_by_region"),
        ("жалобы", "complaints_by_region"),
        ("шағымдар", "complaints_by_region"),
        ("костанай", "contracts_by_region"),
        ("цифровой тенге", "digital_tenge_figures"),
        ("tenge digital", "digital_tenge_figures"),
    ],
)
def test_dataset_is_found(release: Release, query: str, slug: str) -> None:
    assert slug in search(release, query).datasets


@pytest.mark.parametrize(
    "query", ['"', "' OR 1=1 --", "a*", "NEAR(", "зззззззз", "\x00", "к", "AND OR NOT", "🙂" * 300]
)
def test_odd_query_is_harmless(client: FlaskClient, query: str) -> None:
    assert client.get("/en/datasets/", query_string={"q": query}).status_code == 200
