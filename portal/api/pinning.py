"""Which release a request is answered from: the current one, the one asked for, or the one its cursor began with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.api.faults import ApiError
from portal.current import current_release, release_of
from portal.release import Refusal, Release, ReleaseError

RELEASE_PATTERN = r"^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$"
CURSOR_PATTERN = r"^[0-9A-Za-z][0-9A-Za-z._-]{0,99}\.[0-9]{1,9}\.[0-9a-f]{8}$"


@dataclass(frozen=True)
class Cursor:
    """A place in the answer to one question to one release: `question` is a digest of what was asked.

    The release never changes, so the number of rows before it is a place that stays.
    """

    release: str
    offset: int
    question: str

    def __str__(self) -> str:
        return f"{self.release}.{self.offset}.{self.question}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The cursor of a text that has `CURSOR_PATTERN`."""
        release, offset, question = text.rsplit(".", 2)
        return cls(release, int(offset), question)


@dataclass(frozen=True)
class Pin:
    """The release to answer from; `fixed` if the request itself names it, by `release` or `cursor`."""

    release: Release
    fixed: bool
    cursor: Cursor | None = None

    def offset(self, question: str) -> int:
        """Where to go on; raises ApiError if the cursor was given for another question."""
        if self.cursor is None:
            return 0
        if self.cursor.question != question:
            raise conflict(
                "cursor: it belongs to another question.",
                "Follow the link 'next' as it is: filters and order must stay the same from page to page.",
            )
        return self.cursor.offset

    def following(self, offset: int, question: str) -> Cursor:
        """The cursor of the next page."""
        return Cursor(self.release.id, offset, question)


def conflict(message: str, remedy: str) -> ApiError:
    """409: a cursor that does not belong to the request."""
    return ApiError(409, "conflict", message, remedy)


def digest_question(*parts: object) -> str:
    """Eight hexadecimal digits that stand for what was asked."""
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:8]


def pin(arguments: Mapping[str, Any]) -> Pin:
    """The release of a request with the arguments `release` and `cursor`, both optional; raises ApiError."""
    text, asked = arguments.get("cursor"), arguments.get("release")
    cursor = Cursor.parse(text) if text else None
    if cursor and asked and cursor.release != asked:
        raise conflict(f"cursor: it belongs to release {cursor.release}, not to {asked}.", "Leave out one of the two.")
    wanted = cursor.release if cursor else asked
    if wanted is None:
        return Pin(current_release(), fixed=False)
    return Pin(get_release(wanted), fixed=True, cursor=cursor)


#: Why a release is not answered from: status and code, and what to do.
_REFUSALS = {
    Refusal.RETIRED: (410, "gone", "Its manifest is left: /downloads/{}/manifest.json."),
    Refusal.OTHER_SCHEMA: (404, "other_schema", "It has an older format; its files are at /downloads/{}/."),
    Refusal.DAMAGED: (503, "damaged", "Try again later; nothing is answered from damaged release {}."),
    Refusal.UNTRUSTED: (503, "untrusted", "Try again later; release {} is not signed as it should be."),
}
_ABSENT = (
    404,
    "not_found",
    "See /api/v1/releases for those that are; a cursor of an old one is of no use, begin again without it.",
)


def get_release(release_id: str) -> Release:
    """The release of this id; raises ApiError if the store does not have it, or has only what is left of it."""
    try:
        return release_of(release_id)
    except ReleaseError as error:
        status, code, remedy = _REFUSALS.get(error.refusal, _ABSENT)
        message = f"Release '{release_id}' is not in the store." if code == "not_found" else str(error)
        raise ApiError(status, code, message, remedy.format(release_id)) from None
