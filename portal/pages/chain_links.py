"""Addresses of what compares releases and of what is kept of them."""

from __future__ import annotations

from flask import request, url_for

from portal.i18n import language


def notes_url(release_id: str, *, absolute: bool = False) -> str:
    """The notes of a release."""
    return url_for("pages.release", release_id=release_id, _external=absolute)


def diff_url(
    before: str, after: str, dataset: str | None = None, *, reason: str | None = None, absolute: bool = False
) -> str:
    """What differs between two releases, in all datasets or in one, for any reason or for one."""
    arguments = {"from": before, "to": after} | ({"dataset": dataset} if dataset else {})
    arguments |= {"reason": reason} if reason else {}
    return url_for("pages.diff", **arguments, _external=absolute)


def pinned_page(release_id: str, path: str) -> str:
    """The whole address of a page, given by its path below the language, as the release of this id has it."""
    return f"{request.host_url}at/{release_id}/{language()}/{path}"
