"""Builds the demonstration history, by the same steps as an operator: extracts, build, sign, publish, redact."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from datasets.contract import DATABASE_FILE, PERIOD, Status, status_column
from datasets.fault import Fault, FaultError
from datasets.library import Library, load_library
from etl.disclosure.vault import Vault
from etl.history import script, texts
from etl.history.datasets import write_datasets
from etl.history.record import record_of
from etl.history.script import Script
from etl.pipeline import Aggregation, build
from etl.redacted import redacted
from etl.redaction.redact import redact
from etl.redaction.request import Request
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.results import Results
from etl.registry.validation import validate_extracts
from etl.signing.keyring import Keyring, ensure_key
from etl.simulator.deliveries import write_deliveries
from etl.simulator.timeline import chosen_months

Progress = Callable[[str], None]
_MEMORY = "1GB"


@dataclass(frozen=True)
class Place:
    """Where a history is: below `root`."""

    root: Path

    @property
    def releases(self) -> Path:
        """The folder that the portal serves."""
        return self.root / "releases"

    @property
    def store(self) -> Path:
        """The operator's work folder."""
        return self.root / "store"


def build_history(
    library: Library, scale: float, seed: int, months: tuple[str, str], out: Path, progress: Progress = lambda _: None
) -> tuple[Path, ...]:
    """Build the history of `library` over the simulated months (first and last) below `out`; returns its releases.

    Raises FaultError if there are fewer than five months, or if `out` holds releases already.
    """
    play, place = _script(scale, seed, months), Place(out)
    if place.releases.exists():
        remedy = "Name another folder, or remove it."
        raise FaultError([Fault("command line", "--out", f"'{out}' holds a history already.", remedy)])
    deliveries = write_deliveries(play.plan, out / "extracts", load_library(), progress)
    block = _block(deliveries[script.DISPUTE - 1], play.months[script.DISPUTE - 1])
    keyring = ensure_key(place.store, place.releases, script.BEGINNING)
    folders = []
    for number, month in enumerate(play.months, start=1):
        progress(f"release {number} of {len(play.months)}, data through {month}")
        root = write_datasets(library.root, out / "datasets" / month, number, record_of(number, play, block))
        folders.append(_publish(load_library(root), deliveries[:number], place, keyring, play.instant(number)))
        if number == script.REDACTION:
            progress("a figure is withdrawn")
            _withdraw(folders[-1], play, place, keyring)
    return tuple(folders)


def _script(scale: float, seed: int, months: tuple[str, str]) -> Script:
    names = tuple(month.name for month in chosen_months(*months))
    if len(names) < script.FEWEST:
        message = f"are {len(names)} months; the history needs {script.FEWEST}."
        raise FaultError([Fault("command line", "--months", message, "Name more months, as 2026-03:2026-08.")])
    return script.script_of(scale, seed, *months, names)


def _block(delivery: Path, month: str) -> tuple[str, str]:
    """The organisation and the stop-factor of the first block that began in the month."""
    rows = pq.read_table(delivery / "block.parquet").sort_by("block_id")
    begun = rows.filter(pc.equal(pc.strftime(rows["started_on"], "%Y-%m"), month)).slice(0, 1).to_pylist()
    if not begun:
        message = f"has no block that began in {month}, to which a clinic could reply."
        raise FaultError([Fault(delivery.name, "block", message, "Choose another --seed.")])
    return str(begun[0]["organisation_id"]), str(begun[0]["factor"])


def _publish(library: Library, extracts: tuple[Path, ...], place: Place, keyring: Keyring, instant: str) -> Path:
    registry, _ = validate_extracts([str(each) for each in extracts], place.store, library, memory=_MEMORY)
    vault = Vault(place.store, registry.series)
    with DuckDBEngine(registry, memory=_MEMORY, spill=place.store) as engine:
        aggregation = Aggregation(registry, engine, Results(place.store / "results"), vault)
        withdrawn = redacted(place.store, registry.series)
        return build(
            library,
            place.releases,
            aggregation=aggregation,
            withdrawn=withdrawn,
            keyring=keyring,
            clock=lambda: instant,
        )


def _withdraw(release: Path, play: Script, place: Place, keyring: Keyring) -> None:
    keys = _shown(release, play.months[0])
    request = Request(script.WITHDRAWN, script.WITHDRAWN_MEASURE, keys, texts.WITHDRAWAL)
    instant = f"{play.redacted}T06:00:00Z"
    redact(request, place.releases, place.store, play.redacted, keyring, clock=lambda: instant)


def _shown(release: Path, month: str) -> dict[str, str]:
    """The keys of the first figure of the month that can be withdrawn: it is shown."""
    column = status_column(script.WITHDRAWN_MEASURE)
    with closing(sqlite3.connect(f"{(release / DATABASE_FILE).resolve().as_uri()}?mode=ro", uri=True)) as database:
        # The names are the script's.
        said = f"SELECT region FROM {script.WITHDRAWN} WHERE {PERIOD} = ? AND {column} = ? ORDER BY rowid LIMIT 1"  # noqa: S608
        found = database.execute(said, (month, Status.OK)).fetchone()
    if found is None:
        message = f"shows no figure of {month} that could be withdrawn."
        raise FaultError([Fault(release.name, script.WITHDRAWN, message, "Choose a larger --scale or another --seed.")])
    return {"region": found[0], PERIOD: month}
