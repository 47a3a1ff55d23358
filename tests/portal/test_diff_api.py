"""`/api/v1/diff`, `/api/v1/releases` and the notes: pages, filters, CSV, refusals."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATABASE_FILE, LANGUAGES, MANIFEST_FILE, totals_table
from portal.factory import create_app
from tests.conftest import BufferedClient
from tests.portal.history import differences, figures, in_order
from tests.portal.recorded import unsigned_copy
from tests.portal.test_diff import _retire

DIFF = "/api/v1/diff"


def test_pages_have_every_difference_once(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    wanted = differences(*(figures(history_releases / ids[place]) for place in (0, 1)))
    address, found = f"{DIFF}?from={ids[0]}&to={ids[1]}&limit=40", []
    while address:
        answer = history_client.get(address).json
        assert (answer["from"], answer["to"], answer["release"]) == (ids[0], ids[1], ids[1])
        assert answer["count"] == len(wanted) == sum(each["figures"] for each in answer["counts"])
        found += answer["differences"]
        address = answer["next"]
    assert {(each["dataset"], each["measure"], tuple(each["keys"].values())): each["kind"] for each in found} == wanted
    assert {each["origin"] for each in found if each["dataset"] == "cases"} == {"synthetic"}
    assert {each["origin"] for each in found if each["dataset"] != "cases"} == {"official"}


def test_csv_has_what_json_has(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    query = f"?from={ids[0]}&to={ids[2]}&limit=1000"
    answer = history_client.get(f"{DIFF}{query}&format=csv")
    assert answer.headers["X-Synthetic"] == "true"
    assert answer.headers["X-Total-Count"] == "94"
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    said = history_client.get(f"{DIFF}{query}").json["differences"]
    assert len(rows) == len(said) == 94
    for row, each in zip(rows, said, strict=True):
        assert json.loads(row["keys"]) == each["keys"]
        for name in ("dataset", "origin", "measure", "kind", "from_value", "to_value", "change", "change_percent"):
            assert row[name] == ("" if each[name] is None else str(each[name]))
        assert row["reasons"].split() == [step["reason"] for step in each["reasons"]]
        assert row["releases"].split() == [step["release"] for step in each["reasons"]]
    beds = next(row for row in rows if row["dataset"] == "beds" and "KZ-71" in row["keys"])
    assert (beds["figure_en"], beds["from_value"], beds["to_value"]) == ("Beds, Astana, 2026", "10", "1000")
    assert (beds["figure_kk"], beds["figure_ru"]) == ("Төсектер, Астана қаласы, 2026", "Койки, г. Астана, 2026")
    assert (beds["reasons"], beds["corrections"], beds["change_percent"]) == ("our_error", "beds-of-astana", "9900")


def test_csv_is_whole_unless_a_page_is_asked_for(
    history_client: FlaskClient, history_releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = in_order(history_releases)
    query = f"{DIFF}?from={ids[0]}&to={ids[4]}&format=csv"
    monkeypatch.setattr("portal.api.diff._BATCH", 40)
    whole = history_client.get(query)
    lines = whole.get_data(as_text=True).splitlines()
    assert len(lines) - 1 == int(whole.headers["X-Total-Count"]) == 93
    assert len(set(lines)) == 94
    assert "Link" not in whole.headers
    page = history_client.get(f"{query}&limit=80")
    assert page.get_data(as_text=True).splitlines() == lines[:81]
    following = page.headers["Link"].removeprefix("<").split(">")[0]
    assert history_client.get(following).get_data(as_text=True).splitlines()[1:] == lines[81:]
    monkeypatch.setattr("portal.api.diff.MOST_LINES", 80)
    assert 'rel="next"' in history_client.get(query).headers["Link"]


def test_without_releases_it_is_the_last_change(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    answer = history_client.get(DIFF).json
    assert (answer["from"], answer["to"], answer["count"]) == (ids[3], ids[4], 2)
    pinned = history_client.get(f"/at/{ids[1]}{DIFF}").json
    assert (pinned["from"], pinned["to"]) == (ids[0], ids[1])
    first = history_client.get(f"{DIFF}?to={ids[0]}").json
    assert (first["from"], first["to"], first["count"], first["differences"]) == (ids[0], ids[0], 0, [])


def test_filters_choose(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    query = f"{DIFF}?from={ids[0]}&to={ids[4]}&limit=1000"
    late = history_client.get(f"{query}&reason=late_data").json
    assert late["count"] == len(late["differences"]) == 18
    assert {each["dataset"] for each in late["differences"]} == {"cases"}
    two = history_client.get(f"{query}&dataset=beds&dataset=personnel&kind=removed").json["differences"]
    assert [each["dataset"] for each in two] == ["personnel"]
    assert history_client.get(f"{query}&dataset=beds&kind=removed").json["count"] == 0


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("from=nothing", 404, "nothing"),
        ("to=nothing", 404, "nothing"),
        ("from=%2e%2e", 422, "from"),
        ("dataset=nothing", 422, "nothing"),
        ("reason=nothing", 422, "reason"),
        ("kind=hidden&kind=nothing", 422, "kind"),
        ("limit=0", 422, "limit"),
        ("release=x", 422, "release"),
        ("cursor=2020-01-01-0123456789ab.5.01234567", 409, "cursor"),
    ],
)
def test_refusals(history_client: FlaskClient, query: str, status: int, said: str) -> None:
    answer = history_client.get(f"{DIFF}?{query}")
    assert answer.status_code == status
    assert said in answer.json["error"]["message"]


def test_cursor_belongs_to_its_question(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    following = history_client.get(f"{DIFF}?from={ids[0]}&to={ids[1]}&limit=5").json["next"]
    assert history_client.get(following).status_code == 200
    assert history_client.get(f"{following}&kind=added").status_code == 409
    assert history_client.get(following.replace(ids[0], ids[2])).status_code == 409


def test_what_cannot_be_compared_is_refused(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    _retire(releases / ids[0])
    path = releases / ids[1] / MANIFEST_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": "3"}))
    app = create_app(releases)
    client = BufferedClient(app, app.response_class)
    try:
        for release, status, code in ((ids[0], 410, "gone"), (ids[1], 404, "other_schema")):
            answer = client.get(f"{DIFF}?from={release}")
            assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
            assert client.get(f"/en/diff?from={release}").status_code == 404
            assert client.get(f"/en/releases/{release}").status_code == 200
            assert client.get(f"/api/v1/releases/{release}/notes").status_code == status
        states = {each["id"]: each["state"] for each in client.get("/api/v1/releases").json["releases"]}
        assert [states[each] for each in ids] == ["retired", "other_schema", "whole", "whole", "whole"]
        notes = client.get(f"/api/v1/releases/{ids[2]}/notes").json
        assert notes["previous"] == ids[1]
        assert notes["diff"] is None
        assert notes["largest"] == []
        assert notes["counts"]
        assert "not kept any more" in notes["text"]["en"]
    finally:
        app.extensions["sql_pool"].close()


def test_releases_are_the_chain(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    listed = history_client.get("/api/v1/releases").json["releases"]
    assert [(each["id"], each["sequence"]) for each in listed] == list(zip(reversed(ids), range(5, 0, -1), strict=True))
    assert [each["previous"] for each in listed] == [*reversed(ids[:-1]), None]
    assert [each["current"] for each in listed] == [True, *4 * [False]]
    one = history_client.get(listed[1]["url"]).json
    assert one["previous"]["id"] == ids[2]
    assert one["published"] is None
    assert one["changes"] == [
        {"dataset": "personnel", "kind": "changed", "reason": "source_correction", "figures": 1, "material": 0}
    ]
    assert history_client.get(one["notes"]).json["release"] == ids[3]


def _hidden(release: Path) -> dict[str, int]:
    """Suppressed cells of `cases`, counted in the database by its columns of statuses."""
    found = {}
    with closing(sqlite3.connect(release / DATABASE_FILE)) as connection:
        for table in ("cases", totals_table("cases")):
            cursor = connection.execute(f"SELECT * FROM [{table}]")
            places = [place for place, each in enumerate(cursor.description) if each[0].endswith("_status")]
            found[table] = sum(row[place] == "suppressed" for row in cursor for place in places)
    return {"figures": sum(found.values()), "totals": found[totals_table("cases")]}


def test_notes_say_what_is_new(history_client: FlaskClient, history_releases: Path) -> None:
    ids = in_order(history_releases)
    notes = [history_client.get(f"/api/v1/releases/{each}/notes").json for each in ids]
    assert [each["previous"] for each in notes] == [None, *ids[:-1]]
    assert notes[0]["counts"] == notes[0]["largest"] == notes[0]["corrections"] == []
    assert "first release" in notes[0]["text"]["en"]
    assert notes[1]["new_periods"] == [{"dataset": "cases", "periods": ["2026-05"]}]
    assert notes[1]["hidden"] == [{"dataset": "cases", **_hidden(history_releases / ids[1])}]
    assert [each["correction"] for each in notes[2]["corrections"]] == ["beds-of-astana"]
    assert [each["announcement"] for each in notes[2]["announcements"]] == ["staff-renamed"]
    (largest,) = notes[2]["largest"]
    assert (largest["from_value"], largest["to_value"], largest["change"]) == (10, 1000, 990)
    assert notes[3]["renamed_datasets"] == [{"before": "staff", "after": "personnel"}]
    assert notes[3]["corrections"] == notes[3]["new_datasets"] == []
    assert notes[4]["new_datasets"] == ["ambulances"]
    assert history_client.get(notes[4]["diff"]).json["count"] == 2
    for each in notes:
        assert all(each["text"][language] for language in LANGUAGES)
        assert "synthetic" in each["text"]["en"]


def test_answers_are_asked_about_again(history_client: FlaskClient) -> None:
    first = history_client.get(DIFF)
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = history_client.get(DIFF, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
