"""Going back to an earlier release: said in public, done whole, and the chain goes on from its newest release."""

import json
import shutil
from pathlib import Path

import pytest

from datasets.contract import DATABASE_FILE, POINTER_FILE, ROLLBACKS_FILE, SIGNATURE_FILE
from datasets.fault import FaultError
from etl.cli import main
from etl.store import rollbacks
from etl.store.chain import chain
from etl.store.pointer import current_id
from etl.store.recovery import publishing
from etl.store.rollbacks import read_rollbacks, roll_back
from tests.etl.store.shop import DAYS, REASON, Shop, killed, manifest


def _ids(shop: Shop) -> list[str]:
    return [link.id for link in chain(shop.releases)]


def _back(shop: Shop, target: str | None, day: int = 9) -> None:
    with publishing(shop.releases):
        roll_back(target, REASON, shop.releases, DAYS[day])


def _command(shop: Shop, *arguments: str) -> int:
    reasons = [part for language, text in REASON.items() for part in (f"--reason-{language}", text)]
    return main(["releases", "--releases", str(shop.releases), "rollback", *arguments, *reasons])


def test_it_is_said_in_public(shop: Shop) -> None:
    ids = _ids(shop)
    _back(shop, ids[1])
    _back(shop, ids[2], 10)
    assert current_id(shop.releases) == ids[2]
    assert json.loads((shop.releases / ROLLBACKS_FILE).read_text()) == [
        {"at": DAYS[9], "from": ids[3], "to": ids[1], "reason": REASON},
        {"at": DAYS[10], "from": ids[1], "to": ids[2], "reason": REASON},
    ]


def test_the_next_release_follows_the_newest_one(shop: Shop) -> None:
    ids = _ids(shop)
    _back(shop, ids[0])
    release = shop.build(15, 10)
    assert (manifest(release)["sequence"], manifest(release)["previous"]["id"]) == (5, ids[3])
    assert current_id(shop.releases) == release.name


def test_without_a_name_it_goes_one_back_past_what_cannot_be_served(shop: Shop) -> None:
    ids = _ids(shop)
    (shop.releases / ids[2] / DATABASE_FILE).write_bytes(b"")
    assert _command(shop) == 0
    assert current_id(shop.releases) == ids[1]
    assert _command(shop) == 0
    assert current_id(shop.releases) == ids[0]
    assert _command(shop) == 1


@pytest.mark.parametrize("name", [DATABASE_FILE, SIGNATURE_FILE, "data/beds.parquet"])
def test_it_goes_to_no_damaged_release(shop: Shop, name: str) -> None:
    ids = _ids(shop)
    (shop.releases / ids[1] / name).write_bytes(b"\0")
    with pytest.raises(FaultError, match=f"is damaged: {name}"):
        _back(shop, ids[1])
    assert current_id(shop.releases) == ids[3]
    assert not (shop.releases / ROLLBACKS_FILE).exists()


@pytest.mark.parametrize("target", ["no-such-release", "..", "../four", ".previews"])
def test_it_goes_to_releases_only(shop: Shop, target: str) -> None:
    with pytest.raises(FaultError, match="is no release in this folder"):
        _back(shop, target)


@pytest.mark.parametrize("pointer", [None, "", "nonsense"])
def test_a_pointer_that_names_no_release_is_mended_without_a_word(shop: Shop, pointer: str | None) -> None:
    ids = _ids(shop)
    (shop.releases / POINTER_FILE).unlink()
    if pointer is not None:
        (shop.releases / POINTER_FILE).write_text(pointer)
    assert _command(shop, ids[2]) == 0
    assert current_id(shop.releases) == ids[2]
    assert not (shop.releases / ROLLBACKS_FILE).exists()


def test_it_says_so_if_it_is_there_already(shop: Shop) -> None:
    with pytest.raises(FaultError, match="is the current release already"):
        _back(shop, _ids(shop)[3])


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False])
def test_killed_at_any_step_and_run_again_it_is_done_once(shop: Shop, tmp_path: Path, named: bool) -> None:
    ids = _ids(shop)
    steps = [(rollbacks, name) for name in ("write_durably", "point_to", "remove_durably")] + [(Path, "replace")]
    for call in range(20):
        place = Shop(shutil.copytree(shop.folder, tmp_path / str(call)))
        died = killed(call, steps, lambda place=place: _back(place, ids[2]))
        assert current_id(place.releases) in (ids[3], ids[2])
        if died:
            assert _command(place, *([ids[2]] if named else [])) == 0
        assert current_id(place.releases) == ids[2]
        (said,) = read_rollbacks(place.releases)
        assert (said["from"], said["to"]) == (ids[3], ids[2])
        assert not list(place.releases.glob(".rollback*"))
        if not died:
            break
    assert call == 7


def test_killed_it_is_finished_by_whoever_publishes_next(shop: Shop) -> None:
    ids = _ids(shop)
    assert killed(1, [(rollbacks, "point_to"), (rollbacks, "write_durably")], lambda: _back(shop, ids[1]))
    release = shop.build(15, 10)
    assert current_id(shop.releases) == release.name
    assert [(said["from"], said["to"]) for said in read_rollbacks(shop.releases)] == [(ids[3], ids[1])]
