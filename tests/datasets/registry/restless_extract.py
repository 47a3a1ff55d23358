"""A small extract whose people and accounts do what rules and simulations hardly ever show.

Accounts are blocked, unblocked and closed in any order and several times in a second, policies are attached to hospitals or
nowhere, services come before the policy, consents are asked for and answered on any day of the week.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from datasets.codelist import Codelist
from etl.registry.contract import SMALLEST_PSEUDONYM, UTC_OFFSET_HOURS
from tests.datasets.registry.rows import Row
from tests.datasets.registry.written_extract import write_extract

MONTHS = ("2026-12", "2027-01", "2027-02")
AS_OF = datetime(2027, 2, 28, 19)
_START = datetime(2026, 11, 30, 19)
_CLINICS, _POLICIES = 12, 150


def write_restless_extract(folder: Path, codelists: dict[str, Codelist], seed: int) -> Path:
    """Write an extract of the tables about care and people into `folder`."""
    return write_extract(folder, f"restless-{seed}", AS_OF, MONTHS, _Maker(Random(seed), codelists).tables())


class _Maker:
    def __init__(self, random: Random, codelists: dict[str, Codelist]) -> None:
        self.random, self.codelists = random, codelists
        self.moments = [self._instant() for _ in range(60)]

    def tables(self) -> dict[str, list[Row]]:
        return {
            "organisation": [self._clinic(key) for key in range(1, 1 + _CLINICS)],
            "policy": [self._policy(key) for key in range(_POLICIES)],
            "account_event": [self._event(key) for key in range(1, 500)],
            "service": [self._service(key) for key in range(1, 700)],
            "drug_issue": [self._issue(key) for key in range(1, 200)],
            "consent_request": [self._consent(key) for key in range(300)],
            "bank_request": [self._bank_request(key) for key in range(300)],
        }

    def _code(self, codelist: str) -> str:
        return self.random.choice(list(self.codelists[codelist].by_code))

    def _region(self) -> str:
        return self.random.choice(["KZ-10", "KZ-75"])

    def _instant(self) -> datetime:
        return _START + timedelta(seconds=self.random.randrange(int((AS_OF - _START).total_seconds())))

    def _person(self) -> int:
        return SMALLEST_PSEUDONYM + self.random.randrange(_POLICIES)

    def _clinic(self, key: int) -> Row:
        return {
            **dict.fromkeys(("name_kk", "name_ru", "name_en"), "clinic"),
            "organisation_id": key,
            "region": self._region(),
            "ownership": self._code("ownership"),
            "kind": self.random.choice(["primary_care", "hospital"]),
            "licence_status": self._code("licence_status"),
        }

    def _policy(self, key: int) -> Row:
        issued = self._instant() + timedelta(hours=UTC_OFFSET_HOURS)
        return {
            "policy_id": SMALLEST_PSEUDONYM + key,
            "person": SMALLEST_PSEUDONYM + key,
            "region_of_attachment": self.random.choice([None, "KZ-10", "KZ-75"]),
            "organisation_id": self.random.choice([None, *range(1, 1 + _CLINICS)]),
            "payer_category": self.random.choice(["exempt", "employees"]),
            "package": self._code("package"),
            "limit_kzt": 0,
            "issued_on": issued.date(),
            "status": self._code("policy_status"),
        }

    def _event(self, key: int) -> Row:
        kind = self._code("account_event_kind")
        at = self.random.choice(self.moments)
        return {"event_id": key, "policy_id": self._person(), "kind": kind, "at": at}

    def _service(self, key: int) -> Row:
        started, verification = self._instant(), self._code("verification")
        return {
            "service_id": key,
            "policy_id": self._person(),
            "person_sex": self._code("sex"),
            "person_born_year": 1980,
            "organisation_id": self.random.randint(1, _CLINICS),
            "site_id": 1,
            "doctor": SMALLEST_PSEUDONYM,
            "kind_of_care": self.random.choice(["primary_care", "inpatient"]),
            "service_code": "PC-001",
            "started_at": started,
            "ended_at": started,
            "tariff_kzt": self.random.choice([0, 1, 5_000, 99_999_999_999]),
            "funding": self._code("package"),
            "also_paid_by_voluntary": False,
            "verification": verification,
            "channel": None if verification == "none" else self._code("channel"),
        }

    def _issue(self, key: int) -> Row:
        return {
            "issue_id": key,
            "policy_id": self._person(),
            "organisation_id": self.random.randint(1, _CLINICS),
            "drug_code": "DRUG-1",
            "units": self.random.randint(1, 1_000_000),
            "amount_kzt": self.random.choice([0, 1, 99_999_999_999]),
            "issued_at": self._instant(),
        }

    def _consent(self, key: int) -> Row:
        asked, answered = self._asked_and_answered()
        return {
            "request_id": SMALLEST_PSEUDONYM + key,
            "region": self._region(),
            "phone_known": self.random.random() < 0.8,
            "requested_at": asked,
            "answer": self.random.choice(["granted", "refused"]) if answered else "none",
            "answered_at": answered,
        }

    def _bank_request(self, key: int) -> Row:
        asked, answered = self._asked_and_answered()
        return {
            "bank_request_id": SMALLEST_PSEUDONYM + key,
            "request_id": SMALLEST_PSEUDONYM + self.random.randrange(300),
            "bank": self.random.choice(["BANK-01", "BANK-02"]),
            "requested_at": asked,
            "answered_at": answered,
            "categories": self.random.randint(0, 41) if answered else 0,
        }

    def _asked_and_answered(self) -> tuple[datetime, datetime | None]:
        """On any day of the week; an answer within five days, often just before or after a local midnight."""
        asked = self._instant()
        midnight = asked.replace(hour=24 - UTC_OFFSET_HOURS, minute=0, second=0)
        edge = midnight + timedelta(days=self.random.randint(1, 4), seconds=self.random.choice([-1, 0]))
        soon = asked + timedelta(seconds=self.random.randrange(5 * 86_400))
        return asked, self.random.choice([None, edge, soon, soon])
