"""Downloads: the files of a release at a stable address (`latest`) and at one pinned to the release; the public keys."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from io import BufferedReader
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, jsonify, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from datasets.contract import BULK_FORMATS, DATA_FOLDER, MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.minisig import SignatureError, key_file
from datasets.trust import write_trust
from portal.archive import ARCHIVE_NAME, Archives
from portal.current import current_edition, edition_of, store
from portal.error_shape import error_body
from portal.freshness import NEVER, PINNED, REVALIDATED
from portal.release import Edition, Refusal, ReleaseError

downloads = Blueprint("downloads", __name__, url_prefix="/downloads")

#: Without parameters: Flask adds the charset of texts itself.
_MEDIA_TYPES = {kind.suffix.rsplit(".", 1)[1]: kind.media_type.split(";")[0] for kind in BULK_FORMATS} | {
    "db": "application/vnd.sqlite3",
    "gz": "application/gzip",
    "minisig": "text/plain",
    "zip": "application/zip",
}
#: Answers to those who ask for what cannot be had: status, code, what to do.
_REFUSALS = {
    Refusal.ABSENT: (404, "not_found", "See /api/v1/releases for those that are."),
    Refusal.RETIRED: (410, "gone", "Its manifest and signature are left: ask for manifest.json."),
}
_DAMAGED = (503, "damaged", "Nothing damaged is sent. Try again later, or take another release: /api/v1/releases.")


@downloads.get("/latest/<name>")
def latest(name: str) -> ResponseReturnValue:
    """A file of the current release; revalidated by ETag at each use, so asking again costs nothing while nothing is new."""
    return _send(current_edition(), name, REVALIDATED)


@downloads.get("/<release_id>/<name>")
def pinned(release_id: str, name: str) -> ResponseReturnValue:
    """A file of one release, for citations and for pages that must not move."""
    return _send(edition_of(release_id), name, PINNED)


@downloads.get(f"/{TRUST_FILE}")
def trust() -> Response:
    """The list of public keys: which may sign, from when until when; of a portal that pins its keys there is none."""
    found = store().signers.current()
    if found is None or any(key.since is None for key in found.keys):
        abort(404)
    return _send_text(write_trust(found), "application/json", TRUST_FILE)


@downloads.get("/keys/<key>.pub")
def public_key(key: str) -> Response:
    """A public key as the program minisign reads it."""
    found = store().signers.current()
    if found is None:
        abort(404)
    try:
        return _send_text(key_file(found.key(key).public_key).decode(), "text/plain", f"{key}.pub")
    except SignatureError:
        abort(404)


def _send_text(text: str, media_type: str, name: str) -> Response:
    response = Response(text, mimetype=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = REVALIDATED
    response.add_etag()
    response.make_conditional(request)
    return response


@downloads.errorhandler(ReleaseError)
def refuse(error: ReleaseError) -> Response:
    """Say that a file is not there (404), is gone for ever (410), or is damaged and so not sent (503)."""
    status, code, remedy = _REFUSALS.get(error.refusal, _DAMAGED)
    response = jsonify(error_body(status, code, str(error), remedy))
    response.status_code = status
    response.headers["Cache-Control"] = NEVER
    if status == 503:
        response.headers["Retry-After"] = "60"
    return response


@downloads.get("/latest/")
def listing() -> Response:
    """The current release's files with sizes, hashes and both addresses, as JSON."""
    release = current_edition()
    files = [
        {
            **entry,
            "latest": url_for("downloads.latest", name=entry["path"].rsplit("/", 1)[-1], _external=True),
            "pinned": url_for(
                "downloads.pinned", release_id=release.id, name=entry["path"].rsplit("/", 1)[-1], _external=True
            ),
        }
        for entry in release.files.values()
    ]
    archive = url_for("downloads.latest", name=ARCHIVE_NAME, _external=True)
    return jsonify({"release": release.id, "archive": archive, "files": files})


def _send(edition: Edition, name: str, cache_control: str) -> Response:
    if name == ARCHIVE_NAME:
        file, size = _archives().open(edition)
        response = _answer(file, size, f"{edition.id}.zip", f"{edition.state}-zip")
    else:
        entry = _entry(edition, name)
        opened = _open(edition, entry)
        found = os.fstat(opened.fileno())
        response = _answer(opened, found.st_size, name, entry["sha256"])
        response.last_modified = datetime.fromtimestamp(int(found.st_mtime), UTC)
    length = response.content_length
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=length)
    except HTTPException:
        response.close()
        raise
    response.headers["Cache-Control"] = cache_control
    response.headers.pop("Expires", None)  # send_file's, which would contradict it
    response.headers["X-Release"] = edition.id
    response.headers["X-Synthetic"] = "true" if _synthetic(edition, name) else "false"
    return response


def _answer(file: BufferedReader, size: int, name: str, etag: str) -> Response:
    media_type = _MEDIA_TYPES.get(name.rsplit(".", 1)[-1])
    response = send_file(file, media_type, as_attachment=True, download_name=name, conditional=False, etag=etag)
    response.content_length = size
    response.call_on_close(file.close)
    return response


def _archives() -> Archives:
    return cast(Archives, current_app.extensions["archives"])


def _open(edition: Edition, entry: dict[str, Any]) -> BufferedReader:
    """The file, verified, by the very handle that it is sent from."""
    if entry["path"] in edition.files:
        return store().open_file(edition, entry["path"])
    try:
        # The manifest and its signature: they were verified when the edition was read.
        return (edition.folder / entry["path"]).open("rb")
    except OSError:
        raise ReleaseError(f"Release '{edition.id}' has lost its {entry['path']}.") from None


def _synthetic(edition: Edition, name: str) -> bool:
    """Whether the file holds simulated figures: as its dataset says, or, of a file of all datasets, as the release says."""
    try:
        dataset = store().open(edition).catalogue.by_file.get(name)
    except ReleaseError:
        return edition.synthetic
    return dataset.synthetic if dataset else edition.synthetic


def _entry(edition: Edition, name: str) -> dict[str, Any]:
    """The manifest's entry of a file asked for by its bare name: only what the manifest lists can be had."""
    if name in (MANIFEST_FILE, SIGNATURE_FILE) and (edition.folder / name).exists():
        # The manifest cannot list its own hash, nor that of what is made of it.
        return {"path": name, "sha256": f"{edition.state}-{name}"}
    # Beside the datasets' files: the database, the audit and its certificates.
    entry = edition.files.get(f"{DATA_FOLDER}/{name}") or edition.files.get(name)
    if entry is None and edition.retired is not None:
        raise ReleaseError(f"Release '{edition.id}' is retired: its files are gone.", Refusal.RETIRED)
    if entry is None:
        abort(404)
    return entry
