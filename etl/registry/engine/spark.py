"""Spark: for a Registry that one machine cannot hold. The cluster's workers must reach the files by the same paths."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampNTZType,
)
from sqlglot import exp

from etl.registry.contract import TABLES, ColumnType, Table
from etl.registry.engine.engine import Engine, Value
from etl.registry.engine.files import Files
from etl.registry.parts import Part, Registry

_TYPES: dict[ColumnType, DataType] = {
    "id": LongType(),
    "pseudonym": LongType(),
    "code": StringType(),
    "text": StringType(),
    "integer": LongType(),
    "coordinate": DoubleType(),
    "boolean": BooleanType(),
    "date": DateType(),
    "instant": TimestampNTZType(),
    "period": StringType(),
}
_LOGGING = """\
rootLogger.level = error
logger.spark.name = org.apache.spark
logger.spark.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = Spark: %p %c{1}: %m%n
"""


class SparkEngine(Engine):
    """Asks a cluster over the Parquet files of a Registry. `master` is its address, such as spark://host:7077.

    `options` are further settings of Spark, such as memory and processors of the executors. One engine at a time.
    """

    def __init__(self, registry: Registry, master: str, options: Mapping[str, str] | None = None) -> None:
        super().__init__(registry)
        self._files = Files(registry, self._view)
        self._folder = tempfile.TemporaryDirectory(prefix="registry-spark-")
        builder = SparkSession.builder.master(master).appName("ashyq-qalqan")
        for name, value in {**_settings(Path(self._folder.name)), **(options or {})}.items():
            builder = builder.config(name, value)
        self._session = builder.getOrCreate()

    def close(self) -> None:
        """Stop the session with its executors and remove its temporary files."""
        self._session.stop()
        self._folder.cleanup()

    def _relation(self, table: Table, months: tuple[str, ...]) -> exp.Query:
        return self._files.relation(table, months)

    def _run(self, query: exp.Query) -> Sequence[Sequence[Value]]:
        # A LIMIT here would run the last stage piece by piece; the size of a result is bounded by a setting instead.
        return self._session.sql(query.sql("spark")).collect()

    def _view(self, part: Part) -> str:
        name = f"part_{part.table}_{part.period}".replace("-", "_")
        fields = [StructField(each.name, _TYPES[each.type]) for each in TABLES[part.table].columns]
        paths = [str(path) for path in part.files]
        self._session.read.schema(StructType(fields)).parquet(*paths).createOrReplaceTempView(name)
        return name


def _settings(folder: Path) -> dict[str, str]:
    logging = folder / "log4j2.properties"
    logging.write_text(_LOGGING, encoding="utf-8")
    return {
        "spark.sql.session.timeZone": "UTC",
        # An overflow or a bad cast is an error, never a null.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.maxResultSize": "256m",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={logging.as_uri()}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
