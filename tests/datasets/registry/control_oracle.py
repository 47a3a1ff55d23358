"""The control datasets computed the slow and obvious way: loops over rows, one month after the other.

An oracle gives the rows of its dataset as dicts, without the ratios and in any order.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from tests.datasets.registry.rows import Row
from tests.datasets.registry.world import Month, World

FACTORS = ("location", "tax_debt", "qr_share")
GROUNDS = ("licence", "sanitary_fire", "systematic")


def two_months_after(day: date) -> date:
    """The same day two months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + 2, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def in_force(block: Row, day: date) -> bool:
    """Whether a block is in force on a day: from its first day to the day before it is cured."""
    return block["started_on"] <= day and (block["cured_on"] is None or block["cured_on"] > day)


def blocked_clinics(world: World) -> Iterator[Row]:
    for month, region, ownership, factor in _cells(world, FACTORS):
        row = dict.fromkeys(("started", "active_at_end", "cured", "days_to_cure", "past_two_months", "withheld_kzt"), 0)
        for block in world.rows("block"):
            clinic = world.clinics[block["organisation_id"]]
            if (clinic["region"], clinic["ownership"], block["factor"]) != (region, ownership, factor):
                continue
            if month.has(block["started_on"]):
                row["started"] += 1
                row["withheld_kzt"] += block["withheld_kzt"]
            if month.has(block["cured_on"]):
                row["cured"] += 1
                row["days_to_cure"] += (block["cured_on"] - block["started_on"]).days
            if in_force(block, month.last):
                row["active_at_end"] += 1
                if month.last > two_months_after(block["started_on"]):
                    row["past_two_months"] += 1
        yield {"region": region, "period": month.name, "factor": factor, "ownership": ownership, **row}


def monitoring_commission(world: World) -> Iterator[Row]:
    for month in world.months:
        for region in sorted({clinic["region"] for clinic in world.clinics.values()}):
            cases = [
                case
                for case in world.rows("inspection")
                if world.clinics[case["organisation_id"]]["region"] == region and month.has(case["notified_on"])
            ]
            inspected = [case for case in cases if case["inspected_on"] is not None]
            yield {
                "region": region,
                "period": month.name,
                "notices": len(cases),
                "inspections": len(inspected),
                "notice_kept": len([c for c in inspected if c["inspected_on"] >= c["notified_on"] + timedelta(days=5)]),
                "protocols": len([case for case in cases if case["protocol_on"] is not None]),
                "cures": len([case for case in cases if case["outcome"] == "cured"]),
                "terminations": len([case for case in cases if case["outcome"] == "terminated"]),
            }


def terminations_by_ground(world: World) -> Iterator[Row]:
    for month, region, ownership, ground in _cells(world, GROUNDS):
        amounts = [
            contract["amount_kzt"]
            for contract in world.rows("contract")
            for clinic in [world.clinics[contract["organisation_id"]]]
            if (clinic["region"], clinic["ownership"], contract["termination_reason"]) == (region, ownership, ground)
            and month.has(contract["terminated_on"])
        ]
        keys = {"region": region, "period": month.name, "ground": ground, "ownership": ownership}
        yield {**keys, "contracts": len(amounts), "amount_kzt": sum(amounts)}


def clinic_digitisation(world: World) -> Iterator[Row]:
    sites, signed = world.by_clinic("site"), world.by_clinic("contract")
    for month in world.months:
        counts: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for key, clinic in world.clinics.items():
            if not any(contract["signed_on"] <= month.last for contract in signed[key]):
                continue
            steps = counts[clinic["region"], clinic["ownership"]]
            steps["contracted"] += 1
            for step, column in (("agreement", "agreement_on"), ("mis", "mis_integrated_on")):
                steps[step] += clinic[column] is not None and clinic[column] <= month.last
            for step, column in (("photos", "photos_on"), ("coordinates", "coordinates_on"), ("qr", "qr_issued_on")):
                days = [site[column] for site in sites[key]]
                steps[step] += bool(days) and all(day is not None and day <= month.last for day in days)
        for (region, ownership), steps in counts.items():
            for step, organisations in steps.items():
                keys = {"region": region, "period": month.name, "ownership": ownership, "step": step}
                yield {**keys, "organisations": organisations, "contracted": steps["contracted"]}


def organisations_below_half(world: World) -> Iterator[Row]:
    groups: dict[tuple[str, str, str], list[tuple[int, Row]]] = defaultdict(list)
    for act in world.rows("act"):
        key = world.owners[act["contract_id"]]
        if act["volume"] > 0:
            groups[world.clinics[key]["region"], act["period"], world.clinics[key]["ownership"]].append((key, act))
    for (region, period, ownership), acts in groups.items():
        below = [(key, act) for key, act in acts if act["verified_volume"] < act["volume"] / 2]
        yield {
            "region": region,
            "period": period,
            "ownership": ownership,
            "acts": len(acts),
            "below_half": len(below),
            "exactly_half": len([act for _, act in acts if act["verified_volume"] == act["volume"] / 2]),
            "organisations": len({key for key, _ in acts}),
            "organisations_below": len({key for key, _ in below}),
        }


def organisations(world: World) -> Iterator[Row]:
    last = world.months[-1]
    sites, blocks, contracts = world.by_clinic("site"), world.by_clinic("block"), world.by_clinic("contract")
    advances, acts = world.by_clinic("advance"), world.by_clinic("act")
    payments = _payments(world)
    steps = ("photos_on", "coordinates_on", "qr_issued_on")
    for key, clinic in world.clinics.items():
        yield {
            "organisation": str(key),
            "period": last.name,
            "region": clinic["region"],
            "ownership": clinic["ownership"],
            "organisation_kind": clinic["kind"],
            "licence": clinic["licence_status"],
            "contracts": len(contracts[key]),
            "amount_kzt": sum(each["amount_kzt"] for each in contracts[key]),
            "advance_kzt": sum(each["amount_kzt"] for each in advances[key]),
            "claimed_kzt": sum(each["amount_kzt"] for each in acts[key]),
            "paid_kzt": sum(each["amount_kzt"] for each in payments[key] if each["status"] == "released"),
            "withheld_kzt": sum(each["withheld_kzt"] for each in blocks[key]),
            "blocks": len(blocks[key]),
            "blocks_active": len([each for each in blocks[key] if in_force(each, last.last)]),
            "sites": len(sites[key]),
            "sites_digitised": len(
                [
                    site
                    for site in sites[key]
                    if all(site[step] is not None and site[step] <= last.last for step in steps)
                ]
            ),
            "agreements": int(clinic["agreement_on"] is not None and clinic["agreement_on"] <= last.last),
            "mis_integrated": int(clinic["mis_integrated_on"] is not None and clinic["mis_integrated_on"] <= last.last),
        }


def organisation_blocks(world: World) -> Iterator[Row]:
    last = world.months[-1].last
    for block in world.rows("block"):
        days, day = 0, block["started_on"]
        while day <= last and in_force(block, day):
            days, day = days + 1, day + timedelta(days=1)
        yield {
            "organisation": str(block["organisation_id"]),
            "region": world.clinics[block["organisation_id"]]["region"],
            "factor": block["factor"],
            "period": block["started_on"].isoformat(),
            "block_id": block["block_id"],
            "days": days,
            "withheld_kzt": block["withheld_kzt"],
            "cured": int(block["cured_on"] is not None),
        }


def _payments(world: World) -> dict[int, list[Row]]:
    clinics = {act["act_id"]: world.owners[act["contract_id"]] for act in world.rows("act")}
    found: dict[int, list[Row]] = defaultdict(list)
    for payment in world.rows("payment"):
        found[clinics[payment["act_id"]]].append(payment)
    return found


def _cells(world: World, codes: tuple[str, ...]) -> Iterator[tuple[Month, str, str, str]]:
    owned = sorted({(clinic["region"], clinic["ownership"]) for clinic in world.clinics.values()})
    for month in world.months:
        for region, ownership in owned:
            for code in codes:
                yield month, region, ownership, code


ORACLES: dict[str, Callable[[World], Iterator[Row]]] = {
    each.__name__: each
    for each in (
        blocked_clinics,
        monitoring_commission,
        terminations_by_ground,
        clinic_digitisation,
        organisations_below_half,
        organisations,
        organisation_blocks,
    )
}
