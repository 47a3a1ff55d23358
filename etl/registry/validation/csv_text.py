"""Reads CSV strictly, as text: comma, semicolon or tab, quotes doubled, any line ends; UTF-8, or UTF-16 with its mark.

DuckDB types the values afterwards. It does not read the file itself, since its reader takes much that is broken without a
word. A row with another number of values than the header becomes an empty row whose `whole` is false.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datasets.fault import Fault, FaultError
from etl.registry import iin
from etl.registry.contract import Table
from etl.registry.validation.delivery import Piece
from etl.registry.validation.headings import heading_faults

_DELIMITERS = ",;\t"
#: Small enough for the processor's cache; then as many as make a good row group.
_ROWS_AT_A_TIME = 5_000
_BATCHES_IN_A_GROUP = 20
_LONGEST_HEADING = 10_000
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def write_as_text(piece: Piece, table: Table, target: Path) -> None:
    """Write a delivered CSV file as Parquet of texts (columns of the contract, `row`, `whole`); raises FaultError."""
    try:
        with piece.path.open(encoding=_encoding(piece.path), newline="") as text:
            delimiter = _delimiter(text.readline(_LONGEST_HEADING), table)
            text.seek(0)
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            _write(reader, piece, table, target)
    except UnicodeError:
        message = "is not in UTF-8, nor in UTF-16 with a byte order mark. Windows-1251 lacks the Kazakh letters."
        raise FaultError([Fault(piece.shown, "file", message, "Save the file as UTF-8.")]) from None
    except csv.Error:
        message = "has a quote that is not closed or stands inside a value, or a value longer than 128 kB."
        remedy = "Put values with quotes into quotes, and double the quotes in them."
        raise FaultError([Fault(piece.shown, f"line {reader.line_num}", message, remedy)]) from None


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(3)
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), "utf-8")


def _delimiter(line: str, table: Table) -> str:
    """The sign between the names of the first line: the one that gives most of the contract's names."""

    def known(delimiter: str) -> int:
        names = next(csv.reader([line], delimiter=delimiter), [])
        return len(set(names) & set(table.by_name))

    return max(_DELIMITERS, key=known)


def _write(rows: Iterator[list[str]], piece: Piece, table: Table, target: Path) -> None:
    names = next(rows, [])
    faults = list(heading_faults(names, table, piece.shown))
    if faults:
        raise FaultError(faults)
    fields = [*((name, pa.string()) for name in names), ("row", pa.int64()), ("whole", pa.bool_())]
    tables = _tables(rows, names, piece)
    with pq.ParquetWriter(target, pa.schema(fields), compression="snappy") as writer:
        while group := list(islice(tables, _BATCHES_IN_A_GROUP)):
            writer.write_table(pa.concat_tables(group))


def _tables(rows: Iterator[list[str]], names: list[str], piece: Piece) -> Iterator[pa.Table]:
    """The rows in small tables; raises FaultError at the end if there are more or fewer than the manifest says."""
    number, filled = 0, filter(None, rows)
    while batch := list(islice(filled, _ROWS_AT_A_TIME)):
        _refuse_iin(batch, number, len(names), piece)
        yield _as_table(batch, number, names)
        number += len(batch)
    if number != piece.rows:
        raise FaultError([miscounted(piece, number)])


def _refuse_iin(batch: list[list[str]], first: int, width: int, piece: Piece) -> None:
    """Rows that are not whole are not looked into again, so an IIN in them is found here."""
    for number, row in enumerate(batch, start=first):
        if len(row) != width and any(iin.holds_iin(value) for value in [*row, " ".join(row)]):
            raise FaultError([iin_fault(piece.shown, f"row {number}")])


def miscounted(piece: Piece, rows: int) -> Fault:
    """The fault of a file with more or fewer rows than the manifest says."""
    message = f"has {rows:,} rows; the manifest says {piece.rows:,}."
    return Fault(piece.shown, "rows", message, "Deliver the whole file, or count its rows anew.")


def iin_fault(shown: str, place: str) -> Fault:
    """The fault of an extract in which an IIN was found; the digits are not repeated."""
    message = "holds an IIN: twelve digits with a valid check digit. The whole extract is refused."
    return Fault(shown, place, message, "Deliver pseudonyms in place of IINs, in every column and every text.")


def _as_table(batch: list[list[str]], first: int, names: list[str]) -> pa.Table:
    """Texts as they stand; an empty one is an absent value."""
    whole = [len(row) == len(names) for row in batch]
    empty = [""] * len(names)
    filled = batch if all(whole) else [row if each else empty for row, each in zip(batch, whole, strict=True)]
    texts = (pa.array(values, pa.string()) for values in zip(*filled, strict=True))
    columns = [pc.if_else(pc.equal(each, ""), pa.scalar(None, pa.string()), each) for each in texts]
    numbers = pa.array(range(first, first + len(batch)), pa.int64())
    return pa.table([*columns, numbers, pa.array(whole)], names=[*names, "row", "whole"])
