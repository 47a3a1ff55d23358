"""The simulator as a whole: an extract of some months at some scale, into a folder or a database."""

from __future__ import annotations

from pathlib import Path

from datasets.fault import Fault, FaultError
from datasets.library import Library, load_library
from etl.simulator.assembly import Progress
from etl.simulator.calibration import calibrate
from etl.simulator.chunks import parts_of
from etl.simulator.database import write_database
from etl.simulator.folder import write_folder
from etl.simulator.population import Population
from etl.simulator.runner import Settings
from etl.simulator.timeline import chosen_months
from etl.simulator.writer import Target

FORMS = ("parquet", "csv")
SMALLEST_SCALE, LARGEST_SCALE = 0.0005, 2.0
DATABASES = ("postgresql://", "postgres://")


def simulate(
    scale: float,
    seed: int,
    months: tuple[str, str],
    out: str,
    *,
    form: str = "parquet",
    spoil: bool | str = False,
    processes: int | None = None,
    progress: Progress = lambda step, rows: None,
    library: Library | None = None,
) -> None:
    """Write the extract of `months` (first and last, YYYY-MM) into the folder or PostgreSQL database `out`.

    `scale` 1 is everybody insured. `spoil` (true, or `iin` to add an IIN, for which the whole extract must be refused)
    makes some rows wrong, in files only. `progress` is told each finished step and its rows; `steps` says how many there
    are. Raises FaultError when an argument does not fit or `out` holds something.
    """
    faults = [*_scale_faults(scale), *_seed_faults(seed), *_spoil_faults(out, spoil)]
    if faults:
        raise FaultError(faults)
    chosen, calibration = chosen_months(*months), calibrate(library or load_library())
    settings = Settings(calibration, scale, seed, Target(None, dsn=out))
    if out.startswith(DATABASES):
        write_database(settings, chosen, processes, progress)
    else:
        damage = "rows" if spoil is True else spoil or ""
        write_folder(Path(out), settings, form, chosen, damage, processes, progress)


def steps(scale: float, months: tuple[str, str], library: Library) -> int:
    """How many steps `progress` will be told of; raises FaultError like `simulate`."""
    if faults := _scale_faults(scale):
        raise FaultError(faults)
    population = Population(calibrate(library), scale)
    return 1 + sum(parts_of(population, month) + 1 for month in chosen_months(*months))


def _scale_faults(scale: float) -> list[Fault]:
    if SMALLEST_SCALE <= scale <= LARGEST_SCALE:
        return []
    remedy = f"Choose one from {SMALLEST_SCALE} to {LARGEST_SCALE}."
    return [Fault("command line", "--scale", f"'{scale}' is no scale of the model.", remedy)]


def _seed_faults(seed: int) -> list[Fault]:
    if 0 <= seed < 2**63:
        return []
    return [Fault("command line", "--seed", f"'{seed}' is not from 0 to 2**63 - 1.", "Choose a smaller number.")]


def _spoil_faults(out: str, spoil: bool | str) -> list[Fault]:
    if not (spoil and out.startswith(DATABASES)):
        return []
    return [Fault("command line", "--spoil", "spoils files only.", "Name a folder, or leave it out.")]
