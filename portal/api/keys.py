"""`/api/v1/keys`: the public keys by which releases are signed."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema

from datasets.trust import TrustedKey
from portal.api.answers import json_answer
from portal.api.blueprint import route
from portal.api.describe import Released, address, boolean, many, string, trilingual
from portal.current import current_release, store


class KeyAnswer(Schema):
    """A public key."""

    id = string("Its name, as minisign shows it: 16 hexadecimal digits. It can be imitated; the key itself cannot.")
    public_key = string("The key, as minisign takes it with -P.")
    since = string("From when on its signatures count; null if the portal's operator has named the key.", null=True)
    until = string("When another key took its place; null if none has.", null=True)
    revoked = string("From when on what it signed does not count, because it was stolen or lost.", null=True)
    reason = trilingual("Why it was revoked.", null=True)
    signed_by = string("The key before it, which vouches for it; null if none does.", null=True)
    signature = string("The signature of that key over `public_key`, as minisign writes it.", null=True)
    in_force = boolean("Whether it may sign now.")
    url = address("The key as a file for minisign.")


class Keys(Released):
    """The keys, and what signed the release of the answer."""

    signed = boolean("Whether releases of this portal are signed.")
    key = string("The id of the key that signed the release of the answer.", null=True)
    published = string("When it was published, by its signature.", null=True, format="date-time")
    keys = many(KeyAnswer, "Oldest first.")


@route("/keys", Keys, tag="Releases", kept=False)
def keys(_arguments: dict[str, Any]) -> Response:
    """The public keys by which releases are signed."""
    release, trust = current_release(), store().signers.current()
    document = {
        "release": release.id,
        "signed": trust is not None,
        "key": release.seal.key if release.seal else None,
        "published": release.published,
        "keys": [_key(key) for key in trust.keys] if trust else [],
    }
    return json_answer(document, release, state=str(trust))


def _key(key: TrustedKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "public_key": key.public_key,
        "since": key.since,
        "until": key.until,
        "revoked": key.revoked,
        "reason": key.reason,
        "signed_by": key.signed_by,
        "signature": key.signature,
        "in_force": key.end is None,
        "url": url_for("downloads.public_key", key=key.id, _external=True),
    }
