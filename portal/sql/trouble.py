"""What a worker answers, and how an error in it becomes one that a visitor is told."""

from __future__ import annotations

import sqlite3
import traceback
from dataclasses import dataclass
from pathlib import Path

from datasette.database import QueryInterrupted  # type: ignore[import-untyped]
from datasette.utils.asgi import Base400, NotFound  # type: ignore[import-untyped]
from datasette.views.base import DatasetteError  # type: ignore[import-untyped]

from portal.sql import faults
from portal.sql.exchange import Headers
from portal.sql.faults import SqlError
from portal.sql.hardening import AnswerTooLargeError
from portal.sql.limits import Limits


@dataclass
class Answer:
    """What a worker sends back. `note` is for the operator's log; `tired` asks for a new worker."""

    status: int = 500
    headers: Headers = ()
    body: bytes = b""
    fault: dict[str, str | int] | None = None
    note: str = ""
    tired: bool = False


def failed(error: BaseException, limits: Limits) -> Answer:
    """The answer for an error of any kind."""
    if isinstance(error, MemoryError):
        return Answer(fault=faults.too_much_memory().fields(), tired=True)
    fault = _known(error, limits)
    if fault:
        return Answer(fault=fault.fields())
    # The place in the code and the kind of error, never its text: that may hold a visitor's SQL.
    frame = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
    note = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}" if frame else type(error).__name__
    fault = faults.refused("bad_request", "The request could not be understood.", "Check the parameters' values.")
    return Answer(fault=fault.fields(), note=note)


def _known(error: BaseException, limits: Limits) -> SqlError | None:
    known: SqlError | None = None
    match error:
        case SqlError():
            known = error
        case AnswerTooLargeError():
            known = faults.too_large(limits.answer_bytes)
        case QueryInterrupted():
            known = faults.too_long(limits.sql_seconds)
        case DatasetteError():
            stopped = error.title == "SQL Interrupted"
            known = faults.too_long(limits.sql_seconds) if stopped else bad_query(error.message)
        case sqlite3.Error() | sqlite3.Warning():
            known = bad_query(str(error))
        case NotFound():
            known = faults.not_found()
        case Base400():
            known = faults.refused("bad_parameter", str(error), "Check the parameters' values.")
    return known


def bad_query(message: str | None) -> SqlError:
    """The error for what SQLite or Datasette said of a query."""
    text = (message or "The query failed.")[:500]
    if "too big" in text:
        return faults.too_much_memory()
    if any(sign in text for sign in ("prohibited", "not authorized")):
        remedy = "Read the tables listed on the database page, with SQLite's ordinary functions."
        return faults.refused("not_allowed", f"The query uses something that is not offered: {text}", remedy)
    return faults.refused(
        "bad_query", f"SQLite: {text}", "Correct the query; the database page lists tables and columns."
    )
