"""Suppressed, withdrawn, zero, not collected and not applicable are distinct marks in every file, answer and page."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES, STATUS_MARKS, Status
from datasets.library import Library, load_library
from etl.aggregate import aggregate
from etl.disclosure import protect
from etl.extract import extract
from etl.pipeline import build
from etl.publish import publish
from etl.publish.content import make_content
from etl.table import Cell, Table
from etl.validate import validate
from portal.factory import create_app
from portal.store import ReleaseStore
from tests.conftest import BufferedClient
from tests.datasets.folders import MINIMAL, TEXT, write_library
from tests.portal.test_boundaries import map_file

ROWS = "region,period,beds\n" + "".join(
    f"KZ-{code},2026,{value}\n" for code, value in ((71, 10), (75, 0), (79, "[x]"), (39, "[z]"), (10, 3), (11, 4))
)
CHART = {"title": TEXT, "category": "region", "measures": ["beds"], "where": {"period": "2026"}}
DECLARED = MINIMAL | {
    "region_sentence": dict.fromkeys(LANGUAGES, "= {beds}."),
    "charts": [CHART | {"kind": "bar"}, CHART | {"kind": "tile_map"}],
}
EXPECTED = {"KZ-71": "10", "KZ-75": "0", "KZ-79": "[x]", "KZ-39": "[z]", "KZ-10": "[c]", "KZ-11": "[w]"}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a cell of each status. Nothing of a document is hidden, so two are taken away by hand."""
    folder = tmp_path_factory.mktemp("marks")
    library = load_library(write_library(folder / "datasets", DECLARED, rows=ROWS))
    dataset = aggregate(validate(extract(library.declarations["beds"]), library), library)
    *shown, hidden, withdrawn = dataset.table.rows
    hidden = replace(hidden, cells={"beds": Cell(None, Status.SUPPRESSED)})
    withdrawn = replace(withdrawn, cells={"beds": Cell(None, Status.WITHDRAWN)})
    dataset = replace(dataset, table=Table((*shown, hidden, withdrawn)))
    publish(make_content(library, protect([dataset], library)), folder / "releases", lambda _folder: None)
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
STATUSES["KZ-11"] = "withdrawn"
NUMBERS = dict.fromkeys(STATUSES) | {"KZ-71": 10, "KZ-75": 0}
WRITTEN = dict.fromkeys(STATUSES, "") | {"KZ-71": "10", "KZ-75": "0"}


def test_in_the_machine_files(data: Path) -> None:
    rows = json.loads((data / "beds.json").read_text(encoding="utf-8"))["rows"]
    parquet = pq.read_table(data / "beds.parquet").to_pylist()
    for found in (rows, parquet):
        assert {row["region"]: row["beds_status"] for row in found} == STATUSES
        assert {row["region"]: row["beds"] for row in found} == NUMBERS
    header, *lines = (data / "beds.csv").read_text(encoding="utf-8").splitlines()
    names = header.split(",")
    cells = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    assert {cell["region"]: cell["beds_status"] for cell in cells} == STATUSES
    assert [cell["beds"] for cell in cells] == ["10", "0", "", "", "", ""]


@pytest.fixture(scope="module")
def visitor(releases: Path) -> Iterator[FlaskClient]:
    app = create_app(releases)
    yield BufferedClient(app, app.response_class)
    app.extensions["sql_pool"].close()


def _seen(html: str) -> str:
    """What the eye sees of a piece of HTML: no tags, and no texts for screen readers alone."""
    spoken = r'<(?:span class="govuk-visually-hidden"|title)[^>]*>.*?</(?:span|title)>'
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(spoken, "", html, flags=re.DOTALL)).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_the_page(visitor: FlaskClient, library: Library, language: str) -> None:
    text = visitor.get(f"/{language}/datasets/beds").get_data(as_text=True)
    table = text.split('id="table"')[1].split("</table>")[0]
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in table.split("<tbody")[1].split("<tr")[1:]]
    regions = {code.label[language]: code.code for code in library.codelists["region"].codes}
    assert {regions[_seen(row[0])]: _seen(row[2]) for row in cells} == EXPECTED
    legend = _seen(text.split('id="table"')[1].split('<ul class="app-legend"')[1].split("</ul>")[0])
    labels = {code.code: code.label[language] for code in library.codelists["status"].codes}
    assert all(f"{STATUS_MARKS[status]} {labels[status]}" in legend for status in STATUS_MARKS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_the_map(visitor: FlaskClient, language: str) -> None:
    text = visitor.get(f"/{language}/datasets/beds").get_data(as_text=True)
    tiles = re.findall(r'<a class="app-tile app-tile--(\w+)" href="/\w+/regions/([\w-]+)"(.*?)</a>', text, re.DOTALL)
    shown = {code: _seen(rest.split("app-tile__value")[1].split(">", 1)[1]) for _shade, code, rest in tiles}
    assert len(shown) == 20
    assert {code: shown[code] for code in EXPECTED} == EXPECTED
    assert set(shown.values()) == {*EXPECTED.values(), "–"}
    shades = {code: shade for shade, code, _rest in tiles if shade != "none"}
    assert shades == {"KZ-75": "1", "KZ-71": "2", "KZ-10": "hidden"}
    legend = text.split('<ul class="app-tile-legend"')[1].split("</ul>")[0]
    swatches = re.findall(r"swatch--(\w+)\".*?</svg>([^<]*)</li>", legend, re.DOTALL)
    assert swatches[:2] == [("1", "0"), ("2", "10")]
    assert [name for name, _text in swatches[2:]] == ["hidden", "none"]
    assert [_seen(each) for each in re.findall(r'app-mark">(.*?)</span>', text.split("app-tile-legend")[-1])][:4] == [
        "[c]",
        "[x]",
        "[z]",
        "[w]",
    ]


def test_on_a_map_without_any_number(tmp_path: Path) -> None:
    rows = "region,period,beds\nKZ-79,2026,[x]\nKZ-39,2026,[z]\n"
    build(load_library(write_library(tmp_path / "datasets", DECLARED, rows)), tmp_path / "releases")
    app = create_app(tmp_path / "releases")
    try:
        text = BufferedClient(app, app.response_class).get("/en/datasets/beds").get_data(as_text=True)
    finally:
        app.extensions["sql_pool"].close()
    assert re.findall(r'app-tile__value"[^>]*>(\[.\])<', text) == ["[z]", "[x]"]


def test_on_the_operators_own_map(releases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [code.code for code in ReleaseStore(releases).current().catalogue.regions]
    monkeypatch.setenv("MAP_FILE", str(map_file(tmp_path, codes)))
    app = create_app(releases)
    try:
        text = BufferedClient(app, app.response_class).get("/en/datasets/beds").get_data(as_text=True)
    finally:
        app.extensions["sql_pool"].close()
    assert sorted(re.findall(r'app-tile__place"[^>]*>[^<]* (\[.\])<', text)) == ["[c]", "[w]", "[x]", "[z]"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_the_chart(visitor: FlaskClient, library: Library, language: str) -> None:
    text = visitor.get(f"/{language}/datasets/beds").get_data(as_text=True)
    (trace,) = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)[0])["data"]
    regions = {code.code: code.label[language] for code in library.codelists["region"].codes}
    marked = {code: f"{regions[code]} {mark}" if "[" in mark else regions[code] for code, mark in EXPECTED.items()}
    assert set(trace["y"]) == set(marked.values())
    assert dict(zip(trace["y"], trace["x"], strict=True))[marked["KZ-75"]] == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", EXPECTED)
def test_on_the_regions_page(visitor: FlaskClient, library: Library, language: str, code: str) -> None:
    text = visitor.get(f"/{language}/regions/{code}").get_data(as_text=True)
    expected, status = EXPECTED[code], STATUSES[code]
    label = next(each.label[language] for each in library.codelists["status"].codes if each.code == status)
    sentence = _seen(text.split('<p class="govuk-body-l">')[1].split("</p>")[0])
    assert sentence == (f"= {expected} ({label.lower()})." if "[" in expected else f"= {expected}.")
    assert _seen(text.split('<p class="app-stat__value">')[1].split("</p>")[0]) == expected
    table = text.split('<div class="app-data-table" id="beds"')[1].split("</table>")[0]
    assert _seen(re.findall(r"<t[hd].*?</t[hd]>", table.split("<tbody")[1], re.DOTALL)[1]) == expected


def test_in_the_api(visitor: FlaskClient) -> None:
    address = "/api/v1/datasets/beds/observations"
    rows = visitor.get(address).get_json()["rows"]
    assert {row["region"]: row["beds_status"] for row in rows} == STATUSES
    assert {row["region"]: row["beds"] for row in rows} == NUMBERS
    text = visitor.get(f"{address}?format=csv").get_data(as_text=True)
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["region"]: row["beds_status"] for row in table} == STATUSES
    assert {row["region"]: row["beds"] for row in table} == WRITTEN


def test_in_visitor_sql(visitor: FlaskClient) -> None:
    rows = visitor.get("/data/release/beds.json?_shape=array").get_json()
    assert {row["region"]: row["beds_status"] for row in rows} == STATUSES
    assert {row["region"]: row["beds"] for row in rows} == NUMBERS
    text = visitor.get("/data/release/beds.csv").get_data(as_text=True)
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["region"]: row["beds_status"] for row in table} == STATUSES
    assert {row["region"]: row["beds"] for row in table} == WRITTEN
    page = visitor.get("/data/release/beds").get_data(as_text=True)
    assert all(status in page for status in STATUSES.values())
