"""What the API refuses, in the one error shape: status, code, message (what and where), remedy (what to do)."""

from __future__ import annotations

from flask import Response, jsonify

from portal.error_shape import error_body
from portal.freshness import NEVER
from portal.release import Release

#: As much of a wrong value as a message repeats.
_SHOWN = 60


class ApiError(Exception):
    """A request that the API does not answer."""

    def __init__(self, status: int, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.remedy = remedy


def answer_fault(fault: ApiError) -> Response:
    """The fault as JSON; never kept by a cache, since the next release may know what this one does not."""
    response = jsonify(error_body(fault.status, fault.code, fault.message, fault.remedy))
    response.status_code = fault.status
    response.headers["Cache-Control"] = NEVER
    return response


def invalid(message: str, remedy: str) -> ApiError:
    """422: an argument that is not as described."""
    return ApiError(422, "invalid_argument", message, remedy)


def absent(kind: str, name: str, release: Release, listing: str) -> ApiError:
    """404: `name` is not among the `kind` (datasets, code lists) of the release; `listing` is where they are listed."""
    message = f"{kind} '{shown(name)}' is not in release {release.id}."
    return ApiError(404, "not_found", message, f"See {listing} for what there is.")


def shown(value: str) -> str:
    """A value as a message repeats it: cut, and without anything that a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value[:_SHOWN])
