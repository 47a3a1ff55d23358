"""An IIN anywhere refuses the whole extract and is repeated nowhere."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.etl.registry.validation.corpus import (
    IIN,
    IIN_OF_THE_2000S,
    NAME,
    Outcome,
    Spoil,
    judge,
    quarantined,
    refused,
)
from tests.etl.registry.validation.draft import Draft
from tests.etl.registry.validation.test_bad_rows import all_of, many, row

FULL_WIDTH = "".join(chr(0xFF10 + int(digit)) for digit in IIN)
ARABIC = "".join(chr(0x0660 + int(digit)) for digit in IIN)


def found(place: str) -> Outcome:
    return refused(f"{place}: holds an IIN: twelve digits with a valid check digit")


def finding(text: str) -> Spoil:
    return row("inspection", number=9, finding=text)


def swapped(draft: Draft) -> None:
    """A whole column of IINs where pseudonyms belong."""
    for number, each in enumerate(draft.rows["policy", "2026-03"]):
        each["person"] = int(IIN) if number % 2 else int(IIN_OF_THE_2000S)


IN_A_TEXT = "inspection.parquet: column finding, row 9"
CASES: dict[str, tuple[Spoil, Outcome]] = {
    "in an identifier": (
        row("service", act_id=int(IIN)),
        found("extract-a/service/2026-04.parquet: column act_id, row 4"),
    ),
    "below nought": (row("block", block_id=-int(IIN)), found("block.parquet: column block_id, row 4")),
    "in a pseudonym": (row("service", doctor=int(IIN)), found("column doctor, row 4")),
    "in a whole column": (swapped, found("policy/2026-03.parquet: column person, row 1")),
    "in an amount": (row("payment", amount_kzt=int(IIN)), found("column amount_kzt, row 4")),
    "in a year": (row("service", person_born_year=int(IIN)), found("column person_born_year, row 4")),
    "in degrees": (row("site", latitude=float(IIN)), found("column latitude, row 4")),
    "in a code": (row("block", factor=IIN), found("block.parquet: column factor, row 4")),
    "behind a code": (row("block", factor=f"tax_debt {IIN}"), found("block.parquet: column factor, row 4")),
    "in a classifier's code": (row("service", service_code=f"A{IIN}"), found("column service_code, row 4")),
    "in a month": (row("act", period=IIN_OF_THE_2000S), found("column period, row 4")),
    "in a name": (row("organisation", name_ru=f"ИП {NAME}, ИИН {IIN}"), found("column name_ru, row 4")),
    "in a text": (finding(f"Врач {NAME} ({IIN})"), found(IN_A_TEXT)),
    "with a space": (finding(f"{IIN[:6]} {IIN[6:]}"), found(IN_A_TEXT)),
    "with a hyphen": (finding(f"{IIN[:6]}-{IIN[6:]}"), found(IN_A_TEXT)),
    "with no-break spaces": (finding(f"{IIN[:6]}\u00a0{IIN[6:9]}\u00a0{IIN[9:]}"), found(IN_A_TEXT)),
    "digit by digit": (finding(" ".join(IIN)), found(IN_A_TEXT)),
    "with an invisible sign": (finding(f"{IIN[:6]}\u200b{IIN[6:]}"), found(IN_A_TEXT)),
    "over two lines": (finding(f"{IIN[:6]}\n{IIN[6:]}"), found(IN_A_TEXT)),
    "in full-width digits": (finding(FULL_WIDTH), found(IN_A_TEXT)),
    "in Arabic digits": (finding(f"رقم {ARABIC}"), found(IN_A_TEXT)),
    "of a person of the 2000s": (finding(IIN_OF_THE_2000S), found(IN_A_TEXT)),
    "in a text that is too long": (finding("я" * 600 + IIN), found(IN_A_TEXT)),
    "in a row that is bad anyway": (
        all_of(row("block", factor="other"), row("block", block_id=int(IIN))),
        found("column block_id, row 4"),
    ),
    "in two tables": (
        all_of(row("block", block_id=int(IIN)), finding(IIN)),
        refused("block.parquet: column block_id, row 4", IN_A_TEXT, "2 fault(s)"),
    ),
    "in a table that is refused anyway": (
        all_of(many("organisation", 5, kind="x"), finding(IIN)),
        refused("organisation: 5 of 300", IN_A_TEXT),
    ),
    "twelve digits without a valid check digit": (finding("Протокол 850231300122"), quarantined(0)),
    "thirteen digits": (finding(f"Счёт 1{IIN}"), quarantined(0)),
    "amounts and dates": (finding("444 868 754 985 тенге, 16.03.2026 - 15.04.2026"), quarantined(0)),
}


@pytest.mark.parametrize("name", CASES)
def test_iin(name: str, tmp_path: Path, warm: Path) -> None:
    spoil, outcome = CASES[name]
    judge(spoil, outcome, tmp_path, warm)
    if name not in ("twelve digits without a valid check digit", "thirteen digits", "amounts and dates"):
        assert_not_cleaned(tmp_path / "store", warm)


def assert_not_cleaned(store: Path, warm: Path) -> None:
    """No cleaned file was written from a part that holds an IIN."""
    for path in (store / "clean").iterdir():
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        assert not any(IIN in str(each.values()) for each in rows)
    assert {path.name for path in (warm / "clean").iterdir()} <= {path.name for path in (store / "clean").iterdir()}
