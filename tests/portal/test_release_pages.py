"""The record of releases, the notes of each, and the page that compares two."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES
from portal.catalogue import Catalogue
from portal.cells import Reader
from portal.factory import create_app
from portal.i18n import init_app
from portal.pages.release_words import period_list
from tests.conftest import BufferedClient
from tests.portal.history import in_order
from tests.portal.recorded import unsigned_copy
from tests.portal.test_diff import _retire

SYNTHETIC = {"kk": "Синтетикалық деректер", "ru": "Синтетические данные", "en": "Synthetic data"}


def _main(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.get_data(as_text=True).split("<main")[1].split("</main>")[0]


def test_record_has_all_releases_newest_first(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    text = _main(history_client, "/en/releases/")
    places = [text.index(f"<code>{each}</code>") for each in ids]
    assert places == sorted(places, reverse=True)
    assert text.count("Current") == 1
    assert text.index("Current") < places[3]
    assert text.count(f"/en/diff?from={ids[1]}&amp;to={ids[2]}") == 1
    assert f"/at/{ids[0]}/en/" in text
    assert "became the current one" in text
    assert places[4] < text.index("became the current one") < places[3]
    assert "Our error: 1 figure" in text


def test_retired_release_is_marked_and_keeps_its_page(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    _retire(releases / ids[1])
    app = create_app(releases)
    client = BufferedClient(app, app.response_class)
    try:
        text = _main(client, "/en/releases/")
        assert text.count("Retired") == 1
        assert f"from={ids[1]}" not in text
        assert f"to={ids[1]}" not in text
        notes = _main(client, f"/en/releases/{ids[1]}")
        assert "has been retired" in notes
        assert ids[0] in notes
        assert "retired" in _main(client, f"/en/diff?from={ids[1]}", 404)
        assert ids[1] in _main(client, f"/en/diff?from={ids[0]}&to={ids[2]}")
    finally:
        app.extensions["sql_pool"].close()


def test_notes_tell_of_changes_with_both_values(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    text = _main(history_client, f"/en/releases/{ids[2]}")
    row = next(each for each in re.findall(r"<tr.*?</tr>", text, re.DOTALL) if ">1,000<" in each)
    assert "Astana, 2026" in row
    assert ">10<" in row
    assert "+990" in row
    assert "+9,900%" in row
    assert "Our error" in row
    assert "The beds were misread." in text
    assert "The name changes." in text
    assert "SHA-256 of the manifest" in text


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_release_has_notes(
    history_client: FlaskClient, history_releases: Path, language: str, place: int
) -> None:
    release = in_order(history_releases)[place]
    assert release in _main(history_client, f"/{language}/releases/{release}")
    assert release in _main(history_client, f"/at/{release}/{language}/releases/{release}")


def test_unknown_releases(history_client: FlaskClient) -> None:
    assert history_client.get("/en/releases/nothing").status_code == 404
    assert "no such release" in _main(history_client, "/en/diff?from=nothing", 404)
    assert "no such release" in _main(history_client, "/en/diff?to=nothing", 404)


@pytest.mark.parametrize("language", LANGUAGES)
def test_comparison_marks_simulated_figures_and_no_others(
    history_client: FlaskClient, history_releases: Path, language: str
) -> None:
    ids = in_order(history_releases)
    text = _main(history_client, f"/{language}/diff?from={ids[0]}&to={ids[1]}")
    for slug, marked in (("cases", True), ("beds", False), ("staff", False)):
        caption = text.split(f'id="figures-{slug}-caption"')[1].split("</caption>")[0]
        assert (SYNTHETIC[language] in caption) == marked


def test_comparison_says_what_there_is_not(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    query = f"/en/diff?from={ids[0]}&to={ids[4]}"
    for name, said in (("dataset", "such a dataset"), ("reason", "no such reason"), ("kind", "no such kind")):
        text = _main(history_client, f"{query}&{name}=nothing", 404)
        assert said in text
        assert 'id="figures"' not in text
    first = _main(history_client, f"/en/diff?to={ids[0]}")
    assert "Release 1 is the first release" in first
    assert 'id="figures"' not in first


def test_comparison_says_how_many_of_all_are_chosen(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    text = _main(history_client, f"/en/diff?from={ids[4]}&to={ids[0]}&dataset=cases&kind=hidden")
    assert re.findall(r"[\d,]+ figures? of all [\d,]+", text) == 2 * ["12 figures of all 93"]
    assert 'href="#figures"' in text
    assert "rows: 12" in text
    assert "sums over all months are not compared" in text


def test_what_is_gone_is_counted_apart(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    counts = history_client.get(f"/api/v1/diff?from={ids[1]}&to={ids[2]}").json["counts"]
    gone = sum(each["figures"] for each in counts if each["kind"] == "removed")
    assert f"{gone} figure gone" in _main(history_client, "/en/releases/")
    assert f"{gone} figure gone" in _main(history_client, f"/en/releases/{ids[2]}")
    assert f"{gone} figure gone" in _main(history_client, f"/en/diff?from={ids[1]}&to={ids[2]}")


def test_new_days_are_told_by_their_months() -> None:
    app = Flask(__name__)
    init_app(app)
    with app.test_request_context("/en/"):
        cells = Reader(Catalogue({}, {}, {}, ()), "en")
        assert period_list(("2026-05-02", "2026-05-31"), cells) == "May 2026 (by day)"
        assert period_list(("2026-05",), cells) == "May 2026"


def test_comparison_is_in_pages(
    history_client: FlaskClient, history_releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.pages.diff.PAGE_SIZE", 40)
    ids = in_order(history_releases)
    address = f"/en/diff?from={ids[4]}&to={ids[0]}"
    pages = [_main(history_client, f"{address}&page={number}").split('id="figures"')[1] for number in (1, 2, 3)]
    assert [page.count("<tr ") - page.count("<thead") for page in pages] == [40, 40, 13]
    assert sum(page.count(">Removed<") for page in pages) == 61
    assert _main(history_client, f"{address}&page=9").split('id="figures"')[1] == pages[2]
    narrowed = _main(history_client, f"{address}&dataset=cases&kind=hidden").split('id="figures"')[1]
    assert "12 figures" in narrowed
    assert narrowed.count("<tr ") == 13
    assert "page=2" not in narrowed


def test_values_lead_to_the_release_that_has_them(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    text = _main(history_client, f"/en/diff?from={ids[1]}&to={ids[3]}&dataset=personnel&kind=changed")
    links = re.findall(r'href="([^"]*/figure\?[^"]*)"', text)
    assert len(links) == 3
    assert f"/at/{ids[1]}/en/datasets/staff/figure?" in links[1]
    assert f"/at/{ids[3]}/en/datasets/personnel/figure?" in links[2]
    for link in links:
        assert history_client.get(link.replace("&amp;", "&").removeprefix("http://localhost")).status_code == 200
    gone = _main(history_client, f"/en/diff?from={ids[1]}&to={ids[2]}&dataset=staff")
    links = re.findall(r'href="([^"]*/figure\?[^"]*)"', gone)
    assert all(f"/at/{ids[1]}/" in link or f"/at/{ids[2]}/" in link for link in links)


def test_home_and_dataset_say_what_changed(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    assert f"/en/releases/{ids[4]}" in _main(history_client, "/en/")
    dataset = _main(history_client, "/en/datasets/beds").split('id="changes"')[1]
    assert f"/en/diff?from={ids[3]}&amp;to={ids[4]}&amp;dataset=beds" in dataset
    assert "No figure has changed" in _main(history_client, "/en/datasets/cases").split('id="changes"')[1]
    assert 'id="changes"' not in _main(history_client, f"/at/{ids[0]}/en/datasets/beds")


def test_store_of_one_release_without_a_chain(protected_client: FlaskClient) -> None:
    text = _main(protected_client, "/en/releases/")
    assert "first release" in text
    link = re.findall(r'href="(/en/releases/[^"]+)"', text)[0]
    assert "first release" in _main(protected_client, link)
    assert "is the first release" in _main(protected_client, "/en/diff")
