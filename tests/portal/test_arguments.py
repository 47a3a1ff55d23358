"""Query arguments of pages: whatever stands there, the page answers; what it does not declare makes no difference."""

import re
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import BufferedClient

PATHS = (
    "",
    "datasets/",
    "datasets/contracts_by_region",
    "regions/",
    "regions/KZ-39",
    "reconciliation",
    "methodology",
    "about",
    "api",
    "nothing",
)
#: What `url_for`, views, routes and SQL mean something by.
NAMES = (
    *("endpoint", "_anchor", "_external", "_method", "_scheme", "values", "lang", "slug", "code", "self", "name"),
    *("sort", "order", "page", "q", "topic", "class", "region", "period", "amount_kzt", "rule", "arguments"),
)
VALUES = ("", "x", "all", "-1", "0", "٣", "9" * 40, "asc", "KZ-39", "finance", "\x00", "'", "💥", "%s", "x" * 5000)
argument = st.tuples(
    st.one_of(st.sampled_from(NAMES), st.text(max_size=20)), st.one_of(st.sampled_from(VALUES), st.text(max_size=40))
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", PATHS)
def test_every_name_is_harmless(client: FlaskClient, path: str, name: str) -> None:
    answer = client.get(f"/en/{path}?{name}=x")
    assert answer.status_code == (404 if path == "nothing" else 200)
    assert "app-masthead" in answer.get_data(as_text=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), arguments=st.lists(argument, max_size=4))
def test_no_arguments_break_a_page(app: Flask, path: str, arguments: list[tuple[str, str]]) -> None:
    client = BufferedClient(app, app.response_class)
    query = urlencode([(name, value.encode("utf-8", "replace")) for name, value in arguments])
    assert client.get(f"/ru/{path}?{query}").status_code == (404 if path == "nothing" else 200)


@pytest.mark.parametrize("path", [path for path in PATHS if path != "nothing"])
def test_arguments_that_a_page_does_not_declare_make_no_other_page(client: FlaskClient, path: str) -> None:
    plain, other = client.get(f"/en/{path}"), client.get(f"/en/{path}?utm_source=x&n=1")
    assert plain.headers["ETag"] == other.headers["ETag"]
    assert "utm_source" not in other.get_data(as_text=True)


def test_the_language_switch_keeps_what_the_page_looks_at(client: FlaskClient) -> None:
    text = client.get("/kk/datasets/drug_provision?period=2022&n=1&sort=patients").get_data(as_text=True)
    assert 'href="/en/datasets/drug_provision?sort=patients&amp;period=2022"' in text
    text = client.get("/kk/datasets/?q=а+б&topic=").get_data(as_text=True)
    assert f'href="/ru/datasets/?{urlencode({"q": "а б"})}"' in text


def test_a_page_that_failed_keeps_no_arguments(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("portal.pages.datasets.search", fail)
    answer = app.test_client().get("/en/datasets/?q=crash")
    assert answer.status_code == 500
    assert re.findall(r'class="app-languages__link" href="([^"]*)"', answer.get_data(as_text=True)) == [
        "/kk/datasets/",
        "/ru/datasets/",
        "/en/datasets/",
    ]
