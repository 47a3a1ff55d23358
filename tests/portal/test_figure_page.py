"""The page and the answer on one figure: what it was in every release, and nothing that is hidden or withdrawn."""

from __future__ import annotations

import html
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATABASE_FILE, LANGUAGES, MANIFEST_FILE
from portal import history
from portal.factory import create_app
from portal.release import Release
from tests.conftest import BufferedClient
from tests.portal.history import figures, in_order
from tests.portal.manifests import restate

BED = {"measure": "beds", "region": "KZ-71", "period": "2026"}
CASE = {"measure": "cases", "region": "KZ-71", "period": "2026-04", "ownership": "private"}


def _page(client: FlaskClient, slug: str, keys: dict[str, str], language: str = "en", root: str = "") -> str:
    answer = client.get(f"{root}/{language}/datasets/{slug}/figure?{urlencode(keys)}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _rows(text: str) -> list[list[str]]:
    """The table of releases as a reader sees it, without what only screen readers hear."""
    table = text.split('id="releases"')[1].split("<tbody")[1].split("</tbody>", maxsplit=1)[0]
    table = re.sub(r'<span class="govuk-visually-hidden">.*?</span>', "", table)
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    return [[_seen(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]


def _seen(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


@contextmanager
def _portal(releases: Path) -> Iterator[FlaskClient]:
    app = create_app(releases)
    yield BufferedClient(app, app.response_class)
    app.extensions["sql_pool"].close()


@pytest.fixture
def copied(history_releases: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(history_releases, tmp_path / "releases"))


def _change(release: Path, statement: str) -> None:
    """Change a release's database as a withdrawal does, and what its manifest says of it."""
    with closing(sqlite3.connect(release / DATABASE_FILE)) as connection:
        connection.execute(statement)
        connection.commit()
    restate(release, DATABASE_FILE)


def test_page_has_the_figure_in_every_release(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    rows = _rows(_page(history_client, "beds", BED))
    assert [row[0] for row in rows] == ids[::-1]
    assert [row[2] for row in rows] == ["10", "1,000", "1,000", "10", "10"]
    assert [row[3] for row in rows] == ["−990 (−99%)", "–", "+990 (+9,900%)", "–", "first published"]
    assert [row[4] for row in rows] == ["Correction by the source", "", "Our error", "", ""]


def test_reason_leads_to_its_correction(history_client: FlaskClient) -> None:
    assert 'href="/en/corrections#beds-of-astana"' in _page(history_client, "beds", BED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_present_value_stands_beside_the_first(
    history_client: FlaskClient, history_releases: Path, language: str
) -> None:
    ids = in_order(history_releases)
    text = _page(history_client, "beds", BED, language, f"/at/{ids[2]}")
    summary = _seen(text.split('id="history-chart-summary">')[1].split("</p>")[0])
    assert re.search(rf"10\b.*{ids[0]}.*1.000.*\+990", summary)


def test_figure_that_came_back_is_not_called_unchanged(history_client: FlaskClient) -> None:
    assert "was another one in between" in _seen(_page(history_client, "beds", BED))


def test_pinned_page_ends_with_its_release(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    text = _page(history_client, "beds", BED, root=f"/at/{ids[2]}")
    assert [row[0] for row in _rows(text)] == ids[2::-1]
    assert f"/at/{ids[2]}/en/datasets/beds/figure?measure=beds&amp;region=KZ-71" in text


def test_citation_has_the_pinned_address(history_client: FlaskClient, history_releases: Path) -> None:
    address = f"/at/{in_order(history_releases)[-1]}/en/datasets/beds/figure?{urlencode(BED)}"
    assert address in html.unescape(_page(history_client, "beds", BED))
    assert history_client.get(address).status_code == 200


def test_history_goes_back_through_other_names(history_client: FlaskClient) -> None:
    rows = _rows(_page(history_client, "personnel", {"measure": "staff", "region": "KZ-71", "period": "2026"}))
    assert [row[2] for row in rows] == ["12.3", "12.3", "12.5", "12.5", "12.3"]


def test_answer_is_what_the_files_say(history_client: FlaskClient, history_releases: Path) -> None:
    """Every figure of a dataset, in every release, against a reading that shares no code with the portal's."""
    ids = in_order(history_releases)
    read = [figures(history_releases / each) for each in ids]
    wanted = {key for found in read for key in found if key[0] == "cases" and "*" not in key[2]}
    assert len(wanted) > 80
    for slug, measure, keys in sorted(wanted)[::7]:
        named = dict(zip(("region", "period", "ownership"), keys, strict=True))
        answer = history_client.get(f"/api/v1/datasets/{slug}/history?{urlencode({'measure': measure, **named})}").json
        found = [(each["status"], each["value"]) for each in answer["history"]]
        assert found == [each.get((slug, measure, keys), (None, None)) for each in read]
        assert [each["release"] for each in answer["history"]] == ids


def test_csv_has_the_same_rows(history_client: FlaskClient) -> None:
    address = f"/api/v1/datasets/beds/history?{urlencode(BED)}"
    answer = history_client.get(f"{address}&format=csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="beds_beds_history.csv"'
    lines = answer.get_data(as_text=True).splitlines()
    assert [line.split(",")[4] for line in lines[1:]] == ["10", "10", "1000", "1000", "10"]
    assert lines[3].endswith("changed,our_error,beds-of-astana")
    again = history_client.get(f"{address}&format=csv", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_hidden_figure_is_hidden_everywhere(history_client: FlaskClient) -> None:
    text = _page(history_client, "cases", CASE)
    assert {row[2] for row in _rows(text)} == {"[c]"}
    assert "first published as" not in _seen(text).lower()
    assert "history-chart" not in text
    answer = history_client.get(f"/api/v1/datasets/cases/history?{urlencode(CASE)}").json
    assert {each["value"] for each in answer["history"]} == {None}


def test_withdrawn_figure_is_gone_from_all_releases(copied: Path) -> None:
    with _portal(copied) as client:
        assert "1,000" in _page(client, "beds", BED)
        for release in in_order(copied):
            _change(copied / release, "UPDATE beds SET beds = NULL, beds_status = 'withdrawn' WHERE region = 'KZ-71'")
        text = _page(client, "beds", BED)
        assert {row[2] for row in _rows(text)} == {"[w]"}
        assert "1,000" not in text
        assert "history-chart" not in text
        assert "1000" not in client.get(f"/api/v1/datasets/beds/history?{urlencode(BED)}").get_data(as_text=True)


def _retire(release: Path) -> None:
    for path in release.iterdir():
        if path.name != MANIFEST_FILE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    said = {"release": release.name, "at": "2026-11-01T00:00:00Z", "reason": dict.fromkeys(LANGUAGES, "Old")}
    (release / "retired.json").write_text(json.dumps(said))


def _age(release: Path) -> None:
    path = release / MANIFEST_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": "3"}))


def _damage(release: Path) -> None:
    with (release / DATABASE_FILE).open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff" * 100)


@pytest.mark.parametrize(
    ("harm", "cell", "sentence"),
    [
        (_retire, "release retired", "Retired releases keep"),
        (_age, "another release format", "Releases of another format"),
        (_damage, "cannot be read", "cannot be verified"),
    ],
)
def test_release_that_cannot_be_read_is_told_of(
    copied: Path, harm: Callable[[Path], None], cell: str, sentence: str
) -> None:
    ids = in_order(copied)
    harm(copied / ids[2])
    with _portal(copied) as client:
        text = _page(client, "beds", BED)
        assert [row[2] for row in _rows(text)] == ["10", "1,000", cell, "10", "10"]
        assert sentence in _seen(text)
        assert client.get(f"/api/v1/datasets/beds/history?{urlencode(BED)}").status_code == 200


def test_page_over_a_single_release(registry_client: FlaskClient, registry_release: Release) -> None:
    record = registry_release.rows("SELECT * FROM visits LIMIT 1")[0]
    keys = {name: record[name] for name in ("region", "period", "ownership")}
    text = _page(registry_client, "visits", {"measure": "verified_share", **keys})
    (row,) = _rows(text)
    assert row[0] == registry_release.id
    assert "history-chart" not in text
    assert "100 × Verified ÷ Visits" in _seen(text)
    for part in ("visits", "verified"):
        assert f'figure?{urlencode({"measure": part, **keys})}"' in html.unescape(text)


@pytest.mark.parametrize("slug", ["cases", "beds"])
def test_every_number_of_a_table_leads_to_its_page(history_client: FlaskClient, slug: str) -> None:
    text = history_client.get(f"/en/datasets/{slug}").get_data(as_text=True).split('id="table"')[1].split("</table>")[0]
    links = re.findall(r'<a class="app-figure-link" rel="nofollow" href="([^"]*)">(.*?)</a>', text, re.DOTALL)
    assert len(links) > 3
    for href, shown in links[:: max(1, len(links) // 20)] + links[-1:]:
        page = history_client.get(html.unescape(href))
        assert page.status_code == 200
        assert _seen(shown).split(" ")[0] == _rows(page.get_data(as_text=True))[0][2].split(" ")[0]
    assert ("region=%2A" in links[-1][0]) == (slug == "cases")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "measure=beds",
        "measure=beds&region=KZ-71",
        "measure=nothing&region=KZ-71&period=2026",
        "measure=region&region=KZ-71&period=2026",
        "measure=beds&region=*&period=2026",
        "measure=beds&region=KZ-99&period=2026",
        "measure=beds&region=%27%20OR%201=1--&period=2026",
        "measure=beds&region=%00&period=%ff",
        f"measure=beds&region=KZ-71&period={'9' * 5000}",
    ],
)
def test_figure_that_is_not_is_not_found(history_client: FlaskClient, query: str) -> None:
    assert history_client.get(f"/en/datasets/beds/figure?{query}").status_code == 404
    answer = history_client.get(f"/api/v1/datasets/beds/history?{query}")
    assert answer.status_code in (404, 422)
    assert answer.json["error"]["remedy"]
    assert history_client.get("/en/datasets/nothing/figure").status_code == 404


@pytest.mark.parametrize("more", ["region=KZ-75", "sort=beds", "limit=5"])
def test_answer_refuses_what_it_does_not_know(history_client: FlaskClient, more: str) -> None:
    assert history_client.get(f"/api/v1/datasets/beds/history?{urlencode(BED)}&{more}").status_code == 422


def test_release_is_read_once(history_releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    true = history.open_database

    def count(store: object, edition: object) -> sqlite3.Connection:
        opened.append(edition.id)  # type: ignore[attr-defined]
        return true(store, edition)  # type: ignore[arg-type]

    monkeypatch.setattr(history, "open_database", count)
    with _portal(history_releases) as client:
        _page(client, "beds", BED)
        first = len(opened)
        _page(client, "beds", BED, "ru")
        assert len(opened) == first >= 5


def test_page_stays_as_it_is_while_nothing_changes(history_client: FlaskClient) -> None:
    address = f"/en/datasets/beds/figure?{urlencode(BED)}"
    first = history_client.get(address)
    again = history_client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert f'rel="canonical" href="http://localhost{html.escape(address)}"' in first.get_data(as_text=True)
    assert f'hreflang="ru" href="http://localhost{html.escape(address.replace("/en/", "/ru/"))}"' in first.get_data(
        as_text=True
    )


def test_history_begins_where_the_figure_does(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    keys = {"measure": "cases", "region": "KZ-71", "period": "2026-05", "ownership": "*"}
    rows = _rows(_page(history_client, "cases", keys))
    assert [row[0] for row in rows] == ids[:0:-1]
    assert rows[-1][3] == "first published"
    answer = history_client.get(f"/api/v1/datasets/cases/history?{urlencode(keys)}").json
    assert answer["history"][0]["state"] == "no_row"


def test_what_came_before_a_retired_release_is_not_known(copied: Path) -> None:
    ids = in_order(copied)
    _retire(copied / ids[0])
    with _portal(copied) as client:
        rows = _rows(_page(client, "beds", BED))
    assert [row[2] for row in rows][-2:] == ["10", "release retired"]
    assert "first published" not in {row[3] for row in rows}


def test_pinned_page_tells_of_later_errata(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    text = _page(history_client, "beds", BED, root=f"/at/{ids[1]}")
    said = [_seen(each) for each in re.findall(r'<div class="govuk-inset-text">(.*?)</div>', text, re.DOTALL)]
    assert len(said) == 2
    assert ids[2] in said[0]
    assert "1,000. Why: Our error" in said[0]
    assert ids[4] in said[1]
    assert "10. Why: Correction by the source" in said[1]
    assert "corrections#beds-of-astana" in text
    assert "A later release" not in _page(history_client, "beds", BED)


def test_withdrawn_figure_says_when_and_why(copied: Path) -> None:
    first = copied / in_order(copied)[0]
    reasons = ", ".join(f"reason_{language}" for language in LANGUAGES)
    _change(first, "UPDATE beds SET beds = NULL, beds_status = 'withdrawn' WHERE region = 'KZ-71'")
    _change(
        first,
        f"INSERT INTO meta_redaction (position, redaction, date, dataset, measure, keys_json, cause, {reasons}) "
        """VALUES (0, 'gone', '2026-06-25', 'beds', 'beds', '["KZ-71", "2026"]', 'asked', 'a', 'b', 'It was wrong.')""",
    )
    manifest = json.loads((first / MANIFEST_FILE).read_text(encoding="utf-8"))
    (first / MANIFEST_FILE).write_text(json.dumps(manifest | {"redactions": "0" * 64}), encoding="utf-8")
    with _portal(copied) as client:
        text = _page(client, "beds", BED)
    assert "Withdrawn on June 25, 2026: It was wrong." in _seen(text)
    assert 'href="/en/corrections#gone"' in text
    assert _rows(text)[-1][4] == "Withdrawn after publication"


def test_citation_of_a_sum_over_months_says_so(history_client: FlaskClient) -> None:
    text = _page(history_client, "cases", CASE | {"period": "*"})
    assert "all months." in _seen(text.split('class="app-cite"')[1])
