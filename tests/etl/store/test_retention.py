"""Retention: the files of old releases go, what they were stays, and nothing that is needed is lost."""

import json
import shutil
from pathlib import Path

import pytest

from datasets.contract import DATABASE_FILE, MANIFEST_FILE, RETIRED_FILE, SIGNATURE_FILE
from datasets.fault import FaultError
from etl.cli import main
from etl.store import retention
from etl.store.chain import chain, misfits
from etl.store.condition import State, condition_of, read_retired
from etl.store.pointer import current_id, point_to
from etl.store.previews import Embargo
from etl.store.recovery import publishing
from etl.store.retention import USUAL_REASON, beyond, retire
from etl.store.seals import trust_of
from tests.etl.redactable import release, write_datasets
from tests.etl.store.shop import DAYS, REASON, Shop, killed, manifest


def _ids(shop: Shop) -> list[str]:
    return [link.id for link in chain(shop.releases)]


def _retire(shop: Shop, *ids: str, although_audited: bool = False) -> None:
    with publishing(shop.releases):
        retire(ids, REASON, shop.releases, shop.store, DAYS[9], although_audited=although_audited)


def _states(shop: Shop) -> list[State]:
    trust = trust_of(shop.releases)
    return [condition_of(link.folder, trust).state for link in chain(shop.releases)]


def test_the_witness_stays(shop: Shop) -> None:
    folder = shop.releases / _ids(shop)[1]
    kept = {name: (folder / name).read_bytes() for name in (MANIFEST_FILE, SIGNATURE_FILE)}
    _retire(shop, folder.name)
    assert {path.name for path in folder.iterdir()} == {MANIFEST_FILE, SIGNATURE_FILE, RETIRED_FILE}
    assert {name: (folder / name).read_bytes() for name in kept} == kept
    assert read_retired(folder) == {"release": folder.name, "at": DAYS[9], "reason": REASON}
    assert _states(shop) == [State.WHOLE, State.RETIRED, State.WHOLE, State.WHOLE]
    assert not list(misfits(chain(shop.releases)))
    assert not list(shop.releases.glob(".staging-*"))


def test_the_chain_goes_on(shop: Shop) -> None:
    _retire(shop, *_ids(shop)[:3])
    assert manifest(shop.build(15, 10))["sequence"] == 5


def test_it_does_not_come_back_by_a_build(shop: Shop) -> None:
    _retire(shop, _ids(shop)[1])
    with pytest.raises(FaultError, match="was retired"):
        shop.build(12, 10)


def test_a_release_after_a_retired_one_can_be_built_again(shop: Shop) -> None:
    first, second, *_ = _ids(shop)
    _retire(shop, first)
    assert shop.build(12, 10).name == second


def test_the_newest_ones_and_the_current_one_are_kept(shop: Shop) -> None:
    ids = _ids(shop)
    point_to(ids[0], shop.releases)
    assert beyond(2, shop.releases) == ids[1:2]
    assert beyond(9, shop.releases) == []
    arguments = ["--releases", str(shop.releases), "--store", str(shop.store)]
    assert main(["releases", "retire", "--keep", "1", *arguments]) == 0
    assert _states(shop) == [State.WHOLE, State.RETIRED, State.RETIRED, State.WHOLE]
    assert read_retired(shop.releases / ids[1])["reason"] == USUAL_REASON
    assert main(["releases", "retire", "--keep", "1", *arguments]) == 0


def test_what_is_needed_is_not_retired(shop: Shop) -> None:
    ids = _ids(shop)
    with pytest.raises(FaultError, match="is the current release"):
        _retire(shop, ids[3])
    point_to(ids[0], shop.releases)
    with pytest.raises(FaultError, match="is the newest release"):
        _retire(shop, ids[1], ids[3])
    preview = shop.build(15, 4, Embargo(DAYS[8], "secret"))
    shop.build(16, 5)
    with pytest.raises(FaultError, match=f"is what the preview {preview.name} stands on"):
        _retire(shop, ids[3])
    (shop.releases / ids[1] / SIGNATURE_FILE).unlink()
    with pytest.raises(FaultError, match="cannot be retired"):
        _retire(shop, ids[1])
    with pytest.raises(FaultError, match="is no release"):
        _retire(shop, ".previews")
    assert State.RETIRED not in _states(shop)


def test_what_later_ones_are_attacked_with_is_retired_only_if_it_is_said(place: Path) -> None:
    shop = Shop(place)
    (old, _) = _ids(shop)
    with pytest.raises(FaultError, match="is attacked together with each new release"):
        _retire(shop, old)
    _retire(shop, old, although_audited=True)
    third = release(write_datasets(place / "datasets-again", 1), shop.releases, shop.store)
    assert old not in json.loads((third / "audit.json").read_text())["earlier"]


@pytest.mark.slow
def test_killed_at_any_step_each_release_is_whole_or_retired(shop: Shop, tmp_path: Path) -> None:
    ids = _ids(shop)[:2]
    steps = [(retention, name) for name in ("sync_tree", "exchange", "sync")] + [(shutil, "rmtree")]
    for call in range(20):
        place = Shop(shutil.copytree(shop.folder, tmp_path / str(call)))
        died = killed(call, steps, lambda place=place: _retire(place, *ids))
        states = _states(place)
        assert set(states) <= {State.WHOLE, State.RETIRED}
        assert (states[0], states[1]) != (State.WHOLE, State.RETIRED)
        _retire(place, *ids)
        assert _states(place) == [State.RETIRED] * 2 + [State.WHOLE] * 2
        assert not list(place.releases.glob(".staging-*"))
        if not died:
            break
    assert call == 8


def test_the_list_misses_nothing_that_the_pointer_or_a_folder_names(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = _ids(shop)
    (shop.releases / ids[1] / MANIFEST_FILE).unlink()
    shutil.rmtree(shop.releases / ids[3])
    (shop.releases / "lost+found").mkdir()
    assert main(["releases", "--releases", str(shop.releases), "--json"]) == 0
    listed = {
        each["id"]: (each["state"], each["current"], each["fault"]) for each in json.loads(capsys.readouterr().out)
    }
    assert listed == {
        ids[3]: ("absent", True, "the pointer names it, and it is not here"),
        ids[2]: ("whole", False, "the release before it is not here"),
        ids[1]: ("damaged", False, f"{MANIFEST_FILE} cannot be read (FileNotFoundError)"),
        ids[0]: ("whole", False, None),
    }


def test_the_list_says_what_each_is(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    ids = _ids(shop)
    _retire(shop, ids[0])
    (shop.releases / ids[1] / DATABASE_FILE).write_bytes(b"")
    preview = shop.build(15, 4, Embargo(DAYS[8], "secret"))
    assert main(["releases", "--releases", str(shop.releases), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(each["id"], each["sequence"], each["state"]) for each in listed] == [
        (preview.name, 5, "preview"),
        (ids[3], 4, "whole"),
        (ids[2], 3, "whole"),
        (ids[1], 2, "damaged"),
        (ids[0], 1, "retired"),
    ]
    assert [each["current"] for each in listed] == [False, True, False, False, False]
    assert listed[0]["not_before"] == DAYS[8]
    assert [each["published"] for each in listed] == [None, DAYS[3], DAYS[2], DAYS[1], DAYS[0]]
    assert listed[3]["fault"] == f"{DATABASE_FILE} is not what the manifest says"
    assert listed[1]["size"] == sum(
        path.stat().st_size for path in (shop.releases / ids[3]).rglob("*.*") if path.is_file()
    )
    assert main(["releases", "--releases", str(shop.releases)]) == 0
    assert f"4 * {ids[3]}  {DAYS[3]}" in capsys.readouterr().out
    assert current_id(shop.releases) == ids[3]


def test_a_work_folder_that_is_not_the_right_one_lifts_nothing(place: Path, tmp_path: Path) -> None:
    releases = place / "releases"
    oldest = chain(releases)[0].id
    with publishing(releases), pytest.raises(FaultError, match=r"no ledger in .* knows it"):
        retire([oldest], REASON, releases, tmp_path / "other", DAYS[9])
    with publishing(releases), pytest.raises(FaultError, match="although-audited"):
        retire([oldest], REASON, releases, place / "store", DAYS[9])
    assert condition_of(releases / oldest, trust_of(releases)).state == State.WHOLE
