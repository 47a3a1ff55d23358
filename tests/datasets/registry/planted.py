"""What the simulator has planted in an extract beside what the published definitions find, unit by unit."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from tests.datasets.registry.enforcement_oracle import judged
from tests.datasets.registry.rows import Row
from tests.datasets.registry.signal_oracle import KINDS
from tests.datasets.registry.world import World

#: What a unit is: the clinic, and what tells it apart from the clinic's other units of the kind.
Unit = tuple[object, ...]
#: Verdicts that are failures of enforcement; the others are duties done, or still to be done.
GAPS = ("late", "missing", "unjustified", "overdue")


@dataclass
class Compared:
    """Units of one kind: `planted` are wrong and covered by the definition, `innocent` are covered look-alikes.

    `decoys` are planted and not covered.
    """

    planted: set[Unit] = field(default_factory=set)
    innocent: set[Unit] = field(default_factory=set)
    decoys: set[Unit] = field(default_factory=set)
    found: set[Unit] = field(default_factory=set)

    @property
    def missed(self) -> set[Unit]:
        return self.planted - self.found

    @property
    def recall(self) -> float:
        """Of what was planted, the part that was found (per cent)."""
        return 100 * len(self.planted & self.found) / len(self.planted)

    @property
    def precision(self) -> float:
        """Of what was found, the part that was planted as wrong (per cent)."""
        return 100 * len(self.planted & self.found) / len(self.found)

    def note(self, line: Row, unit: Unit) -> None:
        """Take a line of the ground truth in."""
        covered = self.innocent if line["innocent"] == "true" else self.planted
        (covered if line["covered"] == "true" else self.decoys).add(unit)


def signals(world: World) -> dict[str, Compared]:
    """Planted and found signals by kind."""
    compared: dict[str, Compared] = {kind: Compared() for kind in KINDS}
    for line in truth(world, "signals"):
        compared[line["kind"]].note(line, _SIGNAL_UNITS[line["kind"]](line))
    for month in world.months:
        for kind, examine in KINDS.items():
            for each in examine(world, month):
                if each.signals:
                    compared[kind].found.add((month.name, each.clinic, *each.unit))
    return compared


def gaps(world: World) -> dict[tuple[str, str], Compared]:
    """Planted and found gaps of enforcement by kind and stop-factor. A clinic's duties of one day are one unit."""
    compared: dict[tuple[str, str], Compared] = defaultdict(Compared)
    for line in truth(world, "enforcement"):
        day = date.fromisoformat(line["duty_on"] or line["started_on"])
        compared[line["kind"], line["factor"]].note(line, (line["period"], int(line["organisation_id"]), day))
    for each in judged(world):
        if each.verdict in GAPS:
            compared[each.verdict, each.factor].found.add((each.month, each.clinic, each.day))
    return compared


def truth(world: World, name: str) -> Iterator[Row]:
    """The lines of a file of the ground truth."""
    with (world.extract / "ground_truth" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _at(line: Row, *what: object) -> Unit:
    return (line["period"], int(line["organisation_id"]), *what)


def _last_reference(line: Row) -> Unit:
    # Of two overlapping stays the later one is named last: it raises the signal.
    return _at(line, int(line["refs"].split()[-1]))


_SIGNAL_UNITS: dict[str, Callable[[Row], Unit]] = {
    "doctor_day": lambda line: _at(line, int(line["refs"]), date.fromisoformat(line["day"])),
    "after_death": _last_reference,
    "sex_mismatch": _last_reference,
    "double_financing": _last_reference,
    "overlapping_stay": _last_reference,
    "drug_bulk": lambda line: _at(
        line, int(line["refs"]), int(line["organisation_id"]), date.fromisoformat(line["day"])
    ),
    "attached_absent": lambda line: _at(line, int(line["organisation_id"])),
}
