"""Every figure that bounds visitor SQL.

The SQLite figures start from "Defense Against The Dark Arts" (sqlite.org/security.html); those that refuse honest
queries are loosened, and the comment says by what need.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

MEGABYTE = 1_000_000
URL_BYTES = 8_192
PARAMETERS = 50


@dataclass(frozen=True)
class Limits:
    """Bounds of the pool and of one worker. Seconds, bytes and counts."""

    workers: int = 2
    waiting: int = 8
    wait_seconds: float = 1.0
    #: One statement, by Datasette's own progress handler. It cannot stop a single long opcode: `kill_seconds` does.
    sql_seconds: float = 1.0
    #: One whole request, after which its process is killed.
    kill_seconds: float = 1.5
    rows: int = 1_000
    answer_bytes: int = 8 * MEGABYTE
    #: Growth of one worker's address space over what it has when it starts.
    growth_bytes: int = 512 * MEGABYTE
    heap_bytes: int = 256 * MEGABYTE
    #: Resident growth above which an idle worker is replaced.
    recycle_bytes: int = 96 * MEGABYTE
    recycle_requests: int = 500
    niceness: int = 10


#: For `sqlite3.Connection.setlimit`.
SQLITE_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    # 100 refuses a join of three wide datasets with `select *`.
    sqlite3.SQLITE_LIMIT_COLUMN: 300,
    # 10 refuses an ordinary chain of `and`.
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    # 3 refuses one `union all` a dataset.
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    # 8 refuses `coalesce` and `json_object` over a dozen columns.
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 32,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    # In bytes: 50 would be 25 Cyrillic letters.
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    # Datasette asks for the labels of one page by `in (?, ?, ...)`: as many as rows.
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 2_000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
