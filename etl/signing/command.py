"""The operator's commands `python -m etl keys list`, `new`, `rotate`, `revoke`, `renew`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from datasets.contract import LANGUAGES, TRUST_FILE
from datasets.fault import Fault, FaultError
from datasets.library import Library
from datasets.trust import TrustedKey
from etl.signing.keyring import Keyring, ensure_key
from etl.signing.secret_key import key_ids
from etl.signing.succession import renew, revoke, rotate
from etl.store.instant import now, parse_instant


def add_keys(commands: Any, releases: Path, store: Path) -> None:
    """Add the commands to those of `python -m etl`; `releases` and `store` are the folders when none are given."""
    command = commands.add_parser("keys", help="the keys with which releases are signed")
    actions = command.add_subparsers(required=True)
    for name, text, run in (
        ("list", "say which keys there are, and from when until when they count", _list),
        ("new", "make the first key; a build does it too", _new),
        ("rotate", "let a new key take the place of the present one, which vouches for it", _rotate),
        ("revoke", "let nothing count that a key signed from an instant on, and sign such releases anew", _revoke),
        ("renew", "finish a revocation that was interrupted: sign anew what the revoked key had signed", _renew),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--releases", type=Path, default=releases, help="folder of releases (RELEASES_DIR)")
        action.add_argument("--store", type=Path, default=store, help="work folder with the keys (REGISTRY_DIR)")
        action.set_defaults(run=run, reads_library=False)
        if run is _revoke:
            _add_revocation(action)


def _add_revocation(action: argparse.ArgumentParser) -> None:
    action.add_argument("key", help="the key's id, as 'keys list' shows it")
    action.add_argument("--since", metavar="INSTANT", help="when it was stolen, at the earliest (default: now)")
    for language in LANGUAGES:
        action.add_argument(f"--reason-{language}", required=True, help=f"why, for readers ({language})")


def _list(_: Library | None, chosen: argparse.Namespace) -> None:
    keyring = Keyring(chosen.store)
    there = key_ids(keyring.folder)
    known = keyring.trust.keys
    for key in known:
        print(_line(key, secret=key.id in there))
    for stray in sorted(set(there) - {key.id for key in known}):
        print(
            f"{stray}  not in {TRUST_FILE}: made by a command that was interrupted; it signs nothing, remove the file"
        )


def _line(key: TrustedKey, *, secret: bool) -> str:
    state = f"revoked as of {key.revoked}" if key.revoked else f"until {key.until}" if key.until else "signs now"
    lost = "" if secret or key.end else ", but its secret key is LOST"
    return f"{key.id}  {key.public_key}  from {key.since}  {state}{lost}"


def _new(_: Library | None, chosen: argparse.Namespace) -> None:
    print(f"releases are signed with key {ensure_key(chosen.store, chosen.releases, now()).current_id}")


def _rotate(_: Library | None, chosen: argparse.Namespace) -> None:
    keyring = ensure_key(chosen.store, chosen.releases, now())
    before = keyring.current_id
    after = rotate(keyring, chosen.releases, now())
    print(f"key {after} signs from now on; key {before} vouches for it, and its secret part was removed")


def _revoke(_: Library | None, chosen: argparse.Namespace) -> None:
    reason = {language: getattr(chosen, f"reason_{language}").strip() for language in LANGUAGES}
    if not all(reason.values()):
        raise FaultError([Fault("command line", "--reason", "is empty.", "Say in each language why it is revoked.")])
    keyring = Keyring(chosen.store)
    instant = now()
    since = parse_instant(chosen.since, "--since") if chosen.since else instant
    after = revoke(keyring, chosen.releases, chosen.key, since, reason, instant)
    print(f"key {chosen.key} is revoked as of {since}; key {after} signs now")
    _renew(None, chosen)


def _renew(_: Library | None, chosen: argparse.Namespace) -> None:
    renewed = renew(Keyring(chosen.store), chosen.releases)
    print("\n".join(f"{release} is signed anew" for release in renewed) or "no release had to be signed anew")
