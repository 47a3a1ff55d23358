"""The ledger on the disk: private, only added to, and never incomplete in silence."""

import gzip
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from etl.protect.ledger import Ledger, LedgerError
from tests.etl.protect.test_ledger import HIDDEN, JANUARY, month

FEBRUARY = month(2, a=4, b=12, c=30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger of three releases."""
    ledger = Ledger(tmp_path / "ledger")
    ledger.record("one", JANUARY, HIDDEN)
    ledger.record("two", ledger.join(FEBRUARY), {(2, "a"), (2, "b")})
    ledger.record("three", ledger.join(month(3, a=50)), ())
    return tmp_path / "ledger"


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Ledger(tmp_path / "ledger").record("one", JANUARY, HIDDEN)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "ledger").stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "ledger").iterdir()}
    assert modes == {"000000.json.gz": 0o600, "head.json": 0o600}


def test_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Ledger(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_same_release_may_be_recorded_again_but_not_with_other_content(folder: Path) -> None:
    files = sorted(folder.iterdir())
    ledger = Ledger(folder)
    ledger.record("one", JANUARY, HIDDEN)
    ledger.record("three", ledger.join(month(3, a=50)), ())
    assert sorted(folder.iterdir()) == files
    for system, hidden in ((JANUARY, {(1, "a"), (1, "c")}), (month(1, a=3, b=9, c=20, d=31), HIDDEN)):
        with pytest.raises(LedgerError, match="one is recorded with other content"):
            ledger.record("one", system, hidden)


def test_order_of_cells_and_equations_does_not_matter(folder: Path) -> None:
    turned = type(JANUARY)(JANUARY.cells[::-1], tuple(equation[::-1] for equation in JANUARY.equations))
    Ledger(folder).record("one", turned, HIDDEN)


def test_entries_hold_only_what_is_new(folder: Path) -> None:
    ledger = Ledger(folder)
    ledger.record("four", ledger.join(JANUARY), HIDDEN)
    entry = json.loads(gzip.decompress((folder / "000003.json.gz").read_bytes()))
    assert (entry["figures"], entry["relations"], entry["names"]) == ([], [], [])


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _swap(path: Path) -> None:
    """Whole, but not the entry that was there."""
    entry = json.loads(gzip.decompress(path.read_bytes()))
    path.write_bytes(gzip.compress(json.dumps({**entry, "figures": []}).encode()))


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("harm", [Path.unlink, _cut, _flip, _swap])
def test_harmed_entry_is_never_forgotten_in_silence(folder: Path, number: int, harm: Callable[[Path], None]) -> None:
    harm(folder / f"{number:06}.json.gz")
    with pytest.raises(LedgerError, match="Remedy: restore the folder"):
        Ledger(folder)


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b'{"entries": 9, "digest": ""}', b'{"entries": 2, "digest": ""}']
)
def test_harmed_head_is_an_error(folder: Path, content: bytes | None) -> None:
    if content is None:
        (folder / "head.json").unlink()
    else:
        (folder / "head.json").write_bytes(content)
    with pytest.raises(LedgerError, match="Remedy: restore the folder"):
        Ledger(folder)


def test_visible_release_must_be_recorded(folder: Path) -> None:
    Ledger(folder).require(["two", "one"])
    with pytest.raises(LedgerError, match="Not in the ledger: zero, four"):
        Ledger(folder).require(["zero", "one", "four"])


class _DiedError(Exception):
    pass


def test_process_that_dies_before_an_entry_is_whole_leaves_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(folder)
    monkeypatch.setattr(os, "fsync", _die)
    with pytest.raises(_DiedError):
        ledger.record("four", ledger.join(month(4, a=3, b=9)), {(4, "a"), (4, "b")})
    monkeypatch.undo()
    after = Ledger(folder)
    assert after.releases == ("one", "two", "three")
    after.record("four", after.join(month(4, a=3, b=9)), {(4, "a"), (4, "b")})
    assert Ledger(folder).releases == ("one", "two", "three", "four")
    assert not (folder / ".writing").exists()


def test_process_that_dies_between_entry_and_head_has_recorded(folder: Path) -> None:
    head = (folder / "head.json").read_bytes()
    ledger = Ledger(folder)
    ledger.record("four", ledger.join(month(4, a=3, b=9)), {(4, "a"), (4, "b")})
    (folder / "head.json").write_bytes(head)
    after = Ledger(folder)
    assert after.releases == ("one", "two", "three", "four")
    after.record("five", after.join(month(5, a=9, b=9)), ())
    assert Ledger(folder).releases == ("one", "two", "three", "four", "five")


def test_two_deaths_between_entry_and_head_lose_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.replace
    for number in (4, 5):

        def replace(path: Path, target: Path, number: int = number) -> Path:
            if target.name == "head.json" and json.loads(path.read_bytes())["entries"] == number:
                raise _DiedError
            return rename(path, target)

        ledger = Ledger(folder)
        with monkeypatch.context() as patch, pytest.raises(_DiedError):
            patch.setattr(Path, "replace", replace)
            ledger.record(f"{number}", ledger.join(month(number, a=9, b=9)), ())
    after = Ledger(folder)
    assert after.releases == ("one", "two", "three", "4", "5")
    after.record("5", after.join(month(5, a=9, b=9)), ())
    assert json.loads((folder / "head.json").read_bytes())["entries"] == 5
    assert not (folder / ".writing").exists()


def _die(_: int) -> None:
    raise _DiedError


def test_release_that_never_became_visible_can_be_annulled(folder: Path) -> None:
    ledger = Ledger(folder)
    system = month(4, a=30, b=9)
    ledger.record("four", ledger.join(system), ())
    assert ledger.join(system).by_name[4, "a"].state == "known"
    ledger.annul("four")
    for after in (ledger, Ledger(folder)):
        assert after.releases == ("one", "two", "three")
        assert after.join(system).by_name[4, "a"].state == "open"
    ledger.annul("three")
    ledger.record("four", ledger.join(system), {(4, "b")})
    assert Ledger(folder).releases == ("one", "two", "four")


def test_only_the_last_release_can_be_annulled(folder: Path) -> None:
    for release in ("two", "nine"):
        with pytest.raises(LedgerError, match="not the last release"):
            Ledger(folder).annul(release)


def test_two_processes_do_not_write_one_entry(folder: Path) -> None:
    first, second = Ledger(folder), Ledger(folder)
    first.record("four", first.join(month(4, a=3, b=9)), {(4, "a"), (4, "b")})
    with pytest.raises(LedgerError, match="another process"):
        second.record("five", second.join(month(5, a=9, b=9)), ())
    assert Ledger(folder).releases == ("one", "two", "three", "four")
