"""`/api/v1/replies`: what medical organisations say to blocks of their payments."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from portal.api.answers import json_answer
from portal.api.arguments import PinArguments
from portal.api.blueprint import route
from portal.api.describe import Released, boolean, integer, many, says, string, trilingual
from portal.api.faults import ApiError, shown
from portal.api.pinning import pin
from portal.record import record_of
from portal.release import Release


class RepliesArguments(PinArguments):
    """What can be asked of the replies."""

    organisation = fields.List(fields.String(), metadata=says("Only of these organisations; repeatable."))
    stop_factor = fields.List(fields.String(), metadata=says("Only to blocks under these stop-factors; repeatable."))


class ReplyAnswer(Schema):
    """A reply to a block."""

    id = string("Its id, which stays.")
    organisation = string("Code list `organisation`.")
    stop_factor = string("Code list `stop_factor`.")
    period = string("The month of the block.")
    received = string("When the reply came.", format="date")
    disputed = boolean("Whether the organisation says that the block is wrong.")
    resolved = string("When the dispute was settled; null while it is open, or without one.", null=True)
    outcome = string("Code list `reply_outcome`.", null=True)
    text = trilingual("The reply.")


class Replies(Released):
    """The replies of a release."""

    count = integer("How many there are.")
    replies = many(ReplyAnswer, "Newest first.")


@route("/replies", Replies, RepliesArguments, tag="Record")
def replies(arguments: dict[str, Any]) -> Response:
    """The replies of medical organisations to blocks, all or those asked for."""
    pinned = pin(arguments)
    release = pinned.release
    said = [asdict(each) for each in record_of(release).replies]
    for name in ("organisation", "stop_factor"):
        if name in arguments:
            _check(name, arguments[name], release)
            said = [each for each in said if each[name] in arguments[name]]
    return json_answer({"release": release.id, "count": len(said), "replies": said}, release, fixed=pinned.fixed)


def _check(name: str, asked: list[str], release: Release) -> None:
    """Answer 404 for a code that the release does not have: they are too many for the description to list."""
    wrong = next((each for each in asked if each not in release.catalogue.codelists[name].codes), None)
    if wrong is not None:
        message = f"{name}: '{shown(wrong)}' is not known."
        raise ApiError(404, "not_found", message, f"See /api/v1/codelists/{name}.")
