"""Each reason by itself, then which of two goes before the other."""

import pytest

from datasets.contract import Change, Reason
from datasets.record import Correction
from etl.changes import Side, Succession, change_rows
from tests.etl.changes.sides import dataset, row, side

TEXT = {"kk": "Мәтін", "ru": "Текст", "en": "Text"}
OLD = dataset(row("KZ-71", "2026-03", beds=100), row("KZ-75", "2026-03", beds=50))
REGISTRY = {"computed": True, "method": ("SELECT 1",)}


def _changes(before: Side, after: Side, **more: object) -> list[tuple[str, str, str | None]]:
    found = change_rows(Succession(before, after, **more))
    return [(each["kind"], each["reason"], each["correction"]) for each in found]


def _correction(**more: object) -> Correction:
    said = {"id": "wrong-beds", "date": "2026-05-01", "dataset": "visits", "reason": "our_error", "found_by": "reader"}
    return Correction(**{**said, "text": TEXT, **more})


def test_equal_figures_make_no_row() -> None:
    assert _changes(side(OLD), side(OLD)) == []


def test_flags_are_no_figures() -> None:
    flagged = dataset(row("KZ-71", "2026-03", beds=100) | {"flags": "rounded"}, row("KZ-75", "2026-03", beds=50))
    assert _changes(side(OLD), side(flagged)) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (7, "withdrawn", (Change.HIDDEN, Reason.REDACTION)),
        ("withdrawn", 7, (Change.SHOWN, Reason.REDACTION)),
        (7, "suppressed", (Change.HIDDEN, Reason.PROTECTION_CHANGE)),
        ("suppressed", 0, (Change.SHOWN, Reason.PROTECTION_CHANGE)),
        ("suppressed", "withdrawn", None),
        ("withdrawn", "suppressed", None),
        ("not_collected", 7, (Change.CHANGED, Reason.OUR_ERROR)),
        (7, "not_applicable", (Change.CHANGED, Reason.OUR_ERROR)),
        ("not_collected", "suppressed", (Change.CHANGED, Reason.OUR_ERROR)),
        (7, 8, (Change.CHANGED, Reason.OUR_ERROR)),
    ],
)
def test_kinds_by_status(before: int | str, after: int | str, expected: tuple[str, str] | None) -> None:
    sides = [side(dataset(row("KZ-71", "2026-03", beds=value))) for value in (before, after)]
    assert _changes(*sides) == ([(*expected, None)] if expected else [])


def test_status_that_flips_with_the_data_tells_nothing_of_the_data() -> None:
    """Also where a month is corrected and a correction is in the record: the hidden figure's move stays secret."""
    after = dataset(row("KZ-71", "2026-03", beds="suppressed"), row("KZ-75", "2026-03", beds=50), **REGISTRY)
    found = _changes(side(OLD), side(after), restated=frozenset({("act", "2026-03")}), corrections=(_correction(),))
    assert found == [(Change.HIDDEN, Reason.PROTECTION_CHANGE, None)]


def test_noise_is_protection() -> None:
    after = dataset(row("KZ-71", "2026-03", beds=101), row("KZ-75", "2026-03", beds=50), blurring="cell_key")
    assert _changes(side(OLD), side(after)) == [(Change.CHANGED, Reason.PROTECTION_CHANGE, None)]


def test_new_dataset_and_new_period_are_new_data() -> None:
    month = dataset(*(dict(each) for each in OLD.rows.values()), row("KZ-71", "2026-04", beds=1))
    assert _changes(side(OLD), side(month)) == [(Change.ADDED, Reason.NEW_DATA, None)]
    assert _changes(side(), side(OLD)) == [(Change.ADDED, Reason.NEW_DATA, None)] * 2


def test_picture_of_a_month_gives_way_to_the_next() -> None:
    after = dataset(row("KZ-71", "2026-04", beds=100), row("KZ-75", "2026-04", beds=50))
    found = list(change_rows(Succession(side(OLD), side(after))))
    assert {(each["kind"], each["reason"]) for each in found} == {
        (Change.ADDED, Reason.NEW_DATA),
        (Change.REMOVED, Reason.NEW_DATA),
    }
    assert {each["material"] for each in found if each["kind"] == Change.REMOVED} == {0}


def test_period_that_is_lost_is_no_news() -> None:
    longer = dataset(*(dict(each) for each in OLD.rows.values()), row("KZ-71", "2026-04", beds=1))
    assert _changes(side(longer), side(OLD)) == [(Change.REMOVED, Reason.OUR_ERROR, None)]


def test_row_of_a_known_period_is_not_new_data() -> None:
    fewer = dataset(row("KZ-71", "2026-03", beds=100))
    assert _changes(side(fewer), side(OLD)) == [(Change.ADDED, Reason.OUR_ERROR, None)]
    assert _changes(side(OLD), side(fewer)) == [(Change.REMOVED, Reason.OUR_ERROR, None)]


def test_correction_covers_its_rows_and_what_is_made_of_them() -> None:
    values = {"visits": 10, "patients": 5, "per_patient": 2}
    keys = (("KZ-71", "2026-03"), ("KZ-75", "2026-03"), ("*", "2026-03"))
    ratios = {"per_patient": ("visits", "patients")}
    before = dataset(*(row(*each, **values) for each in keys), ratios=ratios, **REGISTRY)
    moved = {name: value + 1 for name, value in values.items()}
    after = dataset(*(row(*each, **moved) for each in keys), ratios=ratios, **REGISTRY)
    correction = _correction(measure="visits", where=(("region", "KZ-71"),))
    found = list(change_rows(Succession(side(before), side(after), corrections=(correction,))))
    covered = {(each["keys_json"], each["measure"]) for each in found if each["correction"] == "wrong-beds"}
    assert covered == {
        (keys, measure)
        for keys in ('["KZ-71", "2026-03"]', '["*", "2026-03"]')
        for measure in ("visits", "per_patient")
    }
    assert {each["reason"] for each in found if each["correction"]} == {Reason.OUR_ERROR}
    assert {each["reason"] for each in found if not each["correction"]} == {Reason.LATE_DATA}


@pytest.mark.parametrize("more", [{"method": ("SELECT 2",)}, {"dimensions": ("place", "period")}])
def test_other_computation_is_a_change_of_method(more: dict[str, object]) -> None:
    before, after = ({**row("KZ-71", "2026-03", beds=value), "place": "KZ-71"} for value in (100, 101))
    sides = (side(dataset(before, **REGISTRY)), side(dataset(after, **{**REGISTRY, **more})))
    assert _changes(*sides) == [(Change.CHANGED, Reason.METHOD_CHANGE, None)]


def test_column_that_comes_or_goes_is_a_change_of_method() -> None:
    more = dataset(row("KZ-71", "2026-03", beds=100, rooms=4), row("KZ-75", "2026-03", beds=50, rooms=2))
    assert _changes(side(OLD), side(more)) == [(Change.ADDED, Reason.METHOD_CHANGE, None)] * 2
    assert _changes(side(more), side(OLD)) == [(Change.REMOVED, Reason.METHOD_CHANGE, None)] * 2


def test_dataset_that_is_gone() -> None:
    assert _changes(side(OLD), side()) == [(Change.REMOVED, Reason.METHOD_CHANGE, None)] * 2


@pytest.mark.parametrize(
    ("before", "after"),
    [({"KZ-75": None}, {"KZ-71": None, "KZ-75": None}), ({"KZ-71": None}, {"KZ-71": "KZ-75", "KZ-75": None})],
)
def test_reclassification_is_of_the_rows_with_the_code(before: dict[str, None], after: dict[str, str | None]) -> None:
    new = dataset(row("KZ-71", "2026-03", beds=90), row("KZ-75", "2026-03", beds=60))
    found = list(change_rows(Succession(side(OLD, region={"KZ-75": None} | before), side(new, region=after))))
    reasons = {each["keys_json"]: each["reason"] for each in found}
    assert reasons == {'["KZ-71", "2026-03"]': Reason.RECLASSIFICATION, '["KZ-75", "2026-03"]': Reason.OUR_ERROR}


def test_codes_of_a_register_come_and_go() -> None:
    """A list that the new release leaves out of the comparison comes with each extract."""
    new = dataset(row("KZ-71", "2026-03", beds=90), row("KZ-75", "2026-03", beds=50), **REGISTRY)
    found = _changes(side(OLD, region={"KZ-75": None}), Side({"visits": new}, {}))
    assert [reason for _, reason, _ in found] == [Reason.METHOD_CHANGE]
    old = dataset(*(dict(each) for each in OLD.rows.values()), **REGISTRY)
    found = _changes(side(old, region={"KZ-75": None}), Side({"visits": new}, {}))
    assert [reason for _, reason, _ in found] == [Reason.LATE_DATA]


@pytest.mark.parametrize(
    ("period", "window", "corrected"),
    [
        ("2026-03", "month", True),
        ("2026-02", "month", False),
        ("2026-04", "month", False),
        ("2026-03-17", "month", True),
        ("2026-Q1", "month", True),
        ("2026", "month", True),
        ("2026-02/2026-04", "month", True),
        ("2026-04", "previous", True),
        ("2026-05", "previous", False),
        ("2026-05", "through", True),
        ("2026-02", "through", False),
        ("2026-02", "all", True),
        ("2026-04", "all", False),
    ],
)
def test_registry_says_that_it_corrects_a_month(period: str, window: str, *, corrected: bool) -> None:
    before, after = (
        dataset(row("KZ-71", period, beds=value), windows={"act": window}, **REGISTRY) for value in (100, 101)
    )
    ((kind, reason, _),) = _changes(side(before), side(after), restated=frozenset({("act", "2026-03")}))
    assert kind == Change.CHANGED
    assert reason == (Reason.SOURCE_CORRECTION if corrected else Reason.LATE_DATA)


def test_a_window_is_of_its_table_alone() -> None:
    """Policies are read through the month, services of the month: earlier services that are corrected change nothing."""
    before, after = (
        dataset(row("KZ-71", "2026-05", beds=value), windows={"policy": "through"}, **REGISTRY) for value in (100, 101)
    )
    for table, reason in (("service", Reason.LATE_DATA), ("policy", Reason.SOURCE_CORRECTION)):
        found = _changes(side(before), side(after), restated=frozenset({(table, "2026-03")}))
        assert found == [(Change.CHANGED, reason, None)]


def test_another_document() -> None:
    after = dataset(
        row("KZ-71", "2026-03", beds=90), row("KZ-75", "2026-03", beds=50), source=("new.pdf", "2026-02-01")
    )
    assert _changes(side(OLD), side(after)) == [(Change.CHANGED, Reason.SOURCE_CORRECTION, None)]


def test_correction_in_the_record_goes_before_the_method_and_the_document() -> None:
    after = dataset(row("KZ-71", "2026-03", beds=90), row("KZ-75", "2026-03", beds=50), method=("otherwise",))
    found = _changes(side(OLD), side(after), corrections=(_correction(reason="reclassification"),))
    assert found == [(Change.CHANGED, Reason.RECLASSIFICATION, "wrong-beds")]


def test_new_period_goes_before_the_method_and_corrections() -> None:
    """What the release before did not have was not wrong in it."""
    rows = (*(dict(each) for each in OLD.rows.values()), row("KZ-71", "2026-04", beds=1))
    found = _changes(side(OLD), side(dataset(*rows, method=("otherwise",))), corrections=(_correction(),))
    assert found == [(Change.ADDED, Reason.NEW_DATA, None)]


def test_totals_over_time_are_left_out() -> None:
    before = dataset(row("KZ-71", "2026-03", beds=100), row("KZ-71", "*", beds=100), row("*", "2026-03", beds=100))
    after = dataset(row("KZ-71", "2026-03", beds=101), row("KZ-71", "*", beds=101), row("*", "2026-03", beds=101))
    found = [each["keys_json"] for each in change_rows(Succession(side(before), side(after)))]
    assert found == ['["KZ-71", "2026-03"]', '["*", "2026-03"]']
