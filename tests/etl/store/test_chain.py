"""The chain: each release names the one before it, whatever is built again, damaged or lost."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from datasets.contract import DATABASE_FILE, MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.fault import FaultError
from datasets.library import load_library
from etl.pipeline import build
from etl.store.chain import chain, misfits
from etl.store.condition import State, condition_of
from etl.store.lock import only_publisher
from etl.store.pointer import current_id
from etl.store.seals import trust_of
from tests.datasets.folders import write_library
from tests.etl.store.shop import DAYS, Shop, manifest


def _folders(shop: Shop) -> list[Path]:
    return [link.folder for link in chain(shop.releases)]


def test_each_release_names_the_one_before_it(four: Shop) -> None:
    folders = _folders(four)
    assert [manifest(folder)["sequence"] for folder in folders] == [1, 2, 3, 4]
    assert manifest(folders[0])["previous"] is None
    for earlier, later in pairwise(folders):
        digest = hashlib.sha256((earlier / MANIFEST_FILE).read_bytes()).hexdigest()
        assert manifest(later)["previous"] == {"id": earlier.name, "sha256": digest}
        with closing(sqlite3.connect(later / DATABASE_FILE)) as connection:
            assert connection.execute("SELECT previous FROM meta_release").fetchall() == [(earlier.name,)]


def test_each_release_is_signed_with_its_place_and_instant(four: Shop) -> None:
    key = json.loads((four.releases / TRUST_FILE).read_text())["keys"][0]["public_key"]
    for day, folder in enumerate(_folders(four)):
        seal = four.seal(folder)
        assert (seal.release, seal.sequence, seal.published, seal.redacted) == (folder.name, day + 1, DAYS[day], None)
        assert SIGNATURE_FILE not in {entry["path"] for entry in manifest(folder)["files"]}
        checked = subprocess.run(
            ["minisign", "-Vm", folder / MANIFEST_FILE, "-P", key], capture_output=True, text=True, check=True
        )
        assert f"release={folder.name} sequence={day + 1} published={DAYS[day]}" in checked.stdout


def test_the_id_does_not_depend_on_the_place(four: Shop, tmp_path: Path) -> None:
    alone = Shop(tmp_path / "alone").build(13)
    assert alone.name == _folders(four)[2].name
    assert manifest(alone)["sequence"] == 1


def test_an_old_release_built_again_stays_and_the_chain_goes_on(shop: Shop) -> None:
    _, second, _, fourth = _folders(shop)
    before = {path: path.stat().st_mtime_ns for path in second.rglob("*")}
    assert shop.build(12, 10) == second
    assert {path: path.stat().st_mtime_ns for path in second.rglob("*")} == before
    assert current_id(shop.releases) == second.name
    fifth = shop.build(15, 11)
    assert manifest(fifth)["sequence"] == 5
    assert manifest(fifth)["previous"]["id"] == fourth.name


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("name", [MANIFEST_FILE, DATABASE_FILE])
def test_a_damaged_release_built_again_has_its_bytes_and_instant(shop: Shop, place: int, name: str) -> None:
    folder = _folders(shop)[place]
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(b"{}")
    assert shop.build(11 + place, 10) == folder
    assert (folder / name).read_bytes() == whole
    assert shop.seal(folder).published == DAYS[place]
    assert not list(misfits(chain(shop.releases)))


def test_a_release_without_its_signature_is_signed_again_when_it_is_built_again(shop: Shop) -> None:
    folder = _folders(shop)[1]
    (folder / SIGNATURE_FILE).unlink()
    trust = trust_of(shop.releases)
    assert condition_of(folder, trust).fault == f"{SIGNATURE_FILE} is absent"
    shop.build(12, 10)
    assert condition_of(folder, trust).state == State.WHOLE
    assert shop.seal(folder).published == DAYS[10]


@pytest.mark.parametrize("name", [DATABASE_FILE, SIGNATURE_FILE, "data/beds.csv"])
def test_nothing_is_built_upon_a_damaged_release(shop: Shop, name: str) -> None:
    newest = _folders(shop)[-1]
    (newest / name).write_bytes(b"\0")
    with pytest.raises(FaultError, match=f"{newest.name}.*{name}"):
        shop.build(15, 4)
    assert current_id(shop.releases) == newest.name
    shop.build(14)
    assert manifest(shop.build(15, 4))["sequence"] == 5


def test_a_damaged_release_is_not_repaired_before_the_one_that_it_is_compared_with(shop: Shop) -> None:
    third, newest = _folders(shop)[2:]
    for folder in (third, newest):
        (folder / DATABASE_FILE).unlink()
    with pytest.raises(FaultError, match=f"{third.name}.*{DATABASE_FILE} is absent"):
        shop.build(14, 5)
    shop.build(13, 5)
    shop.build(14, 5)
    assert [shop.seal(folder).published for folder in (third, newest)] == list(DAYS[2:4])


def test_nothing_is_built_while_the_place_of_a_release_is_unknown(shop: Shop) -> None:
    newest = _folders(shop)[-1]
    (newest / MANIFEST_FILE).unlink()
    with pytest.raises(FaultError, match="which place in the chain is free"):
        shop.build(15, 4)


def test_two_releases_in_one_place_are_refused(shop: Shop, tmp_path: Path) -> None:
    other = Shop(tmp_path / "other").build(99)
    shutil.copytree(other, shop.releases / other.name)
    with pytest.raises(FaultError, match="both have the place 1"):
        shop.build(15, 4)


def test_without_a_key_nothing_is_published_where_releases_are_signed(shop: Shop) -> None:
    newest = _folders(shop)[-1].name
    with pytest.raises(FaultError, match="no key is given"):
        build(load_library(write_library(shop.folder / "more")), shop.releases)
    assert current_id(shop.releases) == newest


@pytest.mark.slow
def test_a_publisher_waits_for_another_and_says_so(tmp_path: Path) -> None:
    """Both begin while a third one is at work; then each gets a place of its own."""
    place = Shop(tmp_path)
    place.releases.mkdir()
    with only_publisher(place.releases):
        processes = []
        for beds in (11, 12):
            library = write_library(tmp_path / str(beds), rows=f"region,period,beds\nKZ-71,2026,{beds}\n")
            command = [sys.executable, "-m", "etl", "--datasets", str(library), "build"]
            command += ["--releases", str(place.releases), "--store", str(place.store)]
            processes.append(subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True))
        for process in processes:
            assert process.stderr
            while "another publisher is at work" not in (line := process.stderr.readline()):
                assert line, "the publisher did not wait"
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    links = chain(place.releases)
    assert [link.place.sequence for link in links] == [1, 2]
    assert links[1].place.previous == links[0].as_predecessor
    assert current_id(place.releases) == links[1].id
    assert all(condition_of(link.folder, trust_of(place.releases)).state == State.WHOLE for link in links)


def test_a_reader_who_has_had_enough_is_no_fault(shop: Shop) -> None:
    """As in `… releases | head -1`: nothing is said of it."""
    command = [sys.executable, "-m", "etl", "releases", "--releases", str(shop.releases)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[3]
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
