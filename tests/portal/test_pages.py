"""Pages: languages, headers, caching, errors, hostile addresses."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES
from portal.headers import HEADERS
from portal.release import Release

PAGES = ("", "datasets/", "regions/", "regions/KZ-39", "protection", "reconciliation", "methodology", "about", "api")


def _every_page(release: Release) -> list[str]:
    return [*PAGES, *(f"datasets/{slug}" for slug in release.catalogue.datasets)] + [
        f"regions/{code.code}" for code in release.catalogue.regions
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_in_its_language(client: FlaskClient, release: Release, language: str) -> None:
    for path in _every_page(release):
        answer = client.get(f"/{language}/{path}")
        assert answer.status_code == 200, path
        text = answer.get_data(as_text=True)
        assert f'<html lang="{language}"' in text
        for other in LANGUAGES:
            assert re.search(f'hreflang="{other}" href="[^"]*/{other}/{re.escape(path)}"', text), (path, other)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ru", "ru"), ("ru-KZ,ru;q=0.9", "ru"), ("en-GB", "en"), ("kk-KZ", "kk"), ("de", "kk"), ("", "kk")],
)
def test_root_negotiates(client: FlaskClient, accepted: str, language: str) -> None:
    answer = client.get("/", headers={"Accept-Language": accepted})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/{language}/"
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["/en/", "/en/datasets/contracts_by_region", "/en/nothing", "/downloads/latest/nothing", "/de/", "/x"]
)
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    for name in HEADERS:
        assert name in answer.headers, name
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Server" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_no_page_has_inline_script_or_style(client: FlaskClient, release: Release) -> None:
    for path in _every_page(release):
        text = client.get(f"/en/{path}").get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/))", text), path
        assert not re.search(r"\sstyle=|\son\w+=|<style", text), path


def test_unchanged_page_is_304(client: FlaskClient) -> None:
    first = client.get("/en/datasets/contracts_by_region")
    again = client.get("/en/datasets/contracts_by_region", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/ru/datasets/contracts_by_region", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_cache_keeps_queries_apart(client: FlaskClient) -> None:
    up = client.get("/en/datasets/contracts_by_region?sort=amount_kzt&order=asc").get_data(as_text=True)
    down = client.get("/en/datasets/contracts_by_region?sort=amount_kzt&order=desc").get_data(as_text=True)
    assert up.index("25,005,555,256</") < up.index("354,571,253,326</")
    assert down.rindex("354,571,253,326</") < down.rindex("25,005,555,256</")


@pytest.mark.parametrize(
    "path",
    [
        "/en/datasets/nothing",
        "/en/regions/KZ-99",
        "/en/regions/KZ",
        "/de/datasets/",
        "/en/datasets/contracts_by_region/..%2f",
        "/en/%00",
        "/en/\\evil.example",
        "/en/datasets/%3Cscript%3Ealert(1)%3C/script%3E",
    ],
)
def test_unknown_address_is_404_in_the_portals_dress(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    text = answer.get_data(as_text=True)
    assert "app-masthead" in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    "query",
    [
        "sort=nothing",
        "sort=amount_kzt;drop",
        "order=sideways",
        "page=-5",
        "page=abc",
        "page=999999",
        "region=%27",
        "region=KZ-39&period=2026",
    ],
)
def test_odd_arguments_are_harmless(client: FlaskClient, query: str) -> None:
    assert client.get(f"/en/datasets/contracts_by_region?{query}").status_code == 200


def test_forged_host_is_refused(client: FlaskClient) -> None:
    assert client.get("/en/", headers={"Host": "evil.example"}).status_code == 400


def test_crash_is_a_page_without_details(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("portal.pages.datasets.render_template", fail)
    answer = app.test_client().get("/en/datasets/?q=not+kept+ready")
    assert answer.status_code == 500
    assert "secret detail" not in answer.get_data(as_text=True)
    assert "app-masthead" in answer.get_data(as_text=True)


def test_page_names_its_release(client: FlaskClient, release: Release) -> None:
    answer = client.get("/kk/")
    assert answer.headers["X-Release"] == release.id
    assert release.id in answer.get_data(as_text=True)
