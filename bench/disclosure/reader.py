"""What a reader of a protected table knows, and what he finds out: by our auditor, and as simply as possible."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

import highspy
import numpy as np

from etl.audit.attack import attack
from etl.audit.certificate import Verdict
from etl.audit.statement import Constraint, Statement, Unknown
from etl.protect.system import Name, Need, System


def statement(system: System, hidden: Collection[Name]) -> Statement:
    """Hidden cells as unknowns, equations of the system as constraints over them; published cells are numbers."""
    shown = {cell.name: cell.value for cell in system.cells if cell.name not in hidden}
    unknowns = []
    for cell in system.cells:
        if cell.name in hidden:
            need = cell.need or Need(values=1)
            unknowns.append(Unknown(cell.name, cell.lower, values=need.values, least_upper=need.upper))
    constraints = []
    for position, equation in enumerate(system.equations):
        terms = tuple((term.cell, term.coefficient) for term in equation if term.cell not in shown)
        known = sum(term.coefficient * shown[term.cell] for term in equation if term.cell in shown)
        if terms:
            constraints.append(Constraint(terms, -known, -known, f"equation {position}"))
    return Statement(tuple(unknowns), tuple(constraints))


def intervals_one_by_one(read: Statement, names: Iterable[Name]) -> dict[Name, tuple[float, float]]:
    """Least and greatest possible value of each name, rounded inward: a new linear programme for every bound."""
    position = {unknown.name: place for place, unknown in enumerate(read.unknowns)}
    return {
        name: (
            math.ceil(_bound(read, position, name, 1.0) - 1e-6),
            math.floor(_bound(read, position, name, -1.0) + 1e-6),
        )
        for name in names
    }


def _bound(read: Statement, position: dict[Name, int], name: Name, sense: float) -> float:
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    for unknown in read.unknowns:
        solver.addVar(unknown.lower, highspy.kHighsInf if unknown.upper is None else unknown.upper)
    for constraint in read.constraints:
        columns, coefficients = zip(*((position[term], factor) for term, factor in constraint.terms), strict=True)
        bounds = constraint.lower, constraint.upper
        solver.addRow(*bounds, len(columns), np.array(columns, np.int32), np.array(coefficients, float))
    solver.changeColCost(position[name], sense)
    solver.run()
    return sense * solver.getInfo().objective_function_value


def unmet(system: System, hidden: Collection[Name]) -> list[Name]:
    """Hidden cells whose need was not shown to be met."""
    found = attack(statement(system, hidden), exact=False)
    return [finding.name for finding in found.findings if finding.verdict != Verdict.SAFE]


def reducible(system: System, hidden: Collection[Name], sample: int | None = None) -> list[Name]:
    """Secondary cells that could be published with every need still met; of so many of them, evenly spread, if given."""
    secondary = sorted((cell.name for cell in system.cells if cell.name in hidden and not cell.sensitive), key=str)
    tried = secondary if sample is None else secondary[:: max(1, len(secondary) // sample)]
    return [name for name in tried if not unmet(system, frozenset(hidden) - {name})]
