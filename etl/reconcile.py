"""Reconcile: sets every figure that the source states beside the one that its own rows give.

The kinds of check: `total` (a stated total against the sum of the rows), `identity` (a line against its parts),
`row_sum` (a measure against other measures of the same row), `ratio` (a printed share or rate against its parts).
A gap within the rounding of the printed figures is classed `rounding`; any other needs the author's explanation.
A stated figure that may not be summed (a rate) is listed with the class `not_summed`; its `ratio` check is separate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from datasets.contract import SUMMED, Status
from datasets.declaration import Column, Declaration, Gap, Identity, Ratio
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from datasets.library import Library
from etl.table import Cell, Row, Table

ZERO = Decimal(0)


@dataclass(frozen=True)
class Check:
    """One stated figure beside the computed one.

    `where` holds the row's dimensions (`*` = summed over); `gap` is stated less computed; `tolerance` is the gap that
    rounding of the printed figures can explain; `addends` the number of figures that went into `computed`.
    """

    kind: str
    measure: str
    where: dict[str, str]
    stated: Decimal
    computed: Decimal | None
    tolerance: Decimal
    addends: int
    classification: str = ""
    note: LanguageMap | None = None

    @property
    def gap(self) -> Decimal | None:
        """Stated less computed, in the measure's unit."""
        return None if self.computed is None else self.stated - self.computed


@dataclass(frozen=True)
class _Sum:
    value: Decimal | None
    tolerance: Decimal
    addends: int


def reconcile(declaration: Declaration, table: Table, totals: Table, library: Library) -> tuple[Check, ...]:
    """All checks of one dataset, classed; raises FaultError for a gap without explanation or an idle explanation."""
    found = [
        *_totals(declaration, table, totals, library),
        *_identities(declaration, (*table.rows, *totals.rows)),
        *_row_sums(declaration, (*table.rows, *totals.rows)),
        *_ratios(declaration, table, totals),
    ]
    used: set[int] = set()
    faults: list[Fault] = []
    classed = [_classify(check, declaration, library, used, faults) for check in found]
    shown = str(declaration.path.relative_to(library.root))
    for position in range(len(declaration.gaps)):
        if position not in used:
            faults.append(Fault(shown, f"gaps[{position}]", "explains no gap.", "Remove it or correct its 'where'."))
    if faults:
        raise FaultError(faults)
    return tuple(classed)


def _classify(check: Check, declaration: Declaration, library: Library, used: set[int], faults: list[Fault]) -> Check:
    if check.classification:
        return check
    if check.gap == 0:
        return replace(check, classification="match")
    if check.gap is not None and abs(check.gap) <= check.tolerance:
        return replace(check, classification="rounding")
    explained = next((position for position, gap in enumerate(declaration.gaps) if _explains(gap, check)), None)
    if explained is not None:
        used.add(explained)
        gap = declaration.gaps[explained]
        return replace(check, classification=gap.classification, note=gap.note)
    if check.gap is None:
        return replace(check, classification="incomplete")
    shown = str(declaration.path.relative_to(library.root))
    place = f"{check.kind} of {check.measure} at {check.where}"
    message = f"stated {check.stated}, computed {check.computed}: a gap of {check.gap} that rounding does not explain."
    faults.append(
        Fault(shown, place, message, "Proof-read the figures; if they are as printed, add an entry to 'gaps'.")
    )
    return check


def _explains(gap: Gap, check: Check) -> bool:
    return (
        gap.kind == check.kind
        and (not gap.measures or check.measure in gap.measures)
        and all(check.where.get(name) == code for name, code in gap.where)
    )


def _sum(plus: Iterable[tuple[Column, Cell]], minus: Iterable[tuple[Column, Cell]] = ()) -> _Sum:
    total, tolerance, addends = ZERO, ZERO, 0
    for sign, cells in ((1, plus), (-1, minus)):
        for column, cell in cells:
            if cell.status == Status.NOT_APPLICABLE:
                continue
            if cell.value is None:
                return _Sum(None, tolerance, addends)
            total += sign * cell.value
            tolerance += _rounding(column, cell)
            addends += 1
    return _Sum(total, tolerance, addends)


def _rounding(column: Column, cell: Cell) -> Decimal:
    """How far the true figure may be from the printed one: nothing for a column whose figures are exact."""
    return cell.half_unit if column.precision == "rounded" else ZERO


def _totals(declaration: Declaration, table: Table, totals: Table, library: Library) -> Iterator[Check]:
    for stated in totals.rows:
        rows = [row for row in table.rows if _falls_under(row, stated, declaration, table, library)]
        for column in declaration.measures:
            cell = stated.cells[column.name]
            if cell.value is None:
                continue
            if not _may_sum(column, stated, declaration):
                yield Check("total", column.name, stated.keys, cell.value, None, ZERO, 0, classification="not_summed")
                continue
            total = _sum((column, row.cells[column.name]) for row in rows)
            tolerance = total.tolerance + _rounding(column, cell)
            yield Check("total", column.name, stated.keys, cell.value, total.value, tolerance, total.addends)


def _may_sum(column: Column, stated: Row, declaration: Declaration) -> bool:
    over_time = any(stated.keys[each.name] == SUMMED for each in declaration.dimensions if each.type == "period")
    return column.additivity == "additive" or (column.additivity == "additive_except_time" and not over_time)


def _falls_under(row: Row, stated: Row, declaration: Declaration, table: Table, library: Library) -> bool:
    """Whether `row` is one of the parts of `stated`; a code whose parent has a row too is counted in the parent."""
    for column in declaration.dimensions:
        key, wanted = row.keys[column.name], stated.keys[column.name]
        if wanted != SUMMED:
            if key != wanted:
                return False
        elif column.codelist is not None:
            parent = library.codelists[column.codelist].by_code[key].parent
            # The parent counts for its parts only where it has a figure: in the same period, for the same kind.
            if parent is not None and {**row.keys, column.name: parent} in (other.keys for other in table.rows):
                return False
    return True


def _identities(declaration: Declaration, rows: tuple[Row, ...]) -> Iterator[Check]:
    for identity in declaration.identities:
        names = identity.measures or tuple(
            each.name for each in declaration.measures if each.additivity != "not_additive"
        )
        for row in rows:
            if row.keys[identity.dimension] != identity.total:
                continue
            siblings = _siblings(row, rows, identity)
            for name in names:
                yield from _identity(declaration, identity, name, row, siblings)


def _siblings(row: Row, rows: tuple[Row, ...], identity: Identity) -> dict[str, Row]:
    others = {name: key for name, key in row.keys.items() if name != identity.dimension}
    return {
        other.keys[identity.dimension]: other
        for other in rows
        if {name: key for name, key in other.keys.items() if name != identity.dimension} == others
    }


def _identity(
    declaration: Declaration, identity: Identity, name: str, row: Row, siblings: dict[str, Row]
) -> Iterator[Check]:
    cell = row.cells[name]
    if cell.value is None:
        return
    column = declaration.by_name[name]
    # A part without a row is a part that the source left out of this period: it adds nothing.
    plus = [(column, siblings[code].cells[name]) for code in identity.plus if code in siblings]
    minus = [(column, siblings[code].cells[name]) for code in identity.minus if code in siblings]
    total = _sum(plus, minus)
    tolerance = total.tolerance + _rounding(column, cell)
    yield Check("identity", name, row.keys, cell.value, total.value, tolerance, total.addends)


def _row_sums(declaration: Declaration, rows: tuple[Row, ...]) -> Iterator[Check]:
    for row_sum in declaration.row_sums:
        columns = declaration.by_name
        for row in rows:
            cell = row.cells[row_sum.measure]
            if cell.value is None:
                continue
            plus, minus = (
                [(columns[name], row.cells[name]) for name in names] for names in (row_sum.plus, row_sum.minus)
            )
            total = _sum(plus, minus)
            tolerance = total.tolerance + _rounding(columns[row_sum.measure], cell)
            yield Check("row_sum", row_sum.measure, row.keys, cell.value, total.value, tolerance, total.addends)


def _ratios(declaration: Declaration, table: Table, totals: Table) -> Iterator[Check]:
    for ratio in declaration.ratios:
        if ratio.decimals is not None:
            continue  # computed from the same figures: there is nothing to hold it against
        for row in (*table.rows, *totals.rows):
            cell = row.cells[ratio.measure]
            base = _base(row, ratio, totals)
            if cell.value is None or base is None:
                continue
            yield _ratio(declaration, ratio, row, base)


def _base(row: Row, ratio: Ratio, totals: Table) -> Row | None:
    """The row that holds the denominator: the row itself, or the stated total that the share is of."""
    if not ratio.over:
        return row
    wanted = {name: SUMMED if name in ratio.over else key for name, key in row.keys.items()}
    return next((total for total in totals.rows if total.keys == wanted), None)


def _ratio(declaration: Declaration, ratio: Ratio, row: Row, base: Row) -> Check:
    stated, numerator, denominator = (
        row.cells[ratio.measure],
        row.cells[ratio.numerator],
        base.cells[ratio.denominator],
    )
    assert stated.value is not None
    if numerator.value is None or not denominator.value:
        return Check("ratio", ratio.measure, row.keys, stated.value, None, stated.half_unit, 0)
    computed = ratio.scale * numerator.value / denominator.value
    spread = ZERO
    for name, cell in ((ratio.numerator, numerator), (ratio.denominator, denominator)):
        if cell.value:
            spread += abs(computed) * _rounding(declaration.by_name[name], cell) / abs(cell.value)
    computed = computed.quantize(Decimal(1).scaleb(-stated.decimals - 2))
    return Check("ratio", ratio.measure, row.keys, stated.value, computed, stated.half_unit + spread, 2)
