"""Previews: the exact releases that will be published, kept aside until the embargo ends.

A preview has every file of the release and its manifest, and no signature: that is made when it is published, and changes
no byte of the manifest. Who knows the secret address may look at it; only the hash of the secret is kept.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets.contract import PREVIEWS_FOLDER
from datasets.fault import Fault, FaultError
from etl.signing.keyring import Keyring
from etl.store.chain import chain, link_of, next_place
from etl.store.condition import require_whole
from etl.store.durable import make_folder, remove_durably, sync, sync_tree, write_durably
from etl.store.exchange import exchange
from etl.store.instant import parse_instant
from etl.store.ledgers import refuse_stood_on, take_back
from etl.store.manifest import damage
from etl.store.pointer import point_to
from etl.store.seals import require_keyring, write_seal

_TOKEN_BYTES = 16


@dataclass(frozen=True)
class Embargo:
    """Until when a release is not published (UTC), and the secret in the address of its preview."""

    not_before: str
    token: str = field(repr=False)


def new_embargo(text: str, at: str) -> Embargo:
    """An embargo until the instant that the operator wrote, with a fresh secret; raises FaultError if it is past."""
    not_before = parse_instant(text, "--embargo")
    if not_before <= at:
        raise FaultError(
            [Fault("command line", "--embargo", f"{not_before} is past.", "Build without it to publish now.")]
        )
    return Embargo(not_before, secrets.token_urlsafe(_TOKEN_BYTES))


@dataclass(frozen=True)
class Preview:
    """A release under embargo, kept in `folder`."""

    folder: Path
    not_before: str
    token_sha256: str = field(repr=False)

    @property
    def id(self) -> str:
        """The release's id."""
        return self.folder.name

    @property
    def releases(self) -> Path:
        """The folder of releases that it will go into."""
        return self.folder.parents[1]


def keep_preview(release_id: str, staging: Path, releases: Path, embargo: Embargo) -> Path:
    """Put a release that was built aside among the previews, in the place of an older preview of it; returns its folder."""
    previews = releases / PREVIEWS_FOLDER
    make_folder(previews, 0o700)
    folder = previews / release_id
    sync_tree(staging)
    if folder.exists():
        exchange(staging, folder)
    else:
        staging.rename(folder)
    sync(previews)
    said = {
        "release": release_id,
        "not_before": embargo.not_before,
        "token_sha256": hashlib.sha256(embargo.token.encode()).hexdigest(),
    }
    write_durably(_notice(folder), (json.dumps(said, indent=1) + "\n").encode(), 0o600)
    return folder


def previews_in(releases: Path) -> tuple[Preview, ...]:
    """All previews, the one whose embargo ends first before the others."""
    found = []
    for path in sorted((releases / PREVIEWS_FOLDER).glob("[!.]*.json")):
        said = _read(path)
        found.append(Preview(path.parent / said["release"], said["not_before"], said["token_sha256"]))
    return tuple(sorted(found, key=lambda preview: (preview.not_before, preview.id)))


def preview_of(release_id: str, releases: Path) -> Preview:
    """The preview of this release; raises FaultError if there is none."""
    found = next((each for each in previews_in(releases) if each.id == release_id), None)
    if found is None:
        raise _fault(release_id, "is no preview.", "See which there are: python -m etl releases.")
    return found


def refuse_preview(folder: Path, embargo: Embargo | None) -> None:
    """Raise FaultError if a build would publish in `folder` what is under embargo, or put under embargo what is published."""
    if embargo is not None and folder.exists():
        raise _fault(folder.name, "is published already.", "Build it without --embargo to make it the current one.")
    kept = [each for each in previews_in(folder.parent) if each.id == folder.name]
    if embargo is None and kept:
        remedy = f"Publish it then by 'releases publish {folder.name}', or drop the preview first."
        raise _fault(folder.name, f"is under embargo until {kept[0].not_before}.", remedy)


def publish_preview(preview: Preview, keyring: Keyring | None, at: str) -> Path:
    """Publish a preview as it is: sign it, rename it in, point to it; returns its folder. The caller holds the lock.

    Raises FaultError before the embargo ends, if another release was published since it was built, or if it is damaged.
    """
    releases = preview.releases
    if at < preview.not_before:
        raise _fault(preview.id, f"is under embargo until {preview.not_before}; it is {at}.", "Publish it then.")
    require_keyring(releases, keyring)
    wrong = damage(preview.folder)
    if wrong:
        raise _fault(preview.id, f"is damaged: {wrong}.", "Build it anew with --embargo.")
    _refuse_overtaken(preview)
    if keyring is not None:
        write_seal(preview.folder, keyring, at)
        sync(preview.folder)
    folder = releases / preview.id
    preview.folder.rename(folder)
    sync(releases)
    sync(preview.folder.parent)
    finish_previews(releases)
    return folder


def drop_preview(preview: Preview, store: Path, *, unseen: bool = False) -> None:
    """Remove a preview; its address leads nowhere from now on. The caller holds the lock.

    The ledger in `store` goes on guarding the figures that it showed and hid, unless it was `unseen`. Raises FaultError, with
    nothing changed, if it cannot be taken back from there.
    """
    if unseen:
        refuse_stood_on(preview.id, store)
    remove_durably(_notice(preview.folder))
    finish_previews(preview.releases)
    if unseen:
        take_back(preview.id, store)


def finish_previews(releases: Path) -> tuple[str, ...]:
    """Do what is left of a publication or removal that was begun; returns the ids published. Again, it changes nothing.

    A notice whose folder is gone is of a preview that was renamed in: it becomes the current release. A folder without
    notice is of one that was dropped, or not finished.
    """
    previews = releases / PREVIEWS_FOLDER
    published = []
    for preview in previews_in(releases):
        if not preview.folder.exists():
            if (releases / preview.id).exists():
                point_to(preview.id, releases)
                published.append(preview.id)
            remove_durably(_notice(preview.folder))
    for folder in previews.glob("[!.]*/"):
        if not _notice(folder).exists():
            shutil.rmtree(folder)
    return tuple(published)


def overtaken(preview: Preview) -> str | None:
    """Why a preview cannot be published any more, if it cannot: its place in the chain is taken."""
    links, own = chain(preview.releases), link_of(preview.folder, preview.releases)
    if own is not None and own.place == next_place(links):
        return None
    since = f"{links[-1].id} was published" if links else "the release before it was removed"
    return f"does not fit any more: {since} since it was built"


def _refuse_overtaken(preview: Preview) -> None:
    wrong = overtaken(preview)
    if wrong:
        raise _fault(preview.id, f"{wrong}.", "Build it anew with --embargo.")
    own = link_of(preview.folder, preview.releases)
    require_whole(own.place.previous if own else None, preview.releases)


def _notice(folder: Path) -> Path:
    """The file that says of a preview until when it is one, and the hash of its secret."""
    return folder.with_name(f"{folder.name}.json")


def _read(path: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if f"{said['release']}.json" != path.name or not {"not_before", "token_sha256"} <= said.keys():
            raise ValueError
    except (ValueError, LookupError, TypeError):
        raise _fault(path.name, "is damaged.", "Remove it, and build the preview anew.") from None
    return said


def _fault(place: str, message: str, remedy: str) -> FaultError:
    return FaultError([Fault("preview", place, message, remedy)])
