"""The Registry's datasets under disclosure control: what is hidden, in what time, against simple peers in the same run.

Run: `python bench/registry_protection.py [--scale 0.002] [--months 2026-03:2026-08] [--extract DIR --store DIR]`. Without an
extract, one is simulated. For each dataset alone: cells, sensitive ones, and the cells hidden besides them by elimination
alone, by the hypercube method (for counts of persons only: it knows one measure, no parts and no links) and by ours. Then
all datasets with their links, clinics' insiders and all: protected, published, attacked. Seconds are CPU seconds; ratios hold
between machines, seconds do not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.disclosure.hypercube import hypercube  # noqa: E402
from bench.disclosure.reference import Reference  # noqa: E402
from datasets.contract import SUMMED  # noqa: E402
from datasets.fault import FaultError  # noqa: E402
from datasets.library import Library, load_library  # noqa: E402
from etl.aggregate import Aggregated  # noqa: E402
from etl.audit.report import audit_release  # noqa: E402
from etl.disclosure import protect  # noqa: E402
from etl.disclosure.assemble import Guarded, assemble  # noqa: E402
from etl.disclosure.cube import make_cube, make_shares  # noqa: E402
from etl.pipeline import Aggregation, bound, prepare  # noqa: E402
from etl.protect.suppress import suppress  # noqa: E402
from etl.protect.system import Name, Need, State, System  # noqa: E402
from etl.protect.tabulation import Hierarchy  # noqa: E402
from etl.publish import publish  # noqa: E402
from etl.publish.content import make_content  # noqa: E402
from etl.registry.engine.duckdb import DuckDBEngine  # noqa: E402
from etl.registry.results import Results  # noqa: E402
from etl.registry.validation import validate_extracts  # noqa: E402
from etl.simulator.simulate import simulate  # noqa: E402


def timed(work: Callable[..., Any], *arguments: object, **options: object) -> tuple[Any, float]:
    """What a function returns, and its CPU seconds."""
    start = time.process_time()
    found = work(*arguments, **options)
    return found, time.process_time() - start


def prepared(extract: str, store: Path) -> tuple[Library, list[Aggregated]]:
    """The bound library, and its datasets before disclosure control."""
    library = load_library()
    registry, _ = validate_extracts([extract], store, library)
    with DuckDBEngine(registry, spill=store) as engine:
        aggregation = Aggregation(registry, engine, Results(store / "results"))
        over = bound(library, aggregation)
        found = [prepare(each, over, aggregation) for each in over.declarations.values()]
    return over, [each for each in found if each.table.rows]


def guards(library: Library, datasets: list[Aggregated]) -> dict[str, Guarded]:
    """The datasets under a policy with rules, by slug."""
    found = {}
    for each in datasets:
        rules = each.declaration.rules(library.policies[each.declaration.policy])
        if rules:
            cube = make_cube(each)
            found[each.declaration.slug] = Guarded(cube, rules, make_shares(cube, each.contributions))
    return found


def one_by_one(guarded: dict[str, Guarded]) -> None:
    """Print a line for each dataset alone."""
    print(
        f"{'dataset':26} {'cells':>6} {'sensitive':>9}  {'elimination':>17} {'hypercube':>10} {'full':>17} {'hidden':>7}"
    )
    for slug, each in guarded.items():
        system = assemble({slug: each}, ())
        cells = [cell for cell in system.cells if cell.state == State.OPEN]
        sensitive = sum(cell.sensitive for cell in cells)
        simple, simple_seconds = timed(suppress, system, method="elimination")
        full, seconds = timed(suppress, system)
        cubes = sum(_cubed(each)) if _countable(each) else None
        print(
            f"{slug:26} {len(cells):6,} {sensitive:9,} {len(simple.secondary):8,} {simple_seconds:7.1f}s "
            f"{'-' if cubes is None else f'{cubes:,}':>10} {len(full.secondary):8,} {seconds:7.1f}s "
            f"{len(full.hidden) / max(len(cells), 1):7.1%}",
            flush=True,
        )


def _countable(guarded: Guarded) -> bool:
    groups = guarded.declaration.protect
    return not guarded.rules.about_contributors and all(group.measures == (group.persons,) for group in groups)


def _cubed(guarded: Guarded) -> Iterator[int]:
    """What the hypercube method hides besides the sensitive cells, by measure; stocks by month, for they have no sum."""
    persons = guarded.rules.persons
    assert persons is not None
    place = guarded.cube.dimensions.index("period")
    for group in guarded.declaration.protect:
        measure = group.measures[0]
        leaves = {k: found[measure] for k, found in guarded.cube.figures.items() if SUMMED not in k}
        apart = guarded.declaration.by_name[measure].additivity != "additive"
        for month in sorted({keys[place] for keys in leaves}) if apart else [None]:
            own = {keys: value for keys, value in leaves.items() if month in (None, keys[place]) and value}
            if not own:
                continue
            codes = (sorted({keys[at] for keys in own}) for at in range(len(guarded.cube.dimensions)))
            table = Reference(measure, own, tuple(Hierarchy.flat(each, SUMMED) for each in codes))
            yield len(hypercube(table, Need(persons.values, upper=persons.upper)).hidden) - table.secret


def together(library: Library, datasets: list[Aggregated]) -> None:
    """Protect, publish and attack all datasets as a build does; print the time of each, and what is hidden."""
    disclosed, protecting = timed(protect, datasets, library)
    with tempfile.TemporaryDirectory() as folder:
        release, publishing = timed(publish, make_content(library, disclosed), Path(folder), lambda _: None)
        report, auditing = timed(audit_release, release)
    secret = disclosed.secret
    assert secret is not None
    print(f"\nall together: {_counted(secret.system, secret.hidden)}")
    print(f"  protect {protecting:.1f} s, publish {publishing:.1f} s, attack {auditing:.1f} s")
    print(report.to_text())


def _counted(system: System, hidden: frozenset[Name]) -> str:
    cells = sum(cell.state == State.OPEN for cell in system.cells)
    return f"{cells:,} cells, {len(hidden):,} hidden ({len(hidden) / cells:.1%})"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.002)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--months", default="2026-03:2026-08")
    parser.add_argument("--extract", help="an extract that is there already")
    parser.add_argument("--store", type=Path, help="work folder of that extract; its results are used again")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        extract, store = chosen.extract, chosen.store or Path(folder) / "store"
        if not extract:
            extract = str(Path(folder) / "extract")
            first, last = chosen.months.split(":")
            simulate(chosen.scale, chosen.seed, (first, last), extract, processes=1, library=load_library())
        (library, datasets), seconds = timed(prepared, extract, store)
    print(f"validated and aggregated in {seconds:.1f} s\n")
    one_by_one(guards(library, datasets))
    together(library, datasets)


if __name__ == "__main__":
    try:
        main()
    except FaultError as fault:
        sys.exit(str(fault))
