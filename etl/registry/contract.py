"""The extract contract: the tables that the Registry delivers, declared once.

Validation, the PostgreSQL tables, the Parquet schema, the simulator's output and the reference page are derived from it.
Amounts are whole tenge (`_kzt`), instants are UTC (`_at`), days are dates (`_on`). Persons appear only as keyed pseudonyms.

No column admits a whole number of twelve digits: identifiers and amounts have at most eleven, pseudonyms at least sixteen.
So twelve digits with a valid check digit are an IIN (or a BIN) wherever they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

#: Counts up when a table or column changes; an extract of another version is refused.
VERSION = "1"

#: Identifiers and amounts: at most eleven digits.
LARGEST = 99_999_999_999
#: Pseudonyms: sixteen to nineteen digits, in 64 bits.
SMALLEST_PSEUDONYM = 10**15
LARGEST_PSEUDONYM = 2**63 - 1
#: Kazakhstan's time is UTC+5 everywhere since 2024-03-01; the day and month of an instant are those of this time.
UTC_OFFSET_HOURS = 5

ColumnType = Literal["id", "pseudonym", "code", "text", "integer", "coordinate", "boolean", "date", "instant", "period"]


@dataclass(frozen=True)
class Column:
    """A column. `personal` marks personal data and quasi-identifiers (P): they leave as counts only.

    `codelist` belongs to a code, `pattern` to a text that is a code of an outside classifier, `least` and `most` to
    numbers. `free` marks free text, which no transform may read. `references` names the table whose key it holds.
    """

    name: str
    type: ColumnType
    unit: str = ""
    required: bool = True
    personal: bool = False
    codelist: str = ""
    pattern: str = ""
    least: int = 0
    most: int = LARGEST
    free: bool = False
    references: str = ""


@dataclass(frozen=True)
class Rule:
    """What must hold in every row: `holds` is an SQL condition (DuckDB's dialect) over the row's own columns."""

    name: str
    holds: str


@dataclass(frozen=True)
class Table:
    """A table. A `register` comes whole in each extract; others come month by month, by the instant or day `month_of`.

    `warn` and `refuse` are shares of bad rows (per cent of the rows delivered) from which the operator is warned and
    from which the extract is refused. `totals` are the columns whose sums the manifest states.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    month_of: str = ""
    rules: tuple[Rule, ...] = ()
    totals: tuple[str, ...] = ()
    warn: float = 0.1
    refuse: float = 2.0

    @property
    def register(self) -> bool:
        """Whether each extract delivers the table whole."""
        return not self.month_of

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Column name -> column, in the declared order."""
        return {column.name: column for column in self.columns}


def _id(name: str, references: str = "", required: bool = True) -> Column:
    return Column(name, "id", least=1, references=references, required=required)


def _pseudonym(name: str, references: str = "") -> Column:
    return Column(
        name, "pseudonym", personal=True, least=SMALLEST_PSEUDONYM, most=LARGEST_PSEUDONYM, references=references
    )


def _code(name: str, codelist: str, required: bool = True) -> Column:
    return Column(name, "code", codelist=codelist, required=required)


def _kzt(name: str, least: int = 0) -> Column:
    return Column(name, "integer", unit="kzt", least=least)


def _date(name: str, required: bool = True, personal: bool = False) -> Column:
    return Column(name, "date", required=required, personal=personal)


def _instant(name: str, required: bool = True) -> Column:
    return Column(name, "instant", required=required)


def _boolean(name: str) -> Column:
    return Column(name, "boolean")


def _count(name: str, least: int = 0, most: int = LARGEST) -> Column:
    return Column(name, "integer", unit="count", least=least, most=most)


ORGANISATION = Table(
    "organisation",
    "a clinic (legal entity)",
    (
        _id("organisation_id"),
        Column("name_kk", "text"),
        Column("name_ru", "text"),
        Column("name_en", "text"),
        _code("region", "region"),
        _code("ownership", "ownership"),
        _code("kind", "organisation_kind"),
        _code("licence_status", "licence_status"),
        _date("agreement_on", required=False),
        _date("mis_integrated_on", required=False),
    ),
    key=("organisation_id",),
    refuse=0.5,
)

SITE = Table(
    "site",
    "a production site of a clinic",
    (
        _id("site_id"),
        _id("organisation_id", "organisation"),
        _code("region", "region"),
        Column("latitude", "coordinate", unit="degree", required=False, least=40, most=56),
        Column("longitude", "coordinate", unit="degree", required=False, least=46, most=88),
        _boolean("licensed"),
        _date("photos_on", required=False),
        _date("coordinates_on", required=False),
        _date("qr_issued_on", required=False),
    ),
    key=("site_id",),
    rules=(Rule("both_coordinates", "(latitude IS NULL) = (longitude IS NULL)"),),
)

CONTRACT = Table(
    "contract",
    "a contract with a clinic",
    (
        _id("contract_id"),
        _id("organisation_id", "organisation"),
        _code("package", "package"),
        _date("signed_on"),
        _kzt("amount_kzt"),
        _date("terminated_on", required=False),
        _code("termination_reason", "termination_ground", required=False),
    ),
    key=("contract_id",),
    rules=(
        Rule("terminated_after_signed", "terminated_on IS NULL OR terminated_on >= signed_on"),
        Rule("reason_when_terminated", "(terminated_on IS NULL) = (termination_reason IS NULL)"),
    ),
    totals=("amount_kzt",),
    refuse=0.5,
)

ADVANCE = Table(
    "advance",
    "an advance paid under a contract",
    (_id("advance_id"), _id("contract_id", "contract"), _date("paid_on"), _kzt("amount_kzt", 1)),
    key=("advance_id",),
    totals=("amount_kzt",),
    refuse=0.5,
)

POLICY = Table(
    "policy",
    "a digital insurance policy",
    (
        _pseudonym("policy_id"),
        _pseudonym("person"),
        Column("region_of_attachment", "code", codelist="region", required=False, personal=True),
        Column("organisation_id", "id", least=1, references="organisation", required=False, personal=True),
        Column("payer_category", "code", codelist="payer_category", personal=True),
        _code("package", "package"),
        _kzt("limit_kzt"),
        _date("issued_on"),
        _code("status", "policy_status"),
    ),
    key=("policy_id",),
    month_of="issued_on",
)

ACCOUNT_EVENT = Table(
    "account_event",
    "an event on a personal account",
    (
        _id("event_id"),
        _pseudonym("policy_id", "policy"),
        _code("kind", "account_event_kind"),
        _instant("at"),
        _id("order_id", required=False),
    ),
    key=("event_id",),
    month_of="at",
)

REGISTRY_ORDER = Table(
    "registry_order",
    "an order signed electronically",
    (
        _id("order_id"),
        _code("kind", "order_kind"),
        _instant("signed_at"),
        _code("signer_role", "signer_role"),
        _code("status", "order_status"),
    ),
    key=("order_id",),
    month_of="signed_at",
)

SERVICE = Table(
    "service",
    "a rendered service",
    (
        _id("service_id"),
        _pseudonym("policy_id", "policy"),
        Column("person_sex", "code", codelist="sex", personal=True),
        Column("person_born_year", "integer", unit="year", personal=True, least=1900, most=2100),
        _date("person_died_on", required=False, personal=True),
        _id("organisation_id", "organisation"),
        _id("site_id", "site"),
        _pseudonym("doctor"),
        _code("kind_of_care", "kind_of_care"),
        Column("service_code", "text", pattern=r"[A-Z][A-Z0-9-]{2,15}"),
        _instant("started_at"),
        _instant("ended_at"),
        _kzt("tariff_kzt"),
        _code("funding", "package"),
        _boolean("also_paid_by_voluntary"),
        _code("verification", "verification"),
        _code("channel", "channel", required=False),
        _id("act_id", required=False),
    ),
    key=("service_id",),
    month_of="started_at",
    rules=(
        Rule("ends_after_start", "ended_at >= started_at"),
        Rule("channel_when_verified", "(verification = 'none') = (channel IS NULL)"),
    ),
    totals=("tariff_kzt",),
)

DRUG_ISSUE = Table(
    "drug_issue",
    "a drug issue",
    (
        _id("issue_id"),
        _pseudonym("policy_id", "policy"),
        _id("organisation_id", "organisation"),
        Column("drug_code", "text", pattern=r"[A-Z][A-Z0-9-]{2,15}"),
        _count("units", 1, 1_000_000),
        _kzt("amount_kzt"),
        _instant("issued_at"),
    ),
    key=("issue_id",),
    month_of="issued_at",
    totals=("amount_kzt",),
)

ACT = Table(
    "act",
    "an act of services of one contract for one month",
    (
        _id("act_id"),
        _id("contract_id", "contract"),
        Column("period", "period"),
        _count("volume"),
        _count("verified_volume"),
        _kzt("amount_kzt"),
        _kzt("advance_offset_kzt"),
        _instant("signed_at"),
    ),
    key=("act_id",),
    month_of="period",
    rules=(
        Rule("verified_within_volume", "verified_volume <= volume"),
        Rule("offset_within_amount", "advance_offset_kzt <= amount_kzt"),
    ),
    totals=("amount_kzt",),
    refuse=0.5,
)

PAYMENT = Table(
    "payment",
    "a Treasury payment under an act",
    (
        _id("payment_id"),
        _id("act_id", "act"),
        _id("order_id", "registry_order"),
        _kzt("amount_kzt", 1),
        _code("instrument", "payment_instrument"),
        _id("invoice_id", required=False),
        _instant("initiated_at"),
        _instant("settled_at", required=False),
        _code("status", "payment_status"),
    ),
    key=("payment_id",),
    month_of="initiated_at",
    rules=(
        Rule("settled_after_initiated", "settled_at IS NULL OR settled_at >= initiated_at"),
        Rule("settled_unless_held", "(status = 'held') = (settled_at IS NULL)"),
    ),
    totals=("amount_kzt",),
    refuse=0.5,
)

TAX_DEBT = Table(
    "tax_debt",
    "a period in which a clinic owes taxes",
    (_id("organisation_id", "organisation"), _date("from_on"), _date("to_on", required=False), _kzt("amount_kzt", 1)),
    key=("organisation_id", "from_on"),
    rules=(Rule("ends_after_start", "to_on IS NULL OR to_on >= from_on"),),
)

BLOCK = Table(
    "block",
    "a block of payments as applied",
    (
        _id("block_id"),
        _id("organisation_id", "organisation"),
        _code("factor", "stop_factor"),
        _date("started_on"),
        _date("cured_on", required=False),
        _kzt("withheld_kzt"),
    ),
    key=("block_id",),
    rules=(Rule("cured_after_start", "cured_on IS NULL OR cured_on >= started_on"),),
    totals=("withheld_kzt",),
    refuse=0.5,
)

INSPECTION = Table(
    "inspection",
    "a case of the monitoring commission",
    (
        _id("case_id"),
        _id("organisation_id", "organisation"),
        _date("notified_on"),
        _date("inspected_on", required=False),
        _date("protocol_on", required=False),
        Column("finding", "text", required=False, free=True),
        _code("outcome", "inspection_outcome", required=False),
        _code("ground", "termination_ground", required=False),
    ),
    key=("case_id",),
    rules=(
        Rule("inspected_after_notice", "inspected_on IS NULL OR inspected_on >= notified_on"),
        Rule(
            "protocol_after_inspection",
            "protocol_on IS NULL OR (inspected_on IS NOT NULL AND protocol_on >= inspected_on)",
        ),
        Rule("ground_when_terminated", "(outcome IS NOT NULL AND outcome = 'terminated') = (ground IS NOT NULL)"),
    ),
)

DIGITAL_TENGE_OPERATION = Table(
    "digital_tenge_operation",
    "an operation on the digital tenge platform",
    (
        _id("operation_id"),
        _code("scenario", "digital_tenge_scenario"),
        _code("kind", "digital_tenge_operation_kind"),
        _kzt("amount_kzt", 1),
        _instant("at"),
        Column("condition", "text", required=False, free=True),
        _id("payment_id", "payment", required=False),
    ),
    key=("operation_id",),
    month_of="at",
    totals=("amount_kzt",),
)

CONSENT_REQUEST = Table(
    "consent_request",
    "a request for consent under the assistance pilot",
    (
        _pseudonym("request_id"),
        _code("region", "region"),
        _boolean("phone_known"),
        _instant("requested_at"),
        _code("answer", "consent_answer"),
        _instant("answered_at", required=False),
    ),
    key=("request_id",),
    month_of="requested_at",
    rules=(
        Rule("answered_after_request", "answered_at IS NULL OR answered_at >= requested_at"),
        Rule("instant_when_answered", "(answer = 'none') = (answered_at IS NULL)"),
    ),
)

BANK_REQUEST = Table(
    "bank_request",
    "a request to a bank under a consent",
    (
        _pseudonym("bank_request_id"),
        _pseudonym("request_id", "consent_request"),
        Column("bank", "text", pattern=r"[A-Z][A-Z0-9-]{2,15}"),
        _instant("requested_at"),
        _instant("answered_at", required=False),
        _count("categories", 0, 41),
    ),
    key=("bank_request_id",),
    month_of="requested_at",
    rules=(Rule("answered_after_request", "answered_at IS NULL OR answered_at >= requested_at"),),
)

#: Every table, in an order in which each comes after those that it refers to.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        ORGANISATION,
        SITE,
        CONTRACT,
        ADVANCE,
        TAX_DEBT,
        BLOCK,
        INSPECTION,
        POLICY,
        REGISTRY_ORDER,
        ACCOUNT_EVENT,
        ACT,
        SERVICE,
        DRUG_ISSUE,
        PAYMENT,
        DIGITAL_TENGE_OPERATION,
        CONSENT_REQUEST,
        BANK_REQUEST,
    )
}
