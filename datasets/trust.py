"""Which keys may sign, and from when until when: `trust.json`, or the keys that an operator pins.

Keys follow one another. Each but the first is signed by the key before it, so that whoever trusts one can trust the next
without asking; only after a revocation, when the key before is worth nothing, does a new one stand by itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from datasets.language import LanguageMap, LanguageMapField
from datasets.minisig import SignatureError, check_minisig, is_instant, key_id, read_minisig
from datasets.strict_json import JSONError, load_strict


@dataclass(frozen=True)
class TrustedKey:
    """A public key. Instants are UTC as `2026-11-22T10:00:00Z`; a pinned key has none: it counts whenever it signs."""

    id: str
    public_key: str
    since: str | None = None
    until: str | None = None
    revoked: str | None = None
    reason: LanguageMap | None = None
    signed_by: str | None = None
    signature: str | None = None

    @property
    def end(self) -> str | None:
        """From when on its signatures no longer count."""
        return min((each for each in (self.until, self.revoked) if each), default=None)

    def in_force(self, instant: str) -> bool:
        """Whether a signature made at `instant` counts."""
        return (self.since is None or self.since <= instant) and (self.end is None or instant < self.end)


@dataclass(frozen=True)
class Trust:
    """The keys, oldest first."""

    keys: tuple[TrustedKey, ...]

    @classmethod
    def pinned(cls, text: str) -> Trust:
        """Trust in the public keys of `text`, apart from blanks and commas between them; raises SignatureError."""
        found = tuple(TrustedKey(key_id(each), each) for each in text.replace(",", " ").split())
        if not found:
            raise SignatureError("No public key is named.")
        return cls(found)

    def key(self, wanted: str) -> TrustedKey:
        """The key of this id; raises SignatureError if it is not trusted."""
        found = next((key for key in self.keys if key.id == wanted), None)
        if found is None:
            raise SignatureError(f"The signature is by key {wanted}, which is not among the trusted ones.")
        return found

    @property
    def current(self) -> TrustedKey | None:
        """The key that signs now; none when the last one was revoked and no other has followed."""
        return self.keys[-1] if self.keys and self.keys[-1].end is None else None


def statement_of(key: TrustedKey) -> str:
    """The trusted comment of the signature by which a key names the one after it."""
    return f"key={key.id} since={key.since}"


def heading_of(key: TrustedKey) -> str:
    """The untrusted comment of that signature."""
    return f"Ashyq Qalqan key {key.id}"


def read_trust(text: str) -> Trust:
    """The keys of a `trust.json`; raises SignatureError unless it is whole, in order, and each key vouches for the next."""
    try:
        said = load_strict(text.encode())
    except JSONError as error:
        raise SignatureError(f"trust.json {error}") from None
    try:
        trust = Trust(tuple(_TrustSchema().load(said)["keys"]))
    except ValidationError as error:
        raise SignatureError(f"trust.json is not as it should be: {_first(error.messages)}") from None
    for key in trust.keys:
        _check_key(key)
    for before, after in pairwise(trust.keys):
        if before.end is None or after.since is None or after.since < before.end:
            raise SignatureError(f"trust.json has key {after.id} begin before key {before.id} has ended.")
        _check_succession(before, after)
    if len({key.id for key in trust.keys}) < len(trust.keys):
        raise SignatureError("trust.json has a key twice.")
    if trust.keys[0].signed_by:
        raise SignatureError(f"trust.json has key {trust.keys[0].id} signed by a key that is not in it.")
    return trust


def _check_key(key: TrustedKey) -> None:
    if key_id(key.public_key) != key.id:
        raise SignatureError(f"trust.json gives key {key.id} with the public key of another.")
    if (key.revoked is None) != (key.reason is None):
        raise SignatureError(f"trust.json must say of key {key.id} why it is revoked if it is, and only then.")
    if (key.signed_by is None) != (key.signature is None):
        raise SignatureError(f"trust.json must give for key {key.id} both who signed it and the signature, or neither.")
    if key.end is not None and key.since is not None and key.end < key.since:
        raise SignatureError(f"trust.json has key {key.id} end before it began.")


def _check_succession(before: TrustedKey, after: TrustedKey) -> None:
    """A key is named by the one before it, with the instant from which on it counts."""
    if after.signature is None:
        if before.revoked is None:
            raise SignatureError(f"trust.json has key {after.id} unsigned by key {before.id}, which it follows.")
        return
    if after.signed_by != before.id:
        raise SignatureError(f"trust.json has key {after.id} signed by another key than {before.id}, which it follows.")
    minisig = read_minisig(after.signature.encode())
    said = minisig.key, minisig.trusted_comment, minisig.untrusted_comment
    if said != (before.id, statement_of(after), heading_of(after)):
        raise SignatureError(f"trust.json has a signature of key {after.id} that is about something else.")
    check_minisig(after.public_key.encode(), minisig, before.public_key)


def write_trust(trust: Trust) -> str:
    """The text of the `trust.json` with these keys."""
    return json.dumps({"keys": [asdict(key) for key in trust.keys]}, indent=1, ensure_ascii=False) + "\n"


def _instant(text: str) -> None:
    if not is_instant(text):
        raise ValidationError("write an instant as 2026-11-22T10:00:00Z.")


class _KeySchema(Schema):
    id = fields.String(required=True, validate=validate.Regexp(r"^[0-9A-F]{16}\Z"))
    public_key = fields.String(required=True)
    since = fields.String(required=True, validate=_instant)
    until = fields.String(required=True, allow_none=True, validate=_instant)
    revoked = fields.String(required=True, allow_none=True, validate=_instant)
    reason = LanguageMapField(required=True, allow_none=True)
    signed_by = fields.String(required=True, allow_none=True)
    signature = fields.String(required=True, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> TrustedKey:
        return TrustedKey(**data)


class _TrustSchema(Schema):
    keys = fields.List(fields.Nested(_KeySchema), required=True, validate=validate.Length(min=1))


def _first(messages: Any) -> str:
    """The first complaint of marshmallow with the place it is about."""
    place = []
    while not isinstance(messages, str):
        key, messages = next(iter(messages.items())) if isinstance(messages, dict) else ("", messages[0])
        place += [str(key)] if key != "" else []
    return f"{'.'.join(place)}: {messages}"
