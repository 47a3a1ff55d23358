"""What is published is turned into bounds on what is hidden: each kind of relation has the known constraint."""

from itertools import product
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.ratio import quotient
from etl.audit.relations import Cell, Relations, relate
from etl.audit.release import open_release
from etl.audit.statement import Constraint, Unknown
from tests.etl.audit.releases import Dataset, write_release

LINE = {("A", "x"): {"persons": 3}, ("A", "y"): {"persons": 20}, ("A", "z"): {"persons": 9}}
SQUARE = {(region, kind): {"persons": 3} for region, kind in product("AB", "xy")}
FIRST, SECOND = "2026-01-31-000000000001", "2026-02-28-000000000002"


def _relate(*folders: Path) -> Relations:
    return relate([open_release(folder) for folder in folders])


def _everything(relations: Relations) -> list[Constraint]:
    return [*relations.statement.constraints, *relations.aside.constraints]


def _bounds(relations: Relations) -> dict[tuple[tuple[str, int], ...], tuple[int | None, int | None]]:
    """Bounds by terms, of which each is the keys, measure and coefficient in one readable text."""
    return {
        tuple(sorted((f"{name[1]} {''.join(name[2])}", each) for name, each in constraint.terms)): (
            constraint.lower,
            constraint.upper,
        )
        for constraint in _everything(relations)
    }


def test_hidden_figures_are_the_only_unknowns(tmp_path: Path) -> None:
    hidden = [("persons", ("A", "x")), ("persons", ("A", "y"))]
    relations = _relate(write_release(tmp_path, Dataset("visits", LINE, hidden=hidden)))
    assert [each.name for each in relations.statement.unknowns] == [
        Cell("visits", "persons", ("A", "x"), 0),
        Cell("visits", "persons", ("A", "y"), 0),
    ]
    # Region A is all there is, so that the sum over regions shows each figure.
    assert _bounds(relations) == {
        (("persons Ax", 1),): (3, 3),
        (("persons Ay", 1),): (20, 20),
        (("persons Ax", 1), ("persons Ay", 1)): (23, 23),
    }


def test_needs_follow_from_the_stated_rules(tmp_path: Path) -> None:
    rows = {("A", "x"): {"persons": 3, "services": 7, "beds": 4}}
    groups = [{"measures": ["persons", "services"], "persons": "persons"}]
    hidden = [(measure, ("A", "x")) for measure in rows["A", "x"]]
    dataset = Dataset("visits", rows, hidden=hidden, groups=groups, rules={"minimum": 6, "values": 3, "upper": 8})
    relations = _relate(write_release(tmp_path, dataset))
    needs = {each.name[1]: each for each in (*relations.statement.unknowns, *relations.aside.unknowns)}
    name = Cell("visits", "persons", ("A", "x"), 0)
    assert needs["persons"] == Unknown(name, 1, None, values=3, least_upper=8, harmless_from=6)
    assert needs["services"] == Unknown(name._replace(measure="services"), 1, None, values=3)
    assert needs["beds"] == Unknown(name._replace(measure="beds"), 1, None, values=1)


def test_where_zeros_are_protected_a_hidden_figure_may_be_nought(tmp_path: Path) -> None:
    dataset = Dataset("visits", LINE, hidden=[("persons", ("A", "x"))], rules={"zeros": "protected"})
    (unknown,) = _relate(write_release(tmp_path, dataset)).statement.unknowns
    assert unknown.lower == 0


def test_sums_are_taken_over_one_dimension_at_a_time(tmp_path: Path) -> None:
    hidden = [("persons", keys) for keys in product("AB*", "xy*") if keys != ("*", "*")]
    bounds = _bounds(_relate(write_release(tmp_path, Dataset("visits", SQUARE, hidden=hidden))))
    assert bounds == {
        **{tuple(sorted([(f"persons {r}x", 1), (f"persons {r}y", 1), (f"persons {r}*", -1)])): (0, 0) for r in "AB"},
        **{tuple(sorted([(f"persons A{k}", 1), (f"persons B{k}", 1), (f"persons *{k}", -1)])): (0, 0) for k in "xy"},
        (("persons A*", 1), ("persons B*", 1)): (12, 12),
        (("persons *x", 1), ("persons *y", 1)): (12, 12),
    }


def test_what_may_not_be_summed_over_months_is_not(tmp_path: Path) -> None:
    rows = {("A", "2026-01"): {"attached": 3}, ("B", "2026-01"): {"attached": 4}, ("A", "2026-02"): {"attached": 5}}
    hidden = [("attached", ("A", "2026-01")), ("attached", ("A", "2026-02")), ("attached", ("B", "2026-01"))]
    dataset = Dataset(
        "people", rows, hidden=hidden, dimensions=("region", "period"), additivity={"attached": "additive_except_time"}
    )
    assert _bounds(_relate(write_release(tmp_path, dataset))) == {
        (("attached A2026-01", 1), ("attached B2026-01", 1)): (7, 7),
        (("attached A2026-02", 1),): (5, 5),
    }


def test_public_measures_are_ignored(tmp_path: Path) -> None:
    rows = {("A", "x"): {"persons": 3, "clinics": 1}, ("A", "y"): {"persons": 20, "clinics": 2}}
    groups = [{"measures": ["persons"], "persons": "persons"}]
    wrong = {("clinics", ("A", "*")): 9}
    dataset = Dataset("visits", rows, groups=groups, rules={"public": ["clinics"]}, instead=wrong)
    relations = _relate(write_release(tmp_path, dataset))
    assert relations.statement.unknowns == () and relations.contradictions == ()


def test_row_sum_ties_measures_of_a_row_and_of_its_totals(tmp_path: Path) -> None:
    rows = {("A", "x"): {"asked": 9, "granted": 6, "refused": 3}}
    hidden = [(measure, ("A", "x")) for measure in ("granted", "refused")]
    tie = ("row_sum", {"dataset": "consent", "measure": "asked", "plus": ["granted", "refused"], "minus": []})
    relations = _relate(write_release(tmp_path, Dataset("consent", rows, hidden=hidden), relations=[tie]))
    assert _bounds(relations)[("granted Ax", 1), ("refused Ax", 1)] == (9, 9)
    assert any(
        "asked (region=A, kind=x) is granted + refused" in each.source for each in relations.statement.constraints
    )


def test_identity_ties_codes_of_a_dimension(tmp_path: Path) -> None:
    rows = {("A", "due"): {"cases": 9}, ("A", "met"): {"cases": 6}, ("A", "late"): {"cases": 3}}
    hidden = [("cases", ("A", code)) for code in ("met", "late")] + [("cases", ("*", code)) for code in ("met", "late")]
    tie = ("identity", {"dataset": "acts", "dimension": "kind", "total": "due", "plus": ["met", "late"], "minus": []})
    relations = _relate(write_release(tmp_path, Dataset("acts", rows, hidden=hidden), relations=[tie]))
    bounds = _bounds(relations)
    assert bounds[("cases Alate", 1), ("cases Amet", 1)] == (9, 9)
    assert bounds[("cases *late", 1), ("cases *met", 1)] == (9, 9)


def test_rest_of_a_part_is_an_unknown_of_its_own(tmp_path: Path) -> None:
    rows = {("A", "x"): {"attached": 90, "seen": 88}, ("A", "y"): {"attached": 70, "seen": 50}}
    hidden = [("seen", ("A", "x"))]
    tie = ("part", {"dataset": "care", "part": "seen", "whole": "attached"})
    relations = _relate(write_release(tmp_path, Dataset("care", rows, hidden=hidden), relations=[tie]))
    rest = Cell("care", "attached-seen", ("A", "x"), 0)
    assert relations.statement.unknowns[1] == Unknown(rest, 0, None, values=2, least_upper=5, harmless_from=5)
    assert _bounds(relations)[("attached-seen Ax", 1), ("seen Ax", 1)] == (90, 90)


def test_published_part_and_whole_give_a_small_rest_away(tmp_path: Path) -> None:
    rows = {("A", "x"): {"attached": 90, "seen": 88}, ("B", "y"): {"attached": 70, "seen": 70}}
    tie = ("part", {"dataset": "care", "part": "seen", "whole": "attached"})
    bounds = _bounds(_relate(write_release(tmp_path, Dataset("care", rows), relations=[tie])))
    assert bounds[(("attached-seen Ax", 1),)] == (2, 2)
    assert not any("By" in name for terms in bounds for name, _ in terms), (
        "a rest of nought is no small number of persons"
    )


def test_ratio_bounds_are_those_of_its_rounding(tmp_path: Path) -> None:
    """Every pair of whole numbers that rounds to the printed ratio is possible, and no other."""
    rows = {("A", "x"): {"seen": 3, "attached": 16}}
    hidden = [(measure, ("A", "x")) for measure in rows["A", "x"]]
    for scale, decimals in ((100, 1), (1, 0), (10000, 2)):
        dataset = Dataset(
            "care",
            rows,
            hidden=hidden,
            ratios={"share": ("seen", "attached", scale, decimals)},
            bare=[("share", ("A", "x"))],
            instead={("seen", ("A", "*")): None, ("seen", ("*", "x")): None},
        )
        relations = _relate(write_release(tmp_path / f"{scale}", dataset))
        bounds = [each for each in relations.statement.constraints if "share" in each.source]
        shown = quotient(3, 16, scale, decimals)
        for seen, attached in product(range(1, 40), range(1, 80)):
            values = {"seen": seen, "attached": attached}
            meets = all(_meets(bound, {name: values[name[1]] for name, _ in bound.terms}) for bound in bounds)
            assert meets == (quotient(seen, attached, scale, decimals) == shown), (seen, attached)


def test_figures_of_two_names_are_tied(tmp_path: Path) -> None:
    visits = Dataset("visits", SQUARE, hidden=[("persons", ("A", "x")), ("persons", ("A", "*"))])
    rows = {("A",): {"people": 6}, ("B",): {"people": 6}}
    people = Dataset("people", rows, dimensions=("region",))
    sides = [{"dataset": "visits", "measure": "persons", "where": {}}, {"dataset": "people", "measure": "people"}]
    tie = ("same", {"left": sides[0], "right": sides[1], "by": ["region"]})
    assert _bounds(_relate(write_release(tmp_path, visits, people, relations=[tie])))[(("persons A*", 1),)] == (6, 6)


def test_rows_of_a_dataset_without_totals_are_summed_for_the_tie(tmp_path: Path) -> None:
    hidden = [("persons", keys) for keys in [("A", "x"), ("A", "y"), ("A", "*"), ("*", "*")]]
    visits = Dataset("visits", SQUARE, hidden=hidden)
    people = Dataset("people", {("A", "q"): {"people": 2}, ("A", "p"): {"people": 4}}, protected=False)
    left = {"dataset": "visits", "measure": "persons", "where": {}}
    tie = ("same", {"left": left, "right": {"dataset": "people", "measure": "people"}, "by": ["region"]})
    relations = _relate(write_release(tmp_path, visits, people, relations=[tie]))
    sources = [each.source for each in relations.statement.constraints if each.lower == 6 and "same as" in each.source]
    assert sources == ["visits.persons (region=A, kind=*) is the same as people.people (2026-03-31-000000000001)"]
    # B has no row among the people, so nobody: but the visits show six.
    assert relations.contradictions == (
        "visits.persons (region=B, kind=*) is the same as people.people (2026-03-31-000000000001)",
    )


def test_figure_shown_by_another_release_is_known(tmp_path: Path) -> None:
    first = write_release(tmp_path, Dataset("visits", SQUARE), name=FIRST)
    second = write_release(tmp_path, Dataset("visits", SQUARE, hidden=[("persons", ("A", "x"))]), name=SECOND)
    sources = [each.source for each in _relate(first, second).statement.constraints]
    assert f"visits.persons (region=A, kind=x) is published ({FIRST})" in sources
    assert not any("is published" in each.source for each in _relate(second).statement.constraints)


def test_revised_figure_is_another_figure(tmp_path: Path) -> None:
    first = write_release(tmp_path, Dataset("visits", SQUARE), name=FIRST)
    changed = SQUARE | {("A", "x"): {"persons": 4}}
    keys = [("A", "x"), ("A", "*"), ("*", "x"), ("*", "*")]
    dataset = Dataset("visits", changed, hidden=[("persons", ("A", "x"))])
    revised = write_release(tmp_path, dataset, name=SECOND, revisions=[("visits", "persons", each, 1) for each in keys])
    relations = _relate(first, revised)
    assert relations.contradictions == ()
    assert [each.name for each in relations.statement.unknowns] == [Cell("visits", "persons", ("A", "x"), 1)]
    assert not any("is published" in each.source for each in relations.statement.constraints)


def test_unlisted_revision_is_a_contradiction(tmp_path: Path) -> None:
    first = write_release(tmp_path, Dataset("visits", SQUARE), name=FIRST)
    changed = Dataset("visits", SQUARE | {("A", "x"): {"persons": 4}})
    second = write_release(tmp_path, changed, name=SECOND)
    found = _relate(first, second).contradictions
    assert f"visits.persons (region=A, kind=x) is 3 in {FIRST} and 4 in {SECOND}, unrevised" in found


def test_totals_over_other_months_are_other_figures(tmp_path: Path) -> None:
    rows = {("A", "2026-01"): {"persons": 30}}
    later = rows | {("A", "2026-02"): {"persons": 40}}
    hidden = [("persons", ("A", "*"))]
    first = write_release(tmp_path, Dataset("visits", rows, hidden, ("region", "period")), name=FIRST)
    second = write_release(tmp_path, Dataset("visits", later, hidden, ("region", "period")), name=SECOND)
    names = {each.name[2] for each in _relate(first, second).statement.unknowns}
    assert names == {("A", "2026-01/2026-01"), ("A", "2026-01/2026-02")}


def test_total_that_its_rows_do_not_give_is_a_contradiction(tmp_path: Path) -> None:
    dataset = Dataset("visits", LINE, instead={("persons", ("A", "*")): 33})
    found = _relate(write_release(tmp_path, dataset)).contradictions
    assert "visits.persons (region=A, kind=*) is the sum over kind (2026-03-31-000000000001)" in found


def test_noise_bounds_the_true_figure(tmp_path: Path) -> None:
    dataset = Dataset("visits", SQUARE, rules={"method": "cell_key", "noise": {"most": 2}})
    relations = _relate(write_release(tmp_path, dataset))
    assert relations.statement.unknowns == (), "noise needs nothing"
    (unknown,) = [each for each in relations.aside.unknowns if each.name[2] == ("A", "x")]
    assert (unknown.lower, unknown.upper, unknown.values) == (1, 5, 1)
    assert (("persons *x", -1), ("persons Ax", 1), ("persons Bx", 1)) in _bounds(relations)


def test_number_that_the_file_holds_of_a_hidden_figure_is_known(tmp_path: Path) -> None:
    check = {"dataset": "visits", "measure": "persons", "where_json": '{"region": "A", "kind": "x"}', "stated": 3.0}
    dataset = Dataset("visits", SQUARE, hidden=[("persons", ("A", "x"))])
    relations = _relate(write_release(tmp_path, dataset, checks=[check]))
    assert any("stands in meta_reconciliation" in each.source for each in relations.statement.constraints)


def test_rest_of_events_needs_no_more_than_that_it_is_not_small(tmp_path: Path) -> None:
    rows = {("A", "x"): {"services": 90, "verified": 88}, ("B", "y"): {"services": 70, "verified": 60}}
    tie = ("part", {"dataset": "care", "part": "verified", "whole": "services", "persons": "unverified_patients"})
    unknowns = _relate(write_release(tmp_path, Dataset("care", rows), relations=[tie])).statement.unknowns
    rest = Cell("care", "services-verified", ("A", "x"), 0)
    assert unknowns[0] == Unknown(rest, 0, None, values=2, least_upper=None, harmless_from=5)
    assert {each.name[2] for each in unknowns} == {("A", "x"), ("*", "x"), ("A", "*")}


def test_ratio_of_noisy_figures_says_nothing(tmp_path: Path) -> None:
    rows = {("A", "x"): {"seen": 3, "attached": 16}}
    rules = {"method": "cell_key", "noise": {"most": 2}}
    dataset = Dataset("care", rows, rules=rules, ratios={"share": ("seen", "attached", 100, 1)})
    relations = _relate(write_release(tmp_path, dataset))
    assert len(relations.aside.unknowns) == 8
    assert not any("share" in each.source for each in _everything(relations))


def test_absent_ratio_shows_that_there_is_nobody(tmp_path: Path) -> None:
    rows = {("A", "x"): {"seen": 0, "attached": 0}, ("B", "x"): {"seen": 4, "attached": 9}}
    shares = {"share": ("seen", "attached", 100, 1)}
    rules = {"zeros": "protected"}
    hidden = [(measure, (region, kind)) for measure in ("seen", "attached") for region, kind in product("AB*", "x*")]
    bare = [("share", ("A", "x"))]
    dataset = Dataset("care", rows, hidden=hidden, rules=rules, ratios=shares, bare=bare)
    relations = _relate(write_release(tmp_path, dataset))
    assert "care.attached (region=A, kind=x) is nought, as there is no ratio (2026-03-31-000000000001)" in [
        each.source for each in relations.statement.constraints
    ]


def test_row_that_cannot_have_a_figure_adds_nothing_to_a_sum(tmp_path: Path) -> None:
    rows = {**LINE, ("A", "w"): {"persons": 0}}
    hidden = [("persons", ("A", "x")), ("persons", ("A", "y"))]
    dataset = Dataset("visits", rows, hidden=hidden, instead={("persons", ("A", "w")): None})
    assert _bounds(_relate(write_release(tmp_path, dataset)))[("persons Ax", 1), ("persons Ay", 1)] == (23, 23)


FIGURES = st.fixed_dictionaries(dict.fromkeys(product("AB", "xy"), st.integers(0, 6)))
PLACES = [*product("AB*", "xy*")]


def _total(counts: dict[tuple[str, str], int], keys: tuple[str, str]) -> int:
    return sum(
        count for each, count in counts.items() if all(key in ("*", code) for key, code in zip(keys, each, strict=True))
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=FIGURES, masked=st.sets(st.sampled_from(PLACES)))
def test_exactly_the_tables_that_would_be_published_alike_satisfy_the_statement(
    counts: dict[tuple[str, str], int], masked: set[tuple[str, str]], tmp_path: Path
) -> None:
    """Tried out for every table of small whole numbers: neither a true table is lost nor a wrong one kept."""
    hidden = {keys for keys in masked if _total(counts, keys)}
    dataset = Dataset(
        "visits",
        {keys: {"seen": count, "asked": 4 + count % 3} for keys, count in counts.items()},
        hidden=[("seen", keys) for keys in hidden],
        ratios={"share": ("seen", "asked", 1, 0)},
        bare=[("share", keys) for keys in hidden if len(hidden) % 2],
    )
    folder = write_release(Path(mkdtemp(dir=tmp_path)), dataset)
    relations = _relate(folder)
    assert relations.contradictions == ()
    asked = {keys: 4 + count % 3 for keys, count in counts.items()}
    inner = sorted(keys for keys in hidden if "*" not in keys)
    for values in product(range(1, 9), repeat=len(inner)):
        tried = counts | dict(zip(inner, values, strict=True))
        alike = all(
            (_total(tried, keys) >= 1 if keys in hidden else _total(tried, keys) == _total(counts, keys))
            and (
                (keys in hidden and not len(hidden) % 2)
                or quotient(_total(tried, keys), _total(asked, keys), 1, 0)
                == quotient(_total(counts, keys), _total(asked, keys), 1, 0)
            )
            for keys in PLACES
        )
        assert alike == all(
            _meets(constraint, {name: _total(tried, name[2]) for name, _ in constraint.terms})
            for constraint in _everything(relations)
        )


def _meets(constraint: Constraint, values: dict[object, int]) -> bool:
    total = sum(values[name] * factor for name, factor in constraint.terms)
    return (constraint.lower is None or total >= constraint.lower) and (
        constraint.upper is None or total <= constraint.upper
    )
