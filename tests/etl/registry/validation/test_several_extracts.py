"""Extracts one after the other: further months, late corrections, what comes twice, what is missing or contradicts itself."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from datasets.fault import FaultError
from etl.registry.contract import TABLES
from etl.registry.parts import Registry
from etl.registry.validation import Report, validate_extracts
from tests.etl.registry.validation.corpus import (
    LIBRARY,
    Quarantined,
    assert_nothing_lost,
    judge_extracts,
    refused,
    validate,
)
from tests.etl.registry.validation.draft import MONTHS, ROWS, Draft, Row, draft, parquet

MARCH, APRIL = MONTHS


def of_month(month: str, name: str, as_of: str = "2026-05-01T00:00:00Z", **how: Any) -> Draft:
    """An extract of one month, with the registers."""
    made = draft(name=name, as_of=as_of, months=(month,), **how)
    made.rows = {part: rows for part, rows in made.rows.items() if part[1] in ("", month)}
    return made


def correction(*tables: str, month: str = MARCH, name: str = "extract-b", as_of: str = "2026-06-01T00:00:00Z") -> Draft:
    """A later extract that delivers the registers and some tables of a month again."""
    made = of_month(month, name, as_of)
    made.rows = {part: rows for part, rows in made.rows.items() if not part[1] or part[0] in tables}
    return made


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Draft], Path]:
    numbers = iter(range(100))

    def written(made: Draft) -> Path:
        folder = tmp_path / f"folder-{next(numbers)}"
        folder.mkdir()
        return made.write(folder)

    return written


Write = Callable[[Draft], Path]


def notices(report: Report, kind: str) -> list[str]:
    return [f"{each.table} {each.period}: {each.text}" for each in report.notices if each.kind == kind]


def rows_of(registry: Registry, table: str, month: str = "") -> list[Row]:
    part = next(each for each in registry.parts if (each.table, each.period) == (table, month))
    key = TABLES[table].key[0]
    return sorted((row for path in part.files for row in pq.read_table(path).to_pylist()), key=lambda row: row[key])


def test_month_after_month(write: Write, store: Path) -> None:
    first = write(of_month(MARCH, "march", "2026-04-01T00:00:00Z"))
    second = write(of_month(APRIL, "april"))
    registry, report = validate(store, second, first)
    assert (registry.extracts, registry.months, registry.as_of) == (("march", "april"), MONTHS, "2026-05-01T00:00:00Z")
    assert not report.notices
    whole, _ = validate(store.parent / "other", write(draft()))
    assert [(part.table, part.period, part.sha256) for part in registry.parts] == [
        (part.table, part.period, part.sha256) for part in whole.parts
    ]


def test_late_correction_replaces_the_month_and_is_counted(write: Write, store: Path) -> None:
    corrected = correction("service", "drug_issue")
    services = corrected.rows["service", MARCH]
    del services[:3]
    for row in services[:5]:
        row["tariff_kzt"] += 1
    services += [{**services[0], "service_id": 10_000 + number} for number in range(2)]
    registry, report = validate(store, write(draft()), write(corrected))
    assert notices(report, "late_correction") == [
        "service 2026-03: extract extract-b replaces extract-a: 2 rows added, 3 removed, 5 changed."
    ]
    assert notices(report, "repeated_delivery") == [
        "drug_issue 2026-03: extract extract-b delivers the files of extract-a again; they are read once."
    ]
    assert rows_of(registry, "service", MARCH) == sorted(services, key=lambda row: row["service_id"])
    assert len(rows_of(registry, "service", APRIL)) == ROWS
    assert_nothing_lost(registry, report, store)
    assert validate(store, write(draft()), write(corrected))[1] == report


def test_correction_of_one_file_of_several(write: Write, store: Path) -> None:
    made, corrected = draft(), correction("service")
    for each in (made, corrected):
        rows = each.rows["service", MARCH]
        if each is corrected:
            rows[150]["tariff_kzt"] = 1
        each.content["service", MARCH] = [
            (".parquet", parquet("service", rows[start : start + 100]), 100) for start in (0, 100, 200)
        ]
    _, report = validate(store, write(made), write(corrected))
    assert notices(report, "late_correction") == [
        "service 2026-03: extract extract-b replaces extract-a: 0 rows added, 0 removed, 1 changed."
    ]


def test_correction_in_another_form_changes_nothing(write: Write, store: Path) -> None:
    corrected = correction("service")
    corrected.deliver("service", MARCH, ".csv", corrected.csv("service", MARCH, delimiter=";"))
    _, report = validate(store, write(draft()), write(corrected))
    assert notices(report, "late_correction") == [
        "service 2026-03: extract extract-b replaces extract-a: 0 rows added, 0 removed, 0 changed."
    ]


def test_two_corrections_the_newest_counts(write: Write, store: Path) -> None:
    folders = [write(draft())]
    for name, as_of, tariff in (("extract-c", "2026-07-01T00:00:00Z", 7), ("extract-b", "2026-06-01T00:00:00Z", 8)):
        corrected = correction("service", name=name, as_of=as_of)
        corrected.rows["service", MARCH][0]["tariff_kzt"] = tariff
        folders.append(write(corrected))
    registry, report = validate(store, *folders)
    assert rows_of(registry, "service", MARCH)[0]["tariff_kzt"] == 7
    assert [text.split(":")[1] for text in notices(report, "late_correction")] == [
        " extract extract-c replaces extract-b"
    ]


def test_a_correction_takes_what_later_months_refer_to(write: Write, store: Path) -> None:
    """A policy that is no longer there makes orphans of the rows of every month that named it."""
    corrected = correction("policy")
    gone = corrected.rows["policy", MARCH].pop(7)
    registry, report = validate(store, write(draft()), write(corrected))
    left_out = {(part.table, part.period): part.reasons for part in report.parts if part.quarantined}
    assert left_out == {
        (table, MARCH): (("policy_id", "reference", 1),) for table in ("account_event", "service", "drug_issue")
    }
    assert gone["policy_id"] not in {row["policy_id"] for row in rows_of(registry, "service", MARCH)}
    assert_nothing_lost(registry, report, store)


def test_the_newest_register_counts(write: Write, store: Path) -> None:
    newer = of_month(APRIL, "april")
    newer.rows["block", ""][0]["cured_on"] = newer.rows["block", ""][0]["started_on"]
    older = write(of_month(MARCH, "march", "2026-04-01T00:00:00Z"))
    registry, report = validate(store, write(newer), older)
    assert rows_of(registry, "block")[0]["cured_on"] is not None
    assert not report.notices
    assert {part.extract for part in report.parts if part.table == "block"} == {"april"}


def test_the_same_extract_twice(write: Write, store: Path) -> None:
    registry, report = validate(store, write(draft()), write(draft()))
    assert registry.extracts == ("extract-a",)
    assert notices(report, "repeated_delivery") == [" : extract extract-a was given twice; once is read."]
    assert report.rows == sum(map(len, draft().rows.values()))


def test_one_name_for_two_extracts(write: Write, store: Path) -> None:
    other = draft()
    other.rows["block", ""][0]["withheld_kzt"] += 1
    judge_extracts(refused("two extracts of this name differ"), store, write(draft()), write(other))


def test_two_extracts_of_one_instant_contradict_each_other(write: Write, store: Path) -> None:
    other = draft(name="extract-b")
    other.rows["service", MARCH][0]["tariff_kzt"] += 1
    outcome = refused("extract-b: service 2026-03: differs from that of extract extract-a")
    judge_extracts(outcome, store, write(draft()), write(other))


def test_simulated_and_official_are_never_mixed(write: Write, store: Path) -> None:
    first = write(of_month(MARCH, "march", "2026-04-01T00:00:00Z"))
    second = write(of_month(APRIL, "april", synthetic=False))
    judge_extracts(refused("a simulated and an official extract"), store, first, second)


def later(made: Draft, month: str, days: int) -> Draft:
    """The same extract, its month moved on."""
    moved: dict[tuple[str, str], list[Row]] = {}
    for (table, period), rows in made.rows.items():
        if not period:
            moved[table, period] = rows
            continue
        moved[table, month] = [
            {
                name: value + timedelta(days=days)
                if isinstance(value, date | datetime)
                else month
                if name == "period"
                else value
                for name, value in row.items()
            }
            for row in rows
        ]
    made.rows, made.months = moved, (month,)
    return made


def test_a_month_that_nobody_delivered_is_reported(write: Write, store: Path) -> None:
    first = write(of_month(MARCH, "march", "2026-04-01T00:00:00Z"))
    third = write(later(of_month(APRIL, "july", "2026-08-01T00:00:00Z"), "2026-07", 91))
    registry, report = validate(store, first, third)
    assert registry.months == ("2026-03", "2026-07")
    assert notices(report, "missing_months") == [
        " : no extract covers 2026-04, 2026-05, 2026-06: figures of these months are absent."
    ]


def test_a_month_that_comes_after_later_ones_is_reported(write: Write, store: Path) -> None:
    first = write(of_month(APRIL, "april"))
    second = write(of_month(MARCH, "march", "2026-06-01T00:00:00Z"))
    _, report = validate(store, first, second)
    assert notices(report, "out_of_order") == [" : extract march delivers 2026-03 after later months."]
    assert not notices(report, "missing_months")


def test_a_correction_alone_lacks_the_other_tables(write: Write, store: Path) -> None:
    judge_extracts(refused("policy 2026-03: was not delivered"), store, write(correction("service")))


def test_bad_rows_of_each_extract_are_weighed_by_themselves(write: Write, store: Path) -> None:
    """Below the threshold over all months, above it in the month that is new."""
    first, second = of_month(MARCH, "march", "2026-04-01T00:00:00Z"), of_month(APRIL, "april")
    for row in second.rows["account_event", APRIL][:6]:
        row["kind"] = "unheard of"
    outcome = refused("april: account_event: 6 of 300 rows (2.00 %) are bad", "quarantine/april/account_event.csv")
    judge_extracts(outcome, store, write(first), write(second))


def test_quarantine_files_are_kept_apart_by_extract(write: Write, store: Path) -> None:
    first, second = of_month(MARCH, "march", "2026-04-01T00:00:00Z"), of_month(APRIL, "april")
    first.rows["account_event", MARCH][1]["kind"] = "unheard of"
    second.rows["account_event", APRIL][2]["kind"] = "unheard of"
    outcome = Quarantined(2, ("account_event.kind code",))
    judge_extracts(outcome, store, write(first), write(second))
    files = sorted(path.relative_to(store).as_posix() for path in (store).rglob("*.csv"))
    assert files == ["quarantine/april/account_event.csv", "quarantine/march/account_event.csv"]


def test_faults_of_all_extracts_are_collected(write: Write, store: Path) -> None:
    broken = write(draft())
    (broken / "site.parquet").unlink()
    with pytest.raises(FaultError) as caught:
        validate_extracts([str(broken), str(store / "nowhere")], store, LIBRARY)
    assert [fault.file for fault in caught.value.faults] == ["extract-a/site.parquet", "nowhere"]


def test_no_source(store: Path) -> None:
    with pytest.raises(FaultError, match="neither folders nor one database"):
        validate_extracts([], store, LIBRARY)
