"""Texts in three languages, and the Kazakh alphabetical order."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from datasets.contract import LANGUAGES

#: A text in every language of the portal, keyed by `kk`, `ru`, `en`.
LanguageMap = dict[str, str]

#: The Kazakh Cyrillic alphabet of 42 letters in its official order.
KAZAKH_ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_ORDER = {letter: f"{position:02d}" for position, letter in enumerate(KAZAKH_ALPHABET, start=10)}


class LanguageMapField(fields.Field[LanguageMap]):
    """A map with a non-empty text for each of kk, ru and en and nothing else."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> LanguageMap:
        if not isinstance(value, dict):
            raise ValidationError(f"a text in each of {', '.join(LANGUAGES)} is needed; write {{kk: …, ru: …, en: …}}.")
        problems = [
            f"language '{language}' is missing; add it." for language in LANGUAGES if not _text(value, language)
        ]
        problems += [f"unknown language '{key}'; remove it." for key in value if key not in LANGUAGES]
        if problems:
            raise ValidationError(problems)
        return {language: value[language].strip() for language in LANGUAGES}


def _text(value: dict[Any, Any], language: str) -> str:
    text = value.get(language)
    return text.strip() if isinstance(text, str) else ""


def kazakh_sort_key(text: str) -> str:
    """A key whose byte order is the Kazakh alphabetical order of `text`; letters of other alphabets come first."""
    return "".join(_ORDER.get(letter, f"0{letter}") for letter in text.lower())
