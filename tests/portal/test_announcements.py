"""Announcements: on their page, beside what they are about, in the API."""

import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES


def _text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_parts_what_is_to_come_from_what_holds(recorded_client: FlaskClient, language: str) -> None:
    text = _text(recorded_client, f"/{language}/announcements")
    coming, done = text.split('id="pending"')[1].split('id="done"')
    assert 'id="cases"' in coming and 'id="format"' in coming
    assert all(f'id="{name}"' in done for name in ("visits", "sex", "visitors", "blocks", "blocks-2"))


def test_dataset_shows_its_own_under_any_name(recorded_client: FlaskClient) -> None:
    visits, blocks, others = (
        _text(recorded_client, f"/en/datasets/{slug}") for slug in ("visits", "organisation_blocks", "organisations")
    )
    assert all(f"/en/announcements#{name}" in visits for name in ("cases", "visits", "sex"))
    assert all(f"/en/announcements#{name}" in blocks for name in ("blocks", "blocks-2"))
    assert "/en/announcements#" not in others


def test_catalogue_page_shows_what_is_to_come(recorded_client: FlaskClient) -> None:
    text = _text(recorded_client, "/en/datasets/")
    assert "/en/announcements#cases" in text
    assert "/en/announcements#sex" not in text


def test_api_lists_them_and_each_dataset_has_its_own(recorded_client: FlaskClient) -> None:
    listed = recorded_client.get("/api/v1/announcements").json["announcements"]
    assert {each["id"]: each["pending"] for each in listed if each["pending"]} == {"format": True, "cases": True}
    notices = recorded_client.get("/api/v1/datasets/visits").json["notices"]
    assert [each["id"] for each in notices] == ["format", "cases", "visits", "owner", "sex"]
    assert all(recorded_client.get(each["page"].split("http://localhost")[1]).status_code == 200 for each in notices)
