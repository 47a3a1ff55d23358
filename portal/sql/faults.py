"""Errors of the SQL face, in the portal's one shape."""

from __future__ import annotations

import json

from portal.sql.exchange import DATABASE_NAME, MOUNT
from portal.sql.frame import fault_page

TITLES = {
    400: "The question could not be answered",
    404: "Nothing is here",
    405: "Only reading is possible",
    414: "The address is too long",
    503: "All workers are busy",
}


class SqlError(Exception):
    """A refusal or failure that a visitor is told about: what, and what to do. Never a path, never another's SQL."""

    def __init__(self, code: str, status: int, message: str, remedy: str, retry_after: int | None = None):
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.remedy = remedy
        self.retry_after = retry_after

    def fields(self) -> dict[str, str | int]:
        """What travels in an error answer."""
        return {"code": self.code, "status": self.status, "message": self.message, "remedy": self.remedy}

    def as_json(self) -> bytes:
        """`{"error": {"code", "status", "message", "remedy"}}`."""
        return json.dumps({"error": self.fields()}, ensure_ascii=False).encode()

    def as_page(self) -> bytes:
        """An HTML page. Message and remedy are escaped."""
        return fault_page(TITLES.get(self.status, TITLES[400]), self.message, self.remedy).encode()


def busy(seconds: int = 2) -> SqlError:
    """The queue is full or a place in it took too long."""
    return SqlError("busy", 503, "Other queries are running.", f"Ask again in {seconds} seconds.", retry_after=seconds)


def unavailable() -> SqlError:
    """No worker could be started."""
    return SqlError(
        "sql_unavailable",
        503,
        "The query service is not running.",
        "Ask again in 5 seconds; the portal's pages and downloads are not affected.",
        retry_after=5,
    )


def too_long(seconds: float) -> SqlError:
    """A request used its whole time."""
    return SqlError(
        "query_time",
        400,
        f"The query took longer than {seconds:g} s and was stopped.",
        "Filter or aggregate earlier, or take the whole dataset from the downloads.",
    )


def too_much_memory() -> SqlError:
    """A request used its whole memory, or its worker died of it."""
    return SqlError(
        "query_memory",
        400,
        "The query used too much memory and was stopped.",
        "Select fewer rows or columns, build no very long texts, or take the whole dataset from the downloads.",
    )


def too_large(limit: int) -> SqlError:
    """An answer over the byte limit."""
    return SqlError(
        "answer_too_large",
        400,
        f"The answer is larger than {limit // 1_000_000} MB.",
        "Select fewer rows or columns, or take the whole dataset from the downloads.",
    )


def not_found(what: str = "This page does not exist.") -> SqlError:
    """Nothing at this address."""
    return SqlError("not_found", 404, what, f"Start at {MOUNT}/{DATABASE_NAME}, which lists every table and query.")


def refused(code: str, message: str, remedy: str) -> SqlError:
    """A request that is not let in as it is."""
    return SqlError(code, 400, message, remedy)
