"""What clinics reply to blocks: beside the block, on every table of it, and in the API."""

import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES


def _text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True).replace("\u00a0", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_clinic_shows_its_replies_in_the_language(recorded_client: FlaskClient, language: str) -> None:
    text = _text(recorded_client, f"/{language}/clinics/101")
    shown = {"kk": "reply open kk", "ru": "reply open ru", "en": "reply open"}[language]
    assert f"{shown}</blockquote>" in text
    assert "reply other" not in text


def test_reply_has_its_days_and_its_outcome(recorded_client: FlaskClient) -> None:
    text = _text(recorded_client, "/en/clinics/101")
    opened, settled = (text.split(f'id="reply-{name}"')[1].split("</dl>")[0] for name in ("open", "settled"))
    assert "May 12, 2026" in opened and "not yet" in opened
    assert "May 20, 2026" in settled and "The figure was corrected" in settled
    assert "Disputed" in opened


def test_block_is_marked_where_it_is_listed(recorded_client: FlaskClient) -> None:
    for path in ("/en/clinics/101", "/en/datasets/organisation_blocks"):
        table = _text(recorded_client, path).split(
            'id="organisation_blocks-caption"' if "clinics" in path else 'id="table"'
        )[1]
        table = table.split("</table>")[0]
        assert table.count("disputed by the clinic</span>") == 1, path
        assert table.count("disputed by the clinic; settled</span>") == 1, path
        assert 'href="/en/clinics/101#reply-open"' in table


def test_clinic_without_replies_shows_none(recorded_client: FlaskClient) -> None:
    assert "blockquote" not in _text(recorded_client, "/en/clinics/103")


def test_replies_in_the_api(recorded_client: FlaskClient) -> None:
    def ids(query: str) -> list[str]:
        return [each["id"] for each in recorded_client.get(f"/api/v1/replies{query}").json["replies"]]

    assert ids("") == ["open", "settled", "other"]
    assert ids("?organisation=102") == ["other"]
    assert ids("?stop_factor=qr_share&organisation=101") == ["settled"]
    assert recorded_client.get("/api/v1/replies?organisation=1").status_code == 404
    first = recorded_client.get("/api/v1/replies").json["replies"][0]
    assert first | {"text": None} == {
        "id": "open",
        "organisation": "101",
        "stop_factor": "tax_debt",
        "period": "2026-05",
        "received": "2026-05-12",
        "disputed": True,
        "resolved": None,
        "outcome": None,
        "text": None,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_of_clinics_leads_to_disputed_blocks(recorded_client: FlaskClient, language: str) -> None:
    text = _text(recorded_client, f"/{language}/clinics/").split('id="disputed"')[1].split("</ul>")[0]
    assert f'href="/{language}/clinics/101#reply-open"' in text
    assert f'href="/{language}/clinics/101#reply-settled"' in text
    assert "reply-other" not in text
