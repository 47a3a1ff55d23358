"""Values of persons, planted wherever an extract can hold them, come out nowhere: no file, log, report, page or cache."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets.contract import DATABASE_FILE, POINTER_FILE
from etl.registry.contract import TABLES

PROJECT = Path(__file__).parents[3]
#: What a careless hand writes into free text. None of it is a valid IIN, which would refuse the extract.
TEXTS = ("Смагулова Айгерим Канатовна", "Smagulova", "+7 701 555 01 99", "KZ86125KZT5004100100", "870713400112")
PSEUDONYM = re.compile(rb"(?<![0-9])[1-9][0-9]{15,18}(?![0-9])")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def planted(demonstration: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration extract with names, telephone and account numbers in every free text."""
    folder = tmp_path_factory.mktemp("canaries") / "extract"
    shutil.copytree(demonstration, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for delivered in manifest["files"]:
        free = [each.name for each in TABLES[delivered["table"]].columns if each.free]
        if free:
            _write_into(folder / delivered["path"], free)
            delivered["sha256"] = hashlib.sha256((folder / delivered["path"]).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def _write_into(path: Path, free: list[str]) -> None:
    table = pq.read_table(path)
    words = [" ".join([TEXTS[row % len(TEXTS)], "тел.", TEXTS[(row + 2) % len(TEXTS)]]) for row in range(len(table))]
    for name in free:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(name), pa.array(words, pa.string()))
    pq.write_table(table, path)


@pytest.fixture(scope="module")
def pseudonyms(planted: Path) -> set[bytes]:
    """Every pseudonym of the extract, in decimal digits."""
    manifest = json.loads((planted / "manifest.json").read_text(encoding="utf-8"))
    found: set[bytes] = set()
    for delivered in manifest["files"]:
        names = [each.name for each in TABLES[delivered["table"]].columns if each.type == "pseudonym"]
        for column in pq.read_table(planted / delivered["path"], columns=names).columns:
            found |= {b"%d" % value for value in column.to_pylist()}
    assert len(found) > 1000
    return found


@pytest.fixture(scope="module")
def built(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, bytes]:
    """The release folder, the work folder, and everything that the command printed."""
    base = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "etl", "build", "--extract", str(planted)]
    command += ["--releases", str(base / "releases"), "--store", str(base / "store")]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    current = (base / "releases" / POINTER_FILE).read_text().strip()
    return base / "releases" / current, base / "store", done.stdout + done.stderr


def _bytes_of(path: Path) -> Iterator[bytes]:
    """The file's bytes, and what a reader of its format sees."""
    yield path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                yield book.read(name)
    elif path.suffix == ".parquet":
        yield repr([str(pq.read_schema(path)), *pq.read_table(path).to_pylist()]).encode()
    elif path.name == DATABASE_FILE:
        with closing(sqlite3.connect(path)) as connection:
            yield "\n".join(connection.iterdump()).encode()


def _leaks(content: bytes, pseudonyms: set[bytes]) -> list[str]:
    found = [text for text in TEXTS if text.encode() in content]
    return found + [
        f"pseudonym at {each.start()}" for each in PSEUDONYM.finditer(content) if each.group() in pseudonyms
    ]


def test_no_canary_in_any_file_of_the_release(built: tuple[Path, Path, bytes], pseudonyms: set[bytes]) -> None:
    release, _, _ = built
    files = [path for path in release.rglob("*") if path.is_file()]
    assert len(files) > 500
    for path in files:
        for content in _bytes_of(path):
            assert not _leaks(content, pseudonyms), path.name


def test_no_pseudonym_in_binary_form(built: tuple[Path, Path, bytes], pseudonyms: set[bytes]) -> None:
    release, _, _ = built
    database = (release / DATABASE_FILE).read_bytes()
    for digits in sorted(pseudonyms)[:: max(1, len(pseudonyms) // 200)]:
        number = int(digits)
        assert number.to_bytes(8, "big") not in database
        assert number.to_bytes(8, "little") not in database


def test_no_canary_in_what_the_build_prints_and_keeps(built: tuple[Path, Path, bytes], pseudonyms: set[bytes]) -> None:
    """The work folder may hold cleaned copies of tables (Parquet); nothing else in it may hold a person's value."""
    _, store, printed = built
    assert printed
    assert not _leaks(printed, pseudonyms)
    kept = [path for path in store.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    assert any(path.parent.name == "results" for path in kept)
    for path in kept:
        assert not _leaks(path.read_bytes(), pseudonyms), path


def test_no_canary_on_pages_in_errors_or_in_the_cache(built: tuple[Path, Path, bytes], pseudonyms: set[bytes]) -> None:
    from portal.factory import create_app

    release, _, _ = built
    app = create_app(release.parent)
    try:
        client = app.test_client()
        slugs = [row["slug"] for row in client.get("/api/v1/datasets").get_json()["datasets"]]
        asked = sorted(pseudonyms)[0].decode()
        addresses = [f"/en/datasets/{slug}" for slug in slugs if not slug.startswith("own_")]
        addresses += ["/en/", "/kk/regions/KZ-71", "/ru/clinics/", "/en/clinics/none", "/en/datasets/none", "/api/v1/x"]
        addresses += [f"/api/v1/datasets/{slugs[0]}/observations?limit={asked[:4]}x"]
        for address in addresses:
            assert not _leaks(client.get(address).data, pseudonyms), address
    finally:
        app.extensions["sql_pool"].close()
