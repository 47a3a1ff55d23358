"""A small extract made by a few lines of its own, independent of the simulator, which tests spoil and then write.

Every table has 300 rows (a month, if it comes month by month), so that one bad row is below every threshold of refusal.
Row i of a table refers to row i of the tables before it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from etl.registry.contract import TABLES
from etl.registry.manifest import Control, Delivered, Manifest
from etl.registry.shape import arrow_schema

ROWS = 300
MONTHS = ("2026-03", "2026-04")
AS_OF = "2026-05-01T00:00:00Z"
PSEUDONYM = 4_000_000_000_000_000_000
REGIONS = ("KZ-10", "KZ-71", "KZ-75")

Row = dict[str, Any]
Part = tuple[str, str]


def _registers(i: int) -> dict[str, Row]:
    one, day = i + 1, date(2026, 1, 1) + timedelta(days=i % 60)
    return {
        "organisation": {
            "organisation_id": one, "name_kk": f"№{one} емхана", "name_ru": f"Поликлиника № {one}", "name_en": f"Clinic {one}",
            "region": REGIONS[i % 3], "ownership": "state", "kind": "primary_care", "licence_status": "valid",
            "agreement_on": day, "mis_integrated_on": None,
        },
        "site": {
            "site_id": one, "organisation_id": one, "region": REGIONS[i % 3], "latitude": 43.25, "longitude": 76.95,
            "licensed": True, "photos_on": day, "coordinates_on": day, "qr_issued_on": None,
        },
        "contract": {
            "contract_id": one, "organisation_id": one, "package": "gvfmc", "signed_on": day, "amount_kzt": 1_000_000 + i,
            "terminated_on": None, "termination_reason": None,
        },
        "advance": {"advance_id": one, "contract_id": one, "paid_on": day, "amount_kzt": 100_000 + i},
        "tax_debt": {"organisation_id": one, "from_on": day, "to_on": None, "amount_kzt": 5_000 + i},
        "block": {
            "block_id": one, "organisation_id": one, "factor": "tax_debt", "started_on": day, "cured_on": None,
            "withheld_kzt": 700 + i,
        },
        "inspection": {
            "case_id": one, "organisation_id": one, "notified_on": day, "inspected_on": day + timedelta(days=6),
            "protocol_on": day + timedelta(days=7), "finding": f"Протокол № {one}", "outcome": "cured", "ground": None,
        },
    }  # fmt: skip


def _monthly(i: int, number: int) -> dict[str, Row]:
    """Row i of month `number` (0 is March). Orders, acts and the like are numbered on from month to month."""
    one, clinic = ROWS * number + i + 1, i + 1
    at = datetime(2026, 3 + number, 17, 6) + timedelta(minutes=i)
    month, policy = MONTHS[number], PSEUDONYM + one
    return {
        "policy": {
            "policy_id": policy, "person": PSEUDONYM + 10**6 + one, "region_of_attachment": REGIONS[i % 3],
            "organisation_id": clinic, "payer_category": "employees", "package": "mshi", "limit_kzt": 50_000,
            "issued_on": at.date(), "status": "active",
        },
        "registry_order": {
            "order_id": one, "kind": "pay", "signed_at": at, "signer_role": "registrar", "status": "executed",
        },
        "account_event": {"event_id": one, "policy_id": policy, "kind": "service", "at": at, "order_id": None},
        "act": {
            "act_id": one, "contract_id": clinic, "period": month, "volume": 10, "verified_volume": 6,
            "amount_kzt": 90_000 + i, "advance_offset_kzt": 1_000, "signed_at": at,
        },
        "service": {
            "service_id": one, "policy_id": policy, "person_sex": "female", "person_born_year": 1980,
            "person_died_on": None, "organisation_id": clinic, "site_id": clinic, "doctor": PSEUDONYM + 2 * 10**6 + i,
            "kind_of_care": "primary_care", "service_code": "PC-001", "started_at": at,
            "ended_at": at + timedelta(minutes=20), "tariff_kzt": 3_000 + i, "funding": "gvfmc",
            "also_paid_by_voluntary": False, "verification": "qr", "channel": "kaspi", "act_id": one,
        },
        "drug_issue": {
            "issue_id": one, "policy_id": policy, "organisation_id": clinic, "drug_code": "A10BA02", "units": 2,
            "amount_kzt": 4_000, "issued_at": at,
        },
        "payment": {
            "payment_id": one, "act_id": one, "order_id": one, "amount_kzt": 89_000 + i, "instrument": "cash",
            "invoice_id": one, "initiated_at": at, "settled_at": at + timedelta(hours=2), "status": "released",
        },
        "digital_tenge_operation": {
            "operation_id": one, "scenario": "service_payment", "kind": "transfer", "amount_kzt": 89_000, "at": at,
            "condition": "акт подписан", "payment_id": one,
        },
        "consent_request": {
            "request_id": PSEUDONYM + 3 * 10**6 + one, "region": REGIONS[i % 3], "phone_known": True, "requested_at": at,
            "answer": "granted", "answered_at": at + timedelta(hours=1),
        },
        "bank_request": {
            "bank_request_id": PSEUDONYM + 4 * 10**6 + one, "request_id": PSEUDONYM + 3 * 10**6 + one, "bank": "HALYK",
            "requested_at": at, "answered_at": at + timedelta(hours=1), "categories": 5,
        },
    }  # fmt: skip


@dataclass
class Draft:
    """An extract before it is written. `rows` may be changed; a part in `content` is written as these bytes instead.

    `content` is (suffix, bytes, rows that the manifest states). `edit` changes the manifest's document, `after` the
    folder, both when all else is written.
    """

    rows: dict[Part, list[Row]]
    name: str = "extract-a"
    as_of: str = AS_OF
    synthetic: bool = True
    months: tuple[str, ...] = MONTHS
    note: dict[str, Any] = field(default_factory=dict)
    content: dict[Part, list[tuple[str, bytes, int]]] = field(default_factory=dict)
    edit: Callable[[dict[str, Any]], None] = lambda document: None
    after: Callable[[Path], None] = lambda folder: None

    def write(self, folder: Path) -> Path:
        """Write the extract; returns its folder."""
        files = [each for part in self.rows for each in self._write_part(folder, part)]
        totals = tuple(self.totals())
        manifest = Manifest("1", self.name, self.synthetic, self.as_of, self.months, tuple(files), totals, self.note)
        document = json.loads(manifest.to_json())
        self.edit(document)
        (folder / "manifest.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        self.after(folder)
        return folder

    def _write_part(self, folder: Path, part: Part) -> list[Delivered]:
        table, month = part
        files = []
        contents = self.content.get(part) or [(".parquet", self._parquet(part), len(self.rows[part]))]
        for number, (suffix, content, rows) in enumerate(contents):
            stem = f"{table}/{month}" if month else table
            path = f"{stem}{f'-{number}' if number else ''}{suffix}"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
            files.append(Delivered(path, table, month, rows, hashlib.sha256(content).hexdigest()))
        return files

    def _parquet(self, part: Part) -> bytes:
        return _clean(part) if self.rows[part] == list(_base().get(part, ())) else parquet(part[0], self.rows[part])

    def totals(self) -> list[Control]:
        """The control totals of the rows as they are now."""
        return [
            Control(table, column, month, sum(row[column] for row in rows if isinstance(row[column], int)))
            for (table, month), rows in self.rows.items()
            for column in TABLES[table].totals
        ]

    def csv(self, table: str, month: str = "", delimiter: str = ",", **how: Any) -> str:
        """A part as CSV text, with the contract's column names."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator=how.get("end", "\n"))
        names = how.get("names") or list(TABLES[table].by_name)
        writer.writerow(names)
        writer.writerows([plain(row.get(name)) for name in names] for row in self.rows[table, month])
        return text.getvalue()

    def deliver(self, table: str, month: str, suffix: str, content: str | bytes, rows: int = ROWS) -> None:
        """Write a part as this one file."""
        encoded = content.encode() if isinstance(content, str) else content
        self.content[table, month] = [(suffix, encoded, rows)]


def plain(value: Any) -> str:
    """A value as it stands in CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return str(value)


def parquet(table: str, rows: list[Row], schema: pa.Schema | None = None, **how: Any) -> bytes:
    """Rows as Parquet, in the contract's shape unless a schema is given."""
    schema = schema or arrow_schema(TABLES[table])
    # values that the contract forbids must be writable, so nothing is required here
    loose = pa.schema([field.with_nullable(True) for field in schema])
    return parquet_of(pa.table({name: [row.get(name) for row in rows] for name in loose.names}, schema=loose), **how)


def parquet_of(table: pa.Table, **how: Any) -> bytes:
    """An Arrow table as Parquet."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **how)
    return sink.getvalue()


@cache
def _base() -> dict[Part, tuple[Row, ...]]:
    parts: dict[Part, list[Row]] = {}
    for i in range(ROWS):
        for table, row in _registers(i).items():
            parts.setdefault((table, ""), []).append(row)
        for number, month in enumerate(MONTHS):
            for table, row in _monthly(i, number).items():
                parts.setdefault((table, month), []).append(row)
    return {part: tuple(rows) for part, rows in parts.items()}


@cache
def _clean(part: Part) -> bytes:
    return parquet(part[0], list(_base()[part]))


def draft(**how: Any) -> Draft:
    """A clean extract."""
    return Draft({part: [dict(row) for row in rows] for part, rows in _base().items()}, **how)
