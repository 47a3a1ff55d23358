"""A Registry that is a PostgreSQL database, validated where it stands: the same rules, in one read-only transaction.

Only counts, references of bad rows (ctid), and texts that could hold an IIN leave the database; the last are looked at and
dropped. Rows outside of the months that the manifest covers are left out like bad ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import psycopg

from datasets.codelist import Codelist
from datasets.fault import Fault, FaultError
from etl.registry.contract import TABLES, Table
from etl.registry.manifest import Manifest, parse_manifest
from etl.registry.parts import Part, Registry
from etl.registry.shape import postgresql_types
from etl.registry.validation.corrections import corrected
from etl.registry.validation.delivery import combined
from etl.registry.validation.findings import Findings
from etl.registry.validation.headings import heading_faults
from etl.registry.validation.intake import manifest_faults
from etl.registry.validation.replica_table import Rejected, TableScan
from etl.registry.validation.report import PartReport, Report
from etl.registry.validation.store import Store

_SCHEMES = ("postgresql://", "postgres://")
_MANIFEST = "extract_manifest"


def is_database(source: str) -> bool:
    """Whether a source is the address of a database rather than a folder."""
    return source.startswith(_SCHEMES)


def validate_replica(
    dsn: str, store: Store, codelists: Mapping[str, Codelist], progress: Callable[[str], None]
) -> tuple[Registry, Report]:
    """Validate the Registry at `dsn`; raises FaultError with all that makes it unfit."""
    try:
        with psycopg.connect(dsn, application_name="ashyq-qalqan") as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            for setting in ("TIME ZONE 'UTC'", "DateStyle TO 'ISO'", "extra_float_digits TO 1"):
                connection.execute(f"SET LOCAL {setting}".encode())
            return _Replica(connection, dsn, store, codelists, progress).validate()
    except psycopg.Error as error:
        # The server's own words may repeat values, and the address may hold a password.
        message = f"does not answer as it should ({type(error).__name__}, {error.sqlstate or 'no connection'})."
        remedy = "See whether it runs, who may read it, and its log; then build again."
        raise FaultError([Fault("database", "connection", message, remedy)]) from None


class _Replica:
    def __init__(
        self,
        connection: psycopg.Connection,
        dsn: str,
        store: Store,
        codelists: Mapping[str, Codelist],
        progress: Callable[[str], None],
    ) -> None:
        self.connection, self.dsn, self.codelists, self.progress = connection, dsn, codelists, progress
        self.manifest = self._manifest()
        self.findings = Findings(store, codelists, [self.manifest])
        self.rejected: dict[str, Rejected] = {}
        self.parts: list[Part] = []

    def validate(self) -> tuple[Registry, Report]:
        """Validate every table, in the contract's order."""
        faults = [fault for table in TABLES.values() for fault in self._shape_faults(table)]
        if faults:
            raise FaultError(faults)
        for table in TABLES.values():
            self.progress(table.name)
            try:
                self._table(table)
            except FaultError as error:
                self.findings.distrust(table, error)
        manifest = self.manifest
        report = self.findings.report(manifest.periods)
        rejected = tuple((name, tuple(sorted(found.places))) for name, found in self.rejected.items() if found.places)
        return (
            Registry(
                (manifest.extract,),
                manifest.as_of,
                manifest.synthetic,
                manifest.periods,
                tuple(self.parts),
                self.dsn,
                rejected,
                {manifest.extract: corrected(manifest)},
            ),
            report,
        )

    def _manifest(self) -> Manifest:
        try:
            with self.connection.transaction():
                rows = self.connection.execute(f"SELECT document FROM {_MANIFEST}".encode()).fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            rows = []
        if len(rows) != 1 or not isinstance(rows[0][0], str):
            message = "does not hold the manifest: one row with a text named document."
            raise FaultError([Fault(_MANIFEST, "document", message, "Write the manifest of the extract into it.")])
        manifest = parse_manifest(rows[0][0].encode(), _MANIFEST)
        faults = [*manifest_faults(manifest, _MANIFEST), *_database_faults(manifest)]
        if faults:
            raise FaultError(faults)
        return manifest

    def _shape_faults(self, table: Table) -> Iterator[Fault]:
        """A table that is missing, a view (whose rows have no reference), or other columns and types than the contract's."""
        relation = "SELECT relkind::text, oid FROM pg_class WHERE oid = to_regclass(%s)"
        found = self.connection.execute(relation, [f'"{table.name}"']).fetchone()
        if found is None or found[0] != "r":
            message = "is not a table of the database." if found is None else "is not an ordinary table."
            yield Fault("database", table.name, message, "Create it as the contract's page shows, and fill it.")
            return
        columns = self.connection.execute(
            "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [found[1]],
        ).fetchall()
        faults = list(heading_faults([name for name, _ in columns], table, table.name))
        yield from faults
        if not faults:
            wanted = postgresql_types(table)
            for name, kind in columns:
                if kind.removesuffix(" without time zone") != wanted[name]:
                    message = f"is of type {kind}, not {wanted[name]}."
                    yield Fault(table.name, f"column {name}", message, "Create the table as the contract's page shows.")

    def _table(self, table: Table) -> None:
        scan = TableScan(self.connection, table, self.manifest, self.codelists)
        figures = scan.figures()
        scan.refuse_iin(figures)
        rejected = self.rejected[table.name] = Rejected()
        scan.broken(figures, rejected)
        scan.repeated(rejected)
        scan.orphans(rejected, self.rejected, self.findings.distrusted)
        for period, found in figures.items():
            reasons, bad = rejected.counts(period)
            report = PartReport(table.name, period, self.manifest.extract, found.rows, found.rows - bad, bad, reasons)
            self.findings.part(report)
            if period or table.register:
                unread = [column for column, reason, _ in reasons if reason == "missing"]
                self.findings.totals(report, found.totals, unread)
                digest = combined([table.name, period, str(found.rows), found.digest, *rejected.of(period)])
                self.parts.append(Part(table.name, period, (), digest, report.clean))
        self.findings.weigh(table, self.manifest.extract, rejected.lines(table))


def _database_faults(manifest: Manifest) -> Iterator[Fault]:
    if manifest.files:
        yield Fault(_MANIFEST, "files", "are named, but a database has none.", "Leave the list empty.")
    stated = {(each.table, each.column, each.period) for each in manifest.totals}
    for table in TABLES.values():
        for period in ("",) if table.register else manifest.periods:
            for column in table.totals:
                if (table.name, column, period) not in stated:
                    place = f"totals: {table.name}.{column}{' of ' + period if period else ''}"
                    yield Fault(_MANIFEST, place, "is missing.", "State the total of what the database holds.")
