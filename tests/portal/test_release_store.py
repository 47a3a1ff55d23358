"""Releases that are damaged, gone or odd are told of clearly, and pages, API and downloads never fail for them."""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATA_FOLDER, DATABASE_FILE, MANIFEST_FILE, POINTER_FILE
from portal.factory import create_app
from portal.release import MOST_OPENED, Release, ReleaseError, ReleaseStore
from tests.conftest import BufferedClient

ROWS = "/api/v1/datasets/contracts_by_region/observations"


@pytest.fixture
def folder(tmp_path: Path, release: Release) -> Path:
    """A store with one release that a test may damage: its files are links, which are replaced and not written to."""
    _copy(release, tmp_path, release.id)
    (tmp_path / POINTER_FILE).write_text(release.id)
    return tmp_path


@pytest.fixture
def visitor(folder: Path) -> Iterator[FlaskClient]:
    app = create_app(folder)
    yield BufferedClient(app, app.response_class)
    app.extensions["sql_pool"].close()


def _copy(release: Release, folder: Path, release_id: str) -> Path:
    """The release under another id."""
    target = folder / release_id
    shutil.copytree(release.folder, target, copy_function=os.link)
    _state(target, json.loads((target / MANIFEST_FILE).read_text()) | {"id": release_id})
    return target


def _state(folder: Path, manifest: object) -> None:
    (folder / MANIFEST_FILE).unlink()
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest))


@pytest.mark.parametrize("manifest", [[], {}, None, 5, "x", ["id", "files"], {"id": 1, "files": [{}]}])
def test_odd_manifest(folder: Path, release: Release, manifest: object) -> None:
    _state(folder / release.id, manifest)
    store = ReleaseStore(folder)
    with pytest.raises(ReleaseError, match=release.id):
        store.get(release.id)
    with pytest.raises(ReleaseError, match="make build"):
        store.current()


@pytest.mark.parametrize("name", [DATABASE_FILE, MANIFEST_FILE])
def test_folder_without_one_of_its_files(folder: Path, release: Release, name: str) -> None:
    (folder / release.id / name).unlink()
    with pytest.raises(ReleaseError, match="absent"):
        ReleaseStore(folder).get(release.id)


@pytest.mark.parametrize(
    "pointer", ["", "ё".encode(), b"\xff\xfe", b"../x", b"..", b"/etc", b"a/b", b"\x00", b"x" * 5000, b"nothing"]
)
def test_odd_pointer(folder: Path, pointer: bytes | str) -> None:
    (folder / POINTER_FILE).write_bytes(pointer if isinstance(pointer, bytes) else pointer.encode())
    with pytest.raises(ReleaseError) as raised:
        ReleaseStore(folder).current()
    assert "make build" in str(raised.value)
    assert len(str(raised.value)) < 300


def test_the_last_good_release_is_served_while_the_pointer_is_odd(folder: Path, release: Release) -> None:
    store = ReleaseStore(folder)
    assert store.current().id == release.id
    (folder / POINTER_FILE).write_bytes(b"\xff")
    assert store.current().id == release.id
    shutil.rmtree(folder / release.id)
    with pytest.raises(ReleaseError, match="make build"):
        store.current()


def test_a_repaired_release_is_tried_again(folder: Path, release: Release) -> None:
    manifest = json.loads((folder / release.id / MANIFEST_FILE).read_text())
    _state(folder / release.id, [])
    store = ReleaseStore(folder)
    for _time in range(2):
        with pytest.raises(ReleaseError):
            store.get(release.id)
    _state(folder / release.id, manifest)
    os.utime(folder / release.id / MANIFEST_FILE, ns=(1, 1))
    assert store.get(release.id).id == release.id


def test_figures_that_are_withdrawn_are_gone_from_answers_at_once(
    visitor: FlaskClient, folder: Path, release: Release
) -> None:
    addresses = ("/en/datasets/contracts_by_region", ROWS, f"{ROWS}?release={release.id}")
    before = {address: visitor.get(address) for address in addresses}
    database = folder / release.id / DATABASE_FILE
    content = database.read_bytes()
    database.unlink()
    database.write_bytes(content)
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE contracts_by_region SET contracts = NULL, contracts_status = 'withdrawn'")
    manifest = json.loads((folder / release.id / MANIFEST_FILE).read_text())
    (entry,) = [each for each in manifest["files"] if each["path"] == DATABASE_FILE]
    entry["sha256"] = hashlib.sha256(database.read_bytes()).hexdigest()
    _state(folder / release.id, manifest)
    for address, answer in before.items():
        assert "withdrawn" not in answer.text
        assert "[w]" not in answer.text
        after = visitor.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert after.status_code == 200, address
        assert "[w]" in after.text or '"withdrawn"' in after.text


def test_a_pinned_release_that_is_deleted_is_404(visitor: FlaskClient, folder: Path, release: Release) -> None:
    old = _copy(release, folder, "2020-01-01-0123456789ab")
    addresses = (f"{ROWS}?limit=1&release={old.name}", f"/downloads/{old.name}/contracts_by_region.csv")
    assert [visitor.get(address).status_code for address in addresses] == [200, 200]
    shutil.rmtree(old)
    for address in (f"{ROWS}?limit=2&release={old.name}", addresses[1], f"/api/v1/releases/{old.name}"):
        answer = visitor.get(address)
        assert answer.status_code == 404
        assert answer.json is not None
        assert old.name in answer.json["error"]["message"]
    assert visitor.get("/en/").status_code == 200


def test_rows_of_a_release_that_is_gone(folder: Path, release: Release) -> None:
    opened = ReleaseStore(folder).get(release.id)
    shutil.rmtree(folder / release.id)
    with pytest.raises(ReleaseError, match="gone"):
        opened.rows("SELECT 1")


def test_a_file_that_is_missing_is_404(visitor: FlaskClient, folder: Path, release: Release) -> None:
    (folder / release.id / DATA_FOLDER / "contracts_by_region.csv").unlink()
    for place in ("latest", release.id):
        answer = visitor.get(f"/downloads/{place}/contracts_by_region.csv")
        assert answer.status_code == 404
        assert answer.json is not None
        assert "contracts_by_region.csv" in answer.json["error"]["message"]


def test_few_releases_are_kept_open_and_the_current_one_always(folder: Path, release: Release) -> None:
    store = ReleaseStore(folder)
    current = store.current()
    ids = [f"2020-01-{day:02}-0123456789ab" for day in range(1, MOST_OPENED + 3)]
    for release_id in ids:
        _copy(release, folder, release_id)
        assert store.get(release_id).id == release_id
    assert store.current() is current
    assert list(store._opened)[-1] == release.id
    assert set(store._opened) == {release.id, *ids[-(MOST_OPENED - 1) :]}


@pytest.mark.parametrize(("language", "word"), [("kk", "Әзірге"), ("ru", "Данных"), ("en", "No data")])
def test_without_a_release_people_are_told_in_their_language(
    visitor: FlaskClient, folder: Path, release: Release, language: str, word: str
) -> None:
    shutil.rmtree(folder / release.id)
    for path in ("", "datasets/contracts_by_region", "nothing"):
        answer = visitor.get(f"/{language}/{path}")
        text = answer.get_data(as_text=True)
        assert (answer.status_code, answer.mimetype) == (503, "text/html")
        assert f'<html lang="{language}"' in text
        assert word in text
        assert (answer.headers["Cache-Control"], answer.headers["Retry-After"]) == ("no-store", "60")
    told = visitor.get(ROWS)
    assert (told.status_code, told.json and told.json["error"]["code"]) == (503, "no_release")
