"""The portal pinned to a release below `/at/`, and a release under embargo below `/preview/`."""

import json
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATA_FOLDER, DATABASE_FILE, MANIFEST_FILE, PREVIEWS_FOLDER, SIGNATURE_FILE
from tests.portal.signed import CURRENT, EMBARGO, OLDER, bases_in, open_portal, publish_beds, retire, rewrite

PAGES = ("", "datasets/", "datasets/beds", "regions/", "regions/KZ-71", "reconciliation", "methodology", "about", "api")
TOKEN = EMBARGO.token


class _Links(HTMLParser):
    """The addresses that a page leads to, less those of its own parts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get("href") or given.get("action") or given.get("src") or ""
        if address and not address.startswith(("#", "data:")):
            self.found.append((given.get("rel") or "", address))


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_below_a_pin_stays_there(onlooker: FlaskClient, older: str, language: str, page: str) -> None:
    answer = onlooker.get(f"/at/{older}/{language}/{page}")
    assert (answer.status_code, answer.headers["X-Release"]) == (200, older)
    assert answer.headers["X-Robots-Tag"] == "noindex"
    notice = f"/{language}/{page}"
    for rel, address in _Links(answer.text).found:
        parts = urlsplit(address)
        if rel == "canonical":
            assert address == f"http://localhost/{language}/{page}"
        elif parts.netloc in ("", "localhost") and not parts.path.startswith("/data/"):
            assert parts.path.startswith(f"/at/{older}/") or parts.path == notice, address


def test_a_pinned_page_shows_its_own_release_and_says_so(onlooker: FlaskClient, current: str, older: str) -> None:
    page = onlooker.get(f"/at/{older}/en/datasets/beds").text
    assert bases_in(page) == {OLDER}
    assert older in page.split("<main")[0]
    assert current in page.split("<main")[0]
    assert bases_in(onlooker.get("/en/datasets/beds").text) == {CURRENT}
    assert "It is the current one" in onlooker.get(f"/at/{current}/en/datasets/beds").text


@pytest.mark.parametrize(
    "path",
    [
        "en/datasets/beds",
        "api/v1/datasets/beds/observations",
        "api/v1/datasets/beds/observations?format=csv",
        "api/v1/datasets",
    ],
)
def test_answers_of_two_releases_are_never_taken_for_one_another(onlooker: FlaskClient, older: str, path: str) -> None:
    pinned, latest, again = (onlooker.get(f"{tree}/{path}") for tree in (f"/at/{older}", "", f"/at/{older}"))
    assert pinned.headers["ETag"] != latest.headers["ETag"]
    assert again.data == pinned.data != latest.data
    crossed = onlooker.get(f"/{path}", headers={"If-None-Match": pinned.headers["ETag"]})
    assert crossed.status_code == 200


def test_pinned_answers_name_pinned_addresses(onlooker: FlaskClient, older: str) -> None:
    first = onlooker.get(f"/at/{older}/api/v1/datasets/beds/observations?limit=3")
    assert first.json is not None
    assert first.json["next"].startswith(f"http://localhost/at/{older}/api/v1/")
    assert bases_in(onlooker.get(first.json["next"]).text) == {OLDER}
    listed = onlooker.get(f"/at/{older}/api/v1/releases").json
    assert listed is not None
    assert [each["id"] for each in listed["releases"] if each["current"]] != [older]
    described = onlooker.get(f"/at/{older}/api/v1/openapi.json").json
    assert described is not None
    assert described["servers"] == [{"url": f"/at/{older}/"}]


def test_pinned_downloads(onlooker: FlaskClient, signed_store: tuple[Path, str, str], older: str) -> None:
    right = (signed_store[0] / older / DATA_FOLDER / "beds.csv").read_bytes()
    answer = onlooker.get(f"/at/{older}/downloads/latest/beds.csv")
    assert (answer.data, answer.headers["X-Release"]) == (right, older)
    part = onlooker.get(f"/at/{older}/downloads/latest/beds.csv", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, right[10:20])


def test_sql_is_not_pinned(onlooker: FlaskClient, older: str) -> None:
    answer = onlooker.get(f"/at/{older}/data/release")
    assert answer.status_code == 404
    assert answer.json is not None
    assert "current release" in answer.json["error"]["message"]


def test_the_citation_is_of_the_pinned_page(onlooker: FlaskClient, current: str) -> None:
    cited = f"http://localhost/at/{current}/en/datasets/beds"
    for address in ("/en/datasets/beds", f"/at/{current}/en/datasets/beds"):
        assert cited in onlooker.get(address).text.split('id="cite"')[1]


@pytest.mark.parametrize("path", ["", "/", "/en/", "/en/datasets/beds", "/x"])
@pytest.mark.parametrize("release_id", ["2020-01-01-0123456789ab", "x", "..", "%2e%2e", "en"])
def test_an_unknown_release_is_not_found(onlooker: FlaskClient, release_id: str, path: str) -> None:
    assert onlooker.get(f"/at/{release_id}{path}").status_code in (404, 308)
    assert onlooker.get(f"/at/{release_id}{path}", follow_redirects=True).status_code == 404


@pytest.mark.parametrize("path", ["", "kk/", "en/datasets/beds"])
def test_a_retired_release_is_gone_but_proves_what_it_was(
    visitor: FlaskClient, releases: Path, older: str, path: str
) -> None:
    retire(releases / older)
    page = visitor.get(f"/at/{older}/{path}", headers={"Accept-Language": "en"})
    assert page.status_code == 410
    assert f'href="/downloads/{older}/{MANIFEST_FILE}"' in page.text
    if path != "kk/":
        assert "It is out of date." in page.text
    names = ("beds.csv", "release.db", "release.zip", "anything")
    for address in (f"/at/{older}/downloads/latest/beds.csv", *(f"/downloads/{older}/{name}" for name in names)):
        answer = visitor.get(address)
        assert answer.status_code == 410
        assert answer.json is not None
    assert visitor.get(f"/api/v1/datasets?release={older}").status_code == 410
    assert visitor.get(f"/at/{older}/api/v1/datasets").status_code == 410
    manifest = visitor.get(f"/downloads/{older}/{MANIFEST_FILE}")
    assert manifest.data == (releases / older / MANIFEST_FILE).read_bytes()


def test_a_damaged_release_is_refused(visitor: FlaskClient, releases: Path, older: str) -> None:
    rewrite(releases / older / DATABASE_FILE, b"x")
    page = visitor.get(f"/at/{older}/ru/datasets/beds")
    assert (page.status_code, page.headers["Cache-Control"]) == (503, "no-store")
    assert '<html lang="ru"' in page.text
    assert visitor.get(f"/at/{older}/api/v1/datasets").status_code == 503
    assert visitor.get(f"/at/{older}/downloads/latest/release.db").status_code == 503
    assert visitor.get(f"/at/{older}/downloads/latest/beds.csv").status_code == 200


@pytest.mark.parametrize("schema", ["2", "3", "5"])
def test_a_release_of_another_schema_has_its_files(releases: Path, older: str, schema: str) -> None:
    folder = releases / older
    (releases / "trust.json").unlink()
    said = json.loads((folder / MANIFEST_FILE).read_text()) | {"schema_version": schema}
    rewrite(folder / MANIFEST_FILE, json.dumps(said).encode())
    with open_portal(releases) as visitor:
        for path in ("", "en/", "en/datasets/beds"):
            page = visitor.get(f"/at/{older}/{path}", headers={"Accept-Language": "en"})
            assert page.status_code == 200
            assert "another format" in page.text
            assert f'href="/downloads/{older}/beds.csv"' in page.text
        right = (folder / DATA_FOLDER / "beds.csv").read_bytes()
        for address in (f"/downloads/{older}/beds.csv", f"/at/{older}/downloads/latest/beds.csv"):
            assert visitor.get(address).data == right
        assert visitor.get(f"/at/{older}/api/v1/datasets").status_code == 404
        assert visitor.get(f"/api/v1/datasets?release={older}").status_code == 404


def test_releases_from_before_signatures_are_told_from_forged_ones(releases: Path, older: str) -> None:
    folder = releases / older
    (folder / SIGNATURE_FILE).unlink()
    said = json.loads((folder / MANIFEST_FILE).read_text())
    for schema, status in (("3", 200), ("4", 503), ("5", 503)):
        rewrite(folder / MANIFEST_FILE, json.dumps(said | {"schema_version": schema}).encode())
        with open_portal(releases) as visitor:
            assert visitor.get(f"/downloads/{older}/beds.csv").status_code == status


@pytest.fixture(scope="module")
def store_with_preview(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("preview")
    publish_beds(folder, OLDER)
    return folder / "releases", publish_beds(folder, CURRENT, EMBARGO)


@pytest.fixture(scope="module")
def insider(store_with_preview: tuple[Path, str]) -> Iterator[FlaskClient]:
    """Somebody who knows the secret, or does not, and changes nothing."""
    with open_portal(store_with_preview[0]) as client:
        yield client


@pytest.fixture
def guarded(store_with_preview: tuple[Path, str], tmp_path: Path) -> Path:
    return Path(shutil.copytree(store_with_preview[0], tmp_path / "releases"))


@pytest.fixture
def reader(guarded: Path) -> Iterator[FlaskClient]:
    with open_portal(guarded) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "en/",
        "kk/datasets/beds",
        "nothing",
        "api/v1/datasets/beds/observations",
        "api/v1/nothing",
        "downloads/latest/beds.csv",
        "downloads/latest/nothing",
        "static/app.css",
        "data/release",
        "health",
    ],
)
def test_every_answer_of_a_preview_is_for_nobody_else(insider: FlaskClient, path: str) -> None:
    for _time in range(2):
        answer = insider.get(f"/preview/{TOKEN}/{path}")
        assert answer.headers.getlist("Cache-Control") == ["no-store"]
        assert answer.headers.getlist("Referrer-Policy") == ["no-referrer"]
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Content-Security-Policy"]


def test_a_preview_shows_what_will_be_published(
    reader: FlaskClient, guarded: Path, store_with_preview: tuple[Path, str]
) -> None:
    shelf = reader.application.extensions["cache"]
    release_id = store_with_preview[1]
    page = reader.get(f"/preview/{TOKEN}/en/datasets/beds")
    assert bases_in(page.text) == {CURRENT}
    assert "Preview under embargo until June 5, 2026, 08:00 UTC" in page.text
    assert "canonical" not in page.text.split("</head>")[0]
    right = (guarded / PREVIEWS_FOLDER / release_id / DATA_FOLDER / "beds.csv").read_bytes()
    for place in ("latest", release_id):
        assert reader.get(f"/preview/{TOKEN}/downloads/{place}/beds.csv").data == right
    first = reader.get(f"/preview/{TOKEN}/api/v1/datasets/beds/observations?limit=3").json
    assert first is not None
    assert bases_in(reader.get(first["next"]).text) == {CURRENT}
    assert not [key for each in shelf.values() for key in each._answers]


def test_a_preview_is_listed_nowhere(insider: FlaskClient, store_with_preview: tuple[Path, str]) -> None:
    release_id = store_with_preview[1]
    store = insider.application.extensions["release_store"]
    assert release_id not in {each.id for each in store.chain()} | set(store.ids())
    for address in ("/api/v1/releases", "/health", "/en/", "/en/health", "/downloads/latest/"):
        assert release_id not in insider.get(address).text
    for address in (f"/at/{release_id}/en/", f"/downloads/{release_id}/beds.csv", f"/api/v1/releases/{release_id}"):
        assert insider.get(address).status_code == 404
    for name in (PREVIEWS_FOLDER, f"{PREVIEWS_FOLDER}/{release_id}", f"{PREVIEWS_FOLDER}%2f{release_id}"):
        assert insider.get(f"/at/{name}/en/").status_code == 404


@pytest.mark.parametrize("token", ["x", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "..", "%00", "ё"])
def test_a_wrong_secret_is_an_unknown_page(insider: FlaskClient, token: str) -> None:
    for path in ("", "en/", "en/datasets/beds", "downloads/latest/beds.csv"):
        answer = insider.get(f"/preview/{token}/{path}", headers={"Accept-Language": "en"})
        assert answer.status_code == 404
        assert "embargo" not in answer.text


def test_a_damaged_preview_is_not_shown(
    reader: FlaskClient, guarded: Path, store_with_preview: tuple[Path, str]
) -> None:
    folder = guarded / PREVIEWS_FOLDER / store_with_preview[1]
    rewrite(folder / DATA_FOLDER / "beds.csv", b"x")
    assert reader.get(f"/preview/{TOKEN}/downloads/latest/beds.csv").status_code == 503
    rewrite(folder / DATABASE_FILE, b"x")
    assert reader.get(f"/preview/{TOKEN}/en/").status_code == 503


def test_after_publication_the_secret_leads_to_the_release(
    reader: FlaskClient, guarded: Path, store_with_preview: tuple[Path, str]
) -> None:
    release_id = store_with_preview[1]
    before = reader.get(f"/preview/{TOKEN}/ru/datasets/beds")
    assert before.status_code == 200
    (guarded / "trust.json").unlink()
    (guarded / PREVIEWS_FOLDER / release_id).rename(guarded / release_id)
    (guarded / PREVIEWS_FOLDER / f"{release_id}.json").unlink()
    answer = reader.get(f"/preview/{TOKEN}/ru/datasets/beds")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/at/{release_id}/ru/datasets/beds")


@pytest.mark.parametrize("path", ["en/report", "en/subscribe", "en/", "api/v1/datasets", "health"])
def test_nothing_is_sent_from_a_preview(insider: FlaskClient, path: str) -> None:
    assert insider.post(f"/preview/{TOKEN}/{path}", data={"text": "x"}).status_code == 405


def test_a_preview_that_was_dropped_is_an_unknown_page(
    reader: FlaskClient, guarded: Path, store_with_preview: tuple[Path, str]
) -> None:
    assert reader.get(f"/preview/{TOKEN}/en/").status_code == 200
    shutil.rmtree(guarded / PREVIEWS_FOLDER / store_with_preview[1])
    (guarded / PREVIEWS_FOLDER / f"{store_with_preview[1]}.json").unlink()
    assert reader.get(f"/preview/{TOKEN}/en/").status_code == 404


def test_what_somebody_has_seen_in_a_preview_is_shown_to_nobody_else(
    insider: FlaskClient, store_with_preview: tuple[Path, str]
) -> None:
    """Whatever the portal remembers of a preview, such as what changed in it, is not taken for public."""
    prefix, waiting, seen = f"/preview/{TOKEN}", ["/en/"], set[str]()
    while waiting and len(seen) < 60:
        path = waiting.pop(0)
        answer = insider.get(f"{prefix}{path}")
        seen.add(path)
        found = _Links(answer.text).found if answer.mimetype == "text/html" else []
        own = [urlsplit(address).path.removeprefix(prefix) for _rel, address in found if address.startswith(prefix)]
        waiting += [each for each in dict.fromkeys(own) if each not in {*seen, *waiting} and "/static/" not in each]
    assert len(seen) > 30
    for path in sorted(seen):
        answer = insider.get(path)
        if store_with_preview[1] in path:
            assert answer.status_code == 404, path
        else:
            assert store_with_preview[1] not in answer.text, path
        assert CURRENT not in bases_in(answer.text), path
        assert TOKEN not in answer.text, path
