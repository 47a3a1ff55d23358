"""Whether the portal is well: which release is served, which should be, when all of it was verified last, and by which key."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, Response, current_app, jsonify

from portal.current import store
from portal.freshness import NEVER
from portal.release import Release, ReleaseError
from portal.sql.pool import SqlPool
from portal.succession import Trouble
from portal.watch import Watch

health = Blueprint("health", __name__)
WATCH = "release_watch"


@dataclass(frozen=True)
class Health:
    """The state of the portal. `status`: `ok`; `degraded`, an older release is served or a file of it is damaged; `failing`,
    there is none to serve. `verified` is when every file of the served release was last read and found right (UTC)."""

    status: str
    served: Release | None
    named: str | None
    trouble: Trouble | None
    damaged: tuple[str, ...]
    keys: str
    verified: str | None
    sql_workers: int

    @property
    def code(self) -> int:
        """The HTTP status for monitors."""
        return 503 if self.status == "failing" else 200


def current_health() -> Health:
    """The state as it is now."""
    releases = store()
    served: Release | None = None
    with contextlib.suppress(ReleaseError):  # The succession remembers why.
        served = releases.current()
    trouble, keys = releases.succession.trouble, releases.signers.trouble
    damaged = tuple(releases.damaged_files(served)) if served else ()
    status = "ok" if not (trouble or keys or damaged) else "degraded"
    watch = cast("Watch | None", current_app.extensions.get(WATCH))
    return Health(
        status=status if served else "failing",
        served=served,
        named=releases.succession.named(),
        trouble=trouble,
        damaged=damaged,
        keys=keys,
        verified=watch.verified(served) if watch and served else None,
        sql_workers=len(cast(SqlPool, current_app.extensions["sql_pool"]).pids()),
    )


@health.get("/health")
def report() -> Response:
    """The state as JSON, for monitors. No path, address or query stands in it."""
    found = current_health()
    trouble, served = found.trouble, found.served
    document = {
        "status": found.status,
        "release": served and served.id,
        "named": found.named,
        "reason": trouble and {"code": str(trouble.refusal), "message": trouble.message},
        "since": trouble and trouble.since,
        "damaged_files": list(found.damaged),
        "keys": found.keys or None,
        "key": served.seal.key if served and served.seal else None,
        "verified": found.verified,
        "sql_workers": found.sql_workers,
        "version": current_app.config["VERSION"],
    }
    response = jsonify(document)
    response.status_code = found.code
    response.headers["Cache-Control"] = NEVER
    return response


def init_app(app: Flask) -> None:
    """Answer at `/health`."""
    app.register_blueprint(health)
