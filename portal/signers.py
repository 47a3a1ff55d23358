"""Whose signatures the portal believes: the operator's own list of keys, or the one beside the releases, or nobody's."""

from __future__ import annotations

import logging
from pathlib import Path

from datasets.contract import TRUST_FILE
from datasets.signature import SignatureError, Trust, read_trust
from portal.integrity import Stamp, stamp_of
from portal.release import Refusal, ReleaseError

log = logging.getLogger(__name__)


class Signers:
    """The keys; those beside the releases are read again when their file changes."""

    def __init__(self, releases: Path, pinned: str = "") -> None:
        """`pinned` are public keys with blanks between them, which the operator has got by another way than the releases."""
        self._path = releases / TRUST_FILE
        self._pinned = pinned
        self._stamp: Stamp | None = None
        self._trust: Trust | None = self._read_pinned() if pinned.strip() else None
        self._trouble = ""

    def current(self) -> Trust | None:
        """The keys; nothing if the store is unsigned. Raises ReleaseError if they cannot be read and never could.

        Who was believed once stays so while the list is damaged or gone: else whoever takes it away could publish anything.
        """
        if self._pinned.strip():
            return self._trust
        stamp = stamp_of(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            self._trouble = self._read()
        if self._trouble and self._trust is None:
            raise ReleaseError(self._trouble, Refusal.UNTRUSTED)
        return self._trust

    @property
    def trouble(self) -> str:
        """What is wrong with the list of keys; empty if nothing is."""
        return self._trouble

    def _read(self) -> str:
        try:
            self._trust = read_trust(self._path.read_text(encoding="utf-8"))
            return ""
        except FileNotFoundError:
            said = f"{TRUST_FILE} is gone." if self._trust else ""
        except (OSError, UnicodeError) as error:
            said = f"{TRUST_FILE} cannot be read: {type(error).__name__}."
        except SignatureError as error:
            said = str(error)
        if said:
            log.error("%s", said)
        return said

    def _read_pinned(self) -> Trust:
        try:
            return Trust.pinned(self._pinned)
        except SignatureError as error:
            raise ReleaseError(f"TRUSTED_KEYS cannot be used: {error}", Refusal.UNTRUSTED) from None
