"""Simulated figures can be taken for no others: wherever one stands, words beside it say what it is."""

import json
import re

import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES

MARKS = {"kk": "Синтетикалық деректер", "ru": "Синтетические данные", "en": "Synthetic data"}


def _page(client: FlaskClient, language: str, path: str) -> str:
    answer = client.get(f"/{language}/{path}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _main(text: str) -> str:
    return text.split("<main")[1].split("</main>", maxsplit=1)[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "path", ["", "datasets/", "datasets/beds", "datasets/visits", "clinics/", "regions/KZ-79", "api"]
)
def test_every_page_has_the_banner(registry_client: FlaskClient, language: str, path: str) -> None:
    text = _page(registry_client, language, path)
    assert text.index("app-synthetic") < text.index("<main")
    assert MARKS[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_a_dataset(registry_client: FlaskClient, language: str) -> None:
    text, mark = _page(registry_client, language, "datasets/visits"), MARKS[language]
    assert f"<title>{mark}: " in text
    assert f'name="description" content="{mark}. ' in text
    said = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)[0])
    assert said["name"].startswith(f"[{mark}] ")
    assert said["description"].startswith(f"[{mark}] ")
    assert f"[{mark}] " in text.split('id="cite"')[1]
    assert mark in re.findall(r"<caption.*?</caption>", text.split('id="table"')[1], re.DOTALL)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_and_maps(registry_client: FlaskClient, language: str) -> None:
    text, mark = _main(_page(registry_client, language, "datasets/visits")), MARKS[language]
    titles = re.findall(r'<h2 class="app-chart__title".*?</h2>', text, re.DOTALL)
    assert len(titles) == 4
    assert all(mark in title for title in titles)
    figures = [
        json.loads(each) for each in re.findall(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    ]
    assert [each["synthetic"] for each in figures] == [True] * 3
    assert mark.upper() in re.findall(r'app-tile-map__watermark"[^>]*>([^<]*)<', text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_official_figures_carry_no_mark(registry_client: FlaskClient, language: str) -> None:
    text = _page(registry_client, language, "datasets/beds")
    assert MARKS[language] not in _main(text)
    assert MARKS[language] not in text.split("<title>")[1].split("</title>")[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["", "regions/KZ-79", "clinics/101"])
def test_big_numbers(registry_client: FlaskClient, language: str, path: str) -> None:
    numbers = re.findall(r'<li class="app-stat">.*?</li>', _page(registry_client, language, path), re.DOTALL)
    assert numbers
    assert all(MARKS[language] in number for number in numbers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_region_parts_official_from_simulated(registry_client: FlaskClient, language: str) -> None:
    text = _main(_page(registry_client, language, "regions/KZ-79"))
    official, simulated = text.split('id="from-official"')[1].split('id="from-synthetic"')
    assert "datasets/beds" in official
    assert "datasets/visits" not in official
    assert "datasets/beds" not in simulated
    for slug in ("visits", "organisations"):
        heading = simulated.split(f'id="{slug}-title"')[1].split("</div>")[0]
        assert MARKS[language] in heading, slug


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_search_finds(registry_client: FlaskClient, language: str) -> None:
    text = _main(_page(registry_client, language, "datasets/?q=visits"))
    assert MARKS[language] in text.split('href="/' + language + '/datasets/visits"')[1].split("</li>")[0]
    clinics = _main(_page(registry_client, language, "datasets/?q=clinic"))
    assert MARKS[language] in re.findall(r"<h3.*?</h3>", clinics, re.DOTALL)[0]


def test_region_says_the_sum_of_the_latest_month(registry_client: FlaskClient) -> None:
    text = _page(registry_client, "en", "regions/KZ-79").replace("\u00a0", " ")
    assert "There were 1,584 visits, 49.9% of them confirmed." in text
    assert "May 2026" in text.split("There were 1,584 visits")[1][:200]


def test_region_without_a_row_in_the_latest_month_has_nought_and_no_sentence(registry_client: FlaskClient) -> None:
    text = _main(_page(registry_client, "en", "regions/KZ-10"))
    assert "There were" not in text
    stat = re.findall(r'<li class="app-stat">.*?</li>', text, re.DOTALL)[-2]
    assert ">Visits<" in stat
    assert '<span class="app-value">0</span>' in stat


def test_how_it_is_computed(registry_client: FlaskClient) -> None:
    text = _main(_page(registry_client, "en", "datasets/visits"))
    assert "-- visits &amp; &lt;more&gt;\nSELECT 1</code>" in text
    assert "100 × Verified ÷ Visits" in text
    assert "half up to 1 decimal place" in text
    assert re.search(r"<code>policy</code></dt><dd[^>]*>all rows until the end of the month", text)
    for shown in ("extract-1", "Simulated extract of the Registry (synthetic data)", "May 31, 2026"):
        assert shown in text
    assert "The SELECT" not in _page(registry_client, "en", "datasets/beds")


def test_line_chart_names_short_months_and_few_lines(registry_client: FlaskClient) -> None:
    for language, months in {
        "en": ["Mar 2026", "Apr 2026", "May 2026"],
        "ru": ["март 2026 г.", "апр. 2026 г.", "май 2026 г."],
        "kk": ["2026 ж. нау.", "2026 ж. сәу.", "2026 ж. мам."],
    }.items():
        text = _page(registry_client, language, "datasets/visits")
        lines, share = (
            json.loads(each)["data"]
            for each in re.findall(r'type="application/json">(.*?)</script>', text, re.DOTALL)[:2]
        )
        assert [name.replace("\u202f", " ") for name in lines[0]["x"]] == months
        assert len(lines) == 8
        assert len(share) == 1
    assert "The 8 largest of 20 are drawn; the table has all." in _page(registry_client, "en", "datasets/visits")


def test_sql_and_api_say_it_too(registry_client: FlaskClient) -> None:
    answer = registry_client.get("/api/v1/datasets/visits/observations?limit=1").get_json()
    assert answer["synthetic"] is True
    assert registry_client.get("/api/v1/datasets/visits/observations?limit=1").headers["X-Synthetic"] == "true"
    assert "synthetic" in registry_client.get("/downloads/latest/visits.csv").get_data(as_text=True).splitlines()[1]
