"""Retention: the files of an old release are removed; its manifest and signature stay, and say that it was there.

The chain goes through retired releases: the one after it names its manifest, and redactions sign it anew.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets.contract import MANIFEST_FILE, PREVIEWS_FOLDER, RETIRED_FILE, SCHEMA_VERSION, SIGNATURE_FILE
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from etl.store.chain import chain, link_of
from etl.store.condition import is_retired
from etl.store.durable import sync, sync_tree
from etl.store.exchange import exchange, require_exchange
from etl.store.ledgers import is_protected, is_recorded
from etl.store.lock import STAGING_PREFIX
from etl.store.manifest import read_manifest
from etl.store.pointer import current_id
from etl.store.seals import signature_fault, trust_of

#: What readers are told when the operator gives no reason.
USUAL_REASON: LanguageMap = {
    "kk": "Ескі шығарылымдар шектеулі мерзім ғана сақталады.",
    "ru": "Старые выпуски хранятся ограниченное время.",
    "en": "Old releases are kept for a limited time.",
}


def beyond(keep: int, releases: Path) -> list[str]:
    """The releases with files that a retention of the newest `keep` would retire: never the current one, nor the newest."""
    links = [link for link in chain(releases) if not is_retired(link.folder)]
    return [link.id for link in links[: -max(keep, 1)] if link.id != current_id(releases)]


def retire(
    ids: Sequence[str], reason: LanguageMap, releases: Path, store: Path, at: str, *, although_audited: bool = False
) -> None:
    """Remove the files of these releases, one release after another; the caller holds the lock.

    Raises FaultError, with nothing changed, if one is needed: the current one, the newest, one a preview stands on, and,
    unless `although_audited`, one with which new releases are attacked together. Whoever kept a copy of such a release can
    still use it; only the ledger in `store` guards against that then.
    """
    faults = [fault for each in ids for fault in _faults(releases / each, releases, store, although_audited)]
    if faults:
        raise FaultError(faults)
    require_exchange(releases)
    for each in ids:
        if not is_retired(releases / each):
            _retire(releases / each, reason, at)


def _retire(folder: Path, reason: LanguageMap, at: str) -> None:
    """Exchange the release for its witness in one step, then remove it."""
    staging = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=folder.parent))
    try:
        for name in (MANIFEST_FILE, SIGNATURE_FILE):
            if (folder / name).exists():
                os.link(folder / name, staging / name)
        said = {"release": folder.name, "at": at, "reason": dict(reason)}
        text = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
        (staging / RETIRED_FILE).write_text(text, encoding="utf-8")
        sync_tree(staging)
        exchange(staging, folder)
        sync(folder.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _faults(folder: Path, releases: Path, store: Path, although_audited: bool) -> Iterator[Fault]:
    links = chain(releases)
    if not folder.is_dir() or folder.parent != releases or folder.name.startswith("."):
        yield _fault(folder.name, "is no release in this folder.", "See which there are: python -m etl releases.")
    elif is_retired(folder):
        return  # done before, perhaps by a command that was stopped
    elif wrong := _witness_fault(folder, releases):
        yield _fault(folder.name, f"cannot be retired: {wrong}.", "Restore its manifest and signature from a backup.")
    elif folder.name == current_id(releases):
        yield _fault(folder.name, "is the current release.", "Keep it, or make another one current first.")
    elif links and folder.name == links[-1].id:
        yield _fault(folder.name, "is the newest release, with which the next is compared.", "Keep it.")
    elif preview := _preview_on(folder.name, releases):
        yield _fault(folder.name, f"is what the preview {preview} stands on.", "Publish or drop the preview first.")
    elif is_protected(folder) and not is_recorded(folder.name, store):
        # Else a work folder that is not the right one would lift the next refusal without a word.
        message = f"hides figures, and no ledger in {store} knows it."
        yield _fault(folder.name, message, "Name the work folder with which it was built (--store, REGISTRY_DIR).")
    elif not although_audited and is_recorded(folder.name, store):
        message = "is attacked together with each new release, and would be no more: its copies are still about."
        yield _fault(folder.name, message, "Give --although-audited if the ledger alone shall guard against that.")


def _witness_fault(folder: Path, releases: Path) -> str | None:
    """What is wrong with that which would stay of a release."""
    try:
        said = read_manifest(folder)
    except (OSError, ValueError):
        return f"{MANIFEST_FILE} cannot be read"
    if said.get("id") != folder.name:
        return "its manifest is that of another release"
    return signature_fault(folder, trust_of(releases)) if said.get("schema_version") == SCHEMA_VERSION else None


def _preview_on(release_id: str, releases: Path) -> str | None:
    """The preview that names this release as the one before it."""
    for path in sorted((releases / PREVIEWS_FOLDER).glob(f"[!.]*/{MANIFEST_FILE}")):
        link = link_of(path.parent, releases)
        if link and link.place.previous and link.place.previous.id == release_id:
            return link.id
    return None


def _fault(place: str, message: str, remedy: str) -> Fault:
    return Fault("retention", place, message, remedy)
