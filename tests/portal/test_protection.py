"""Hidden figures: sums are read and not added up, every [c] is explained, and the release says what attacked it found."""

import gzip
import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, DATABASE_FILE, LANGUAGES, SUMMED
from datasets.library import Library
from portal.catalogue import Dataset
from portal.factory import create_app
from portal.release import Release
from portal.store import ReleaseStore
from portal.sums import Sums
from tests.conftest import BufferedClient
from tests.portal.protected import CASES, true_sum
from tests.portal.registry import MONTHS

DIMENSIONS = ("region", "period", "ownership")
FIGURES = ("cases", "cases_status", "amount_kzt", "amount_kzt_status", "mean_kzt", "mean_kzt_status", "open_cases")


@pytest.fixture
def cases(protected_release: Release) -> Dataset:
    return protected_release.catalogue.datasets["cases"]


def _totals(release: Release) -> list[dict[str, Any]]:
    return release.rows("SELECT * FROM cases_totals")


def test_figures_are_hidden_and_the_country_and_most_regions_are_shown(protected_release: Release) -> None:
    rows = protected_release.rows("SELECT * FROM cases")
    assert any(row["cases_status"] == "suppressed" for row in rows)
    shown = [row["cases"] for row in rows if row["cases"] is not None]
    assert shown and min(shown) >= 5
    assert sum(shown) < true_sum(3)


@pytest.mark.parametrize("by", [each for size in range(3) for each in combinations(DIMENSIONS, size)])
def test_sums_are_the_rows_of_the_totals(protected_release: Release, cases: Dataset, by: tuple[str, ...]) -> None:
    found = Sums(cases, by).rows(protected_release)
    expected = [
        row
        for row in _totals(protected_release)
        if all((row[name] == SUMMED) == (name not in by) for name in DIMENSIONS)
    ]
    assert [{name: row[name] for name in (*by, *FIGURES)} for row in found] == [
        {name: row[name] for name in (*by, *FIGURES)} for row in expected
    ]


def test_sums_are_of_the_true_figures(protected_release: Release, cases: Dataset) -> None:
    (country,) = Sums(cases, (), {"period": [MONTHS[-1]]}).rows(protected_release)
    assert (country["cases"], country["amount_kzt"]) == tuple(true_sum(place, period=MONTHS[-1]) for place in (3, 4))
    regions = {row["region"]: row["cases"] for row in Sums(cases, ("region",)).rows(protected_release)}
    expected = {region: true_sum(3, region=region) for region, _ownership in CASES}
    assert regions.keys() == expected.keys()
    shown = {region: count for region, count in regions.items() if count is not None}
    assert len(shown) > 1
    assert shown.items() <= expected.items()


def test_rows_that_nothing_is_summed_over_are_the_rows(protected_release: Release, cases: Dataset) -> None:
    found = Sums(cases, DIMENSIONS).rows(protected_release)
    stored = protected_release.rows("SELECT * FROM cases ORDER BY rowid")
    assert [{name: row[name] for name in (*DIMENSIONS, *FIGURES)} for row in found] == [
        {name: row[name] for name in (*DIMENSIONS, *FIGURES)} for row in stored
    ]


def test_several_codes_are_added_up_and_one_hidden_leaves_no_sum(protected_release: Release, cases: Dataset) -> None:
    (months,) = Sums(cases, (), {"period": list(MONTHS[:2])}).rows(protected_release)
    assert months["cases"] == sum(true_sum(3, period=month) for month in MONTHS[:2])
    assert months["mean_kzt"] == round(months["amount_kzt"] / months["cases"])
    assert (months["open_cases"], months["open_cases_status"]) == (None, "not_applicable")
    where = {"region": [_region(protected_release, each) for each in ("suppressed", "ok")], "period": [MONTHS[-1]]}
    (pair,) = Sums(cases, (), where).rows(protected_release)
    assert (pair["cases"], pair["cases_status"]) == (None, "suppressed")
    assert (pair["mean_kzt"], pair["mean_kzt_status"]) == (None, "suppressed")
    assert pair["open_cases_status"] in ("ok", "zero")


def test_what_is_in_no_row_of_the_totals_is_no_row(protected_release: Release, cases: Dataset) -> None:
    assert Sums(cases, (), {"region": ["KZ-11"]}).rows(protected_release) == []


def _text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def _seen(html: str) -> str:
    return " ".join(
        re.sub(r"<[^>]+>", " ", re.sub(r'<span class="govuk-visually-hidden">.*?</span>', "", html)).split()
    )


def _region(release: Release, status: str) -> str:
    """A region whose figure of the latest month has this status."""
    (code, *_others) = [
        row["region"]
        for row in _totals(release)
        if (row["period"], row["ownership"], row["cases_status"]) == (MONTHS[-1], SUMMED, status)
        and row["region"] != SUMMED
    ]
    return str(code)


def test_region_says_why_a_figure_is_hidden(protected_client: FlaskClient, protected_release: Release) -> None:
    reason = "[c]: the figure is hidden because fewer than 5 persons stand behind it, or because it would reveal such a figure."
    text = _text(protected_client, f"/en/regions/{_region(protected_release, 'suppressed')}")
    assert f"There were [c] cases for [c]. {reason}" in text
    known = _region(protected_release, "ok")
    shown = _text(protected_client, f"/en/regions/{known}")
    assert reason not in shown
    assert f"There were {true_sum(3, region=known, period=MONTHS[-1])} cases" in shown


def test_share_of_the_country_is_of_its_published_sum(
    protected_client: FlaskClient, protected_release: Release
) -> None:
    known = _region(protected_release, "ok")
    ranks = _text(protected_client, f"/en/regions/{known}").split('id="cases-ranks"')[1].split("</table>")[0]
    (row, *_others) = re.findall(r"<tr.*?</tr>", ranks.split("<tbody")[1], re.DOTALL)
    own = true_sum(3, region=known, period=MONTHS[-1])
    assert _seen(row) == f"Cases {own} [c] {100 * own / true_sum(3, period=MONTHS[-1]):.1f}%"


def test_home_has_the_published_sum(protected_client: FlaskClient) -> None:
    stats = re.findall(r'<li class="app-stat">.*?</li>', _text(protected_client, "/en/"), re.DOTALL)
    assert any(f'app-value">{true_sum(3, period=MONTHS[-1])}<' in each for each in stats)


def test_sum_of_a_hidden_region_leads_to_the_reason(protected_client: FlaskClient, protected_release: Release) -> None:
    text = _text(protected_client, f"/ru/regions/{_region(protected_release, 'suppressed')}")
    (stat,) = [
        each for each in re.findall(r'<li class="app-stat">.*?</li>', text, re.DOTALL) if "/ru/datasets/cases" in each
    ]
    assert "[c]" in _seen(stat)
    assert 'href="/ru/protection"' in stat


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_a_dataset(protected_client: FlaskClient, library: Library, language: str) -> None:
    text = _text(protected_client, f"/{language}/datasets/cases")
    legend = text.split('id="table"')[1].split('<ul class="app-legend"')[1].split("</ul>")[0]
    assert f'href="/{language}/protection"' in legend
    policy = library.policies["persons"].reason[language]
    section = text.split('id="protection"')[1].split("<h2")[0]
    assert policy in section
    assert "Open cases are no persons." not in section  # the reason for one measure is not the policy's
    assert "/downloads/latest/cases_totals.csv" in section
    assert f'href="/{language}/protection"' not in text.split('id="table"')[0].split("<main")[0]
    foot = _seen(text.split("<tfoot>")[1].split("</tfoot>")[0])
    assert str(true_sum(3)) in foot


def test_filtered_table_has_the_sum_of_its_rows(protected_client: FlaskClient) -> None:
    text = _text(protected_client, "/en/datasets/cases?region=KZ-71&ownership=state")
    assert f"Sum of all rows, hidden ones included {true_sum(3, region='KZ-71', ownership='state')}" in _seen(
        text.split("<tfoot>")[1].split("</tfoot>")[0]
    )
    assert "<tfoot>" not in _text(
        protected_client, f"/en/datasets/cases?region=KZ-71&ownership=state&period={MONTHS[0]}"
    )


@pytest.mark.parametrize(
    ("language", "words"),
    {
        "kk": "{} көрсеткіш адамдарды қорғау үшін жасырылған.",
        "ru": r"{} показател(ь скрыт|я скрыты|ей скрыты), чтобы защитить людей.",
        "en": r"{} figures? (is|are) hidden to protect persons.",
    }.items(),
)
def test_charts_and_maps_say_how_many_figures_are_hidden(
    protected_client: FlaskClient, protected_release: Release, language: str, words: str
) -> None:
    hidden = protected_release.rows(
        "SELECT count(*) AS n FROM cases WHERE period = ? AND ownership = 'private' AND cases_status = 'suppressed'",
        (MONTHS[-1],),
    )[0]["n"]
    assert hidden
    text = _text(protected_client, f"/{language}/datasets/cases")
    line, stacked, tiles, bars = re.findall(r'<figure class="app-(?:chart|tile-map)".*?</figure>', text, re.DOTALL)
    for figure in (tiles, bars):
        assert re.search(f">{words.format(hidden)}<", figure)
    assert not re.search(words.format("[0-9]+"), line)
    assert len(re.findall(r'class="app-tile app-tile--hidden"', tiles)) == hidden
    assert "swatch--hidden" in tiles
    traces = [
        json.loads(re.findall(r'type="application/json">(.*?)</script>', each, re.DOTALL)[0])["data"]
        for each in (line, stacked, bars)
    ]
    assert traces[0][0]["y"] == [true_sum(3, period=month) for month in MONTHS]
    assert any(None in each["x"] for each in traces[1])
    assert traces[2][0]["x"].count(None) == hidden


def test_lowest_of_a_chart_with_hidden_figures_is_the_lowest_shown(protected_client: FlaskClient) -> None:
    text = _text(protected_client, "/en/datasets/cases")
    assert "Of the figures shown, highest: " in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_protection(protected_client: FlaskClient, protected_release: Release, language: str) -> None:
    text = _text(protected_client, f"/{language}/protection")
    audit = json.loads((protected_release.folder / AUDIT_FILE).read_text(encoding="utf-8"))
    (coverage,) = audit["datasets"]
    row = _seen(re.findall(r"<tr.*?</tr>", text.split('id="coverage"')[1].split("<tbody")[1], re.DOTALL)[0])
    for figure in (coverage["published"], coverage["hidden"], coverage["narrowest"]):
        assert f" {figure} " in f"{row} "
    assert str(audit["unknowns"]) in _seen(text.split('id="audit"')[1])
    for name in (DATABASE_FILE, AUDIT_FILE, CERTIFICATES_FILE):
        assert f"/downloads/latest/{name}" in text
        assert f"/downloads/{protected_release.id}/{name}" in text
    assert "python -m etl audit release.db" in text
    for page in ("about", "methodology", ""):
        assert f'href="/{language}/protection"' in _text(protected_client, f"/{language}/{page}")


def test_release_without_protected_datasets_says_so(registry_client: FlaskClient) -> None:
    text = _text(registry_client, "/en/protection")
    assert "nothing in it is hidden" in text
    assert 'id="coverage"' not in text
    assert 'id="protection"' not in _text(registry_client, "/en/datasets/visits")


def _copied(release: Release, folder: Path, audit: str | None) -> BufferedClient:
    """A portal over the release with another audit, or with none."""
    target = folder / release.id
    target.mkdir()
    said = json.loads((release.folder / "manifest.json").read_text(encoding="utf-8"))
    said["files"] = [each for each in said["files"] if audit is not None or each["path"] != AUDIT_FILE]
    (target / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    (target / "data").symlink_to(release.folder / "data")
    (target / DATABASE_FILE).hardlink_to(release.folder / DATABASE_FILE)
    if audit is not None:
        (target / AUDIT_FILE).write_text(audit, encoding="utf-8")
    (folder / "CURRENT").write_text(release.id)
    app = create_app(folder)
    return BufferedClient(app, app.response_class)


def test_protected_release_without_an_audit_says_that_it_is_not_there(
    protected_release: Release, tmp_path: Path
) -> None:
    client = _copied(protected_release, tmp_path, None)
    try:
        assert ReleaseStore(tmp_path).current().audit is None
        for path in ("protection", "datasets/cases"):
            text = _text(client, f"/en/{path}")
            assert "The result of the attack is not among the files of this release." in text
            assert "No hidden figure can be worked out" not in text
        said = client.get("/api/v1/protection").get_json()
        assert (said["outcome"], said["audit"], said["datasets"][0]["protection"]["coverage"]) == (None, None, None)
    finally:
        client.application.extensions["sql_pool"].close()


def test_audit_that_is_not_the_manifests_is_not_believed(protected_release: Release, tmp_path: Path) -> None:
    audit = (protected_release.folder / AUDIT_FILE).read_text(encoding="utf-8").replace('"breach', '"breach ')
    client = _copied(protected_release, tmp_path, audit)
    try:
        assert client.get("/en/protection").status_code == 503
        assert client.get("/api/v1/protection").status_code == 503
        assert client.get("/en/datasets/beds").status_code == 200
    finally:
        client.application.extensions["sql_pool"].close()


def test_a_release_that_fails_says_so(protected_release: Release) -> None:
    from dataclasses import replace

    from portal.pages.protection import verdict

    assert protected_release.audit is not None
    with create_app(protected_release.folder.parent).test_request_context("/en/protection"):
        passed = verdict(protected_release.audit)
        assert passed.startswith("No hidden figure can be worked out")
        for outcome in ("breach", "undecided"):
            assert "not proved" in verdict(replace(protected_release.audit, outcome=outcome))


def test_files_of_the_audit_are_downloads(protected_client: FlaskClient, protected_release: Release) -> None:
    for name, kind in ((AUDIT_FILE, "application/json"), (CERTIFICATES_FILE, "application/gzip")):
        latest = protected_client.get(f"/downloads/latest/{name}")
        assert latest.data == (protected_release.folder / name).read_bytes()
        assert latest.content_type == kind
        assert "Content-Encoding" not in latest.headers
        assert latest.headers["X-Synthetic"] == "true"
        pinned = protected_client.get(f"/downloads/{protected_release.id}/{name}")
        assert pinned.headers["Cache-Control"] == "public, max-age=86400"
    certificates = json.loads(gzip.decompress(protected_client.get(f"/downloads/latest/{CERTIFICATES_FILE}").data))
    assert certificates["release"] == protected_release.id


def test_totals_are_a_file_of_the_dataset(protected_client: FlaskClient, protected_release: Release) -> None:
    answer = protected_client.get("/downloads/latest/cases_totals.csv")
    assert answer.headers["X-Synthetic"] == "true"
    assert len(answer.get_data(as_text=True).splitlines()) == 1 + len(_totals(protected_release))
    assert (
        "/downloads/latest/cases_totals.csv" in _text(protected_client, "/en/datasets/cases").split('id="downloads"')[1]
    )
    assert "beds_totals" not in _text(protected_client, "/en/datasets/beds")


def test_in_the_api(protected_client: FlaskClient, protected_release: Release) -> None:
    rows = protected_client.get("/api/v1/datasets/cases/observations?limit=1000").get_json()["rows"]
    assert {row["cases"] for row in rows if row["cases_status"] == "suppressed"} == {None}
    said = protected_client.get("/api/v1/protection").get_json()
    audit = json.loads((protected_release.folder / AUDIT_FILE).read_text(encoding="utf-8"))
    assert {name: said[name] for name in ("release", "outcome", "earlier", "unknowns", "equations", "statement")} == {
        name: audit[name] for name in ("release", "outcome", "earlier", "unknowns", "equations", "statement")
    }
    (dataset,) = said["datasets"]
    coverage = dataset["protection"].pop("coverage")
    assert coverage.items() <= audit["datasets"][0].items()
    rules = json.loads(
        protected_release.rows("SELECT protection_json AS j FROM meta_dataset WHERE slug = 'cases'")[0]["j"]
    )
    assert rules.items() <= dataset["protection"].items()
    document = protected_client.get(f"/api/v1/datasets/cases?release={protected_release.id}").get_json()
    assert document["protection"] == dataset["protection"] | {"coverage": coverage}
    assert "totals_csv" in {file["format"] for file in document["files"]}
    beds = protected_client.get("/api/v1/datasets/beds").get_json()
    assert beds["protection"] is None
    assert "totals_csv" not in {file["format"] for file in beds["files"]}
    assert [each["kind"] for each in said["relations"]] == ["ratio"]


def test_in_visitor_sql(protected_client: FlaskClient) -> None:
    page = _text(protected_client, "/data/release/cases")
    assert "SUM leaves them out" in page
    assert "cases_totals" in page
    totals = _text(protected_client, "/data/release/cases_totals")
    assert "The published sums of cases" in totals
    assert 'href="/data/release/cases_totals"' in _text(protected_client, "/data/release")
    (row,) = protected_client.get(
        "/data/release.json?sql=select+cases+from+cases_totals+where+region='*'+and+period='*'+and+ownership='*'&_shape=array"
    ).get_json()
    assert row["cases"] == true_sum(3)
