"""The rows of a delivered part as SQL, in the contract's types, whatever its files hold.

A `Source` selects the contract's columns, `piece` (which file of the part) and `row` (0-based, in that file). Of converted
files it also selects `whole`, and for each column `raw_<name>`: the delivered value as text where it could not be carried over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from datasets.fault import Fault, FaultError
from etl.registry.contract import Table
from etl.registry.iin import holds_iin
from etl.registry.shape import arrow_schema
from etl.registry.validation.conversion import EXACT, conversion
from etl.registry.validation.csv_text import iin_fault, miscounted, write_as_text
from etl.registry.validation.delivery import Delivery, Piece
from etl.registry.validation.headings import heading_faults
from etl.registry.validation.rules import Check, literal, quoted

#: What every engine reads.
_CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"}
_KINDS = {
    "BIGINT": "a whole number",
    "DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "DATE": "a day as 2026-03-16",
    "TIMESTAMP": "an instant as 2026-03-16T10:00:00Z",
    "VARCHAR": "a text",
}


@dataclass(frozen=True)
class Source:
    """SQL for the rows of a part; `in_shape` says of each file whether it has the contract's shape already."""

    sql: str
    in_shape: tuple[bool, ...]

    @property
    def converted(self) -> bool:
        """Whether values of any file had to be carried over from another type."""
        return not all(self.in_shape)


@dataclass(frozen=True)
class _Relation:
    """A FROM clause that gives `row` besides the file's columns, DuckDB's type of each, and whether the file was text."""

    sql: str
    types: dict[str, str]
    text: bool


class Sources:
    """Opens delivered parts. CSV is written as text below `folder`; `close` removes what was written."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder

    def open(self, delivery: Delivery) -> Source:
        """The source of a part; raises FaultError if a file cannot be read or its columns are not the contract's."""
        faults: list[Fault] = []
        relations: list[_Relation] = []
        in_shape = []
        for piece in delivery.pieces:
            try:
                relation = self._relation(piece, delivery.table)
                in_shape.append(not relation.text and _in_shape(piece, delivery.table, relation.types))
                relations.append(relation)
                faults += _type_faults(piece, delivery.table, relation.types)
            except FaultError as error:
                faults += error.faults
        if faults:
            raise FaultError(faults)
        converted = not all(in_shape)
        parts = [_select(number, relation, delivery.table, converted) for number, relation in enumerate(relations)]
        return Source("(" + " UNION ALL ".join(parts) + ")", tuple(in_shape))

    def failure(self, delivery: Delivery) -> FaultError:
        """Why DuckDB gave up on a part: files that cannot be read to their end, or else want of memory or room.

        DuckDB's own words are not repeated, since values may stand in them.
        """
        broken = [piece for piece in delivery.pieces if piece.path.suffix == ".parquet" and not self._reads(piece)]
        if broken:
            return FaultError(fault for piece in broken for fault in unreadable(piece.shown).faults)
        message = f"could not be validated: {delivery.name} needs more memory, or more room for temporary files."
        return FaultError([Fault("store", delivery.name, message, "Give DuckDB more memory, or the store more room.")])

    def _reads(self, piece: Piece) -> bool:
        read = f"read_parquet({literal(str(piece.path))}, binary_as_string = true)"
        try:
            self.connection.execute(f"SELECT max(hash(t)) FROM {read} AS t").fetchall()
        except duckdb.Error:
            return False
        return True

    def close(self, delivery: Delivery) -> None:
        """Remove what was written in order to read the part."""
        for piece in delivery.pieces:
            self._text_file(piece).unlink(missing_ok=True)

    def _relation(self, piece: Piece, table: Table) -> _Relation:
        if piece.path.suffix == ".csv":
            path = self._text_file(piece)
            if not path.exists():
                aside = path.with_suffix(".part")
                write_as_text(piece, table, aside)
                aside.rename(path)
            return _Relation(f"read_parquet({literal(str(path))})", dict.fromkeys(table.by_name, "VARCHAR"), text=True)
        _check_footer(piece, table)
        options = "binary_as_string = true, file_row_number = true"
        read = f"read_parquet({literal(str(piece.path))}, {options})"
        relation = f"(SELECT * RENAME (file_row_number AS row) FROM {read})"
        try:
            described = self.connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        except duckdb.Error:
            raise unreadable(piece.shown) from None
        return _Relation(relation, {name: kind for name, kind, *_ in described if name != "row"}, text=False)

    def _text_file(self, piece: Piece) -> Path:
        return self.folder / f"{piece.sha256}.text"


def unreadable(shown: str) -> FaultError:
    """What is raised when a file breaks under the reader, whose own words may repeat values."""
    message = "cannot be read: its content is damaged or not text in UTF-8."
    return FaultError([Fault(shown, "file", message, "Write the file anew and deliver it again.")])


def _check_footer(piece: Piece, table: Table) -> None:
    """The names of the columns, the number of rows, and what the writer noted beside them; raises FaultError."""
    try:
        with pq.ParquetFile(piece.path) as file:
            names, notes, rows = list(file.schema_arrow.names), file.metadata.metadata or {}, file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError):
        raise unreadable(piece.shown) from None
    faults = list(heading_faults(names, table, piece.shown))
    if any(holds_iin(value.decode("utf-8", "replace")) for key, value in notes.items() if key != b"ARROW:schema"):
        faults.append(iin_fault(piece.shown, "notes of the file"))
    if rows != piece.rows:
        faults.append(miscounted(piece, rows))
    if faults:
        raise FaultError(faults)


def _in_shape(piece: Piece, table: Table, types: dict[str, str]) -> bool:
    """Whether every engine can read the file as it is: the contract's columns, order and types, a common compression."""
    with pq.ParquetFile(piece.path) as file:
        found, metadata = file.schema_arrow, file.metadata
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    codecs = {group.column(number).compression for group in groups for number in range(group.num_columns)}
    wanted = arrow_schema(table)
    same = found.names == wanted.names and all(
        _plain(have.type) == want.type for have, want in zip(found, wanted, strict=True)
    )
    return same and codecs <= _CODECS and all(types[name] == EXACT[table.by_name[name].type] for name in types)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Texts are the same in the file, whether Arrow shows them as long, by dictionary or plain."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    return pa.string() if pa.types.is_large_string(kind) else kind


def _type_faults(piece: Piece, table: Table, types: dict[str, str]) -> list[Fault]:
    return [
        Fault(
            piece.shown,
            f"column {column.name}",
            f"is of type {types[column.name]}, which cannot hold {_KINDS[EXACT[column.type]]}.",
            "Deliver it in the type of the contract.",
        )
        for column in table.columns
        if conversion(column, types[column.name]) is None
    ]


def _select(number: int, relation: _Relation, table: Table, converted: bool) -> str:
    columns, raw = [], []
    for column in table.columns:
        name, value = quoted(column.name), conversion(column, relation.types[column.name])
        columns.append(f"{value} AS {name}")
        unread = "NULL" if value == name else f"CASE WHEN {name} IS NOT NULL AND ({value}) IS NULL THEN {name} END"
        raw.append(f"CAST({unread} AS VARCHAR) AS {quoted('raw_' + column.name)}")
    more = ["whole" if relation.text else "true AS whole", *raw] if converted else []
    return f"SELECT {', '.join([*columns, f'{number} AS piece', 'row', *more])} FROM {relation.sql}"


def conversion_checks(table: Table) -> tuple[Check, ...]:
    """What can be wrong with a value or a row of a converted file before the contract's rules apply to it."""
    return (
        Check("", "values", "NOT whole", "has another number of values than the first line"),
        *(
            Check(
                column.name,
                "form",
                f"{quoted('raw_' + column.name)} IS NOT NULL",
                f"cannot be read as {_KINDS[EXACT[column.type]]}",
            )
            for column in table.columns
        ),
    )
