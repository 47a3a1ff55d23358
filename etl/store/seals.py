"""Signatures of the releases in a store: whether one is needed, whether it is valid, made when a release is published.

A folder of releases without public keys is unsigned: a trial, or older than signatures.
"""

from __future__ import annotations

import json
from pathlib import Path

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.fault import Fault, FaultError
from datasets.signature import Seal, SignatureError, Trust, check_signature, read_seal, read_trust
from etl.signing.keyring import Keyring
from etl.store.durable import write_durably


def trust_of(releases: Path) -> Trust | None:
    """The public keys of a folder of releases; nothing if it is unsigned. Raises FaultError if they cannot be read."""
    path = releases / TRUST_FILE
    if not path.exists():
        return None
    try:
        return read_trust(path.read_text(encoding="utf-8"))
    except (SignatureError, ValueError) as error:
        raise FaultError([Fault(path.name, "keys", f"{error}", "Restore it from a backup.")]) from None


def require_keyring(releases: Path, keyring: Keyring | None) -> None:
    """Raise FaultError if releases here are signed and there is no key to sign with: the new one could not be served."""
    if keyring is None and (releases / TRUST_FILE).exists():
        message = "says that releases here are signed, and no key is given to sign with."
        remedy = "Name the work folder that has the keys (--store, REGISTRY_DIR)."
        raise FaultError([Fault(releases.name, TRUST_FILE, message, remedy)])


def seal_of(folder: Path) -> Seal | None:
    """What the signature of a release says, whoever made it; nothing if it has none or says nothing of the kind."""
    try:
        return read_seal((folder / SIGNATURE_FILE).read_bytes())
    except (FileNotFoundError, NotADirectoryError, SignatureError, ValueError):
        return None


def keep_seal(folder: Path, staging: Path, trust: Trust | None) -> bool:
    """Take the signature of a damaged release over to what was built in its place, if it is one of the same manifest."""
    if trust is None or not (folder / SIGNATURE_FILE).exists():
        return False
    signature = (folder / SIGNATURE_FILE).read_bytes()
    try:
        check_signature((staging / MANIFEST_FILE).read_bytes(), signature, trust)
    except SignatureError:
        return False
    (staging / SIGNATURE_FILE).write_bytes(signature)
    return True


def signature_fault(folder: Path, trust: Trust | None) -> str | None:
    """What is wrong with the signature of the release in `folder`; nothing in an unsigned store."""
    if trust is None:
        return None
    try:
        check_signature((folder / MANIFEST_FILE).read_bytes(), (folder / SIGNATURE_FILE).read_bytes(), trust)
    except OSError:
        return f"{SIGNATURE_FILE} is absent"
    except SignatureError as error:
        return f"{SIGNATURE_FILE}: {error}"
    return None


def write_seal(folder: Path, keyring: Keyring, published: str, redacted: str | None = None) -> None:
    """Sign the manifest in `folder` as it is; a signature that is there is replaced in one step."""
    manifest = (folder / MANIFEST_FILE).read_bytes()
    said = json.loads(manifest)
    signature = keyring.sign(
        manifest, release=said["id"], sequence=said["sequence"], published=published, redacted=redacted
    )
    write_durably(folder / SIGNATURE_FILE, signature)
