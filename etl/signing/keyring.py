"""The keyring: the secret keys in the operator's work folder, with the public record of them that readers trust.

The record (`trust.json`) is kept twice: beside the secret keys, where it says which of them signs now, and in the folder of
releases, where it is published. The first is written first; a command that was killed in between is made good by the next.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.contract import TRUST_FILE
from datasets.fault import Fault, FaultError
from datasets.minisig import SignatureError, key_id
from datasets.signature import check_signature, comment_of, untrusted_comment_of
from datasets.trust import Trust, TrustedKey, read_trust, write_trust
from etl.signing.secret_key import (
    key_ids,
    key_path,
    make_key,
    public_key_of,
    read_secret_key,
    require_private,
    write_secret_key,
)
from etl.store.durable import make_folder, write_durably
from etl.store.instant import Clock, now

KEYS_FOLDER = "keys"
_LOCK_FILE = ".lock"


class Keyring:
    """The keys below the operator's work folder `store`. They are read anew at each use: another command may rotate them."""

    def __init__(self, store: Path, clock: Clock = now) -> None:
        self.folder = store / KEYS_FOLDER
        self._clock = clock

    @property
    def trust(self) -> Trust:
        """All keys there ever were, by the record beside the secret ones; raises FaultError if it cannot be read."""
        return _read(self.folder / TRUST_FILE)

    @property
    def current(self) -> TrustedKey:
        """The key that signs now; raises FaultError if there is none."""
        key = self.trust.current
        if key is None:
            message, remedy = "has no key in force.", "Make one: python -m etl keys new"
            raise FaultError([Fault(f"{KEYS_FOLDER}/{TRUST_FILE}", "keys", message, remedy)])
        return key

    @property
    def current_id(self) -> str:
        """The id of the key that signs now, as minisign shows it; raises FaultError if there is none."""
        return self.current.id

    def sign(
        self,
        manifest: bytes,
        *,
        release: str,
        sequence: int,
        published: str,
        redacted: str | None = None,
        again: bool = False,
    ) -> bytes:
        """The signature of a manifest, as a file; raises FaultError if the key cannot be used.

        A release that was published, and last redacted, before the present key began is signed as of now, and so is one
        that is signed `again`: the signature then says when it was `resigned`.
        """
        key = self.current
        resigned = self._clock() if again or not key.in_force(redacted or published) else None
        try:
            comment = comment_of(release, sequence, published, redacted, resigned)
            signature = self.write_signature(key, manifest, comment, untrusted_comment_of(release))
            check_signature(manifest, signature, Trust((key,)))
        except SignatureError as error:
            remedy = "Look at the clock of this machine, and at the file of the key; restore the key from a backup."
            raise FaultError([Fault(key_path(self.folder, key.id).name, release, str(error), remedy)]) from None
        return signature

    def write_signature(self, key: TrustedKey, content: bytes, trusted: str, untrusted: str) -> bytes:
        """The bytes of a signature over `content` with these two comments; raises FaultError if the key cannot be used."""
        require_private(self.folder)
        path = key_path(self.folder, key.id)
        with read_secret_key(path) as secret:
            if public_key_of(secret) != key.public_key:
                remedy = f"Restore it, or {KEYS_FOLDER}/{TRUST_FILE}, from a backup."
                raise FaultError([Fault(path.name, key.id, f"is another key than {TRUST_FILE} says.", remedy)])
            return bytes(secret.sign(content, untrusted_comment=untrusted, trusted_comment=trusted)) + b"\n"

    def add_key(self) -> str:
        """Make a secret key and keep it; returns its public key. It signs nothing before the record names it."""
        secret, public = make_key()
        write_secret_key(key_path(self.folder, key_id(public)), secret)
        return public

    def record(self, trust: Trust, releases: Path) -> None:
        """Make `trust` the record, here first and then where it is published; raises FaultError if readers would refuse it."""
        text = write_trust(trust)
        try:
            read_trust(text)
        except SignatureError as error:
            raise FaultError(
                [Fault(TRUST_FILE, "keys", str(error), "Restore the record and the keys from a backup.")]
            ) from None
        write_durably(self.folder / TRUST_FILE, text.encode(), 0o600)
        write_durably(releases / TRUST_FILE, text.encode())

    def take_over(self, releases: Path) -> None:
        """Make the published record that beside the keys, if there is none: the work folder was lost."""
        own, published = self.folder / TRUST_FILE, releases / TRUST_FILE
        if not own.exists() and published.exists():
            _read(published)
            write_durably(own, published.read_bytes(), 0o600)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the keyring's lock, in its folder, which is made when it is missing."""
        make_folder(self.folder, 0o700)
        require_private(self.folder)
        with (self.folder / _LOCK_FILE).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Half a secret key of a command that died: each has a name of its own, so that nobody would write over it.
            for half in self.folder.glob(".*.new"):
                half.unlink()
            yield


def ensure_key(store: Path, releases: Path, now: str) -> Keyring:
    """The keyring of a folder of releases. The first key is made, in force from `now` on, if there never was one.

    Raises FaultError if keys were lost, or if the two records are not of the same keys: a new key is never made silently.
    """
    keyring = Keyring(store)
    make_folder(releases)
    with keyring.alone():
        own, published = keyring.folder / TRUST_FILE, releases / TRUST_FILE
        if own.exists():
            _publish(keyring.trust, own, published)
        elif published.exists():
            _adopt(_read(published), keyring, releases)
        else:
            # A key without a record is that of a first call that was killed: it has signed nothing yet.
            found = key_ids(keyring.folder)
            if len(found) > 1:
                message = f"has {len(found)} keys and no {TRUST_FILE} that says which of them signs."
                remedy = "Restore it from a backup, or move the keys away to begin with a new one."
                raise FaultError([Fault(KEYS_FOLDER, TRUST_FILE, message, remedy)])
            public = _public(keyring, found[0]) if found else keyring.add_key()
            keyring.record(Trust((TrustedKey(key_id(public), public, now),)), releases)
        with read_secret_key(key_path(keyring.folder, keyring.current_id)):
            return keyring


def _public(keyring: Keyring, key: str) -> str:
    with read_secret_key(key_path(keyring.folder, key)) as secret:
        return public_key_of(secret)


def _publish(trust: Trust, own: Path, published: Path) -> None:
    """Write the published record if it is behind; raise FaultError if it is of other keys."""
    if not published.exists():
        write_durably(published, own.read_bytes())
        return
    if published.read_bytes() == own.read_bytes():
        return
    known = {key.id: key for key in trust.keys}
    for key in _read(published).keys:
        mine = known.get(key.id)
        if mine is not None and mine.public_key == key.public_key and (mine.revoked or not key.revoked):
            continue
        message = f"says of key {key.id} what {KEYS_FOLDER}/{TRUST_FILE} of the work folder does not."
        remedy = "Name the work folder and the folder of releases that belong together, or restore the wrong record."
        raise FaultError([Fault(TRUST_FILE, "keys", message, remedy)])
    write_durably(published, own.read_bytes())


def _adopt(trust: Trust, keyring: Keyring, releases: Path) -> None:
    """Take the published record over, if the key that it says signs now is here."""
    key = trust.current
    if key is None or key.id not in key_ids(keyring.folder):
        message = "names a key that the work folder does not have: releases cannot be signed."
        remedy = f"Name the right work folder, restore its {KEYS_FOLDER} from a backup, or revoke the lost key."
        raise FaultError([Fault(TRUST_FILE, key.id if key else "keys", message, remedy)])
    keyring.take_over(releases)


def _read(path: Path) -> Trust:
    try:
        return read_trust(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message, remedy = (
            "is missing: there are no keys.",
            "Build a release, which makes the first, or restore a backup.",
        )
    except (SignatureError, ValueError) as error:
        message, remedy = str(error), "Restore it from a backup."
    raise FaultError([Fault(f"{path.parent.name}/{path.name}", "keys", message, remedy)])
