"""What changed with the release of a page, in a line or two, and the way to all of it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from portal.cells import Reader
from portal.changes import change_counts
from portal.current import store
from portal.pages.chain_links import diff_url, notes_url
from portal.pages.release_words import counts_text, release_name
from portal.release import Release
from portal.release_notes import listed_before


def change_line(release: Release, cells: Reader, slug: str | None = None) -> dict[str, Any]:
    """The size of the changes since the release before, in one dataset or in all; without a sentence for the first release.

    `links` lead to the differences, as far as the release before can be read, and to the release notes.
    """
    before = listed_before(store(), release)
    if before is None:
        return {"text": "", "links": [{"text": _("Release notes"), "href": notes_url(release.id)}]}
    counts = [each for each in change_counts().of_release(release) if slug in (None, each.dataset)]
    if counts:
        text = _(
            "Since the release before it (%(before)s): %(changes)s.",
            before=release_name(before),
            changes=counts_text(counts, cells),
        )
    else:
        text = _("No figure has changed since the release before it (%(before)s).", before=release_name(before))
    links = [{"text": _("Release notes"), "href": notes_url(release.id)}]
    if counts and before.state == "whole":
        address = diff_url(before.id, release.id, slug)
        links.insert(0, {"text": _("Each change, with what was before and why"), "href": address})
    return {"text": text, "links": links}
