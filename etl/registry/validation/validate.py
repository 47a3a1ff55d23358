"""Validates extracts of the Registry: what is bad is left out and listed, or refused; what is left is what engines read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from datasets.fault import Fault, FaultError
from datasets.library import Library
from etl.registry.contract import TABLES, Table
from etl.registry.manifest import Manifest
from etl.registry.parts import Registry
from etl.registry.validation.cleaning import Cleaner, bad_rows
from etl.registry.validation.corrections import corrected, correction
from etl.registry.validation.delivery import Delivery
from etl.registry.validation.findings import Findings
from etl.registry.validation.intake import Digests, Extract, take_in
from etl.registry.validation.links import Linker, Links
from etl.registry.validation.quarantine import Line
from etl.registry.validation.replica import is_database, validate_replica
from etl.registry.validation.report import PartReport, Report
from etl.registry.validation.scan import Scanner, Verdict
from etl.registry.validation.selection import Selection, select
from etl.registry.validation.sources import Sources
from etl.registry.validation.store import Store, write_whole

Progress = Callable[[str], None]
MEMORY = "3GB"


def validate_extracts(
    sources: Sequence[str], store: Path, library: Library, progress: Progress = lambda _: None, memory: str = MEMORY
) -> tuple[Registry, Report]:
    """Validate extract folders, or one database (`postgresql://…`); returns what engines read, and what was found.

    `store` keeps cleaned files, verdicts, quarantine files and reports; DuckDB uses at most `memory`. Raises FaultError
    with all that makes the extracts unfit.
    """
    if not sources or (any(map(is_database, sources)) and len(sources) > 1):
        message = "are neither folders nor one database."
        raise FaultError([Fault("extracts", "sources", message, "Name extract folders, or one database address.")])
    for source in sources:
        if not is_database(source) and store.resolve().is_relative_to(Path(source).resolve()):
            message = "is inside an extract, which nothing may be added to."
            raise FaultError([Fault("command line", "--store", message, "Name a folder of its own.")])
    kept = Store(store)
    with kept.held():
        if is_database(sources[0]):
            registry, report = validate_replica(sources[0], kept, library.codelists, progress)
        else:
            registry, report = _validate_folders(sources, kept, library, progress, memory)
        write_whole(kept.report(report.extracts[-1]), report.to_json())
    return registry, report


def _validate_folders(
    folders: Sequence[str], store: Store, library: Library, progress: Progress, memory: str
) -> tuple[Registry, Report]:
    extracts = _take_in(folders)
    selection = select(extracts)
    digests = Digests(store.root / "digests.json")
    faults = [fault for extract in selection.extracts for fault in digests.faults(extract, progress)]
    if faults:
        raise FaultError(faults)
    with store.connect(memory, tuple(extract.folder for extract in extracts)) as connection:
        run = _Run(connection, store, library, selection, progress)
        for table in TABLES.values():
            run.validate(table)
        return run.outcome()


def _take_in(folders: Sequence[str]) -> list[Extract]:
    extracts: list[Extract] = []
    faults: list[Fault] = []
    for folder in folders:
        try:
            extracts.append(take_in(Path(folder)))
        except FaultError as error:
            faults += error.faults
    if faults:
        raise FaultError(faults)
    return extracts


class _Run:
    """One validation of extract folders: tables in the contract's order, so that a bad row takes with it what refers to it."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        store: Store,
        library: Library,
        selection: Selection,
        progress: Progress,
    ) -> None:
        self.connection, self.store, self.selection, self.progress = connection, store, selection, progress
        self.findings = Findings(store, library.codelists, [extract.manifest for extract in selection.extracts])
        self.findings.notices += selection.notices
        self.sources = Sources(connection, store.scratch)
        self.scanner = Scanner(connection, store, self.sources, library.codelists)
        self.linker = Linker(connection, store, self.findings.distrusted)
        self.cleaner = Cleaner(connection, store, self.sources)

    def validate(self, table: Table) -> None:
        """Validate every part of a table, then weigh its bad rows."""
        lists: dict[str, list[tuple[Delivery, tuple[Path, ...]]]] = {}
        for delivery in (part for part in self.selection.parts if part.table is table):
            self.progress(delivery.name)
            try:
                lists.setdefault(delivery.extract, []).append((delivery, self._part(delivery)))
            except FaultError as error:
                self.findings.distrust(table, error)
            except duckdb.Error:
                self.findings.distrust(table, self.sources.failure(delivery))
            finally:
                self.sources.close(delivery)
        for extract, found in lists.items():
            self.findings.weigh(table, extract, (line for each in found for line in self._lines(*each)))

    def _part(self, delivery: Delivery) -> tuple[Path, ...]:
        """Validate a part; returns the lists of its bad rows. Raises FaultError if it cannot be read or holds an IIN."""
        own, verdict = self.scanner.verdict(delivery)
        links = self.linker.known(own, delivery, verdict)
        if links is None:
            links = self.linker.check(own, delivery, verdict, self.sources.open(delivery))
        cleaned = self.cleaner.clean(delivery, own, verdict, links)
        self.linker.done[delivery.table.name].append(cleaned)
        self._report(delivery, verdict, links, cleaned.part.rows)
        for before, after in self.selection.corrections:
            if after is delivery:
                self.findings.notices.append(correction(self.connection, self.store, self.sources, before, after))
                self.sources.close(before)
        return bad_rows(self.store, own, verdict, links)

    def _report(self, delivery: Delivery, verdict: Verdict, links: Links, clean: int) -> None:
        counts = (*verdict.counts, *links.counts)
        bad = verdict.rows - clean
        report = PartReport(delivery.table.name, delivery.period, delivery.extract, verdict.rows, clean, bad, counts)
        self.findings.part(report)
        self.findings.totals(report, verdict.totals, verdict.unread)

    def _lines(self, delivery: Delivery, lists: tuple[Path, ...]) -> Iterator[Line]:
        if lists:
            found = 'SELECT piece, row, "column", reason FROM read_parquet(?) ORDER BY ALL'
            lines = self.connection.execute(found, [[str(path) for path in lists]])
            while batch := lines.fetchmany(10_000):
                yield from ((delivery.pieces[piece].shown, *line) for piece, *line in batch)

    def outcome(self) -> tuple[Registry, Report]:
        """What engines read and the report; raises FaultError with all faults of all tables."""
        report = self.findings.report(self.selection.months)
        parts = tuple(each.part for done in self.linker.done.values() for each in done)
        corrects = {each.manifest.extract: self._corrected(each.manifest) for each in self.selection.extracts}
        registry = Registry(report.extracts, report.as_of, report.synthetic, report.months, parts, corrects=corrects)
        return registry, report

    def _corrected(self, manifest: Manifest) -> tuple[tuple[str, str], ...]:
        own = (after for _, after in self.selection.corrections if after.extract == manifest.extract)
        return corrected(manifest, [(each.table.name, each.period) for each in own])
