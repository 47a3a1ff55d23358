"""What a page says of its release where that is not simply the current one: pinned, under embargo, or an older one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _

from portal.current import current_release, latest_release, pinned_edition, preview, store
from portal.i18n import language
from portal.numbers import format_date
from portal.pages.arguments import page_arguments
from portal.release import Edition, Release, ReleaseError


@dataclass(frozen=True)
class ReleaseNotice:
    """A sentence or two, and where to go from it."""

    text: str
    href: str = ""
    link: str = ""


def release_notice() -> ReleaseNotice | None:
    """The notice of this page; nothing on a page of the current release."""
    if preview() is not None:
        return _of_preview()
    if pinned_edition() is not None:
        return _of_pinned(current_release())
    if store().succession.trouble is None:
        return None
    text = _("The release that should be here cannot be shown. You see an older one: %(id)s.", id=current_release().id)
    return ReleaseNotice(text, url_for("pages.health"), _("State of the portal"))


def _of_preview() -> ReleaseNotice:
    seen = preview()
    until = format_instant(seen.not_before) if seen else ""
    return ReleaseNotice(
        _(
            "Preview under embargo until %(instant)s. Not for publication: nothing of it may be passed on.",
            instant=until,
        )
    )


def _of_pinned(release: Release) -> ReleaseNotice:
    sql = _("SQL asks the current release only.")
    try:
        latest = latest_release()
    except ReleaseError:
        return ReleaseNotice(_("You are looking at release %(id)s, at its permanent address.", id=release.id))
    if latest.id == release.id:
        text = _("You are looking at release %(id)s, at its permanent address. It is the current one.", id=release.id)
        return ReleaseNotice(text, unpinned_url(), _("The same page at the portal's own address"))
    text = _(
        "You are looking at release %(id)s of %(date)s. The current one is %(latest)s of %(latest_date)s.",
        id=release.id,
        date=_date(release),
        latest=latest.id,
        latest_date=_date(latest),
    )
    return ReleaseNotice(f"{text} {sql}", unpinned_url(), _("The same page of the current release"))


def unpinned_url() -> str:
    """The path of this page in the portal itself, without the release that the address is pinned to."""
    arguments = page_arguments()
    return f"{request.path}?{urlencode(arguments)}" if arguments else request.path


def portal_url(endpoint: str, **values: Any) -> str:
    """The whole address of a page in the portal itself, wherever it is looked at."""
    return request.host_url.rstrip("/") + url_for(endpoint, **values).removeprefix(request.script_root)


def lasting_url(release_id: str, endpoint: str, **values: Any) -> str:
    """The whole address of a page in one release, for citations."""
    path = url_for(endpoint, **values).removeprefix(request.script_root)
    return f"{request.host_url}at/{release_id}{path}"


def _date(edition: Edition) -> str:
    """When it was published; of an unsigned release only the date of its newest source is known."""
    return format_date((edition.published or edition.data_through)[:10], language())


def format_instant(instant: str) -> str:
    """An instant for people: the date, the time, and that it is UTC; what is no instant stays as it is."""
    try:
        when = datetime.strptime(instant, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return instant
    return f"{format_date(instant[:10], language())}, {when:%H:%M} UTC"
