"""All faults: `make faults`, or `python -m tests.etl.faults [--only KIND] [--operation NAME] [--kills 100] …`.

Prints by operation and kind of fault how often it was broken, how often something was wrong after it, and how often the break
did not come about. Ends with 1 if anything was wrong or missed, if a kind of fault cannot be made on this machine, or if the
control, a naive publisher, was found without fault: the judge would be blind.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tests.etl.faults.campaign import Campaign, Finding, sample
from tests.etl.faults.operations import NAIVE, OPERATIONS
from tests.etl.faults.volumes import FullVolume, PowerCut, alone, may_cut
from tests.etl.faults.warm import Warm

#: The calls by which readers come to see something: each is broken.
SHOWING = frozenset({"rename", "renameat", "renameat2"})
#: The sizes in bytes at which a file may grow no more: below, at and above those of the files of a small release.
LIMITS = (0, 100, 1000, 3000, 8192, 40_000, 200_000, 500_000)

#: Points of a kind of fault, and what breaks the operation at one.
Plan = tuple[Sequence[Any], Callable[[Any], Finding | None]]


def _order(campaign: Campaign, _: argparse.Namespace) -> Plan:
    return [None], campaign.order


def _kills(campaign: Campaign, chosen: argparse.Namespace) -> Plan:
    return sample(campaign.kills(), chosen.kills, chosen.seed, SHOWING), campaign.broken


def _random(campaign: Campaign, chosen: argparse.Namespace) -> Plan:
    chance = random.Random(chosen.seed)
    return [chance.uniform(0, 1.1 * campaign.seconds) for _ in range(chosen.random)], campaign.killed_at


def _errors(campaign: Campaign, chosen: argparse.Namespace) -> Plan:
    return sample(campaign.errors(), chosen.errors, chosen.seed), campaign.broken


def _limits(campaign: Campaign, _: argparse.Namespace) -> Plan:
    return LIMITS, campaign.with_limit


def _rooms(campaign: Campaign, _: argparse.Namespace) -> Plan:
    assert isinstance(campaign, FullVolume)
    return campaign.ROOM, campaign.with_room


def _files(campaign: Campaign, _: argparse.Namespace) -> Plan:
    assert isinstance(campaign, FullVolume)
    return campaign.FILES, campaign.with_files


def _cuts(campaign: Campaign, chosen: argparse.Namespace) -> Plan:
    assert isinstance(campaign, PowerCut)
    return [None, *sample(campaign.kills(), chosen.cuts, chosen.seed)], campaign.cut


KINDS: dict[str, tuple[type[Campaign], Callable[[Campaign, argparse.Namespace], Plan]]] = {
    "order": (Campaign, _order),
    "kill at a call": (Campaign, _kills),
    "kill at random": (Campaign, _random),
    "failing call": (Campaign, _errors),
    "file too large": (Campaign, _limits),
    "no room": (FullVolume, _rooms),
    "no more files": (FullVolume, _files),
    "power cut": (PowerCut, _cuts),
}


def main() -> int:
    """Run the campaigns; returns the exit code."""
    chosen = _arguments()
    kinds = chosen.only or list(KINDS)
    if {"no room", "no more files", "power cut"} & {*kinds} and not chosen.alone:
        command = alone()
        if command is None:
            print("This machine allows no mounts. Remedy: be root, or leave volumes and power cuts out (--only).")
            return 1
        os.execvp(command[0], [*command, sys.executable, "-m", "tests.etl.faults", "--alone", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(dir=chosen.place) as folder, Warm(Path(folder) / "base") as warm:
        if "power cut" in kinds and not may_cut(Path(folder)):
            print("This machine mounts no disk images. Remedy: be root, or leave power cuts out (--only).")
            return 1
        return _run(chosen, kinds, warm, Path(folder))


def _run(chosen: argparse.Namespace, kinds: Sequence[str], warm: Warm, folder: Path) -> int:
    total: Counter[str] = Counter()
    for name in chosen.operation or OPERATIONS:
        for kind in kinds:
            made, plan = KINDS[kind]
            campaign = made(warm, name, folder / made.__name__)
            started = time.monotonic()
            try:
                points, run = plan(campaign, chosen)
                found = [run(each) for each in tqdm(points, f"{name}: {kind}", leave=False, disable=None)]
            finally:
                campaign.close()
            bad = sum(each is not None for each in found)
            print(_line(name, kind, len(points), bad, campaign.missed, time.monotonic() - started), flush=True)
            total[f"missed {kind}"] += campaign.missed
            if name == NAIVE:
                total["blind"] += bool(points) and not bad
                continue
            total["bad"] += bad
            total[kind] += len(points)
            print("".join(f"    {each}\n" for each in found if each), end="", flush=True)
    print("; ".join(f"{kind}: {total[kind]}" for kind in kinds), f"; {total['bad']} bad", sep="")
    if total["blind"]:
        print(f"BLIND: nothing was found wrong with the naive publisher in {total['blind']} kind(s) of fault")
    return 1 if total["bad"] or total["blind"] or any(total[f"missed {kind}"] for kind in kinds) else 0


def _line(name: str, kind: str, points: int, bad: int, missed: int, seconds: float) -> str:
    return f"{name:26} {kind:16} {points:6} points {bad:5} bad {missed:5} missed {seconds:7.0f} s"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operation", action="append", choices=OPERATIONS, help="default: all")
    parser.add_argument("--only", action="append", choices=KINDS, metavar="KIND", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--kills", type=int, default=100, help="kills at calls, an operation")
    parser.add_argument("--random", type=int, default=30, help="kills at random times, an operation")
    parser.add_argument("--errors", type=int, default=60, help="failing calls, an operation")
    parser.add_argument("--cuts", type=int, default=20, help="power cuts, an operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", type=Path, help="folder to work in (default: the system's for temporary files)")
    parser.add_argument("--alone", action="store_true", help="mounts are this process's own")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
