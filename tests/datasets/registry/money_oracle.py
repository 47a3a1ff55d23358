"""The datasets about money computed slowly and plainly, with dictionaries and loops over the rows of an extract.

Each oracle gives the figures of a row of its dataset by the row's dimensions, both in the order of the declaration, without
the ratios.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from etl.registry.manifest import read_manifest
from tests.datasets.registry.rows import Row, local_day, months, rows

Figures = dict[tuple[str, ...], tuple[int, ...]]


def _add(found: Figures, dimensions: tuple[str, ...], figures: tuple[int, ...]) -> None:
    before = found.get(dimensions, (0,) * len(figures))
    found[dimensions] = tuple(map(sum, zip(before, figures, strict=True)))


def _by(extract: Path, table: str, key: str) -> dict[Any, Row]:
    return {row[key]: row for row in rows(extract, table)}


def _grouped(extract: Path, table: str, key: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows(extract, table):
        groups[row[key]].append(row)
    return groups


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _last_day(period: str) -> date:
    return (date.fromisoformat(f"{period}-28") + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def contracts_by_month(extract: Path) -> Figures:
    found: Figures = {}
    clinics, seen = _by(extract, "organisation", "organisation_id"), set()
    for contract in sorted(rows(extract, "contract"), key=lambda each: (each["signed_on"], each["contract_id"])):
        clinic = clinics[contract["organisation_id"]]
        first = clinic["organisation_id"] not in seen
        seen.add(clinic["organisation_id"])
        dimensions = (clinic["region"], _month(contract["signed_on"]), clinic["ownership"], contract["package"])
        _add(found, dimensions, (int(first), 1, contract["amount_kzt"]))
    return found


def advances_by_month(extract: Path) -> Figures:
    found: Figures = {}
    clinics, contracts = _by(extract, "organisation", "organisation_id"), _by(extract, "contract", "contract_id")
    seen = set()
    for advance in sorted(rows(extract, "advance"), key=lambda each: (each["paid_on"], each["advance_id"])):
        contract = contracts[advance["contract_id"]]
        first = contract["contract_id"] not in seen
        seen.add(contract["contract_id"])
        dimensions = (clinics[contract["organisation_id"]]["region"], _month(advance["paid_on"]))
        _add(found, dimensions, (int(first), advance["amount_kzt"], contract["amount_kzt"] if first else 0))
    return found


def acts_and_payments(extract: Path) -> Figures:
    found: Figures = {}
    clinics, contracts = _by(extract, "organisation", "organisation_id"), _by(extract, "contract", "contract_id")
    payments = _grouped(extract, "payment", "act_id")
    for act in rows(extract, "act"):
        clinic = clinics[contracts[act["contract_id"]]["organisation_id"]]
        sent, settled, days = {"released": 0, "held": 0, "returned": 0}, 0, 0
        for payment in payments[act["act_id"]]:
            sent[payment["status"]] += payment["amount_kzt"]
            if payment["status"] == "released":
                settled += 1
                days += (payment["settled_on"] - act["signed_on"]).days
        unpaid = act["amount_kzt"] - act["advance_offset_kzt"] - sum(sent.values())
        money = (act["amount_kzt"], act["advance_offset_kzt"], *sent.values(), unpaid)
        _add(found, (clinic["region"], act["period"], clinic["ownership"]), (1, *money, settled, days))
    return found


def money_chain(extract: Path) -> Figures:
    found: Figures = {}
    clinics, acts = _by(extract, "organisation", "organisation_id"), _grouped(extract, "act", "contract_id")
    advances, payments = _grouped(extract, "advance", "contract_id"), _grouped(extract, "payment", "act_id")
    blocks = _grouped(extract, "block", "organisation_id")
    for period in months(extract):
        end = _last_day(period)
        for contract in rows(extract, "contract"):
            if contract["signed_on"] > end:
                continue
            clinic, own = clinics[contract["organisation_id"]], acts[contract["contract_id"]]
            figures = _links(
                contract,
                sum(each["amount_kzt"] for each in advances[contract["contract_id"]] if each["paid_on"] <= end),
                [act for act in own if act["signed_on"] <= end],
                [each for act in own for each in payments[act["act_id"]] if each["initiated_on"] <= end],
                any(_in_force(block, end) for block in blocks[clinic["organisation_id"]]),
                end,
            )
            _add(found, (clinic["region"], period, clinic["ownership"]), figures)
    return found


def _in_force(block: Row, day: date) -> bool:
    return block["started_on"] <= day and (block["cured_on"] is None or block["cured_on"] > day)


def _links(
    contract: Row, advanced: int, acts: list[Row], payments: list[Row], blocked: bool, end: date
) -> tuple[int, ...]:
    claimed, offset = sum(act["amount_kzt"] for act in acts), sum(act["advance_offset_kzt"] for act in acts)
    sent = {"released": 0, "returned": 0, "held": 0}
    for payment in payments:
        settled = payment["settled_on"] is not None and payment["settled_on"] <= end
        sent[payment["status"] if settled else "held"] += payment["amount_kzt"]
    ordered, rest = sum(sent.values()), contract["amount_kzt"] - claimed
    due = claimed - offset - sent["released"] - sent["returned"]
    terminated = contract["terminated_on"] is not None and contract["terminated_on"] <= end
    return (
        *(contract["amount_kzt"], 0 if terminated else rest, rest if terminated else 0),
        *(advanced, advanced - offset, claimed, offset, claimed - offset - ordered),
        *(ordered, sent["released"], sent["returned"], sent["held"]),
        *(due, due if blocked else 0, 0 if blocked else due),
    )


def digital_tenge_operations(extract: Path) -> Figures:
    found: Figures = {}
    by_payment = _grouped(extract, "digital_tenge_operation", "payment_id")
    for each in rows(extract, "digital_tenge_operation"):
        days = None
        if each["kind"] == "release" and each["payment_id"] is not None:
            held = [other["on_day"] for other in by_payment[each["payment_id"]] if other["kind"] == "hold"]
            if held and min(held) <= each["on_day"]:
                days = (each["on_day"] - min(held)).days
        dimensions = (each["scenario"], each["kind"], each["period"])
        _add(found, dimensions, (1, each["amount_kzt"], int(days is not None), days or 0))
    return found


def treasury_matching(extract: Path) -> Figures:
    found: Figures = {}
    clinics, contracts = _by(extract, "organisation", "organisation_id"), _by(extract, "contract", "contract_id")
    acts, orders = _by(extract, "act", "act_id"), _by(extract, "registry_order", "order_id")
    operations = _grouped(extract, "digital_tenge_operation", "payment_id")
    for payment in rows(extract, "payment"):
        clinic = clinics[contracts[acts[payment["act_id"]]["contract_id"]]["organisation_id"]]
        outcome = _outcome(payment, operations[payment["payment_id"]], orders.get(payment["order_id"]))
        chosen = [int(outcome == each) for each in ("matched", "unmatched", "pending")]
        amount = payment["amount_kzt"]
        figures = (1, *chosen, amount, *(amount * each for each in chosen), amount * (chosen[0] + chosen[1]))
        _add(found, (clinic["region"], payment["period"], payment["instrument"]), figures)
    return found


def _outcome(payment: Row, operations: list[Row], order: Row | None) -> str:
    if payment["instrument"] == "digital_tenge":
        released = sum(each["amount_kzt"] for each in operations if each["kind"] == "release")
        returned = sum(each["amount_kzt"] for each in operations if each["kind"] == "return")
        expected = {"held": (0, 0), "released": (payment["amount_kzt"], 0), "returned": (0, payment["amount_kzt"])}
        if (released, returned) != expected[payment["status"]]:
            return "unmatched"
        return "pending" if payment["status"] == "held" else "matched"
    if payment["status"] == "held":
        return "pending"
    executed = order is not None and (order["kind"], order["status"]) == ("pay", "executed")
    return "matched" if executed and payment["invoice_id"] is not None else "unmatched"


def payment_thread(extract: Path) -> Figures:
    found: Figures = {}
    clinics, contracts = _by(extract, "organisation", "organisation_id"), _by(extract, "contract", "contract_id")
    payments, orders = _grouped(extract, "payment", "act_id"), _by(extract, "registry_order", "order_id")
    blocks = _grouped(extract, "block", "organisation_id")
    as_of = local_day(datetime.fromisoformat(read_manifest(extract).as_of))
    assert as_of is not None
    for act in rows(extract, "act"):
        contract, amount = contracts[act["contract_id"]], act["amount_kzt"]
        wait = _wait(act, blocks[contract["organisation_id"]], as_of)
        link = _link(act, contract, payments[act["act_id"]], orders, wait)
        broken = int(link not in ("complete", "in_progress", "held"))
        dimensions = (clinics[contract["organisation_id"]]["region"], act["period"], link)
        _add(found, dimensions, (1, broken, amount, amount * broken))
    return found


def _wait(act: Row, blocks: list[Row], as_of: date) -> str:
    """What it means if an act is not paid: nothing yet, a block, or a broken thread."""
    if any(_in_force(each, as_of) for each in blocks):
        return "held"
    since = max([act["signed_on"], *(each["cured_on"] for each in blocks if each["started_on"] <= as_of)])
    return "late" if (as_of - since).days > 30 else "in_progress"


def _link(act: Row, contract: Row, payments: list[Row], orders: dict[Any, Row], wait: str) -> str:
    if contract["signed_on"] > _last_day(act["period"]):
        return "outside_contract"
    if contract["terminated_on"] is not None and _month(contract["terminated_on"]) < act["period"]:
        return "outside_contract"
    due, sent = act["amount_kzt"] - act["advance_offset_kzt"], sum(each["amount_kzt"] for each in payments)
    if not payments and due > 0:
        return "no_payment" if wait == "late" else wait
    if any(each["invoice_id"] is None for each in payments):
        return "no_invoice"
    if not all(_ordered(each, orders.get(each["order_id"])) for each in payments):
        return "no_order"
    if any(each["status"] == "returned" for each in payments):
        return "returned"
    if sent > due or (sent < due and wait == "late"):
        return "wrong_amount"
    if sent < due:
        return wait
    return "held" if any(each["status"] == "held" for each in payments) else "complete"


def _ordered(payment: Row, order: Row | None) -> bool:
    if order is None or order["kind"] != "pay" or order["status"] == "rejected":
        return False
    return payment["status"] == "held" or order["status"] == "executed"


def registry_orders(extract: Path) -> Figures:
    found: Figures = {}
    for each in rows(extract, "registry_order"):
        _add(found, (each["period"], each["kind"], each["signer_role"], each["status"]), (1,))
    return found


#: Slug of the dataset -> its oracle.
ORACLES: dict[str, Callable[[Path], Figures]] = {
    each.__name__: each
    for each in (
        *(contracts_by_month, advances_by_month, acts_and_payments, money_chain),
        *(digital_tenge_operations, treasury_matching, payment_thread, registry_orders),
    )
}
