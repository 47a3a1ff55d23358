"""The publisher's signature of a release: over its manifest, by a key in force when it was made."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from datasets.minisig import Minisig, SignatureError, check_minisig, is_instant, read_minisig
from datasets.strict_json import JSONError, load_strict
from datasets.trust import Trust, TrustedKey, read_trust

__all__ = [
    "Seal",
    "SignatureError",
    "Trust",
    "TrustedKey",
    "check_signature",
    "comment_of",
    "read_seal",
    "read_trust",
    "untrusted_comment_of",
]

_COMMENT = re.compile(
    r"release=(?P<release>[0-9A-Za-z][0-9A-Za-z._-]{0,99}) sequence=(?P<sequence>[1-9][0-9]{0,8})"
    r" published=(?P<published>\S+)( redacted=(?P<redacted>\S+))?( resigned=(?P<resigned>\S+))?"
)


@dataclass(frozen=True)
class Seal:
    """What a signature says. Instants are UTC as `2026-11-22T10:00:00Z`; `key` is the id of the key that made it.

    `redacted` is when figures were last withdrawn from the release, `resigned` when it was signed anew by a later key than
    that of its publication, because a release before it in the chain was redacted or because the earlier key was revoked.
    """

    release: str
    sequence: int
    published: str
    redacted: str | None
    key: str
    resigned: str | None = None

    @property
    def made(self) -> str:
        """When the signature was made: the instant at which its key must have been in force."""
        return self.resigned or self.redacted or self.published


def comment_of(
    release: str, sequence: int, published: str, redacted: str | None = None, resigned: str | None = None
) -> str:
    """The trusted comment of a signature, which it covers; raises SignatureError if it could not be read back."""
    later = {"redacted": redacted, "resigned": resigned}
    said = f"release={release} sequence={sequence} published={published}"
    said += "".join(f" {name}={instant}" for name, instant in later.items() if instant)
    _read_comment(said)
    return said


def untrusted_comment_of(release: str) -> str:
    """The comment of a signature that it does not cover: for people who look into the file."""
    return f"Ashyq Qalqan release {release}"


def read_seal(signature: bytes) -> Seal:
    """What a signature says, unproven; raises SignatureError unless it is written as we write them."""
    return _seal(read_minisig(signature))


def check_signature(manifest: bytes, signature: bytes, trust: Trust) -> Seal:
    """What the signature of a manifest says, proven; raises SignatureError.

    It must be byte for byte as minisign writes it, be made over exactly these bytes by a trusted key that was in force when
    it was made, and be about the release that the manifest is of.
    """
    minisig = read_minisig(signature)
    seal = _seal(minisig)
    key = trust.key(minisig.key)
    check_minisig(manifest, minisig, key.public_key)
    if not key.in_force(seal.made):
        raise SignatureError(f"Key {key.id} signed at {seal.made}, when it was not in force: {_span(key)}.")
    try:
        said = load_strict(manifest)
    except JSONError as error:
        raise SignatureError(f"The manifest {error}") from None
    if said.get("id") != seal.release:
        raise SignatureError("The signature is of another release than the manifest.")
    # True is 1 for Python, not for a reader.
    if said.get("sequence") != seal.sequence or isinstance(said.get("sequence"), bool | float):
        raise SignatureError("The signature gives the release another place in the chain than its manifest.")
    return seal


def _span(key: TrustedKey) -> str:
    if key.revoked and key.revoked == key.end:
        return f"it was revoked as of {key.revoked}"
    return f"it counts from {key.since}" + (f" to {key.end}" if key.end else "")


def _seal(minisig: Minisig) -> Seal:
    seal = replace(_read_comment(minisig.trusted_comment), key=minisig.key)
    if minisig.untrusted_comment != untrusted_comment_of(seal.release):
        raise SignatureError("The first line of the signature is not as we write it.")
    return seal


def _read_comment(text: str) -> Seal:
    found = _COMMENT.fullmatch(text)
    if found is None:
        raise SignatureError("The comment that is signed is not of a release.")
    said = found.groupdict()
    instants = [said[name] for name in ("published", "redacted", "resigned") if said[name]]
    if not all(map(is_instant, instants)) or instants[0] != min(instants):
        raise SignatureError("The comment that is signed has impossible instants.")
    return Seal(said["release"], int(said["sequence"]), said["published"], said["redacted"], "", said["resigned"])
