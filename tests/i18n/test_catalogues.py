from __future__ import annotations

import io
import re
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "portal" / "translations"
TRANSLATED = ("kk", "ru")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")
KAZAKH_LETTER = re.compile("[әғқңөұүһі]", re.IGNORECASE)


def po(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def texts(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = tmp_path_factory.mktemp("messages") / "messages.pot"
    options = ["-F", "babel.cfg", "-k", "ngettext:1,2", "--no-location", "--omit-header", "--sort-output"]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", *options, "-o", str(template), "."]
    subprocess.run(command, cwd=ROOT, check=True)
    return template


def test_the_template_is_up_to_date(extracted: Path) -> None:
    assert (FOLDER / "messages.pot").read_text(encoding="utf-8") == extracted.read_text(encoding="utf-8"), (
        "make messages"
    )


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_has_the_texts_of_the_portal_and_no_others(language: str, extracted: Path) -> None:
    catalogue = read(po(language), language)
    assert {message.id for message in messages(catalogue)} == {message.id for message in messages(read(extracted))}
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_for_certain(language: str) -> None:
    for message in messages(read(po(language), language)):
        assert all(texts(message)), f"{message.id!r} is not translated."
        assert not message.fuzzy, f"{message.id!r} is fuzzy."


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_and_outer_spaces_stay(language: str) -> None:
    for message in messages(read(po(language), language)):
        source = message.id if isinstance(message.id, str) else message.id[1]
        for text in texts(message):
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source)), message.id
            assert text == text.strip(), message.id
            assert source.endswith(".") == text.endswith("."), message.id


def test_russian_texts_have_no_kazakh_letters() -> None:
    for message in messages(read(po("ru"), "ru")):
        for text in texts(message):
            without_names = re.sub("Ашық қалқан|Жетісу|Ұлытау", "", text)
            assert not KAZAKH_LETTER.search(without_names), text


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_file_is_the_catalogue(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, read(po(language), language))
    assert po(language).with_suffix(".mo").read_bytes() == compiled.getvalue(), "make messages"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("kk", {1: "жол", 2: "жол", 5: "жол", 11: "жол", 21: "жол"}),
        ("ru", {0: "строк", 1: "строка", 2: "строки", 5: "строк", 11: "строк", 21: "строка", 22: "строки"}),
    ],
)
def test_plural_forms(language: str, expected: dict[int, str]) -> None:
    with po(language).with_suffix(".mo").open("rb") as file:
        translations = GNUTranslations(file)
    for number, noun in expected.items():
        text = translations.ngettext("%(num)d row", "%(num)d rows", number) % {"num": number}
        assert text == f"{number} {noun}"
