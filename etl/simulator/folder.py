"""An extract as a folder: built aside, moved into place when everything has gone well."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datasets.fault import Fault, FaultError
from etl.registry.manifest import MANIFEST_FILE
from etl.simulator import truth
from etl.simulator.assembly import Assembly, Progress
from etl.simulator.runner import Settings
from etl.simulator.spoil import spoil
from etl.simulator.timeline import Month
from etl.simulator.writer import Target


def write_folder(
    out: Path,
    settings: Settings,
    form: str,
    months: tuple[Month, ...],
    damage: str,
    processes: int | None,
    progress: Progress,
) -> None:
    """Write the extract into a new folder; `damage` is empty, `rows` or `iin`. Raises FaultError when `out` holds something."""
    with aside(out) as folder:
        target = Target(folder, form)
        assembly = Assembly(Settings(settings.calibration, settings.scale, settings.seed, target), months)
        assembly.make(processes, progress)
        truths = folder / truth.FOLDER
        truths.mkdir()
        (truths / "README.txt").write_text(truth.README, encoding="utf-8")
        signals = ",".join(truth.SIGNALS) + "\n" + assembly.signals.getvalue()
        (truths / "signals.csv").write_text(signals, encoding="utf-8")
        _write_csv(truths / "enforcement.csv", truth.ENFORCEMENT, assembly.gaps)
        _write_csv(truths / "threads.csv", truth.THREADS, assembly.threads)
        manifest = assembly.manifest()
        if damage:
            manifest, spoiled = spoil(folder, manifest, with_iin=damage == "iin")
            _write_csv(truths / "spoiled.csv", truth.SPOILED, spoiled)
        (folder / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")


@contextmanager
def aside(out: Path) -> Iterator[Path]:
    """A new folder beside `out` that takes its place in the end; raises FaultError when `out` holds something."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        remedy = "Name a new or an empty folder."
        raise FaultError([Fault("command line", "--out", f"'{out}' exists and is not an empty folder.", remedy)])
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = out.with_name(f".{out.name}.{os.getpid()}")
    folder.mkdir()
    try:
        yield folder
        if out.exists():
            out.rmdir()
        folder.rename(out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_csv(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
