"""Explanations: a derivation in words, from the published sources, without a single figure that is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from etl.audit.derivation import NOBODY, Node, Step, remainder
from etl.audit.statement import Statement


def explanation(statement: Statement, nodes: Iterable[Node]) -> str:
    """One line for each node: what it bounds, the sources with their signs, and the bounds of others that it takes."""
    return "\n".join(_lines(statement, nodes, ""))


def _lines(statement: Statement, nodes: Iterable[Node], margin: str) -> Iterator[str]:
    for node in nodes:
        target = "contradiction" if node.unknown == NOBODY else _end(statement, node.unknown, node.side)
        if isinstance(node, Step):
            yield f"{margin}{target}: {_step(statement, node)}"
            continue
        name = statement.unknowns[node.on].name
        yield f"{margin}{target}: two cases of {name}"
        yield f"{margin}  {name} small:"
        yield from _lines(statement, node.below, margin + "    ")
        yield f"{margin}  {name} great:"
        yield from _lines(statement, node.above, margin + "    ")


def _step(statement: Statement, step: Step) -> str:
    parts = []
    for row, multiplier in step.multipliers:
        sign, size = ("+" if multiplier > 0 else "-"), abs(multiplier)
        source = statement.constraints[row].source
        parts.append(f"{sign} {'' if size == step.scale else _fraction(size, step.scale) + ' '}[{source}]")
    given = [
        _end(statement, unknown, 1 if rest > 0 else -1)
        for unknown, rest in sorted(remainder(step, statement.rows).items())
    ]
    return " ".join(parts) + (f"; given {', '.join(given)}" if given else "")


def _end(statement: Statement, unknown: int, side: int) -> str:
    return f"{'greatest' if side > 0 else 'least'} {statement.unknowns[unknown].name}"


def _fraction(size: int, scale: int) -> str:
    return str(size // scale) if size % scale == 0 else f"{size}/{scale}"
