"""Previews under embargo: what is published is what was looked at, not earlier, and not behind another release."""

import json
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from datasets.contract import MANIFEST_FILE, PREVIEWS_FOLDER, SIGNATURE_FILE
from datasets.fault import FaultError
from etl.cli import main
from etl.redaction.redact import redact
from etl.redaction.request import Request
from etl.store import command
from etl.store.chain import chain
from etl.store.instant import parse_instant
from etl.store.keys import keyring_of
from etl.store.listing import releases_in
from etl.store.pointer import current_id
from etl.store.previews import Embargo, Preview, new_embargo, preview_of, previews_in, publish_preview
from etl.store.recovery import publishing
from tests.etl.store.shop import DAYS, REASON, Shop, killed, manifest

EMBARGO = Embargo(DAYS[8], "secret-of-the-address")


@pytest.fixture
def preview(shop: Shop) -> Preview:
    """A fifth release, under embargo."""
    return preview_of(shop.build(15, 4, EMBARGO).name, shop.releases)


def _publish(shop: Shop, preview: Preview, day: int) -> Path:
    with publishing(shop.releases):
        return publish_preview(preview, keyring_of(shop.store, shop.releases), DAYS[day])


def _command(shop: Shop, *arguments: str) -> int:
    return main(["releases", *arguments, "--releases", str(shop.releases), "--store", str(shop.store)])


def test_a_preview_is_no_release(shop: Shop, preview: Preview) -> None:
    links = chain(shop.releases)
    assert len(links) == 4
    assert current_id(shop.releases) == links[-1].id
    assert preview.folder.parent == shop.releases / PREVIEWS_FOLDER
    assert manifest(preview.folder)["previous"] == links[-1].as_predecessor.said
    assert not (preview.folder / SIGNATURE_FILE).exists()


def test_only_the_hash_of_the_secret_is_kept_and_for_the_owner_alone(shop: Shop, preview: Preview) -> None:
    notice = shop.releases / PREVIEWS_FOLDER / f"{preview.id}.json"
    assert json.loads(notice.read_text()) == {
        "release": preview.id,
        "not_before": DAYS[8],
        "token_sha256": sha256(EMBARGO.token.encode()).hexdigest(),
    }
    assert stat.S_IMODE(notice.stat().st_mode) == 0o600
    assert stat.S_IMODE(notice.parent.stat().st_mode) == 0o700
    everything = b"".join(path.read_bytes() for path in shop.releases.rglob("*") if path.is_file())
    assert EMBARGO.token.encode() not in everything


def test_publishing_changes_no_byte_and_adds_the_signature(shop: Shop, preview: Preview) -> None:
    before = {path.relative_to(preview.folder): path.read_bytes() for path in preview.folder.rglob("*.*")}
    folder = _publish(shop, preview, 8)
    after = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
    assert after.pop(Path(SIGNATURE_FILE))
    assert after == before
    assert shop.seal(folder).published == DAYS[8]
    assert current_id(shop.releases) == folder.name == chain(shop.releases)[-1].id
    assert not list((shop.releases / PREVIEWS_FOLDER).iterdir())


def test_the_build_without_embargo_makes_the_same_release(
    shop: Shop, preview: Preview, four: Shop, tmp_path: Path
) -> None:
    other = four.copy(tmp_path / "other").build(15, 8)
    assert (other / MANIFEST_FILE).read_bytes() == (preview.folder / MANIFEST_FILE).read_bytes()


def test_it_is_refused_before_its_time(shop: Shop, preview: Preview) -> None:
    with pytest.raises(FaultError, match=f"under embargo until {DAYS[8]}; it is {DAYS[7]}"):
        _publish(shop, preview, 7)
    with pytest.raises(FaultError, match="under embargo until"):
        shop.build(15, 9)
    assert len(chain(shop.releases)) == 4


def test_it_is_refused_when_it_was_overtaken_until_it_is_built_anew(shop: Shop, preview: Preview) -> None:
    between = shop.build(16, 5)
    with pytest.raises(FaultError, match=f"{between.name} was published since"):
        _publish(shop, preview, 8)
    (listed,) = (each for each in releases_in(shop.releases) if each.state == "preview")
    assert f"{between.name} was published since" in (listed.fault or "")
    assert shop.build(15, 6, EMBARGO) == preview.folder
    folder = _publish(shop, preview, 8)
    assert manifest(folder)["previous"]["id"] == between.name


def test_it_is_refused_when_it_is_damaged(shop: Shop, preview: Preview) -> None:
    (preview.folder / "data" / "beds.csv").write_bytes(b"")
    with pytest.raises(FaultError, match=r"damaged: data/beds\.csv"):
        _publish(shop, preview, 8)
    assert shop.build(15, 6, EMBARGO) == preview.folder
    _publish(shop, preview, 8)


def test_what_is_published_cannot_come_under_embargo(shop: Shop) -> None:
    with pytest.raises(FaultError, match="published already"):
        shop.build(14, 5, EMBARGO)


def test_built_again_it_has_another_address_and_instant(shop: Shop, preview: Preview) -> None:
    shop.build(15, 5, Embargo(DAYS[9], "another"))
    (again,) = previews_in(shop.releases)
    assert again.not_before == DAYS[9]
    assert again.token_sha256 == sha256(b"another").hexdigest()


def test_all_that_are_due_are_published_and_again_nothing(
    shop: Shop, preview: Preview, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for day in (7, 8, 9):
        monkeypatch.setattr(command, "now", lambda day=day: DAYS[day])
        assert _command(shop, "publish", "--due") == 0
        said.append(capsys.readouterr().out.strip())
    assert said == ["nothing is due", f"release {preview.id} is published and is the current one", "nothing is due"]
    assert current_id(shop.releases) == preview.id


def test_a_dropped_one_is_gone(shop: Shop, preview: Preview, capsys: pytest.CaptureFixture[str]) -> None:
    assert _command(shop, "preview", "drop", preview.id) == 0
    assert not list((shop.releases / PREVIEWS_FOLDER).iterdir())
    assert _command(shop, "preview", "drop", preview.id) == 1
    assert "is no preview" in capsys.readouterr().err
    assert manifest(shop.build(15, 5))["sequence"] == 5


def test_nothing_is_redacted_while_a_preview_could_show_it(shop: Shop, preview: Preview) -> None:
    request = Request("beds", "beds", {"region": "KZ-71", "period": "2026"}, REASON)
    with pytest.raises(FaultError, match=f"preview {preview.id} may show the figure"):
        redact(request, shop.releases, shop.store, "2026-11-22", keyring_of(shop.store, shop.releases))


def test_an_embargo_names_its_zone_and_is_to_come() -> None:
    assert parse_instant("2026-12-01T09:00+05:00", "--embargo") == "2026-12-01T04:00:00Z"
    for text in ("2026-12-01T09:00", "tomorrow", "2026-12-01"):
        with pytest.raises(FaultError, match="is no instant"):
            new_embargo(text, DAYS[0])
    with pytest.raises(FaultError, match="is past"):
        new_embargo("2026-11-01T14:59:59+05:00", DAYS[0])
    assert len(new_embargo("2026-11-01T15:00:01+05:00", DAYS[0]).token) == 22


def test_the_command_says_the_address_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop(tmp_path)
    first = shop.build(11)
    arguments = ["--releases", str(shop.releases), "--store", str(shop.store)]
    datasets = ["--datasets", str(tmp_path / "datasets-11")]
    assert main([*datasets, "build", *arguments, "--embargo", "2999-01-01T00:00Z"]) == 1
    assert "published already" in capsys.readouterr().err
    shop.build(12, 1)
    (tmp_path / "datasets-11" / "beds" / "data.csv").write_text("region,period,beds\nKZ-71,2026,13\n")
    assert main([*datasets, "build", *arguments, "--embargo", "2999-01-01T00:00Z"]) == 0
    token = capsys.readouterr().out.split("/preview/")[1].split("/")[0]
    (kept,) = previews_in(shop.releases)
    assert kept.token_sha256 == sha256(token.encode()).hexdigest()
    assert kept.id != first.name


#: Whatever the publication of a preview does one after another.
STEPS = ("write_seal", "sync", "point_to", "remove_durably")


@pytest.mark.slow
def test_killed_at_any_step_it_is_finished_by_the_next(shop: Shop, preview: Preview, tmp_path: Path) -> None:
    from etl.store import previews

    steps = [(previews, name) for name in STEPS] + [(Path, "rename")]
    for call in range(20):
        place = shop.copy(tmp_path / str(call))
        own = preview_of(preview.id, place.releases)
        old = current_id(place.releases)
        died = killed(call, steps, lambda place=place, own=own: _publish(place, own, 8))
        assert current_id(place.releases) in (old, preview.id)
        assert all(place.seal(link.folder) for link in chain(place.releases))
        with publishing(place.releases) as finished:
            if preview.id not in finished.published and current_id(place.releases) == old:
                publish_preview(own, keyring_of(place.store, place.releases), DAYS[9])
        assert current_id(place.releases) == preview.id
        assert place.seal(place.releases / preview.id).sequence == 5
        assert not list((place.releases / PREVIEWS_FOLDER).iterdir())
        if not died:
            break
    assert call == 7
