"""What is refused, and how: one shape, names what is wrong and what to do; nothing hostile gives 500."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ROWS = "/api/v1/datasets/contracts_by_region/observations"
HOSTILE = (
    "' OR 1=1 --",
    "1); DROP TABLE contracts_by_region; --",
    "region] FROM meta_release; --",
    '"; ATTACH DATABASE x AS y; --',
    "(SELECT sql FROM sqlite_master)",
    "amount_kzt DESC, (SELECT 1)",
    "\x00",
    "KZ-71\x00",
    "\u202e\u2066",
    "\ud7ff\U0010ffff",
    "🦄" * 50,
    "9" * 400,
    "-9223372036854775809",
    "1e309",
    "NaN",
    "../../../etc/passwd",
    "%00%ff%fe",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "{{7*7}}",
)


def refused(answer: TestResponse, status: int) -> dict[str, str]:
    assert answer.status_code == status, answer.text[:300]
    assert answer.content_type == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert set(answer.json) == {"error"}
    error = answer.json["error"]
    assert set(error) == {"status", "code", "message", "remedy"}
    assert error["status"] == status
    assert error["message"]
    assert error["remedy"]
    return error


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/api", 404, ""),
        ("/api/", 404, ""),
        ("/api/v2/datasets", 404, ""),
        ("/api/v1/nothing", 404, ""),
        ("/api/v1/datasets/nothing", 404, "nothing"),
        ("/api/v1/datasets/nothing/observations", 404, "nothing"),
        ("/api/v1/codelists/nothing", 404, "nothing"),
        ("/api/v1/releases/nothing", 404, "nothing"),
        ("/api/v1/datasets?release=2020-01-01-0123456789ab", 404, "2020-01-01"),
        ("/api/v1/datasets?topic=nothing", 422, "topic: 'nothing'"),
        ("/api/v1/datasets?origin=", 422, "origin"),
        ("/api/v1/datasets?nothing=1", 422, "nothing"),
        ("/api/v1/?nothing=1", 422, "nothing"),
        ("/api/v1/releases?nothing=1", 422, "nothing"),
        ("/api/v1/codelists/region?format=csv", 422, "format"),
        (f"{ROWS}?nothing=1", 422, "nothing"),
        (f"{ROWS}?amount_kzt=1", 422, "amount_kzt"),
        (f"{ROWS}?flags=x", 422, "flags"),
        (f"{ROWS}?region=nothing", 422, "region: 'nothing'"),
        (f"{ROWS}?region=", 422, "region"),
        (f"{ROWS}?period=2026-3", 422, "period"),
        (f"{ROWS}?sort=nothing", 422, "sort: 'nothing'"),
        (f"{ROWS}?sort=", 422, "sort"),
        (f"{ROWS}?sort=--region", 422, "sort"),
        (f"{ROWS}?sort=amount_kzt_status", 422, "sort"),
        (f"{ROWS}?select=region,nothing", 422, "select: 'nothing'"),
        (f"{ROWS}?select=", 422, "select"),
        (f"{ROWS}?limit=0", 422, "limit"),
        (f"{ROWS}?limit=1001", 422, "limit"),
        (f"{ROWS}?limit=1_0", 422, "limit"),
        (f"{ROWS}?limit=%2010", 422, "limit"),
        (f"{ROWS}?limit=٣", 422, "limit"),
        (f"{ROWS}?limit=", 422, "limit"),
        (f"{ROWS}?limit=1&limit=2", 422, "limit"),
        (f"{ROWS}?labels=de", 422, "labels"),
        (f"{ROWS}?format=xml", 422, "format"),
    ],
)
def test_errors_name_what_is_wrong(client: FlaskClient, address: str, status: int, said: str) -> None:
    assert said in refused(client.get(address), status)["message"]


def test_a_wrong_name_brings_the_names_that_there_are(client: FlaskClient) -> None:
    assert "region, period" in refused(client.get(f"{ROWS}?regio=KZ-71"), 422)["remedy"]
    assert "amount_kzt" in refused(client.get(f"{ROWS}?sort=amount"), 422)["remedy"]
    assert "amount_kzt_status" in refused(client.get(f"{ROWS}?select=amount"), 422)["remedy"]
    assert "topic, origin, q" in refused(client.get("/api/v1/datasets?theme=x"), 422)["remedy"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_refused_with_those_that_are_not(client: FlaskClient, method: str) -> None:
    for address in ("/api/v1/", "/api/v1/datasets", ROWS, "/api/v1/openapi.json"):
        answer = client.open(address, method=method)
        refused(answer, 405)
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    refused(client.open("/api/v1/nothing", method=method), 404)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_refused_or_find_nothing(client: FlaskClient, release_folder: Path, text: str) -> None:
    for name in ("sort", "select", "limit", "cursor", "release", "labels", "format", "region", "period"):
        answer = client.get(ROWS, query_string={name: text})
        assert answer.status_code in (404, 422), (name, answer.text[:200])
        refused(answer, answer.status_code)
    refused(client.get(ROWS, query_string={text: "1"}), 422)
    refused(client.get(f"/api/v1/codelists/{quote(text, safe='')}"), 404)
    for name in ("topic", "origin"):
        refused(client.get("/api/v1/datasets", query_string={name: text}), 422)
    assert client.get("/api/v1/datasets", query_string={"q": text}).status_code in (200, 422)
    with sqlite3.connect(release_folder / "release.db") as connection:
        assert connection.execute("SELECT count(*) FROM contracts_by_region").fetchone() == (20,)


def test_hostile_values_of_a_number_dimension(client: FlaskClient) -> None:
    address, name = next(
        (each["observations"], column["name"])
        for each in client.get("/api/v1/datasets").json["datasets"]
        for column in client.get(f"{each['observations']}?limit=1").json["columns"]
        if column["role"] == "dimension" and column["type"] == "integer"
    )
    for text in ("1.0", "1e0", "0x1", " 1", "9" * 19, "१"):
        refused(client.get(address, query_string={name: text}), 422)
    assert client.get(address, query_string={name: "9" * 18}).json["rows"] == []


def test_too_long_a_question_is_refused_at_once(client: FlaskClient) -> None:
    many = "&".join(f"p{number}=1" for number in range(10_000))
    refused(client.get(f"{ROWS}?{many}"), 414)
    refused(client.get(f"{ROWS}?region={'x' * 100_000}"), 414)
    few = "&".join(["region=KZ-71"] * 600)
    assert client.get(f"{ROWS}?{few}").json["count"] == 1


def test_errors_are_not_kept_by_caches(client: FlaskClient) -> None:
    for address in ("/api/v1/nothing", f"{ROWS}?limit=0"):
        assert client.get(address).headers["Cache-Control"] == "no-store"


def test_a_crash_is_told_in_the_same_shape(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("portal.api.codelists.pin", fail)
    monkeypatch.setitem(client.application.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.get("/api/v1/codelists?release=x")
    refused(answer, 500)
    assert "secret" not in answer.text
