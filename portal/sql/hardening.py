"""What visitor SQL may do inside a worker: connection settings, limits, and an authorizer. A Datasette plugin.

None of this bounds time or memory by itself (one opcode may run for minutes): the pool's kill does. This closes leaks
and crashes, and makes most abuse a quick, clear error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from datasette import Response, hookimpl  # type: ignore[import-untyped]
from markupsafe import Markup

from portal.sql.limits import SQLITE_LIMITS, Limits

OK, DENY = sqlite3.SQLITE_OK, sqlite3.SQLITE_DENY

#: Every function not named here is refused: among the others `fts3_tokenizer` (crashes the process by a bound
#: parameter), `load_extension`, `randomblob` and `zeroblob` (memory), version and compile options (leaks).
FUNCTIONS = frozenset(
    """
    -> ->> abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling char coalesce concat concat_ws cos cosh count
    cume_dist current_date current_time current_timestamp date datetime degrees dense_rank escape_fts exp first_value
    floor format glob group_concat hex highlight ifnull iif instr json json_array json_array_length json_extract
    json_group_array json_group_object json_insert json_object json_patch json_quote json_remove json_replace json_set
    json_type json_valid julianday lag last_value lead length like likelihood likely ln log log10 log2 lower ltrim match
    max min mod nth_value ntile nullif octet_length percent_rank pi pow power printf quote radians random rank replace
    round row_number rtrim sign sin sinh snippet sqrt strftime string_agg substr substring sum tan tanh time timediff
    total trim trunc typeof unicode unixepoch unlikely upper
    """.split()  # noqa: SIM905 - a list of a hundred literals is not easier to read
)
#: Tables that need no definition in the file and that a visitor may read; `pragma_*` ones describe tables.
EPONYMOUS = (
    "json_each",
    "json_tree",
    "pragma_table_info",
    "pragma_table_xinfo",
    "pragma_index_list",
    "pragma_index_info",
    "pragma_index_xinfo",
    "pragma_foreign_key_list",
)
#: Statements that Datasette itself runs, and `data_version` that FTS5 runs. Visitors' SQL cannot begin with PRAGMA.
PRAGMAS = frozenset(name.removeprefix("pragma_") for name in EPONYMOUS) | {
    "database_list",
    "schema_version",
    "data_version",
}
#: Content type that says: the answer is the error in `talk.trouble`.
FAULT_TYPE = "text/x-fault"
HIDDEN_PREFIXES = ("pragma_", "sqlite_", "bytecode", "tables_used")
SHADOW_SUFFIXES = ("data", "idx", "content", "docsize", "config")


class AnswerTooLargeError(Exception):
    """The rows read so far are over the byte limit."""


class Guard:
    """The authorizer of one connection.

    While `strict`, the inner tables of a full-text index are refused too. They cannot always be: SQLite compiles
    FTS5's own statements, which read them, under the same authorizer. So each statement is first compiled
    strictly and not run, then run.
    """

    def __init__(self, tables: Sequence[str], shadow: Sequence[str], modules: Sequence[str]):
        self.strict = False
        self._shadow = frozenset(name.lower() for name in shadow)
        self._tables = frozenset(name.lower() for name in [*tables, *EPONYMOUS, "sqlite_master", "sqlite_schema"])
        self._modules = frozenset(modules)

    def authorize(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """SQLite's callback: OK or DENY for one thing that a statement would do."""
        name = (first or "").lower()
        match action:
            case sqlite3.SQLITE_SELECT | sqlite3.SQLITE_RECURSIVE:
                return OK
            case sqlite3.SQLITE_READ:
                return OK if self._may_read(name, second or "") else DENY
            case sqlite3.SQLITE_FUNCTION:
                return OK if (second or "").lower() in FUNCTIONS else DENY
            case sqlite3.SQLITE_PRAGMA:
                return OK if name in PRAGMAS else DENY
        return DENY

    def _may_read(self, table: str, column: str) -> bool:
        if table in self._shadow:
            return not self.strict
        if table in self._tables:
            return True
        # A table of which no column is read is reported by its name alone: it may be the name of a `with` part.
        return not column and table not in self._modules and not table.startswith(HIDDEN_PREFIXES)


class Budget:
    """Bytes of text that one request may still read."""

    def __init__(self, limit: int):
        self.left = limit

    def row(self, cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
        """Row factory that counts. Raises AnswerTooLargeError."""
        for value in values:
            if isinstance(value, (str, bytes)):
                self.left -= len(value)
        if self.left < 0:
            raise AnswerTooLargeError
        return sqlite3.Row(cursor, values)


class GuardedConnection(sqlite3.Connection):
    """A connection that knows its guard."""

    guard: Guard
    limits: Limits


def harden(conn: GuardedConnection, limits: Limits) -> None:
    """Apply settings, limits, row counting and the authorizer, in an order that lets full-text tables open."""
    for setting, value in {
        "query_only": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "temp_store": 2,
        "hard_heap_limit": limits.heap_bytes,
    }.items():
        conn.execute(f"pragma {setting} = {value}").fetchall()
    for kind, figure in SQLITE_LIMITS.items():
        conn.setlimit(kind, figure)
    tables, virtual = _tables(conn)
    modules = [row[0] for row in conn.execute("pragma module_list")]
    shadow = [f"{table}_{suffix}" for table in virtual for suffix in SHADOW_SUFFIXES]
    for table in [*virtual, *EPONYMOUS]:
        # Opened before the authorizer is set; under it the open would be refused ("vtable constructor failed").
        conn.execute(f'select * from "{table}" limit 0').fetchall()
    conn.guard = Guard([name for name in tables if name not in shadow], shadow, modules)
    conn.row_factory = Budget(limits.answer_bytes).row
    conn.set_authorizer(conn.guard.authorize)


def _tables(conn: sqlite3.Connection) -> tuple[list[str], list[str]]:
    rows = conn.execute("select name, sql from sqlite_master where type in ('table', 'view')").fetchall()
    names = [row[0] for row in rows if not row[0].startswith("sqlite_")]
    return names, [row[0] for row in rows if (row[1] or "").lower().startswith("create virtual table")]


def check(conn: GuardedConnection, sql: str, params: Any) -> None:
    """Compile a visitor's statement strictly, without running it. Raises sqlite3.DatabaseError."""
    if sql.lstrip()[:6].lower() == "pragma":
        return
    explained = sql if sql.lstrip()[:7].lower() == "explain" else f"explain {sql}"
    conn.guard.strict = True
    try:
        conn.execute(explained, params if params is not None else {}).close()
    finally:
        conn.guard.strict = False


@hookimpl  # type: ignore[untyped-decorator]
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Any) -> None:
    """Datasette's hook: each new connection to the release."""
    if isinstance(conn, GuardedConnection):
        harden(conn, conn.limits)


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(value: Any) -> Markup | None:
    """Bytes are named, not linked: releases hold none, and the download of a visitor's own bytes is switched off."""
    return Markup("<i>{} bytes</i>").format(len(value)) if isinstance(value, bytes) else None


@hookimpl  # type: ignore[untyped-decorator]
def handle_exception(datasette: Any, exception: BaseException) -> Response:
    """Keep the error for the portal to tell in its own shape, instead of Datasette's page or its log."""
    datasette.talk.trouble = exception
    return Response("", status=500, content_type=FAULT_TYPE)
