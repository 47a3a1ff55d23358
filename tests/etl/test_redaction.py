"""Late redaction: a figure leaves every release and every file, and so does what would give it back."""

import copy
import csv
import gzip
import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
import yaml

from datasets.contract import (
    AUDIT_FILE,
    BULK_FORMATS,
    DATABASE_FILE,
    MANIFEST_FILE,
    REDACTIONS_FILE,
    SIGNATURE_FILE,
    SUMMED,
    bulk_formats,
    totals_table,
)
from datasets.fault import FaultError
from datasets.library import load_library
from etl.audit.report import audit_release
from etl.cli import main
from etl.disclosure.assemble import Guarded, assemble
from etl.disclosure.cube import make_cube
from etl.pipeline import build, prepare
from etl.protect.ledger import Ledger
from etl.protect.suppress import suppress
from etl.publish.files import write_bulk
from etl.redacted import REDACTED_FILE, read_redactions, redacted, withhold
from etl.redaction import plan
from etl.redaction.published import read_release
from etl.redaction.redact import redact
from etl.redaction.request import Request
from etl.redaction.tombstone import seal
from etl.store.manifest import is_whole
from portal.store import ReleaseStore
from tests.datasets.folders import MINIMAL, TEXT, write_library
from tests.etl.redactable import (
    BED,
    BED_NUMBERS,
    BEDS,
    REASON,
    REGIONS,
    SERIES,
    TODAY,
    VISIT,
    folders,
    rows_of,
    tree,
    withdraw,
)


def _readable(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything in a release as its readers get it: what is packed is unpacked."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                yield from ((f"{path.name}/{name}", book.read(name)) for name in book.namelist())
        elif path.suffix == ".parquet":
            yield path.name, str(pq.read_table(path).to_pylist()).encode()
        elif path.suffix == ".gz":
            yield path.name, gzip.decompress(path.read_bytes())
        else:
            yield path.name, path.read_bytes()


def _says(content: bytes, number: int) -> bool:
    """As a text, or as SQLite keeps a whole number."""
    return str(number).encode() in content or number.to_bytes(3, "big") in content


def test_files_are_written_as_the_build_writes_them(built: Path, tmp_path: Path) -> None:
    for folder in folders(built):
        published = read_release(folder)
        for protected in published.content.datasets:
            for kind in bulk_formats(totals=bool(protected.protection)):
                for language, name in kind.files(protected.slug):
                    write_bulk(published.content, protected, kind, tmp_path / name, language)
                    assert (tmp_path / name).read_bytes() == (folder / "data" / name).read_bytes(), name


def test_the_number_is_in_no_file(documents: Path) -> None:
    before = {
        name
        for folder in folders(documents)
        for name, content in _readable(folder)
        if any(_says(content, number) for number in BED_NUMBERS)
    }
    assert {DATABASE_FILE, "beds.csv", "beds.json", "beds.parquet", "reconciliation.csv"} <= before
    withdraw(documents, BED)
    for folder in folders(documents):
        for name, content in _readable(folder):
            assert not any(_says(content, number) for number in BED_NUMBERS), name
        assert is_whole(folder)
        row = next(row for row in rows_of(folder, "beds") if row["region"] == "KZ-75")
        assert (row["beds"], row["beds_status"]) == (None, "withdrawn")
        assert not rows_of(folder, "meta_reconciliation")


#: Where a spreadsheet has a measure: behind the region's code and label, and the period.
PLACES = {"services": 3, "patients": 4, "clinics": 5, "per_patient": 6}


def _shown(path: Path, measure: str, region: str, period: str) -> object:
    """What a file of `visits` shows in one cell."""
    if path.suffix == ".xlsx":
        lines = openpyxl.load_workbook(path).worksheets[0].values
    elif path.name.endswith("_excel.csv"):
        lines = csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";")
    else:
        record = next(each for each in _machine_rows(path) if (each["region"], each["period"]) == (region, period))
        return record[measure] or record[f"{measure}_status"]
    return next(line[PLACES[measure]] for line in lines if (line[0], line[2]) == (region, period))


def _machine_rows(path: Path) -> list[dict]:
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))["rows"]
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_each_file_has_the_mark(place: Path) -> None:
    withdraw(place, VISIT)
    for folder in folders(place):
        files = [name for kind in BULK_FORMATS if not kind.totals for _, name in kind.files("visits")]
        for path in (folder / "data" / name for name in files):
            for measure in ("services", "per_patient"):
                assert _shown(path, measure, REGIONS[2], "2026-03") in ("[w]", "withdrawn"), path.name
                assert str(_shown(path, measure, REGIONS[3], "2026-03"))[0] in "0123456789", path.name
        gone = [row for row in rows_of(folder, totals_table("visits")) if row["services_status"] == "withdrawn"]
        totals = _machine_rows(folder / "data" / "visits_totals.csv")
        assert len(gone) == sum(row["services_status"] == "withdrawn" for row in totals)


def test_nothing_gives_it_back(place: Path) -> None:
    outcome = withdraw(place, VISIT)
    assert set(outcome.redaction.gone) == {folder.name for folder in folders(place)}
    causes = [asked for gone in outcome.redaction.gone.values() for *_, asked in gone]
    assert causes.count(True) == 2
    assert causes.count(False) > 2
    *earlier, newest = folders(place)
    assert audit_release(newest, earlier).passed
    assert json.loads((newest / AUDIT_FILE).read_text())["outcome"] == "passed"


def test_one_cell_alone_does_not_stand_the_attack(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The auditor sees what the plan is for: without the figures beside it, the withdrawn one is worked out."""
    before = tree(place)
    monkeypatch.setattr(
        plan, "_with_company", lambda name, releases, _: plan._alone(plan.names_in(name, releases), releases)
    )
    with pytest.raises(FaultError, match=r"visits\.services .*at least 2 whole numbers"):
        withdraw(place, VISIT)
    assert tree(place) == before


def test_a_total_over_months_is_one_of_its_interval(place: Path) -> None:
    outcome = withdraw(place, Request("visits", "services", {"region": SUMMED, "period": SUMMED}, REASON))
    first, second = folders(place)
    assert set(outcome.redaction.gone) == {second.name}
    totals = [row for row in rows_of(second, totals_table("visits")) if row["region"] == row["period"] == SUMMED]
    assert [row["services_status"] for row in totals] == ["withdrawn"]
    assert not (first / REDACTIONS_FILE).exists()
    outcome = withdraw(place, Request("visits", "services", {"region": SUMMED, "period": "2026-03/2026-04"}, REASON))
    assert first.name in outcome.redaction.gone
    assert audit_release(second, [first]).passed


def test_a_nought_may_be_withdrawn(place: Path) -> None:
    withdraw(place, Request("visits", "patients", {"region": REGIONS[5], "period": "2026-03"}, REASON))
    for folder in folders(place):
        row = next(
            row for row in rows_of(folder, "visits") if (row["region"], row["period"]) == (REGIONS[5], "2026-03")
        )
        assert (row["patients"], row["patients_status"]) == (None, "withdrawn")
        assert row["per_patient_status"] == "withdrawn", "no ratio at all would say that it was nought"
        assert row["services_status"] == "zero"


def test_the_tombstone(place: Path) -> None:
    old = {folder.name: tree(folder) for folder in folders(place)}
    withdraw(place, VISIT)
    (record,) = read_redactions(place / "store")
    for folder in folders(place):
        manifest = json.loads((folder / MANIFEST_FILE).read_text())
        content = (folder / REDACTIONS_FILE).read_bytes()
        assert manifest["redactions"] == hashlib.sha256(content).hexdigest()
        assert manifest["id"] == folder.name
        (entry,) = json.loads(content)["redactions"]
        assert (entry["date"], entry["reason"]) == (TODAY, REASON)
        assert {"dataset": "visits", "measure": "services", "keys": dict(VISIT.where), "cause": "asked"} in entry[
            "figures"
        ]
        now = tree(folder)
        listed = {each["path"]: each["sha256"] for each in json.loads(content)["files"]}
        changed = {path for path, digest in old[folder.name].items() if now[path] != digest} - {SIGNATURE_FILE}
        assert listed == {path: now[path] for path in changed - {MANIFEST_FILE}}
        for each in entry["files"]:
            assert each["sealed"] == seal(record, old[folder.name][each["path"]])
        assert {each["path"] for each in entry["files"]} == changed
        rows = rows_of(folder, "meta_redaction")
        assert [row["position"] for row in rows] == list(range(len(entry["figures"])))
        assert {row["reason_ru"] for row in rows} == {REASON["ru"]}
        assert ReleaseStore(folder.parent).get(folder.name).manifest == manifest


def test_no_published_digest_lets_anyone_try_the_number_out(place: Path) -> None:
    """A digest of something with the figure in it would be found by trying all likely figures."""
    old = {digest for folder in folders(place) for digest in tree(folder).values()}
    inputs = {
        row["sha256"]
        for folder in folders(place)
        for row in rows_of(folder, "meta_provenance")
        if row["dataset"] == "visits"
    }
    withdraw(place, VISIT)
    withdraw(place, Request("visits", "services", {"region": REGIONS[0], "period": "2026-04"}, REASON))
    for folder in folders(place):
        kept = set(tree(folder).values())
        said = b"\n".join(content for _, content in _readable(folder))
        assert not [digest for digest in (old | inputs) - kept if digest.encode() in said]


def test_redactions_accumulate(place: Path) -> None:
    withdraw(place, VISIT)
    withdraw(place, BED)
    withdraw(place, Request("visits", "services", {"region": REGIONS[0], "period": "2026-04"}, REASON))
    for folder in folders(place):
        said = json.loads((folder / REDACTIONS_FILE).read_text())
        assert len(said["redactions"]) == 3
        assert all(tree(folder)[each["path"]] == each["sha256"] for each in said["files"])
        rows = rows_of(folder, "meta_redaction")
        assert [row["position"] for row in rows] == list(
            range(sum(len(each["figures"]) for each in said["redactions"]))
        )
        assert is_whole(folder)
    *earlier, newest = folders(place)
    assert audit_release(newest, earlier).passed
    with pytest.raises(FaultError, match="shown by no release"):
        withdraw(place, VISIT)


def test_a_trial_changes_nothing_and_tells_no_value(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(place)
    arguments = [
        "--datasets",
        str(place / "datasets-2"),
        "redact",
        "--dataset",
        "beds",
        "--measure",
        "beds",
        "--where",
        "region=KZ-75,period=2026",
        "--dry-run",
    ]
    arguments += [f"--reason-{language}={text}" for language, text in REASON.items()]
    arguments += ["--releases", str(place / "releases"), "--store", str(place / "store")]
    assert main(arguments) == 0
    said = capsys.readouterr()
    assert "1 withdrawn as asked" in said.out
    assert "987654" not in said.out + said.err
    assert tree(place) == before


def test_the_list_is_private(place: Path) -> None:
    withdraw(place, VISIT)
    assert (place / "store" / REDACTED_FILE).stat().st_mode & 0o777 == 0o600
    assert redacted(place / "store", SERIES) == {("visits", "services", (REGIONS[2], "2026-03"))}
    assert not redacted(place / "store", "another world")


def _changed(request: Request, **changes: str) -> Request:
    return Request(**{**request.__dict__, **changes})


@pytest.mark.parametrize(
    ("request_", "match"),
    [
        (_changed(BED, dataset="nothing"), "is in no release"),
        (_changed(BED, measure="nothing"), "is no measure"),
        (Request("beds", "beds", {"region": "KZ-75"}, REASON), "does not name one figure"),
        (Request("beds", "beds", {"region": "*", "period": "2026"}, REASON), "publishes none"),
        (Request("beds", "beds", {"region": "KZ-79", "period": "2026"}, REASON), "shown by no release"),
        (_changed(VISIT, measure="per_patient"), "computed from services and patients"),
        (Request("visits", "services", {"region": REGIONS[1], "period": "2026-03"}, REASON), "shown by no release"),
    ],
)
def test_what_cannot_be_withdrawn(built: Path, request_: Request, match: str) -> None:
    with pytest.raises(FaultError, match=match):
        redact(request_, built / "releases", built / "store", TODAY, trial=True)


def test_without_the_ledger_nothing_is_done(built: Path, tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="no ledger that knows"):
        redact(VISIT, built / "releases", tmp_path, TODAY, trial=True)


def test_building_again_keeps_what_was_withdrawn(documents: Path) -> None:
    withdraw(documents, BED)
    before = {folder: tree(folder) for folder in folders(documents)}
    for number in range(2):
        folder = build(load_library(documents / f"datasets-{number}"), documents / "releases")
        assert tree(folder) == before[folder]
    (folder / "data" / "beds.csv").write_text("damaged")
    with pytest.raises(FaultError, match="publish again"):
        build(load_library(documents / "datasets-1"), documents / "releases")


def test_a_later_release_hides_it(place: Path) -> None:
    """The figure is sensitive from now on, and what protects it is chosen with all earlier releases in view."""
    withdraw(place, VISIT)
    ledger = Ledger(place / "store" / "ledger" / SERIES)
    library = load_library(place / "datasets-3")
    dataset = prepare(library.declarations["visits"], library)
    rules = dataset.declaration.rules(library.policies["guarded"])
    assert rules is not None
    guarded = Guarded(make_cube(dataset), rules, {}, redacted(place / "store", SERIES))
    system = ledger.join(assemble({"visits": guarded}, (), zeros=True))
    asked = ("visits", "services", (REGIONS[2], "2026-03"))
    hidden = suppress(system).hidden
    assert asked in hidden
    assert len([name for name in hidden if name[1] == "services" and name[2][0] == REGIONS[2]]) > 1


def test_a_relation_of_another_kind_stops_it(place: Path) -> None:
    folder = folders(place)[0]
    connection = sqlite3.connect(folder / DATABASE_FILE)
    with connection:
        connection.execute("INSERT INTO meta_relation (position, kind, spec_json) VALUES (99, 'flow', '{}')")
    connection.close()
    with pytest.raises(FaultError, match="'flow' is of no known kind"):
        read_release(folder)


def test_a_document_keeps_it_back_from_later_releases(documents: Path) -> None:
    withdraw(documents, BED)
    library = load_library(documents / "datasets-1")
    dataset = withhold(prepare(library.declarations["beds"], library), redacted(documents / "store"))
    cells = {row.keys["region"]: row.cells["beds"] for row in dataset.table.rows}
    assert (cells["KZ-75"].value, cells["KZ-75"].status) == (None, "withdrawn")
    assert cells["KZ-71"].value == 10
    assert not dataset.checks, "the stated total would give it back"


def _renaming(**names: str) -> dict:
    days = {"date": "2026-01-01", "effective": "2026-02-01"}
    return {"id": "-".join(names.values()).replace("_", "-"), **days, **names, "text": TEXT}


#: The dataset and its measure under the names that the second release has.
WARDS = yaml.safe_load(yaml.safe_dump(MINIMAL).replace("beds", "ward_beds"))
RENAMINGS = [
    _renaming(kind="dataset_renamed", dataset="ward_beds", subject="beds", replacement="ward_beds"),
    _renaming(kind="column_renamed", dataset="ward_beds", subject="beds", replacement="ward_beds"),
]


@pytest.fixture
def renamed(tmp_path: Path) -> Path:
    """Two releases of one document, the first of which has dataset and measure under their old names."""
    build(load_library(write_library(tmp_path / "old", copy.deepcopy(MINIMAL), BEDS)), tmp_path / "releases")
    new = write_library(tmp_path / "new", WARDS, BEDS.replace("beds", "ward_beds"))
    (new / "_record").mkdir(exist_ok=True)
    (new / "_record" / "announcements.yaml").write_text(yaml.safe_dump({"announcements": RENAMINGS}), "utf-8")
    build(load_library(new), tmp_path / "releases")
    return tmp_path


@pytest.mark.parametrize("name", ["beds", "ward_beds"])
def test_a_figure_goes_under_each_name_that_it_had(renamed: Path, name: str) -> None:
    withdraw(renamed, Request(name, name, BED.where, REASON))
    for folder in folders(renamed):
        slug = next(each["slug"] for each in rows_of(folder, "meta_dataset"))
        row = next(row for row in rows_of(folder, slug) if row["region"] == "KZ-75")
        assert (row[slug], row[f"{slug}_status"]) == (None, "withdrawn"), slug
        for file, content in _readable(folder):
            assert not _says(content, BED_NUMBERS[0]), file
    keys = ("KZ-75", "2026")
    assert redacted(renamed / "store") == {("beds", "beds", keys), ("ward_beds", "ward_beds", keys)}


def test_what_was_withdrawn_stays_so_under_a_name_that_comes_later(documents: Path, tmp_path: Path) -> None:
    withdraw(documents, BED)
    new = write_library(tmp_path / "new", WARDS, BEDS.replace("beds", "ward_beds"))
    (new / "_record").mkdir(exist_ok=True)
    (new / "_record" / "announcements.yaml").write_text(yaml.safe_dump({"announcements": RENAMINGS}), "utf-8")
    folder = build(load_library(new), documents / "releases", withdrawn=redacted(documents / "store"))
    row = next(row for row in rows_of(folder, "ward_beds") if row["region"] == "KZ-75")
    assert (row["ward_beds"], row["ward_beds_status"]) == (None, "withdrawn")
