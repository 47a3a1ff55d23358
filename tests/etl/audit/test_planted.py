"""Suppressions broken on purpose: the auditor finds each one and names its cell. Unbroken, each passes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from etl.audit.report import Outcome, Report, audit_release
from tests.etl.audit.releases import Dataset, Keys, write_release

SQUARE = [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")]
COUNTS = {("A", "x"): 3, ("A", "y"): 12, ("A", "z"): 40, ("B", "x"): 14, ("B", "y"): 8, ("B", "z"): 50, ("C", "x"): 60}
COUNTS |= {("C", "y"): 70, ("C", "z"): 80}
SMALL = "visits.persons (region=A, kind=x)"
FIRST, SECOND = "2026-02-28-000000000001", "2026-03-31-000000000002"

Planted = Callable[[Path], Report]
PLANTED: dict[str, tuple[Planted, str]] = {}


def planted(name: str, cell: str) -> Callable[[Planted], Planted]:
    """Add a broken release to the list: what its protector forgot, and the figure that this gives away."""

    def add(function: Planted) -> Planted:
        PLANTED[name] = (function, cell)
        return function

    return add


def _visits(at: list[Keys] = SQUARE, **changes: object) -> Dataset:
    """Visits with the persons hidden at these keys; safe as they are."""
    rows = {keys: {"persons": count} for keys, count in COUNTS.items()}
    return replace(Dataset("visits", rows, hidden=[("persons", keys) for keys in at]), **changes)


def _audit(folder: Path, *datasets: Dataset, **more: object) -> Report:
    return audit_release(write_release(folder, *datasets, **more))


def _with(counts: dict[Keys, int]) -> dict[Keys, dict[str, int]]:
    return {keys: {"persons": count} for keys, count in (COUNTS | counts).items()}


@planted("no secondary at all", SMALL)
def _(folder: Path) -> Report:
    return _audit(folder, _visits([("A", "x")]))


@planted("one secondary of a ring is missing", SMALL)
def _(folder: Path) -> Report:
    return _audit(folder, _visits(SQUARE[:3]))


@planted("alone in its row", SMALL)
def _(folder: Path) -> Report:
    return _audit(folder, _visits([("A", "x"), ("B", "x"), ("C", "x")]))


@planted("margin of a single row is shown", "visits.persons (region=D, kind=x)")
def _(folder: Path) -> Report:
    return _audit(folder, _visits([*SQUARE, ("D", "x")], rows=_with({("D", "x"): 2})))


@planted("zeros forgotten: two hidden figures of a sum of two", SMALL)
def _(folder: Path) -> Report:
    return _audit(folder, _visits(rows=_with({("A", "x"): 1, ("A", "y"): 1})))


@planted("a reader can prove that there are fewer than five", SMALL)
def _(folder: Path) -> Report:
    return _audit(folder, _visits(rows=_with({("A", "x"): 3, ("A", "y"): 1})))


def _linked(folder: Path, hidden: list[Keys]) -> Report:
    people = Dataset(
        "people",
        {("A", "f"): {"number": 1}, ("A", "m"): {"number": 2}, ("B", "f"): {"number": 9}, ("B", "m"): {"number": 5}},
        hidden=[("number", keys) for keys in [("A", "f"), ("A", "m"), ("B", "f"), ("B", "m"), *hidden]],
        dimensions=("region", "sex"),
        rules={"upper": None},
    )
    left = {"dataset": "visits", "measure": "persons", "where": {"kind": "x"}}
    tie = {"left": left, "right": {"dataset": "people", "measure": "number", "where": {}}, "by": ["region"]}
    visits = _visits(rows={keys: {"persons": count} for keys, count in COUNTS.items() if keys[0] != "C"})
    return _audit(folder, visits, people, relations=[("same", tie)])


@planted("another dataset shows the same figure as a total", SMALL)
def _(folder: Path) -> Report:
    return _linked(folder, [])


@planted("a public dataset shows the same figure", SMALL)
def _(folder: Path) -> Report:
    plain = Dataset("plain", {("A",): {"number": 3}}, dimensions=("region",), protected=False)
    left = {"dataset": "visits", "measure": "persons", "where": {"region": "A", "kind": "x"}}
    tie = {"left": left, "right": {"dataset": "plain", "measure": "number", "where": {"region": "A"}}, "by": []}
    return _audit(folder, _visits(), plain, relations=[("same", tie)])


def _rated(folder: Path, bare: list[tuple[str, Keys]]) -> Report:
    rows = {keys: {"persons": count, "asked": 1000} for keys, count in COUNTS.items()}
    groups = [{"measures": ["persons"], "persons": "persons"}, {"measures": ["asked"], "persons": "asked"}]
    return _audit(folder, _visits(rows=rows, groups=groups, ratios={"share": ("persons", "asked", 100, 1)}, bare=bare))


@planted("ratio beside a hidden numerator, exact in whole numbers only", SMALL)
def _(folder: Path) -> Report:
    return _rated(folder, [("share", ("A", "x"))])


@planted("mean beside a hidden number of services", "visits.services (region=A, kind=x)")
def _(folder: Path) -> Report:
    rows = {keys: {"persons": count, "services": count, "amount_kzt": 700 * count} for keys, count in COUNTS.items()}
    groups = [
        {"measures": ["persons", "services"], "persons": "persons"},
        {"measures": ["amount_kzt"], "persons": None},
    ]
    mean = {"mean_kzt": ("amount_kzt", "services", 1, 0)}
    hidden = [(measure, keys) for measure in ("persons", "services") for keys in SQUARE]
    return _audit(
        folder, _visits(rows=rows, groups=groups, hidden=hidden, ratios=mean, bare=[("mean_kzt", ("A", "x"))])
    )


@planted("a secondary is shown by a later release", SMALL)
def _(folder: Path) -> Report:
    first = write_release(folder, _visits(), name=FIRST)
    second = write_release(folder, _visits([("A", "x"), ("A", "z"), ("B", "x"), ("B", "z")]), name=SECOND)
    return audit_release(second, [first])


@planted("a hidden figure is shown by a later release", SMALL)
def _(folder: Path) -> Report:
    return audit_release(
        write_release(folder, _visits([]), name=SECOND), [write_release(folder, _visits(), name=FIRST)]
    )


def _months(figures: list[int], hidden: list[str]) -> Dataset:
    rows = {(f"2026-{month:02}",): {"persons": figure} for month, figure in enumerate(figures, 1)}
    return Dataset("visits", rows, hidden=[("persons", (month,)) for month in hidden], dimensions=("period",))


@planted("difference of two totals for the year to date", "visits.persons (period=2026-03)")
def _(folder: Path) -> Report:
    first = write_release(folder, _months([4, 16], ["2026-01", "2026-02"]), name=FIRST)
    second = write_release(folder, _months([4, 16, 3], ["2026-01", "2026-03"]), name=SECOND)
    assert audit_release(first).passed and audit_release(second).passed, "each of them alone is safe"
    return audit_release(second, [first])


def _care(folder: Path, seen: int, *hidden: tuple[str, Keys]) -> Report:
    rows = {("A", "x"): {"attached": 90, "seen": seen}, ("A", "y"): {"attached": 70, "seen": 40}}
    tie = ("part", {"dataset": "care", "part": "seen", "whole": "attached"})
    return _audit(folder, Dataset("care", rows, hidden=hidden), relations=[tie])


@planted("what a whole has besides its part is small", "care.attached-seen (region=A, kind=x)")
def _(folder: Path) -> Report:
    return _care(folder, 88)


@planted("part is hidden, but its total shows the small rest", "care.attached-seen (region=A, kind=x)")
def _(folder: Path) -> Report:
    return _care(folder, 88, ("seen", ("A", "x")), ("attached", ("A", "x")), ("attached", ("A", "y")))


def _consent(folder: Path, *hidden: str) -> Report:
    rows = {
        ("A", "x"): {"asked": 60, "granted": 50, "refused": 10},
        ("A", "y"): {"asked": 63, "granted": 60, "refused": 3},
    }
    rows |= {
        ("B", "x"): {"asked": 60, "granted": 50, "refused": 10},
        ("B", "y"): {"asked": 68, "granted": 60, "refused": 8},
    }
    tie = ("row_sum", {"dataset": "consent", "measure": "asked", "plus": ["granted", "refused"], "minus": []})
    hidden_cells = [(measure, keys) for measure in hidden for keys in rows]
    return _audit(folder, Dataset("consent", rows, hidden=hidden_cells), relations=[tie])


@planted("hidden in all rows, but the other measures of the row give it", "consent.refused (region=A, kind=y)")
def _(folder: Path) -> Report:
    return _consent(folder, "refused")


@planted("a line of which all other parts are shown", "acts.cases (region=A, kind=late)")
def _(folder: Path) -> Report:
    codes = {"due": 60, "met": 57, "late": 3}
    rows = {(region, code): {"cases": count} for region in "AB" for code, count in codes.items()}
    hidden = [
        ("cases", keys) for keys in [("A", "late"), ("B", "late"), ("A", "*"), ("B", "*"), ("*", "late"), ("*", "*")]
    ]
    tie = ("identity", {"dataset": "acts", "dimension": "kind", "total": "due", "plus": ["met", "late"], "minus": []})
    return _audit(folder, Dataset("acts", rows, hidden=hidden), relations=[tie])


@planted("number left in the file beside the mark", SMALL)
def _(folder: Path) -> Report:
    dataset = _visits(instead={("persons", ("A", "x")): 3}, marked=[("persons", ("A", "x"))])
    return _audit(folder, dataset)


@planted("number left in the checks of the sums", SMALL)
def _(folder: Path) -> Report:
    check = {"dataset": "visits", "measure": "persons", "where_json": '{"region": "A", "kind": "x"}', "stated": 3.0}
    return _audit(folder, _visits(), checks=[check])


@planted("figures hidden together: the count of persons only", "visits.services (region=A, kind=x)")
def _(folder: Path) -> Report:
    rows = {keys: {"persons": count, "services": 2 * count} for keys, count in COUNTS.items()}
    groups = [{"measures": ["persons", "services"], "persons": "persons"}]
    hidden = [*(("persons", keys) for keys in SQUARE), ("services", ("A", "x"))]
    return _audit(folder, _visits(rows=rows, groups=groups, hidden=hidden))


@pytest.mark.parametrize("name", PLANTED)
def test_planted_breach_is_found_and_named(name: str, tmp_path: Path) -> None:
    plant, cell = PLANTED[name]
    report = plant(tmp_path)
    assert report.outcome is Outcome.BREACH
    (found,) = [each for each in report.breaches if each.cell == cell]
    assert found.equations and not found.undecided
    assert not report.contradictions or name.startswith("figures hidden together")


def _few(folder: Path) -> Report:
    """Six attached, of whom one to six were seen: nobody can prove that there is anybody who was not."""
    rows = {("A", kind): {"attached": 3, "seen": 3} for kind in "xy"}
    hidden = [("attached", keys) for keys in [("A", "x"), ("A", "y"), ("*", "x"), ("*", "y")]]
    hidden += [("seen", keys) for keys in [("A", "x"), ("A", "y"), ("*", "x"), ("*", "y"), ("A", "*"), ("*", "*")]]
    tie = ("part", {"dataset": "care", "part": "seen", "whole": "attached"})
    return _audit(folder, Dataset("care", rows, hidden=hidden), relations=[tie])


SOUND: dict[str, Planted] = {
    "ring of four": lambda folder: _audit(folder, _visits()),
    "ratio hidden with its numerator": lambda folder: _rated(folder, []),
    "total hidden where another dataset has it": lambda folder: _linked(folder, [("A", "*"), ("B", "*")]),
    "large rest": lambda folder: _care(folder, 80),
    "rest of nought": lambda folder: _care(folder, 90),
    "rest of at most four that may be nought": _few,
    "hidden with a measure of its row": lambda folder: _consent(folder, "refused", "granted"),
    "hidden again in a later release": lambda folder: audit_release(
        write_release(folder, _visits(), name=SECOND), [write_release(folder, _visits(), name=FIRST)]
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_release_passes(name: str, tmp_path: Path) -> None:
    report = SOUND[name](tmp_path)
    assert report.faults == ()
    assert report.passed


def test_figure_shown_beside_a_hidden_one_of_its_group_is_found(tmp_path: Path) -> None:
    """Nothing follows from the services by sums; but whoever sees them sees what few persons had."""
    rows = {keys: {"persons": count, "services": 2 * count} for keys, count in COUNTS.items()}
    groups = [{"measures": ["persons", "services"], "persons": "persons"}]
    report = _audit(tmp_path, _visits(rows=rows, groups=groups, hidden=[("persons", keys) for keys in SQUARE]))
    assert report.outcome is Outcome.BREACH
    assert any(
        "visits.services (region=A, kind=x) is shown, persons of its group is not" in each for each in report.faults
    )


@pytest.mark.parametrize(
    ("instead", "named"),
    [
        ({("persons", ("C", "*")): 211}, "visits.persons (region=C, kind=*) is the sum over kind"),
        ({("persons", ("A", "*")): 41}, "visits.persons (region=A, kind=x) + visits.persons (region=A, kind=y) = 1"),
    ],
    ids=["shown figures", "hidden figures"],
)
def test_total_that_no_figures_satisfy_is_inconsistent(instead: dict, named: str, tmp_path: Path) -> None:
    report = _audit(tmp_path, _visits(instead=instead))
    assert report.outcome is Outcome.BREACH
    assert any(named in each and each.startswith("inconsistent") for each in report.faults)
