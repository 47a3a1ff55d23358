"""The list of changes leads from the old release to the new one, whatever these are."""

import json

from hypothesis import given
from hypothesis import strategies as st

from datasets.contract import Change, status_column
from etl.changes import Dataset, Side, Succession, change_rows
from tests.etl.changes.sides import dataset, row, side

VALUES = st.one_of(st.integers(0, 3), st.sampled_from(["suppressed", "withdrawn", "not_applicable"]))
PLACES = st.tuples(st.sampled_from(["KZ-71", "KZ-75", "*"]), st.sampled_from(["2026-03", "2026-04"]))
ROWS = st.dictionaries(PLACES, st.tuples(VALUES, VALUES))
SLUGS = st.sampled_from(["visits", "beds"])
HIDDEN = {"suppressed", "withdrawn"}


@st.composite
def _sides(draw: st.DrawFn) -> Side:
    found = []
    for slug in sorted(draw(st.sets(SLUGS))):
        rows = draw(ROWS)
        made = [row(*keys, services=one, patients=other) for keys, (one, other) in rows.items()]
        found.append(dataset(*made, slug=slug, measures=("services", "patients")))
    return side(*found)


def _figures(release: Side) -> dict[tuple[str, str, str], tuple[str, object]]:
    def of(each: Dataset) -> dict[tuple[str, str, str], tuple[str, object]]:
        return {
            (each.slug, measure, json.dumps(keys)): (str(record[status_column(measure)]), record[measure])
            for keys, record in each.rows.items()
            for measure in each.measures
        }

    return {name: value for each in release.datasets.values() for name, value in of(each).items()}


@given(_sides(), _sides())
def test_changes_lead_from_old_to_new(before: Side, after: Side) -> None:
    old, new = _figures(before), _figures(after)
    changes = list(change_rows(Succession(before, after)))
    names = [(each["dataset"], each["measure"], each["keys_json"]) for each in changes]
    by_kind = {
        kind: {name for name, each in zip(names, changes, strict=True) if each["kind"] == kind} for kind in Change
    }
    assert len(set(names)) == len(names)
    assert [each["position"] for each in changes] == list(range(len(changes)))
    assert (set(old) - by_kind[Change.REMOVED]) | by_kind[Change.ADDED] == set(new)
    assert by_kind[Change.REMOVED] <= set(old)
    assert not by_kind[Change.ADDED] & set(old)
    same = set(old) & set(new) - by_kind[Change.CHANGED] - by_kind[Change.HIDDEN] - by_kind[Change.SHOWN]
    assert all(old[name] == new[name] or {old[name][0], new[name][0]} <= HIDDEN for name in same)
    for name in by_kind[Change.CHANGED] | by_kind[Change.HIDDEN] | by_kind[Change.SHOWN]:
        assert old[name] != new[name]
        assert not {old[name][0], new[name][0]} <= HIDDEN
    assert all(new[name][0] in HIDDEN for name in by_kind[Change.HIDDEN])
    assert all(old[name][0] in HIDDEN for name in by_kind[Change.SHOWN])


def test_order_is_that_of_the_new_release() -> None:
    before = side(dataset(row("KZ-71", "2026-03", beds=1), row("KZ-75", "2026-03", beds=2)))
    after = side(dataset(row("KZ-79", "2026-03", beds=9), row("KZ-75", "2026-03", beds=3)))
    found = [(each["keys_json"][2:7], each["kind"]) for each in change_rows(Succession(before, after))]
    assert found == [("KZ-79", Change.ADDED), ("KZ-75", Change.CHANGED), ("KZ-71", Change.REMOVED)]
