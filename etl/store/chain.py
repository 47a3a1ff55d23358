"""The chain: each release names the one that was published before it, and the hash of its manifest.

Order is by sequence, which goes on after a rollback. Releases of schemas before 4 have none and are in no chain.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.contract import MANIFEST_FILE
from datasets.fault import Fault, FaultError
from etl.store.manifest import digest, read_manifest

#: How the folder of a release is named, whatever is left in it.
RELEASE_ID = re.compile(r".+-[0-9a-f]{12}")


@dataclass(frozen=True)
class Predecessor:
    """The release before another one: its id and the SHA-256 of its manifest. Its `folder` may be gone, or retired."""

    id: str
    sha256: str
    folder: Path

    @property
    def said(self) -> dict[str, str]:
        """As a manifest says it."""
        return {"id": self.id, "sha256": self.sha256}


@dataclass(frozen=True)
class Place:
    """A place in the chain; the first one, 1, has none before it."""

    sequence: int
    previous: Predecessor | None

    @property
    def said(self) -> dict[str, Any]:
        """As a manifest says it."""
        return {"sequence": self.sequence, "previous": self.previous and self.previous.said}


@dataclass(frozen=True)
class Link:
    """A release in its place. `sha256` is that of its manifest as it is."""

    folder: Path
    sha256: str
    place: Place

    @property
    def id(self) -> str:
        """The release's id."""
        return self.folder.name

    @property
    def as_predecessor(self) -> Predecessor:
        """This release as the one after it names it."""
        return Predecessor(self.id, self.sha256, self.folder)


def chain(releases: Path) -> tuple[Link, ...]:
    """All releases below `releases` that have a place, the oldest first; unreadable manifests are left out."""
    found = (link_of(path.parent, releases) for path in releases.glob(f"[!.]*/{MANIFEST_FILE}"))
    return tuple(sorted((link for link in found if link), key=lambda link: (link.place.sequence, link.id)))


def link_of(folder: Path, releases: Path) -> Link | None:
    """The release in `folder` with the place that its manifest says; nothing if it says none."""
    try:
        said = read_manifest(folder)
        sequence, previous = said["sequence"], said["previous"]
        if not isinstance(sequence, int) or sequence < 1:
            return None
        before = previous and Predecessor(previous["id"], previous["sha256"], releases / previous["id"])
        return Link(folder, digest(folder / MANIFEST_FILE), Place(sequence, before))
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError):
        # A disk that fails to read is another matter: the release is there, and its place must not be given away.
        return None


def place_of(release_id: str, releases: Path) -> Place:
    """The place that a release has, or had before its manifest was damaged, or will have as the newest one.

    Raises FaultError if two releases claim one place, or if the newest release may be one whose manifest is lost.
    """
    links = chain(releases)
    _refuse_forks(links)
    own = next((link for link in links if link.id == release_id), None)
    if own is not None:
        return own.place
    after = next((link for link in links if link.place.previous and link.place.previous.id == release_id), None)
    if after is not None:
        # Its manifest is lost; the one after it says where it stood.
        sequence = after.place.sequence - 1
        before = next((link for link in links if link.place.sequence == sequence - 1), None)
        return Place(sequence, before.as_predecessor if before else None)
    _refuse_lost(release_id, releases)
    return next_place(links)


def next_place(links: tuple[Link, ...]) -> Place:
    """The place after the newest of the releases `links`."""
    return Place(links[-1].place.sequence + 1, links[-1].as_predecessor) if links else Place(1, None)


def misfits(links: tuple[Link, ...]) -> Iterator[Link]:
    """The releases that name another manifest than that of the release before them, as it is here."""
    hashes = {link.id: link.sha256 for link in links}
    for link in links:
        before = link.place.previous
        if before and hashes.get(before.id, before.sha256) != before.sha256:
            yield link


def absent(links: tuple[Link, ...]) -> Iterator[Link]:
    """The releases before which one is missing here."""
    ids = {link.id for link in links}
    yield from (link for link in links if link.place.previous and link.place.previous.id not in ids)


def _refuse_forks(links: tuple[Link, ...]) -> None:
    twice = [sequence for sequence, count in Counter(link.place.sequence for link in links).items() if count > 1]
    if twice:
        ids = " and ".join(link.id for link in links if link.place.sequence == twice[0])
        remedy = "Move the one that was not published from here out of the folder."
        raise FaultError([Fault(ids, MANIFEST_FILE, f"both have the place {twice[0]} in the chain.", remedy)])


def _refuse_lost(release_id: str, releases: Path) -> None:
    for folder in sorted(releases.glob("[!.]*/")):
        if folder.name == release_id or not RELEASE_ID.fullmatch(folder.name):
            continue
        try:
            read_manifest(folder)
        except (OSError, ValueError):
            message = "cannot be read: nobody knows which place in the chain is free."
            remedy = "Restore the folder from a backup, or build this release anew."
            raise FaultError([Fault(folder.name, MANIFEST_FILE, message, remedy)]) from None
