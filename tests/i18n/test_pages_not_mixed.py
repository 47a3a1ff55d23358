from __future__ import annotations

import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES
from datasets.library import Library
from etl.registry.contract import TABLES
from tests.i18n.language import KAZAKH_LETTER, UNLIKE
from tests.i18n.visible import read_page
from tests.i18n.written import written_texts

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pages_not_mixed")]

FOLDER = Path(__file__).parents[2] / "portal" / "translations"
ONES = (
    "",
    "regions/",
    "datasets/",
    "clinics/",
    "clinics/100010",
    "datasets/?q=0000",
    "datasets/?topic=coverage",
    "reconciliation",
    "reconciliation?class=all",
    "methodology",
    "protection",
    "about",
    "api",
    "releases/",
    "corrections",
    "announcements",
    "calendar",
    "feeds/",
    "keys",
    "health",
    "no-such-page",
)
#: Latin words of Kazakh and Russian pages, none of them English text.
LATIN = re.compile(
    # formats, programs, protocols and words of the API
    "api|atom|bi|cookie|crm|csv|duckdb|etag|excel|icalendar|iso|json|minisign|mit|openapi|pandas|parquet|png|postgresql|power|python|qr|range|rest|select|sha|sms|spark|sql"
    "|sqlite|suppressed|txt|utf|xlsx"
    # names of services, companies, systems and documents
    "|analytics|bank|brand|budget|covid|data|egov|facebook|forte|halyk|instagram|kaspi|kazakhstan|mibg|mobile|moody|open"
    "|qoldau|saqtandyrý|smart|survey|telegram|today|ukimet|umc"
    # credit ratings; the audit of information technology; Roman numerals
    "|ba|bb|it|[ivx]+",
    re.IGNORECASE,
)
REGISTRY_NAMES = sorted({*TABLES, *(name for table in TABLES.values() for name in table.by_name)}, key=len)[::-1]
#: Addresses, file names, digests, extracts and codes.
CODES = re.compile(
    # tables and columns of the Registry, as methods name them
    rf"\b(?:{'|'.join(REGISTRY_NAMES)})\b|"
    r"https?://\S+|/[\w/.]+|\S+\.(?:json|db|txt|csv|gz)\b|\bmeta_\w+|\b[0-9a-f]{12,}\b|\b[\d-]+-[0-9a-f]{12}\b|\bsimulated-[\d-]+|\bKZ-\d\d\b"
)
WORD = re.compile(r"[A-Za-zý]{2,}")
#: A shorter text is found as a whole only: it may be part of a text of the other language.
PHRASE = 25


@pytest.fixture(scope="module")
def pages(app: Flask, library: Library) -> dict[str, dict[str, list[str]]]:
    regions = [code.code for code in library.codelists["region"].codes if code.tile]
    paths = [*ONES, *(f"regions/{code}" for code in regions), *(f"datasets/{slug}" for slug in library.declarations)]
    client = app.test_client()
    return {
        language: {
            path: read_page(client.get(f"/{language}/{path}").get_data(as_text=True), language) for path in paths
        }
        | {"an error": read_page(client.post(f"/{language}/").get_data(as_text=True), language)}
        for language in LANGUAGES
    }


@pytest.fixture(scope="module")
def names(library: Library) -> set[str]:
    """Names of tables and columns, the same in every language."""
    columns = {column.name for declaration in library.declarations.values() for column in declaration.columns}
    return columns | set(library.declarations)


@pytest.fixture(scope="module")
def written(library: Library) -> dict[str, set[str]]:
    """Every text of the interface, the datasets and the code lists, by language."""
    texts: dict[str, set[str]] = {language: set() for language in LANGUAGES}
    for language in ("kk", "ru"):
        with (FOLDER / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
            for msgid, text in GNUTranslations(file)._catalog.items():  # type: ignore[attr-defined]
                texts[language].add(text)
                texts["en"].add(msgid if isinstance(msgid, str) else msgid[0])
    for _place, text in written_texts(library):
        for language in LANGUAGES:
            texts[language].add(text[language])
    return {language: {" ".join(text.split()) for text in found if text} for language, found in texts.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_words_of_its_language(language: str, pages: dict[str, dict[str, list[str]]]) -> None:
    for path, texts in pages[language].items():
        text = " ".join(texts)
        assert len(texts) > 20, path
        assert bool(KAZAKH_LETTER.search(text)) or language != "kk", path


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_unlike_its_language(language: str, pages: dict[str, dict[str, list[str]]]) -> None:
    found = {
        f"/{language}/{path}: {reason}: {text}"
        for path, texts in pages[language].items()
        for text in texts
        if (reason := UNLIKE[language](text))
    }
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_no_english_word_is_left(language: str, pages: dict[str, dict[str, list[str]]], names: set[str]) -> None:
    found = {
        f"/{language}/{path}: {word}: {text}"
        for path, texts in pages[language].items()
        for text in texts
        if text not in names
        for word in WORD.findall(CODES.sub(" ", text))
        if not LATIN.fullmatch(word)
    }
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_another_language_is_left(
    language: str, pages: dict[str, dict[str, list[str]]], written: dict[str, set[str]], names: set[str]
) -> None:
    foreign = set().union(*(written[each] for each in LANGUAGES if each != language)) - written[language] - names
    found = {
        f"/{language}/{path}: {text}" for path, texts in pages[language].items() for text in texts if text in foreign
    }
    whole = {path: "\n".join(texts) for path, texts in pages[language].items() if path in ONES}
    found |= {
        f"/{language}/{path}: {text}"
        for text in foreign
        if len(text) >= PHRASE
        for path in whole
        if text in whole[path]
    }
    assert not found, "\n".join(sorted(found))


def test_pages_say_their_language(client: FlaskClient) -> None:
    for language in LANGUAGES:
        assert f'<html lang="{language}"' in client.get(f"/{language}/").get_data(as_text=True)
