"""Releases that are damaged, gone or odd are told of clearly, and pages, API and downloads never fail for them."""

import contextlib
import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATA_FOLDER, DATABASE_FILE, MANIFEST_FILE, POINTER_FILE, SIGNATURE_FILE, TRUST_FILE
from portal.release import Refusal, ReleaseError
from portal.store import MOST_OPENED, ReleaseStore
from tests.portal.signed import open_portal, point_to, retire, rewrite, state_anew

PAGE, ROWS = "/en/datasets/beds", "/api/v1/datasets/beds/observations"


def _copy(releases: Path, release_id: str, other_id: str) -> Path:
    """The release under another id: nobody has signed that."""
    target = releases / other_id
    shutil.copytree(releases / release_id, target)
    _state(target, json.loads((target / MANIFEST_FILE).read_text()) | {"id": other_id})
    return target


def _state(folder: Path, manifest: object) -> None:
    rewrite(folder / MANIFEST_FILE, json.dumps(manifest).encode())


@pytest.mark.parametrize(
    "manifest",
    [
        [],
        {},
        None,
        5,
        "x",
        ["id", "files"],
        {"id": 1, "files": [{}]},
        {"files": [{"path": "../x", "bytes": 1, "sha256": "0" * 64}]},
        {"files": [{"path": "x", "bytes": 1, "sha256": "0" * 64}] * 2},
        {"sequence": 0},
        {"previous": {"id": "../x", "sha256": "0" * 64}},
        {"data_through": "soon"},
    ],
)
def test_odd_manifest(unsigned: Path, current: str, manifest: object) -> None:
    right = json.loads((unsigned / current / MANIFEST_FILE).read_text())
    _state(unsigned / current, right | manifest if isinstance(manifest, dict) and manifest else manifest)
    with pytest.raises(ReleaseError, match=current) as raised:
        ReleaseStore(unsigned).get(current)
    assert raised.value.refusal is Refusal.DAMAGED


def test_manifest_of_two_readings(unsigned: Path, current: str) -> None:
    text = (unsigned / current / MANIFEST_FILE).read_text()
    rewrite(unsigned / current / MANIFEST_FILE, text.replace('"synthetic"', '"id": "x", "synthetic"', 1).encode())
    with pytest.raises(ReleaseError, match="twice"):
        ReleaseStore(unsigned).get(current)


def test_folder_without_its_database(unsigned: Path, current: str) -> None:
    (unsigned / current / DATABASE_FILE).unlink()
    with pytest.raises(ReleaseError, match="damaged"):
        ReleaseStore(unsigned).get(current)


def test_folder_without_its_manifest(unsigned: Path, current: str) -> None:
    (unsigned / current / MANIFEST_FILE).unlink()
    with pytest.raises(ReleaseError, match="absent"):
        ReleaseStore(unsigned).get(current)


def test_no_release_at_all(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="make build") as raised:
        ReleaseStore(tmp_path).current()
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("release_id", ["", "..", "../x", "a/b", "\x00", "x" * 5000, "ё", ".previews", "nothing"])
def test_odd_ids(releases: Path, release_id: str) -> None:
    with pytest.raises(ReleaseError, match="absent") as raised:
        ReleaseStore(releases).get(release_id)
    assert len(str(raised.value)) < 300


def test_a_repaired_release_is_taken_up_at_once(releases: Path, current: str, older: str) -> None:
    signature = (releases / current / SIGNATURE_FILE).read_bytes()
    store = ReleaseStore(releases)
    rewrite(releases / current / SIGNATURE_FILE, b"")
    assert [store.current().id, store.current().id] == [older, older]
    rewrite(releases / current / SIGNATURE_FILE, signature)
    assert store.current().id == current
    assert store.succession.trouble is None


def test_a_whole_release_is_hashed_once(releases: Path, current: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: read.append(file.name) or digest(file, name))
    store = ReleaseStore(releases)
    for each in (*[current] * 3, *(f"2020-01-01-{place:012}" for place in range(MOST_OPENED + 1))):
        with contextlib.suppress(ReleaseError):
            store.get(each)
    store._opened.clear()
    assert store.get(current).id == current
    assert len(read) == 1


def test_a_damaged_release_is_hashed_once(releases: Path, current: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: read.append(file.name) or digest(file, name))
    rewrite(releases / current / DATABASE_FILE, b"x")
    store = ReleaseStore(releases)
    for _time in range(3):
        with pytest.raises(ReleaseError):
            store.get(current)
    assert len(read) == 1


def test_figures_that_are_withdrawn_are_gone_from_answers_at_once(unsigned: Path, current: str) -> None:
    with open_portal(unsigned) as visitor:
        addresses = (PAGE, ROWS, f"{ROWS}?release={current}", f"/at/{current}{PAGE}")
        before = {address: visitor.get(address) for address in addresses}
        database = unsigned / current / DATABASE_FILE
        rewrite(database, database.read_bytes())
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE beds SET beds = NULL, beds_status = 'withdrawn'")
        state_anew(unsigned / current)
        for address, answer in before.items():
            assert "withdrawn" not in answer.text
            assert "[w]" not in answer.text
            after = visitor.get(address, headers={"If-None-Match": answer.headers["ETag"]})
            assert after.status_code == 200, address
            assert "[w]" in after.text or '"withdrawn"' in after.text


def test_a_pinned_release_that_is_deleted_is_404(unsigned: Path, current: str) -> None:
    old = _copy(unsigned, current, "2020-01-01-0123456789ab")
    with open_portal(unsigned) as visitor:
        addresses = (f"{ROWS}?limit=1&release={old.name}", f"/downloads/{old.name}/beds.csv")
        assert [visitor.get(address).status_code for address in addresses] == [200, 200]
        shutil.rmtree(old)
        for address in (f"{ROWS}?limit=2&release={old.name}", addresses[1], f"/api/v1/releases/{old.name}"):
            answer = visitor.get(address)
            assert answer.status_code == 404
            assert answer.json is not None
            assert old.name in answer.json["error"]["message"]
        assert visitor.get("/en/").status_code == 200


def test_rows_of_a_release_that_is_gone(releases: Path, current: str) -> None:
    opened = ReleaseStore(releases).get(current)
    shutil.rmtree(releases / current)
    with pytest.raises(ReleaseError, match="gone"):
        opened.rows("SELECT 1")


@pytest.mark.parametrize("content", [None, b"", b"region,period,beds\n"])
def test_a_damaged_file_is_never_sent(releases: Path, current: str, older: str, content: bytes | None) -> None:
    path = releases / current / DATA_FOLDER / "beds.csv"
    right = path.read_bytes()
    with open_portal(releases) as visitor:
        assert visitor.get(f"/downloads/{current}/beds.csv").data == right
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        answer = visitor.get(f"/downloads/{current}/beds.csv")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
        assert answer.json is not None
        assert answer.json["error"]["code"] == "damaged"
        assert "beds.csv" in answer.json["error"]["message"]
        # What is known to be damaged is not the current release any more; its other files are still right.
        latest = visitor.get("/downloads/latest/beds.csv")
        assert (latest.status_code, latest.headers["X-Release"]) == (200, older)
        assert visitor.get(f"/downloads/{current}/beds.json").status_code == 200
        path.unlink(missing_ok=True)
        path.write_bytes(right)
        assert visitor.get(f"/downloads/{current}/beds.csv").data == right
        assert visitor.get("/downloads/latest/beds.csv").headers["X-Release"] == current


def test_the_only_release_goes_on_without_its_damaged_file(unsigned: Path, current: str, older: str) -> None:
    shutil.rmtree(unsigned / older)
    rewrite(unsigned / current / DATA_FOLDER / "beds.csv", b"x")
    with open_portal(unsigned) as visitor:
        for _time in range(2):
            assert visitor.get("/downloads/latest/beds.csv").status_code == 503
            assert visitor.get(PAGE).headers["X-Release"] == current
        found = visitor.get("/health").json
        assert found is not None
        assert (found["status"], found["damaged_files"]) == ("degraded", ["data/beds.csv"])


def test_few_releases_are_kept_open_and_the_current_one_always(unsigned: Path, current: str) -> None:
    store = ReleaseStore(unsigned)
    served = store.current()
    ids = [f"2020-01-{day:02}-0123456789ab" for day in range(1, MOST_OPENED + 3)]
    for release_id in ids:
        _copy(unsigned, current, release_id)
        assert store.get(release_id).id == release_id
    assert store.current() is served
    opened = [folder.name for folder in store._opened]
    assert opened[-1] == current
    assert set(opened) == {current, *ids[-(MOST_OPENED - 1) :]}


def test_the_chain_is_newest_first_and_says_what_became_of_each(releases: Path, current: str, older: str) -> None:
    store = ReleaseStore(releases)
    newest, first = store.chain()
    assert (newest.id, newest.sequence, newest.state, newest.published) == (current, 2, "whole", "2026-06-01T00:00:00Z")
    assert (first.id, first.sequence, first.state, first.synthetic) == (older, 1, "whole", False)
    assert (store.get(current).previous, store.get(older).previous) == (older, None)
    assert not store._opened.keys() - {releases / current, releases / older}
    retire(releases / older)
    rewrite(releases / current / DATABASE_FILE, b"x")
    with pytest.raises(ReleaseError):
        store.get(current)
    assert [each.state for each in store.chain()] == ["damaged", "retired"]
    _state(releases / current, {})
    assert [(each.id, each.state) for each in store.chain()] == [(older, "retired"), (current, "damaged")]


def test_keys_that_are_taken_away_still_count(releases: Path, current: str, older: str) -> None:
    store = ReleaseStore(releases)
    assert store.current().id == current
    (releases / TRUST_FILE).unlink()
    rewrite(releases / current / SIGNATURE_FILE, b"x")
    assert store.current().id == older
    assert store.signers.trouble


def test_keys_that_cannot_be_read_are_no_reason_to_believe_everything(releases: Path) -> None:
    (releases / TRUST_FILE).write_text("{}")
    with pytest.raises(ReleaseError, match="trust") as raised:
        ReleaseStore(releases).current()
    assert raised.value.refusal is Refusal.UNTRUSTED


def test_the_operators_own_keys_count_alone(releases: Path, current: str, other_key: str) -> None:
    own = json.loads((releases / TRUST_FILE).read_text())["keys"][0]["public_key"]
    (releases / TRUST_FILE).unlink()
    assert ReleaseStore(releases, f"{other_key} {own}").current().id == current
    with pytest.raises(ReleaseError, match="not among the trusted"):
        ReleaseStore(releases, other_key).get(current)
    with pytest.raises(ReleaseError, match="TRUSTED_KEYS"):
        ReleaseStore(releases, "RWnonsense")


@pytest.mark.parametrize(("language", "word"), [("kk", "Әзірге"), ("ru", "Данных"), ("en", "No data")])
def test_without_a_release_people_are_told_in_their_language(releases: Path, language: str, word: str) -> None:
    for release_id in (path.parent.name for path in list(releases.glob(f"*/{MANIFEST_FILE}"))):
        shutil.rmtree(releases / release_id)
    with open_portal(releases) as visitor:
        for path in ("", "datasets/beds", "nothing"):
            answer = visitor.get(f"/{language}/{path}")
            text = answer.get_data(as_text=True)
            assert (answer.status_code, answer.mimetype) == (503, "text/html")
            assert f'<html lang="{language}"' in text
            assert word in text
            assert (answer.headers["Cache-Control"], answer.headers["Retry-After"]) == ("no-store", "60")
        told = visitor.get(ROWS)
        assert (told.status_code, told.json and told.json["error"]["code"]) == (503, "no_release")


def test_a_rollback_is_no_trouble(releases: Path, current: str, older: str, visitor: FlaskClient) -> None:
    assert visitor.get(PAGE).headers["X-Release"] == current
    point_to(older, releases)
    assert visitor.get(PAGE).headers["X-Release"] == older
    assert (releases / POINTER_FILE).read_text() == older
    found = visitor.get("/health").json
    assert found is not None
    assert found["status"] == "ok"
