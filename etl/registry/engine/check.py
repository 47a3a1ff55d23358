"""Judges the SELECT of a dataset before anything runs: its outputs, its windows, and that no person's data come out."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from datasets.contract import PERIOD
from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from etl.registry.engine.grammar import Refusal
from etl.registry.engine.personal import personal_faults
from etl.registry.engine.select import Select, read_select

#: Tables with rows for every person; a run over the whole of them would cost a year's work for each new month.
LARGE = frozenset({"policy", "account_event", "service", "drug_issue"})

_UNKNOWN = exp.DataType.Type.UNKNOWN


def check_transform(sql: str, declaration: Declaration) -> list[Fault]:
    """All that is wrong with the transform of a dataset."""
    file = f"{declaration.slug}/transform.sql"
    try:
        select = read_select(sql, file)
    except FaultError as error:
        return list(error.faults)
    yaml = f"{declaration.slug}/dataset.yaml"
    return [
        *(Fault(file, "output", *each) for each in _outputs(select, declaration)),
        *(Fault(file, "output", *each) for each in personal_faults(select.tree)),
        *(Fault(yaml, "reads", *each) for each in _windows(select, declaration)),
        *(Fault(yaml, "ratios", *each) for each in _ratios(declaration)),
    ]


def selected(declaration: Declaration) -> tuple[str, ...]:
    """The columns that the SELECT gives: the dimensions, the measures not computed from others, the withheld columns."""
    figures = (each.name for each in declaration.counted if each.name not in declaration.computed)
    return (*(each.name for each in declaration.dimensions), *figures)


def runs_by_month(select: Select, windows: dict[str, str]) -> bool:
    """Whether the SELECT is run for each month, or once for all."""
    return any(windows.get(table, "month") != "all" for table in select.monthly)


def _outputs(select: Select, declaration: Declaration) -> Iterator[Refusal]:
    expected = selected(declaration)
    if tuple(select.tree.named_selects) != expected:
        message = f"gives the columns {', '.join(select.tree.named_selects)}."
        yield message, f"Give what is declared: {', '.join(expected)}."
        return
    columns = {each.name: each for each in declaration.delivered}
    for output in select.tree.selects:
        column = columns[output.alias_or_name]
        text = column.role == "dimension" and column.type != "integer"
        types = exp.DataType.TEXT_TYPES if text else exp.DataType.INTEGER_TYPES
        if not output.is_type(_UNKNOWN, *types):
            wanted = "a text" if text else "a whole number"
            yield f"gives {output.type} in '{column.name}', which is {wanted}.", "Cast it, or declare it as a ratio."


def _windows(select: Select, declaration: Declaration) -> Iterator[Refusal]:
    windows = dict(declaration.reads)
    for table, window in windows.items():
        if table not in select.monthly:
            yield f"'{table}' is no monthly table that the SELECT reads.", "Remove it: registers are read whole."
        elif window == "all" and table in LARGE:
            yield f"'{table}' is too large to be read whole.", "Read it by month, previous or, if it must be, through."
    if runs_by_month(select, windows):
        period = declaration.by_name.get(PERIOD)
        if period is None or period.type != "period" or period.role != "dimension":
            yield "the SELECT runs month by month, but there is no dimension 'period'.", "Add it to columns and SELECT."


def _ratios(declaration: Declaration) -> Iterator[Refusal]:
    given = selected(declaration)
    for name, ratio in declaration.computed.items():
        if ratio.over:
            yield f"'{name}' is a share of a total, which is not computed here.", "Select the total as a measure."
        for part in (ratio.numerator, ratio.denominator):
            if part not in given:
                yield f"'{name}' is computed from '{part}', which the SELECT does not give.", "Select it as a measure."
