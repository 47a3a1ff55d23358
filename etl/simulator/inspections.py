"""The monitoring commission's cases: before each termination, after some blocks, and without a cause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulator.randomness import stream
from etl.simulator.timeline import CALENDAR, NEVER, START
from etl.simulator.world import World

#: Cases without a block before, each month; share of the blocks that lead to a case.
_ROUTINE, _AFTER_BLOCK = 24, 0.16
#: Planted: cases with less than the five days' notice that the rules demand.
_SHORT_NOTICE = 0.04
NOTICE = 5
FIRST_CASE = 1_200_001
_FINDINGS = (
    "Нарушений не выявлено",
    "Бұзушылық анықталған жоқ",
    "Запасной выход загромождён",
    "Қосалқы шығу жолы бөгелген",
    "Журнал процедур ведётся не полностью",
    "Емшара журналы толық жүргізілмеген",
    "Указатели с QR-кодом отсутствуют на одном из входов",
    "Кіреберістердің бірінде QR-код белгісі жоқ",
)


@dataclass(frozen=True)
class Case:
    """A case with its days; `closed` is the day from which the outcome is known. A protocol is drawn up on breaches only."""

    clinic: int
    notified: int
    inspected: int
    protocol: int
    closed: int
    finding: str
    outcome: str
    ground: str | None


def make_cases(world: World) -> tuple[Case, ...]:
    """Every case of the world, by the day of its notice."""
    random = stream(world.seed, "inspections")
    cases = [_ended(clinic, day, ground, random) for clinic, (day, ground) in world.plan.terminated.items()]
    for block in world.plan.blocks:
        if random.random() < _AFTER_BLOCK and block.clinic not in world.plan.terminated:
            cases.append(_case(block.clinic, block.start + int(random.integers(1, 6)), 0.9, random))
    for month in CALENDAR:
        for _ in range(round(_ROUTINE * month.fraction)):
            clinic = int(random.integers(0, len(world.clinics.region)))
            if clinic not in world.plan.terminated:
                cases.append(_case(clinic, int(random.integers(month.first, month.last + 1)), 0.45, random))
    return tuple(sorted(cases, key=lambda case: (case.notified, case.clinic, case.protocol)))


def _notice(random: np.random.Generator) -> int:
    if random.random() < _SHORT_NOTICE:
        return int(random.integers(1, NOTICE))
    return int(random.integers(NOTICE, 12))


def _case(clinic: int, notified: int, breach: float, random: np.random.Generator) -> Case:
    inspected = notified + _notice(random)
    written = inspected + int(random.integers(0, 8))
    if random.random() < breach:
        closed = written + int(random.integers(5, 40))
        return Case(clinic, notified, inspected, written, closed, _finding(random, 2), "cured", None)
    return Case(clinic, notified, inspected, NEVER, written, _finding(random, 0), "none", None)


def _ended(clinic: int, day: int, ground: str, random: np.random.Generator) -> Case:
    protocol = day - int(random.integers(1, 6))
    inspected = protocol - int(random.integers(0, 5))
    notified = max(START, inspected - _notice(random))
    return Case(
        clinic,
        notified,
        max(inspected, notified),
        max(protocol, notified),
        day,
        _finding(random, 2),
        "terminated",
        ground,
    )


def _finding(random: np.random.Generator, first: int) -> str:
    texts = _FINDINGS[:2] if first == 0 else _FINDINGS[first:]
    return texts[int(random.integers(0, len(texts)))]


def known(day: int, before: int) -> int | None:
    """A day as far as it is known before the day `before`."""
    return None if day >= before or day >= NEVER else day
