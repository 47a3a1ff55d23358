"""What a validation has found so far, of folders and of databases alike, and what that means for the extract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from datasets.codelist import Codelist
from datasets.fault import Fault, FaultError
from etl.registry.contract import VERSION, Table
from etl.registry.manifest import MANIFEST_FILE, Manifest
from etl.registry.validation.quarantine import Line, judge, write_quarantine
from etl.registry.validation.report import Notice, PartReport, Report
from etl.registry.validation.store import Store
from etl.registry.validation.words import meanings


class Findings:
    """Collects faults, notices and the reports of parts. `distrusted` are tables whose rows nothing may be judged by."""

    def __init__(self, store: Store, codelists: Mapping[str, Codelist], manifests: Sequence[Manifest]) -> None:
        self.store, self.codelists, self.manifests = store, codelists, manifests
        self.faults: list[Fault] = []
        self.notices: list[Notice] = []
        self.parts: list[PartReport] = []
        self.distrusted: set[str] = set()
        self.controls = {
            (manifest.extract, each.table, each.period, each.column): each.value
            for manifest in manifests
            for each in manifest.totals
        }

    def distrust(self, table: Table, error: FaultError) -> None:
        """Note that a part of a table cannot be read or holds an IIN."""
        self.faults += error.faults
        self.distrusted.add(table.name)

    def part(self, part: PartReport) -> None:
        """Note what was found in a part."""
        self.parts.append(part)
        if not part.rows:
            self.notices.append(Notice("no_rows", part.table, part.period, "was delivered without rows."))

    def totals(self, part: PartReport, totals: Iterable[tuple[str, int]], unread: Sequence[str]) -> None:
        """Compare the sums over the delivered rows with those that the manifest states; `unread` cannot be compared."""
        for column, computed in totals:
            stated = self.controls[part.extract, part.table, part.period, column]
            if column in unread:
                text = f"the total of {column} is not compared: some of its values cannot be read."
                self.notices.append(Notice("total_not_compared", part.table, part.period, text))
            elif stated != computed:
                place = f"{part.table} {part.period}".strip()
                message = f"its total of {column} is {computed}; the manifest states {stated}."
                remedy = "Deliver all rows of the part, and the total of these rows."
                self.faults.append(Fault(f"{part.extract}/{MANIFEST_FILE}", place, message, remedy))

    def weigh(self, table: Table, extract: str, lines: Iterable[Line]) -> None:
        """Write the quarantine file of a table of an extract, and warn or refuse by its share of bad rows."""
        path = self.store.quarantine(extract, table.name)
        parts = [each for each in self.parts if each.table == table.name and each.extract == extract]
        rows, bad = (sum(getattr(each, name) for each in parts) for name in ("rows", "quarantined"))
        path.unlink(missing_ok=True)
        if bad:
            write_quarantine(path, lines, meanings(table, self.codelists))
        judgement = judge(table, extract, rows, bad, path.relative_to(self.store.root).as_posix())
        if isinstance(judgement, Fault):
            self.faults.append(judgement)
            self.distrusted.add(table.name)
        elif judgement is not None:
            self.notices.append(judgement)

    def report(self, months: tuple[str, ...]) -> Report:
        """The report; raises FaultError with all the faults of all tables."""
        if self.faults:
            raise FaultError(self.faults)
        newest, names = self.manifests[-1], tuple(each.extract for each in self.manifests)
        return Report(VERSION, names, newest.as_of, newest.synthetic, months, tuple(self.parts), tuple(self.notices))
