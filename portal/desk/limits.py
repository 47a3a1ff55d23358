"""How often a client, and how often all of them together, may hand something in.

A client is a keyed digest of its network address under a random salt that is thrown away after its day, with the counts:
the address itself is never written down, and afterwards nobody can find out which one it was.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

_HOUR, _DAY = 3600, 24 * 3600
#: Of an IPv6 address the network decides: a household has all addresses below it.
_IPV6_NETWORK = 64


@dataclass(frozen=True)
class Limit:
    """At most so many of one purpose: of one client in an hour, of one client in a day, of all in an hour."""

    purpose: str
    hourly: int
    daily: int
    together: int


def admit(connection: sqlite3.Connection, limit: Limit, address: str | None, now: int) -> bool:
    """Count one more of `limit.purpose`, unless that would be one too many; needs a transaction."""
    _forget(connection, now)
    client = _client(connection, address, now)
    if _count(connection, limit.purpose, now - _HOUR) >= limit.together:
        return False
    if _count(connection, limit.purpose, now - _HOUR, client) >= limit.hourly:
        return False
    if _count(connection, limit.purpose, now - _DAY, client) >= limit.daily:
        return False
    connection.execute("INSERT INTO attempt VALUES (?, ?, ?)", (limit.purpose, now, client))
    return True


def _count(connection: sqlite3.Connection, purpose: str, since: int, client: str | None = None) -> int:
    condition, values = (" AND client = ?", (client,)) if client is not None else ("", ())
    statement = f"SELECT count(*) FROM attempt WHERE purpose = ? AND at > ?{condition}"
    return int(connection.execute(statement, (purpose, since, *values)).fetchone()[0])


def _client(connection: sqlite3.Connection, address: str | None, now: int) -> str:
    connection.execute("INSERT OR IGNORE INTO salt VALUES (?, ?)", (_day(now), secrets.token_bytes(32)))
    salt = connection.execute("SELECT value FROM salt WHERE day = ?", (_day(now),)).fetchone()[0]
    return hmac.new(salt, _network(address).encode(), hashlib.sha256).hexdigest()[:24]


def _network(address: str | None) -> str:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found), _IPV6_NETWORK), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def _forget(connection: sqlite3.Connection, now: int) -> None:
    """Throw away what is older than a day: counts, and salts of days gone by."""
    connection.execute("DELETE FROM attempt WHERE at <= ?", (now - _DAY,))
    connection.execute("DELETE FROM salt WHERE day <> ?", (_day(now),))
    connection.execute("DELETE FROM spent WHERE until < ?", (now,))


def _day(now: int) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
