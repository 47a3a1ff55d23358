"""A Spark cluster on this machine for tests: two worker processes on Debian's Java, leaving nothing in the project's folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark
import pytest

#: Two workers of one processor and 1,024 MB each, every one a process of its own.
MASTER = "local-cluster[2,1,1024]"
#: Virtual machines that live for a minute run few rows through many plans: the less they compile, the sooner they are done.
_HASTE = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
OPTIONS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.defaultJavaOptions": _HASTE,
    "spark.executor.defaultJavaOptions": _HASTE,
    "spark.executor.memory": "1g",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
}


@contextmanager
def spark_home() -> Iterator[None]:
    """Point Spark to Java 17 and to a home of links: a local cluster writes its workers' logs into its home."""
    java = sorted(Path("/usr/lib/jvm").glob("java-17-*/bin/java"))
    assert java, "Java 17 is missing: run tests/system-packages.sh"
    with tempfile.TemporaryDirectory(prefix="spark-home-") as folder, pytest.MonkeyPatch.context() as patch:
        for path in Path(pyspark.__file__).parent.iterdir():
            (Path(folder) / path.name).symlink_to(path)
        patch.setenv("SPARK_HOME", folder)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        patch.setenv("JAVA_HOME", str(java[-1].parents[1]))
        yield
