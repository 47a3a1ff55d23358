"""Signals to check, found the slow and obvious way.

`flagged` gives every signal by itself, as what it is about; `audit_signals` counts them. The numbers are those of the
published definitions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from tests.datasets.registry.rows import Row
from tests.datasets.registry.world import Month, World

FEMALE_ONLY = ("SCR-CERVIX", "SCR-BREAST")
MALE_ONLY = ("SCR-PROSTATE",)


@dataclass(frozen=True)
class Examined:
    """One thing that was examined: the clinic that it counts for, what it is, whom it is about, how many signals it raises.

    `persons` are policies, or a doctor.
    """

    clinic: int
    unit: tuple[object, ...]
    persons: tuple[int, ...]
    signals: int


def doctor_day(world: World, month: Month) -> Iterator[Examined]:
    days: dict[tuple[int, date], list[Row]] = defaultdict(list)
    for service in world.rows("service", month):
        days[service["doctor"], service["started_on"]].append(service)
    for unit, services in days.items():
        policies = {service["policy_id"] for service in services}
        clinic = min(service["organisation_id"] for service in services)
        yield Examined(clinic, unit, (unit[0],), int(len(policies) > 48))


def after_death(world: World, month: Month) -> Iterator[Examined]:
    for service in world.rows("service", month):
        died = service["person_died_on"]
        signals = int(died is not None and service["started_on"] > died)
        yield Examined(service["organisation_id"], (service["service_id"],), (service["policy_id"],), signals)


def sex_mismatch(world: World, month: Month) -> Iterator[Examined]:
    for service in world.rows("service", month):
        if service["service_code"] in FEMALE_ONLY + MALE_ONLY:
            fitting = "female" if service["service_code"] in FEMALE_ONLY else "male"
            signals = int(service["person_sex"] != fitting)
            yield Examined(service["organisation_id"], (service["service_id"],), (service["policy_id"],), signals)


def double_financing(world: World, month: Month) -> Iterator[Examined]:
    for service in world.rows("service", month):
        signals = int(service["also_paid_by_voluntary"])
        yield Examined(service["organisation_id"], (service["service_id"],), (service["policy_id"],), signals)


def overlapping_stay(world: World, month: Month) -> Iterator[Examined]:
    """A stay is examined; it raises a signal for each earlier stay elsewhere that it overlaps."""
    stays: dict[int, list[Row]] = defaultdict(list)
    for service in world.rows("service", month):
        if service["kind_of_care"] == "inpatient":
            stays[service["policy_id"]].append(service)
    for found in stays.values():
        found.sort(key=lambda stay: (stay["started_at"], stay["service_id"]))
        for position, stay in enumerate(found):
            elsewhere = [each for each in found[:position] if each["organisation_id"] != stay["organisation_id"]]
            signals = len([each for each in elsewhere if _overlap(each, stay)])
            yield Examined(stay["organisation_id"], (stay["service_id"],), (stay["policy_id"],), signals)


def _overlap(one: Row, other: Row) -> bool:
    return one["started_on"] < other["ended_on"] and other["started_on"] < one["ended_on"]


def drug_bulk(world: World, month: Month) -> Iterator[Examined]:
    days: dict[tuple[int, int, date], int] = defaultdict(int)
    for issue in world.rows("drug_issue", month):
        days[issue["policy_id"], issue["organisation_id"], issue["issued_on"]] += 1
    for unit, issues in days.items():
        yield Examined(unit[1], unit, (unit[0],), int(issues > 10))


def attached_absent(world: World, month: Month) -> Iterator[Examined]:
    seen = {service["policy_id"] for service in world.rows("service", month)}
    attached: dict[int, list[int]] = defaultdict(list)
    for policy in world.rows("policy"):
        if policy["organisation_id"] is not None and policy["period"] <= month.name:
            attached[policy["organisation_id"]].append(policy["policy_id"])
    for clinic, policies in attached.items():
        if world.clinics[clinic]["kind"] == "primary_care" and len(policies) >= 20:
            came = len([policy for policy in policies if policy in seen])
            yield Examined(clinic, (clinic,), tuple(policies), int(came / len(policies) < 0.25))


KINDS: dict[str, Callable[[World, Month], Iterator[Examined]]] = {
    each.__name__: each
    for each in (
        doctor_day,
        after_death,
        sex_mismatch,
        double_financing,
        overlapping_stay,
        drug_bulk,
        attached_absent,
    )
}


def audit_signals(world: World) -> Iterator[Row]:
    for month in world.months:
        for signal, examine in KINDS.items():
            by_region: dict[str, list[Examined]] = defaultdict(list)
            for each in examine(world, month):
                by_region[world.region(each.clinic)].append(each)
            for region, examined in by_region.items():
                yield {
                    "region": region,
                    "period": month.name,
                    "signal": signal,
                    "signals": sum(each.signals for each in examined),
                    "base": len(examined),
                    "clinics": len({each.clinic for each in examined if each.signals}),
                    "persons_signalled": len({person for each in examined if each.signals for person in each.persons}),
                    "persons_examined": len({person for each in examined for person in each.persons}),
                }
