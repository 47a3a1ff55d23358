"""Joins the chain again behind releases from which figures were withdrawn: their manifests have changed, and each later one
names the manifest before it. Nothing else of a later release changes; it is signed anew with its old instant.

A retired release has no files to withdraw a figure from, but its manifest has their digests, and a digest lets anyone try out
which figure goes into a file. So a redaction takes the digests out of the manifests of retired releases.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE
from datasets.fault import Fault, FaultError
from etl.signing.keyring import Keyring
from etl.store.chain import Link, Predecessor, chain, misfits
from etl.store.condition import is_retired
from etl.store.durable import sync_tree
from etl.store.instant import Clock
from etl.store.lock import STAGING_PREFIX
from etl.store.manifest import digest, read_manifest, write_manifest_text
from etl.store.seals import seal_of, write_seal


@dataclass(frozen=True)
class Signing:
    """With what releases are signed anew, and when; an unsigned store has no keyring."""

    keyring: Keyring | None
    clock: Clock


def require_joined(releases: Path) -> None:
    """Raise FaultError if a release names another manifest than that of the release before it as it is."""
    for link in misfits(chain(releases)):
        message = "names another manifest than that of the release before it."
        raise FaultError([Fault(link.id, MANIFEST_FILE, message, "Restore the two folders from a backup.")])


def rechain(
    aside: dict[str, Path], releases: Path, signing: Signing, progress: Callable[[str], None]
) -> list[tuple[Path, Path]]:
    """Give the releases written `aside` their place and signature, and write those after them aside as well.

    Returns the folders aside, whole and durable, with those that they are to be exchanged for, the oldest first: stopped
    anywhere in between, the exchange leaves each release whole, and the chain open at one place. `aside` gets the new folders.
    """
    hashes: dict[str, str] = {}
    staged = []
    for link in chain(releases):
        before = link.place.previous
        previous = before and Predecessor(before.id, hashes.get(before.id, before.sha256), before.folder)
        told = _tells(link)
        redacted = link.id in aside or told
        if redacted or previous != before:
            progress(link.id)
            folder = aside.get(link.id) or _copied(link, aside)
            said = {**read_manifest(folder), "previous": previous and previous.said}
            write_manifest_text(said | ({"files": []} if told else {}), folder)
            _seal(link, folder, signing, redacted=redacted)
            sync_tree(folder)
            staged.append((folder, link.folder))
        hashes[link.id] = digest((aside.get(link.id) or link.folder) / MANIFEST_FILE)
    return staged


def later(ids: Collection[str], releases: Path) -> tuple[str, ...]:
    """The releases, none of `ids`, of which a redaction of these changes the manifest: those after them, and retired ones."""
    links = chain(releases)
    order = [link.id for link in links]
    changed = [place for place, link in enumerate(links) if link.id in ids or _tells(link)]
    return tuple(each for each in order[min(changed, default=len(order)) :] if each not in ids)


def _tells(link: Link) -> bool:
    """Whether it is retired and its manifest still has the digests of its files."""
    return is_retired(link.folder) and bool(read_manifest(link.folder)["files"])


def _copied(link: Link, aside: dict[str, Path]) -> Path:
    """A folder aside with the same files under second names, less the signature."""
    folder = aside[link.id] = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=link.folder.parent))
    for path in sorted(link.folder.rglob("*")):
        name = str(path.relative_to(link.folder))
        if path.is_dir():
            (folder / name).mkdir()
        elif name != SIGNATURE_FILE:
            os.link(path, folder / name)
    return folder


def _seal(link: Link, folder: Path, signing: Signing, *, redacted: bool) -> None:
    if signing.keyring is None:
        return
    seal, at = seal_of(link.folder), signing.clock()
    published, before = (seal.published, seal.redacted) if seal else (at, None)
    write_seal(folder, signing.keyring, published, at if redacted else before)
