"""A redaction changes manifests: all later releases of the chain, of whatever series, are joined and signed anew."""

import json
import subprocess
from pathlib import Path

import pytest

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.fault import FaultError
from etl.redaction import rechain
from etl.redaction import redact as carrying_out
from etl.redaction.redact import redact
from etl.store.chain import chain, misfits
from etl.store.condition import State, condition_of
from etl.store.pointer import current_id
from etl.store.recovery import publishing
from etl.store.retention import retire
from etl.store.seals import trust_of
from tests.etl.redactable import BED, TODAY, VISIT, release, tree, withdraw, write_datasets
from tests.etl.store.shop import DAYS, REASON, Shop, killed, manifest


@pytest.fixture(scope="package")
def mixed(code_version: None, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Two releases with a ledger, and after them two of other documents; not to be written into."""
    shop = Shop(tmp_path_factory.mktemp("mixed"))
    for months in (2, 3):
        release(write_datasets(shop.folder / f"guarded-{months}", months), shop.releases, shop.store)
    for beds in (21, 22):
        shop.build(beds, None)
    return shop


@pytest.fixture
def shop(mixed: Shop, tmp_path: Path) -> Shop:
    return mixed.copy(tmp_path / "shop")


def _assert_sound(shop: Shop) -> None:
    key = json.loads((shop.releases / TRUST_FILE).read_text())["keys"][0]["public_key"]
    trust = trust_of(shop.releases)
    for link in chain(shop.releases):
        assert condition_of(link.folder, trust).state in (State.WHOLE, State.RETIRED)
        command = ["minisign", "-Vm", link.folder / MANIFEST_FILE, "-P", key]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_later_releases_are_joined_and_signed_anew(shop: Shop) -> None:
    before = chain(shop.releases)
    seals = [shop.seal(link.folder) for link in before]
    inodes = {path: path.stat().st_ino for link in before for path in link.folder.rglob("*.*")}
    outcome = withdraw(shop.folder, VISIT)
    after = chain(shop.releases)
    assert [link.id for link in after] == [link.id for link in before]
    assert outcome.rechained == tuple(link.id for link in before[2:])
    assert not list(misfits(after))
    _assert_sound(shop)
    for old, link, changed in zip(seals, after, (True, True, False, False), strict=True):
        seal = shop.seal(link.folder)
        assert (seal.published, seal.sequence) == (old.published, old.sequence)
        assert bool(seal.redacted) == changed
    for link in after[2:]:
        new = {path.name for path in link.folder.rglob("*.*") if path.stat().st_ino != inodes[path]}
        assert new == {MANIFEST_FILE, SIGNATURE_FILE}
    everything = "".join((link.folder / MANIFEST_FILE).read_text() for link in after)
    assert not [link.id for link in before if link.sha256 in everything]
    assert manifest(shop.build(23, None))["sequence"] == 5


def test_a_second_redaction_keeps_what_the_first_has_signed(shop: Shop) -> None:
    withdraw(shop.folder, VISIT)
    redacted = [shop.seal(link.folder).redacted for link in chain(shop.releases)]
    later = "2999-01-01T00:00:00Z"
    _, keyring = shop.folder, carrying_out.Keyring(shop.store)
    redact(BED, shop.releases, shop.store, TODAY, keyring, clock=lambda: later)
    assert [shop.seal(link.folder).redacted for link in chain(shop.releases)] == [later, later, *redacted[2:]]
    _assert_sound(shop)


def test_a_retired_release_keeps_no_digest_that_tells(shop: Shop) -> None:
    """A digest of a file lets anyone try out which withdrawn figure goes into it; the files are gone, so it must go too."""
    ids = [link.id for link in chain(shop.releases)]
    with publishing(shop.releases):
        retire(ids[:1] + ids[2:3], REASON, shop.releases, shop.store, DAYS[9], although_audited=True)
    outcome = withdraw(shop.folder, BED)
    assert outcome.rechained == (ids[0], ids[2], ids[3])
    links = chain(shop.releases)
    assert [manifest(link.folder)["files"] == [] for link in links] == [True, False, True, False]
    assert not list(misfits(links))
    _assert_sound(shop)
    assert shop.seal(links[0].folder).redacted
    assert shop.seal(links[3].folder).redacted is None


def test_without_the_key_nothing_is_changed(shop: Shop) -> None:
    before = {link.id: tree(link.folder) for link in chain(shop.releases)}
    with pytest.raises(FaultError, match="no key is given"):
        redact(BED, shop.releases, shop.store, TODAY)
    assert {link.id: tree(link.folder) for link in chain(shop.releases)} == before
    assert not (shop.store / "redactions.json").exists()


@pytest.mark.parametrize("place", [0, 3])
def test_a_chain_that_does_not_fit_is_not_mended_by_the_way(shop: Shop, place: int) -> None:
    """Only what a redaction has opened may be closed by it: anything else may be somebody's forgery."""
    links = chain(shop.releases)
    folder = links[place].folder
    said = manifest(folder) | {"code_version": "forged"}
    (folder / MANIFEST_FILE).write_text(json.dumps(said))
    with pytest.raises(FaultError, match=f"{folder.name}.*is damaged: {SIGNATURE_FILE}"):
        withdraw(shop.folder, BED)
    for link in links:
        (link.folder / SIGNATURE_FILE).unlink()
    (shop.releases / TRUST_FILE).unlink()
    if place == 0:
        with pytest.raises(FaultError, match="names another manifest"):
            redact(BED, shop.releases, shop.store, TODAY)


#: Whatever is done one after another, to releases that change and to those behind them.
STEPS = [
    *((carrying_out, name) for name in ("seal_aside", "rechain", "write_redactions", "exchange", "sync")),
    *((rechain, name) for name in ("write_seal", "sync_tree")),
]


@pytest.mark.slow
def test_killed_at_any_step_releases_are_whole_and_it_can_be_finished(shop: Shop, tmp_path: Path) -> None:
    current, opened = current_id(shop.releases), 0
    for call in range(60):
        place = shop.copy(tmp_path / str(call))
        died = killed(call, STEPS, lambda place=place: withdraw(place.folder, BED))
        _assert_sound(place)
        assert current_id(place.releases) == current
        opened += len(list(misfits(chain(place.releases))))
        if not died:
            break
        withdraw(place.folder, BED)
        assert not list(misfits(chain(place.releases)))
        assert [bool(place.seal(link.folder).redacted) for link in chain(place.releases)] == [True, True, False, False]
        _assert_sound(place)
    assert call == 21
    assert opened == 6, "stopped between two exchanges, the chain is open at one place"
