"""What the stop-factors demand beside the blocks applied, the slow and obvious way: every duty and every block by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.datasets.registry.control_oracle import in_force, two_months_after
from tests.datasets.registry.rows import Row
from tests.datasets.registry.world import Month, World

STEPS = ("photos_on", "coordinates_on", "qr_issued_on")


@dataclass(frozen=True)
class Duty:
    """A day on which a clinic's payments are to be blocked. Two acts of a clinic are two duties of one day."""

    clinic: int
    factor: str
    day: date


@dataclass(frozen=True)
class Judged:
    """One case: a duty or a block, by its day, and what is to be said of it."""

    clinic: int
    factor: str
    day: date
    verdict: str

    @property
    def month(self) -> str:
        return f"{self.day:%Y-%m}"


def duties(world: World) -> list[Duty]:
    found = []
    for act in world.rows("act"):
        if act["volume"] > 0 and act["verified_volume"] / act["volume"] < 0.5:
            found.append(Duty(world.owners[act["contract_id"]], "qr_share", act["signed_on"]))
    for debt in world.rows("tax_debt"):
        found.append(Duty(debt["organisation_id"], "tax_debt", debt["from_on"]))
    sites = {site["site_id"]: site for site in world.rows("site")}
    for month in world.months:
        bad: dict[int, list[date]] = defaultdict(list)
        for service in world.rows("service", month):
            if not _fit(sites[service["site_id"]], service["started_on"]):
                bad[service["organisation_id"]].append(service["started_on"])
        found += [Duty(clinic, "location", min(days)) for clinic, days in bad.items()]
    return found


def _fit(site: Row, day: date) -> bool:
    return site["licensed"] and all(site[step] is not None and site[step] <= day for step in STEPS)


def verdict(duty: Duty, blocks: list[Row], as_of: date) -> str:
    """What became of a duty, given the blocks of its clinic and factor."""
    if any(in_force(block, duty.day) for block in blocks):
        return "applied"
    waited = [(block["started_on"] - duty.day).days for block in blocks if block["started_on"] >= duty.day]
    if any(days <= 5 for days in waited):
        return "applied"
    if any(days <= 30 for days in waited):
        return "late"
    return "missing" if as_of > duty.day + timedelta(days=30) else "pending"


def judged(world: World) -> Iterator[Judged]:
    """Every case. A duty comes twice: as demanded, and as what became of it."""
    months = {month.name for month in world.months}
    blocks: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for block in world.rows("block"):
        blocks[block["organisation_id"], block["factor"]].append(block)
    found = duties(world)
    for duty in found:
        if f"{duty.day:%Y-%m}" in months:
            answer = verdict(duty, blocks[duty.clinic, duty.factor], world.as_of)
            for said in ("demanded", answer):
                yield Judged(duty.clinic, duty.factor, duty.day, said)
    for (clinic, factor), own in blocks.items():
        days = [duty.day for duty in found if (duty.clinic, duty.factor) == (clinic, factor)]
        for block in own:
            start = block["started_on"]
            if f"{start:%Y-%m}" in months:
                if not any(timedelta(0) <= start - day <= timedelta(days=30) for day in days):
                    yield Judged(clinic, factor, start, "unjustified")
                if overdue(block, world):
                    yield Judged(clinic, factor, start, "overdue")


def overdue(block: Row, world: World) -> bool:
    """Whether a block outlasted two months while none of its clinic's contracts was terminated since it began."""
    ended = block["cured_on"] or world.as_of
    contracts = [each for each in world.rows("contract") if each["organisation_id"] == block["organisation_id"]]
    terminated = [each for each in contracts if each["terminated_on"] and each["terminated_on"] >= block["started_on"]]
    return ended > two_months_after(block["started_on"]) and not terminated


def enforcement_gap(world: World) -> Iterator[Row]:
    """Every verdict that its region, month and factor can have has a row, also with nought cases."""
    cases: dict[tuple[str, str, str, str], list[Judged]] = defaultdict(list)
    for each in judged(world):
        cases[world.region(each.clinic), each.month, each.factor, each.verdict].append(each)
        if each.verdict == "demanded":
            for answer in ("applied", "late", "missing", "pending"):
                cases[world.region(each.clinic), each.month, each.factor, answer] += []
    for block in world.rows("block"):
        month = Month(f"{block['started_on']:%Y-%m}")
        if month in world.months:
            for said in ("unjustified", "overdue"):
                cases[world.region(block["organisation_id"]), month.name, block["factor"], said] += []
    for (region, period, factor, said), found in cases.items():
        keys = {"region": region, "period": period, "factor": factor, "enforcement": said}
        yield {**keys, "cases": len(found), "clinics": len({each.clinic for each in found})}
