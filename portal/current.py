"""The release of the current request: chosen once, so that no page mixes two."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from portal.release import Release, ReleaseStore


def store() -> ReleaseStore:
    """The store of the running application."""
    return cast(ReleaseStore, current_app.extensions["release_store"])


def current_release() -> Release:
    """The release that this request is answered from; raises ReleaseError if none can be served."""
    if "release" not in g:
        g.release = store().current()
    return cast(Release, g.release)
