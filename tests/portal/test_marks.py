"""Suppressed, zero, not collected and not applicable are four distinct marks in every file, answer and page."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from datasets.contract import Status
from datasets.library import load_library
from etl.aggregate import aggregate
from etl.extract import extract
from etl.protect import protect
from etl.publish import publish
from etl.publish.content import make_content
from etl.table import Cell, Table
from etl.validate import validate
from portal.factory import create_app
from tests.datasets.folders import write_library

ROWS = "region,period,beds\n" + "".join(
    f"KZ-{code},2026,{value}\n" for code, value in ((71, 10), (75, 0), (79, "[x]"), (39, "[z]"), (10, 3))
)
EXPECTED = {"KZ-71": "10", "KZ-75": "0", "KZ-79": "[x]", "KZ-39": "[z]", "KZ-10": "[c]"}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a cell of each status. No rule suppresses anything yet, so the one of KZ-10 is hidden by hand."""
    folder = tmp_path_factory.mktemp("marks")
    library = load_library(write_library(folder / "datasets", rows=ROWS))
    dataset = aggregate(validate(extract(library.declarations["beds"]), library), library)
    *shown, last = dataset.table.rows
    hidden = replace(last, cells={"beds": Cell(None, Status.SUPPRESSED)})
    dataset = replace(dataset, table=Table((*shown, hidden)))
    publish(make_content(library, (protect(dataset, library),)), folder / "releases")
    return folder / "releases"


@pytest.fixture(scope="module")
def data(releases: Path) -> Iterator[Path]:
    return next(releases.glob("*/data"))


def test_in_the_workbook(data: Path) -> None:
    rows = list(openpyxl.load_workbook(data / "beds_en.xlsx").worksheets[0].iter_rows(min_row=2, values_only=True))
    assert {row[0]: str(row[3]) for row in rows} == EXPECTED


def test_in_the_excel_flavour(data: Path) -> None:
    lines = (data / "beds_kk_excel.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert {line.split(";")[0]: line.split(";")[3] for line in lines} == EXPECTED


STATUSES = {"KZ-71": "ok", "KZ-75": "zero", "KZ-79": "not_collected", "KZ-39": "not_applicable", "KZ-10": "suppressed"}


def test_in_the_machine_files(data: Path) -> None:
    rows = json.loads((data / "beds.json").read_text(encoding="utf-8"))["rows"]
    parquet = pq.read_table(data / "beds.parquet").to_pylist()
    for found in (rows, parquet):
        assert {row["region"]: row["beds_status"] for row in found} == STATUSES
        assert {row["region"]: row["beds"] for row in found} == dict.fromkeys(STATUSES) | {"KZ-71": 10, "KZ-75": 0}
    header, *lines = (data / "beds.csv").read_text(encoding="utf-8").splitlines()
    names = header.split(",")
    cells = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    assert {cell["region"]: cell["beds_status"] for cell in cells} == STATUSES
    assert [cell["beds"] for cell in cells] == ["10", "0", "", "", ""]


def test_on_the_page_and_in_the_api(releases: Path) -> None:
    app = create_app(releases)
    try:
        client = app.test_client()
        pages = [client.get(f"/{language}/datasets/beds").get_data(as_text=True) for language in ("kk", "ru", "en")]
        answer = client.get("/api/v1/datasets/beds/observations").get_json()
    finally:
        app.extensions["sql_pool"].close()
    for page in pages:
        assert all(mark in page for mark in ("[c]", "[x]", "[z]"))
    assert {row["region"]: row["beds_status"] for row in answer["rows"]} == STATUSES
