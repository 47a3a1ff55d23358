"""Signed tokens of forms: they say when a form was given out and for what, so that no cookie is needed.

`<instant>.<nonce>.<signature>`: seconds since 1970, 16 random hexadecimal digits, HMAC-SHA-256 over both and the subject.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

#: Seconds: nobody writes a report faster, and nobody needs longer than a day.
YOUNGEST, OLDEST = 3, 24 * 3600
_PATTERN = re.compile(r"([0-9]{1,12})\.([0-9a-f]{16})\.([0-9a-f]{64})", re.ASCII)


class Verdict(StrEnum):
    """What a token is worth."""

    GOOD = "good"
    FORGED = "forged"
    TOO_YOUNG = "too_young"
    TOO_OLD = "too_old"


@dataclass(frozen=True)
class Checked:
    """A token that was looked at; a forged one has no nonce. `until` is the second after which it is of no use."""

    verdict: Verdict
    nonce: str = ""
    until: int = 0


def make_token(key: bytes, subject: str, now: int) -> str:
    """A token for a form on `subject`, given out at `now`."""
    nonce = secrets.token_hex(8)
    return f"{now}.{nonce}.{_sign(key, subject, str(now), nonce)}"


def check_token(key: bytes, subject: str, text: str, now: int) -> Checked:
    """What the token `text` is worth for a form on `subject` that comes back at `now`."""
    found = _PATTERN.fullmatch(text)
    if not found or not hmac.compare_digest(_sign(key, subject, found[1], found[2]), found[3]):
        return Checked(Verdict.FORGED)
    age = now - int(found[1])
    verdict = Verdict.TOO_YOUNG if age < YOUNGEST else Verdict.TOO_OLD if age > OLDEST else Verdict.GOOD
    return Checked(verdict, found[2], int(found[1]) + OLDEST)


def _sign(key: bytes, subject: str, instant: str, nonce: str) -> str:
    return hmac.new(key, "\n".join((instant, nonce, subject)).encode(), hashlib.sha256).hexdigest()
