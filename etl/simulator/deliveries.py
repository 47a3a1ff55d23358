"""Successive deliveries of one simulated world, as a registry makes them month by month.

Each delivery brings its month, of which some rows are late, and the month before anew and whole. One month is delivered
with wrong amounts at first; a later delivery brings it anew and says that it corrects it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datasets.library import Library
from etl.registry.contract import TABLES
from etl.registry.manifest import CORRECTS, MANIFEST_FILE, Control, Delivered, Manifest, read_manifest
from etl.registry.months import following
from etl.registry.shape import arrow_schema
from etl.simulator import truth
from etl.simulator.folder import aside
from etl.simulator.randomness import scatter, share
from etl.simulator.simulate import simulate
from etl.simulator.timeline import chosen_months
from etl.simulator.writer import digest_of, parquet_writer

#: The part of a table's rows of the newest month that comes a month later.
LATE = {"account_event": 0.03, "act": 0.01, "service": 0.03, "payment": 0.02}
#: The part of a table's rows that is wrong in the month delivered wrongly: their amounts are ten times what they were.
WRONG = {"act": 0.01, "drug_issue": 0.02}
_TIMES = 10
#: What a late row takes with it, since nothing may refer to a row that is not there.
_FOLLOWERS = (("payment", "act_id", "act"), ("digital_tenge_operation", "payment_id", "payment"))

Change = Callable[[str, pa.Table], pa.Table]


@dataclass(frozen=True)
class Plan:
    """The deliveries of the months `first` to `last`; `wrong` is delivered wrongly until the delivery of `righted`."""

    scale: float
    seed: int
    first: str
    last: str
    wrong: str
    righted: str

    @property
    def months(self) -> tuple[str, ...]:
        """The month of each delivery."""
        return tuple(month.name for month in chosen_months(self.first, self.last))

    def brought(self, month: str) -> tuple[str, ...]:
        """The months that the delivery of `month` brings, in order."""
        corrected = (self.wrong,) if month == self.righted else ()
        before = [each for each in self.months if following(each) == month]
        return tuple(sorted({*corrected, *before, month}))

    def corrects(self, month: str) -> tuple[str, ...]:
        """The months that it says it corrects."""
        return (self.wrong,) if month == self.righted else ()


def write_deliveries(
    plan: Plan, out: Path, library: Library, progress: Callable[[str], None] = lambda _: None
) -> tuple[Path, ...]:
    """Write each delivery into a folder of its own below `out`; returns the folders in order.

    A folder that is there already is left as it is: the same plan gives the same bytes.
    """
    folders = []
    for month in plan.months:
        folders.append(out / month)
        if not folders[-1].exists():
            progress(f"delivery of {month}")
            with aside(folders[-1]) as folder:
                _write(plan, month, folder, library)
    return tuple(folders)


def _write(plan: Plan, month: str, folder: Path, library: Library) -> None:
    brought = plan.brought(month)
    simulate(plan.scale, plan.seed, (brought[0], month), str(folder), processes=1, library=library)
    shutil.rmtree(folder / truth.FOLDER)  # it knows rows that are late, and amounts before they were wrong
    manifest = _without(read_manifest(folder), folder, brought)
    manifest = _revised(manifest, folder, month, _late(plan, month, manifest, folder))
    if plan.wrong in brought and month < plan.righted:
        manifest = _revised(manifest, folder, plan.wrong, lambda table, rows: _damaged(plan, table, rows))
    note = {**manifest.note, "late": {"month": month, "share": LATE}}
    if plan.corrects(month):
        note[CORRECTS] = list(plan.corrects(month))
    text = replace(manifest, note=note).to_json()
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")


def _without(manifest: Manifest, folder: Path, periods: tuple[str, ...]) -> Manifest:
    """The extract less the months that are not delivered."""
    for file in manifest.files:
        if file.period and file.period not in periods:
            (folder / file.path).unlink()
    return replace(
        manifest,
        periods=periods,
        files=tuple(each for each in manifest.files if each.period in ("", *periods)),
        totals=tuple(each for each in manifest.totals if each.period in ("", *periods)),
    )


def _late(plan: Plan, month: str, manifest: Manifest, folder: Path) -> Change:
    """Takes the late rows out of the tables of `month`, and what refers to them."""
    missing: dict[str, pa.Array] = {}
    for table in LATE:
        for file in _files(manifest, table, month):
            rows = pq.read_table(folder / file.path)
            missing[table] = rows[TABLES[table].key[0]].filter(_chosen(rows, table, LATE, plan.seed, "late"))

    def change(table: str, rows: pa.Table) -> pa.Table:
        if table in missing:
            rows = _less(rows, TABLES[table].key[0], missing[table])
        for name, column, referred in _FOLLOWERS:
            if name == table and referred in missing:
                rows = _less(rows, column, missing[referred])
        return rows

    return change


def _less(rows: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows[column], value_set=pa.array(values.to_pylist(), rows[column].type))))


def _damaged(plan: Plan, table: str, rows: pa.Table) -> pa.Table:
    """Rows of which some amounts are wrong."""
    if table not in WRONG:
        return rows
    place = rows.schema.get_field_index("amount_kzt")
    wrong = _chosen(rows, table, WRONG, plan.seed, "wrong")
    amounts = pc.if_else(wrong, pc.multiply(rows[place], _TIMES), rows[place])
    return rows.set_column(place, rows.schema.field(place), amounts)


def _chosen(rows: pa.Table, table: str, parts: dict[str, float], seed: int, name: str) -> pa.Array:
    """Which rows are chosen: by their keys alone, so that the same row is chosen in each delivery."""
    keys = rows[TABLES[table].key[0]].to_numpy()
    return pa.array(share(scatter(keys, seed, name, table), 0) < parts[table])


def _revised(manifest: Manifest, folder: Path, period: str, change: Change) -> Manifest:
    """The extract with the files of a month changed, and its manifest with their rows, digests and totals."""
    files, totals = list(manifest.files), {(each.table, each.column, each.period): each for each in manifest.totals}
    for place, file in enumerate(files):
        if file.period != period:
            continue
        before = pq.read_table(folder / file.path)
        after = change(file.table, before)
        if after.equals(before):
            continue
        files[place] = _rewritten(file, folder, after)
        for column in TABLES[file.table].totals:
            key = (file.table, column, period)
            moved = sum(_sum(rows, column) * sign for rows, sign in ((after, 1), (before, -1)))
            totals[key] = Control(*key, totals[key].value + moved)
    return replace(manifest, files=tuple(files), totals=tuple(totals.values()))


def _sum(rows: pa.Table, column: str) -> int:
    return int(pc.sum(rows[column]).as_py() or 0)


def _rewritten(file: Delivered, folder: Path, rows: pa.Table) -> Delivered:
    table, path = TABLES[file.table], folder / file.path
    rows = rows.cast(arrow_schema(table))
    with parquet_writer(path, rows.schema, table) as writer:
        writer.write_table(rows, row_group_size=2**20)
    return replace(file, rows=rows.num_rows, sha256=digest_of(path))


def _files(manifest: Manifest, table: str, period: str) -> Iterator[Delivered]:
    yield from (each for each in manifest.files if (each.table, each.period) == (table, period))
