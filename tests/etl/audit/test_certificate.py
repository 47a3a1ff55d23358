"""Certificates: whatever is changed in one it is refused; a forger's new seal does not make a false one pass."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.audit.attack import attack
from etl.audit.certificate import Certificate, Derivation, Proof, Verdict, Witness, proof, verify
from etl.audit.derivation import Split, Step
from etl.audit.statement import Constraint, Statement, Unknown
from tests.etl.audit.small import equation, possible, statements, unknowns

PAIRS = tuple(Constraint(((x, 1), (y, 1)), None, 1, x + y) for x, y in combinations("abcde", 2))
MIXED = Statement(
    (*unknowns("abcde", 0, 1), Unknown("t", 0, 5, 3), *unknowns("pqr", values=2)),
    (*PAIRS, equation("a + b + c + d + e - t = 0"), equation("p + q = 9"), equation("p - r = 2")),
)
"""Needs a case split, sums of constraints and a witness with several tables."""


def mutations(data: Any) -> Iterator[Any]:
    """The same data with one whole number or text changed, or one item left out or doubled, everywhere in turn."""
    if isinstance(data, dict):
        for key in data:
            yield from ({**data, key: changed} for changed in mutations(data[key]))
    elif isinstance(data, list | tuple):
        for place, item in enumerate(data):
            yield from ([*data[:place], changed, *data[place + 1 :]] for changed in mutations(item))
            yield [*data[:place], *data[place + 1 :]]
            yield [*data[:place], item, *data[place:]]
    elif isinstance(data, int):
        yield from (data + 1, data - 1, -data - 1)
    elif isinstance(data, str):
        yield data[1:] + ("0" if data[:1] != "0" else "1")
    else:
        yield 0


def read(data: Any) -> Certificate | None:
    try:
        return Certificate.from_json(data)
    except ValueError:
        return None


def test_certificate_has_cases_sums_and_tables() -> None:
    certificate = attack(MIXED, complete=True).certificate
    assert any(isinstance(node, Split) for node in certificate.derivation.nodes)
    assert any(isinstance(node, Step) and len(node.multipliers) > 1 for node in every(certificate.derivation.nodes))
    assert certificate.witness.changes
    assert verify(MIXED, certificate) == ()


def every(nodes: tuple[Step | Split, ...]) -> Iterator[Step | Split]:
    for node in nodes:
        yield node
        if isinstance(node, Split):
            yield from every(node.below)
            yield from every(node.above)


def test_any_change_is_refused() -> None:
    data = attack(MIXED, complete=True).certificate.to_json()
    changes = list(mutations(data))
    read_back = [read(changed) for changed in changes]
    assert len(changes) > 150
    assert [each for each in read_back if each is not None and not verify(MIXED, each)] == []


def holds(statement: Statement, certificate: Certificate) -> bool:
    """Whether everything that an accepted certificate proves is true, by counting all tables."""
    tables, proved = possible(statement), proof(statement, certificate)
    for position in range(len(statement.unknowns)):
        values = [table[position] for table in tables]
        span, upper = proved.spans[position], proved.upper[position]
        if span is not None and not min(values) <= span[0] <= span[1] <= max(values):
            return False
        if proved.lower[position] > min(values) or (upper is not None and upper < max(values)):
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(statements(), st.data())
def test_forged_certificate_passes_only_where_it_is_true(
    drawn: tuple[Statement, dict[str, int]], data: st.DataObject
) -> None:
    statement, _ = drawn
    forged = list(mutations(attack(statement, complete=True).certificate.to_json()))
    for changed in data.draw(st.lists(st.sampled_from(forged), min_size=5, max_size=25)):
        certificate = read(changed)
        if certificate is not None and not verify(statement, certificate.sealed()):
            assert holds(statement, certificate.sealed())


def test_another_statement_is_refused() -> None:
    certificate = attack(MIXED).certificate
    other = Statement(MIXED.unknowns, (*MIXED.constraints[:-1], equation("p - r = 3")))
    assert verify(other, certificate) == ("It is about another statement.",)
    with pytest.raises(ValueError, match="another statement"):
        proof(other, certificate)


@pytest.mark.parametrize(
    ("base", "changes", "fault"),
    [
        ((4, 5), (), "not one value"),
        ((4, 5, 3), (), "breaks constraint 1"),
        ((0, 9, -2), (), "outside its bounds"),
        ((4, 5, 2), (((0, 1),),), "breaks constraint 0"),
        ((4, 5, 2), (((0, -4), (1, 4), (2, -4)),), "outside its bounds"),
        ((4, 5, 2), (((1, -1), (0, 1), (2, 1)),), "in order"),
        ((4, 5, 2), (((0, 1), (1, -1), (2, 1), (3, 1)),), "no value"),
        ((4, None, 2), (((0, 1), (2, 1)),), "breaks constraint 0"),
    ],
)
def test_false_witness_is_refused(base: tuple[int, ...], changes: tuple[Any, ...], fault: str) -> None:
    statement = Statement(unknowns("pqr", values=2), (equation("p + q = 9"), equation("p - r = 2")))
    certificate = Certificate(statement.digest, Witness(base, changes)).sealed()
    assert fault in " ".join(verify(statement, certificate))


def test_values_that_hang_on_missing_ones_show_nothing() -> None:
    statement = Statement(unknowns("pqr", values=2), (equation("p + q = 9"), equation("q + r = 5")))
    certificate = Certificate(statement.digest, Witness((8, None, 1))).sealed()
    assert verify(statement, certificate) == ()
    assert proof(statement, certificate).spans == (None, None, None)
    derived = Statement(unknowns("pqr", values=2), (equation("p + q = 9"), equation("q = 5")))
    step = (Step(1, 1, 5, 1, ((1, 1),)), Step(1, -1, -5, 1, ((1, -1),)))
    certificate = Certificate(derived.digest, Witness((4, 5, None)), Derivation(step, ((1, 5, 5),))).sealed()
    assert proof(derived, certificate).spans == ((4, 4), (5, 5), None)


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (Step(0, 1, 7, 1, ((0, 1),)), "does not prove"),
        (Step(0, 1, 9, 1, ((0, 1),)), "tighter"),
        (Step(0, 1, 8, 1, ((5, 1),)), "do not stand|does not stand"),
        (Step(0, 1, 8, 0, ((0, 1),)), "does not stand"),
        (Step(9, 1, 8, 1, ((0, 1),)), "does not stand"),
        (Step(-1, 0, -1, 1, ((0, 1),)), "does not prove"),
        (Split(0, 1, 7, 0, 7, (), ()), "does not prove the bound"),
        (Split(-1, 0, -1, 0, 7, (), ()), "does not prove the bound"),
    ],
)
def test_false_derivation_is_refused(node: Step | Split, fault: str) -> None:
    statement = Statement(unknowns("pq", values=2), (equation("p + q = 9"),))
    right = Certificate(statement.digest, Witness((4, 5)), Derivation((Step(0, 1, 8, 1, ((0, 1),)),), ((0, 1, 8),)))
    assert verify(statement, right.sealed()) == ()
    wrong = replace(right, derivation=Derivation((node,), ((0, 1, node.bound),))).sealed()
    assert any(part in " ".join(verify(statement, wrong)) for part in fault.split("|"))


def test_claim_beyond_the_derivation_is_refused() -> None:
    statement = Statement(unknowns("pq", values=2), (equation("p + q = 9"),))
    for proved in (((0, 1, 8),), ((7, 1, None),)):
        certificate = Certificate(statement.digest, Witness((4, 5)), Derivation((), proved)).sealed()
        assert len(verify(statement, certificate)) == 1


def test_verdict_needs_proof() -> None:
    needy = Unknown("a", 1, None, 2, 5, 8)
    judge = [
        (Proof((None,), (1,), (None,)), Verdict.UNDECIDED),
        (Proof(((3, 3),), (1,), (9,)), Verdict.UNDECIDED),
        (Proof(((3, 4),), (1,), (9,)), Verdict.UNDECIDED),
        (Proof(((3, 5),), (1,), (9,)), Verdict.SAFE),
        (Proof((None,), (8,), (8,)), Verdict.SAFE),
        (Proof((None,), (1,), (4,)), Verdict.BREACH),
        (Proof((None,), (7,), (7,)), Verdict.BREACH),
    ]
    assert [each.verdict(0, needy) for each, _ in judge] == [verdict for _, verdict in judge]


@pytest.mark.parametrize("data", [{}, {"statement": ""}, {"base": 3}])
def test_what_is_no_certificate_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        Certificate.from_json(data)


def test_verification_loads_no_solver() -> None:
    code = "import sys, etl.audit.certificate; sys.exit(bool({'highspy', 'numpy'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
