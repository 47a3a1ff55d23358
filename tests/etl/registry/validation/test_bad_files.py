"""Files that are not there, not what they should be, damaged, or in other types than the contract's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from etl.registry.contract import TABLES
from etl.registry.shape import arrow_schema
from tests.etl.registry.validation.corpus import (
    IIN,
    NAME,
    PSEUDONYM,
    Accepted,
    Outcome,
    Spoil,
    judge,
    quarantined,
    refused,
    validate,
)
from tests.etl.registry.validation.draft import ROWS, Draft, draft, parquet, parquet_of

SITE = "site.parquet"
#: What goes with a contract that is left out: its advance, and in each month its act, the payment and the operation.
UNDER_A_CONTRACT = (
    "advance.contract_id reference",
    "act.contract_id reference",
    "payment.act_id reference",
    "digital_tenge_operation.payment_id reference",
)


def after(change: Callable[[Path], object]) -> Spoil:
    """A spoiler that changes the folder when all is written, so that the manifest no longer fits."""

    def spoil(draft: Draft) -> None:
        draft.after = lambda folder: (change(folder), None)[1]

    return spoil


def sealed(change: Callable[[bytes], bytes], suffix: str = ".parquet") -> Spoil:
    """A spoiler of the bytes of `site`, whose manifest fits them."""
    return lambda draft: draft.deliver("site", "", suffix, change(parquet("site", draft.rows["site", ""])))


def cast(table: str, month: str = "", **types: pa.DataType) -> Spoil:
    """A spoiler that delivers columns in other Arrow types."""

    def spoil(draft: Draft) -> None:
        whole = as_arrow(draft, table, month)
        for name, kind in types.items():
            whole = whole.set_column(whole.schema.get_field_index(name), name, whole[name].cast(kind))
        draft.deliver(table, month, ".parquet", parquet_of(whole))

    return spoil


def replaced(table: str, column: str, values: Callable[[pa.ChunkedArray], Any], month: str = "") -> Spoil:
    """A spoiler that delivers a column with other values."""

    def spoil(draft: Draft) -> None:
        whole = as_arrow(draft, table, month)
        index = whole.schema.get_field_index(column)
        draft.deliver(table, month, ".parquet", parquet_of(whole.set_column(index, column, values(whole[column]))))

    return spoil


def as_arrow(draft: Draft, table: str, month: str = "") -> pa.Table:
    return pa.Table.from_pylist(draft.rows[table, month], schema=arrow_schema(TABLES[table]))


def reshaped(change: Callable[[pa.Table], pa.Table]) -> Spoil:
    """A spoiler that delivers `site` with other columns."""
    return lambda draft: draft.deliver("site", "", ".parquet", parquet_of(change(as_arrow(draft, "site"))))


def linked(folder: Path) -> None:
    outside = folder.parent / "outside.parquet"
    (folder / SITE).rename(outside)
    (folder / SITE).symlink_to(outside)


def flipped(folder: Path) -> None:
    content = bytearray((folder / SITE).read_bytes())
    content[40] ^= 1
    (folder / SITE).write_bytes(content)


def broken_pages(content: bytes) -> bytes:
    """Pages that cannot be unpacked, below a footer that is whole."""
    return content[:4] + bytes(200) + content[204:]


def not_text(draft: Draft) -> None:
    """Bytes that are no UTF-8 where texts are promised."""
    name = b"Clinic 1"
    content = parquet("organisation", draft.rows["organisation", ""], compression="none", use_dictionary=False)
    assert name in content
    draft.deliver("organisation", "", ".parquet", content.replace(name, b"Cl\xff\xfe\xfd 1"))


def misleading(draft: Draft) -> None:
    """A value out of range, in a file whose statistics say that there is none."""
    good, bad = (value.to_bytes(8, "little") for value in (3_007, 3_007 << 40))
    content = parquet("service", draft.rows["service", "2026-04"], compression="none", use_dictionary=False)
    assert content.count(good) == 1
    draft.deliver("service", "2026-04", ".parquet", content.replace(good, bad))
    draft.rows["service", "2026-04"][7]["tariff_kzt"] = 3_007 << 40


def one_of_two_broken(draft: Draft) -> None:
    rows = draft.rows["service", "2026-04"]
    pieces = [parquet("service", rows[:100]), broken_pages(parquet("service", rows[100:]))]
    draft.content["service", "2026-04"] = [(".parquet", pieces[0], 100), (".parquet", pieces[1], 200)]


def split(draft: Draft, *sizes: int) -> None:
    """April's services in several files."""
    rows, start, draft.content["service", "2026-04"] = draft.rows["service", "2026-04"], 0, []
    for size in sizes:
        piece = rows[start : start + size]
        draft.content["service", "2026-04"].append((".parquet", parquet("service", piece), len(piece)))
        start += size


def twice(draft: Draft) -> None:
    split(draft, ROWS)
    draft.content["service", "2026-04"] *= 2


def emptied(draft: Draft) -> None:
    draft.rows["bank_request", "2026-04"] = []


def left_out(draft: Draft) -> None:
    del draft.rows["drug_issue", "2026-04"]


def noted(draft: Draft) -> None:
    draft.deliver(
        "site", "", ".parquet", parquet_of(as_arrow(draft, "site").replace_schema_metadata({"by": f"ИИН {IIN}"}))
    )


def nanoseconds(column: pa.ChunkedArray) -> pa.Array:
    whole = pc.cast(pc.cast(column, pa.timestamp("ns")), pa.int64()).to_pylist()
    return pa.array([whole[0] + 1, *whole[1:]], pa.timestamp("ns"))


def hundredths(column: pa.ChunkedArray) -> pa.Array:
    return pa.array([f"{value}.{'50' if not index else '00'}" for index, value in enumerate(column.to_pylist())]).cast(
        pa.decimal128(14, 2)
    )


CASES: dict[str, tuple[Spoil, Outcome]] = {
    "missing": (
        after(lambda folder: (folder / SITE).unlink()),
        refused("site.parquet: file: is named by the manifest"),
    ),
    "without a byte": (sealed(lambda content: b""), refused("has no bytes")),
    "cut short": (sealed(lambda content: content[:-100]), refused("it was cut short")),
    "cut to four bytes": (sealed(lambda content: content[:4]), refused("cannot be read")),
    "CSV under a wrong name": (sealed(lambda content: b"site_id\n1\n"), refused("is not a Parquet file")),
    "Parquet under a wrong name": (sealed(lambda content: content, ".csv"), refused("is not a text but Parquet")),
    "a workbook": (sealed(lambda content: b"PK\x03\x04" + content, ".csv"), refused("a workbook or an archive")),
    "packed text": (sealed(lambda content: b"\x1f\x8b\x08\x00", ".csv"), refused("a workbook or an archive")),
    "one bit flipped": (after(flipped), refused("site.parquet: file: is not the file that the manifest describes")),
    "pages broken": (sealed(broken_pages), refused("site.parquet: file: cannot be read")),
    "pages of one file of two broken": (one_of_two_broken, refused("service/2026-04-1.parquet: file: cannot be read")),
    "statistics that mislead": (misleading, refused("statistics that contradict its values")),
    "not text": (not_text, refused("organisation.parquet: file: cannot be read")),
    "a link out of the folder": (after(linked), refused("is no ordinary file inside the folder")),
    "a folder": (
        after(lambda folder: ((folder / SITE).unlink(), (folder / SITE).mkdir())),
        refused("is no ordinary file"),
    ),
    "a file too many": (
        after(lambda folder: (folder / "person.parquet").write_bytes(b"x")),
        refused("extract-a/person.parquet: file: is a file that the manifest does not name"),
    ),
    "a file too many with a name": (
        after(lambda folder: (folder / f"{NAME} {IIN}.csv").write_bytes(b"x")),
        refused("extract-a: file: is a file that the manifest does not name"),
    ),
    "a hidden file": (after(lambda folder: (folder / ".DS_Store").write_bytes(b"x")), refused("does not name")),
    "ground truth beside it": (
        after(
            lambda folder: ((folder / "ground_truth").mkdir(), (folder / "ground_truth/planted.csv").write_text("x"))
        ),
        Accepted(),
    ),
    "a table left out": (left_out, refused("drug_issue 2026-04: was not delivered")),
    "a table without rows": (emptied, Accepted("no_rows")),
    "a month in several files": (lambda draft: split(draft, 100, 150, 50), Accepted()),
    "the same file twice": (twice, Accepted("repeated_delivery")),
    "unknown column": (
        reshaped(lambda table: table.append_column("iin", pa.array(["x"] * ROWS))),
        refused("site.parquet: column iin: is not a column of the contract"),
    ),
    "unknown column named like a value": (
        reshaped(lambda table: table.append_column(f"{NAME} {IIN}", pa.array(["x"] * ROWS))),
        refused("site.parquet: column 10: is not a column of the contract"),
    ),
    "missing column": (reshaped(lambda table: table.drop(["licensed"])), refused("column licensed: is missing")),
    "column twice": (
        reshaped(lambda table: table.append_column("region", table["region"])),
        refused("column region: is there twice"),
    ),
    "columns in another order": (reshaped(lambda table: table.select(table.column_names[::-1])), Accepted()),
    "no columns": (sealed(lambda content: parquet_of(pa.table({}))), refused("has none of the columns of site")),
    "narrow integers": (cast("site", site_id=pa.int32(), organisation_id=pa.uint16()), Accepted()),
    "unsigned integers": (cast("policy", "2026-03", policy_id=pa.uint64()), Accepted()),
    "numbers as text": (cast("contract", contract_id=pa.string(), amount_kzt=pa.string()), Accepted()),
    "days and truths as text": (cast("site", photos_on=pa.string(), licensed=pa.string()), Accepted()),
    "whole decimals": (cast("contract", amount_kzt=pa.decimal128(22, 0)), Accepted()),
    "hundredths of a tenge": (
        replaced("contract", "amount_kzt", hundredths),
        quarantined(8, "contract.amount_kzt form", *UNDER_A_CONTRACT, notice="total_not_compared"),
    ),
    "whole floats": (cast("site", organisation_id=pa.float64()), Accepted()),
    "pseudonyms as floats": (
        replaced("consent_request", "request_id", lambda column: pc.cast(column, pa.float64(), safe=False), "2026-03"),
        refused("consent_request: 300 of 600 rows (50.00 %) are bad"),
    ),
    "instants with a zone": (
        replaced("act", "signed_at", lambda column: pc.assume_timezone(column, "UTC"), "2026-03"),
        Accepted(),
    ),
    "instants in milliseconds": (cast("act", "2026-03", signed_at=pa.timestamp("ms")), Accepted()),
    "instants in nanoseconds": (cast("act", "2026-03", signed_at=pa.timestamp("ns")), Accepted()),
    "parts of a microsecond": (
        replaced("act", "signed_at", nanoseconds, "2026-03"),
        quarantined(3, "act.signed_at form", *UNDER_A_CONTRACT[2:]),
    ),
    "days as instants at midnight": (cast("contract", signed_on=pa.timestamp("us")), Accepted()),
    "instants as days": (
        cast("act", "2026-03", signed_at=pa.date32()),
        refused("column signed_at: is of type DATE, which cannot hold an instant"),
    ),
    "long texts": (cast("organisation", name_kk=pa.large_string()), Accepted()),
    "texts by dictionary": (cast("site", region=pa.dictionary(pa.int32(), pa.string())), Accepted()),
    "texts as bytes": (cast("site", region=pa.binary()), Accepted()),
    "a column without a type": (replaced("site", "qr_issued_on", lambda column: pa.nulls(ROWS)), Accepted()),
    "a required column without a type": (
        replaced("site", "licensed", lambda column: pa.nulls(ROWS)),
        refused("site: 300 of 300 rows (100.00 %) are bad"),
    ),
    "lists": (
        replaced("site", "region", lambda column: pa.array([["KZ-10"]] * ROWS)),
        refused("column region: is of type VARCHAR[], which cannot hold a text"),
    ),
    "truth as numbers": (cast("site", licensed=pa.int8()), Accepted()),
    "IIN in the notes of a file": (noted, refused("site.parquet: notes of the file: holds an IIN")),
}


@pytest.mark.parametrize("name", CASES)
def test_file(name: str, tmp_path: Path, warm: Path) -> None:
    spoil, outcome = CASES[name]
    judge(spoil, outcome, tmp_path, warm)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "brotli"])
def test_any_compression(compression: str, tmp_path: Path, warm: Path) -> None:
    """Files that not every engine can unpack are written anew; the others are read where they are."""

    def spoil(draft: Draft) -> None:
        draft.deliver("site", "", ".parquet", parquet("site", draft.rows["site", ""], compression=compression))

    judge(spoil, Accepted(), tmp_path, warm)
    written = list((tmp_path / "store" / "clean").iterdir())
    assert bool(written) == (compression == "brotli")


def test_converted_rows_equal_the_plain_ones(tmp_path: Path) -> None:
    """The same rows in other types give files of the contract's shape with the same rows."""
    other = draft(name="other")
    for table, month in other.rows:
        whole = as_arrow(other, table, month)
        texts = pa.table({name: whole[name].cast(pa.string()) for name in whole.column_names})
        other.deliver(table, month, ".parquet", parquet_of(texts.replace_schema_metadata({"n": str(PSEUDONYM)})))
    (tmp_path / "other").mkdir()
    (tmp_path / "plain").mkdir()
    converted, _ = validate(tmp_path / "store", other.write(tmp_path / "other"))
    plain, _ = validate(tmp_path / "store", draft().write(tmp_path / "plain"))
    for one, two in zip(converted.parts, plain.parts, strict=True):
        key = [(name, "ascending") for name in TABLES[one.table].key]
        first, second = (pq.read_table(each.files[0]).sort_by(key) for each in (one, two))
        assert first.schema.types == second.schema.types == arrow_schema(TABLES[one.table]).types
        assert first.to_pylist() == second.to_pylist()
