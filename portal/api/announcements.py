"""`/api/v1/announcements`: what was announced of names, columns and format."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema

from portal.api.answers import json_answer
from portal.api.arguments import NoArguments
from portal.api.blueprint import route
from portal.api.describe import Released, address, boolean, integer, many, string, trilingual
from portal.current import current_release
from portal.record import Announcement
from portal.renamed import Names, every_name


class AnnouncementAnswer(Schema):
    """An announcement."""

    id = string("Its id, which stays.")
    kind = string("Code list `announcement_kind`.")
    date = string("When it was announced.", format="date")
    effective = string("From when it holds.", format="date")
    pending = boolean("Whether this release still is as it was before.")
    dataset = string("The dataset; null for the release format.", null=True)
    subject = string("The old name, of the dataset or column.", null=True)
    replacement = string("The name that takes its place.", null=True)
    text = trilingual("What changes, why, and what to do.")
    page = address("The announcement on its page.")


class Announcements(Released):
    """The announcements."""

    count = integer("How many there are.")
    announcements = many(AnnouncementAnswer, "Newest first.")


@route("/announcements", Announcements, NoArguments, tag="Record", kept=False)
def announcements(_arguments: dict[str, Any]) -> Response:
    """What was announced of names, columns and format, and whether it has happened."""
    release, names = current_release(), every_name()
    said = announced(names, names.announcements)
    return json_answer({"release": release.id, "count": len(said), "announcements": said}, release, state=repr(said))


def announced(names: Names, chosen: tuple[Announcement, ...]) -> list[dict[str, Any]]:
    """Announcements as answers say them."""
    plain = ("id", "kind", "date", "effective", "dataset", "subject", "replacement", "text")
    return [
        {name: getattr(each, name) for name in plain}
        | {
            "pending": names.is_pending(each),
            "page": url_for("pages.announcements", lang="en", _anchor=each.id, _external=True),
        }
        for each in chosen
    ]
