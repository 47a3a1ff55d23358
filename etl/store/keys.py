"""The keys that go with a folder of releases: made with the first release, needed for all that follow."""

from __future__ import annotations

import sys
from pathlib import Path

from datasets.contract import TRUST_FILE
from etl.signing.keyring import KEYS_FOLDER, Keyring, ensure_key
from etl.store.instant import now


def first_keyring(store: Path, releases: Path) -> Keyring:
    """The keyring to sign with; makes the first key where there is none, and tells the operator to back it up."""
    new = not any((folder / TRUST_FILE).exists() for folder in (releases, store / KEYS_FOLDER))
    keyring = ensure_key(store, releases, now())
    if new:
        print(f"releases are signed with key {keyring.current_id}; back up {keyring.folder}", file=sys.stderr)
    return keyring


def keyring_of(store: Path, releases: Path) -> Keyring | None:
    """The keyring of a folder of signed releases; nothing if it is unsigned."""
    return Keyring(store) if (releases / TRUST_FILE).exists() else None
