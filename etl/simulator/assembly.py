"""An extract in the making: all tables of its months, the manifest and the ground truth."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from etl.registry.contract import UTC_OFFSET_HOURS, VERSION
from etl.registry.manifest import Control, Delivered, Manifest
from etl.simulator import ledgers, truth
from etl.simulator.chunks import Done, Work, parts_of
from etl.simulator.randomness import Ints
from etl.simulator.registers import make_registers
from etl.simulator.runner import Run, Settings, make_work, runner, usual_processes
from etl.simulator.timeline import Month, written

Progress = Callable[[str, int], None]


@dataclass
class Assembly:
    """What has been delivered so far. `signals` are lines of CSV, `gaps` and `threads` the rows of the other truths."""

    settings: Settings
    months: tuple[Month, ...]
    files: list[Delivered] = field(default_factory=list)
    totals: dict[tuple[str, str, str], int] = field(default_factory=dict)
    signals: io.StringIO = field(default_factory=io.StringIO)
    gaps: list[tuple[Any, ...]] = field(default_factory=list)
    threads: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def before(self) -> int:
        """The as-of day: the first one after the last month."""
        return self.months[-1].last + 1

    def make(self, processes: int | None, progress: Progress) -> None:
        """Write every table."""
        work = make_work(self.settings)
        count = processes or usual_processes(work.world.population.initial)
        with runner(self.settings, work, count) as run:
            waiting = [(month, self._started(work, month, run)) for month in self.months]
            progress("registers", self._registers(work))
            for month, parts in waiting:
                self._month(work, month, parts, progress)
        self.gaps = list(truth.gap_lines(work.world, self.months, self.before))
        self.threads = list(truth.thread_lines(work.world, work.payments, self.months))

    def _started(self, work: Work, month: Month, run: Run) -> list[Callable[[], Done]]:
        return [run(month.number, part) for part in range(parts_of(work.world.population, month))]

    def _registers(self, work: Work) -> int:
        done = Done()
        for name, table in make_registers(work.world, work.payments, self.before).items():
            self._write(name, "", table, done)
        return self._note(done)

    def _month(self, work: Work, month: Month, parts: list[Callable[[], Done]], progress: Progress) -> None:
        volume = np.zeros(len(work.world.clinics.owner), dtype=np.int64)
        verified = volume.copy()
        lines = csv.writer(self.signals, lineterminator="\n")
        for number, part in enumerate(parts, start=1):
            done = part()
            volume += done.volume
            verified += done.verified
            lines.writerows(truth.signal_lines(work.world, month, done.signs))
            progress(f"{month.name}, part {number} of {len(parts)}", self._note(done))
        progress(f"{month.name}, acts and payments", self._ledgers(work, month, volume, verified))

    def _ledgers(self, work: Work, month: Month, volume: Ints, verified: Ints) -> int:
        done, world, payments = Done(), work.world, work.payments
        frames = {
            "act": ledgers.acts_frame(work.acts, month, volume, verified),
            "payment": ledgers.payments_frame(payments, month),
            "registry_order": ledgers.orders_frame(world, payments, month),
            "digital_tenge_operation": ledgers.operations_frame(world, payments, month),
        }
        for name, table in frames.items():
            self._write(name, month.name, table, done)
        return self._note(done)

    def _write(self, name: str, period: str, table: pa.Table, done: Done) -> None:
        with self.settings.target.open(name, period) as output:
            output.write(table)
        done.add(output)

    def _note(self, done: Done) -> int:
        """Take over what was delivered; the number of its rows."""
        self.files += done.files
        for each in done.totals:
            key = (each.table, each.column, each.period)
            self.totals[key] = self.totals.get(key, 0) + each.value
        return done.rows

    def manifest(self) -> Manifest:
        """The manifest of what was written."""
        scale, first, last = f"{self.settings.scale:f}".rstrip("0").rstrip("."), self.months[0], self.months[-1]
        name = f"simulated-{self.settings.seed}-{scale.replace('.', '-')}-{first.name}-{last.name}"
        return Manifest(
            contract=VERSION,
            extract=name,
            synthetic=True,
            as_of=f"{written(self.months[-1].last)}T{24 - UTC_OFFSET_HOURS}:00:00Z",
            periods=tuple(month.name for month in self.months),
            files=tuple(sorted(self.files, key=lambda each: each.path)),
            totals=tuple(Control(*key, value) for key, value in sorted(self.totals.items())),
            note={"simulator": {"seed": self.settings.seed, "scale": self.settings.scale}},
        )
