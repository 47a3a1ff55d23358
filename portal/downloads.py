"""Downloads: the files of a release at a stable address (`latest`) and at one pinned to the release."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, send_file, url_for
from flask.typing import ResponseReturnValue

from datasets.contract import BULK_FORMATS, DATA_FOLDER, MANIFEST_FILE
from portal.current import current_release, store
from portal.freshness import PINNED, REVALIDATED
from portal.release import Release, ReleaseError

downloads = Blueprint("downloads", __name__, url_prefix="/downloads")

#: Without parameters: Flask adds the charset of texts itself.
_MEDIA_TYPES = {kind.suffix.rsplit(".", 1)[1]: kind.media_type.split(";")[0] for kind in BULK_FORMATS} | {
    "db": "application/vnd.sqlite3",
    "gz": "application/gzip",
}


@downloads.get("/latest/<name>")
def latest(name: str) -> ResponseReturnValue:
    """A file of the current release; revalidated by ETag at each use, so asking again costs nothing while nothing is new."""
    return _send(current_release(), name, REVALIDATED)


@downloads.get("/<release_id>/<name>")
def pinned(release_id: str, name: str) -> ResponseReturnValue:
    """A file of one release, for citations and for pages that must not move."""
    try:
        release = store().get(release_id)
    except ReleaseError as error:
        abort(404, str(error))
    return _send(release, name, PINNED)


@downloads.get("/latest/")
def listing() -> Response:
    """The current release's files with sizes, hashes and both addresses, as JSON."""
    release = current_release()
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
    return jsonify({"release": release.id, "files": files})


def _send(release: Release, name: str, cache_control: str) -> Response:
    entry = _entry(release, name)
    path = release.folder.resolve() / entry["path"]
    if not path.is_file():
        abort(404, f"Release '{release.id}' has lost its file {entry['path']}.")
    response = send_file(
        path,
        mimetype=_MEDIA_TYPES.get(name.rsplit(".", 1)[-1]),
        as_attachment=True,
        download_name=name,
        conditional=True,
        etag=entry["sha256"],
    )
    response.headers["Cache-Control"] = cache_control
    response.headers.pop("Expires", None)  # send_file's, which would contradict it
    response.headers["X-Release"] = release.id
    response.headers["X-Synthetic"] = "true" if _synthetic(release, name) else "false"
    return response


def _synthetic(release: Release, name: str) -> bool:
    """Whether the file holds simulated figures: as its dataset says, or, of a file of all datasets, as the release says."""
    dataset = release.catalogue.by_file.get(name)
    return dataset.synthetic if dataset else release.synthetic


def _entry(release: Release, name: str) -> dict[str, Any]:
    """The manifest's entry of a file asked for by its bare name: only what the manifest lists can be had."""
    if name == MANIFEST_FILE:
        # The manifest cannot list its own hash.
        return {"path": MANIFEST_FILE, "sha256": release.state}
    # Beside the datasets' files: the database, the audit and its certificates.
    entry = release.files.get(f"{DATA_FOLDER}/{name}") or release.files.get(name)
    if entry is None:
        abort(404)
    return entry
