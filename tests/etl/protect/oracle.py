"""An exact reader of patterns, independent of the suppressor: integer programmes over all that nobody published."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import highspy

from etl.protect.system import Cell, Name, State, System

FAR = 60
"""Possible values are looked for up to so much above the true one."""


def hidden_cells(system: System, hidden: Collection[Name]) -> list[Cell]:
    """All cells that nobody sees."""
    return [cell for cell in system.cells if cell.state == State.CONCEALED or cell.name in hidden]


def interval(system: System, hidden: Collection[Name], name: Name, known: Collection[Name] = ()) -> tuple[int, int]:
    """The least and the greatest possible whole number of a hidden cell, for a reader who knows some cells besides."""
    free = [cell for cell in hidden_cells(system, hidden) if cell.name not in known]
    column = {cell.name: index for index, cell in enumerate(free)}
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    for cell in free:
        solver.addVar(cell.lower, cell.value + FAR)
        solver.changeColIntegrality(column[cell.name], highspy.HighsVarType.kInteger)
    for equation in system.equations:
        terms: dict[int, int] = {}
        fixed = 0
        for term in equation:
            if term.cell in column:
                terms[column[term.cell]] = terms.get(column[term.cell], 0) + term.coefficient
            else:
                fixed -= term.coefficient * system.by_name[term.cell].value
        solver.addRow(fixed, fixed, len(terms), list(terms), [float(factor) for factor in terms.values()])
    return _optimum(solver, column[name], 1), _optimum(solver, column[name], -1)


def _optimum(solver: highspy.Highs, column: int, cost: int) -> int:
    solver.changeColCost(column, cost)
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    value = round(solver.getSolution().col_value[column])
    solver.changeColCost(column, 0)
    return value


def breaches(system: System, hidden: Collection[Name]) -> Iterator[tuple[Name, int, int]]:
    """Hidden cells that some reader knows better than their need allows, with what he knows."""
    for cell in hidden_cells(system, hidden):
        if not cell.need:
            continue
        for known in (frozenset(), *cell.need.insiders):
            if cell.name in known:
                continue
            least, greatest = interval(system, hidden, cell.name, known)
            if (
                greatest - least + 1 < cell.need.values
                or greatest < (cell.need.upper or greatest)
                or least > (least if cell.need.lower is None else cell.need.lower)
            ):
                yield cell.name, least, greatest
