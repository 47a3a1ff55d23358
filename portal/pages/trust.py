"""The page of keys: whose signatures count, from when until when, and how anybody checks a release with them."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE
from datasets.trust import Trust, TrustedKey
from portal.archive import ARCHIVE_NAME
from portal.current import current_release, store
from portal.i18n import language
from portal.pages.blueprint import breadcrumbs, page
from portal.pages.release_notice import format_instant
from portal.release import Release


@page("keys", kept=False)
def keys() -> str:
    """The keys, newest first, and the commands for the release that is shown."""
    trust, release = store().signers.current(), current_release()
    return render_template(
        "trust.html",
        columns=[{"key": str(place), "label": text} for place, text in enumerate(_columns())],
        rows=[_row(key) for key in reversed(trust.keys)] if trust else [],
        public_keys=[f"{key.id} {key.public_key}" for key in reversed(trust.keys)] if trust else [],
        statements=[_statement(key, trust) for key in reversed(trust.keys)] if trust else [],
        listed=bool(trust and all(key.since for key in trust.keys)),
        commands=_commands(release, trust) if trust and release.seal else None,
        breadcrumbs=breadcrumbs(_("Signing keys")),
    )


def _columns() -> tuple[str, ...]:
    return (_("Key"), _("In force from"), _("Until"))


def _row(key: TrustedKey) -> list[Any]:
    return [
        {"text": key.id, "href": url_for("downloads.public_key", key=key.id)},
        format_instant(key.since) if key.since else _("not stated"),
        _until(key),
    ]


def _until(key: TrustedKey) -> str:
    if key.revoked:
        return _("revoked as of %(instant)s", instant=format_instant(key.revoked))
    return format_instant(key.until) if key.until else _("in force")


def _statement(key: TrustedKey, trust: Trust) -> str:
    """How the key came to be trusted, and how it ended."""
    if key.since is None:
        said = _("Key %(key)s was named by the operator of this portal.", key=key.id)
    elif key.signed_by:
        said = _(
            "Key %(key)s took the place of key %(before)s on %(instant)s; the earlier key has signed it.",
            key=key.id,
            before=key.signed_by,
            instant=format_instant(key.since),
        )
    elif key.id == trust.keys[0].id:
        said = _("Key %(key)s was the first, on %(instant)s.", key=key.id, instant=format_instant(key.since))
    else:
        said = _(
            "Key %(key)s began on %(instant)s after the key before it had been revoked; no earlier key vouches for it.",
            key=key.id,
            instant=format_instant(key.since),
        )
    if not key.revoked or not key.reason:
        return said
    revoked = _(
        "It was revoked: what it signed from %(instant)s on does not count. Reason: %(reason)s",
        instant=format_instant(key.revoked),
        reason=key.reason[language()],
    )
    return f"{said} {revoked}"


def _commands(release: Release, trust: Trust) -> dict[str, str]:
    """Commands to copy, with the addresses and the key of the release that is shown."""
    base = url_for("downloads.pinned", release_id=release.id, name="", _external=True)
    key = trust.key(release.seal.key).public_key if release.seal else ""
    fetch = "\n".join(f"curl -fO {base}{name}" for name in (MANIFEST_FILE, SIGNATURE_FILE))
    before = release.previous
    earlier = url_for("downloads.pinned", release_id=before, name=ARCHIVE_NAME, _external=True) if before else ""
    return {
        "manifest": f"{fetch}\nminisign -Vm {MANIFEST_FILE} -P {key}",
        "comment": f"release={release.id}",
        "archive": f"curl -fO {base}{ARCHIVE_NAME}\npython -m etl verify {ARCHIVE_NAME} --key {key}",
        "chain": f"curl -f -o {before}.zip {earlier}\npython -m etl verify {ARCHIVE_NAME} --with {before}.zip --key {key}"
        if before
        else "",
    }
