"""Disclosure control against simple peers: what patterns hide, what a reader still finds out, how far from the optimum.

Run: `python bench/disclosure_control.py [--quick] [--large]`. Prints, for each reference table, a line for each method and
need, and the time of an audit beside a linear programme for every bound; then the cost over the proved optimum of small
tables. Seconds are CPU seconds. Ratios hold between machines, seconds do not.

A reader knows all equations, that counts are whole, and all zeros. "Known" are secret cells that he works out exactly,
"unmet" hidden cells of which less stays possible than asked, "lost" the part of the sum of all cells that is hidden besides
the secret ones. Costs of small tables are sums of weights, logarithms of counts: what the methods make least.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.disclosure.distance import METHODS, distances, pattern  # noqa: E402
from bench.disclosure.reader import intervals_one_by_one, reducible, statement  # noqa: E402
from bench.disclosure.reference import Reference, small_tables, table_5k, table_60k  # noqa: E402
from etl.audit.attack import Attack, attack  # noqa: E402
from etl.protect.system import Name, Need, System  # noqa: E402

EXACT = Need(values=2)
MINIMUM = Need(values=2, upper=5)
NEEDS = {"two values": EXACT, "5 is possible": MINIMUM}
SAMPLE = 10
"""Cells that the linear programmes bound; their time is extrapolated to all hidden cells."""


def timed(work: Callable[..., object], *arguments: object, **options: object) -> tuple[object, float]:
    """What a function returns, and its CPU seconds."""
    start = time.process_time()
    found = work(*arguments, **options)
    return found, time.process_time() - start


def patterns(table: Reference, needs: dict[str, Need]) -> frozenset[Name]:
    """Print a line for each need and method; returns the cells that our method hides so that each has two values."""
    kept: frozenset[Name] = frozenset()
    print(f"{'need':14} {'method':12} {'secondary':>9} {'ratio':>6} {'lost':>7} {'CPU s':>8} {'known':>6} {'unmet':>6}")
    for title, need in needs.items():
        system = table.system(need)
        whole = sum(cell.value for cell in system.cells)
        first = 0
        for method in ("elimination", "hypercube", "full"):
            hidden, seconds = timed(pattern, table, need, method)
            secondary = len(hidden) - table.secret
            lost = sum(cell.value for cell in system.cells if cell.name in hidden and not cell.sensitive) / whole
            first = first or secondary
            found = attack(statement(system, hidden), exact=False)
            print(
                f"{title:14} {method:12} {secondary:9,} {secondary / first:6.2f} {lost:7.2%} "
                f"{seconds:8.1f} {known(system, found):6,} {found.summary.unknowns - found.summary.safe:6,}",
                flush=True,
            )
            if (method, need) == ("full", EXACT):
                kept = hidden
    return kept


def known(system: System, found: Attack) -> int:
    """How many secret cells a reader works out exactly."""
    return sum(finding.width == 0 for finding in found.findings if system.by_name[finding.name].sensitive)


def audit(table: Reference, hidden: frozenset[Name]) -> None:
    """Print the time for the tightest intervals of all hidden cells, and how many secondary cells are hidden for nothing."""
    system = table.system(EXACT)
    read = statement(system, hidden)
    found, seconds = timed(attack, read)
    names = sorted(hidden, key=str)[:: len(hidden) // SAMPLE][:SAMPLE]
    naive, sampled = timed(intervals_one_by_one, read, names)
    extrapolated = sampled / len(names) * len(hidden)
    wider = sum((found.by_name[name].lower, found.by_name[name].upper) != naive[name] for name in names)
    print(
        f"intervals of all {len(hidden):,} hidden cells: {seconds:.1f} CPU s, {found.summary.undecided} undecided; "
        f"a linear programme for every bound: {extrapolated:.0f} CPU s (extrapolated from {len(names)} cells), "
        f"{extrapolated / seconds:.0f} times as much; {wider} of these cells have another interval"
    )
    print(f"secondary cells hidden for nothing: {len(reducible(system, hidden, SAMPLE))} of {SAMPLE} looked at")


def optima(count: int, seconds: float) -> None:
    """Print cost over the proved optimum."""
    for title, need in NEEDS.items():
        found = list(distances(small_tables(), need, count, seconds))
        print(f"\ncost over the proved optimum of {len(found)} tables of 63 to 120 cells, need: {title}")
        for method in METHODS:
            ratios = [each.ratios[method] for each in found]
            failed = sum(each.unmet[method] > 0 for each in found)
            optimal = sum(each.ratios[method] < 1 + 1e-9 and not each.unmet[method] for each in found)
            print(
                f"  {method:12} mean {sum(ratios) / len(ratios):5.2f}  worst {max(ratios):5.2f}  "
                f"optimal {optimal:3}  tables with an unmet need {failed:3}"
            )
        print(f"  cells that `full` hides for nothing: {sum(each.reducible for each in found)}")


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one need for the table, 6 small tables instead of 30")
    parser.add_argument("--large", action="store_true", help="also the table of 60,333 cells")
    options = parser.parse_args()
    needs = {"two values": EXACT} if options.quick else NEEDS
    for table in [table_5k(), *([table_60k()] if options.large else [])]:
        print(
            f"\ntable {table.name}: {table.cells:,} cells, {table.secret:,} secret ({table.secret / table.cells:.1%})"
        )
        audit(table, patterns(table, needs))
    optima(*((6, 5.0) if options.quick else (30, 10.0)))


if __name__ == "__main__":
    main()
