"""Writes a dataset as Parquet, with page checksums, so that a flipped bit is an error and not a wrong total."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datasets.declaration import Declaration
from etl.publish.content import Content
from etl.publish.text_files import flat_columns, flat_records

_TYPES = {"integer": pa.int64(), "decimal": pa.float64()}


def write_parquet(content: Content, declaration: Declaration, path: Path) -> None:
    """The same columns as the CSV; whole numbers as int64, decimals as double, everything else as text."""
    kinds = {column.name: _TYPES[column.type] for column in declaration.columns if column.type in _TYPES}
    fields = [pa.field(name, kinds.get(name, pa.string())) for name in flat_columns(declaration)]
    schema = pa.schema(
        fields, metadata={"release": content.id, "dataset": declaration.slug, "origin": declaration.origin}
    )
    table = pa.Table.from_pylist(
        list(flat_records(content, declaration, content.tables[declaration.slug])), schema=schema
    )
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)
