from __future__ import annotations

import re

import pytest

from datasets.contract import LANGUAGES
from datasets.language import LanguageMap
from datasets.library import Library
from tests.i18n.language import CYRILLIC_BESIDE_LATIN, CYRILLIC_WORD, UNLIKE
from tests.i18n.written import written_texts

#: Quotation marks and dashes of a typewriter, doubled spaces, spaces before a mark; a formula may hold a minus.
UNTYPED = re.compile(r'"| {2}| [,;:!?](?!\w)|\( | \)| - ')
PLACEHOLDER = re.compile(r"\{\w+\}")
#: A Kazakh text of this many words is never the Russian one letter for letter.
SAME = 4
#: Ends that already have their full stop, or get it from what stands there.
ABBREVIATED = ("чел.", "ед.", "п. п.", "}")


@pytest.fixture(scope="module")
def texts(library: Library) -> list[tuple[str, LanguageMap]]:
    found = list(written_texts(library))
    assert len(found) > 1000
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_in_their_language(language: str, texts: list[tuple[str, LanguageMap]]) -> None:
    found = [f"{place}: {why}: {text[language]}" for place, text in texts if (why := UNLIKE[language](text[language]))]
    assert not found, "\n".join(found)


def test_no_word_mixes_latin_and_cyrillic_letters(texts: list[tuple[str, LanguageMap]]) -> None:
    found = [
        f"{place}: {spoken[0]}: {text[language]}"
        for place, text in texts
        for language in LANGUAGES
        if (spoken := CYRILLIC_BESIDE_LATIN.search(text[language]))
    ]
    assert not found, "\n".join(found)


def test_kazakh_is_not_a_copy_of_russian(texts: list[tuple[str, LanguageMap]]) -> None:
    found = [
        f"{place}: {text['kk']}"
        for place, text in texts
        if text["kk"] == text["ru"] and len(CYRILLIC_WORD.findall(text["kk"])) >= SAME
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_texts_are_typeset(language: str, texts: list[tuple[str, LanguageMap]]) -> None:
    found = [f"{place}: {text[language]}" for place, text in texts if UNTYPED.search(text[language])]
    assert not found, "\n".join(found)


def test_placeholders_are_the_same_in_every_language(texts: list[tuple[str, LanguageMap]]) -> None:
    for place, text in texts:
        names = [sorted(PLACEHOLDER.findall(text[language])) for language in LANGUAGES]
        assert names[0] == names[1] == names[2], place


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_sentences_end_alike(language: str, texts: list[tuple[str, LanguageMap]]) -> None:
    found = [
        f"{place}: {text[language]}"
        for place, text in texts
        if text[language].endswith(".") != text["en"].endswith(".") and not text[language].endswith(ABBREVIATED)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("kk", "Число договоров в регионах"),
        ("kk", "Договоры закупки медицинских услуг, заключённые Фондом, представлены ниже отдельно таблицами"),
        ("ru", "Шарттардың саны"),
        ("ru", "Число шарттар өңірлер"),
        ("en", "Число contracts"),
    ],
)
def test_a_text_of_another_language_is_noticed(language: str, text: str) -> None:
    assert UNLIKE[language](text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("kk", "Онкология"),
        ("kk", "Дереккөзде «не состоялась в» деп жазылған"),
        ("ru", "область Жетісу, напечатано «Негізгі қаржы»"),
        ("en", "printed as “Негізгі қаржы”"),
    ],
)
def test_quotations_and_names_are_allowed(language: str, text: str) -> None:
    assert not UNLIKE[language](text)
