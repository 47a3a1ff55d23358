"""Twelve monthly releases of two linked tables, protected one by one and protected together, both read by one who keeps all.

Run: `python bench/release_replay.py [--regions 17] [--factors 3] [--persons 5] [--months 12] [--raw]`. Prints how many
sensitive figures follow from the sums of all releases together, how many a reader can bound more tightly than promised, the
shares of cells hidden, and the CPU of each part. `--raw` leaves out the polish of the patterns: faster, with more cells
hidden. Ratios hold between machines, seconds do not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tqdm import tqdm  # noqa: E402

from etl.protect.ledger import Ledger  # noqa: E402
from tests.etl.protect.replay import Office, Reader, Release, World, releases  # noqa: E402


@dataclass
class Run:
    """What a reader of all releases has, and how many cells were in all of them, hidden, sensitive and withheld."""

    office: Office
    reader: Reader = field(default_factory=Reader)
    counts: Counter[str] = field(default_factory=Counter)


def run(made: list[Release], polished: bool, ledger: Ledger | None) -> Run:
    """Protect and read all releases; with a ledger each together with all before it."""
    found = Run(Office(ledger, polished))
    for release in tqdm(made, leave=False, disable=None):
        shown, hidden = found.office.protect(release)
        found.reader.read(shown, hidden)
        sensitive = sum(cell.sensitive for cell in shown.system.cells)
        found.counts.update(cells=len(shown.system.cells), hidden=len(hidden), sensitive=sensitive)
    return found


def report(title: str, found: Run) -> None:
    """Print a run."""
    reader, counts, sensitive = found.reader, found.counts, len(found.reader.sensitive)
    start = time.process_time()
    solved = len(reader.solved())
    between = time.process_time()
    tight = len(reader.breached())
    spent = found.office.seconds | Counter(solve=between - start, attack=time.process_time() - between)
    print(f"{title}: of {sensitive} sensitive figures")
    print(f"  follow from the sums alone          {solved:7} = {solved / sensitive:.1%}")
    print(f"  bounded more tightly than promised  {tight:7} = {tight / sensitive:.1%}")
    print(f"  cells hidden                        {counts['hidden'] / counts['cells']:.2%} of all,", end=" ")
    print(f"{counts['hidden'] / counts['sensitive']:.2f} for each sensitive one")
    print(f"  withheld, for a split divides what was hidden: {len(found.office.withheld)}")
    print("  CPU " + ", ".join(f"{part} {seconds:.1f} s" for part, seconds in spent.items()))


def main() -> None:
    """Replay twice."""
    chosen = _arguments()
    world = World(regions=chosen.regions, factors=chosen.factors, persons=chosen.persons, seed=chosen.seed)
    made = list(releases(world, chosen.months))
    print(f"{len(made)} releases, {sum(len(release.system.cells) for release in made):,} cells in all, zeros included")
    with tempfile.TemporaryDirectory() as folder:
        joint = run(made, not chosen.raw, Ledger(Path(folder)))
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        start = time.process_time()
        Ledger(Path(folder))
        again = time.process_time() - start
    alone = run(made, not chosen.raw, None)
    report("one by one", alone)
    report("together", joint)
    print(f"ledger: {size / 1024:.0f} KB, opened in {again:.1f} s")
    print(f"hidden together to one by one: {joint.counts['hidden'] / alone.counts['hidden']:.2f}")
    spent = (each.office.seconds["protect"] for each in (joint, alone))
    print(f"CPU of protecting together to one by one: {next(spent) / next(spent):.2f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=int, default=17)
    parser.add_argument("--factors", type=int, default=3)
    parser.add_argument("--persons", type=float, default=5.0, help="mean of the lowest counts")
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--raw", action="store_true", help="no polish")
    return parser.parse_args()


if __name__ == "__main__":
    main()
