"""Bounds of a component, from outside and inside; the solver only ever proposes."""

import random
import time
from itertools import product

import numpy as np
import pytest

from etl.audit.attack import attack
from etl.audit.bounds import Search
from etl.audit.certificate import Verdict, verify
from etl.audit.components import components
from etl.audit.derivation import Bounds, Step
from etl.audit.duals import bound_step
from etl.audit.linear import Model, Optimum
from etl.audit.propagation import Box, propagate
from etl.audit.statement import Constraint, Statement, Unknown
from etl.audit.tables import Tables
from tests.etl.audit.small import equation, hidden_table, unknowns, with_margins

SQUARE = Statement(
    unknowns("abcd", values=4), tuple(map(equation, ("a + b = 9", "c + d = 7", "a + c = 5", "b + d = 11")))
)


def boxed(statement: Statement) -> Box:
    box = Box(Bounds.of(statement))
    propagate(box)
    return box


def test_table_is_kept_only_when_it_agrees_exactly() -> None:
    box = boxed(SQUARE)
    tables = Tables(Model(components(box)[0], box))
    assert tables.add(np.array([2, 7, 3, 4]))
    assert not tables.add(np.array([2, 7, 3, 5]))
    assert not tables.add(np.array([0, 9, 5, 2]))
    assert (tables.least.tolist(), tables.greatest.tolist()) == ([2, 7, 3, 4], [2, 7, 3, 4])


def test_large_coefficients_do_not_overflow() -> None:
    # 10**9 * 10**12 is beyond int64: a table that is wrong by exactly 2**64 must not pass
    factor = 2**33
    statement = Statement(unknowns("ab", 0, 10**12), (Constraint((("a", factor), ("b", -1)), 0, 0, "ratio"),))
    box = boxed(statement)
    tables = Tables(Model(components(box)[0], box))
    assert tables.add(np.array([1, factor]))
    assert not tables.add(np.array([1 + 2**31, factor]))


def test_rough_multipliers_still_prove_something_true() -> None:
    statement = Statement(unknowns("abc", 0, 100), (equation("a + b = 60"), equation("b + c = 50")))
    box = boxed(statement)
    step = bound_step(box, (0, 1), np.array([0.70000001, -0.3]), 0, 1)
    assert step is not None
    assert step.bound >= 60
    assert box.sum(step) is not None


def test_solver_that_lies_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = random.Random(1)

    def lie(self: Model, _: object) -> Optimum:
        offsets = np.array([generator.uniform(-5, 9) for _ in range(self.size)])
        return Optimum(offsets, np.array([generator.uniform(-2, 2) for _ in self.rows]))

    monkeypatch.setattr(Model, "maximise", lie)
    monkeypatch.setattr(Model, "feasible", lambda self: lie(self, None).offsets)
    monkeypatch.setattr(Model, "whole", lambda self, *_: lie(self, None).offsets)
    monkeypatch.setattr(Model, "refutation", lambda self: lie(self, None).multipliers)
    for _ in range(30):
        result = attack(SQUARE)
        truth = {"a": (1, 4), "b": (5, 8), "c": (1, 4), "d": (3, 6)}
        for finding in result.findings:
            low, high = truth[str(finding.name)]
            assert finding.lower <= low
            assert finding.upper is None or finding.upper >= high
            assert finding.least is None or low <= finding.least
            assert finding.greatest is None or finding.greatest <= high
        assert verify(SQUARE, result.certificate) == ()


def test_solver_that_finds_nothing_leaves_all_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("maximise", "feasible", "whole", "refutation"):
        monkeypatch.setattr(Model, name, lambda self, *_: None)
    statement = Statement((*SQUARE.unknowns, Unknown("z", 0, 9, 2)), (*SQUARE.constraints, equation("z = 3")))
    result = attack(statement)
    assert [finding.verdict for finding in result.findings] == [*[Verdict.UNDECIDED] * 4, Verdict.BREACH]
    assert not result.safe
    assert verify(statement, result.certificate) == ()


def test_figures_beyond_the_solver_are_never_called_safe() -> None:
    statement = Statement(unknowns("ab", values=2), (equation(f"a + b = {10**17}"),))
    assert {finding.verdict for finding in attack(statement).findings} == {Verdict.UNDECIDED}


def test_no_bound_moves_without_a_node() -> None:
    box = boxed(SQUARE)
    before = (list(box.lower), list(box.upper))
    Search(box, components(box)[0], SQUARE.unknowns).run(exact=True)
    replayed = Bounds.of(SQUARE)
    for node in box.nodes:
        assert isinstance(node, Step)
        replayed.set(node.unknown, node.side, node.bound)
    assert (replayed.lower, replayed.upper) == (box.lower, box.upper)
    assert before != ([1] * 4, [None] * 4)


def test_table_of_five_thousand_cells_is_closed_within_seconds() -> None:
    generator = random.Random(5)
    shape = (20, 12, 6, 2)
    spreads = (1, 0.2, 1.2, 0.5)
    scale = [
        [generator.lognormvariate(0, spread) for _ in range(size)] for size, spread in zip(shape, spreads, strict=True)
    ]
    leaves = {
        cell: int(generator.expovariate(1 / (25 * np.prod([scale[place][code] for place, code in enumerate(cell)]))))
        for cell in product(*map(range, shape))
    }
    values = with_margins(shape, leaves)
    secret = {cell for cell, value in values.items() if 0 < value < 5}
    around = {cell for cell, value in values.items() if value >= 5 and generator.random() < 0.12}
    statement = hidden_table(shape, values, secret | around)
    began = time.process_time()
    result = attack(statement, complete=True)
    assert time.process_time() - began < 20
    began = time.process_time()
    assert verify(statement, result.certificate) == ()
    assert time.process_time() - began < 2
    assert all(finding.tight for finding in result.findings)
    assert all(finding.lower <= values[finding.name] <= (finding.upper or 0) for finding in result.findings)  # type: ignore[index]
