"""What must hold of a store whatever broke, judged from its files alone: no code of the publisher is used here.

Each release that was there is there, whole, and as it was or as it should become; the pointer names the old or the new
release; an exit code of 0 means that all is done; doing it again does the rest and leaves nothing lying about.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

RELEASES, STORE, TEMPORARY = "releases", "store", "tmp"
DATABASE, MANIFEST, SIGNATURE, POINTER, TRUST = (
    *("release.db", "manifest.json", "manifest.json.minisig"),
    *("CURRENT", "trust.json"),
)
RETIRED = "retired.json"
#: What of a release says when it was published or redacted, so that two runs differ in it. Each is checked by itself.
_STAMPED = frozenset({MANIFEST, SIGNATURE, "redactions.json", RETIRED})
_LASTING = frozenset({".lock", ".previews"})
_PREVIEWS = ".previews"
#: Manifests and signatures of which minisign has found that they belong together.
_genuine: set[tuple[str, str]] = set()
#: Instants, keys and digests.
_CHANCE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|[0-9A-Za-z+/]{40,}={0,2}|\b[0-9A-F]{16}\b")
#: Digests of databases that SQLite has found whole.
_sound: set[str] = set()


@dataclass(frozen=True)
class Picture:
    """A store as it stands: digests of files by release and path; other files by path, less what is by chance."""

    releases: Mapping[str, Mapping[str, str]]
    pointer: str | None
    beside: Mapping[str, str]
    private: Mapping[str, str]

    @property
    def content(self) -> dict[str, dict[str, str]]:
        """The releases' files that the same run makes the same every time."""
        return {
            name: {path: said for path, said in files.items() if path not in _STAMPED} | _stamps(name, files)
            for name, files in self.releases.items()
        }


def _stamps(name: str, files: Mapping[str, str]) -> dict[str, str]:
    # A preview is signed just before it is published: it may have its signature already.
    return dict.fromkeys((_STAMPED & files.keys()) - ({SIGNATURE} if name.startswith(_PREVIEWS) else set()), "there")


def look(place: Path) -> Picture:
    """The store in `place`, without what a killed run may leave: staging folders and files half written."""
    releases = place / RELEASES
    folders = [path for path in releases.iterdir() if path.is_dir() and not path.name.startswith(".")]
    beside = [path for path in releases.iterdir() if path.is_file() and path.name != POINTER]
    notices = list((releases / _PREVIEWS).glob("[!.]*.json"))
    # A preview's folder without a notice is none: it is dropped, or not made yet. A notice without folder is published.
    folders += [path.with_suffix("") for path in notices if path.with_suffix("").is_dir()]
    beside += notices
    return Picture(
        {_name(folder): {path: digest(folder / path) for path in _files(folder)} for folder in folders},
        (releases / POINTER).read_text() if (releases / POINTER).exists() else None,
        {path.name: _said(path) for path in beside if not path.name.startswith(".")},
        {_CHANCE.sub("…", name): _said(place / STORE / name) for name in _files(place / STORE)},
    )


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def redated(place: Path, before: Path) -> Iterator[str]:
    """Releases that were signed before and say now that they were published at another time."""
    for path in (before / RELEASES).glob(f"[!.]*/{SIGNATURE}"):
        now = place / path.relative_to(before)
        if now.exists() and _published(now) != _published(path):
            yield f"{path.parent.name} was published at another time"


def _published(signature: Path) -> str:
    return signature.read_text(encoding="utf-8", errors="replace").partition(" published=")[2][
        : len("2026-11-22T10:00:00Z")
    ]


def _name(folder: Path) -> str:
    return f"{_PREVIEWS}/{folder.name}" if folder.parent.name == _PREVIEWS else folder.name


def _files(folder: Path) -> list[str]:
    """All files but those that are being written."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(str(path.relative_to(folder)) for path in paths)


def _said(path: Path) -> str:
    """What a file says, less instants, keys and digests: two runs differ in them."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return _CHANCE.sub("…", content.decode("utf-8", errors="replace"))


def faults(place: Path, before: Picture, after: Picture, *, done: bool) -> list[str]:
    """What is wrong with a store that is between two others; `done` if it should be the second one."""
    try:
        now = look(place)
    except (OSError, ValueError, EOFError) as error:
        return [f"cannot be read: {type(error).__name__} {error}"]
    found = [*_releases(place, now, before, after), *_pointer(now, before, after), *_readable(place)]
    return [*found, *(differences(now, after) if done else ())]


def leftovers(place: Path) -> list[str]:
    """What a run has left lying about."""
    lying = [path for path in (place / RELEASES).rglob("*") if path.name[0] == "." and path.name not in _LASTING]
    lying += [path for path in (place / STORE).rglob("*") if path.name[0] == "." and path.name not in _LASTING]
    for folder in (place / RELEASES / _PREVIEWS).glob("[!.]*/"):
        lying += [] if folder.with_name(f"{folder.name}.json").exists() else [folder]
    lying += [path for path in (place / TEMPORARY).rglob("*") if path.is_file()]
    return [f"left lying about: {path.relative_to(place)}" for path in sorted(lying)]


def differences(now: Picture, wanted: Picture) -> list[str]:
    """In what a store is not as it should be at the end."""
    found = [] if now.pointer == wanted.pointer else ["the pointer is another"]
    content, other = now.content, wanted.content
    found += [f"{name} is not as it should be" for name in other if content.get(name) != other[name]]
    found += [f"{name} should not be there" for name in content.keys() - other.keys()]
    for said, should in ((now.beside, wanted.beside), (now.private, wanted.private)):
        found += [f"{name} is not as it should be" for name in should if said.get(name) != should[name]]
        found += [f"{name} should not be there" for name in said.keys() - should.keys()]
    return found


def _releases(place: Path, now: Picture, before: Picture, after: Picture) -> Iterator[str]:
    contents, old, new = now.content, before.content, after.content
    for name in sorted(old.keys() & new.keys() - contents.keys()):
        yield f"{name} is lost"
    for name in sorted(contents.keys() - old.keys() - new.keys()):
        yield f"{name} came from nowhere"
    for name in sorted(contents):
        yield from _half(place / RELEASES / name, now.releases[name])
        if contents[name] not in (old.get(name), new.get(name)):
            yield f"{name} is neither as it was nor as it should become"
    if (place / RELEASES / TRUST).exists():
        for name in sorted(contents):
            if not name.startswith("."):
                yield from _forged(place / RELEASES / name, (place / RELEASES / TRUST).read_text())


def _half(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """In what a release is not whole."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = {entry["path"]: entry["sha256"] for entry in said["files"]}
        if said["id"] != folder.name:
            yield f"{folder.name} has the manifest of {said['id']}"
    except (OSError, ValueError, LookupError) as error:
        yield f"{folder.name} has no manifest ({type(error).__name__})"
        return
    if RETIRED in files:
        yield from (f"{folder.name} is retired and has {path}" for path in files if path not in _STAMPED)
        return
    there = {path: each for path, each in files.items() if path not in (MANIFEST, SIGNATURE)}
    yield from (f"{folder.name} has no {path}" for path in sorted(listed.keys() - there.keys()))
    yield from (f"{folder.name} has {path} too" for path in sorted(there.keys() - listed.keys()))
    yield from (
        f"{folder.name}: {path} is another" for path in sorted(listed) if there.get(path) not in (None, listed[path])
    )
    modes = {path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))} - {0o644, 0o755}
    if modes:
        yield f"{folder.name} has files that not everybody may read"
    if DATABASE in files and files[DATABASE] not in _sound:
        yield from _unsound(folder / DATABASE, files[DATABASE])


def _unsound(database: Path, known_as: str) -> Iterator[str]:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)) as connection:
            said = connection.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.Error as error:
        said = [(f"{error}",)]
    if said == [("ok",)]:
        _sound.add(known_as)
    else:
        yield f"{database.parent.name}: SQLite says {said[0][0]}"


def _forged(folder: Path, trust: str) -> Iterator[str]:
    """Whether no trusted key has signed the manifest, as the stock program finds."""
    try:
        keys = [each["public_key"] for each in json.loads(trust)["keys"]]
    except (ValueError, LookupError):
        yield f"{TRUST} cannot be read"
        return
    if not (folder / SIGNATURE).exists() or not (folder / MANIFEST).exists():
        yield f"{folder.name} has no signature"
        return
    both = digest(folder / MANIFEST), digest(folder / SIGNATURE)
    if both in _genuine:
        return
    program = shutil.which("minisign")
    assert program, "minisign is not installed. Remedy: tests/system-packages.sh"
    if not any(
        subprocess.run([program, "-qVm", folder / MANIFEST, "-P", key], capture_output=True).returncode == 0
        for key in keys
    ):
        yield f"{folder.name} has no valid signature"
        return
    _genuine.add(both)


def chain_faults(place: Path) -> Iterator[str]:
    """In what the releases are no chain: 1, 2, 3 and so on, each with the digest of the manifest before it."""
    said = [json.loads(path.read_text()) for path in (place / RELEASES).glob(f"[!.]*/{MANIFEST}")]
    if not all("sequence" in each for each in said):
        return
    said.sort(key=lambda each: each["sequence"])
    if [each["sequence"] for each in said] != list(range(1, len(said) + 1)):
        yield f"the places in the chain are {[each['sequence'] for each in said]}"
    for earlier, later in zip([None, *said], said, strict=False):
        path = earlier and place / RELEASES / earlier["id"] / MANIFEST
        if later["previous"] != (path and {"id": path.parent.name, "sha256": digest(path)}):
            yield f"{later['id']} does not name the manifest before it"


def _pointer(now: Picture, before: Picture, after: Picture) -> Iterator[str]:
    if now.pointer not in (before.pointer, after.pointer):
        yield f"the pointer is {now.pointer!r}"
    elif now.pointer is not None and now.pointer.strip() not in now.releases:
        yield "the pointer names a release that is not there"


def _readable(place: Path) -> Iterator[str]:
    """Small files that are written anew are whole, whatever they say."""
    paths = [*(place / RELEASES).glob("[!.]*.json"), *(place / RELEASES).glob(f"{_PREVIEWS}/[!.]*.json")]
    paths += [path for path in (place / STORE).rglob("*.json") if not path.name.startswith(".")]
    for path in paths:
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            yield f"{path.relative_to(place)} is half written"
