"""Region pages: the sentence, the place among the regions, and no share where its base is incomplete."""

import copy
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.library import load_library
from etl.pipeline import build
from portal.factory import create_app
from tests.datasets.folders import MINIMAL, write_library

CODES = (10, 11, 15, 19, 23, 27, 31, 33, 35, 39, 43, 47, 55, 59, 61, 62, 63, 71, 75, 79)


def _region_page(folder: Path, rows: str) -> str:
    build(load_library(write_library(folder / "datasets", copy.deepcopy(MINIMAL), rows)), folder / "releases")
    app = create_app(folder / "releases")
    try:
        return app.test_client().get("/en/regions/KZ-71").get_data(as_text=True)
    finally:
        app.extensions["sql_pool"].close()


def _rows(**changed: str) -> str:
    lines = [
        f"KZ-{code},2026,{changed.get(f'KZ{code}', '5')}\n"
        for code in CODES
        if f"KZ{code}" not in changed or changed[f"KZ{code}"]
    ]
    return "region,period,beds\n" + "".join(lines)


def test_share_of_a_complete_base(tmp_path: Path) -> None:
    text = _region_page(tmp_path, _rows())
    assert "5.0%" in text
    assert "1 of 20" in text


@pytest.mark.parametrize("missing", ["[x]", "[z]", ""])
def test_no_share_where_a_region_has_no_figure(tmp_path: Path, missing: str) -> None:
    text = _region_page(tmp_path, _rows(KZ39=missing))
    assert "5.3%" not in text
    assert "Share of the country" not in text


def test_lineage_is_said(client: FlaskClient) -> None:
    assert "East Kazakhstan" in client.get("/en/regions/KZ-10").get_data(as_text=True)
    assert "Abai" in client.get("/en/regions/KZ-63").get_data(as_text=True)
    assert "8 июня 2022" in client.get("/ru/regions/KZ-33").get_data(as_text=True)


def test_sentence_has_the_regions_own_figures(client: FlaskClient) -> None:
    text = client.get("/en/regions/KZ-39").get_data(as_text=True)
    assert "66 contracts with 60 medical organisations" in text
    assert "101.8 billion tenge" in text.replace("\u00a0", " ")


def test_seventeen_regions_carry_the_break(tmp_path: Path) -> None:
    seventeen = _rows(KZ10="", KZ33="", KZ62="")
    library = load_library(write_library(tmp_path / "datasets", rows=seventeen))
    from etl.pipeline import prepare

    dataset = prepare(library.declarations["beds"], library)
    assert dataset.region_set == "17"
    assert {row.keys["region"] for row in dataset.table.rows if row.flags} == {"KZ-63", "KZ-19", "KZ-35"}
