"""The report says how much is hidden and how well, in numbers that anybody can work out again from the files."""

import json
from itertools import product
from pathlib import Path
from time import process_time

import pytest

from datasets.fault import FaultError
from etl.audit.certificate import Certificate
from etl.audit.report import Outcome, audit_release, gather, report_on
from tests.etl.audit.releases import Dataset, write_release

#: The ring of the first two kinds: what is added to one figure is taken from its neighbours.
COUNTS = {("A", "x"): 3, ("A", "y"): 12, ("A", "z"): 40, ("B", "x"): 14, ("B", "y"): 8, ("B", "z"): 50}
RING = [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")]
ROWS = {keys: {"persons": count, "beds": 1} for keys, count in COUNTS.items()}
GROUPS = [{"measures": ["persons"], "persons": "persons"}]
PUBLIC = {"public": ["beds"]}


def _visits(*hidden: tuple[str, str]) -> Dataset:
    return Dataset("visits", ROWS, hidden=[("persons", keys) for keys in hidden], groups=GROUPS, rules=PUBLIC)


def test_coverage_counts_protected_figures_of_rows_and_totals(tmp_path: Path) -> None:
    hidden = [*RING, ("A", "*"), ("B", "*")]
    (visits,) = audit_release(write_release(tmp_path, _visits(*hidden))).datasets
    assert (visits.published, visits.hidden, visits.hidden_totals) == (12 - 6, 6, 2)
    assert visits.hidden_share == 0.5
    assert visits.hidden_value == {"persons": round((3 + 12 + 14 + 8) / 127, 6)}


def test_hidden_value_is_left_out_where_the_total_is_hidden(tmp_path: Path) -> None:
    (visits,) = audit_release(write_release(tmp_path, _visits(*RING, ("*", "*"), ("A", "*"), ("B", "*")))).datasets
    assert visits.hidden_value == {}


def test_hidden_value_of_a_stock_is_summed_month_by_month(tmp_path: Path) -> None:
    rows = {(region, month): {"attached": 10} for region, month in product("ABCD", ("2026-01", "2026-02"))}
    hidden = [("attached", (region, month)) for region, month in product("AB", ("2026-01", "2026-02"))]
    kinds = {"attached": "additive_except_time"}
    dataset = Dataset("people", rows, hidden, ("region", "period"), additivity=kinds)
    assert audit_release(write_release(tmp_path, dataset)).datasets[0].hidden_value == {"attached": 0.5}


def test_narrowest_interval_is_the_number_of_values_that_stay_possible(tmp_path: Path) -> None:
    (visits,) = audit_release(write_release(tmp_path, _visits(*RING))).datasets
    values = [first for first in range(1, 60) if min(15 - first, 17 - first, 22 - (17 - first)) >= 1]
    assert visits.narrowest == len(values) == 14


def test_hidden_figures_known_to_be_large_are_settled_and_need_nothing(tmp_path: Path) -> None:
    report = audit_release(write_release(tmp_path, _visits(("A", "z"))))
    assert report.passed
    assert (report.datasets[0].settled, report.datasets[0].narrowest) == (1, None)


def test_release_that_hides_nothing_passes(tmp_path: Path) -> None:
    report = audit_release(write_release(tmp_path, _visits()))
    assert report.passed and report.unknowns == 0 and report.faults == ()


def test_json_holds_the_intervals_of_breaches_alone(tmp_path: Path) -> None:
    sound = audit_release(write_release(tmp_path, _visits(*RING), name="a"))
    assert "least" not in sound.to_json() and json.loads(sound.to_json())["outcome"] == "passed"
    broken = json.loads(audit_release(write_release(tmp_path, _visits(("A", "x")), name="b")).to_json())
    assert broken["outcome"] == "breach"
    (breach,) = broken["breaches"]
    assert (breach["keys"], breach["least"], breach["greatest"]) == ({"region": "A", "kind": "x"}, 3, 3)


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    folders = [write_release(tmp_path / place, _visits(*RING)) for place in "ab"]
    first, second = (audit_release(folder) for folder in folders)
    assert first.to_json() == second.to_json()
    assert json.dumps(first.certificates) == json.dumps(second.certificates)


def test_order_in_which_earlier_releases_are_named_does_not_matter(tmp_path: Path) -> None:
    names = ["2026-01-31-1", "2026-02-28-2", "2026-03-31-3"]
    folders = [write_release(tmp_path, _visits(*RING), name=name) for name in names]
    one = audit_release(folders[2], [folders[0], folders[1]])
    assert one == audit_release(folders[2], [folders[1], folders[0], folders[2], folders[1]])
    assert one.earlier == tuple(names[:2])


def test_certificate_proves_the_same_report_without_an_attack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_release(tmp_path, _visits(*RING, ("A", "z"), ("B", "z"), ("*", "z")))
    report = audit_release(folder)
    monkeypatch.setattr("etl.audit.report.attack", None)
    certificate = Certificate.from_json(json.loads(json.dumps(report.certificates))["certificate"])
    assert report_on(*gather(folder), certificate=certificate) == report


def test_certificate_of_another_release_is_refused(tmp_path: Path) -> None:
    certificate = audit_release(write_release(tmp_path, _visits(*RING), name="a")).certificate
    other = gather(write_release(tmp_path, _visits(("A", "x")), name="b"))
    with pytest.raises(FaultError, match="another statement"):
        report_on(*other, certificate=certificate)


def test_figure_that_is_not_proved_safe_is_undecided(tmp_path: Path) -> None:
    gathered = gather(write_release(tmp_path, _visits(*RING)))
    size = len(gathered[1].statement.unknowns)
    nothing = {
        "statement": gathered[1].statement.digest,
        "base": [None] * size,
        "changes": [],
        "nodes": [],
        "proved": [],
    }
    report = report_on(*gathered, certificate=Certificate.from_json({**nothing, "seal": ""}).sealed())
    assert report.outcome is Outcome.UNDECIDED and not report.passed
    assert "visits.persons (region=A, kind=x): not proved safe" in report.faults[0]


def test_noisy_dataset_passes_with_the_width_of_its_noise(tmp_path: Path) -> None:
    dataset = Dataset(
        "visits", {keys: {"persons": 30} for keys in COUNTS}, rules={"method": "cell_key", "noise": {"most": 2}}
    )
    report = audit_release(write_release(tmp_path, dataset))
    assert report.passed
    # The totals have noise of two only as well, so that the rows stay within theirs.
    assert report.datasets[0].narrowest == 5


def test_large_release_is_read_and_turned_into_equations_quickly(tmp_path: Path) -> None:
    codes = [[f"{name}{number:02}" for number in range(size)] for name, size in (("r", 40), ("m", 24), ("k", 26))]
    rows = {keys: {"persons": 100 + sum(map(len, keys))} for keys in product(*codes)}
    cubes = zip(*(range(0, 24, 2) for _ in codes), strict=True)
    starts = [
        (region, month, kind) for region in range(0, 40, 2) for month, kind in product(range(0, 24, 4), range(0, 24, 6))
    ]
    corners = {(a + i, b + j, c + k) for a, b, c in (*starts, *cubes) for i, j, k in product((0, 1), repeat=3)}
    hidden = [
        ("persons", tuple(names[place] for names, place in zip(codes, corner, strict=True))) for corner in corners
    ]
    folder = write_release(tmp_path, Dataset("visits", rows, hidden=hidden, dimensions=("region", "month", "kind")))
    start = process_time()
    statement = gather(folder)[1].statement
    assert process_time() - start < 5
    assert len(rows) > 24_000 and len(statement.unknowns) == len(hidden) > 3_000
