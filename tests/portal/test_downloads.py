"""Downloads: over HTTP as programs fetch them, and in the programs that people open them with."""

import csv
import io
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest
from flask.testing import FlaskClient

from datasets.contract import DATA_FOLDER, LANGUAGES, MANIFEST_FILE, STATUS_MARKS, bulk_formats, status_column
from portal.release import Release


def _data(release: Release, name: str) -> Path:
    return release.folder / DATA_FOLDER / name


def _rows(release: Release, slug: str) -> list[dict]:
    return release.rows(f"SELECT * FROM [{slug}]")


def test_every_dataset_has_every_format(release: Release) -> None:
    for slug, dataset in release.catalogue.datasets.items():
        protected = release.rows("SELECT protection_json FROM meta_dataset WHERE slug = ?", (slug,))[0][
            "protection_json"
        ]
        assert dataset.kinds == bulk_formats(totals=protected is not None)
        for kind in dataset.kinds:
            for language in LANGUAGES if kind.localised else (None,):
                assert f"{DATA_FOLDER}/{kind.file_name(slug, language)}" in release.files


def test_stable_address_revalidates_and_pinned_is_kept_for_a_day(client: FlaskClient, release: Release) -> None:
    latest = client.get("/downloads/latest/contracts_by_region.csv")
    pinned = client.get(f"/downloads/{release.id}/contracts_by_region.csv")
    assert latest.data == pinned.data == _data(release, "contracts_by_region.csv").read_bytes()
    assert "no-cache" in latest.headers["Cache-Control"]
    assert pinned.headers["Cache-Control"] == "public, max-age=86400"
    assert latest.headers["X-Release"] == release.id
    assert latest.headers["X-Synthetic"] == "false"
    assert latest.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get("/downloads/latest/contracts_by_region.csv", headers={"If-None-Match": latest.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_range_gives_the_bytes_asked_for(client: FlaskClient, release: Release) -> None:
    whole = _data(release, "contracts_by_region.parquet").read_bytes()
    part = client.get("/downloads/latest/contracts_by_region.parquet", headers={"Range": "bytes=4-99"})
    assert (part.status_code, part.data) == (206, whole[4:100])
    assert part.headers["Content-Range"] == f"bytes 4-99/{len(whole)}"
    beyond = client.get("/downloads/latest/contracts_by_region.parquet", headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize("name", ["nothing.csv", "..%2f..%2fCURRENT", "....//CURRENT", ".lock", "manifest.json%00.csv"])
def test_only_files_of_the_manifest_are_served(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/downloads/latest/{name}")
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"]["remedy"]


def test_listing_has_both_addresses(client: FlaskClient, release: Release) -> None:
    listing = client.get("/downloads/latest/").json
    assert listing is not None
    assert listing["release"] == release.id
    assert {entry["path"] for entry in listing["files"]} == set(release.files)
    for entry in listing["files"][:5]:
        assert client.get(entry["pinned"].removeprefix("http://localhost")).status_code == 200
    assert client.get(f"/downloads/latest/{MANIFEST_FILE}").status_code == 200


def _same(read: Iterable[object], expected: list[float | None]) -> bool:
    """Whether the numbers that a program read are the release's, and nothing is where nothing is: nought is no gap."""
    numbers = [None if value is None or value != value else value for value in read]  # NaN is not itself
    return numbers == expected


def test_pandas_reads_every_csv(release: Release) -> None:
    for slug, dataset in release.catalogue.datasets.items():
        texts = {column.name: str for column in dataset.dimensions}
        frame = pd.read_csv(_data(release, f"{slug}.csv"), dtype=texts, keep_default_na=True)
        rows = _rows(release, slug)
        assert len(frame) == len(rows)
        for column in dataset.dimensions:
            assert frame[column.name].tolist() == [str(row[column.name]) for row in rows], slug
            if column.codelist:
                labels = release.catalogue.codelists[column.codelist].codes
                expected = [labels[row[column.name]].label["kk"] for row in rows]
                assert frame[f"{column.name}_kk"].tolist() == expected, slug
        for column in dataset.measures:
            assert _same(frame[column.name].tolist(), [row[column.name] for row in rows]), (slug, column.name)
            statuses = frame[status_column(column.name)].tolist()
            assert statuses == [row[status_column(column.name)] for row in rows], (slug, column.name)


def test_pandas_reads_every_excel_flavour(release: Release) -> None:
    for slug, dataset in release.catalogue.datasets.items():
        text = _data(release, f"{slug}_ru_excel.csv").read_bytes()
        assert text.startswith(b"\xef\xbb\xbf")
        marked = {"sep": ";", "decimal": ",", "encoding": "utf-8-sig", "na_values": list(STATUS_MARKS.values())}
        frame = pd.read_csv(io.BytesIO(text), **marked)
        for column in dataset.measures:
            unit = f", {release.catalogue.label('unit', column.unit, 'ru')}" if column.unit else ""
            expected = [row[column.name] for row in _rows(release, slug)]
            assert _same(frame[column.title["ru"] + unit].tolist(), expected), (slug, column.name)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_duckdb_reads_every_file(release: Release, suffix: str) -> None:
    with duckdb.connect() as connection:
        for slug, dataset in release.catalogue.datasets.items():
            path, rows = _data(release, f"{slug}.{suffix}"), _rows(release, slug)
            for column in dataset.measures:
                status = status_column(column.name)
                found = connection.execute(f'SELECT "{column.name}", "{status}" FROM \'{path}\'').fetchall()
                assert _same([each[0] for each in found], [row[column.name] for row in rows]), (slug, column.name)
                assert [each[1] for each in found] == [row[status] for row in rows], (slug, column.name)
            if suffix == "parquet":
                kinds = dict(connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE '{path}')").fetchall())
                assert kinds["period"] == "VARCHAR", slug


@pytest.mark.parametrize("language", LANGUAGES)
def test_workbook_has_numbers_as_numbers_and_codes_as_text(release: Release, language: str) -> None:
    book = openpyxl.load_workbook(_data(release, f"contracts_by_region_{language}.xlsx"))
    headings = release.catalogue.codelists["heading"].codes
    assert book.sheetnames == [
        headings[name].label[language] for name in ("data", "about", "columns", "notes", "reconciliation")
    ]
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    assert len(rows) == 20
    assert rows[0][0] == "KZ-75"
    assert rows[0][1] == release.catalogue.label("region", "KZ-75", language)
    assert rows[0][2] == "2026"
    assert sum(row[5] for row in rows) == 2_624_576_666_686
    assert header[5].endswith(release.catalogue.label("unit", "kzt", language))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("soffice") is None:
        pytest.fail("LibreOffice is missing; run tests/system-packages.sh")
    return tmp_path_factory.mktemp("office")


def _convert(office: Path, sources: list[Path], infilter: str = "") -> dict[str, list[list[str]]]:
    """What LibreOffice Calc has in the first sheet of each file, as text cells, by the file's stem."""
    # 44 comma, 34 quote, 76 UTF-8; the last fields: not as shown but as stored values, first sheet.
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{office}/profile"]
    command += [f"--infilter={infilter}"] if infilter else []
    command += ["--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false"]
    command += ["--outdir", str(office), *map(str, sources)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    tables = {}
    for source in sources:
        with (office / f"{source.stem}.csv").open(encoding="utf-8") as file:
            tables[source.stem] = list(csv.reader(file))
    return tables


def _numbers(table: list[list[str]], heading: str) -> list[float | None]:
    """A column of a sheet: numbers, or nothing where a mark stands."""
    place = table[0].index(heading)
    marks = {*STATUS_MARKS.values()}
    return [None if row[place] in marks else float(row[place]) for row in table[1:]]


@pytest.mark.slow
def test_libreoffice_opens_every_workbook(release: Release, office: Path) -> None:
    datasets = release.catalogue.datasets
    tables = _convert(office, [_data(release, f"{slug}_kk.xlsx") for slug in datasets])
    for slug, dataset in datasets.items():
        for column in dataset.measures:
            unit = f", {release.catalogue.label('unit', column.unit, 'kk')}" if column.unit else ""
            expected = [row[column.name] for row in _rows(release, slug)]
            assert _numbers(tables[f"{slug}_kk"], column.title["kk"] + unit) == expected, (slug, column.name)


@pytest.mark.slow
def test_libreoffice_opens_the_excel_flavour(release: Release, office: Path) -> None:
    # 59 semicolon, 34 quote, 76 UTF-8, from line 1, language 1049 (Russian: decimal comma), numbers detected.
    infilter = "Text - txt - csv (StarCalc):59,34,76,1,,1049,false,true,false"
    (table,) = _convert(office, [_data(release, "insured_by_region_ru_excel.csv")], infilter).values()
    header, *rows = table
    expected = _rows(release, "insured_by_region")
    assert header[1] == "Регион"
    assert [row[1] for row in rows] == [release.catalogue.label("region", row["region"], "ru") for row in expected]
    assert [float(row[3]) for row in rows] == [row["insured"] for row in expected]


def test_other_methods_are_refused_with_those_allowed(client: FlaskClient) -> None:
    answer = client.post("/downloads/latest/contracts_by_region.csv")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("name", ["blocked_clinics.csv", "organisations_kk.xlsx", "release.db", "reconciliation.json"])
def test_a_file_with_simulated_figures_says_so(client: FlaskClient, name: str) -> None:
    assert client.get(f"/downloads/latest/{name}").headers["X-Synthetic"] == "true"


def test_every_row_of_a_simulated_file_says_so(client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/downloads/latest/blocked_clinics.csv").text)))
    assert {row["origin"] for row in rows} == {"synthetic"}
    checks = list(csv.DictReader(io.StringIO(client.get("/downloads/latest/reconciliation.csv").text)))
    assert {row["origin"] for row in checks if row["dataset"] == "money_chain"} == {"synthetic"}
    assert {row["origin"] for row in checks if row["dataset"] == "contracts_by_region"} == {"official"}
    for language, words in {
        "kk": "Синтетикалық деректер",
        "ru": "Синтетические данные",
        "en": "Synthetic data",
    }.items():
        text = client.get(f"/downloads/latest/blocked_clinics_{language}_excel.csv").data.decode("utf-8-sig")
        assert {line.rsplit(";", 1)[1] for line in text.splitlines()[1:]} == {words}
