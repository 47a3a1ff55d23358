"""Runs the SELECT of a dataset over the Registry and makes of its rows what the pipeline reads from files elsewhere."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from datasets.contract import PERIOD
from datasets.declaration import Column, Declaration, Ratio
from datasets.fault import Fault, FaultError
from datasets.library import Library
from datasets.ratio import quotient
from etl.extract import RawTable
from etl.registry.engine import Engine
from etl.registry.engine.check import check_transform, runs_by_month, selected
from etl.registry.engine.engine import Row, Value
from etl.registry.engine.select import read_select
from etl.registry.parts import Registry
from etl.registry.results import Results

#: Figures from here on have more digits than files and readers keep exactly.
TOO_LARGE = 10**15
NOT_APPLICABLE = "[z]"


def run_transform(
    declaration: Declaration, registry: Registry, engine: Engine, results: Results, library: Library
) -> RawTable:
    """The rows of a dataset as text, in the order of its dimensions' codes.

    `library` is bound to the extract. Months whose rows `results` holds are not computed again. Raises FaultError with
    all that is wrong with the SELECT, or with what it gives.
    """
    _refuse(check_transform(declaration.transform, declaration))
    rows: list[Row] = []
    for month in _months(declaration, registry):
        rows.extend(_rows(declaration, registry, month, engine, results))
    _refuse(_repeated(rows, declaration))
    header = tuple(column.name for column in declaration.delivered)
    texts = list(_texts(sorted(rows, key=_order(declaration, library)), declaration))
    digest = hashlib.sha256(json.dumps([header, *texts], ensure_ascii=False).encode()).hexdigest()
    return RawTable(_file(declaration), digest, header, tuple(enumerate(texts, start=2)))


def _file(declaration: Declaration) -> str:
    return f"{declaration.slug}/transform.sql"


def _refuse(found: Iterable[Fault]) -> None:
    faults = list(found)
    if faults:
        raise FaultError(faults)


def _months(declaration: Declaration, registry: Registry) -> tuple[str | None, ...]:
    select = read_select(declaration.transform, _file(declaration))
    return registry.months if runs_by_month(select, dict(declaration.reads)) else (None,)


def _rows(
    declaration: Declaration, registry: Registry, month: str | None, engine: Engine, results: Results
) -> list[Row]:
    """The rows of one run: kept ones, or computed, judged and kept."""
    windows = dict(declaration.reads)
    key = results.key(read_select(declaration.transform, _file(declaration)), registry, month, windows)
    rows = results.find(key)
    if rows is None:
        rows = engine.rows(declaration.transform, month, windows)
        _refuse(_unfit(rows, declaration, month))
        results.keep(key, rows)
    return rows


def _unfit(rows: list[Row], declaration: Declaration, month: str | None) -> Iterator[Fault]:
    """Values that no dataset may have. Only their number is told, since a SELECT that goes wrong may give anything."""
    found: Counter[tuple[str, str, str]] = Counter()
    by_name = {column.name: column for column in declaration.delivered}
    columns = [by_name[name] for name in selected(declaration)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            problem = _problem(value, column, month)
            if problem:
                found[column.name, *problem] += 1
    for (name, message, remedy), count in found.items():
        place = f"{month}, column {name}" if month else f"column {name}"
        yield Fault(_file(declaration), place, f"{message} in {count} of {len(rows)} rows.", remedy)


def _problem(value: Value, column: Column, month: str | None) -> tuple[str, str] | None:
    if value is None:
        return "holds no value", "Use coalesce, or leave the row out."
    if column.role == "dimension" and column.type != "integer":
        if not isinstance(value, str) or not value:
            return "holds no text", "Select a code, a period or a text."
        if column.name == PERIOD and month not in (None, value):
            return "holds another month", "Give only rows of the month that the SELECT is run for."
    elif not isinstance(value, int) or isinstance(value, bool):
        return "holds no whole number", "Count or sum whole numbers; declare ratios as such."
    elif abs(value) >= TOO_LARGE:
        return "holds a number of more than 15 digits", "Use a larger unit."
    return None


def _repeated(rows: list[Row], declaration: Declaration) -> Iterator[Fault]:
    places = [selected(declaration).index(name) for name in declaration.grain]
    found = Counter(tuple(row[place] for place in places) for row in rows)
    repeated = sum(count - 1 for count in found.values())
    if repeated:
        message = f"gives {repeated} rows of the same {', '.join(declaration.grain)} as another."
        yield Fault(_file(declaration), "rows", message, "Group by the grain, or add the missing dimension to it.")


def _order(declaration: Declaration, library: Library) -> Callable[[Row], tuple[tuple[int, Value], ...]]:
    """Rows in the order of the code lists, of time and of numbers; a code that is in no list comes last."""
    lists = {
        column.name: {code: place for place, code in enumerate(library.codelists[column.codelist].by_code)}
        for column in declaration.dimensions
        if column.codelist is not None
    }

    def key(row: Row) -> tuple[tuple[int, Value], ...]:
        return tuple(
            (lists[column.name].get(str(value), len(lists[column.name])) if column.name in lists else 0, value)
            for column, value in zip(declaration.dimensions, row, strict=False)
        )

    return key


def _texts(rows: Iterable[Row], declaration: Declaration) -> Iterator[tuple[str, ...]]:
    names, computed = selected(declaration), declaration.computed
    for row in rows:
        given = dict(zip(names, row, strict=True))
        yield tuple(
            _ratio(computed[column.name], given) if column.name in computed else str(given[column.name])
            for column in declaration.delivered
        )


def _ratio(ratio: Ratio, given: dict[str, Value]) -> str:
    numerator, denominator = given[ratio.numerator], given[ratio.denominator]
    assert isinstance(numerator, int) and isinstance(denominator, int) and ratio.decimals is not None
    if denominator == 0:
        return NOT_APPLICABLE
    return f"{quotient(numerator, denominator, ratio.scale, ratio.decimals):f}"
