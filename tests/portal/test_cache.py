"""What is kept ready is bounded by bytes, and what browsers keep never outlives the portal that made it."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES
from portal.cache import SHELF_BYTES, cache
from portal.factory import create_app
from portal.release import Release
from tests.portal.test_boundaries import map_file


def test_odd_questions_do_not_fill_the_memory(client: FlaskClient, app: Flask) -> None:
    shelf = app.extensions["cache"][cache]
    client.get("/en/reconciliation?class=all")
    before = shelf._bytes
    for number in range(50):
        client.get(f"/en/reconciliation?class=all&n={number}&{number}=n")
    assert shelf._bytes == before
    kept = set(shelf._answers)
    for number in range(400):
        client.get(f"/en/datasets/?q=сақтандыру{number}")
    assert set(shelf._answers) - kept
    assert shelf._bytes <= SHELF_BYTES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_the_reconciliation_is_heavy(client: FlaskClient, release: Release, language: str) -> None:
    for kind in ("all", *release.catalogue.codelists["gap_class"].codes):
        assert len(client.get(f"/{language}/reconciliation?class={kind}").data) < 300_000
    for topic in release.catalogue.codelists["topic"].codes:
        assert len(client.get(f"/{language}/reconciliation?class=all&topic={topic}").data) < 300_000


def test_every_check_is_one_step_away(client: FlaskClient, release: Release) -> None:
    text = client.get("/en/reconciliation?class=all").get_data(as_text=True)
    assert 'href="/downloads/latest/reconciliation.csv"' in text
    for dataset in release.catalogue.datasets.values():
        # Those of the Registry state nothing of their own: their checks stand on their pages.
        stated = bool(dataset.checks) and not dataset.transform
        assert (f'href="/en/datasets/{dataset.slug}#reconciliation"' in text) == stated
    assert "app-table" in client.get("/en/reconciliation?class=all&topic=finance").get_data(as_text=True)


def test_scripts_and_styles_are_asked_about_at_each_use(client: FlaskClient) -> None:
    for name in ("app.js", "chart.js", "app.css", "vendor/plotly-basic.min.js"):
        first = client.get(f"/static/{name}")
        assert "no-cache" in first.headers["Cache-Control"]
        again = client.get(f"/static/{name}", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_other_methods_are_refused_with_those_allowed(client: FlaskClient) -> None:
    for path in ("/en/", "/kk/datasets/contracts_by_region"):
        answer = client.post(path)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_ready_page_is_the_page(client: FlaskClient) -> None:
    address = "/en/datasets/contracts_by_region?sort=contracts&order=desc"
    made, ready, head = client.get(address), client.get(address), client.head(address)
    assert (made.data, dict(made.headers)) == (ready.data, dict(ready.headers))
    assert (head.data, head.headers["ETag"], head.content_length) == (b"", made.headers["ETag"], len(made.data))


def test_another_map_makes_other_pages(
    releases_dir: Path, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    monkeypatch.setenv("MAP_FILE", str(map_file(tmp_path, [code.code for code in release.catalogue.regions])))
    versions = {app.config["VERSION"]}
    for credit in ("One", "Two"):
        monkeypatch.setenv("MAP_CREDIT", credit)
        other = create_app(releases_dir)
        other.extensions["sql_pool"].close()
        versions.add(other.config["VERSION"])
    assert len(versions) == 3


def test_another_code_makes_other_answers_of_sql(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "/data/release/code_region.json?_size=1"
    first = client.get(address).headers["ETag"]
    monkeypatch.setitem(app.config, "VERSION", "another")
    assert client.get(address).headers["ETag"] != first
