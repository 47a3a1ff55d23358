"""Downloads: over HTTP as programs fetch them, and in the programs that people open them with."""

import csv
import io
import shutil
import subprocess
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest
from flask.testing import FlaskClient

from datasets.contract import BULK_FORMATS, DATA_FOLDER, LANGUAGES, MANIFEST_FILE
from portal.release import Release

#: Cyrillic labels, tenge beyond 2**31, per cent; and decimals, marks, two periods.
SLUGS = ("contracts_by_region", "drug_provision", "insured_by_region", "purchase_execution_by_kind_of_care")


def _data(release: Release, name: str) -> Path:
    return release.folder / DATA_FOLDER / name


def _rows(release: Release, slug: str) -> list[dict]:
    return release.rows(f"SELECT * FROM [{slug}]")


def test_every_dataset_has_every_format(release: Release) -> None:
    for slug in release.catalogue.datasets:
        for kind in BULK_FORMATS:
            for language in LANGUAGES if kind.localised else (None,):
                assert f"{DATA_FOLDER}/{kind.file_name(slug, language)}" in release.files


def test_stable_address_revalidates_and_pinned_is_immutable(client: FlaskClient, release: Release) -> None:
    latest = client.get("/downloads/latest/contracts_by_region.csv")
    pinned = client.get(f"/downloads/{release.id}/contracts_by_region.csv")
    assert latest.data == pinned.data == _data(release, "contracts_by_region.csv").read_bytes()
    assert "no-cache" in latest.headers["Cache-Control"]
    assert "immutable" in pinned.headers["Cache-Control"]
    assert latest.headers["X-Release"] == release.id
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


@pytest.mark.parametrize("slug", SLUGS)
def test_pandas_reads_the_csv(release: Release, slug: str) -> None:
    frame = pd.read_csv(_data(release, f"{slug}.csv"), dtype={"period": str}, keep_default_na=True)
    rows = _rows(release, slug)
    dataset = release.catalogue.datasets[slug]
    assert len(frame) == len(rows)
    for column in dataset.measures:
        expected = [float("nan") if row[column.name] is None else float(row[column.name]) for row in rows]
        pd.testing.assert_series_equal(
            frame[column.name].astype(float), pd.Series(expected, name=column.name), check_exact=True
        )
    coded = next(column for column in dataset.dimensions if column.codelist)
    labels = release.catalogue.codelists[coded.codelist or ""].codes
    assert frame[f"{coded.name}_kk"].tolist() == [labels[row[coded.name]].label["kk"] for row in rows]


@pytest.mark.parametrize("slug", SLUGS)
def test_pandas_reads_the_excel_flavour(release: Release, slug: str) -> None:
    dataset = release.catalogue.datasets[slug]
    text = _data(release, f"{slug}_ru_excel.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    frame = pd.read_csv(io.BytesIO(text), sep=";", decimal=",", encoding="utf-8-sig", na_values=["[x]", "[z]", "[c]"])
    for column in dataset.measures:
        unit = f", {release.catalogue.label('unit', column.unit, 'ru')}" if column.unit else ""
        values = frame[column.title["ru"] + unit].astype(float).tolist()
        expected = [row[column.name] for row in _rows(release, slug)]
        assert [None if value != value else value for value in values] == expected  # NaN is not itself


@pytest.mark.parametrize("slug", SLUGS)
def test_duckdb_reads_csv_and_parquet(release: Release, slug: str) -> None:
    with duckdb.connect() as connection:
        for suffix in ("csv", "parquet"):
            path = _data(release, f"{slug}.{suffix}")
            for column in release.catalogue.datasets[slug].measures:
                (total,) = connection.execute(f"SELECT sum({column.name}) FROM '{path}'").fetchone() or (None,)
                expected = sum(row[column.name] or 0 for row in _rows(release, slug))
                assert total == pytest.approx(expected, rel=1e-12)
        kinds = dict(
            connection.execute(f"DESCRIBE SELECT * FROM '{_data(release, slug + '.parquet')}'")
            .df()[["column_name", "column_type"]]
            .itertuples(index=False)
        )
    assert kinds["period"] == "VARCHAR"


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


def _convert(office: Path, source: Path, infilter: str = "") -> list[list[str]]:
    """What LibreOffice Calc shows in the first sheet, as text cells."""
    # 44 comma, 34 quote, 76 UTF-8; the last fields: not as shown but as stored values, first sheet.
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{office}/profile"]
    command += [f"--infilter={infilter}"] if infilter else []
    command += ["--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false"]
    command += ["--outdir", str(office), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with (office / f"{source.stem}.csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.slow
def test_libreoffice_opens_the_workbook(release: Release, office: Path) -> None:
    header, *rows = _convert(office, _data(release, "insured_by_region_kk.xlsx"))
    expected = _rows(release, "insured_by_region")
    assert "Өңір" in header[1]
    assert [row[0] for row in rows] == [row["region"] for row in expected]
    assert [float(row[3]) for row in rows] == [row["insured"] for row in expected]


@pytest.mark.slow
def test_libreoffice_opens_the_excel_flavour(release: Release, office: Path) -> None:
    # 59 semicolon, 34 quote, 76 UTF-8, from line 1, language 1049 (Russian: decimal comma), numbers detected.
    infilter = "Text - txt - csv (StarCalc):59,34,76,1,,1049,false,true,false"
    header, *rows = _convert(office, _data(release, "insured_by_region_ru_excel.csv"), infilter)
    expected = _rows(release, "insured_by_region")
    assert header[1] == "Регион"
    assert [row[1] for row in rows] == [release.catalogue.label("region", row["region"], "ru") for row in expected]
    assert [float(row[3]) for row in rows] == [row["insured"] for row in expected]


def test_other_methods_are_refused_with_those_allowed(client: FlaskClient) -> None:
    answer = client.post("/downloads/latest/contracts_by_region.csv")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
