"""The release folder: same bytes, one rename, nothing lost when the build is killed."""

import copy
import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.contract import DATABASE_FILE, MANIFEST_FILE, POINTER_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.fault import FaultError
from datasets.library import Library, load_library
from etl.aggregate import aggregate
from etl.cli import main
from etl.disclosure import Protected, protect
from etl.extract import extract
from etl.pipeline import build
from etl.publish import folder
from etl.signing.keyring import ensure_key
from etl.store.instant import now
from etl.validate import validate
from portal.store import ReleaseStore
from tests.datasets.folders import MINIMAL, write_library

PROJECT = Path(__file__).parents[2]


def _tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def _unsigned(releases: Path) -> dict[str, str]:
    """All but what depends on the key, and on when the release was signed."""
    signing = {TRUST_FILE, SIGNATURE_FILE}
    return {path: digest for path, digest in _tree(releases).items() if Path(path).name not in signing}


def _build_elsewhere(releases: Path, extract: Path, umask: int, project: Path, **environment: str) -> None:
    command = [sys.executable, "-m", "etl", "build", "--releases", str(releases)]
    command += ["--extract", str(extract), "--store", f"{releases}-store"]
    settings = {**os.environ, "PYTHONPATH": str(project), **environment}
    subprocess.run(command, check=True, capture_output=True, env=settings, umask=umask, cwd=project)


@pytest.mark.slow
def test_same_input_same_bytes(releases_dir: Path, demonstration: Path, tmp_path: Path) -> None:
    """Another checkout, time zone, locale, hash seed and umask: the same bytes and the same readable modes."""
    copy = tmp_path / "another checkout"
    for name in ("datasets", "etl"):
        shutil.copytree(PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "requirements.txt", copy)
    here = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
    there = {"TZ": "America/Adak", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"}
    _build_elsewhere(tmp_path / "a", demonstration, 0o022, PROJECT, **here)
    _build_elsewhere(tmp_path / "b", demonstration, 0o077, copy, **there)
    assert _unsigned(tmp_path / "a") == _unsigned(tmp_path / "b") == _tree(releases_dir)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "b").glob("2*/**/*")}
    assert modes == {0o644, 0o755}


def test_manifest_lists_every_file_with_its_hash(releases_dir: Path) -> None:
    release = releases_dir / (releases_dir / POINTER_FILE).read_text().strip()
    manifest = json.loads((release / MANIFEST_FILE).read_text())
    listed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    tree = _tree(release)
    tree.pop(MANIFEST_FILE)
    assert listed == tree


def test_building_again_keeps_the_release(tmp_path: Path) -> None:
    library = load_library(write_library(tmp_path / "datasets"))
    release = build(library, tmp_path / "releases")
    before = release.stat().st_ino
    assert build(library, tmp_path / "releases") == release
    assert release.stat().st_ino == before


def test_release_of_the_same_id_with_other_bytes_is_refused(tmp_path: Path) -> None:
    library = load_library(write_library(tmp_path / "datasets"))
    release = build(library, tmp_path / "releases")
    changed = (release / "data" / "beds.csv").read_bytes() + b"KZ-11"
    (release / "data" / "beds.csv").write_bytes(changed)
    manifest = json.loads((release / MANIFEST_FILE).read_text())
    for entry in manifest["files"]:
        if entry["path"] == "data/beds.csv":
            entry["sha256"] = hashlib.sha256(changed).hexdigest()
    (release / MANIFEST_FILE).write_text(json.dumps(manifest))
    with pytest.raises(FaultError, match="other bytes"):
        build(library, tmp_path / "releases")


@pytest.mark.parametrize("damaged", [MANIFEST_FILE, DATABASE_FILE, "data/beds.csv"])
@pytest.mark.parametrize("how", ["removed", "changed"])
def test_building_again_repairs_a_damaged_release(tmp_path: Path, damaged: str, how: str) -> None:
    library = load_library(write_library(tmp_path / "datasets"))
    release = build(library, tmp_path / "releases")
    whole = _tree(release)
    (release / damaged).unlink()
    if how == "changed":
        (release / damaged).write_bytes(b"[]")
    assert build(library, tmp_path / "releases") == release
    assert _tree(release) == whole
    assert not list((tmp_path / "releases").glob(".staging-*"))


def test_a_changed_figure_makes_another_release(tmp_path: Path) -> None:
    first = build(load_library(write_library(tmp_path / "one")), tmp_path / "releases")
    changed = write_library(tmp_path / "two", rows="region,period,beds\nKZ-71,2026,11\n")
    second = build(load_library(changed), tmp_path / "releases")
    assert first.name != second.name
    assert (tmp_path / "releases" / POINTER_FILE).read_text().strip() == second.name
    assert first.exists()


def test_protected_is_made_by_protect_alone(library: Library) -> None:
    dataset = aggregate(validate(extract(library.declarations["contracts_by_region"]), library), library)
    with pytest.raises(TypeError, match=r"etl\.disclosure\.protect"):
        Protected(dataset, library.policies["official_as_printed"], object())


@pytest.mark.parametrize(
    ("origin", "policy"),
    [("registry", "official_as_printed"), ("official", "persons"), ("synthetic", "public_statement")],
)
def test_figures_are_refused_by_a_policy_for_others(library: Library, origin: str, policy: str) -> None:
    dataset = aggregate(validate(extract(library.declarations["contracts_by_region"]), library), library)
    other = replace(dataset, declaration=replace(dataset.declaration, origin=origin, policy=policy))
    with pytest.raises(FaultError, match=f"'{policy}' is not for figures of the origin '{origin}'"):
        protect([other], library)


KILLS = 15


@pytest.mark.slow
def test_kill_at_any_moment_leaves_the_previous_release_serving(tmp_path: Path) -> None:
    """Build one release; then start building another and kill it, at moments spread over the whole run."""
    releases, store = tmp_path / "releases", tmp_path / "store"
    keyring = ensure_key(store, releases, now())
    first = build(load_library(write_library(tmp_path / "one")), releases, keyring=keyring)
    other = write_library(tmp_path / "two", rows="region,period,beds\nKZ-71,2026,11\n")
    command = [sys.executable, "-m", "etl", "--datasets", str(other), "build", "--store", str(store), "--releases"]
    started = time.monotonic()
    subprocess.run([*command, str(tmp_path / "trial")], check=True, capture_output=True)
    duration = time.monotonic() - started
    second = (tmp_path / "trial" / POINTER_FILE).read_text().strip()
    chance = random.Random(2026)
    seen = set()
    for attempt in range(KILLS):
        process = subprocess.Popen([*command, str(releases)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Some kills come when the build is over: a loaded machine may be slower than it was at the trial.
        time.sleep(1.5 * duration * (attempt + chance.random()) / KILLS)
        process.send_signal(signal.SIGKILL)
        process.wait()
        current = ReleaseStore(releases).current()
        seen.add(current.id)
        _assert_whole(current.folder)
        if current.id == second:
            (releases / POINTER_FILE).write_text(first.name + "\n")
        shutil.rmtree(releases / second, ignore_errors=True)
    assert seen == {first.name, second}, "the kills must fall on both sides of the rename"
    assert build(load_library(other), releases, keyring=keyring).name == ReleaseStore(releases).current().id == second
    assert not list(releases.glob(".staging-*"))


@pytest.mark.parametrize("step", ["write_files", "sync_tree", "_rename_in", "point_to", "sync"])
@pytest.mark.parametrize("late", [False, True])
def test_crash_at_each_step_leaves_a_whole_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, late: bool
) -> None:
    """Fail each step of publishing before it begins and after it is done; the next build must then succeed."""
    releases = tmp_path / "releases"
    first = build(load_library(write_library(tmp_path / "one")), releases)
    other = load_library(write_library(tmp_path / "two", rows="region,period,beds\nKZ-71,2026,11\n"))
    original = getattr(folder, step)

    def fail(*arguments: object) -> None:
        if late:
            original(*arguments)
        raise OSError("no space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(folder, step, fail)
        build(other, releases)
    current = ReleaseStore(releases).current()
    assert current.id == first.name or (late and step == "point_to")
    _assert_whole(current.folder)
    second = build(other, releases)
    assert ReleaseStore(releases).current().id == second.name
    _assert_whole(second)


def _assert_whole(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST_FILE).read_text())
    assert all(
        hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
        for entry in manifest["files"]
    )


def test_failed_build_leaves_the_old_release_serving(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    first = build(load_library(write_library(tmp_path / "one")), releases)
    broken = write_library(tmp_path / "two", rows="region,period,beds\nKZ-99,2026,1\n")
    with pytest.raises(FaultError):
        build(load_library(broken), releases)
    assert ReleaseStore(releases).current().id == first.name


def test_damaged_release_is_refused_and_the_last_good_one_served(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    first = build(load_library(write_library(tmp_path / "one")), releases)
    store = ReleaseStore(releases)
    assert store.current().id == first.name
    changed = write_library(tmp_path / "two", rows="region,period,beds\nKZ-71,2026,11\n")
    second = build(load_library(changed), releases)
    content = bytearray((second / DATABASE_FILE).read_bytes())
    content[-100] ^= 1
    (second / DATABASE_FILE).write_bytes(content)
    assert store.current().id == first.name


def test_text_that_begins_like_a_formula_is_no_formula_in_excel(tmp_path: Path) -> None:
    declaration = copy.deepcopy(MINIMAL)
    declaration["columns"].insert(2, {"name": "ward", "role": "dimension", "type": "text", "title": MINIMAL["title"]})
    declaration["grain"] = ["region", "period", "ward"]
    rows = "region,period,ward,beds\nKZ-71,2026,=1+1,1\nKZ-71,2026,@cmd,2\nKZ-71,2026,plain,3\n"
    release = build(load_library(write_library(tmp_path / "datasets", declaration, rows)), tmp_path / "releases")
    lines = (release / "data" / "beds_ru_excel.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [line.split(";")[3] for line in lines] == ["'=1+1", "'@cmd", "plain"]


def test_full_disk_and_closed_folder_are_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "release.db")

    datasets = write_library(tmp_path / "datasets")
    monkeypatch.setattr(folder, "write_files", full)
    command = ["--datasets", str(datasets), "build", "--store", str(tmp_path / "store")]
    assert main([*command, "--releases", str(tmp_path / "releases")]) == 1
    assert not (tmp_path / "releases" / POINTER_FILE).exists()
