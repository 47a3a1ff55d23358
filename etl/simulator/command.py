"""The operator's command `python -m etl simulate`."""

from __future__ import annotations

import argparse
from typing import Any

from tqdm import tqdm

from datasets.library import Library
from etl.simulator.simulate import FORMS, simulate, steps


def add_simulate(commands: Any) -> None:
    """Add the command to those of `python -m etl`."""
    command = commands.add_parser("simulate", help="write a simulated extract of the Registry")
    command.add_argument(
        "--scale", type=float, required=True, help="1 is everybody insured (17.8 million); 0.001 is small"
    )
    command.add_argument(
        "--seed", type=int, default=1, help="another seed, another world with the same official totals"
    )
    command.add_argument(
        "--months", type=months, required=True, metavar="A:B", help="first and last month, YYYY-MM:YYYY-MM"
    )
    command.add_argument("--out", required=True, help="a new folder, or postgresql://… with an empty database")
    command.add_argument("--format", choices=FORMS, default="parquet", help="form of the files")
    command.add_argument(
        "--spoil", nargs="?", const="rows", default="", choices=("rows", "iin"), help="make some rows wrong on purpose"
    )
    command.add_argument("--processes", type=int, help="how many to work with; all processors when not given")
    command.set_defaults(run=_simulate)


def months(text: str) -> tuple[str, str]:
    """The first and the last month of `2026-03:2026-08`, or one month twice."""
    first, _, last = text.partition(":")
    return first, last or first


def _simulate(library: Library, chosen: argparse.Namespace) -> None:
    total = steps(chosen.scale, chosen.months, library)
    rows = 0
    with tqdm(total=total, unit="step", leave=False, disable=None) as bar:

        def progress(step: str, count: int) -> None:
            nonlocal rows
            rows += count
            bar.set_description(step)
            bar.set_postfix_str(f"{rows:,} rows")
            bar.update()

        simulate(
            chosen.scale,
            chosen.seed,
            chosen.months,
            chosen.out,
            form=chosen.format,
            spoil=chosen.spoil,
            processes=chosen.processes,
            progress=progress,
            library=library,
        )
    # The address of a database may hold a password.
    place = "the database" if "://" in chosen.out else chosen.out
    print(f"{rows:,} rows of a simulated extract are in {place}")
