"""Old names: of datasets, files, columns and tables; what is gone; what is to go."""

import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES
from portal.factory import create_app
from portal.renamed import Names
from tests.conftest import BufferedClient
from tests.portal.history import RENAMING, in_order
from tests.portal.recorded import unsigned_copy, write_rows

OBSERVATIONS = "/api/v1/datasets/visits/observations"


def _location(client: FlaskClient, path: str, status: int) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.headers["Location"]


@pytest.mark.parametrize(
    "old, new",
    [
        ("/en/datasets/blocks?region=x&page=2", "/en/datasets/organisation_blocks?region=x&page=2"),
        ("/kk/datasets/clinic_blocks", "/kk/datasets/organisation_blocks"),
        ("/ru/feeds/datasets/blocks.atom", "/ru/feeds/datasets/organisation_blocks.atom"),
        ("/api/v1/datasets/blocks", "/api/v1/datasets/organisation_blocks"),
        (
            "/api/v1/datasets/blocks/observations?limit=1",
            "/api/v1/datasets/organisation_blocks/observations?limit=1",
        ),
        ("/downloads/latest/blocks.csv", "/downloads/latest/organisation_blocks.csv"),
        ("/downloads/latest/blocks_kk.xlsx", "/downloads/latest/organisation_blocks_kk.xlsx"),
        ("/downloads/latest/clinic_blocks_ru_excel.csv", "/downloads/latest/organisation_blocks_ru_excel.csv"),
        ("/downloads/latest/clinic_blocks.parquet", "/downloads/latest/organisation_blocks.parquet"),
    ],
)
def test_old_name_of_a_dataset_leads_to_the_new_one(recorded_client: FlaskClient, old: str, new: str) -> None:
    assert _location(recorded_client, old, 301) == new
    if "region=x" not in new:
        assert recorded_client.get(new).status_code == 200


def test_redirect_says_since_when_and_what_takes_the_place(recorded_client: FlaskClient) -> None:
    headers = recorded_client.get("/api/v1/datasets/blocks").headers
    links = headers.getlist("Link")
    assert headers["Deprecation"] == "@1780254000"  # 1 June 2026, 00:00 in Astana
    assert '</api/v1/datasets/organisation_blocks>; rel="successor-version"' in links
    assert any('rel="deprecation"' in link and "/en/announcements#" in link for link in links)
    assert "Deprecation" in headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("asked", ["?release={}", "?cursor={}.1.00000000"])
def test_question_that_names_its_release_is_answered_with_its_names(
    recorded_client: FlaskClient, recorded_releases: Path, asked: str
) -> None:
    release = _current(recorded_releases)
    assert recorded_client.get(f"/api/v1/datasets/blocks/observations{asked.format(release)}").status_code == 404


def _current(releases: Path) -> str:
    return (releases / "CURRENT").read_text().strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_removed_dataset_is_gone_and_says_so(recorded_client: FlaskClient, language: str) -> None:
    answer = recorded_client.get(f"/{language}/datasets/visitors")
    assert answer.status_code == 410
    text = answer.get_data(as_text=True)
    assert {"kk": "visitors kk", "ru": "visitors ru", "en": "visitors"}[language] in text
    assert f"/{language}/announcements#visitors" in text


@pytest.mark.parametrize("path", ["/api/v1/datasets/visitors", "/downloads/latest/visitors.csv"])
def test_removed_dataset_is_gone_for_programs(recorded_client: FlaskClient, path: str) -> None:
    answer = recorded_client.get(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (410, "gone")
    assert "not published any more" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    "query, new",
    [
        ("sort=served", "sort=visits"),
        ("sort=-served_status", "sort=-visits_status"),
        ("select=region,served", "select=region%2Cvisits"),
        ("owner=state&limit=1", "ownership=state&limit=1"),
    ],
)
def test_old_name_of_a_column_leads_to_the_new_one(recorded_client: FlaskClient, query: str, new: str) -> None:
    assert _location(recorded_client, f"{OBSERVATIONS}?{query}", 308) == f"{OBSERVATIONS}?{new}"


def test_old_name_of_a_column_in_the_address_of_a_page(recorded_client: FlaskClient) -> None:
    old = "/en/datasets/visits?owner=state&sort=served&order=desc"
    assert _location(recorded_client, old, 308) == "/en/datasets/visits?ownership=state&sort=visits&order=desc"
    assert recorded_client.get("/en/datasets/visits?nonsense=1").status_code == 200


def test_old_name_of_a_column_in_the_address_of_a_figure(recorded_client: FlaskClient) -> None:
    keys = "region=KZ-71&period=2026-03&ownership=state"
    for path in ("/en/datasets/visits/figure", "/api/v1/datasets/visits/history"):
        there = _location(recorded_client, f"{path}?measure=served&{keys}", 308)
        assert there == f"{path}?measure=visits&{keys}"
        assert recorded_client.get(there).status_code == 200


def test_removed_column_is_refused_with_what_was_announced(recorded_client: FlaskClient) -> None:
    for query in ("sex=m", "sort=sex", "select=region,sex"):
        answer = recorded_client.get(f"{OBSERVATIONS}?{query}")
        assert (answer.status_code, answer.json["error"]["code"]) == (422, "removed_column")


def test_answer_says_when_a_name_that_it_has_is_to_go(recorded_client: FlaskClient) -> None:
    for path in (OBSERVATIONS, "/api/v1/datasets/visits", "/downloads/latest/visits.csv"):
        headers = recorded_client.get(path).headers
        assert headers["Sunset"] == "Sun, 31 May 2026 19:00:00 GMT", path
        assert any('rel="sunset"' in link for link in headers.getlist("Link"))
    assert "Sunset" not in recorded_client.get("/api/v1/datasets/organisations").headers
    assert "Sunset" not in recorded_client.get("/downloads/latest/organisations.csv").headers


def test_answer_that_is_kept_ready_says_so_once(recorded_client: FlaskClient) -> None:
    first, second = (recorded_client.get(OBSERVATIONS).headers for _ in range(2))
    assert first.getlist("Link") == second.getlist("Link")
    etag = {"If-None-Match": first["ETag"]}
    again = recorded_client.get(OBSERVATIONS, headers=etag)
    assert (again.status_code, again.headers["Sunset"]) == (304, first["Sunset"])


def test_sql_face_names_the_new_table(recorded_client: FlaskClient) -> None:
    moved, gone = (recorded_client.get(f"/data/release/{name}.json") for name in ("blocks", "visitors"))
    assert moved.status_code == 404
    assert "organisation_blocks" in moved.json["error"]["message"]
    assert gone.status_code == 410
    page = recorded_client.get("/data/release/blocks?_size=1")
    assert (page.status_code, "organisation_blocks" in page.get_data(as_text=True)) == (404, True)
    assert recorded_client.get("/data/release/nothing.json").status_code == 404


def test_older_release_leads_back_to_the_name_that_it_has(history_client: FlaskClient, history_releases: Path) -> None:
    first, *_, last = in_order(history_releases)
    assert _location(history_client, f"/at/{first}/en/datasets/personnel", 302) == f"/at/{first}/en/datasets/staff"
    assert history_client.get(f"/at/{first}/en/datasets/staff").status_code == 200
    assert _location(history_client, f"/at/{last}/en/datasets/staff", 301) == f"/at/{last}/en/datasets/personnel"
    assert "successor-version" not in str(history_client.get(f"/at/{first}/en/datasets/personnel").headers)


def test_what_is_gone_leads_to_its_last_release(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    removal = RENAMING | {"kind": "dataset_removed", "replacement": None}
    texts = {f"text_{language}": removal["text"][language] for language in LANGUAGES}
    write_rows(releases / ids[-1], meta_announcement=[{**removal, **texts}])
    app = create_app(releases)
    try:
        client = BufferedClient(app, app.response_class)
        page = client.get("/ru/datasets/staff?region=KZ-71")
        kept = f"/at/{ids[2]}/ru/datasets/staff?region=KZ-71"
        assert (page.status_code, f'http://localhost{kept}"' in page.get_data(as_text=True)) == (410, True)
        assert client.get(kept).status_code == 200
        remedy = client.get("/downloads/latest/staff.csv").json["error"]["remedy"]
        assert remedy.endswith(f"/downloads/{ids[2]}/staff.csv")
        assert client.get(remedy.split("http://localhost")[1]).status_code == 200
    finally:
        app.extensions["sql_pool"].close()


def test_what_went_without_a_word_is_not_silent_either(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    for release in ids[2:]:
        write_rows(releases / release, meta_announcement=[])
    app = create_app(releases)
    try:
        client = BufferedClient(app, app.response_class)
        page = client.get("/kk/datasets/staff")
        assert (page.status_code, f"/at/{ids[2]}/kk/datasets/staff" in page.get_data(as_text=True)) == (410, True)
        answer = client.get("/api/v1/datasets/staff")
        assert (answer.status_code, f"/at/{ids[2]}/api/v1/datasets/staff" in answer.json["error"]["remedy"]) == (
            410,
            True,
        )
        assert client.get(f"/at/{ids[0]}/kk/datasets/ambulances").status_code == 404
        assert client.get("/kk/datasets/nothing").status_code == 404
    finally:
        app.extensions["sql_pool"].close()


def test_clinic_that_is_no_more_leads_to_the_last_release_that_has_it(
    recorded_releases: Path, history_releases: Path, tmp_path: Path
) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    known = recorded_releases / _current(recorded_releases)
    shutil.copytree(known, releases / known.name)  # without a sequence: the first of the chain
    app = create_app(releases)
    try:
        client = BufferedClient(app, app.response_class)
        page = client.get("/en/clinics/101")
        assert (page.status_code, f"/at/{known.name}/en/clinics/101" in page.get_data(as_text=True)) == (410, True)
        assert client.get(f"/at/{known.name}/en/clinics/101").status_code == 200
        assert client.get("/en/feeds/clinics/101.atom").status_code == 410
        assert client.get("/en/clinics/1").status_code == 404
    finally:
        app.extensions["sql_pool"].close()


def test_names_in_a_circle_lead_nowhere(recorded_client: FlaskClient) -> None:
    with recorded_client.application.test_request_context("/"):
        from portal.current import current_release
        from portal.record import Announcement

        pairs = (("a", "b"), ("b", "a"), ("c", "c"))
        circle = tuple(
            Announcement(old, "2026-01-01", "2026-01-01", "dataset_renamed", None, old, new, {}) for old, new in pairs
        )
        names = Names(current_release().catalogue, circle, "2026-05-31")
        assert [names.dataset(each) for each in ("a", "b", "c", "d")] == [None] * 4
