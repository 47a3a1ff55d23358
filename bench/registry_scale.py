"""A Registry at scale on DuckDB: simulate, validate, compute all datasets, add a month; against a bare scan of the same files.

Run: `python bench/registry_scale.py [--scale 1] [--months 2026-03:2027-02] [--memory 4GB] [--out DIR]`. Ratios hold between
machines, seconds do not. Each stage is a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import duckdb  # noqa: E402
from tqdm import tqdm  # noqa: E402

from datasets.library import load_library  # noqa: E402
from etl.pipeline import Aggregation, bound  # noqa: E402
from etl.registry.contract import TABLES  # noqa: E402
from etl.registry.engine.duckdb import DuckDBEngine  # noqa: E402
from etl.registry.months import previous  # noqa: E402
from etl.registry.parts import Registry  # noqa: E402
from etl.registry.results import Results  # noqa: E402
from etl.registry.transform import run_transform  # noqa: E402
from etl.registry.validation import validate_extracts  # noqa: E402
from etl.simulator.simulate import simulate, steps  # noqa: E402


@dataclass(frozen=True)
class Stage:
    """What a stage gave, how long it took and the most memory that one process of it held (MB)."""

    outcome: Any
    seconds: float
    peak: int

    def __str__(self) -> str:
        return f"{self.seconds:9.1f} s, peak {self.peak:6,} MB"


def staged(work: Callable[..., Any], *arguments: Any) -> Stage:
    """Run a stage in a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, work, *arguments).result()


def _measured(work: Callable[..., Any], *arguments: Any) -> Stage:
    start = time.perf_counter()
    outcome = work(*arguments)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Stage(outcome, time.perf_counter() - start, peak // 1024)


@contextmanager
def shown(total: int | None = None) -> Iterator[Callable[..., None]]:
    """A progress bar that is told each step."""
    with tqdm(total=total, unit="step", leave=False, disable=None) as bar:

        def progress(step: str, *_: object) -> None:
            bar.set_description(step)
            bar.update()

        yield progress


def make(scale: float, months: tuple[str, str], out: Path) -> None:
    """Simulate an extract."""
    library = load_library()
    with shown(steps(scale, months, library)) as progress:
        simulate(scale, 1, months, str(out), progress=progress, library=library)


def check(extracts: list[Path], store: Path, memory: str) -> Registry:
    """Validate extracts."""
    with shown() as progress:
        registry, _ = validate_extracts([str(each) for each in extracts], store, load_library(), progress, memory)
    return registry


def compute(registry: Registry, store: Path, memory: str) -> dict[str, float]:
    """Compute all datasets of the Registry; seconds by dataset, less what the texts of the library take to read."""
    seconds = {}
    with DuckDBEngine(registry, memory=memory, spill=store) as engine:
        results = Results(store / "results")
        library = bound(load_library(), Aggregation(registry, engine, results))
        declarations = [each for each in library.declarations.values() if each.transform]
        with shown(len(declarations)) as progress:
            for declaration in declarations:
                start = time.perf_counter()
                run_transform(declaration, registry, engine, results, library)
                seconds[declaration.slug] = time.perf_counter() - start
                progress(declaration.slug)
    return seconds


def scan(registry: Registry, memory: str) -> int:
    """Read every column of every file of the Registry; the number of rows."""
    connection = duckdb.connect(config={"memory_limit": memory})
    connection.execute("SET enable_progress_bar = false")
    rows = 0
    for table in TABLES.values():
        files = [str(path) for part in registry.parts if part.table == table.name for path in part.files]
        whole = ("id", "integer", "pseudonym")
        columns = [f'sum("{c.name}")' if c.type in whole else f'max("{c.name}")' for c in table.columns]
        asked = f"SELECT count(*), {', '.join(columns)} FROM read_parquet(?)"
        found = connection.execute(asked, [files]).fetchone()
        assert found is not None
        rows += found[0]
    return rows


def main() -> None:
    """Simulate all months but one, then one more, and build after each."""
    chosen = _arguments()
    first, last = chosen.months.split(":")
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.out or Path(temporary)
        earlier, added, store = folder / "earlier", folder / "added", folder / "store"
        made = staged(make, chosen.scale, (first, previous(last)), earlier)
        print(f"simulate {first} to {previous(last)} {made}")
        checked = staged(check, [earlier], store, chosen.memory)
        months = len(checked.outcome.months)
        bare = staged(scan, checked.outcome, chosen.memory)
        print(f"bare scan                    {bare} = 1: {bare.outcome:,} rows, every column")
        print(f"validate                     {checked} = {checked.seconds / bare.seconds:.1f}")
        computed = staged(compute, checked.outcome, store, chosen.memory)
        whole = sum(computed.outcome.values())
        print(
            f"all datasets                 {computed}; {whole:.1f} s without reading the library = {whole / bare.seconds:.1f}"
        )
        for slug, seconds in _slowest(computed):
            print(f"    {slug:24} {seconds:9.1f} s = {seconds / bare.seconds:.2f}")
        again = sum(staged(compute, checked.outcome, store, chosen.memory).outcome.values())
        print(f"all datasets, nothing new    {again:9.1f} s = {again / whole:.2f} of the first time")
        staged(make, chosen.scale, (last, last), added)
        rechecked = staged(check, [earlier, added], store, chosen.memory)
        recomputed = staged(compute, rechecked.outcome, store, chosen.memory)
        anew = sum(recomputed.outcome.values())
        print(
            f"a month added: validate      {rechecked} = {rechecked.seconds / checked.seconds * months:.1f} months' share"
        )
        print(f"a month added: all datasets  {recomputed}; {anew:.1f} s = {anew / whole * months:.1f} months' share")
        for slug, seconds in _slowest(recomputed):
            print(f"    {slug:24} {seconds:9.1f} s = {seconds / computed.outcome[slug] * months:.1f} months' share")


def _slowest(stage: Stage) -> list[tuple[str, float]]:
    return sorted(stage.outcome.items(), key=lambda each: -each[1])[:6]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--months", default="2026-03:2026-08", metavar="A:B")
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--out", type=Path, help="a folder to keep extracts and store in")
    return parser.parse_args()


if __name__ == "__main__":
    main()
