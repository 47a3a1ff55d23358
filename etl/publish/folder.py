"""The release folder: built aside, made durable, signed, renamed in; then the pointer moves to it.

Order matters (a crash may come between any two steps): files are synced before the folder is renamed, the folder that
holds the new name is synced after, and only then does the pointer change, by a rename of its own.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, DATABASE_FILE, MANIFEST_FILE, REDACTIONS_FILE
from datasets.fault import Fault, FaultError
from etl.publish.content import Content
from etl.publish.files import write_files
from etl.publish.manifest import write_manifest
from etl.signing.keyring import Keyring
from etl.store.chain import chain, place_of
from etl.store.condition import is_retired, require_whole
from etl.store.durable import make_folder, sync, sync_tree
from etl.store.exchange import exchange
from etl.store.instant import Clock, now
from etl.store.lock import STAGING_PREFIX
from etl.store.manifest import digest, is_whole, read_manifest, rewritten
from etl.store.pointer import point_to
from etl.store.previews import Embargo, keep_preview, refuse_preview
from etl.store.recovery import publishing
from etl.store.seals import keep_seal, require_keyring, signature_fault, trust_of, write_seal


def publish(
    content: Content,
    releases: Path,
    audit: Callable[[Path], None],
    progress: Callable[[str], None] = lambda _: None,
    keyring: Keyring | None = None,
    *,
    clock: Clock = now,
    embargo: Embargo | None = None,
) -> Path:
    """Write the release below `releases`, sign it and point to it; returns its folder.

    `audit` is given the folder with all files but the manifest, before anybody can see it: it may add files, and raises
    FaultError to stop the publication. `clock` says when the release is published. A release that is there already is left
    as it is, with its signature and with what was withdrawn from it. With an `embargo` it becomes a preview, unsigned, and
    nothing is published. Raises FaultError if one of the same id holds other bytes, or if there is no key to sign with.
    """
    make_folder(releases)
    with publishing(releases):
        require_keyring(releases, keyring)
        folder = releases / content.id
        _refuse_retired(folder)
        refuse_preview(folder, embargo)
        place = place_of(content.id, releases)
        if not is_whole(folder):
            require_whole(place.previous, releases)
        staging = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=releases))
        try:
            write_files(replace(content, previous=place.previous), staging, progress)
            progress("audit")
            audit(staging)
            write_manifest(content, place, staging)
            if embargo is not None:
                return keep_preview(content.id, staging, releases, embargo)
            _rename_in(staging, folder, keyring, clock)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        point_to(content.id, releases)
    return folder


def _rename_in(staging: Path, folder: Path, keyring: Keyring | None, clock: Clock) -> None:
    """Put the staged release in its place; one that is there already stays, unless it is damaged."""
    releases = folder.parent
    if is_whole(folder):
        _compare(staging, folder)
        if keyring is not None and signature_fault(folder, trust_of(releases)):
            _refuse_redacted(folder, "is not signed by a key in force")
            write_seal(folder, keyring, clock())
        return
    _refuse_redacted(folder, "is damaged")
    _refuse_other_hash(staging, folder)
    if keyring is not None and not keep_seal(folder, staging, trust_of(releases)):
        write_seal(staging, keyring, clock())
    sync_tree(staging)
    if folder.exists():
        # In one step: between two, the pointer could name a release that is not there.
        exchange(staging, folder)
    else:
        staging.rename(folder)
    sync(releases)


def _compare(staging: Path, folder: Path) -> None:
    """Refuse other bytes under one id; a file from which figures were withdrawn has other bytes, and stays."""
    there, built = (
        {entry["path"]: entry["sha256"] for entry in read_manifest(each)["files"]} for each in (folder, staging)
    )
    for path in (*rewritten(folder), *_lost(folder)):
        there.pop(path, None)
        built.pop(path, None)
    if there != built:
        message = "a release of this id is there with other bytes."
        remedy = "Its libraries or files differ; build into another RELEASES_DIR and compare the two manifests."
        raise FaultError([Fault(folder.name, MANIFEST_FILE, message, remedy)])


def _lost(folder: Path) -> tuple[str, ...]:
    """The files that a build can no longer write as they are: those made by looking at releases that have changed since."""
    earlier = []
    for link in chain(folder.parent):
        if link.id == folder.name:
            break
        earlier.append(link)
    changed = [link for link in earlier if is_retired(link.folder) or (link.folder / REDACTIONS_FILE).exists()]
    return (DATABASE_FILE, AUDIT_FILE, CERTIFICATES_FILE) if changed else ()


def _refuse_retired(folder: Path) -> None:
    if is_retired(folder):
        remedy = "Restore its folder from a backup if it must be read again."
        raise FaultError([Fault(folder.name, "release", "was retired, and would come back by this build.", remedy)])


def _refuse_redacted(folder: Path, state: str) -> None:
    if (folder / REDACTIONS_FILE).exists():
        message = f"{state}, and figures were withdrawn from it, which this build would publish again."
        raise FaultError([Fault(folder.name, REDACTIONS_FILE, message, "Restore the folder from a backup.")])


def _refuse_other_hash(staging: Path, folder: Path) -> None:
    """Refuse to repair a release by other bytes than those that the one after it names."""
    own = digest(staging / MANIFEST_FILE)
    for link in chain(folder.parent):
        previous = link.place.previous
        if previous and previous.id == folder.name and previous.sha256 != own:
            message = f"is damaged, and this build does not give back the bytes that {link.id} names."
            raise FaultError([Fault(folder.name, MANIFEST_FILE, message, "Restore the folder from a backup.")])
