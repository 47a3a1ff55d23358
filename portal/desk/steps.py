"""How the desk's database came to its form: each step is a list of statements; a step that was published never changes."""

from __future__ import annotations

_COUNTING = (
    # A new salt each day; with yesterday's gone nobody can tell who a client was.
    "CREATE TABLE salt (day TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE attempt (purpose TEXT NOT NULL, at INTEGER NOT NULL, client TEXT NOT NULL)",
    "CREATE INDEX attempt_by_time ON attempt (purpose, at)",
    # Forms that were sent, so that the same one is not taken twice.
    "CREATE TABLE spent (nonce TEXT PRIMARY KEY, until INTEGER NOT NULL, outcome TEXT NOT NULL) WITHOUT ROWID",
)
_TICKETS = (
    """CREATE TABLE ticket (
        id TEXT PRIMARY KEY,
        filed TEXT NOT NULL,
        release TEXT NOT NULL,
        dataset TEXT NOT NULL,
        measure TEXT,
        keys_json TEXT NOT NULL,
        chart INTEGER,
        language TEXT NOT NULL,
        text TEXT,
        likeness TEXT,
        state TEXT NOT NULL,
        changed TEXT NOT NULL,
        closed TEXT,
        answer_kk TEXT,
        answer_ru TEXT,
        answer_en TEXT,
        correction TEXT
    ) WITHOUT ROWID""",
    "CREATE INDEX ticket_by_state ON ticket (state, filed)",
    "CREATE INDEX ticket_by_likeness ON ticket (likeness) WHERE likeness IS NOT NULL",
)
_SUBSCRIPTIONS = (
    """CREATE TABLE subscription (
        id TEXT PRIMARY KEY,
        address TEXT NOT NULL,
        kind TEXT NOT NULL,
        code TEXT NOT NULL,
        language TEXT NOT NULL,
        asked TEXT NOT NULL,
        confirmed TEXT,
        told INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX subscription_by_address ON subscription (address COLLATE NOCASE, kind, code)",
    """CREATE TABLE letter (
        id TEXT PRIMARY KEY,
        recipient TEXT NOT NULL,
        content BLOB NOT NULL,
        made TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX letter_by_due ON letter (due)",
)
STEPS: tuple[tuple[str, ...], ...] = ((*_COUNTING, *_TICKETS), _SUBSCRIPTIONS)
