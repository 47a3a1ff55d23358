"""`/api/v1/datasets/{slug}/revisions`: how far first figures moved, by measure and age."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema

from portal.api.answers import json_answer
from portal.api.arguments import PinArguments
from portal.api.blueprint import route
from portal.api.describe import Released, integer, many, number, record, string
from portal.api.faults import absent
from portal.api.pinning import pin
from portal.revisions import Moved, studies


class MovedAnswer(Schema):
    """The figures of a measure that were there so many releases after they first were."""

    measure = string("The measure.")
    age = integer("How many releases later.")
    figures = integer("Figures that have a number then and had one at first.")
    revised = integer("Those of them that are not what they first were.")
    share_revised = number("The same as a share, from 0 to 1.")
    mean_absolute = number("Mean absolute revision: the sum of |later - first| divided by the number of figures.")
    relative = number("The sum of |later - first| divided by the sum of |first|; null if that is nought.", null=True)


class Revisions(Released):
    """How far first figures of a dataset moved, in all releases until the one that is asked for."""

    dataset = string("The dataset.")
    releases = integer("Releases that were compared.")
    left_out = integer("Figures that were our own error: they are in no other number.")
    reasons = record("By code of `change_reason`: how many changes of a figure that is in both releases it explains.")
    revisions = many(MovedAnswer, "By measure and age.")


@route("/datasets/<slug>/revisions", Revisions, PinArguments, tag="Datasets", kept=False)
def revisions(arguments: dict[str, Any], slug: str) -> Response:
    """How far first figures of a dataset moved from release to release."""
    pinned = pin(arguments)
    dataset = pinned.release.catalogue.datasets.get(slug)
    if dataset is None:
        raise absent("Dataset", slug, pinned.release, "/api/v1/datasets")
    study = studies().of(dataset, pinned.release)
    document = {
        "release": pinned.release.id,
        "dataset": slug,
        "releases": study.releases,
        "left_out": study.left_out,
        "reasons": dict(study.reasons),
        "revisions": [_moved(name, each) for name, moved in study.measures.items() for each in moved],
    }
    return json_answer(document, pinned.release, state=repr(document))


def _moved(measure: str, moved: Moved) -> dict[str, Any]:
    return {
        "measure": measure,
        "age": moved.age,
        "figures": moved.figures,
        "revised": moved.revised,
        "share_revised": moved.share,
        "mean_absolute": moved.mean_absolute,
        "relative": moved.relative,
    }
