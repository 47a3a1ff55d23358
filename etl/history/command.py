"""The operator's command `python -m etl history`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tqdm import tqdm

from datasets.library import Library
from etl.history.build import build_history
from etl.simulator.command import months


def add_history(commands: Any) -> None:
    """Add the command to those of `python -m etl`."""
    command = commands.add_parser(
        "history", help="build a demonstration history: monthly releases of a simulated world"
    )
    command.add_argument(
        "--out", type=Path, required=True, help="a folder without a history; it gets releases and store"
    )
    command.add_argument("--scale", type=float, default=0.0005, help="1 is everybody insured (17.8 million)")
    command.add_argument("--seed", type=int, default=2026, help="another seed, another world")
    command.add_argument(
        "--months", type=months, default="2026-03:2026-08", metavar="A:B", help="five months or more, YYYY-MM:YYYY-MM"
    )
    command.set_defaults(run=_history)


def _history(library: Library, chosen: argparse.Namespace) -> None:
    first, last = chosen.months
    with tqdm(unit="step", leave=False, disable=None) as bar:

        def progress(step: str) -> None:
            bar.set_description(step)
            bar.update()

        folders = build_history(library, chosen.scale, chosen.seed, (first, last), chosen.out, progress)
    print(f"{len(folders)} releases of a demonstration are in {chosen.out / 'releases'}")
    print(f"look at them: make run RELEASES_DIR={chosen.out / 'releases'}")
