"""The demonstration history over a few datasets: its changes are those that anybody finds in the files.

The comparison here reads the CSV files with pandas and shares no code with `etl.changes`.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import minisign
import pandas as pd
import pytest

from datasets.library import BUNDLED
from etl.cli import main

DATASETS = ("communication_figures", "drug_issues", "presence_confirmation", "acts_and_payments")
MONTHS = ("2026-03", "2026-04", "2026-05", "2026-06", "2026-07")
WRONG, RIGHTED = "2026-04", "2026-07"
#: dataset, measure, keys as JSON.
Figure = tuple[str, str, str]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history's folder; tests must not write into it."""
    place = tmp_path_factory.mktemp("history")
    small = place / "datasets"
    for name in ("_codelists", "_policies", *DATASETS):
        shutil.copytree(BUNDLED / name, small / name)
    shutil.copy(BUNDLED / "_documents.yaml", small)
    command = ["--datasets", str(small), "history", "--out", str(place / "out"), "--seed", "7"]
    assert main([*command, "--months", f"{MONTHS[0]}:{MONTHS[-1]}"]) == 0
    return place / "out"


@pytest.fixture(scope="module")
def releases(history: Path) -> list[Path]:
    """The releases in the order of their publication."""
    found = [path.parent for path in (history / "releases").glob("[!.]*/manifest.json")]
    return sorted(found, key=lambda folder: _manifest(folder)["sequence"])


def _manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def _ask(folder: Path, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{folder / 'release.db'}?mode=ro", uri=True)) as database:
        return database.execute(statement).fetchall()


def _changes(folder: Path) -> dict[Figure, tuple[str, str, int, str | None]]:
    said = _ask(folder, "SELECT dataset, measure, keys_json, kind, reason, material, correction FROM meta_change")
    assert len({row[:3] for row in said}) == len(said)
    return {row[:3]: row[3:] for row in said}


def _cells(folder: Path) -> dict[Figure, tuple[str, str]]:
    """Status and text of every figure in the CSV files, without sums over periods."""
    found: dict[Figure, tuple[str, str]] = {}
    for path in sorted((folder / "data").glob("*.csv")):
        slug = path.stem.removesuffix("_totals")
        if slug in DATASETS and path.stem in (slug, f"{slug}_totals"):
            found |= dict(_of_file(path, slug))
    return found


def _of_file(path: Path, slug: str) -> Iterator[tuple[Figure, tuple[str, str]]]:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    measures = [name for name in table.columns if f"{name}_status" in table.columns]
    labels = {f"{name}_{language}" for name in table.columns for language in ("kk", "ru", "en")}
    statuses = {f"{name}_status" for name in measures}
    keys = [name for name in table.columns if name not in {*measures, *statuses, *labels, "flags", "origin"}]
    for row in table[table["period"] != "*"].to_dict("records"):
        for measure in measures:
            name = json.dumps([row[key] for key in keys], ensure_ascii=False)
            yield (slug, measure, name), (row[f"{measure}_status"], row[measure])


def _kind(before: tuple[str, str] | None, after: tuple[str, str] | None) -> str | None:
    if before is None or after is None:
        return "added" if before is None else "removed"
    old, new = before[0] in ("suppressed", "withdrawn"), after[0] in ("suppressed", "withdrawn")
    if old and new:
        return None
    if old != new and {before[0], after[0]} & {"ok", "zero"}:
        return "shown" if old else "hidden"
    return "changed" if before != after else None


def test_a_release_a_month_signed_and_chained(history: Path, releases: list[Path]) -> None:
    said = [_manifest(folder) for folder in releases]
    assert [each["sequence"] for each in said] == [1, 2, 3, 4, 5]
    assert [each["data_through"][:7] for each in said] == list(MONTHS)
    assert all(each["synthetic"] for each in said)
    assert said[0]["previous"] is None
    assert [each["previous"]["id"] for each in said[1:]] == [folder.name for folder in releases[:-1]]
    (key,) = json.loads((history / "releases" / "trust.json").read_text(encoding="utf-8"))["keys"]
    for number, folder in enumerate(releases):
        signature = minisign.Signature.from_bytes((folder / "manifest.json.minisig").read_bytes())
        minisign.PublicKey.from_base64(key["public_key"]).verify((folder / "manifest.json").read_bytes(), signature)
        assert f"published=2026-0{4 + number}-15T06:00:00Z" in signature.trusted_comment
        assert ("redacted=2026-06-25T06:00:00Z" in signature.trusted_comment) == (number < 3)


def test_changes_are_those_of_the_files(releases: list[Path]) -> None:
    for before, after in pairwise(releases):
        old, new = _cells(before), _cells(after)
        differing = {name: _kind(old.get(name), new.get(name)) for name in old.keys() | new.keys()}
        found = {name: kind for name, kind in differing.items() if kind is not None}
        assert found == {name: kind for name, (kind, *_) in _changes(after).items()}
        assert {"added", "changed"} <= set(found.values())


def test_reasons_are_those_that_were_planted(releases: list[Path]) -> None:
    for number, after in enumerate(releases[1:], start=1):
        for (slug, _, keys), (kind, reason, _, correction) in _changes(after).items():
            period = next(key for key in json.loads(keys) if key.startswith("20"))
            corrects = MONTHS[number] == RIGHTED and period == WRONG
            if slug == "communication_figures":
                assert (number, kind, reason) == (2, "changed", "our_error")
            elif kind in ("hidden", "shown"):
                assert reason == "protection_change"
            elif period == MONTHS[number]:
                assert (kind, reason) == ("added", "new_data")
            elif slug == "presence_confirmation":
                assert (reason, period) == ("late_data", MONTHS[number - 1])
            elif slug == "drug_issues":
                assert corrects
                assert reason == "source_correction"
            else:
                # Its payments come months after its acts: those of a month before the corrected one may be corrected too.
                assert (reason == "source_correction") == (MONTHS[number] == RIGHTED and period <= WRONG)
                assert reason in ("source_correction", "late_data")
            assert (correction is not None) == (slug in ("communication_figures", "drug_issues") and kind == "changed")


def test_each_month_has_late_data(releases: list[Path]) -> None:
    for number, after in enumerate(releases[1:], start=1):
        late = [name for name, (_, reason, _, _) in _changes(after).items() if reason == "late_data"]
        assert {"presence_confirmation", "acts_and_payments"} <= {slug for slug, *_ in late}
        assert any(MONTHS[number - 1] in keys for _, _, keys in late)


def test_our_error_is_mended_with_an_entry(releases: list[Path]) -> None:
    values = [
        _ask(each, "SELECT value FROM communication_figures WHERE indicator = 'regional_briefings'")
        for each in releases
    ]
    assert values == [[(49,)], [(49,)], [(94,)], [(94,)], [(94,)]]
    entries = [{row[0] for row in _ask(each, "SELECT correction FROM meta_correction")} for each in releases]
    ours, source = "demonstration-regional-briefings", "demonstration-drug-amounts"
    assert entries == [set(), set(), {ours}, {ours}, {ours, source}]
    figure = ("communication_figures", "value", '["regional_briefings", "2022", "count"]')
    assert _changes(releases[2])[figure] == ("changed", "our_error", 1, ours)


def test_withdrawn_figure_stays_away(releases: list[Path]) -> None:
    asked = [
        _ask(each, "SELECT dataset, measure, keys_json FROM meta_redaction WHERE cause = 'asked'") for each in releases
    ]
    assert asked[:3] == [asked[0]] * 3
    assert asked[3:] == [[], []]
    (figure,) = asked[0]
    assert [_cells(each)[figure][0] for each in releases] == ["withdrawn"] * 3 + ["suppressed"] * 2
    assert figure not in _changes(releases[3])


def test_dispute_is_opened_and_settled(releases: list[Path]) -> None:
    said = [_ask(each, "SELECT disputed, resolved, outcome FROM meta_reply") for each in releases]
    assert said == [[], [(1, None, None)], [(1, None, None)], *[[(1, "2026-07-08", "upheld")]] * 2]
    (reply,) = _ask(releases[-1], "SELECT organisation FROM meta_reply")
    assert reply in _ask(releases[-1], "SELECT code FROM code_organisation")


def test_everything_says_that_it_is_a_demonstration(releases: list[Path]) -> None:
    words = {"kk": "Көрсетілім", "ru": "Демонстрация", "en": "Demonstration"}
    for release in releases:
        (notice,) = _ask(release, "SELECT text_en FROM meta_announcement WHERE kind = 'notice'")
        assert "demonstration" in notice[0]
        for language, word in words.items():
            texts = [
                text
                for table in ("meta_correction", "meta_reply")
                for (text,) in _ask(release, f"SELECT text_{language} FROM {table}")
            ]
            notes = _ask(release, f"SELECT text_{language} FROM meta_note WHERE where_json LIKE '%regional_briefings%'")
            assert all(text.startswith(word) for text in texts)
            assert [text.startswith(word) for (text,) in notes] == [True]
    renames = "SELECT dataset, subject, replacement FROM meta_announcement WHERE kind = 'column_renamed'"
    assert [len(_ask(release, renames)) for release in releases] == [0, 0, 1, 1, 1]


def test_a_second_history_is_refused(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--datasets", str(history / "datasets" / MONTHS[0])]
    assert main([*few, "history", "--out", str(history)]) == 1
    assert "holds a history already" in capsys.readouterr().err
    assert main([*few, "history", "--out", str(history / "more"), "--months", "2026-03:2026-06"]) == 1
    assert "needs 5" in capsys.readouterr().err
