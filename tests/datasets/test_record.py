"""The public record: what its files may say, and that what they say is true of the datasets."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from datasets.fault import FaultError
from datasets.library import Library, load_library
from datasets.record import Record
from etl.registry.binding import bind, unbound
from etl.registry.parts import Registry
from tests.datasets.folders import TEXT, write_library

CORRECTION = {
    "id": "wrong-beds",
    "date": "2026-11-01",
    "dataset": "beds",
    "measure": "beds",
    "where": {"region": "KZ-71"},
    "reason": "our_error",
    "found_by": "reader",
    "text": TEXT,
}
ANNOUNCEMENT = {
    "id": "beds-renamed",
    "date": "2026-11-01",
    "effective": "2027-01-01",
    "kind": "column_renamed",
    "dataset": "beds",
    "subject": "beds",
    "replacement": "all_beds",
    "text": TEXT,
}
DAY = {"date": "2026-12-15", "period": "2026-11", "title": TEXT}
REPLY = {
    "id": "reply-1",
    "organisation": "101",
    "stop_factor": "tax_debt",
    "period": "2026-05",
    "received": "2026-06-02",
    "disputed": True,
    "text": TEXT,
}
SETTLED = {"resolved": "2026-07-01", "outcome": "upheld"}
DATASET = {"kind": "dataset_renamed", "dataset": "beds", "subject": "beds", "replacement": "places"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_library(tmp_path / "datasets")


def _load(folder: Path, **lists: list[dict[str, Any]]) -> Library:
    own = folder / "_record"
    own.mkdir()
    for name, entries in lists.items():
        (own / f"{name}.yaml").write_text(yaml.safe_dump({name: entries}, allow_unicode=True), encoding="utf-8")
    return load_library(folder)


def _faults(folder: Path, **lists: list[dict[str, Any]]) -> str:
    with pytest.raises(FaultError) as caught:
        _load(folder, **lists)
    return str(caught.value)


def test_no_record_says_nothing(folder: Path) -> None:
    assert load_library(folder).record == Record()


def test_order(folder: Path) -> None:
    later = {"id": "b", "date": "2026-11-02"}
    record = _load(
        folder,
        corrections=[CORRECTION, CORRECTION | later],
        announcements=[ANNOUNCEMENT, ANNOUNCEMENT | later],
        calendar=[DAY | {"date": "2027-01-15"}, DAY],
        replies=[REPLY, REPLY | {"id": "reply-2", "received": "2026-06-03", **SETTLED}],
    ).record
    assert [each.id for each in record.corrections] == ["b", "wrong-beds"]
    assert [each.id for each in record.announcements] == ["b", "beds-renamed"]
    assert [each.date for each in record.calendar] == ["2026-12-15", "2027-01-15"]
    assert [(each.id, each.outcome) for each in record.replies] == [("reply-2", "upheld"), ("reply-1", None)]


@pytest.mark.parametrize(
    ("name", "entry", "place"),
    [
        ("corrections", CORRECTION | {"colour": "red"}, "corrections[0].colour"),
        ("corrections", CORRECTION | {"text": {"kk": "Мәтін", "ru": "Текст"}}, "corrections[0].text"),
        ("corrections", CORRECTION | {"date": "2026-02-30"}, "corrections[0].date"),
        ("corrections", CORRECTION | {"id": "Wrong beds"}, "corrections[0].id"),
        ("corrections", CORRECTION | {"reason": "late_data"}, "corrections[0].reason"),
        ("corrections", CORRECTION | {"found_by": "nobody"}, "corrections[0].found_by"),
        ("corrections", CORRECTION | {"dataset": "chairs"}, "corrections[0].dataset"),
        ("corrections", CORRECTION | {"measure": "chairs"}, "corrections[0].measure"),
        ("corrections", CORRECTION | {"where": {"colour": "red"}}, "corrections[0].where"),
        ("corrections", CORRECTION | {"where": {"region": "KZ-00"}}, "corrections[0].where"),
        ("announcements", ANNOUNCEMENT | {"effective": "2026-10-31"}, "announcements[0].effective"),
        ("announcements", ANNOUNCEMENT | {"kind": "repainted"}, "announcements[0].kind"),
        ("announcements", ANNOUNCEMENT | {"kind": "column_added"}, "announcements[0].kind"),
        ("announcements", ANNOUNCEMENT | {"kind": "format"}, "announcements[0].kind"),
        ("announcements", ANNOUNCEMENT | {"dataset": "chairs"}, "announcements[0].dataset"),
        ("announcements", ANNOUNCEMENT | {"subject": "chairs"}, "announcements[0].replacement"),
        ("announcements", ANNOUNCEMENT | DATASET | {"dataset": "chairs"}, "announcements[0].dataset"),
        ("announcements", ANNOUNCEMENT | DATASET | {"subject": "a", "dataset": "a"}, "announcements[0].replacement"),
        ("calendar", DAY | {"period": "November"}, "calendar[0].period"),
        ("calendar", DAY | {"topic": "chess"}, "calendar[0].topic"),
        ("replies", REPLY | {"stop_factor": "rain"}, "replies[0].stop_factor"),
        ("replies", REPLY | {"period": "2026-05-11"}, "replies[0].period"),
        ("replies", REPLY | {"disputed": "yes and no"}, "replies[0].disputed"),
        ("replies", REPLY | {"outcome": "upheld"}, "replies[0].outcome"),
        ("replies", REPLY | SETTLED | {"resolved": "2026-06-01"}, "replies[0].resolved"),
        ("replies", REPLY | SETTLED | {"disputed": False}, "replies[0].resolved"),
        ("replies", REPLY | SETTLED | {"outcome": "won"}, "replies[0].outcome"),
    ],
)
def test_each_fault_names_its_place(folder: Path, name: str, entry: dict[str, Any], place: str) -> None:
    found = _faults(folder, **{name: [entry]})
    assert f"_record/{name}.yaml: {place}" in found
    assert found.startswith("1 fault(s)")


def test_an_id_is_for_ever(folder: Path) -> None:
    assert "'wrong-beds' is there twice" in _faults(
        folder, corrections=[CORRECTION, CORRECTION | {"date": "2026-11-02"}]
    )


@pytest.mark.parametrize(
    "announcement",
    [
        ANNOUNCEMENT,
        ANNOUNCEMENT | {"subject": "old_beds", "replacement": "beds"},
        ANNOUNCEMENT | DATASET,
        ANNOUNCEMENT | DATASET | {"subject": "places", "replacement": "beds"},
    ],
)
def test_names_before_and_after_a_change(folder: Path, announcement: dict[str, Any]) -> None:
    """The entry stays as it is when the name changes: until then the old name is known, from then on the new one."""
    assert len(_load(folder, announcements=[announcement]).record.announcements) == 1


def test_corrections_outlive_what_they_are_about(folder: Path) -> None:
    gone = {key: value for key, value in ANNOUNCEMENT.items() if key != "replacement"}
    announcements = [
        gone | {"id": "chairs-gone", "kind": "dataset_removed", "dataset": "chairs", "subject": "chairs"},
        gone | {"id": "rooms-gone", "kind": "column_removed", "subject": "rooms"},
    ]
    corrections = [
        CORRECTION | {"id": "a", "dataset": "chairs", "measure": "chairs"},
        CORRECTION | {"id": "b", "measure": "rooms"},
    ]
    assert len(_load(folder, announcements=announcements, corrections=corrections).record.corrections) == 2


def test_replies_need_an_extract_that_knows_the_organisation(folder: Path) -> None:
    library = _load(folder, replies=[REPLY])
    assert unbound(library).record.replies == ()
    registry = Registry(("extract-1",), "2026-06-01T00:00:00Z", True, ("2026-05",), ())
    known, unknown = ([(number, "Емхана", "Поликлиника", "Clinic")] for number in (101, 102))
    bound = bind(library, registry, lambda _: list(known), lambda _: ())
    assert bound.record.replies == library.record.replies
    with pytest.raises(FaultError, match=r"reply-1\.organisation: '101' is not a code"):
        bind(library, registry, lambda _: list(unknown), lambda _: ())


def test_bundled_record_invents_nothing(library: Library) -> None:
    record = library.record
    assert (record.corrections, record.replies) == ((), ())
    assert [each.id for each in record.announcements] == ["release-format-4"]
    assert [each.date[8:] for each in record.calendar] == ["15"] * 12
