"""A secret key in its file: minisign's own form, so that the stock program can sign with it if this one is lost.

The file is its owner's alone. A password, if the operator sets one, is given in SIGNING_PASSWORD, never as an argument,
which every process on the machine could read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import minisign

from datasets.fault import Fault, FaultError
from etl.store.durable import write_durably

#: Scrypt takes some 128 MB and a third of a second; minisign's own choice, 1 GB, would not fit beside a build.
_OPSLIMIT, _MEMLIMIT = 4 * minisign.OPSLIMIT, 4 * minisign.MEMLIMIT
_SUFFIX = ".key"
#: The text of a key file has some 290 bytes.
_MOST_BYTES = 4096


def make_key() -> tuple[minisign.SecretKey, str]:
    """A new key: the secret one, not yet written anywhere, and the public one as 56 characters."""
    pair = minisign.KeyPair.generate()
    return pair.secret_key, pair.public_key.to_base64().decode()


def key_path(folder: Path, key: str) -> Path:
    """Where the secret key of this id is kept."""
    return folder / f"{key}{_SUFFIX}"


def key_ids(folder: Path) -> tuple[str, ...]:
    """The ids of the secret keys that are there."""
    return tuple(sorted(path.stem for path in folder.glob(f"[!.]*{_SUFFIX}")))


def write_secret_key(path: Path, secret: minisign.SecretKey) -> None:
    """Write the key, with the password of the environment if there is one; `secret` cannot be used afterwards."""
    password = _password()
    with secret:
        if password:
            secret.encrypt(password, opslimit=_OPSLIMIT, memlimit=_MEMLIMIT)
        content = bytes(secret) + b"\n"
    write_durably(path, content, 0o600)


def read_secret_key(path: Path) -> minisign.SecretKey:
    """The key in its file, ready to sign; raises FaultError if it is lost, open to others, damaged or locked."""
    try:
        secret = minisign.SecretKey.from_bytes(_private_bytes(path))
    except minisign.Error:
        raise _fault(path, "is no secret key of minisign.", "Restore it from a backup.") from None
    _unlock(secret, path)
    return secret


def require_private(folder: Path) -> None:
    """Raise FaultError if others than the owner may look into the folder of keys."""
    if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise _fault(folder, _OPEN, f"chmod 700 {folder.name} {_IF_READ}")


_OPEN = "is open to other users of this machine."
_IF_READ = "is enough if nobody has read it; if somebody may have, revoke the key."


def _private_bytes(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        remedy = (
            "Restore it from a backup; if there is none, revoke it (python -m etl keys revoke), and another is made."
        )
        raise _fault(path, "is lost: releases cannot be signed with it.", remedy) from None
    except OSError as error:
        raise _fault(path, f"cannot be read: {error.strerror}.", "Make it a file that its owner may read.") from None
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise _fault(path, _OPEN, f"chmod 600 {path.name} {_IF_READ}")
        return file.read(_MOST_BYTES)


def _unlock(secret: minisign.SecretKey, path: Path) -> None:
    if not secret.is_encrypted():
        return
    password = _password()
    if not password:
        raise _fault(path, "is locked with a password.", "Give it in the environment as SIGNING_PASSWORD.")
    try:
        secret.decrypt(password)
    except minisign.Error:
        raise _fault(path, "does not open with the password in SIGNING_PASSWORD.", "Give the right one.") from None


def _password() -> str | None:
    return os.environ.get("SIGNING_PASSWORD")


def _fault(path: Path, message: str, remedy: str) -> FaultError:
    return FaultError([Fault(f"{path.parent.name}/{path.name}", "file", message, remedy)])


def public_key_of(secret: minisign.SecretKey) -> str:
    """The public key of a secret one, as 56 characters."""
    return str(minisign.PublicKey.from_secret_key(secret).to_base64().decode())
