"""The desk's file: `desk.db`, an SQLite database in write-ahead mode, brought to its newest form by a list of steps."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from portal.desk.steps import STEPS

DATABASE_FILE = "desk.db"
#: Milliseconds to wait for another process that writes: a filing takes a few.
_PATIENCE = 5_000
#: Rights of the folder, if it is made here, and of the files in it.
FOLDER_MODE, FILE_MODE = 0o700, 0o600


class DeskError(Exception):
    """The desk cannot be used now; the message says why and what to do, and names nobody."""


class Desk:
    """One folder of the operator's, not to be read by others; it and its database are made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection that may write: everything done with it is kept, or nothing; raises DeskError.

        Writers come one after another, also those of other processes. Rows come by name.
        """
        try:
            with closing(self._connect()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise DeskError(_trouble(self.folder, error)) from error

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """What one SELECT finds; raises DeskError."""
        try:
            with closing(self._connect()) as connection:
                return connection.execute(statement, values).fetchall()
        except (OSError, sqlite3.Error) as error:
            raise DeskError(_trouble(self.folder, error)) from error

    def wipe(self) -> None:
        """Write what was deleted out of the write-ahead file, as far as no reader holds it; raises DeskError."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _connect(self) -> sqlite3.Connection:
        self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        path = self.folder / DATABASE_FILE
        # SQLite gives its two helper files the rights of this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
        connection = sqlite3.connect(path, timeout=_PATIENCE / 1000, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            # What is deleted is overwritten.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA synchronous = FULL")
            if _version(connection) != len(STEPS):
                _bring_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _bring_up(connection: sqlite3.Connection) -> None:
    """Take the steps that the file has not had; two processes that begin at once take turns."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = _version(connection)
        if done > len(STEPS):
            raise sqlite3.DatabaseError(f"it is of version {done}, this portal knows {len(STEPS)}")
        for step in STEPS[done:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _trouble(folder: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"The desk in '{folder.name}' cannot be used: {reason}. Check that DESK_DIR is a folder of ours with room in it."
