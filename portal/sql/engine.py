"""Datasette bound to one release: a fresh connection a request, checked SQL, links without a host, a collected answer."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasette.app import Datasette  # type: ignore[import-untyped]
from datasette.database import Database  # type: ignore[import-untyped]

from portal.sql import hardening
from portal.sql.exchange import RELEASE_PARAMETER
from portal.sql.hardening import AnswerTooLargeError, GuardedConnection
from portal.sql.limits import Limits

#: Everything in a release is public. Datasette's other actions are for operators.
PUBLIC_ACTIONS = frozenset({"view-instance", "view-database", "view-table", "view-query", "execute-sql"})
KEPT_HEADERS = ("content-type", "location", "content-disposition", "link")


@dataclass
class Talk:
    """The state of one request."""

    limit: int
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    trouble: BaseException | None = None

    async def receive(self) -> dict[str, Any]:
        """ASGI: no request has a body."""
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        """ASGI: collect the answer. Raises AnswerTooLargeError as soon as it is over the limit."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            pairs = [(name.decode().lower(), value.decode()) for name, value in message["headers"]]
            self.headers = [pair for pair in pairs if _kept(*pair)]
            return
        self.body += message.get("body", b"")
        if len(self.body) > self.limit:
            self.trouble = AnswerTooLargeError()
            raise self.trouble


def _kept(name: str, value: str) -> bool:
    # Of `link` only the next page: Datasette's other one, for a page's JSON form, is malformed.
    return name in KEPT_HEADERS and (name != "link" or value.startswith("<"))


class ReleaseDatabase(Database):  # type: ignore[misc]
    """The release, opened anew for each request: nothing of one visitor is left for the next."""

    def __init__(self, ds: ReleaseDatasette, path: Path, limits: Limits):
        super().__init__(ds, path=str(path), is_mutable=False)
        self._read_connection: GuardedConnection | None = None
        self._limits = limits

    def connect(self, write: bool = False) -> GuardedConnection:
        """A read-only connection. Datasette's own does not quote the path."""
        uri = f"{Path(self.path).as_uri()}?immutable=1"
        conn = sqlite3.connect(uri, uri=True, isolation_level=None, factory=GuardedConnection)
        conn.limits = self._limits
        return conn

    async def execute(self, sql: str, params: Any = None, **options: Any) -> Any:
        """Check, then run. The error, if any, is remembered: Datasette turns some into an empty CSV."""
        try:
            await self.execute_fn(lambda conn: hardening.check(conn, sql, params))
            return await super().execute(sql, params, **{**options, "log_sql_errors": False})
        except Exception as error:
            self.ds.talk.trouble = error
            raise

    def forget(self) -> None:
        """Close the connection of the request that ended."""
        if self._read_connection is not None:
            self._read_connection.close()
            self._read_connection = None


class ReleaseDatasette(Datasette):  # type: ignore[misc]
    """Datasette without its bookkeeping of schemas, and with links that never hold a host name."""

    talk: Talk
    #: The id of the release: a link to a next page names it, so that no crawl goes from one release to another.
    release_id = ""

    async def refresh_schemas(self) -> None:
        """Nothing: the release cannot change, and the bookkeeping database holds its path."""

    async def permission_allowed(self, actor: Any, action: str, resource: Any = None, default: Any = False) -> bool:
        """By the action alone. Datasette's own copies the whole metadata some times a table: a second on the first page."""
        return action in PUBLIC_ACTIONS

    def absolute_url(self, request: Any, path: str) -> str:
        """The path as it is, without a host: a forged Host must not get into `next_url`."""
        if "_next=" in path and f"{RELEASE_PARAMETER}=" not in path:
            return f"{path}&{RELEASE_PARAMETER}={self.release_id}"
        return path
