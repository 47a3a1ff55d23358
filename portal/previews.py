"""Releases under embargo: the exact builds that will be published, for those who were given the secret address."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path

from datasets.contract import PREVIEWS_FOLDER
from portal.manifest import is_release_id


@dataclass(frozen=True)
class Preview:
    """A release that is to be published from `not_before` on (an instant in UTC). `digest` is the SHA-256 of its secret."""

    id: str
    folder: Path
    not_before: str
    digest: str

    @property
    def published(self) -> bool:
        """Whether it has been published since."""
        return not self.folder.exists() and (self.folder.parents[1] / self.id).exists()


class Previews:
    """The previews beside a folder of releases. One that was published has no notice any more, and is remembered."""

    def __init__(self, releases: Path) -> None:
        self._folder = releases / PREVIEWS_FOLDER
        self._seen: dict[str, Preview] = {}

    def find(self, token: str) -> Preview | None:
        """The preview of this secret; all are compared, each in constant time."""
        self._look()
        asked = hashlib.sha256(token.encode()).hexdigest().encode()
        found = [each for each in list(self._seen.values()) if hmac.compare_digest(each.digest.encode(), asked)]
        return found[0] if found else None

    def _look(self) -> None:
        """Take up the notices that are there now; forget the previews that were dropped."""
        there = {preview.id: preview for preview in map(self._read, self._folder.glob("[!.]*.json")) if preview}
        published = {preview.id: preview for preview in self._seen.values() if preview.published}
        self._seen = published | there

    def _read(self, notice: Path) -> Preview | None:
        try:
            said = json.loads(notice.read_text(encoding="utf-8"))
            release, not_before, digest = (str(said[name]) for name in ("release", "not_before", "token_sha256"))
        except (OSError, ValueError, LookupError, TypeError):
            return None
        return Preview(release, self._folder / release, not_before, digest) if is_release_id(release) else None
