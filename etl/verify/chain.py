"""Whether a release follows the one that it says it follows, and is signed by a key that may sign."""

from __future__ import annotations

import hashlib

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE
from datasets.minisig import SignatureError
from datasets.signature import check_signature
from datasets.strict_json import load_strict
from etl.verify.complaint import Complaints, NotCheckedError
from etl.verify.opened import Opened


def check_signed(release: Opened) -> Complaints:
    """The signature of the manifest, by a trusted key that was in force when it was made."""
    if release.trust is None:
        raise NotCheckedError("asked not to look at it (--unsigned)")
    try:
        check_signature(release.manifest_bytes, (release.folder / SIGNATURE_FILE).read_bytes(), release.trust)
    except FileNotFoundError:
        yield f"{SIGNATURE_FILE} is missing: the release is not signed, or was never published"
    except SignatureError as error:
        yield f"{SIGNATURE_FILE}: {error}"


def check_chain(release: Opened) -> Complaints:
    """The release before it: the manifest that this one names by its hash, one place earlier, signed as well."""
    sequence, previous = release.manifest["sequence"], release.manifest["previous"]
    if (sequence == 1) != (previous is None):
        yield f"{MANIFEST_FILE} has a release before the first one, or none before a later one"
        return
    if not release.retired:
        (said,) = release.rows("meta_release")
        if said["previous"] != (previous and previous["id"]):
            yield "meta_release names another release before this one than the manifest"
    if previous is None:
        return
    folder = release.other(previous["id"])
    if folder is None:
        raise NotCheckedError(f"the release before it, {previous['id']}, is not at hand; name it by --with")
    manifest = (folder / MANIFEST_FILE).read_bytes()
    if hashlib.sha256(manifest).hexdigest() != previous["sha256"]:
        yield f"the release before it, {previous['id']}, is not the one that {MANIFEST_FILE} names"
        return
    before = load_strict(manifest)
    if before.get("id") != previous["id"] or before.get("sequence") != sequence - 1:
        yield f"the release before it, {previous['id']}, has not the place before it in the chain"
    if release.trust is not None:
        try:
            check_signature(manifest, (folder / SIGNATURE_FILE).read_bytes(), release.trust)
        except (OSError, SignatureError) as error:
            yield f"the release before it, {previous['id']}, is not signed as it should be: {error}"
