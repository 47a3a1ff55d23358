"""The ground truth beside an extract: what was planted, and whether the published definitions cover it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from etl.simulator.acts import act_numbers
from etl.simulator.breaches import FACTORS, LOOK_ALIKES, Gap, overdue_from
from etl.simulator.clinics import FIRST_ORGANISATION
from etl.simulator.inspections import FIRST_CASE, NOTICE, make_cases
from etl.simulator.payments import DIGITAL, Payment, Payments
from etl.simulator.script import Sign
from etl.simulator.timeline import CALENDAR, NEVER, Month, month_of, written
from etl.simulator.world import World

FOLDER = "ground_truth"
SIGNALS = ("kind", "period", "region", "organisation_id", "day", "count", "refs", "covered", "note", "innocent")
ENFORCEMENT = (
    *("kind", "factor", "period", "region", "organisation_id"),
    *("duty_on", "started_on", "cured_on", "covered", "note", "innocent"),
)
THREADS = ("kind", "period", "region", "organisation_id", "reference")
SPOILED = ("table", "file", "row", "column", "kind")
README = """\
What the simulator planted in this extract. It belongs to the simulation and is no part of the Registry's contract.
By construction nothing else fulfils the published definitions. An extract that begins after 2026-03 is an increment:
its policies, acts and duties stand in the extracts of the months before, and only with these can it be judged.
Lines with `innocent` true are look-alikes: they may fulfil a definition, but nothing is wrong, as `note` says. So a
definition's precision is the part of what it finds that is planted, covered and not innocent.

signals.csv      one line for each planted unit of an audit signal. `covered` says whether the published definition
                 covers it: decoys (exactly as many as allowed, stays that begin in two months) are not covered.
                 `refs` are service identifiers, or the doctor's or the policy's pseudonym. `region` is the clinic's.
enforcement.csv  one line for each planted gap of enforcement. Not covered: what cannot be known on the as-of day yet.
threads.csv      one line for each planted break of the money's thread and each short notice: acts never paid
                 (act_unpaid), payments without an invoice (no_invoice), payments in digital tenge without operations
                 (no_operations) or with another amount of them (other_amount), inspections with less than five days'
                 notice (short_notice). `reference` is the act, the payment or the case; `period` that of the act, of the
                 payment's beginning or of the notice.
spoiled.csv      only when the extract was spoiled on purpose: the rows made wrong (counted from 0 in their file).
"""
_DAYS = 30


def signal_lines(world: World, month: Month, signs: Iterable[Sign]) -> Iterator[tuple[Any, ...]]:
    """The planted signals of a month."""
    for sign in signs:
        yield (
            sign.kind,
            month.name,
            *_place(world, sign.clinic),
            "" if sign.day == NEVER else written(sign.day),
            sign.count,
            " ".join(map(str, sign.refs)),
            str(sign.covered).lower(),
            sign.note,
            str(sign.innocent).lower(),
        )


def gap_lines(world: World, months: Sequence[Month], before: int) -> Iterator[tuple[Any, ...]]:
    """The planted gaps whose duty or block lies in the months."""
    names = {month.number for month in months}
    gaps = sorted(world.plan.gaps, key=lambda gap: (gap.day, gap.kind, FACTORS.index(gap.factor), gap.clinic))
    for gap in gaps:
        if month_of(gap.day) not in names:
            continue
        covered = _covered(gap, before)
        day = gap.day if gap.kind in {"missing", "late"} else None
        yield (
            gap.kind,
            gap.factor,
            CALENDAR[month_of(gap.day)].name,
            *_place(world, gap.clinic),
            "" if day is None else written(day),
            written(gap.start) if gap.start < before else "",
            written(gap.cure) if gap.cure < before else "",
            str(covered).lower(),
            _note(gap) if covered else "not known on the as-of day",
            str(gap.innocent).lower(),
        )


def thread_lines(world: World, payments: Payments, months: Sequence[Month]) -> Iterator[tuple[Any, ...]]:
    """The planted breaks of threads in the months."""
    for month in months:
        for contract in np.flatnonzero(payments.unpaid[:, month.number]):
            act = int(act_numbers(np.array(contract), month.number))
            yield "act_unpaid", month.name, *_place(world, int(world.clinics.owner[contract])), act
        for payment in payments.begun_in(month.number):
            for kind in _breaks(payment):
                yield kind, month.name, *_place(world, int(world.clinics.owner[payment.contract])), payment.number
    for number, case in enumerate(make_cases(world)):
        if case.inspected - case.notified < NOTICE and month_of(case.notified) in {month.number for month in months}:
            yield (
                "short_notice",
                CALENDAR[month_of(case.notified)].name,
                *_place(world, case.clinic),
                FIRST_CASE + number,
            )


def _breaks(payment: Payment) -> Iterator[str]:
    if payment.invoice is None:
        yield "no_invoice"
    if payment.instrument == DIGITAL and payment.operated != payment.amount:
        yield "other_amount" if payment.operated else "no_operations"


def _place(world: World, clinic: int) -> tuple[str, int]:
    """The region and identifier of a clinic."""
    return world.calibration.regions[world.clinics.region[clinic]], FIRST_ORGANISATION + clinic


def _note(gap: Gap) -> str:
    return LOOK_ALIKES[gap.kind] if gap.innocent else ""


def _covered(gap: Gap, before: int) -> bool:
    if gap.kind == "missing":
        return before > gap.day + _DAYS
    if gap.kind == "overdue":
        return before > overdue_from(gap.start)
    return gap.start < before
