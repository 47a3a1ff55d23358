"""An extract as a PostgreSQL database: the tables of the contract, the manifest written last, the truth in its own schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from datasets.fault import Fault, FaultError
from etl.registry.contract import TABLES
from etl.registry.shape import postgresql_tables
from etl.simulator import truth
from etl.simulator.assembly import Assembly, Progress
from etl.simulator.runner import Settings
from etl.simulator.timeline import Month

_MANIFEST = "extract_manifest"


def write_database(settings: Settings, months: tuple[Month, ...], processes: int | None, progress: Progress) -> None:
    """Create the tables and fill them; when something goes wrong they are dropped again.

    Raises FaultError when the database cannot be reached or has one of the tables already.
    """
    assembly = Assembly(settings, months)
    with _tables(settings.target.dsn):
        assembly.make(processes, progress)
        with psycopg.connect(settings.target.dsn) as connection:
            with connection.cursor().copy(_copy("signals")) as copy:
                copy.write(assembly.signals.getvalue())
            for name, lines in (("enforcement", assembly.gaps), ("threads", assembly.threads)):
                with connection.cursor().copy(_copy(name)) as copy:
                    copy.write("".join(",".join(map(str, line)) + "\n" for line in lines))
            document = assembly.manifest().to_json()
            connection.execute(sql.SQL("INSERT INTO {} VALUES (%s)").format(sql.Identifier(_MANIFEST)), (document,))


def _copy(name: str) -> sql.Composed:
    table = sql.Identifier(truth.FOLDER, name)
    return sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(table)


@contextmanager
def _tables(dsn: str) -> Iterator[None]:
    try:
        with psycopg.connect(dsn) as connection:
            _create(connection)
    except (psycopg.errors.DuplicateTable, psycopg.errors.DuplicateSchema):
        raise _fault("holds tables of an extract already.", "Name an empty database.") from None
    except psycopg.Error:
        raise _fault(
            "cannot be reached or written.", "Check the address, and that its user may create tables."
        ) from None
    try:
        yield
    except BaseException:
        with psycopg.connect(dsn) as connection:
            for name in (*reversed(TABLES), _MANIFEST):
                connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(truth.FOLDER)))
        raise


def _create(connection: psycopg.Connection) -> None:
    for statement in postgresql_tables():
        connection.execute(sql.SQL(statement))
    connection.execute(sql.SQL("CREATE TABLE {} (document text NOT NULL)").format(sql.Identifier(_MANIFEST)))
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(truth.FOLDER)))
    truths = {"signals": truth.SIGNALS, "enforcement": truth.ENFORCEMENT, "threads": truth.THREADS}
    for name, columns in truths.items():
        listed = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(column)) for column in columns)
        table = sql.Identifier(truth.FOLDER, name)
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, listed))


def _fault(message: str, remedy: str) -> FaultError:
    # The address is not shown: it may hold a password.
    return FaultError([Fault("command line", "--out", f"The database {message}", remedy)])
