"""Treasury payments of acts, and what blocks stop.

A month's rows never change afterwards: a payment that a block stops is held when the block ends within the month or never,
and otherwise begun when the block is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from etl.simulator.acts import Acts, act_numbers
from etl.simulator.breaches import Block
from etl.simulator.randomness import Bools, Ints, stream
from etl.simulator.timeline import CALENDAR, MONTHS, NEVER, instants, local_days, month_of, next_working
from etl.simulator.world import World

FIRST_INVOICE, PAY_ORDERS = 3_000_000_000, 4_000_000_000
CASH, DIGITAL = "cash", "digital_tenge"
HELD, RELEASED, RETURNED = "held", "released", "returned"
#: Contracts that take part of their money in digital tenge, and that part (per cent).
_DIGITAL_CONTRACTS, _DIGITAL_PART = 0.16, (20, 41)
#: Planted breaks of the thread: acts never paid, payments without an invoice, payments returned.
_UNPAID, _WITHOUT_INVOICE, _RETURNED = 0.008, 0.015, 0.007
#: Planted on the platform: payments in digital tenge without operations, and with operations of another amount.
_WITHOUT_OPERATIONS, _OTHER_AMOUNT = 0.02, 0.015
#: Less is not worth a payment, in tenge.
_SMALLEST = 1_000
#: Days (from, to before) from the month's end to the payment, to its settlement, and from a block's end to the release.
_DUE, _SETTLED, _FREED = (3, 12), (1, 5), (1, 4)


@dataclass(frozen=True)
class Payment:
    """A payment; `month` is that of its act, instants are seconds of UTC, a held one is not settled.

    `operated` is the amount of its operations on the platform: nought for non-cash tenge, and where they are missing.
    """

    number: int
    contract: int
    month: int
    amount: int
    instrument: str
    invoice: int | None
    initiated: int
    settled: int | None
    status: str
    operated: int

    @property
    def act(self) -> int:
        """The identifier of the act."""
        return int(act_numbers(np.array(self.contract), self.month))

    @property
    def order(self) -> int:
        """The order to pay."""
        return PAY_ORDERS + self.number


@dataclass(frozen=True)
class _Timing:
    """The days of an act's payments: `begun` is never when the world ends before; `block` is what stopped them."""

    due: int
    begun: int
    settled: int
    block: int | None = None


class Payments:
    """Every payment that the world sees; `all` by act; `unpaid` (contract, month) are acts that are never paid: planted."""

    def __init__(self, world: World, acts: Acts) -> None:
        self._world, self._acts = world, acts
        self._random = stream(world.seed, "payments")
        self._blocks: dict[int, list[tuple[int, Block]]] = {}
        for number, block in enumerate(world.plan.blocks):
            self._blocks.setdefault(block.clinic, []).append((number, block))
        self._stopped: list[tuple[int, int, int]] = []
        self.all: tuple[Payment, ...] = self._every()

    def _every(self) -> tuple[Payment, ...]:
        digital = self._random.random(len(self._acts.due)) < _DIGITAL_CONTRACTS
        payable = self._acts.exist & (self._acts.due > _SMALLEST)
        self.unpaid: Bools = payable & (self._random.random(payable.shape) < _UNPAID)
        found: list[Payment] = []
        for contract, month in np.argwhere(payable & ~self.unpaid).tolist():
            amount, clinic = int(self._acts.due[contract, month]), int(self._world.clinics.owner[contract])
            timing = self._timing(clinic, month)
            if timing.block is not None:
                self._stopped.append((timing.block, timing.due, amount))
            parts = self._parts(amount, bool(digital[contract]))
            seconds = self._random.integers(9 * 60, 17 * 60, 2) * 60
            chances = self._random.random((len(parts), 3))
            if timing.begun < NEVER:
                begun = _instant(timing.begun, seconds[0])
                settled = _instant(timing.settled, seconds[1]) if timing.settled < NEVER else None
                found += _payments(contract, month, parts, (begun, settled), chances.tolist())
        return tuple(found)

    def _parts(self, amount: int, digital: bool) -> list[tuple[str, int]]:
        second = amount * int(self._random.integers(*_DIGITAL_PART)) // 100
        return [(CASH, amount - second), (DIGITAL, second)] if digital else [(CASH, amount)]

    def _timing(self, clinic: int, month: int) -> _Timing:
        wait, lag, freed = (int(self._random.integers(*bounds)) for bounds in (_DUE, _SETTLED, _FREED))
        due, span = next_working(CALENDAR[month].last + wait), max(lag, freed)
        if month_of(due) >= MONTHS:
            return _Timing(due, NEVER, NEVER)
        free, block = self._free(clinic, due, span)
        if block is None:
            return _Timing(due, due, due + lag)
        if free >= NEVER:
            return _Timing(due, due, NEVER, block)
        if free + freed <= CALENDAR[month_of(due)].last:
            return _Timing(due, due, free + freed, block)
        begun, _ = self._free(clinic, next_working(free + freed), span)
        while begun < NEVER and month_of(begun) != month_of(begun + lag):
            begun, _ = self._free(clinic, next_working(begun + 1), span)
        if begun >= NEVER or month_of(begun + lag) >= MONTHS:
            return _Timing(due, NEVER, NEVER, block)
        return _Timing(due, begun, begun + lag, block)

    def _free(self, clinic: int, day: int, span: int) -> tuple[int, int | None]:
        """The first day from `day` on with no block until `span` days later, and the first block in the way."""
        found = None
        for number, block in self._blocks.get(clinic, ()):
            if block.start <= day + span and block.cure > day:
                found = number if found is None else found
                day = block.cure
        return day, found

    def withheld(self, before: int) -> dict[int, int]:
        """The amounts that each block has stopped before the day `before`, in tenge."""
        result: dict[int, int] = {}
        for block, due, amount in self._stopped:
            if due < before:
                result[block] = result.get(block, 0) + amount
        return result

    @cached_property
    def released(self) -> tuple[Ints, Ints]:
        """For each contract and month, when the act's first payment was released (0: not), and its order."""
        when = np.zeros(self._acts.amount.shape, dtype=np.int64)
        order = np.zeros_like(when)
        for payment in reversed(self.all):
            if payment.status == RELEASED and payment.settled:
                when[payment.contract, payment.month] = payment.settled
                order[payment.contract, payment.month] = payment.order
        return when, order

    def begun_in(self, month: int) -> list[Payment]:
        """The payments initiated in a month, by instant."""
        own = self._by_month.get(month, [])
        return sorted(own, key=lambda each: (each.initiated, each.number))

    @cached_property
    def _by_month(self) -> dict[int, list[Payment]]:
        result: dict[int, list[Payment]] = {}
        for payment in self.all:
            result.setdefault(month_of(int(local_days(np.array(payment.initiated)))), []).append(payment)
        return result


def _payments(
    contract: int,
    month: int,
    parts: list[tuple[str, int]],
    times: tuple[int, int | None],
    chances: list[list[float]],
) -> list[Payment]:
    begun, settled = times
    result = []
    for place, (instrument, amount) in enumerate(parts):
        number = int(act_numbers(np.array(contract), month)) * 10 + place
        luck, paper, thread = chances[place]
        status = HELD if settled is None else RETURNED if luck < _RETURNED else RELEASED
        invoice = None if paper < _WITHOUT_INVOICE else FIRST_INVOICE + number
        operated = _operated(amount, thread) if instrument == DIGITAL else 0
        result.append(Payment(number, contract, month, amount, instrument, invoice, begun, settled, status, operated))
    return result


def _operated(amount: int, luck: float) -> int:
    if luck < _WITHOUT_OPERATIONS:
        return 0
    return amount - amount // 7 if luck < _WITHOUT_OPERATIONS + _OTHER_AMOUNT else amount


def _instant(day: int, seconds: int) -> int:
    return int(instants(np.array(day), np.array(seconds)))
