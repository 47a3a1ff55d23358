"""The one shape of an error for programs: API, downloads and SQL answer with it."""

from __future__ import annotations


def error_body(status: int, code: str, message: str, remedy: str) -> dict[str, dict[str, object]]:
    """`{"error": {"status", "code", "message", "remedy"}}`: what is wrong, where, and what to do."""
    return {"error": {"status": status, "code": code, "message": message, "remedy": remedy}}
