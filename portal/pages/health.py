"""The state of the portal in words, for people."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _

from portal.health import Health, current_health
from portal.pages.blueprint import breadcrumbs, page
from portal.pages.release_notice import format_instant
from portal.release import Refusal


@page("health", kept=False)
def health() -> str:
    """Which release is shown, and why, if it is not the one that should be."""
    found = current_health()
    return render_template(
        "health.html",
        health=found,
        sentence=_sentence(found),
        why=reason(found.trouble.refusal) if found.trouble else "",
        facts=_facts(found),
        breadcrumbs=breadcrumbs(_("State of the portal")),
    )


def _sentence(found: Health) -> str:
    if found.trouble:
        return _("An older release is shown than the one that should be.")
    if found.damaged:
        return _("Some files of the release are damaged and are not given out. Everything else is right.")
    if found.keys:
        return _("The list of public keys is damaged. Signatures are checked with the keys that were read before.")
    if found.served and found.served.seal:
        return _("The portal shows the release that it should, and its files are what the publisher signed.")
    return _("The portal shows the release that it should, and its files are as its manifest says.")


def reason(refusal: Refusal) -> str:
    """Why a release is not shown, as a sentence."""
    return {
        Refusal.ABSENT: _("The release that should be shown is not there."),
        Refusal.RETIRED: _("The release that should be shown has been retired: its files are gone."),
        Refusal.OTHER_SCHEMA: _("The release that should be shown has another format than this portal reads."),
        Refusal.DAMAGED: _("A file of the release that should be shown is damaged: it is not what was published."),
        Refusal.UNTRUSTED: _("The signature of the release that should be shown is missing or not valid."),
        Refusal.POINTER: _("It is not known which release should be shown."),
    }[refusal]


def _facts(found: Health) -> list[dict[str, str]]:
    served = found.served
    seal = served.seal if served else None
    facts = [
        (_("Release that is shown"), served.id if served else ""),
        (_("Release that should be shown"), found.named or _("not known")),
        (_("Since"), format_instant(found.trouble.since) if found.trouble else ""),
        (_("Damaged files"), ", ".join(found.damaged)),
        (
            _("All files verified last"),
            format_instant(found.verified) if found.verified else _("not yet since the start"),
        ),
        (_("Signed with the key"), seal.key if seal else _("not signed")),
        (_("Published"), format_instant(seal.published) if seal else ""),
    ]
    return [{"key": key, "value": value} for key, value in facts if value]
