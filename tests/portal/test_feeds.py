"""Atom feeds: well formed after RFC 4287, stable ids, links that lead somewhere, what they tell."""

import re
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATABASE_FILE, LANGUAGES
from portal.factory import create_app
from tests.conftest import BufferedClient
from tests.portal.history import in_order
from tests.portal.recorded import execute, unsigned_copy

ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
HISTORY = ("releases", "corrections", "announcements", "datasets/beds", "regions/KZ-71")
RECORDED = ("releases", "clinics/101", "stop-factors/tax_debt", "regions/KZ-10")


def _feed(client: FlaskClient, path: str) -> ElementTree.Element:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, "application/atom+xml; charset=utf-8"), path
    return ElementTree.fromstring(answer.data)


def _texts(feed: ElementTree.Element, name: str) -> list[str]:
    return [str(entry.findtext(f"{ATOM}{name}")) for entry in feed.iter(f"{ATOM}entry")]


def _links(element: ElementTree.Element, relation: str) -> list[str]:
    return [link.attrib["href"] for link in element.findall(f"{ATOM}link") if link.attrib["rel"] == relation]


def _pinned(entry: ElementTree.Element) -> str:
    """The release that an entry is of."""
    return _links(entry, "related")[0].split("/at/")[1].split("/")[0]


def _material(releases: Path, condition: str) -> dict[str, list[tuple[str, int]]]:
    """By release, the first one first: the reasons of its material changes with their number, read without the portal."""
    statement = f"SELECT reason, count(*) FROM meta_change WHERE material AND {condition} GROUP BY reason"
    found = {}
    for release in in_order(releases):
        with closing(sqlite3.connect(releases / release / DATABASE_FILE)) as connection:
            found[release] = list(connection.execute(statement))
    return {release: rows for release, rows in found.items() if rows}


def _check(feed: ElementTree.Element, path: str, language: str) -> None:
    """What RFC 4287 asks of a feed and of its entries (sections 4.1.1 and 4.1.2)."""
    assert (feed.tag, feed.attrib[LANGUAGE]) == (f"{ATOM}feed", language)
    assert _links(feed, "self") == [f"http://localhost{path}"]
    assert len(_links(feed, "alternate")) == 1
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1, name
            assert (element.findtext(f"{ATOM}{name}") or "").strip(), name
        assert re.fullmatch(r"tag:[a-z.-]+,2026:\S+", str(element.findtext(f"{ATOM}id")))
        instant = str(element.findtext(f"{ATOM}updated"))
        assert instant.endswith("Z")
        datetime.fromisoformat(instant)
    for entry in feed.iter(f"{ATOM}entry"):
        assert len(_links(entry, "alternate")) == 1
        assert entry.findtext(f"{ATOM}summary")
        assert all(each.attrib["term"] for each in entry.findall(f"{ATOM}category"))
    ids = _texts(feed, "id")
    assert len(ids) == len(set(ids)) <= 50
    assert _texts(feed, "updated") == sorted(_texts(feed, "updated"), reverse=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", HISTORY)
def test_feed_of_the_history_is_valid(history_client: FlaskClient, name: str, language: str) -> None:
    path = f"/{language}/feeds/{name}.atom"
    feed = _feed(history_client, path)
    _check(feed, path, language)
    assert len(list(feed.iter(f"{ATOM}entry"))) >= 1


@pytest.mark.parametrize("name", RECORDED)
def test_feed_of_a_subject_is_valid(recorded_client: FlaskClient, name: str) -> None:
    path = f"/kk/feeds/{name}.atom"
    _check(_feed(recorded_client, path), path, "kk")


@pytest.mark.parametrize("name", HISTORY)
def test_links_of_feeds_lead_somewhere(history_client: FlaskClient, name: str) -> None:
    feed = _feed(history_client, f"/en/feeds/{name}.atom")
    for link in feed.iter(f"{ATOM}link"):
        address = urlsplit(link.attrib["href"])
        assert (address.scheme, address.netloc) == ("http", "localhost")
        path = f"{address.path}?{address.query}" if address.query else address.path
        answer = history_client.get(path)
        assert answer.status_code == 200, path
        if address.fragment:
            assert f'id="{address.fragment}"' in answer.get_data(as_text=True)


def test_releases_are_told_newest_first_and_marked(history_client: FlaskClient, history_releases: Path) -> None:
    feed = _feed(history_client, "/en/feeds/releases.atom")
    ids = in_order(history_releases)
    assert _texts(feed, "title") == [f"[Synthetic data] Release {release}" for release in reversed(ids)]
    assert _texts(feed, "updated") == [f"{release[:10]}T00:00:00Z" for release in reversed(ids)]
    summaries = _texts(feed, "summary")
    assert "The first release." in summaries[-1]
    assert "Beds, Astana, 2026: 10 → 1,000 (9,900%)." in summaries[2]
    assert "Material changes: Our error: " in summaries[2]


def test_dataset_is_told_of_what_is_material_alone(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    for slug in ("beds", "cases"):
        entries = list(_feed(history_client, f"/en/feeds/datasets/{slug}.atom").iter(f"{ATOM}entry"))
        told = _material(history_releases, f"dataset = '{slug}'")
        assert [_pinned(entry) for entry in entries] == list(reversed(told)), slug
        for entry in entries:
            after = _pinned(entry)
            assert {each.attrib["term"] for each in entry.iter(f"{ATOM}category")} == {
                reason for reason, _ in told[after]
            }
            assert sum(map(int, re.findall(r": (\d+) figure", str(entry.findtext(f"{ATOM}summary"))))) == sum(
                count for _, count in told[after]
            )
            before = ids[ids.index(after) - 1]
            assert f"from={before}&to={after}&dataset={slug}" in _links(entry, "alternate")[0]
    assert _material(history_releases, "dataset = 'beds'")


def test_dataset_is_told_of_what_it_had_under_its_old_name(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    for release in ids:
        execute(releases / release, "UPDATE meta_change SET material = 1 WHERE dataset IN ('staff', 'personnel')")
    app = create_app(releases)
    try:
        client = BufferedClient(app, app.response_class)
        entries = list(_feed(client, "/en/feeds/datasets/personnel.atom").iter(f"{ATOM}entry"))
    finally:
        app.extensions["sql_pool"].close()
    told = _material(releases, "dataset IN ('staff', 'personnel')")
    assert [_pinned(entry) for entry in entries] == list(reversed(told))
    assert set(told) & set(ids[:3]) and set(told) & set(ids[3:])


def test_region_is_told_of_its_own_figures(history_client: FlaskClient, history_releases: Path) -> None:
    astana, almaty, abai = (
        _texts(_feed(history_client, f"/en/feeds/regions/{code}.atom"), "summary")
        for code in ("KZ-71", "KZ-75", "KZ-10")
    )
    assert len(astana) == len(_material(history_releases, "keys_json LIKE '[\"KZ-71\"%'")) > 0
    assert len(almaty) == len(_material(history_releases, "keys_json LIKE '[\"KZ-75\"%'")) > 0
    assert not abai


def test_simulated_figures_are_marked_in_titles(recorded_client: FlaskClient, history_client: FlaskClient) -> None:
    titles = _texts(_feed(recorded_client, "/ru/feeds/regions/KZ-10.atom"), "title")
    assert titles and all(title.startswith("[") for title in titles)
    official = _texts(_feed(history_client, "/ru/feeds/datasets/beds.atom"), "title")
    assert not any(title.startswith("[") for title in official)


def test_feed_is_answered_with_304_until_the_chain_changes(history_client: FlaskClient) -> None:
    for name in HISTORY:
        path = f"/en/feeds/{name}.atom"
        first, second = history_client.get(path), history_client.get(path)
        assert first.data == second.data
        again = history_client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_ids_do_not_depend_on_the_host(history_client: FlaskClient) -> None:
    one, other = (
        ElementTree.fromstring(history_client.get("/en/feeds/releases.atom", base_url=f"http://{host}").data)
        for host in ("localhost", "127.0.0.1")
    )
    assert _texts(one, "id") == _texts(other, "id")
    assert _links(one, "self") != _links(other, "self")


@pytest.mark.parametrize("name", ["datasets/nothing", "regions/KZ-99", "clinics/101", "stop-factors/nothing"])
def test_feed_of_nothing_is_404(history_client: FlaskClient, name: str) -> None:
    assert history_client.get(f"/en/feeds/{name}.atom").status_code == 404


@pytest.mark.parametrize(
    "page, feed",
    [
        ("datasets/visits", "datasets/visits"),
        ("regions/KZ-10", "regions/KZ-10"),
        ("clinics/101", "clinics/101"),
        ("corrections", "corrections"),
        ("announcements", "announcements"),
        ("calendar", "releases"),
    ],
)
def test_page_leads_to_its_feed(recorded_client: FlaskClient, page: str, feed: str) -> None:
    text = recorded_client.get(f"/ru/{page}").get_data(as_text=True)
    address = f'href="/ru/feeds/{feed}.atom"'
    head, body = text.split("</head>")
    assert re.search(f'<link rel="alternate" type="application/atom\\+xml" {re.escape(address)}', head)
    assert address in body


def test_page_of_feeds_lists_those_of_stop_factors(recorded_client: FlaskClient, history_client: FlaskClient) -> None:
    text = recorded_client.get("/en/feeds/").get_data(as_text=True)
    assert '/en/feeds/stop-factors/qr_share.atom"' in text
    assert "stop-factors" not in history_client.get("/en/feeds/").get_data(as_text=True)


def test_feeds_of_clinic_and_stop_factor_tell_replies_and_their_settlement(recorded_client: FlaskClient) -> None:
    told = {}
    for name in ("clinics/101", "stop-factors/qr_share", "stop-factors/tax_debt", "clinics/103", "regions/KZ-10"):
        feed = _feed(recorded_client, f"/en/feeds/{name}.atom")
        ids = [each.split(":")[2].split("/")[1:3] for each in _texts(feed, "id") if ":reply/" in each]
        told[name] = sorted("/".join(each) for each in ids)
    assert told["clinics/101"] == ["open/received", "settled/received", "settled/settled"]
    assert told["stop-factors/qr_share"] == ["other/received", "settled/received", "settled/settled"]
    assert told["stop-factors/tax_debt"] == ["open/received"]
    assert told["clinics/103"] == told["regions/KZ-10"] == []
    feed = _feed(recorded_client, "/en/feeds/clinics/101.atom")
    assert "2026-05-20T00:00:00Z" in _texts(feed, "updated")
    assert any("reply open" in each and "disputes" in each for each in _texts(feed, "summary"))


@pytest.mark.parametrize("name", HISTORY)
def test_no_full_stop_stands_twice(history_client: FlaskClient, name: str) -> None:
    assert not any(".." in each for each in _texts(_feed(history_client, f"/ru/feeds/{name}.atom"), "summary"))
