"""Signatures and public keys in the form that the program minisign writes, byte for byte: nothing else is read.

The form is that of https://jedisct1.github.io/minisign, of which we take the prehashed Ed25519 signature alone.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import datetime

import minisign

#: The longest file that is looked at: a signature of ours has some 400 bytes.
MOST_BYTES = 4096
_KEY = re.compile(r"RW[A-Za-z0-9+/]{54}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class SignatureError(Exception):
    """Something is not signed as it should be; the message may be shown to anybody."""


@dataclass(frozen=True)
class Minisig:
    """A signature as it is written. `key` is the id of the key that it says it was made with; nothing is proven yet."""

    key: str
    untrusted_comment: str
    trusted_comment: str
    signature: minisign.Signature


def read_public_key(text: str) -> minisign.PublicKey:
    """The key written as 56 characters that begin with RW; raises SignatureError."""
    try:
        if not _KEY.fullmatch(text):
            raise minisign.ParseError
        key = minisign.PublicKey.from_base64(text)
    except minisign.Error:
        raise SignatureError("A public key is 56 characters that begin with RW.") from None
    if key.to_base64().decode() != text:
        raise SignatureError("A public key is not written as minisign writes it.")
    return key


def key_id(public_key: str) -> str:
    """The id of a key, as minisign shows it: 16 hexadecimal digits. Raises SignatureError if it is no key."""
    return _key_id(read_public_key(public_key).to_base64())


def _key_id(encoded: bytes) -> str:
    """The id in a key or a signature: two bytes say the algorithm, then eight that minisign shows as a little-endian number."""
    return base64.b64decode(encoded)[2:10][::-1].hex().upper()


def key_file(public_key: str) -> bytes:
    """The file of a public key as minisign writes and reads it."""
    return f"untrusted comment: minisign public key {key_id(public_key)}\n{public_key}\n".encode()


def read_minisig(content: bytes) -> Minisig:
    """Read the bytes of a signature; raises SignatureError unless they are as minisign would write what they say."""
    if len(content) > MOST_BYTES:
        raise SignatureError("The signature is longer than a signature is.")
    try:
        found = minisign.Signature.from_bytes(content)
    except minisign.Error as error:
        raise SignatureError(f"The signature is not in minisign's form: {error}.") from None
    if bytes(found) + b"\n" != content:
        raise SignatureError("The signature is not written as minisign writes it.")
    if not found.is_prehashed():
        raise SignatureError("The signature is of minisign's old kind, over the text instead of its digest.")
    return Minisig(_key_id(content.splitlines()[1]), found.untrusted_comment, found.trusted_comment, found)


def check_minisig(content: bytes, minisig: Minisig, public_key: str) -> None:
    """Raise SignatureError unless `minisig` and its trusted comment were made over `content` with this key."""
    try:
        read_public_key(public_key).verify(content, minisig.signature)
    except minisign.VerifyError:
        raise SignatureError(f"The signature does not fit: key {minisig.key} has not signed these bytes.") from None


def is_instant(text: str) -> bool:
    """Whether `text` is an instant as signatures state it, e.g. `2026-11-22T10:00:00Z`. Such texts sort as time does."""
    try:
        return bool(_INSTANT.fullmatch(text)) and datetime.fromisoformat(text) is not None
    except ValueError:
        return False
