"""The attack on small statements whose answers are known, and on random ones whose answers counting gives."""

import itertools
import json
import random

import pytest
from hypothesis import given, settings

from etl.audit.attack import Attack, attack
from etl.audit.certificate import Certificate, Verdict, proof, verify
from etl.audit.propagation import ContradictionError
from etl.audit.statement import Constraint, Statement, Unknown
from tests.etl.audit.small import equation, hidden_table, possible, statements, unknowns, with_margins


def intervals(result: Attack) -> dict[object, tuple[int, int | None]]:
    return {finding.name: (finding.lower, finding.upper) for finding in result.findings}


def check_proofs(statement: Statement, result: Attack) -> None:
    assert verify(result.statement, result.certificate) == ()
    assert Certificate.from_json(json.loads(json.dumps(result.certificate.to_json()))) == result.certificate
    proved = proof(statement, result.certificate)
    verdicts = [proved.verdict(position, unknown) for position, unknown in enumerate(statement.unknowns)]
    assert verdicts == [finding.verdict for finding in result.findings]


def test_two_hidden_ones_of_a_total_of_two_are_known_because_zeros_are_shown() -> None:
    statement = Statement(unknowns("ab", values=2), (equation("a + b = 2"),))
    result = attack(statement)
    assert intervals(result) == {"a": (1, 1), "b": (1, 1)}
    assert [finding.verdict for finding in result.findings] == [Verdict.BREACH, Verdict.BREACH]
    check_proofs(statement, result)


def test_block_of_four_has_the_intervals_worked_out_by_hand() -> None:
    # a b | 9      the corner a is least where b and c are greatest: b <= 8 and c <= 4, so a >= 1 and a <= 4
    # c d | 7      (a + c = 5), b = 9 - a, c = 5 - a, d = 7 - c = 2 + a
    statement = Statement(
        unknowns("abcd", values=4), tuple(map(equation, ("a + b = 9", "c + d = 7", "a + c = 5", "b + d = 11")))
    )
    result = attack(statement)
    assert intervals(result) == {"a": (1, 4), "b": (5, 8), "c": (1, 4), "d": (3, 6)}
    assert result.safe
    check_proofs(statement, result)


def test_hierarchy_gives_a_cell_away_that_each_of_its_tables_hides() -> None:
    # region = a + b, country = region + c, and the country without c is published as another total
    statement = Statement(
        unknowns("abrc", values=2), (equation("a + b - r = 0"), equation("r + c = 30"), equation("a + b = 21"))
    )
    result = attack(statement)
    assert intervals(result)["r"] == (21, 21)
    assert intervals(result)["c"] == (9, 9)
    assert intervals(result)["a"] == (1, 20)
    check_proofs(statement, result)


def test_linked_tables_give_a_cell_away_only_together() -> None:
    first = (equation("a + b = 10"), equation("b + c = 12"))
    second = (equation("a + c = 8"),)
    assert attack(Statement(unknowns("abc", values=2), first)).safe
    result = attack(Statement(unknowns("abc", values=2), (*first, *second)))
    assert intervals(result) == {"a": (3, 3), "b": (7, 7), "c": (5, 5)}
    check_proofs(result.statement, result)


def test_rounded_ratio_narrows_its_hidden_numerator() -> None:
    # 100 * a / 37 rounds to 8.1 %: 8.05 <= 100 a / 37 < 8.15, so 297.85 <= 100 a <= 301.55, whole: a = 3
    statement = Statement(
        unknowns("ab", values=2),
        (equation("a + b = 37"), Constraint((("a", 2000),), 8050 * 37 // 50, 8150 * 37 // 50, "ratio")),
    )
    result = attack(statement)
    assert intervals(result)["a"] == (3, 3)
    check_proofs(statement, result)


def test_width_below_one_gives_a_cell_away_for_whole_numbers() -> None:
    # as fractions b is from 4/3 to 7/3, as whole numbers it is 2
    statement = Statement((Unknown("b", 0, 9, 2), *unknowns("a", 0, 9)), (Constraint((("b", 3),), 4, 7, "ratio"),))
    result = attack(statement)
    assert intervals(result) == {"b": (2, 2), "a": (0, 9)}
    check_proofs(statement, result)


def test_parity_gives_a_cell_away_that_fractions_leave_open() -> None:
    # 2a + 2b + 2c + z is even and z is 0 or 1; a to c have room, so no constraint alone tells
    constraints = (equation("2a + 2b + 2c + z = 20"), equation("a - b = 1"))
    statement = Statement((*unknowns("abc", 0, 9), Unknown("z", 0, 1, 2)), constraints)
    result = attack(statement)
    assert intervals(result)["z"] == (0, 0)
    assert result.by_name["z"].verdict == Verdict.BREACH
    check_proofs(statement, result)


def test_triangle_needs_cases_told_apart() -> None:
    # pairwise at most one of three: half each as fractions, so the sum could be 3/2; as whole numbers it is at most 1
    pairs = [Constraint(((x, 1), (y, 1)), None, 1, f"{x}{y}") for x, y in itertools.combinations("abcde", 2)]
    total = Constraint((*((name, 1) for name in "abcde"), ("t", -1)), 0, 0, "total")
    statement = Statement((*unknowns("abcde", 0, 1), Unknown("t", 0, 5, 3)), (*pairs, total))
    result = attack(statement)
    assert intervals(result)["t"] == (0, 1)
    assert result.by_name["t"].verdict == Verdict.BREACH
    assert "two cases of" in result.explain("t")
    check_proofs(statement, result)


def test_insider_learns_what_the_public_does_not() -> None:
    statement = Statement(unknowns("abc", values=2), (equation("a + b + c = 20"),))
    assert attack(statement).safe
    result = attack(statement, {"a": 5, "b": 6})
    assert intervals(result) == {"a": (5, 5), "b": (6, 6), "c": (9, 9)}
    assert [finding.verdict for finding in result.findings] == [Verdict.SAFE, Verdict.SAFE, Verdict.BREACH]
    check_proofs(result.statement, result)


def test_harmless_is_what_is_provably_large() -> None:
    large = Statement((Unknown("a", 1, None, 2, None, 5), Unknown("b", 1, None, 1)), (equation("a = 7"),))
    assert attack(large).by_name["a"].verdict == Verdict.SAFE
    small = Statement((Unknown("a", 1, None, 2, None, 8), Unknown("b", 1, None, 1)), (equation("a = 7"),))
    assert attack(small).by_name["a"].verdict == Verdict.BREACH
    check_proofs(large, attack(large))


def test_breach_of_a_figure_that_may_be_harmless_is_proved_in_both_modes() -> None:
    # a is 4 or 5: two values where three are needed, and nobody knows that it is at least 5
    statement = Statement((Unknown("a", 1, None, 3, None, 5), Unknown("b", 5, 6)), (equation("a + b = 10"),))
    for exact in (True, False):
        result = attack(statement, exact=exact)
        assert result.by_name["a"].verdict == Verdict.BREACH
        check_proofs(statement, result)


def test_upper_need_is_broken_by_a_small_total() -> None:
    statement = Statement(unknowns("ab", values=2, least_upper=5), (equation("a + b = 5"),))
    result = attack(statement)
    assert intervals(result) == {"a": (1, 4), "b": (1, 4)}
    assert {finding.verdict for finding in result.findings} == {Verdict.BREACH}
    check_proofs(statement, result)


def test_endless_unknowns_are_safe_and_have_no_upper_bound() -> None:
    statement = Statement(unknowns("abc", values=3, least_upper=50), (equation("a - b = 4"),))
    result = attack(statement)
    assert intervals(result) == {"a": (5, None), "b": (1, None), "c": (1, None)}
    assert result.safe
    check_proofs(statement, result)


def test_published_figures_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ContradictionError, match="agree"):
        attack(Statement(unknowns("ab"), (equation("a + b = 5"), equation("a + b = 6"))))


def test_breach_is_explained_by_sources_without_figures() -> None:
    statement = Statement(
        unknowns("abc", values=2),
        (equation("a + b = 17", "total"), equation("b + c = 19", "year"), equation("a - c = -2", "other")),
    )
    linked = Statement(statement.unknowns, (*statement.constraints[:2], equation("a + c = 8", "third table")))
    text = attack(linked).explain("b")
    assert "[total]" in text
    assert "[year]" in text
    assert "greatest b" in text
    assert not {"17", "19", "8"} & set(text.replace("]", " ").split())


def test_money_up_to_a_quadrillion_is_attacked_exactly() -> None:
    generator = random.Random(7)
    leaves = {cell: generator.randrange(1, 10**15) for cell in itertools.product(range(5), range(4))}
    values = with_margins((5, 4), leaves)
    hidden = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (4, 0), (4, 2), (0, 2)}
    statement = hidden_table((5, 4), values, hidden)
    result = attack(statement)
    for finding in result.findings:
        assert finding.lower <= values[finding.name] <= (finding.upper or 0)  # type: ignore[index]
        assert finding.verdict != Verdict.UNDECIDED
    assert result.by_name[(4, 0)].verdict == Verdict.SAFE
    check_proofs(statement, result)
    alone = hidden_table((5, 4), values, {(0, 0), (0, 1), (1, 1), (1, 0), (2, 2), (2, -1)})
    assert attack(alone).by_name[(2, 2)].verdict == Verdict.BREACH


@pytest.mark.parametrize("exact", [True, False])
def test_random_table_keeps_the_truth_inside_and_proves_it(exact: bool) -> None:
    generator = random.Random(3)
    shape = (7, 6, 4)
    leaves = {cell: generator.choice([0, 1, 2, 3, 7, 20, 90]) for cell in itertools.product(*map(range, shape))}
    values = with_margins(shape, leaves)
    hidden = {cell for cell, value in values.items() if 0 < value < 8}
    statement = hidden_table(shape, values, hidden)
    result = attack(statement, exact=exact, complete=True)
    assert all(finding.tight for finding in result.findings) or not exact
    for finding in result.findings:
        assert finding.lower <= values[finding.name] <= (finding.upper or 0)  # type: ignore[index]
    assert {finding.verdict for finding in result.findings} == {Verdict.SAFE, Verdict.BREACH}
    check_proofs(statement, result)


@settings(max_examples=400, deadline=None)
@given(statements())
def test_intervals_equal_those_of_counting_every_possibility(drawn: tuple[Statement, dict[str, int]]) -> None:
    statement, _ = drawn
    tables = possible(statement)
    result = attack(statement, complete=True)
    for position, finding in enumerate(result.findings):
        values = [table[position] for table in tables]
        assert (finding.lower, finding.upper) == (min(values), max(values))
        assert (finding.least, finding.greatest) == (min(values), max(values))
        unknown = statement.unknowns[position]
        fine = unknown.met(min(values), max(values)) or unknown.harmless(min(values))
        assert finding.verdict == (Verdict.SAFE if fine else Verdict.BREACH)
    check_proofs(statement, result)


@settings(max_examples=150, deadline=None)
@given(statements())
def test_verdicts_without_intervals_are_the_same(drawn: tuple[Statement, dict[str, int]]) -> None:
    statement, _ = drawn
    exact, quick = attack(statement), attack(statement, exact=False)
    assert [each.verdict for each in quick.findings] == [each.verdict for each in exact.findings]
    check_proofs(statement, exact)
    check_proofs(statement, quick)
