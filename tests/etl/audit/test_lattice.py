"""Whole-number tables where vertices are broken throughout: the lattice of the equations, and short moves in it."""

import itertools
import random

import numpy as np
import pytest

from etl.audit.attack import attack
from etl.audit.bounds import Search
from etl.audit.certificate import verify
from etl.audit.components import Component, components
from etl.audit.derivation import Bounds
from etl.audit.lattice import Lattice
from etl.audit.linear import Model
from etl.audit.moves import Moves
from etl.audit.propagation import Box, propagate
from etl.audit.statement import Statement
from etl.audit.tables import Tables
from tests.etl.audit.small import hidden_table, with_margins


def rugged(shape: tuple[int, int, int], cubes: int) -> Statement:
    """A table of three dimensions that hides random cubes: most unknowns of its vertices are not whole."""
    generator = random.Random(3)
    leaves = {cell: generator.randrange(8, 900) for cell in itertools.product(*map(range, shape))}
    hidden = set[tuple[int, ...]]()
    for _ in range(cubes):
        hidden |= set(itertools.product(*(generator.sample(range(size), 2) for size in shape)))
    return hidden_table(shape, with_margins(shape, leaves), hidden)


def largest(statement: Statement) -> tuple[Box, Component]:
    box = Box(Bounds.of(statement))
    propagate(box)
    return box, max(components(box), key=lambda each: len(each.unknowns))


@pytest.fixture(scope="module")
def statement() -> Statement:
    return rugged((30, 20, 20), 280)


def test_table_is_found_in_the_middle(statement: Statement) -> None:
    box, component = largest(statement)
    model = Model(component, box)
    corner = model.feasible()
    assert corner is not None
    assert np.mean(np.abs(corner - np.rint(corner)) > 1e-6) > 0.2
    middle = model.middle(np.zeros(model.size, np.int64), model.width)
    assert middle is not None
    found = Lattice(model, np.minimum(middle, model.width - middle)).near(middle)
    assert Tables(model).add(model.origin + found)


def test_each_move_leads_to_a_table(statement: Statement) -> None:
    box, component = largest(statement)
    search = Search(box, component, statement.unknowns)
    assert search._inside(np.zeros(search.model.size, np.int64), search.model.width)
    table = search.tables.found[0]
    moves = Moves(Lattice(search.model, search.model.width))
    moved = set[int]()
    for places, values in moves.steps(table, search.lower, search.upper):
        other = table.copy()
        other[places] = values
        assert search.tables.add(other)
        moved |= set(places.tolist())
    assert len(moved) > 0.9 * search.model.size


def test_verdicts_of_a_rugged_table_are_all_decided(statement: Statement) -> None:
    result = attack(statement, exact=False)
    assert result.summary.undecided == 0
    assert result.safe
    assert verify(statement, result.certificate) == ()


def test_first_table_is_searched_for_where_rounding_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "middle", lambda self, *_: None)
    small = rugged((8, 7, 6), 20)
    monkeypatch.setattr("etl.audit.bounds.dive", lambda *_: None)
    result = attack(small, exact=False)
    assert result.summary.undecided == 0
    assert verify(small, result.certificate) == ()
