"""Statements refuse what makes no sense, and tell themselves apart."""

from dataclasses import replace

import pytest

from etl.audit.statement import Constraint, Statement, Unknown
from tests.etl.audit.small import equation, unknowns


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"lower": 3, "upper": 2}, "upper bound below"),
        ({"lower": 1, "values": 0}, "less than one value"),
        ({"lower": 1.0}, "whole number"),
        ({"lower": 1, "upper": True}, "whole number"),
    ],
)
def test_unknown_is_refused(fields: dict[str, int], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Unknown("a", **fields)


@pytest.mark.parametrize(
    ("terms", "lower", "upper", "fault"),
    [
        ((("a", 1),), None, None, "no bound"),
        ((("a", 1),), 2, 1, "below its lower"),
        ((("a", 0),), 1, 1, "coefficient of 0"),
        ((("a", 1), ("a", 2)), 1, 1, "twice"),
        ((("a", 0.5),), 1, 1, "whole number"),
    ],
)
def test_constraint_is_refused(
    terms: tuple[tuple[str, int], ...], lower: int | None, upper: int | None, fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        Constraint(terms, lower, upper, "source")


def test_statement_is_refused_for_strangers_and_doubles() -> None:
    with pytest.raises(ValueError, match="no unknown"):
        Statement(unknowns("a"), (equation("a + b = 3"),))
    with pytest.raises(ValueError, match="one name"):
        Statement(unknowns("aa"))


def test_insider_refuses_strangers_and_impossible_figures() -> None:
    statement = Statement(unknowns("ab", 1, 9))
    with pytest.raises(ValueError, match="no unknown"):
        statement.to_insider({"c": 1})
    with pytest.raises(ValueError, match="outside its bounds"):
        statement.to_insider({"a": 10})


def test_digest_tells_every_difference() -> None:
    statement = Statement(
        (Unknown(("visits", ("2026-01", "A")), 1, 9, 2, 5, 7), *unknowns("b")), (equation("b = 3", "total"),)
    )
    first, second = statement.unknowns
    changes = [
        replace(statement, unknowns=(replace(first, **{field: value}), second))
        for field, value in (
            ("name", ("visits", ("2026-01", "B"))),
            ("lower", 0),
            ("upper", None),
            ("values", 3),
            ("least_upper", None),
            ("harmless_from", 8),
        )
    ]
    changes += [
        replace(statement, constraints=(changed,))
        for changed in (
            equation("2b = 3", "total"),
            equation("b = 4", "total"),
            equation("b = 3", "year"),
            replace(statement.constraints[0], lower=None),
        )
    ]
    digests = [each.digest for each in (statement, *changes, replace(statement, unknowns=(second, first)))]
    assert len(set(digests)) == len(digests)
    assert Statement(statement.unknowns, statement.constraints).digest == statement.digest
