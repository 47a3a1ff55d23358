"""A small extract whose money goes every way that the contract allows, likely or not.

Acts outside their contract, payments above or below what is due, rejected orders, releases without a hold, blocks of a day:
what a simulation of the rules hardly ever shows, and what a transform must count all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from datasets.codelist import Codelist
from tests.datasets.registry.rows import Row
from tests.datasets.registry.written_extract import write_extract

MONTHS = ("2026-03", "2026-04", "2026-05", "2026-06")
AS_OF = datetime(2026, 6, 30, 19)
_START = datetime(2026, 3, 15, 19)


def write_odd_extract(folder: Path, codelists: dict[str, Codelist], seed: int) -> Path:
    """Write an extract of the tables about money into `folder`."""
    return write_extract(folder, f"odd-{seed}", AS_OF, MONTHS, _Maker(Random(seed), codelists).tables())


class _Maker:
    """Makes the rows at random; a list's chances are the numbers of its equal members."""

    def __init__(self, random: Random, codelists: dict[str, Codelist]) -> None:
        self.random, self.codelists = random, codelists

    def tables(self) -> dict[str, list[Row]]:
        clinics = self._rows(8, self._clinic)
        contracts = self._rows(14, lambda key: self._contract(key, self.random.choice(clinics)))
        orders = self._rows(150, self._order)
        acts = [
            self._act(1 + position, contract, period)
            for position, (contract, period) in enumerate((each, month) for each in contracts for month in MONTHS)
        ]
        payments = self._rows(90, lambda key: self._payment(key, self.random.choice(acts), orders))
        return {
            "organisation": clinics,
            "contract": contracts,
            "advance": self._rows(20, lambda key: self._advance(key, self.random.choice(contracts))),
            "block": self._rows(12, lambda key: self._block(key, self.random.choice(clinics))),
            "registry_order": orders,
            "act": acts,
            "payment": payments,
            "digital_tenge_operation": self._rows(200, lambda key: self._operation(key, self.random.choice(payments))),
        }

    def _rows(self, count: int, make: Callable[[int], Row]) -> list[Row]:
        return [make(key) for key in range(1, 1 + count)]

    def _code(self, codelist: str) -> str:
        return self.random.choice(list(self.codelists[codelist].by_code))

    def _instant(self, after: datetime = _START) -> datetime:
        # The last second belongs to the last month still.
        seconds = int((AS_OF - after).total_seconds())
        return (
            after + timedelta(seconds=self.random.randrange(seconds)) if seconds > 0 else AS_OF - timedelta(seconds=1)
        )

    def _date(self, first: date = date(2025, 12, 1)) -> date:
        return first + timedelta(days=self.random.randrange(max(1, (AS_OF.date() - first).days)))

    def _amount(self) -> int:
        return self.random.choice([1, 700, 1_000, 1_000, 1_000, 2_000, 99_999_999])

    def _clinic(self, key: int) -> Row:
        return {
            **dict.fromkeys(("name_kk", "name_ru", "name_en"), "clinic"),
            "organisation_id": key,
            "region": self.random.choice(["KZ-10", "KZ-75"]),
            "ownership": self._code("ownership"),
            "kind": self._code("organisation_kind"),
            "licence_status": self._code("licence_status"),
        }

    def _contract(self, key: int, clinic: Row) -> Row:
        signed = self.random.choice([date(2026, 1, 5), date(2026, 1, 5), self._date(), self._date()])
        terminated = self._date(signed) if self.random.random() < 0.4 else None
        return {
            "contract_id": key,
            "organisation_id": clinic["organisation_id"],
            "package": self._code("package"),
            "signed_on": signed,
            "amount_kzt": self._amount() * 10,
            "terminated_on": terminated,
            "termination_reason": terminated and self._code("termination_ground"),
        }

    def _advance(self, key: int, contract: Row) -> Row:
        paid = self.random.choice([date(2026, 3, 31), self._date()])
        return {
            "advance_id": key,
            "contract_id": contract["contract_id"],
            "paid_on": paid,
            "amount_kzt": self._amount(),
        }

    def _block(self, key: int, clinic: Row) -> Row:
        started = self._date(date(2026, 3, 16))
        return {
            "block_id": key,
            "organisation_id": clinic["organisation_id"],
            "factor": self._code("stop_factor"),
            "started_on": started,
            "cured_on": self.random.choice([None, started, self._date(started), date(2026, 6, 30)]),
            "withheld_kzt": self._amount(),
        }

    def _order(self, key: int) -> Row:
        return {
            "order_id": key,
            "kind": self.random.choice(["pay", "pay", "pay", "pay", "pay", self._code("order_kind")]),
            "signed_at": self._instant(),
            "signer_role": self._code("signer_role"),
            "status": self.random.choice(["executed"] * 5 + [self._code("order_status")]),
        }

    def _act(self, key: int, contract: Row, period: str) -> Row:
        amount = self._amount()
        return {
            "act_id": key,
            "contract_id": contract["contract_id"],
            "period": period,
            "volume": 10,
            "verified_volume": 5,
            "amount_kzt": amount,
            "advance_offset_kzt": self.random.choice([0, 0, amount // 2, amount]),
            "signed_at": self._instant(),
        }

    def _payment(self, key: int, act: Row, orders: list[Row]) -> Row:
        status, initiated = self._code("payment_status"), self._instant()
        due = act["amount_kzt"] - act["advance_offset_kzt"]
        return {
            "payment_id": key,
            "act_id": act["act_id"],
            "order_id": self.random.choice(orders)["order_id"],
            "amount_kzt": max(1, self.random.choice([due, due, due, due // 2, due + 1])),
            "instrument": self._code("payment_instrument"),
            "invoice_id": self.random.choice([key, key, key, None]),
            "initiated_at": initiated,
            "settled_at": None if status == "held" else self._instant(initiated),
            "status": status,
        }

    def _operation(self, key: int, payment: Row) -> Row:
        half: Any = self.random.choice([1, 1, 1, 2])
        return {
            "operation_id": key,
            "scenario": self._code("digital_tenge_scenario"),
            "kind": self.random.choice(["hold", "release", "return", self._code("digital_tenge_operation_kind")]),
            "amount_kzt": max(1, payment["amount_kzt"] // half),
            "at": self._instant(),
            "payment_id": self.random.choice([payment["payment_id"]] * 3 + [None]),
        }
