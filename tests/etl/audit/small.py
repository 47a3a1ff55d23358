"""Small statements for tests of the attack, and the answers that counting every possibility gives."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from hypothesis import strategies as st

from etl.audit.statement import Constraint, Statement, Unknown


def equation(text: str, source: str = "") -> Constraint:
    """The equation of a text such as "2a + b - c = 7"."""
    left, right = text.split("=")
    total = int(right)
    return Constraint(tuple(terms(left).items()), total, total, source or text)


def terms(text: str) -> dict[str, int]:
    """Coefficients by name of a text such as "2a + b - c"."""
    found = {}
    for part in text.replace("-", "+-").replace(" ", "").split("+"):
        if part:
            digits = part.rstrip("abcdefghijklmnopqrstuvwxyz")
            found[part[len(digits) :]] = int({"": "1", "-": "-1"}.get(digits, digits))
    return found


def unknowns(names: str, lower: int = 1, upper: int | None = None, **needs: int) -> tuple[Unknown, ...]:
    """One unknown for each letter."""
    return tuple(Unknown(name, lower, upper, **needs) for name in names)


def hidden_table(
    shape: tuple[int, ...], values: Mapping[tuple[int, ...], int], hidden: set[tuple[int, ...]]
) -> Statement:
    """The cells `hidden` of a table with margins (code -1 in a dimension), which is known but for them."""
    rows = []
    for dimension in range(len(shape)):
        for rest in product(*([-1, *range(size)] for place, size in enumerate(shape) if place != dimension)):
            line = [(*rest[:dimension], code, *rest[dimension:]) for code in (-1, *range(shape[dimension]))]
            signs = {cell: -1 if cell == line[0] else 1 for cell in line}
            known = sum(sign * values[cell] for cell, sign in signs.items() if cell not in hidden)
            parts = tuple((cell, sign) for cell, sign in signs.items() if cell in hidden)
            if parts:
                rows.append(Constraint(parts, -known, -known, f"line {line[0]}"))
    return Statement(tuple(Unknown(cell, 1, values=2) for cell in sorted(hidden)), tuple(rows))


def with_margins(shape: tuple[int, ...], leaves: Mapping[tuple[int, ...], int]) -> dict[tuple[int, ...], int]:
    """A table and all its margins."""
    values = {}
    for cell in product(*([-1, *range(size)] for size in shape)):
        covered = product(*(range(size) if code == -1 else [code] for code, size in zip(cell, shape, strict=True)))
        values[cell] = sum(leaves[leaf] for leaf in covered)
    return values


def possible(statement: Statement) -> list[tuple[int, ...]]:
    """All whole-number tables that agree with a statement whose unknowns have upper bounds."""
    ranges = [range(each.lower, (each.upper or 0) + 1) for each in statement.unknowns]
    return [table for table in product(*ranges) if agrees(statement, table)]


def agrees(statement: Statement, table: tuple[int, ...]) -> bool:
    """Whether a table agrees with all constraints."""
    for constraint in statement.constraints:
        total = sum(factor * table[statement.positions[name]] for name, factor in constraint.terms)
        if constraint.lower is not None and total < constraint.lower:
            return False
        if constraint.upper is not None and total > constraint.upper:
            return False
    return True


@st.composite
def statements(draw: st.DrawFn) -> tuple[Statement, dict[str, int]]:
    """Up to five unknowns with needs, equations and ranges over them, and the true figures."""
    names = "abcde"[: draw(st.integers(2, 5))]
    truth = {name: draw(st.integers(0, 5)) for name in names}
    hidden = []
    for name in names:
        lower, upper = (
            draw(st.integers(max(-1, truth[name] - 3), truth[name])),
            draw(st.integers(truth[name], truth[name] + 3)),
        )
        least_upper = draw(st.none() | st.integers(0, 6))
        harmless = draw(st.none() | st.integers(1, 5))
        hidden.append(Unknown(name, lower, upper, draw(st.integers(1, 4)), least_upper, harmless))
    constraints = []
    for number in range(draw(st.integers(0, 5))):
        factors = {name: draw(st.sampled_from([-3, -2, -1, -1, 0, 0, 1, 1, 2, 3])) for name in names}
        parts = tuple((name, factor) for name, factor in factors.items() if factor)
        total = sum(factor * truth[name] for name, factor in parts)
        below, above = draw(st.sampled_from([(0, 0), (0, 0), (1, 0), (2, 3), (None, 1), (2, None)]))
        lower, upper = None if below is None else total - below, None if above is None else total + above
        constraints.append(Constraint(parts, lower, upper, f"source {number}"))
    return Statement(tuple(hidden), tuple(constraints)), truth
