"""Previews, old releases and the ledger of what was shown: what anybody may have seen stays recorded."""

import json
from pathlib import Path

import pytest

from datasets.contract import AUDIT_FILE
from datasets.fault import FaultError
from etl.protect.ledger import Ledger
from etl.store.chain import chain
from etl.store.keys import keyring_of
from etl.store.previews import Embargo, Preview, drop_preview, preview_of, publish_preview
from etl.store.recovery import publishing
from tests.etl.redactable import SERIES, release, tree, write_datasets
from tests.etl.store.shop import DAYS, Shop

EMBARGO = Embargo(DAYS[8], "secret")


def _publish(shop: Shop, months: int, embargo: Embargo | None = None) -> Path:
    folder = shop.folder / f"guarded-{months}"
    datasets = folder if folder.exists() else write_datasets(folder, months)
    return release(datasets, shop.releases, shop.store, embargo)


def _recorded(shop: Shop) -> tuple[str, ...]:
    return Ledger(shop.store / "ledger" / SERIES).releases


def _drop(shop: Shop, preview: Preview, *, unseen: bool) -> None:
    with publishing(shop.releases):
        drop_preview(preview, shop.store, unseen=unseen)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """One release of a month."""
    shop = Shop(tmp_path)
    _publish(shop, 1)
    return shop


@pytest.fixture
def preview(shop: Shop) -> Preview:
    """The next one, under embargo."""
    return preview_of(_publish(shop, 2, EMBARGO).name, shop.releases)


def test_a_preview_is_recorded_before_anybody_sees_it(shop: Shop, preview: Preview) -> None:
    assert _recorded(shop)[1:] == (preview.id,)
    assert _publish(shop, 2, Embargo(DAYS[9], "other")) == preview.folder
    assert _recorded(shop)[1:] == (preview.id,)


def test_a_dropped_one_stays_recorded_and_is_the_same_when_it_is_built_again(shop: Shop, preview: Preview) -> None:
    before = tree(preview.folder)
    _drop(shop, preview, unseen=False)
    assert _recorded(shop)[1:] == (preview.id,)
    again = _publish(shop, 2, EMBARGO)
    assert tree(again) == before


def test_one_that_nobody_saw_is_taken_back(shop: Shop, preview: Preview) -> None:
    _drop(shop, preview, unseen=True)
    assert len(_recorded(shop)) == 1
    assert _publish(shop, 2).name == preview.id


def test_one_that_others_stand_on_is_not_taken_back(shop: Shop, preview: Preview) -> None:
    later = _publish(shop, 3)
    with pytest.raises(FaultError, match=f"{later.name} was protected together with it"):
        _drop(shop, preview, unseen=True)
    assert preview.folder.exists()
    assert _recorded(shop)[1:] == (preview.id, later.name)


def test_one_that_was_overtaken_is_attacked_with_the_release_that_overtook_it(shop: Shop, preview: Preview) -> None:
    first = chain(shop.releases)[0].id
    later = _publish(shop, 3)
    assert json.loads((later / AUDIT_FILE).read_text())["earlier"] == [first]
    again = preview_of(_publish(shop, 2, EMBARGO).name, shop.releases)
    assert json.loads((again.folder / AUDIT_FILE).read_text())["earlier"] == [first, later.name]
    with publishing(shop.releases):
        folder = publish_preview(again, keyring_of(shop.store, shop.releases), "2999-01-01T00:00:00Z")
    before = tree(folder)
    assert tree(_publish(shop, 2)) == before


def test_an_old_release_built_again_is_attacked_with_those_before_it(shop: Shop) -> None:
    """Its bytes would be others if those after it were taken in."""
    first = chain(shop.releases)[0].folder
    before = tree(first)
    _publish(shop, 2)
    assert _publish(shop, 1) == first
    assert tree(first) == before
