"""A small extract in which every threshold of the signals and of the enforcement gap is met, missed and just met.

Each doctor's day has about 48 policies, each clinic about 20 attached of whom about a quarter come, each policy about ten
issues a day; duties, blocks and cures lie 4 to 7, 29 to 32 or about 60 days apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from datasets.codelist import Codelist
from etl.registry.contract import SMALLEST_PSEUDONYM, UTC_OFFSET_HOURS
from tests.datasets.registry.rows import Row
from tests.datasets.registry.written_extract import write_extract

#: Months of 28, 30 and 31 days, of two years. March would bring the breaches of 30 January, which are not looked at.
MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02")
AS_OF = datetime(2027, 2, 28, 19)
_BEFORE, _FIRST, _LAST = date(2026, 10, 1), date(2026, 11, 1), date(2027, 2, 28)
#: Days between a duty and a block, a block and a duty, a block and its cure.
_EDGES = (-31, -30, -1, 0, 1, 4, 5, 6, 29, 30, 31, 59, 60, 61, 62, 63)
_UNATTACHED = 70


def write_crowded_extract(folder: Path, codelists: dict[str, Codelist], seed: int) -> Path:
    """Write the extract into `folder`."""
    return write_extract(folder, f"crowded-{seed}", AS_OF, MONTHS, _Maker(Random(seed), codelists).tables())


class _Maker:
    def __init__(self, random: Random, codelists: dict[str, Codelist]) -> None:
        self.random, self.codelists = random, codelists

    def tables(self) -> dict[str, list[Row]]:
        clinics = [self._clinic(key) for key in range(1, 7)]
        self.sites = [self._site(key, self.random.choice(clinics)) for key in range(1, 25)]
        self.policies = list(self._policies(clinics))
        debts = {(each["organisation_id"], each["from_on"]): each for each in map(self._debt, clinics * 6)}
        acts = [self._act(key, contract) for key, contract in enumerate(range(1, 11), 1)]
        acts += [self._act(key, self.random.randint(1, 10)) for key in range(len(acts) + 1, 50)]
        days = [(debt["organisation_id"], debt["from_on"]) for debt in debts.values()]
        days += [(1 + (act["contract_id"] - 1) % 6, _day(act["signed_at"])) for act in acts]
        services = [{**service, "service_id": key} for key, service in enumerate(self._services(clinics), 1)]
        days += [(each["organisation_id"], _day(each["started_at"])) for each in services[::9]]
        blocks = [self._block(key, *self.random.choice(days)) for key in range(1, 60)]
        return {
            "organisation": clinics,
            "site": self.sites,
            "contract": [self._contract(key, blocks) for key in range(1, 11)],
            "advance": [self._advance(key) for key in range(1, 16)],
            "tax_debt": list(debts.values()),
            "block": blocks,
            "inspection": [self._inspection(key) for key in range(1, 30)],
            "policy": self.policies,
            "act": acts,
            "service": services,
            "payment": [self._payment(key, self.random.choice(acts)) for key in range(1, 80)],
            "drug_issue": [{**issue, "issue_id": key} for key, issue in enumerate(self._issues(), 1)],
        }

    def _code(self, codelist: str) -> str:
        return self.random.choice(list(self.codelists[codelist].by_code))

    def _date(self, first: date = _FIRST, last: date = _LAST) -> date:
        return first + timedelta(days=self.random.randint(0, max(0, (last - first).days)))

    def _month(self) -> date:
        return date.fromisoformat(f"{self.random.choice(MONTHS)}-01")

    def _perhaps(self, day: date) -> date | None:
        return self.random.choice([None, day, day, day])

    def _instant(self, day: date) -> datetime:
        moment = self.random.choice([time(0, 0), time(9, 30), time(23, 59, 59)])
        return datetime.combine(day, moment) - timedelta(hours=UTC_OFFSET_HOURS)

    def _clinic(self, key: int) -> Row:
        return {
            **dict.fromkeys(("name_kk", "name_ru", "name_en"), "clinic"),
            "organisation_id": key,
            "region": self.random.choice(["KZ-10", "KZ-75"]),
            "ownership": self._code("ownership"),
            "kind": "hospital" if key == 6 else "primary_care",
            "licence_status": self._code("licence_status"),
            "agreement_on": self._perhaps(self._date()),
            "mis_integrated_on": self._perhaps(self._date()),
        }

    def _site(self, key: int, clinic: Row) -> Row:
        steps = ("photos_on", "coordinates_on", "qr_issued_on")
        return {
            "site_id": key,
            "organisation_id": clinic["organisation_id"],
            "region": clinic["region"],
            "licensed": self.random.random() < 0.9,
            **{step: self.random.choice([None, *[_BEFORE] * 17, *[self._month()] * 2]) for step in steps},
        }

    def _contract(self, key: int, blocks: list[Row]) -> Row:
        clinic = 1 + (key - 1) % 6
        starts = [
            block["started_on"] for block in blocks if block["organisation_id"] == clinic and not block["cured_on"]
        ]
        terminated = self.random.choice([None, None, *starts[:1], self._date()])
        return {
            "contract_id": key,
            "organisation_id": clinic,
            "package": self._code("package"),
            "signed_on": _BEFORE if terminated else self.random.choice([_BEFORE, self._date(), _LAST]),
            "amount_kzt": self.random.randint(1, 10**9),
            "terminated_on": terminated,
            "termination_reason": terminated and self._code("termination_ground"),
        }

    def _advance(self, key: int) -> Row:
        amount = self.random.randint(1, 10**6)
        return {"advance_id": key, "contract_id": self.random.randint(1, 10), "paid_on": _FIRST, "amount_kzt": amount}

    def _payment(self, key: int, act: Row) -> Row:
        return {
            "payment_id": key,
            "act_id": act["act_id"],
            "order_id": 1,
            "amount_kzt": self.random.randint(1, 10**6),
            "instrument": self._code("payment_instrument"),
            "initiated_at": act["signed_at"],
            "status": self._code("payment_status"),
        }

    def _debt(self, clinic: Row) -> Row:
        return {"organisation_id": clinic["organisation_id"], "from_on": self._date(_BEFORE), "amount_kzt": 1}

    def _act(self, key: int, contract: int) -> Row:
        volume = self.random.choice([0, 1, 2, 3, 10, 11])
        return {
            "act_id": key,
            "contract_id": contract,
            "period": self.random.choice(MONTHS),
            "volume": volume,
            "verified_volume": min(volume, max(0, volume // 2 + self.random.choice([-1, 0, 0, 1]))),
            "amount_kzt": 10,
            "advance_offset_kzt": 0,
            "signed_at": self._instant(
                self.random.choice([self._date(), _LAST - timedelta(days=29), _LAST - timedelta(days=30)])
            ),
        }

    def _block(self, key: int, clinic: int, duty: date) -> Row:
        started = min(
            self.random.choice(
                [date(2026, 12, 28), date(2026, 12, 31), *[duty + timedelta(days=each) for each in _EDGES]]
            ),
            _LAST,
        )
        cured = max(started, self.random.choice([duty, started + timedelta(days=abs(self.random.choice(_EDGES)))]))
        return {
            "block_id": key,
            "organisation_id": clinic,
            "factor": self._code("stop_factor"),
            "started_on": started,
            "cured_on": self._perhaps(cured) if cured <= _LAST else None,
            "withheld_kzt": self.random.randint(0, 10**6),
        }

    def _inspection(self, key: int) -> Row:
        notified = self._date()
        inspected = self._perhaps(notified + timedelta(days=self.random.randint(3, 7)))
        outcome = self.random.choice([None, *self.codelists["inspection_outcome"].by_code])
        return {
            "case_id": key,
            "organisation_id": self.random.randint(1, 6),
            "notified_on": notified,
            "inspected_on": inspected,
            "protocol_on": inspected and self._perhaps(inspected + timedelta(days=2)),
            "outcome": outcome,
            "ground": self._code("termination_ground") if outcome == "terminated" else None,
        }

    def _policies(self, clinics: list[Row]) -> Iterator[Row]:
        attached = [each["organisation_id"] for each in clinics for _ in range(self.random.choice([19, 20, 21, 40]))]
        for key, clinic in enumerate([*[None] * _UNATTACHED, *attached]):
            yield {
                "policy_id": SMALLEST_PSEUDONYM + key,
                "person": SMALLEST_PSEUDONYM + key,
                "organisation_id": clinic,
                "payer_category": "employees",
                "package": "mshi",
                "limit_kzt": 0,
                "issued_on": self.random.choice([*[_FIRST] * 50, self._date()]),
                "status": "active",
            }

    def _services(self, clinics: list[Row]) -> Iterator[Row]:
        free = [each["policy_id"] for each in self.policies[:_UNATTACHED]]
        for month in MONTHS:
            first = date.fromisoformat(f"{month}-01")
            for doctor in range(3):
                day = first + timedelta(days=self.random.randint(0, 27))
                seen = self.random.sample(free, self.random.randint(46, 51))
                yield from (
                    self._service(policy, day, doctor, doctor)
                    for policy in [*seen, *seen[: self.random.choice([0, 3])]]
                )
            for clinic in clinics:
                own = [
                    each["policy_id"] for each in self.policies if each["organisation_id"] == clinic["organisation_id"]
                ]
                for policy in self.random.sample(own, len(own) // 4 + self.random.choice([-1, 0, 1])):
                    yield self._service(
                        policy, first + timedelta(days=self.random.randint(0, 27)), self.random.randint(3, 9)
                    )
            for _ in range(120):
                policy = self.random.choice(free[:8])
                yield self._service(
                    policy, first + timedelta(days=self.random.randint(0, 12)), self.random.randint(3, 9)
                )

    def _service(self, policy: int, day: date, doctor: int, place: int | None = None) -> Row:
        site = self.sites[place] if place is not None and self.random.random() < 0.9 else self.random.choice(self.sites)
        started = self._instant(day)
        return {
            "policy_id": policy,
            "person_sex": self._code("sex"),
            "person_born_year": 1980,
            "person_died_on": self.random.choice([None, None, day - timedelta(days=1), day, day + timedelta(days=1)]),
            "organisation_id": site["organisation_id"],
            "site_id": site["site_id"],
            "doctor": SMALLEST_PSEUDONYM + doctor,
            "kind_of_care": self.random.choice(["inpatient", "primary_care"]),
            "service_code": self.random.choice(["SCR-CERVIX", "SCR-BREAST", "SCR-PROSTATE", "PC-001"]),
            "started_at": started,
            "ended_at": started + timedelta(hours=self.random.choice([0, 1, 24, 24, 72])),
            "tariff_kzt": 1,
            "funding": self._code("package"),
            "also_paid_by_voluntary": self.random.random() < 0.1,
            "verification": "none",
        }

    def _issues(self) -> Iterator[Row]:
        for policy in self.random.sample(self.policies, 20):
            day, clinic = self._date(), self.random.randint(1, 5)
            for _ in range(self.random.randint(8, 13)):
                yield {
                    "policy_id": policy["policy_id"],
                    "organisation_id": clinic if self.random.random() < 0.95 else clinic + 1,
                    "drug_code": self.random.choice(["DRUG-1", "DRUG-2"]),
                    "units": 1,
                    "amount_kzt": 1,
                    "issued_at": self._instant(day),
                }


def _day(instant: datetime) -> date:
    return (instant + timedelta(hours=UTC_OFFSET_HOURS)).date()
