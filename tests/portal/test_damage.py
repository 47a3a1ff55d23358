"""Each kind of damage to the current release is noticed, and the one before it served: in a running portal and a new one."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.contract import DATA_FOLDER, DATABASE_FILE, MANIFEST_FILE, POINTER_FILE, SIGNATURE_FILE
from etl.signing.keyring import ensure_key
from portal.release import Refusal, ReleaseError
from portal.store import ReleaseStore
from portal.watch import Watch
from tests.portal.signed import BUILT, OLDER, bases_in, open_portal, point_to, retire, rewrite, state_anew

#: Damages the folder of the current release; beside it is that of the one before.
Damage = Callable[[Path, Path], None]
DATABASE_PAGE = 4096


def _flip(share: float, name: str = DATABASE_FILE) -> Damage:
    def damage(folder: Path, _older: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[int(share * (len(content) - 1))] ^= 1
        rewrite(folder / name, bytes(content))

    return damage


def _cut(folder: Path, _older: Path) -> None:
    rewrite(folder / DATABASE_FILE, (folder / DATABASE_FILE).read_bytes()[:-DATABASE_PAGE])


def _zero(folder: Path, _older: Path) -> None:
    content = (folder / DATABASE_FILE).read_bytes()
    rewrite(folder / DATABASE_FILE, content[:DATABASE_PAGE] + bytes(DATABASE_PAGE) + content[2 * DATABASE_PAGE :])


def _swap(*names: str) -> Damage:
    def damage(folder: Path, older: Path) -> None:
        for name in names:
            mine, theirs = (folder / name).read_bytes(), (older / name).read_bytes()
            rewrite(folder / name, theirs)
            assert mine != theirs

    return damage


def _lie(folder: Path, _older: Path) -> None:
    content = (folder / MANIFEST_FILE).read_bytes()
    rewrite(folder / MANIFEST_FILE, content.replace(b'"synthetic": false', b'"synthetic": true'))


def _lose(name: str) -> Damage:
    return lambda folder, _older: (folder / name).unlink()


def _lock_away(folder: Path, _older: Path) -> None:
    (folder / DATABASE_FILE).chmod(0)


def _leave_beside(ending: str) -> Damage:
    return lambda folder, _older: (folder / f"{DATABASE_FILE}{ending}").write_text("x") and None


def _write_other_database(folder: Path, _older: Path) -> None:
    rewrite(folder / DATABASE_FILE, b"PK" + bytes(1000))
    state_anew(folder)


def _sign_by_somebody_else(folder: Path, _older: Path) -> None:
    other = ensure_key(folder.parents[1] / "other", folder.parents[1] / "elsewhere", BUILT)
    content = (folder / MANIFEST_FILE).read_bytes()
    signature = other.sign(content, release=folder.name, sequence=2, published=BUILT)
    rewrite(folder / SIGNATURE_FILE, signature)


DAMAGES: dict[str, tuple[Damage, Refusal]] = {
    **{f"bit at {share}": (_flip(share), Refusal.DAMAGED) for share in (0, 0.001, 0.3, 0.7, 1)},
    "cut short": (_cut, Refusal.DAMAGED),
    "a page of noughts": (_zero, Refusal.DAMAGED),
    "database of another release": (_swap(DATABASE_FILE), Refusal.DAMAGED),
    "manifest of another release": (_swap(MANIFEST_FILE, SIGNATURE_FILE), Refusal.DAMAGED),
    "all but the file of figures of another release": (_swap(DATABASE_FILE, MANIFEST_FILE), Refusal.DAMAGED),
    "another word in the manifest": (_lie, Refusal.UNTRUSTED),
    "no database": (_lose(DATABASE_FILE), Refusal.DAMAGED),
    "no manifest": (_lose(MANIFEST_FILE), Refusal.ABSENT),
    "no signature": (_lose(SIGNATURE_FILE), Refusal.UNTRUSTED),
    "locked away": (_lock_away, Refusal.DAMAGED),
    **{f"stray {ending}": (_leave_beside(ending), Refusal.DAMAGED) for ending in ("-wal", "-journal", "-shm")},
    "no database of SQLite": (_write_other_database, Refusal.UNTRUSTED),
    "signature of another release": (_swap(SIGNATURE_FILE), Refusal.UNTRUSTED),
    "bit of the signature": (_flip(0.5, SIGNATURE_FILE), Refusal.UNTRUSTED),
    "signed by somebody else": (_sign_by_somebody_else, Refusal.UNTRUSTED),
    "retired": (lambda folder, _older: retire(folder), Refusal.RETIRED),
    "gone": (lambda folder, _older: shutil.rmtree(folder), Refusal.ABSENT),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_the_release_before_a_damaged_one_is_served(releases: Path, current: str, older: str, kind: str) -> None:
    damage, refusal = DAMAGES[kind]
    running = ReleaseStore(releases)
    assert running.current().id == current
    damage(releases / current, releases / older)
    for store in (running, ReleaseStore(releases)):
        assert [store.current().id, store.current().id] == [older, older]
        trouble = store.succession.trouble
        assert trouble is not None
        assert (trouble.named, trouble.refusal) == (current, refusal)
        if refusal is not Refusal.RETIRED:
            with pytest.raises(ReleaseError):
                store.get(current)
            assert next((each.state for each in store.chain() if each.id == current), "damaged") == "damaged"


@pytest.mark.parametrize(
    "pointer", [b"", b"\n", "ё".encode(), b"\xff\xfe", b"../x", b"/etc", b"a\x00", b"x" * 5000, b"no"]
)
def test_the_newest_release_is_served_when_the_pointer_is_odd(
    releases: Path, current: str, older: str, pointer: bytes
) -> None:
    running = ReleaseStore(releases)
    point_to(older, releases)
    assert running.current().id == older
    (releases / POINTER_FILE).write_bytes(pointer)
    assert running.current().id == older
    new = ReleaseStore(releases)
    assert new.current().id == current
    assert new.succession.trouble is not None
    assert new.succession.trouble.refusal in (Refusal.POINTER, Refusal.ABSENT)


def test_what_was_taken_back_is_not_served_instead_of_a_damaged_release(
    releases: Path, current: str, older: str
) -> None:
    first = shutil.copytree(releases / older, releases / "2020-01-01-0123456789ab")
    manifest = json.loads((first / MANIFEST_FILE).read_text()) | {
        "id": first.name,
        "schema_version": "4",
        "sequence": 1,
    }
    rewrite(first / MANIFEST_FILE, json.dumps(manifest).encode())
    (releases / "trust.json").unlink()
    state = json.loads((releases / older / MANIFEST_FILE).read_text()) | {"sequence": 2}
    rewrite(releases / older / MANIFEST_FILE, json.dumps(state).encode())
    state = json.loads((releases / current / MANIFEST_FILE).read_text()) | {"sequence": 3}
    rewrite(releases / current / MANIFEST_FILE, json.dumps(state).encode())
    point_to(older, releases)
    _cut(releases / older, releases / current)
    assert ReleaseStore(releases).current().id == first.name


@pytest.mark.parametrize("name", [DATABASE_FILE, f"{DATA_FOLDER}/beds.csv", f"{DATA_FOLDER}/beds_kk.xlsx"])
def test_decay_that_leaves_no_trace_is_found_by_reading_again(
    releases: Path, current: str, older: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A medium that decays leaves size, times and inode as they are.
    monkeypatch.setattr("portal.integrity._stamp", lambda found: (found.st_size, 0, found.st_ino, 0))
    store = ReleaseStore(releases)
    watch = Watch(store, lambda _release: None)
    served = store.current()
    watch.read_all()
    assert watch.verified(served)
    path = releases / current / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 8
    path.write_bytes(content)
    assert store.current().id == current
    watch.read_all()
    assert store.current().id == older
    assert watch.verified(served) is None
    assert store.succession.trouble is not None
    assert name.rsplit("/", 1)[-1] in store.succession.trouble.message


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_pages_say_that_they_are_of_an_older_release(releases: Path, current: str, older: str, language: str) -> None:
    page = f"/{language}/datasets/beds"
    with open_portal(releases) as visitor:
        before = visitor.get(page)
        _cut(releases / current, releases / older)
        during = visitor.get(page, headers={"If-None-Match": before.headers["ETag"]})
        assert (before.headers["X-Release"], during.headers["X-Release"]) == (current, older)
        assert f'href="/{language}/health"' in during.text.split("<main")[0]
        point_to(older, releases)
        after = visitor.get(page, headers={"If-None-Match": during.headers["ETag"]})
        assert after.status_code == 200
        assert f'href="/{language}/health"' not in after.text.split("<main")[0]
        assert bases_in(during.text) == bases_in(after.text) == {OLDER}


def test_an_administrator_sees_no_more_than_others(releases: Path, current: str, older: str) -> None:
    assert os.access(releases / current / DATABASE_FILE, os.R_OK)
    _lock_away(releases / current, releases / older)
    assert ReleaseStore(releases).current().id == older
