"""How a key ends: another takes its place, which it vouches for, or it is revoked, and nothing that it says counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from datasets.minisig import key_id
from datasets.signature import Seal, SignatureError, check_signature
from datasets.trust import Trust, TrustedKey, heading_of, statement_of
from etl.signing.keyring import Keyring
from etl.signing.secret_key import key_path
from etl.store.chain import Link, absent, chain, misfits
from etl.store.condition import is_retired
from etl.store.durable import remove_durably, write_durably
from etl.store.lock import only_publisher
from etl.store.manifest import damage
from etl.store.seals import seal_of


def rotate(keyring: Keyring, releases: Path, now: str) -> str:
    """Let a new key sign from `now` on, vouched for by the present one, whose secret part is then removed.

    Returns the new key's id. Raises FaultError if the present key cannot sign, or has signed in this very second.
    """
    with only_publisher(releases), keyring.alone():
        old = keyring.current
        seals = (seal_of(link.folder) for link in chain(releases))
        latest = max((seal.made for seal in seals if seal and seal.key == old.id), default="")
        if latest >= now or (old.since or "") >= now:
            message = "has signed, or begun, this very second or later: when it ends could not be told."
            raise FaultError([Fault(TRUST_FILE, old.id, message, "Run the command again, with the clock set right.")])
        public = keyring.add_key()
        new = TrustedKey(key_id(public), public, now, signed_by=old.id)
        signature = keyring.write_signature(old, public.encode(), statement_of(new), heading_of(new)).decode()
        known = keyring.trust.keys
        keyring.record(Trust((*known[:-1], replace(old, until=now), replace(new, signature=signature))), releases)
        # It could sign nothing that counts: what is no longer there cannot be stolen.
        remove_durably(key_path(keyring.folder, old.id))
    return new.id


def revoke(keyring: Keyring, releases: Path, key: str, revoked: str, reason: LanguageMap, now: str) -> str:
    """Let nothing count that the key of this id signed at or after the instant `revoked`; returns the id of the key that signs.

    If it was the present one, a new key begins `now`, which nobody vouches for. The secret keys need not be there: they may
    be what was lost. Raises FaultError for an unknown key.
    """
    with only_publisher(releases), keyring.alone():
        keyring.take_over(releases)
        known = keyring.trust.keys
        found = next((each for each in known if each.id == key), None)
        if found is None or found.revoked or revoked < (found.since or "") or revoked > now:
            message = "is no key, is revoked already (then run: etl keys renew), or was not in force then."
            raise FaultError([Fault(TRUST_FILE, key[:20], message, "See them with: python -m etl keys list")])
        keys = [replace(each, revoked=revoked, reason=reason) if each is found else each for each in known]
        if found.end is None:
            public = keyring.add_key()
            keys.append(TrustedKey(key_id(public), public, now))
        keyring.record(Trust(tuple(keys)), releases)
        remove_durably(key_path(keyring.folder, key))
        return keyring.current_id


def renew(keyring: Keyring, releases: Path) -> tuple[str, ...]:
    """Sign with the present key each release whose signature is by a revoked one and no longer counts; returns their ids.

    It does so only for releases that are beyond doubt: whole, in an unbroken chain, and signed by that key, if too late.
    Raises FaultError, and signs nothing, if one is not.
    """
    with only_publisher(releases), keyring.alone():
        links = chain(releases)
        _require_whole_chain(releases, links)
        found = list(_outdated(links, keyring.trust))
        for link, seal in found:
            manifest = (link.folder / MANIFEST_FILE).read_bytes()
            signature = keyring.sign(
                manifest,
                release=seal.release,
                sequence=seal.sequence,
                published=seal.published,
                redacted=seal.redacted,
                again=True,
            )
            write_durably(link.folder / SIGNATURE_FILE, signature)
    return tuple(link.id for link, _ in found)


def _require_whole_chain(releases: Path, links: tuple[Link, ...]) -> None:
    """Raise FaultError unless each signed release has a place in the chain, and names the one before it as that is."""
    signed = {path.parent.name for path in releases.glob(f"[!.]*/{SIGNATURE_FILE}")}
    if lost := sorted(signed - {link.id for link in links}):
        message = "cannot be read, though the release is signed."
        raise FaultError([Fault(lost[0], MANIFEST_FILE, message, "Restore it from a backup.")])
    if broken := [*misfits(links), *absent(links)]:
        message = "does not name the release before it as that is: somebody may have changed one of the two."
        raise FaultError([Fault(broken[0].id, MANIFEST_FILE, message, "Restore them from a backup.")])


def _outdated(links: tuple[Link, ...], trust: Trust) -> Iterator[tuple[Link, Seal]]:
    """The releases with a signature that a revoked key made too late, with what it says."""
    without_ends = Trust(tuple(TrustedKey(key.id, key.public_key) for key in trust.keys))
    for link in links:
        if not (link.folder / SIGNATURE_FILE).exists():
            continue  # one of before there were keys
        try:
            manifest = (link.folder / MANIFEST_FILE).read_bytes()
            seal = check_signature(manifest, (link.folder / SIGNATURE_FILE).read_bytes(), without_ends)
        except SignatureError as error:
            raise FaultError([Fault(link.id, SIGNATURE_FILE, str(error), "Restore it from a backup.")]) from None
        key = trust.key(seal.key)
        if key.in_force(seal.made) or not key.revoked:
            continue
        if why := None if is_retired(link.folder) else damage(link.folder):
            raise FaultError([Fault(link.id, MANIFEST_FILE, f"{why}.", "Restore the release from a backup.")])
        yield link, seal
