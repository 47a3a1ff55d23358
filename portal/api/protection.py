"""`/api/v1/protection`: what of a release is hidden, by which rules, and what the attack on it has found."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE
from portal.api.answers import json_answer
from portal.api.arguments import PinArguments
from portal.api.blueprint import route
from portal.api.describe import (
    Released,
    address,
    integer,
    many,
    mapping,
    number,
    one,
    record,
    says,
    string,
    strings,
    trilingual,
)
from portal.api.pinning import pin
from portal.audit import Coverage
from portal.catalogue import Dataset, Redaction, Relation
from portal.release import Release


class GroupAnswer(Schema):
    """Measures that are hidden together."""

    measures = strings("The measures.")
    persons = string(
        "The one of them that counts the persons behind all; null if that count is not published.", null=True
    )


class CoverageAnswer(Schema):
    """How much of a dataset is hidden, and how well. Figures are those of protected measures, in rows and sums."""

    published = integer("Figures that are shown.")
    hidden = integer("Figures that are not.")
    hidden_totals = integer("Those of them that are sums.")
    hidden_share = number("Hidden figures by all figures, from 0 to 1.")
    hidden_value = record("By measure: the share of its total that no row shows, from 0 to 1.")
    narrowest = integer(
        "The smallest number of whole numbers that provably stay possible for a hidden figure that needs them; "
        "null if there is none.",
        null=True,
    )
    settled = integer("Figures hidden for the sake of others, of which a reader may know that they are large.")
    breaches = integer("Figures that do not keep what the rules promise. A release with one is not published.")


class ProtectionAnswer(Schema):
    """How the figures of a dataset are protected."""

    policy = string("The disclosure policy.")
    method = string("What is done.", enum=["suppression", "cell_key", "differential_privacy"])
    zeros = string("Whether a reader always sees that a figure is nought.", enum=["published", "protected"])
    minimum = integer("A figure with fewer persons behind it is hidden.")
    values = integer("How many whole numbers stay possible for each hidden figure, at least.")
    upper = integer("How great a hidden count of persons can be for all that can be proved, at least.", null=True)
    groups = many(GroupAnswer, "The protected measures.")
    public = strings("Measures that are shown whatever they are.")
    noise = record("Parameters of the noise, by methods that show all figures changed; else empty.")
    totals = string("The table of the published sums, in SQL and in the file of the format `totals_csv`.")
    coverage = fields.Nested(
        CoverageAnswer,
        required=True,
        allow_none=True,
        metadata=says("What the attack found; null if the release has no audit."),
    )


class ProtectedDataset(Schema):
    """A dataset with rules that protect somebody."""

    slug = string("The dataset.")
    url = address("The dataset, with everything that the release says of it.")
    protection = one(ProtectionAnswer, "How its figures are protected.")


class RelationAnswer(Schema):
    """Something that holds between published figures, which anyone may use against hidden ones."""

    kind = string("What it is.", enum=["row_sum", "identity", "part", "same", "ratio"])
    spec = fields.Raw(required=True, metadata=says("Its terms, as in the table `meta_relation`.", type="object"))
    title = trilingual("Its title.", null=True)


class RedactionAnswer(Schema):
    """A figure that was published and withdrawn."""

    redaction = string("The withdrawal that took it.")
    date = string("Its day.", format="date")
    dataset = string("The dataset.")
    measure = string("The measure.")
    keys = mapping("Where the figure stood, by dimension; `*` where one is summed over.")
    cause = string("Whether it was asked for, or goes to protect one that was.", enum=["asked", "to_protect"])
    reason = trilingual("Why.")


class Protections(Released):
    """What of a release is hidden, and what the attack on it and the earlier ones has found."""

    outcome = string(
        "What the attack came to; null if the release has no audit.",
        null=True,
        enum=["passed", "breach", "undecided", None],
    )
    earlier = strings("The earlier releases that were attacked with it.")
    unknowns = integer("Figures that the attacker did not know.", null=True)
    equations = integer("Equations and bounds that he had.", null=True)
    statement = string("Digest of both, which the certificate repeats.", null=True)
    datasets = many(ProtectedDataset, "The datasets with rules that protect somebody.")
    relations = many(RelationAnswer, "What ties figures of these datasets together, besides sums over dimensions.")
    redactions = many(RedactionAnswer, "Figures that were withdrawn after publication.")
    audit = address("The audit as the release has it.", null=True)
    certificates = address("The proofs of its findings.", null=True)


@route("/protection", Protections, PinArguments, tag="Releases")
def protection(arguments: dict[str, Any]) -> Response:
    """What of a release is hidden, by which rules, and what an attack on it has found."""
    pinned = pin(arguments)
    release, asked = pinned.release, arguments.get("release")
    audit = release.audit
    document = {
        "release": release.id,
        "outcome": audit.outcome if audit else None,
        "earlier": list(audit.earlier) if audit else [],
        "unknowns": audit.unknowns if audit else None,
        "equations": audit.equations if audit else None,
        "statement": audit.statement if audit else None,
        "datasets": [_dataset(release, each, asked) for each in release.catalogue.protected],
        "relations": [_relation(each) for each in release.catalogue.relations],
        "redactions": [_redaction(release, each) for each in release.redactions],
        "audit": _file(release, AUDIT_FILE),
        "certificates": _file(release, CERTIFICATES_FILE),
    }
    return json_answer(document, release, fixed=pinned.fixed)


def protection_document(release: Release, dataset: Dataset) -> dict[str, Any] | None:
    """How a dataset is protected; nothing where nobody has to be."""
    rules = dataset.protection
    if rules is None:
        return None
    audit = release.audit
    coverage = audit.datasets.get(dataset.slug) if audit else None
    return {
        "policy": rules.policy,
        "method": rules.method,
        "zeros": rules.zeros,
        "minimum": rules.minimum,
        "values": rules.values,
        "upper": rules.upper,
        "groups": [{"measures": list(each.measures), "persons": each.persons} for each in rules.groups],
        "public": list(rules.public),
        "noise": rules.noise,
        "totals": dataset.totals,
        "coverage": _coverage(coverage) if coverage else None,
    }


def _dataset(release: Release, dataset: Dataset, asked: str | None) -> dict[str, Any]:
    return {
        "slug": dataset.slug,
        "url": url_for(".dataset", slug=dataset.slug, release=asked, _external=True),
        "protection": protection_document(release, dataset),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    said = asdict(coverage)
    return {name: said[name] for name in CoverageAnswer().fields}


def _redaction(release: Release, redaction: Redaction) -> dict[str, Any]:
    dimensions = (column.name for column in release.catalogue.datasets[redaction.dataset].dimensions)
    return asdict(redaction) | {"keys": dict(zip(dimensions, redaction.keys, strict=True))}


def _relation(relation: Relation) -> dict[str, Any]:
    return {"kind": relation.kind, "spec": relation.spec, "title": relation.title}


def _file(release: Release, name: str) -> str | None:
    if name not in release.files:
        return None
    return url_for("downloads.pinned", release_id=release.id, name=name, _external=True)
