"""CSV as people and programs write it: what is taken, what is left out row by row, what is refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.etl.registry.validation.corpus import (
    ACCOUNT,
    IIN,
    IIN_OF_THE_2000S,
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
from tests.etl.registry.validation.draft import ROWS, Draft


def csv(
    table: str = "digital_tenge_operation",
    change: Callable[[str], str | bytes] = lambda text: text,
    rows: int = ROWS,
    **how: Any,
) -> Spoil:
    """A spoiler that delivers a table (of April, if it comes by month) as CSV, changed as a text."""
    month = "" if table in ("advance", "block", "inspection", "contract", "organisation", "site") else "2026-04"
    return lambda draft: draft.deliver(table, month, ".csv", change(draft.csv(table, month, **how)), rows)


def line(number: int, change: Callable[[str], str]) -> Callable[[str], str]:
    """Change one line (0 holds the names)."""

    def changed(text: str) -> str:
        lines = text.split("\n")
        return "\n".join([*lines[:number], change(lines[number]), *lines[number + 1 :]])

    return changed


def value(column: int, new: str, number: int = 5) -> Callable[[str], str]:
    """Change one value of one line."""

    def changed(text: str) -> str:
        values = text.split(",")
        return ",".join([*values[:column], new, *values[column + 1 :]])

    return line(number, changed)


def thousands(sign: str, decimals: str = "") -> Callable[[str], str]:
    """Amounts of `advance`, as 100,004, with a sign between thousands and decimals."""
    return lambda text: re.sub(r"(\d{3})(\d{3})\n", rf'"\1{sign}\2{decimals}"\n', text)


def both_newlines(text: str) -> str:
    ends = ["\n", "\r\n", "\r"]
    return "".join(f"{each}{ends[number % 3]}" for number, each in enumerate(text.splitlines()))


#: Left out: a row of `block` and of `advance`, to which nothing refers.
CASES: dict[str, tuple[Spoil, Outcome]] = {
    "commas": (csv("service"), Accepted()),
    "semicolons": (csv("service", delimiter=";"), Accepted()),
    "tabs": (csv("service", delimiter="\t"), Accepted()),
    "pipes": (csv("block", delimiter="|"), refused("block.csv: first line: has none of the columns of block")),
    "UTF-8 with its mark": (csv("inspection", lambda text: "\ufeff" + text), Accepted()),
    "UTF-16, little end first": (csv("inspection", lambda text: ("\ufeff" + text).encode("utf-16-le")), Accepted()),
    "UTF-16, big end first": (csv("inspection", lambda text: ("\ufeff" + text).encode("utf-16-be")), Accepted()),
    "UTF-16 without a mark": (csv("inspection", lambda text: text.encode("utf-16-le")), refused("inspection.csv")),
    "Windows-1251": (
        csv("inspection", lambda text: text.encode("cp1251")),
        refused("inspection.csv: file: is not in UTF-8", "Save the file as UTF-8"),
    ),
    "KOI8-R": (csv("inspection", lambda text: text.replace("№", "N").encode("koi8-r")), refused("is not in UTF-8")),
    "half a character at the end": (
        csv("inspection", lambda text: text.encode() + b"\xd0"),
        refused("is not in UTF-8"),
    ),
    "CR LF": (csv("service", end="\r\n"), Accepted()),
    "CR": (csv("service", end="\r"), Accepted()),
    "mixed line ends": (csv("service", both_newlines), Accepted()),
    "no last line end": (csv("service", str.rstrip), Accepted()),
    "blank lines": (csv("block", lambda text: text.replace("\n", "\n\n")), Accepted()),
    "ten thousand blank lines": (csv("block", lambda text: text.replace("\n", "\n" * 10_000, 1)), Accepted()),
    "one endless line": (
        csv("block", lambda text: "x" * 300_000),
        refused("line 1: has a quote", "longer than 128 kB"),
    ),
    "an endless value": (csv("inspection", value(5, "я" * 200_000)), refused("line 6: has a quote")),
    "names in another order": (
        csv("advance", names=["paid_on", "advance_id", "amount_kzt", "contract_id"]),
        Accepted(),
    ),
    "everything in quotes": (csv("block", lambda text: re.sub(r"([^,\n]+)", r'"\1"', text)), Accepted()),
    "delimiter in quotes": (
        csv(
            "inspection",
            line(5, lambda text: text.replace("Протокол", '"Акт, ""протокол"""').replace(' № 5"', ' № 5"')),
        ),
        refused("line 6: has a quote that is not closed or stands inside a value"),
    ),
    "quotes doubled inside": (csv("inspection", value(5, '"Акт, ""протокол"" № 5"')), Accepted()),
    "line end in quotes": (
        csv("inspection", value(5, '"Акт\n№ 5"')),
        quarantined(1, "inspection.finding control"),
    ),
    "quote not closed": (csv("inspection", value(5, f'"{NAME} {PHONE}')), refused("has a quote that is not closed")),
    "quote after a value": (csv("inspection", value(5, '"Акт" № 5')), refused("has a quote")),
    "no names": (csv("block", lambda text: text.split("\n", 1)[1]), refused("first line: has none of the columns")),
    "no names but values of persons": (
        csv("block", lambda text: f"{NAME},{IIN},{PHONE}\n" + text.split("\n", 1)[1]),
        refused("first line: has none of the columns"),
    ),
    "only names": (csv("block", lambda text: text.split("\n", 1)[0]), refused("has 0 rows; the manifest says 300")),
    "a line about the delimiter": (csv("block", lambda text: "sep=,\n" + text), refused("has none of the columns")),
    "names in capitals": (csv("block", line(0, str.upper)), refused("has none of the columns")),
    "unknown name": (csv("block", line(0, lambda text: text.replace("factor", "phone"))), refused("column phone")),
    "a value among the names": (
        csv("block", line(0, lambda text: text.replace("factor", NAME))),
        refused("column 3: is not a column of the contract"),
    ),
    "a name twice": (
        csv("block", line(0, lambda text: text.replace("cured_on", "started_on"))),
        refused("column started_on: is there twice", "column cured_on: is missing"),
    ),
    "a name without a name": (csv("block", line(0, lambda text: text + ",")), refused("column 7: is not a column")),
    "cut in a row": (
        csv("block", lambda text: text[:-12]),
        quarantined(1, "block. values", notice="total_not_compared"),
    ),
    "cut between rows": (csv("block", lambda text: text[: text[:-1].rindex("\n")]), refused("has 299 rows")),
    "a value too few": (
        csv("block", line(5, lambda text: text.rsplit(",", 1)[0])),
        quarantined(1, "block. values", notice="total_not_compared"),
    ),
    "a value too many": (
        csv("block", line(5, lambda text: text + ",")),
        quarantined(1, "block. values", notice="total_not_compared"),
    ),
    "a value too many with an IIN": (
        csv("block", line(5, lambda text: f"{text},{IIN}")),
        refused("block.csv: row 4: holds an IIN"),
    ),
    "a total at the end": (
        csv("block", lambda text: text + "Итого,,,,,300\n", rows=ROWS + 1),
        refused("block: its total of withheld_kzt is"),
    ),
    "NUL": (csv("inspection", value(5, "Акт\0")), quarantined(1, "inspection.finding control")),
    "spaces between thousands": (csv("advance", thousands(" ")), Accepted()),
    "no-break spaces": (csv("advance", thousands("\u00a0")), Accepted()),
    "narrow no-break spaces": (csv("advance", thousands("\u202f")), Accepted()),
    "thin spaces and a decimal comma": (csv("advance", thousands("\u2009", ",00")), Accepted()),
    "apostrophes and a decimal point": (csv("advance", thousands("'", ".0")), Accepted()),
    "1,000 in quotes": (
        csv("advance", value(3, '"100,004"')),
        quarantined(1, "advance.amount_kzt form", notice="total_not_compared"),
    ),
    "1.000": (
        csv("advance", value(3, "100.004")),
        quarantined(1, "advance.amount_kzt form", notice="total_not_compared"),
    ),
    "tiyn": (
        csv("advance", value(3, '"100004,50"')),
        quarantined(1, "advance.amount_kzt form", notice="total_not_compared"),
    ),
    "thousands out of step": (csv("advance", value(0, "1 0")), quarantined(1, "advance.advance_id form")),
    "exponent": (csv("block", value(0, "5E+0")), quarantined(1, "block.block_id form")),
    "leading noughts": (csv("block", value(0, "005")), quarantined(1, "block.block_id form")),
    "plus sign": (csv("block", value(0, "+5")), quarantined(1, "block.block_id form")),
    "full-width digits": (csv("block", value(0, "５")), quarantined(1, "block.block_id form")),
    "Arabic digits": (csv("block", value(0, "٥")), quarantined(1, "block.block_id form")),
    "wider than 64 bits": (csv("block", value(0, "9223372036854775808")), quarantined(1, "block.block_id form")),
    "infinity": (csv("block", value(5, "inf")), quarantined(1, "block.withheld_kzt form", notice="total_not_compared")),
    "NULL as a word": (csv("block", value(4, "NULL")), quarantined(1, "block.cured_on form")),
    "day as people write it": (csv("block", value(3, "05.01.2026")), quarantined(1, "block.started_on form")),
    "day that is not": (csv("block", value(3, "2026-02-30")), quarantined(1, "block.started_on form")),
    "day with a time": (csv("block", value(3, "2026-01-05T00:00:00Z")), quarantined(1, "block.started_on form")),
    "space after a code": (csv("block", value(2, "tax_debt ")), quarantined(1, "block.factor code")),
    "twin of a code": (csv("block", value(2, "tax_dеbt")), quarantined(1, "block.factor code")),
    "only spaces": (csv("inspection", value(5, "  ")), quarantined(1, "inspection.finding blank")),
    "instants with a zone": (
        csv("account_event", lambda text: re.sub(r"T(\d\d):(.{5})Z", r"T\1:\2+00:00", text)),
        Accepted(),
    ),
    "an instant of local time": (csv("account_event", value(3, "2026-04-17T11:04:00+05:00")), Accepted()),
    "an instant in another month by its zone": (
        csv("account_event", value(3, "2026-05-01T03:00:00+09:00")),
        Accepted(),
    ),
    "an instant without a time": (
        csv("account_event", value(3, "2026-04-17")),
        quarantined(1, "account_event.at form"),
    ),
    "an instant at 24:00": (csv("account_event", value(3, "2026-04-17T24:00:00Z")), Accepted()),
    "an instant at 25:00": (
        csv("account_event", value(3, "2026-04-17T25:00:00Z")),
        quarantined(1, "account_event.at form"),
    ),
    "truths as words": (csv("consent_request", lambda text: text.replace(",true,", ",TRUE,")), Accepted()),
    "truths in Russian": (
        csv("consent_request", value(2, "да")),
        quarantined(2, "consent_request.phone_known form", "bank_request.request_id reference"),
    ),
    "persons' values out of place": (
        csv("bank_request", value(2, f"{NAME} {PHONE} {ACCOUNT}")),
        quarantined(1, "bank_request.bank pattern"),
    ),
    "a pseudonym out of place": (csv("block", value(0, str(PSEUDONYM))), quarantined(1, "block.block_id range")),
    "IIN as a number": (csv("block", value(0, IIN)), refused("block.csv: column block_id, row 4: holds an IIN")),
    "IIN with a leading nought": (
        csv("block", value(0, IIN_OF_THE_2000S)),
        refused("column block_id, row 4: holds an IIN"),
    ),
    "IIN as a day": (csv("block", value(3, IIN)), refused("column started_on, row 4: holds an IIN")),
    "IIN as a truth": (csv("consent_request", value(2, IIN)), refused("column phone_known, row 4: holds an IIN")),
    "IIN with spaces between thousands": (
        csv("block", value(0, f"{IIN[:3]} {IIN[3:6]} {IIN[6:9]} {IIN[9:]}")),
        refused("column block_id, row 4: holds an IIN"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_csv(name: str, tmp_path: Path, warm: Path) -> None:
    spoil, outcome = CASES[name]
    judge(spoil, outcome, tmp_path, warm)


def test_rows_are_numbered_as_in_the_file(tmp_path: Path, warm: Path) -> None:
    """Rows that are not whole and blank lines do not shift the numbers of those after them."""

    def spoil(draft: Draft) -> None:
        text = line(7, lambda row: row + ",")(line(3, lambda row: row + ",")(draft.csv("block")))
        draft.deliver("block", "", ".csv", text.replace("\n", "\n\n", 2))

    judge(spoil, refused("block: 2 of 300 rows (0.67 %) are bad"), tmp_path, warm)
    listed = (tmp_path / "store/quarantine/extract-a/block.csv").read_text().splitlines()
    assert [each.split(",")[:4] for each in listed] == [
        ["file", "row", "column", "reason"],
        ["extract-a/block.csv", "2", "", "values"],
        ["extract-a/block.csv", "6", "", "values"],
    ]
