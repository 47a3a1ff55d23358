"""A redaction that is killed at any step leaves whole releases, old or new, and can be finished."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.contract import REDACTIONS_FILE
from datasets.fault import FaultError
from etl.audit.report import audit_release
from etl.protect.ledger import Ledger
from etl.redacted import read_redactions
from etl.redaction import redact as carrying_out
from etl.redaction.request import Request
from etl.store.manifest import is_whole
from tests.etl.redactable import BED, REASON, VISIT, folders, rows_of, tree, withdraw

#: Whatever the carrying out does one after another; a kill may come before each call, and after the last.
STEPS = ("write_aside", "seal_aside", "rechain", "write_redactions", "exchange", "sync")


def _killed(place: Path, request: Request, call: int, steps: tuple[str, ...]) -> bool:
    """Start the redaction in a process of its own, which dies at the `call`-th step; whether it did."""
    child = os.fork()
    if child == 0:
        left = call

        def dying(step: Callable) -> Callable:
            def run(*arguments: object) -> object:
                nonlocal left
                if left == 0:
                    os._exit(9)
                left -= 1
                return step(*arguments)

            return run

        try:
            for name in steps:
                setattr(carrying_out, name, dying(getattr(carrying_out, name)))
            ledger = Ledger.withdraw
            Ledger.withdraw = dying(ledger)  # type: ignore[method-assign]
            withdraw(place, request)
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 9)
    return status == 9


def _assert_old_or_new(place: Path, old: dict[str, dict], request: Request) -> None:
    for folder in folders(place):
        assert is_whole(folder)
        assert tree(folder) == old[folder.name] or (folder / REDACTIONS_FILE).exists()
    assert len(folders(place)) == len(old)


def _assert_done(place: Path, request: Request) -> None:
    for folder in folders(place):
        assert len(json.loads((folder / REDACTIONS_FILE).read_text())["redactions"]) == 1
    assert not list((place / "releases").glob(".staging-*"))
    assert [each.done for each in read_redactions(place / "store")] == [True]
    with pytest.raises(FaultError, match="shown by no release"):
        withdraw(place, request)


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_whole_releases(documents: Path, tmp_path: Path) -> None:
    for call in range(100):
        place = shutil.copytree(documents, tmp_path / str(call))
        old = {folder.name: tree(folder) for folder in folders(place)}
        killed = _killed(place, BED, call, STEPS)
        _assert_old_or_new(place, old, BED)
        if killed:
            withdraw(place, BED)
        _assert_done(place, BED)
        if not killed:
            break
        shutil.rmtree(place)
    assert call == 11


@pytest.mark.slow
@pytest.mark.parametrize("call", range(5))
def test_a_kill_around_the_ledger_can_be_made_good(place: Path, call: int) -> None:
    """Between list, ledger and each of the two exchanges: what was planned is done, or nothing was begun."""
    old = {folder.name: tree(folder) for folder in folders(place)}
    assert _killed(place, VISIT, call, ("write_redactions", "exchange"))
    _assert_old_or_new(place, old, VISIT)
    withdraw(place, VISIT)
    _assert_done(place, VISIT)
    *earlier, newest = folders(place)
    assert audit_release(newest, earlier).passed


def test_half_done_it_must_be_finished_first(documents: Path) -> None:
    assert _killed(documents, BED, 1, ("exchange",))
    other = Request("beds", "beds", {"region": "KZ-71", "period": "2026"}, REASON)
    with pytest.raises(FaultError, match="half done"):
        withdraw(documents, other)
    withdraw(documents, BED)
    withdraw(documents, other)
    for folder in folders(documents):
        assert len(rows_of(folder, "meta_redaction")) == 2
