"""Adding a folder is all it takes: the dataset is in the navigation, API, downloads, SQL and documentation."""

import copy
import runpy
import shutil
from pathlib import Path

import pytest

from datasets.library import BUNDLED, load_library
from etl.pipeline import build
from portal.factory import create_app
from tests.conftest import BufferedClient
from tests.datasets.folders import MINIMAL, ROWS, add_dataset

PROJECT = Path(__file__).parents[2]


@pytest.mark.slow
def test_new_folder_appears_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "datasets"
    shutil.copytree(BUNDLED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    add_dataset(folder, copy.deepcopy(MINIMAL), ROWS)
    build(load_library(folder), tmp_path / "releases")
    app = create_app(tmp_path / "releases")
    client = BufferedClient(app, app.response_class)
    try:
        for language in ("kk", "ru", "en"):
            assert f"/{language}/datasets/beds" in client.get(f"/{language}/datasets/").get_data(as_text=True)
            assert client.get(f"/{language}/datasets/beds").status_code == 200
        assert "/en/datasets/beds" in client.get("/en/regions/KZ-71").get_data(as_text=True)
        assert "/en/datasets/beds" in client.get("/en/datasets/?q=beds").get_data(as_text=True)
        assert "beds" in {each["slug"] for each in client.get("/api/v1/datasets").get_json()["datasets"]}
        assert client.get("/api/v1/datasets/beds/observations").get_json()["rows"][0]["beds"] == 10
        for name in ("beds.csv", "beds.json", "beds.parquet", "beds_kk.xlsx", "beds_ru_excel.csv"):
            assert client.get(f"/downloads/latest/{name}").status_code == 200
        answer = client.get("/data/release/beds.json?_shape=array")
        assert answer.get_json()[0]["beds"] == 10
        assert "Beds" in client.get("/data/release/beds").get_data(as_text=True)
    finally:
        app.extensions["sql_pool"].close()
    monkeypatch.syspath_prepend(str(PROJECT / "docs"))
    generate = runpy.run_path(str(PROJECT / "docs" / "generate.py"))
    assert "beds" in generate["pages"](load_library(folder))["datasets.md"]
