"""The log of corrections: errors with their size, redactions without their figures, rollbacks; as page, JSON and CSV."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATABASE_FILE, LANGUAGES, MANIFEST_FILE, ROLLBACKS_FILE
from portal.factory import create_app
from tests.conftest import BufferedClient
from tests.portal.history import in_order
from tests.portal.recorded import execute, unsigned_copy, write_rows


def _log(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/corrections{query}")
    assert answer.status_code == 200
    return answer.json["corrections"]


def test_correction_has_its_size_and_the_release_that_makes_it(
    history_client: FlaskClient, history_releases: Path
) -> None:
    ids = in_order(history_releases)
    (correction,) = [each for each in _log(history_client) if each["kind"] == "correction"]
    assert correction["figures"] == 1
    assert correction["largest_change"] == 99.0  # 10 -> 1000
    assert (correction["before"], correction["releases"]) == (ids[1], [ids[2]])
    assert (correction["reason"], correction["found_by"]) == ("our_error", "reader")


def test_rollback_stands_in_the_same_log_by_date(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    log = _log(history_client)
    assert [each["kind"] for each in log if each["kind"] != "automatic"] == ["rollback", "correction"]
    log.sort(key=lambda each: each["kind"], reverse=True)
    assert (log[0]["before"], log[0]["releases"]) == (ids[3], [ids[2]])
    dates = [each["date"] for each in _log(history_client)]
    assert dates == sorted(dates, reverse=True)


def test_what_has_no_correction_gets_an_entry_of_its_own(history_client: FlaskClient, history_releases: Path) -> None:
    expected: dict[tuple[str, str], int] = {}
    for release in in_order(history_releases):
        with closing(sqlite3.connect(history_releases / release / DATABASE_FILE)) as connection:
            statement = (
                "SELECT reason, count(*) FROM meta_change WHERE correction IS NULL AND reason IN"
                " ('source_correction', 'our_error', 'method_change', 'reclassification') GROUP BY reason"
            )
            expected |= {(release, reason): count for reason, count in connection.execute(statement)}
    found = [each for each in _log(history_client) if each["kind"] == "automatic"]
    assert {(*each["releases"], each["reason"]): each["figures"] for each in found} == expected
    assert {reason for _, reason in expected} >= {"source_correction", "reclassification"}
    page = history_client.get("/en/corrections").get_data(as_text=True)
    for each in found:
        way = f"from={each['before']}&amp;to={each['releases'][0]}&amp;reason={each['reason']}"
        assert f'id="{each["id"]}"' in page and way in page
        assert each["text"]["en"] in page and len(set(each["text"])) == 3
    feed = history_client.get("/en/feeds/corrections.atom").get_data(as_text=True)
    assert all(f"/corrections#{each['id']}" in feed for each in found)


def test_automatic_entry_goes_with_the_correction_of_its_release_and_reason(
    history_releases: Path, tmp_path: Path
) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    third = in_order(releases)[2]
    execute(releases / third, "UPDATE meta_change SET reason = 'our_error' WHERE reason = 'reclassification'")
    app = create_app(releases)
    try:
        client = BufferedClient(app, app.response_class)
        found = {each["id"]: each for each in _log(client) if each["kind"] == "automatic"}
        assert found[f"{third}-our_error"]["goes_with"] == ["beds-of-astana"]
        assert not any(each["goes_with"] for name, each in found.items() if name != f"{third}-our_error")
        assert 'href="#beds-of-astana"' in client.get("/ru/corrections").get_data(as_text=True)
    finally:
        app.extensions["sql_pool"].close()


def test_log_of_one_dataset(history_client: FlaskClient) -> None:
    found = _log(history_client, "?dataset=beds")
    assert "beds-of-astana" in [each["id"] for each in found]
    assert all("beds" in each["datasets"] for each in found)
    # Of the same dataset under its old name, which only older releases have.
    told = _log(history_client, "?dataset=personnel")
    assert any(each["datasets"] == ["staff"] for each in told)
    assert history_client.get("/api/v1/corrections?dataset=staff").status_code == 200
    assert history_client.get("/api/v1/corrections?dataset=nope").status_code == 404
    assert history_client.get("/api/v1/corrections?nothing=1").status_code == 422


def test_csv_has_what_json_has(history_client: FlaskClient) -> None:
    answer = history_client.get("/api/v1/corrections?format=csv")
    assert answer.content_type.startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    log = _log(history_client)
    assert [row["id"] for row in rows] == [each["id"] for each in log]
    assert [row["text_ru"] for row in rows] == [each["text"]["ru"] for each in log]
    assert {row["id"]: row["largest_change"] for row in rows}["beds-of-astana"] == "99.0"


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_the_log(history_client: FlaskClient, history_releases: Path, language: str) -> None:
    text = history_client.get(f"/{language}/corrections").get_data(as_text=True)
    assert {"kk": "Төсек саны қате оқылған.", "ru": "Число коек прочитано неверно.", "en": "The beds were misread."}[
        language
    ] in text
    ids = in_order(history_releases)
    assert f"from={ids[1]}&amp;to={ids[2]}&amp;dataset=beds" in text
    assert text.index("rollback-") < text.index("beds-of-astana")


def test_dataset_shows_its_corrections_also_in_an_older_release(
    history_client: FlaskClient, history_releases: Path
) -> None:
    first = in_order(history_releases)[0]
    for path in ("/en/datasets/beds", f"/at/{first}/en/datasets/beds"):
        assert "The beds were misread." in history_client.get(path).get_data(as_text=True), path
    assert "The beds were misread." not in history_client.get("/en/datasets/personnel").get_data(as_text=True)


def test_redaction_is_told_without_its_figures(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    row = {"redaction": "asked-1", "date": "2026-07-20", "dataset": "cases", "cause": "asked"}
    row |= {f"reason_{language}": f"A wish {language}" for language in LANGUAGES}
    keys = '["KZ-71", "2026-04", "private"]'
    for release in ids[1:3]:
        figures = [row | {"measure": name, "keys_json": keys} for name in ("services", "amount_kzt")]
        write_rows(releases / release, meta_redaction=figures)
        manifest = releases / release / MANIFEST_FILE
        said = json.loads(manifest.read_text(encoding="utf-8"))
        manifest.write_text(json.dumps(said | {"redactions": "0" * 64}), encoding="utf-8")
    app = create_app(releases)
    try:
        client = BufferedClient(app, app.response_class)
        (entry,) = [each for each in _log(client) if each["kind"] == "redaction"]
        assert (entry["figures"], entry["releases"], entry["datasets"]) == (2, ids[1:3], ["cases"])
        assert (entry["reason"], entry["largest_change"]) == ("redaction", None)
        withdrawn = [["cases", name, ["KZ-71", "2026-04", "private"], "asked"] for name in ("services", "amount_kzt")]
        assert [
            [each[name] for name in ("dataset", "measure", "keys", "cause")] for each in entry["withdrawn"]
        ] == withdrawn
        rows = csv.DictReader(io.StringIO(client.get("/api/v1/corrections?format=csv").get_data(as_text=True)))
        (row,) = [row for row in rows if row["kind"] == "redaction"]
        assert json.loads(row["withdrawn"]) == entry["withdrawn"]
        page = client.get("/ru/corrections").get_data(as_text=True)
        assert "A wish ru" in page
        assert all(f"/downloads/{release}/redactions.json" in page for release in ids[1:3])
        asked = client.get("/en/corrections").get_data(as_text=True).split('id="asked-1"')[1].split('id="')[0]
        assert asked.count("its withdrawal was asked for") == 2
        assert "Astana" in asked and "April 2026" in asked
        assert "<details" not in asked
        for name, told in (("datasets/cases", 1), ("regions/KZ-71", 1), ("regions/KZ-75", 0), ("datasets/beds", 0)):
            feed = client.get(f"/en/feeds/{name}.atom").get_data(as_text=True)
            assert feed.count("corrections#asked-1") == told, name
            assert feed.count("2026-07-20T00:00:00Z</updated>") >= told
        assert "A wish en" in client.get("/en/datasets/cases").get_data(as_text=True)
        assert "A wish en" not in client.get("/en/datasets/beds").get_data(as_text=True)
    finally:
        app.extensions["sql_pool"].close()


@pytest.mark.parametrize("said", ["", "[{}]", "{}", '[{"at": 1}]'])
def test_damaged_list_of_rollbacks_hides_nothing_else(history_releases: Path, tmp_path: Path, said: str) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    (releases / ROLLBACKS_FILE).write_text(said)
    app = create_app(releases)
    try:
        assert [
            each["kind"] for each in _log(BufferedClient(app, app.response_class)) if each["kind"] != "automatic"
        ] == ["correction"]
    finally:
        app.extensions["sql_pool"].close()


def test_correction_that_no_release_of_the_chain_compares_has_no_size(recorded_client: FlaskClient) -> None:
    (entry,) = _log(recorded_client)
    assert (entry["figures"], entry["largest_change"], entry["before"]) == (2, None, None)
