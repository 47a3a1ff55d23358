"""Reads what a release folder says of itself: its manifest, strictly, its signature, and whether it is retired."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from datasets.contract import MANIFEST_FILE, RETIRED_FILE, SIGNATURE_FILE
from datasets.signature import Seal, SignatureError, Trust, check_signature
from datasets.strict_json import JSONError, load_strict
from portal.release import Edition, Refusal, ReleaseError

#: More than this is no manifest: one of 1,000 files has about 150 kB.
MOST_BYTES = 16_000_000
#: Releases of these schemas are from before there were signatures: of them there are the files, with none.
UNSIGNED_SCHEMAS = frozenset({"1", "2", "3"})
_ID = r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}"
_RELATIVE = re.compile(r"(?!.*(^|/)\.{1,2}(/|$))[^/\\\x00-\x1f]+(/[^/\\\x00-\x1f]+)*")
_SHA256 = validate.Regexp(r"[0-9a-f]{64}\Z")


def is_release_id(text: str) -> bool:
    """Whether a release could have this id: it then is a folder's name and no path."""
    return re.fullmatch(_ID, text) is not None


def read_edition(folder: Path, trust: Trust | None) -> Edition:
    """What the folder says, proven by its signature if there are keys to prove it by; raises ReleaseError."""
    content = _content(folder, MANIFEST_FILE)
    try:
        manifest = load_strict(content)
        _ManifestSchema().load(manifest)
    except JSONError as error:
        raise _damaged(folder, f"{MANIFEST_FILE} {error}") from None
    except ValidationError as error:
        raise _damaged(
            folder, f"{MANIFEST_FILE} is not as it should be in {', '.join(sorted(error.messages))}."
        ) from None
    paths = [entry["path"] for entry in manifest["files"]]
    if len(set(paths)) < len(paths):
        raise _damaged(folder, f"{MANIFEST_FILE} lists a file twice.")
    if manifest["id"] != folder.name:
        raise _damaged(folder, f"{MANIFEST_FILE} is of another release.")
    seal = _seal(folder, content, trust) if trust and manifest["schema_version"] not in UNSIGNED_SCHEMAS else None
    return Edition(folder.name, folder, manifest, seal, _retired(folder))


def _seal(folder: Path, manifest: bytes, trust: Trust) -> Seal:
    try:
        signature = (folder / SIGNATURE_FILE).read_bytes()
        return check_signature(manifest, signature, trust)
    except OSError:
        said = "It is not signed."
    except SignatureError as error:
        said = str(error)
    raise ReleaseError(f"Release '{folder.name}' is not trusted. {said}", Refusal.UNTRUSTED)


def _retired(folder: Path) -> dict[str, Any] | None:
    if not (folder / RETIRED_FILE).exists():
        return None
    try:
        said = load_strict(_content(folder, RETIRED_FILE))
        return _RetiredSchema(unknown=EXCLUDE).load(said)
    except (JSONError, ValidationError):
        # Its files are gone all the same.
        return {"at": "", "reason": {}}


def _content(folder: Path, name: str) -> bytes:
    try:
        with (folder / name).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _damaged(folder, f"{name} cannot be read: {type(error).__name__}.") from None
    if len(content) > MOST_BYTES:
        raise _damaged(folder, f"{name} is larger than any.")
    return content


def _damaged(folder: Path, said: str) -> ReleaseError:
    return ReleaseError(f"Release '{folder.name}' is damaged: {said} Build it anew.")


def _relative(path: str) -> None:
    if not _RELATIVE.fullmatch(path) or path in (MANIFEST_FILE, SIGNATURE_FILE):
        raise ValidationError("must be a path inside the release.")


class _FileSchema(Schema):
    path = fields.String(required=True, validate=_relative)
    bytes = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))
    sha256 = fields.String(required=True, validate=_SHA256)


class _PreviousSchema(Schema):
    id = fields.String(required=True, validate=validate.Regexp(rf"{_ID}\Z"))
    sha256 = fields.String(required=True, validate=_SHA256)


class _ManifestSchema(Schema):
    """What the portal needs of a manifest; a later version may say more."""

    class Meta:
        """Of marshmallow."""

        unknown = EXCLUDE

    id = fields.String(required=True)
    schema_version = fields.String(required=True)
    data_through = fields.String(required=True, validate=validate.Regexp(r"\d{4}-\d{2}-\d{2}\Z"))
    synthetic = fields.Boolean(required=True, truthy={True}, falsy={False})
    sequence = fields.Integer(strict=True, allow_none=True, validate=validate.Range(min=1))
    previous = fields.Nested(_PreviousSchema, allow_none=True)
    files = fields.List(fields.Nested(_FileSchema), required=True)


class _RetiredSchema(Schema):
    at = fields.String(load_default="")
    reason = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
