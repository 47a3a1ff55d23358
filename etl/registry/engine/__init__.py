"""The engines that compute a dataset's SELECT over the Registry: DuckDB over files, PostgreSQL in place, Spark on a cluster.

`select` reads the SELECT and `grammar` refuses what engines disagree on; `view` says what the SELECT sees of the tables;
each engine adds where its rows are; `check` judges the SELECT of a dataset before anything runs.
"""

from etl.registry.engine.engine import Engine
from etl.registry.engine.select import tables_of

__all__ = ["Engine", "tables_of"]
