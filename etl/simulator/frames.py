"""Arrow tables in the contract's shape, made of numpy columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from etl.registry.contract import TABLES
from etl.registry.shape import arrow_schema
from etl.simulator.randomness import Bools, Ints
from etl.simulator.timeline import NEVER


def codes(values: Sequence[str], numbers: Ints, absent: Bools | None = None) -> pa.Array:
    """A column of texts out of a short list, given by their numbers; null where `absent`."""
    kind = np.int8 if len(values) < 127 else np.int16
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(kind), mask=absent), pa.array(values))


def constant(value: str, count: int) -> pa.Array:
    """The same code in each row."""
    return codes([value], np.zeros(count, dtype=np.int8))


def dates(days: Ints) -> pa.Array:
    """A column of dates, null where the day is never."""
    return pa.array(days.astype(np.int32), mask=days >= NEVER).cast(pa.date32())


def instants_column(seconds: Ints, absent: Bools | None = None) -> pa.Array:
    """A column of instants, given in seconds of UTC."""
    return pa.array(seconds * 1_000_000, mask=absent).cast(pa.timestamp("us"))


def nullable(numbers: Ints, absent: Bools) -> pa.Array:
    """A column of whole numbers, null where `absent`."""
    return pa.array(numbers, mask=absent)


def frame(table: str, columns: Mapping[str, Any]) -> pa.Table:
    """A table in the contract's order; columns are Arrow arrays, numpy arrays or lists."""
    schema = arrow_schema(TABLES[table])
    arrays, fields = [], []
    for wanted in schema:
        given = columns[wanted.name]
        array = given if isinstance(given, pa.Array) else pa.array(given, type=wanted.type)
        coded = pa.types.is_dictionary(array.type)
        arrays.append(array if coded else array.cast(wanted.type))
        fields.append(pa.field(wanted.name, arrays[-1].type, wanted.nullable))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def rows_frame(table: str, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """A small table from rows of Python values: dates as days, instants as seconds of UTC, null as None."""
    schema = arrow_schema(TABLES[table])
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    arrays = [_array(list(values), wanted.type) for wanted, values in zip(schema, columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind):
        return pa.array(values, type=pa.timestamp("s")).cast(kind)
    return pa.array(values, type=kind)
