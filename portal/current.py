"""The release of the current request: chosen once, so that no page mixes two."""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request

from portal.previews import Preview
from portal.release import Edition, Release
from portal.store import ReleaseStore

#: Where the front of the application (portal/trees.py) leaves what the address is pinned to.
PINNED = "portal.pinned"
PREVIEW = "portal.preview"


def store() -> ReleaseStore:
    """The store of the running application."""
    return cast(ReleaseStore, current_app.extensions["release_store"])


def current_release() -> Release:
    """The release that this request is answered from; raises ReleaseError if none can be served."""
    if "release" not in g:
        pinned = pinned_edition()
        g.release = store().current() if pinned is None else store().open(pinned)
    return cast(Release, g.release)


def current_edition() -> Edition:
    """The same for those who need its files only, which releases of another schema have too; raises ReleaseError."""
    return pinned_edition() or current_release()


def latest_release() -> Release:
    """The release that an address without a pin is answered from, chosen once too; raises ReleaseError."""
    if "latest_release" not in g:
        g.latest_release = current_release() if pinned_edition() is None else store().current()
    return cast(Release, g.latest_release)


def pinned_edition() -> Edition | None:
    """The edition that the address itself names, by `/at/…` or as a preview."""
    return cast("Edition | None", request.environ.get(PINNED)) if request else None


def edition_of(release_id: str) -> Edition:
    """The edition of this id: a preview's own if the request looks at that, else one of the store; raises ReleaseError."""
    pinned = pinned_edition()
    return pinned if pinned is not None and pinned.id == release_id else store().edition(release_id)


def release_of(release_id: str) -> Release:
    """The release of this id, as `edition_of`; raises ReleaseError."""
    pinned = pinned_edition()
    return current_release() if pinned is not None and pinned.id == release_id else store().get(release_id)


def preview() -> Preview | None:
    """The preview that this request looks at."""
    return cast("Preview | None", request.environ.get(PREVIEW)) if request else None


def page_state() -> str:
    """What a page depends on besides address and arguments: its release, and what it says of another one."""
    trouble = store().succession.trouble
    state = current_release().state
    if pinned_edition() is not None:
        return f"{state} {latest_release().state}"
    return f"{state} {trouble.named}" if trouble else state
