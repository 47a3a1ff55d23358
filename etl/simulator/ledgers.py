"""A month's acts, payments, orders and operations with digital tenge as tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from etl.simulator.acts import Acts, act_numbers
from etl.simulator.clinics import FIRST_CONTRACT
from etl.simulator.frames import frame, instants_column, rows_frame
from etl.simulator.orders import (
    CLINIC_BLOCK,
    CLINIC_UNBLOCK,
    ISSUE,
    POLICY_BLOCK,
    POLICY_UNBLOCK,
    TERMINATE,
    batch_grid,
    single,
)
from etl.simulator.payments import RELEASED, RETURNED, Payment, Payments
from etl.simulator.randomness import Ints, stream
from etl.simulator.timeline import DAY, Month, instants
from etl.simulator.world import World

#: Operations without a Treasury payment, each month: advances in March, medicines and equipment.
_LOOSE = {"drugs": 14, "equipment": 6}
_ADVANCES = 60
_CONDITION = {
    "service_payment": "Акт подписан, доля подтверждённых услуг не ниже порога",
    "advance": "Аванс расходуется на цели договора",
    "drugs": "Дәрілік зат пациентке берілді",
    "equipment": "Жабдық пайдалануға берілді",
}
_REJECTED, _ONLY_SIGNED = 0.004, 0.012


def acts_frame(acts: Acts, month: Month, volume: Ints, verified: Ints) -> pa.Table:
    """The acts of the month; `volume` and `verified` are the services taken up, by contract."""
    contract = np.flatnonzero(acts.exist[:, month.number])
    return frame(
        "act",
        {
            "act_id": act_numbers(contract, month.number),
            "contract_id": FIRST_CONTRACT + contract,
            "period": [month.name] * len(contract),
            "volume": volume[contract],
            "verified_volume": verified[contract],
            "amount_kzt": acts.amount[contract, month.number],
            "advance_offset_kzt": acts.offset[contract, month.number],
            "signed_at": instants_column(acts.signed[contract, month.number]),
        },
    )


def payments_frame(payments: Payments, month: Month) -> pa.Table:
    """The payments initiated in the month."""
    return rows_frame(
        "payment",
        [
            (
                each.number,
                each.act,
                each.order,
                each.amount,
                each.instrument,
                each.invoice,
                each.initiated,
                each.settled,
                each.status,
            )
            for each in payments.begun_in(month.number)
        ],
    )


def orders_frame(world: World, payments: Payments, month: Month) -> pa.Table:
    """The orders signed in the month, by instant."""
    random = stream(world.seed, "orders", month.number)
    rows = [(each.order, "pay", each.initiated - 600, "issuer") for each in payments.begun_in(month.number)]
    rows += _clinic_orders(world, month, random)
    kinds = ((ISSUE, "issue_policy"), (POLICY_BLOCK, "block"), (POLICY_UNBLOCK, "unblock"))
    for kind, name in kinds:
        numbers, days = batch_grid(kind, month.first, month.last, len(world.calibration.regions) + 1)
        at = instants(days, random.integers(85, 95, len(days)) * 300)
        rows += [
            (int(n), name, int(t), "registrar" if kind != ISSUE else "issuer") for n, t in zip(numbers, at, strict=True)
        ]
    chance = random.random(len(rows))
    rows.sort(key=lambda row: (row[2], row[0]))
    signed = [
        (number, kind, at, role, _status(kind, float(luck)))
        for (number, kind, at, role), luck in zip(rows, chance, strict=True)
    ]
    return rows_frame("registry_order", signed)


def _status(kind: str, luck: float) -> str:
    if kind != "pay":
        return "executed"
    return "rejected" if luck < _REJECTED else "signed" if luck < _REJECTED + _ONLY_SIGNED else "executed"


def _clinic_orders(world: World, month: Month, random: np.random.Generator) -> list[tuple[int, str, int, str]]:
    found = []
    for number, block in enumerate(world.plan.blocks):
        found.append((single(CLINIC_BLOCK, number + 1), "block", block.start, "registrar"))
        found.append((single(CLINIC_UNBLOCK, number + 1), "unblock", block.cure, "registrar"))
    for clinic, (day, _) in world.plan.terminated.items():
        found += [
            (single(TERMINATE, int(contract) + 1), "terminate", day, "commission")
            for contract in np.flatnonzero(world.clinics.owner == clinic)
        ]
    own = [each for each in found if month.first <= each[2] <= month.last]
    times = random.integers(9 * 60, 18 * 60, len(own)) * 60
    return [
        (number, kind, int(instants(np.array(day), time)), role)
        for (number, kind, day, role), time in zip(own, times, strict=True)
    ]


def operations_frame(world: World, payments: Payments, month: Month) -> pa.Table:
    """The operations of the month: a chain for each payment in digital tenge, and a few without a payment."""
    random = stream(world.seed, "digital tenge", month.number)
    rows: list[tuple[str, str, int, int, int | None]] = []
    for payment in payments.begun_in(month.number):
        if payment.operated:
            rows += _chain(payment)
    for scenario, count in _loose(month):
        rows += _loose_chains(scenario, count, month, random)
    rows.sort(key=lambda row: row[3])
    first = 50_000_000 + month.number * 1_000_000
    return rows_frame(
        "digital_tenge_operation",
        [
            (
                first + number,
                scenario,
                kind,
                amount,
                at,
                _CONDITION[scenario] if kind in {"mark", "hold"} else None,
                payment,
            )
            for number, (scenario, kind, amount, at, payment) in enumerate(rows)
        ],
    )


def _chain(payment: Payment) -> Iterator[tuple[str, str, int, int, int | None]]:
    """Issue, mark, transfer and hold when the payment begins; release and redeem, or return, when it is settled."""
    kinds = [(kind, payment.initiated + 60 * step) for step, kind in enumerate(("issue", "mark", "transfer", "hold"))]
    if payment.status == RELEASED and payment.settled:
        kinds += [("release", payment.settled), ("redeem", payment.settled + 3600)]
    if payment.status == RETURNED and payment.settled:
        kinds.append(("return", payment.settled))
    for kind, at in kinds:
        yield "service_payment", kind, payment.operated, at, payment.number


def _loose(month: Month) -> Iterator[tuple[str, int]]:
    if month.number == 0:
        yield "advance", _ADVANCES
    for scenario, count in _LOOSE.items():
        yield scenario, round(count * month.fraction)


def _loose_chains(
    scenario: str, count: int, month: Month, random: np.random.Generator
) -> Iterator[tuple[str, str, int, int, int | None]]:
    for _ in range(count):
        amount = int(random.lognormal(17.5, 0.9)) // 1000 * 1000 + 1000
        day = int(random.integers(month.first, month.last - 8))
        begun = int(instants(np.array(day), np.array(int(random.integers(540, 1000)) * 60)))
        end = begun + int(random.integers(1, 7)) * DAY
        back = random.random() < 0.06
        for step, kind in enumerate(("issue", "mark", "transfer", "hold")):
            yield scenario, kind, amount, begun + 60 * step, None
        for step, kind in enumerate(("return",) if back else ("release", "redeem")):
            yield scenario, kind, amount, end + 3600 * step, None
