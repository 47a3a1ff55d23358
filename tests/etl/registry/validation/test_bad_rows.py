"""Rows that break a rule of the contract: left out one by one, with what refers to them, up to the threshold."""

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from etl.registry.contract import TABLES
from etl.registry.validation.rules import checks
from etl.registry.validation.words import meanings
from tests.etl.registry.validation.corpus import (
    ACCOUNT,
    LIBRARY,
    NAME,
    PHONE,
    PSEUDONYM,
    Accepted,
    Outcome,
    Spoil,
    judge,
    quarantined,
    refused,
)
from tests.etl.registry.validation.draft import ROWS, Draft, parquet

REGISTERS = ("organisation", "site", "contract", "advance", "tax_debt", "block", "inspection")


def part(table: str, month: str = "2026-04") -> tuple[str, str]:
    return table, "" if table in REGISTERS else month


def row(table: str, month: str = "2026-04", number: int = 4, **values: Any) -> Spoil:
    """A spoiler of one row."""
    return lambda draft: draft.rows[part(table, month)][number].update(values)


def copied(table: str, **values: Any) -> Spoil:
    """A spoiler that adds a row: the first, with other values."""
    return lambda draft: draft.rows[part(table)].append({**draft.rows[part(table)][0], **values})


def all_of(*spoils: Spoil) -> Spoil:
    return lambda draft: [spoil(draft) for spoil in spoils] and None


def many(table: str, count: int, **values: Any) -> Spoil:
    return all_of(*(row(table, number=number, **values) for number in range(count)))


FOLLOWERS_OF_A_CLINIC = {
    "site.organisation_id": 1, "contract.organisation_id": 1, "advance.contract_id": 1, "tax_debt.organisation_id": 1,
    "block.organisation_id": 1, "inspection.organisation_id": 1, "policy.organisation_id": 2, "account_event.policy_id": 2,
    "act.contract_id": 2, "service.policy_id": 2,
    "drug_issue.policy_id": 2, "payment.act_id": 2, "digital_tenge_operation.payment_id": 2,
}  # fmt: skip

CASES: dict[str, tuple[Spoil, Outcome]] = {
    "nothing where something is required": (
        row("block", started_on=None),
        quarantined(1, "block.started_on missing"),
    ),
    "no amount": (
        row("block", withheld_kzt=None),
        quarantined(1, "block.withheld_kzt missing", notice="total_not_compared"),
    ),
    "unknown code": (row("block", factor="other"), quarantined(1, "block.factor code")),
    "empty code": (row("block", factor=""), quarantined(1, "block.factor code")),
    "code in capitals": (row("block", factor="TAX_DEBT"), quarantined(1, "block.factor code")),
    "code that is a sum of others": (row("service", kind_of_care="distributed"), quarantined(1, "service.kind_of_care code")),
    "code with a zero-width space": (row("block", factor="tax_debt\u200b"), quarantined(1, "block.factor code")),
    "identifier nought": (row("block", block_id=0), quarantined(1, "block.block_id range")),
    "identifier below nought": (row("block", block_id=-1), quarantined(1, "block.block_id range")),
    "identifier of thirteen digits": (row("block", block_id=10**12), quarantined(1, "block.block_id range")),
    "twelve digits without a valid check digit": (row("block", block_id=850231300122), quarantined(1, "block.block_id range")),
    "amount below nought": (row("block", withheld_kzt=-1), quarantined(1, "block.withheld_kzt range")),
    "advance of nothing": (row("advance", amount_kzt=0), quarantined(1, "advance.amount_kzt range")),
    "pseudonym of fifteen digits": (row("service", doctor=10**14), quarantined(1, "service.doctor range")),
    "pseudonym of a person in an identifier": (row("service", act_id=PSEUDONYM), quarantined(1, "service.act_id range")),
    "born in the year 19": (row("service", person_born_year=19), quarantined(1, "service.person_born_year range")),
    "forty-two categories": (row("bank_request", categories=42), quarantined(1, "bank_request.categories range")),
    "site in another country": (
        row("site", latitude=38.0),
        quarantined(3, "site.latitude range", "service.site_id reference"),
    ),
    "site nowhere": (
        row("site", longitude=float("nan")),
        quarantined(3, "site.longitude range", "service.site_id reference"),
    ),
    "half a place": (row("site", latitude=None), quarantined(3, "site. both_coordinates", "service.site_id reference")),
    "text of 500 signs": (row("inspection", finding="я" * 500), Accepted()),
    "text of 501 signs": (row("inspection", finding="я" * 501), quarantined(1, "inspection.finding length")),
    "text of no signs": (row("inspection", finding=""), quarantined(1, "inspection.finding blank")),
    "text with a tab": (row("inspection", finding="a\tb"), quarantined(1, "inspection.finding control")),
    "text with an invisible sign": (row("inspection", finding="a\u202eb"), quarantined(1, "inspection.finding control")),
    "text that lost a sign": (row("inspection", finding="a\ufffdb"), quarantined(1, "inspection.finding control")),
    "persons in a text that breaks a rule": (
        row("inspection", finding=f"{NAME}\t{PHONE} {ACCOUNT} {PSEUDONYM}"),
        quarantined(1, "inspection.finding control"),
    ),
    "classifier in lower case": (row("service", service_code="pc-001"), quarantined(1, "service.service_code pattern")),
    "classifier with a line end": (row("service", service_code="PC-001\n"), quarantined(1, "service.service_code pattern")),
    "classifier too long": (row("drug_issue", drug_code="A" * 17), quarantined(1, "drug_issue.drug_code pattern")),
    "day before all days": (row("inspection", notified_on=date(1026, 3, 1)), quarantined(1, "inspection.notified_on range")),
    "day after all days": (row("block", cured_on=date(2926, 3, 1)), quarantined(1, "block.cured_on range")),
    "another month": (
        row("account_event", at=datetime(2026, 3, 30)),
        quarantined(1, "account_event.at month"),
    ),
    "first instant of the local month": (row("account_event", at=datetime(2026, 3, 31, 19)), Accepted()),
    "last instant before the local month": (
        row("account_event", at=datetime(2026, 3, 31, 18, 59, 59)),
        quarantined(1, "account_event.at month"),
    ),
    "first instant after the local month": (
        row("account_event", at=datetime(2026, 4, 30, 19)),
        quarantined(1, "account_event.at month"),
    ),
    "policy of the next day": (
        row("policy", issued_on=date(2026, 5, 1)),
        quarantined(
            4, "policy.issued_on month", "account_event.policy_id reference", "service.policy_id reference",
            "drug_issue.policy_id reference",
        ),
    ),
    "act of another month": (
        row("act", period="2026-03"),
        quarantined(3, "act.period month", "payment.act_id reference", "digital_tenge_operation.payment_id reference"),
    ),
    "act of no month": (
        row("act", period="2026-00"),
        quarantined(
            3, "act.period month", "act.period pattern", "payment.act_id reference",
            "digital_tenge_operation.payment_id reference",
        ),
    ),
    "ended before it began": (row("service", ended_at=datetime(2026, 4, 1)), quarantined(1, "service. ends_after_start")),
    "ended when it began": (
        row("service", started_at=datetime(2026, 4, 20), ended_at=datetime(2026, 4, 20)),
        Accepted(),
    ),
    "channel without verification": (
        row("service", verification="none"),
        quarantined(1, "service. channel_when_verified"),
    ),
    "more verified than there are": (
        row("act", verified_volume=11),
        quarantined(
            3, "act. verified_within_volume", "payment.act_id reference", "digital_tenge_operation.payment_id reference"
        ),
    ),
    "reason without termination": (row("inspection", ground="licence"), quarantined(1, "inspection. ground_when_terminated")),
    "two reasons in one row": (
        row("block", block_id=0, factor="other"),
        quarantined(1, "block.block_id range", "block.factor code"),
    ),
    "the same row twice": (copied("account_event"), quarantined(1, "account_event.event_id repeated")),
    "a key twice, with other values": (
        copied("account_event", kind="open"),
        quarantined(1, "account_event.event_id repeated"),
    ),
    "the second of two is the good one": (
        all_of(row("account_event", number=0, kind="unheard of"), copied("account_event", kind="open")),
        quarantined(1, "account_event.kind code"),
    ),
    "a key of two columns twice": (copied("tax_debt", amount_kzt=7), quarantined(1, "tax_debt.organisation_id repeated")),
    "half of a key of two columns twice": (copied("tax_debt", from_on=date(2026, 7, 1)), Accepted()),
    "a key of an earlier month": (
        row("account_event", event_id=5),
        quarantined(1, "account_event.event_id repeated_earlier"),
    ),
    "a pseudonym of an earlier month": (
        row("bank_request", bank_request_id=4_000_000_000_004_000_005),
        quarantined(1, "bank_request.bank_request_id repeated_earlier"),
    ),
    "refers to nothing": (row("block", organisation_id=9_999), quarantined(1, "block.organisation_id reference")),
    "refers to nothing where it may": (row("policy", organisation_id=None), Accepted()),
    "refers to a later month": (
        row("account_event", month="2026-03", policy_id=4_000_000_000_000_000_005 + ROWS),
        Accepted(),
    ),
    "a bad clinic takes all with it": (
        row("organisation", region="KZ-99"),
        quarantined(
            1 + sum(FOLLOWERS_OF_A_CLINIC.values()),
            "organisation.region code",
            *(f"{name} reference" for name in FOLLOWERS_OF_A_CLINIC),
        ),
    ),
    "one of two hundred and less": (many("block", 1, factor="other"), quarantined(1, "block.factor code", notice="quarantined")),
    "one of two hundred and more": (
        many("block", 2, factor="other"),
        refused("block: 2 of 300 rows (0.67 %) are bad; from 0.5 % on", "quarantine/extract-a/block.csv"),
    ),
    "below two per cent of both months": (many("service", 11, tariff_kzt=-1), quarantined(11, "service.tariff_kzt range")),
    "two per cent of both months": (
        many("service", 12, tariff_kzt=-1),
        refused("service: 12 of 600 rows (2.00 %) are bad; from 2.0 % on"),
    ),
    "several tables refused": (
        all_of(many("organisation", 3, kind="x"), many("service", 20, tariff_kzt=-1)),
        refused("organisation: 3 of 300", "service: 20 of 600", "2 fault(s)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_row(name: str, tmp_path: Path, warm: Path) -> None:
    spoil, outcome = CASES[name]
    judge(spoil, outcome, tmp_path, warm)


def test_quarantine_file_in_plain_words(tmp_path: Path, warm: Path) -> None:
    spoil = all_of(
        row("block", factor="other", organisation_id=9_999),
        row("block", number=7, started_on=date(2026, 1, 8), cured_on=date(2026, 1, 1)),
    )
    judge(spoil, refused("block: 2 of 300"), tmp_path, warm)
    with (tmp_path / "store/quarantine/extract-a/block.csv").open(newline="") as file:
        lines = list(csv.reader(file))
    assert lines == [
        ["file", "row", "column", "reason", "meaning"],
        ["extract-a/block.parquet", "4", "factor", "code", "is not a code of the list stop_factor"],
        [
            "extract-a/block.parquet",
            "7",
            "",
            "cured_after_start",
            "breaks the rule: cured_on IS NULL OR cured_on >= started_on",
        ],
    ]


def test_every_rule_of_the_contract_has_words() -> None:
    for table in TABLES.values():
        words = meanings(table, LIBRARY.codelists)
        found = checks(table, LIBRARY.codelists, ("2026-03",))
        assert {(check.column, check.reason) for check in found} <= set(words)
        assert len({(check.column, check.reason) for check in found}) == len(found)


def test_rows_of_one_file_of_several_leave_the_others_where_they_are(tmp_path: Path, warm: Path) -> None:
    def spoil(draft: Draft) -> None:
        rows = draft.rows["service", "2026-04"]
        rows[250]["tariff_kzt"] = -1
        rows[120]["service_id"] = rows[20]["service_id"]
        draft.content["service", "2026-04"] = [
            (".parquet", parquet("service", rows[start : start + 100]), 100) for start in (0, 100, 200)
        ]

    judge(spoil, quarantined(2, "service.tariff_kzt range", "service.service_id repeated"), tmp_path, warm)
    assert len(list((tmp_path / "store/clean").iterdir())) == 2
    listed = (tmp_path / "store/quarantine/extract-a/service.csv").read_text().splitlines()[1:]
    assert [each.split(",")[:2] for each in listed] == [
        ["extract-a/service/2026-04-1.parquet", "20"],
        ["extract-a/service/2026-04-2.parquet", "50"],
    ]
