"""Whether `manifest.json` has the one form it may have: each key, of its kind, written as the publisher writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from datasets.contract import MANIFEST_FILE, RETIRED_FILE, SCHEMA_VERSION, SIGNATURE_FILE
from etl.verify.complaint import Complaints
from etl.verify.opened import Opened

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PART = re.compile(r"[0-9A-Za-z_][0-9A-Za-z._-]{0,120}")
_UNLISTED = {MANIFEST_FILE, SIGNATURE_FILE, RETIRED_FILE}


def check_manifest(release: Opened) -> Complaints:
    """The shape of the manifest, and that its text is the only one that says what it says.

    That of a retired release may have lost its list of files: a redaction takes their digests away (decision 0021).
    """
    said = release.manifest
    if said.get("schema_version") != SCHEMA_VERSION:
        yield f"{MANIFEST_FILE} is of another schema than {SCHEMA_VERSION}: verify it with the code of its own version"
        return
    for name in sorted(_KEYS.keys() - said.keys()):
        yield f"{MANIFEST_FILE} has no '{name}'"
    for name, value in said.items():
        fits = (_KEYS | _OPTIONAL).get(name)
        if fits is None:
            yield f"{MANIFEST_FILE} has the unknown key {name[:40]!a}"
        elif not fits(value) and not (release.retired and name == "files" and value == []):
            yield f"{MANIFEST_FILE} says something impossible as '{name}'"
    if json.dumps(said, indent=1) + "\n" != release.manifest_bytes.decode():
        yield f"{MANIFEST_FILE} is not written as the publisher writes it"


def is_path(value: Any) -> bool:
    """Whether it is a path below a release: one folder deep at most, no name hidden."""
    return isinstance(value, str) and len(value.split("/")) <= 2 and all(map(_PART.fullmatch, value.split("/")))


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and bool(_SHA256.fullmatch(value))


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_previous(value: Any) -> bool:
    if not isinstance(value, dict):
        return value is None
    return value.keys() == {"id", "sha256"} and _is_id(value["id"]) and _is_digest(value["sha256"])


def _is_file(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"path", "bytes", "sha256"}
        and is_path(value["path"])
        and value["path"] not in _UNLISTED
        and _is_count(value["bytes"])
        and _is_digest(value["sha256"])
    )


def _are_files(value: Any) -> bool:
    if not isinstance(value, list) or not value or not all(map(_is_file, value)):
        return False
    paths = [PurePosixPath(each["path"]) for each in value]
    # Each path once, in order: two programs cannot read two lists out of one.
    return all(one < other for one, other in pairwise(paths))


_KEYS: dict[str, Callable[[Any], bool]] = {
    "id": _is_id,
    "schema_version": _is_text,
    "code_version": _is_text,
    "data_through": _is_date,
    "extracts": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "synthetic": lambda value: isinstance(value, bool),
    "sequence": lambda value: _is_count(value) and value > 0,
    "previous": _is_previous,
    "files": _are_files,
}
_OPTIONAL: dict[str, Callable[[Any], bool]] = {"redactions": _is_digest}
