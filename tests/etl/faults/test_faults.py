"""Whatever is broken while a store of releases changes, each release is whole, the pointer right, and the rest can be done.

A sample of what `python -m tests.etl.faults` does at more points; see docs/explanation/reliability.md.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.etl.faults import judge, tracer
from tests.etl.faults.__main__ import LIMITS, SHOWING
from tests.etl.faults.campaign import Campaign, sample
from tests.etl.faults.operations import NAIVE, OPERATIONS
from tests.etl.faults.order import unsafe
from tests.etl.faults.tracer import Break, NoTracerError
from tests.etl.faults.volumes import alone
from tests.etl.faults.warm import PROJECT, Warm

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

#: Points of each operation; all renames are among the kills.
KILLS, ERRORS, RANDOM = 4, 2, 1
#: Where no volume can be mounted, files that may not grow stand in for a full one.
FULL = "full volume" if alone() else "no mounts here - file size limit instead"

Campaigns = Callable[[str], Campaign]
operations = pytest.mark.parametrize("name", [each for each in OPERATIONS if each != NAIVE])


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaigns]:
    """A campaign by the name of its operation; all stand on one warm process."""
    folder, made = tmp_path_factory.mktemp("faults"), {}
    with Warm(folder / "base") as warm:

        def campaign(name: str) -> Campaign:
            if name not in made:
                made[name] = Campaign(warm, name, folder / "runs" / name)
            return made[name]

        yield campaign


@operations
def test_each_step_is_on_the_disk_before_the_next_is_seen(campaigns: Campaigns, name: str) -> None:
    assert campaigns(name).order(None) is None


@operations
def test_a_kill_leaves_whole_releases(campaigns: Campaigns, name: str) -> None:
    campaign = campaigns(name)
    points = sample(campaign.kills(), KILLS, 1, SHOWING)
    assert {each.name for each in points} >= SHOWING & {each.name for each in campaign.calls}
    assert not [f"{found}" for each in points if (found := campaign.broken(each))]
    assert not campaign.missed


@operations
def test_a_failing_call_leaves_whole_releases(campaigns: Campaigns, name: str) -> None:
    campaign = campaigns(name)
    assert not [f"{found}" for each in sample(campaign.errors(), ERRORS, 1) if (found := campaign.broken(each))]
    assert not campaign.missed


def test_a_manifest_that_cannot_be_read_for_once_is_not_forgotten(campaigns: Campaigns) -> None:
    """Its place in the chain would be given to another release."""
    campaign = campaigns("build")
    calls = [call for call in campaign.calls if call.name == "openat" and "/manifest.json" in call.text]
    points = [Break("openat", call.number, "EIO") for call in calls if ".staging" not in call.text]
    assert points
    assert not [f"{found}" for each in points if (found := campaign.broken(each))]


@operations
def test_a_kill_at_any_time_leaves_whole_releases(campaigns: Campaigns, name: str) -> None:
    campaign, chance = campaigns(name), random.Random(1)
    times = [chance.uniform(0, campaign.seconds) for _ in range(RANDOM)]
    assert not [f"{found}" for each in times if (found := campaign.killed_at(each))]


@pytest.mark.parametrize("names", [("build",)], ids=[FULL])
def test_a_full_volume_leaves_whole_releases(campaigns: Campaigns, tmp_path: Path, names: tuple[str, ...]) -> None:
    if not alone():
        assert not [f"{found}" for name in names for each in LIMITS if (found := campaigns(name).with_limit(each))]
        return
    command = [sys.executable, "-m", "tests.etl.faults", "--only", "no room", "--place", str(tmp_path)]
    command += [word for name in names for word in ("--operation", name)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no room: 11; 0 bad" in done.stdout


def test_control_a_naive_publisher_is_found_out(campaigns: Campaigns) -> None:
    """Else the judge, or the model of the disk, is blind."""
    campaign = campaigns(NAIVE)
    found = campaign.order(None)
    assert found
    assert any(each.startswith("at the end, not kept: releases/2") for each in found.faults)
    assert any("written in its place" in each for each in found.faults)
    halves = [campaign.broken(each) for each in sample(campaign.kills(), 6, 1)]
    assert sum(each is not None for each in halves) >= 5
    assert campaign.broken(Break("pwrite64", 100, "ENOSPC", sticky=True))


@pytest.mark.parametrize("name", ["build", "build with a ledger", "roll back", "publish a preview"])
def test_control_no_file_or_folder_can_be_left_unsynced(campaigns: Campaigns, name: str) -> None:
    """But a database, which SQLite has synced, and a signature, which is synced under both of its names."""
    campaign = campaigns(name)
    syncs = {call.text for call in campaign.calls if call.name == "fsync"}
    assert syncs
    for path in {text.partition("<")[2].partition(">")[0] for text in syncs}:
        without = [call for call in campaign.calls if call.name != "fsync" or f"<{path}>" not in call.text]
        if not path.endswith(("/release.db", ".minisig", ".minisig.new")):
            assert unsafe(without, campaign.place), path


def _lose(releases: Path, newest: Path, oldest: Path) -> None:
    shutil.rmtree(oldest)


def _cut(releases: Path, newest: Path, oldest: Path) -> None:
    content = (oldest / "data" / "beds.csv").read_bytes()
    (oldest / "data" / "beds.csv").write_bytes(content[:-1])


def _drop(releases: Path, newest: Path, oldest: Path) -> None:
    (newest / "data" / "beds_kk.xlsx").unlink()


def _add(releases: Path, newest: Path, oldest: Path) -> None:
    (newest / "data" / "more.csv").write_text("")


def _close(releases: Path, newest: Path, oldest: Path) -> None:
    (newest / "data").chmod(0o700)


def _point_nowhere(releases: Path, newest: Path, oldest: Path) -> None:
    (releases / "CURRENT").write_text("2020-01-01-000000000000\n")


def _point_to_the_oldest(releases: Path, newest: Path, oldest: Path) -> None:
    (releases / "CURRENT").write_text(f"{oldest.name}\n")


def _cut_pointer(releases: Path, newest: Path, oldest: Path) -> None:
    (releases / "CURRENT").write_text(newest.name)


def _swap_signatures(releases: Path, newest: Path, oldest: Path) -> None:
    shutil.copy(oldest / "manifest.json.minisig", newest / "manifest.json.minisig")


def _unsign(releases: Path, newest: Path, oldest: Path) -> None:
    (newest / "manifest.json.minisig").unlink()


def _cut_keys(releases: Path, newest: Path, oldest: Path) -> None:
    (releases / "trust.json").write_text("{")


def _leave(releases: Path, newest: Path, oldest: Path) -> None:
    (releases / ".staging-abc").mkdir()


HARMS = [
    *(_lose, _cut, _drop, _add, _close, _point_nowhere, _point_to_the_oldest, _cut_pointer),
    *(_swap_signatures, _unsign, _cut_keys, _leave),
]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_control_the_judge_sees(campaigns: Campaigns, tmp_path: Path, harm: Callable[[Path, Path, Path], None]) -> None:
    operation, base = OPERATIONS["build"], campaigns("build").warm.base
    before, after = judge.look(operation.before(base)), judge.look(operation.after(base))
    place = shutil.copytree(operation.after(base), tmp_path / "place")
    releases = place / "releases"
    old, new = (str(each.pointer).strip() for each in (before, after))
    (oldest,) = before.releases.keys() - {old}
    newest, oldest = releases / new, releases / oldest

    def found() -> list[str]:
        faults = judge.faults(place, before, after, done=False)
        return [*faults, *judge.leftovers(place), *judge.chain_faults(place)]

    assert not found()
    harm(releases, newest, oldest)
    assert found()


def test_without_strace_the_remedy_is_said(campaigns: Campaigns, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = campaigns("roll back")
    monkeypatch.setattr(tracer.shutil, "which", lambda _: None)
    with pytest.raises(NoTracerError, match="Remedy: install it"):
        campaign.broken(Break("fsync", 1))
