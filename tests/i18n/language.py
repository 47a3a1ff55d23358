"""By what letters and words a text of one language is told from a text of another."""

from __future__ import annotations

import re

KAZAKH_LETTER = re.compile("[әғқңөұүһі]", re.IGNORECASE)
CYRILLIC_WORD = re.compile("[а-яёәғқңөұүһі]+", re.IGNORECASE)
CYRILLIC_BESIDE_LATIN = re.compile("[a-z][а-яёәғқңөұүһі]|[а-яёәғқңөұүһі][a-z]", re.IGNORECASE)
#: A language may quote another: the source's own words stand in quotation marks.
QUOTED = re.compile("«[^»]*»|„[^“]*“|“[^”]*”")
#: Words that Russian can hardly do without and Kazakh does not have.
RUSSIAN_WORD = re.compile(
    r"\b(и|в|во|на|по|за|для|из|от|или|что|как|это|при|без|с|со|об|к|года?|году|лет|всего|прочие|число|сумма)\b",
    re.IGNORECASE,
)
#: Russian writes the names of the two regions, and the portal's own name, with Kazakh letters by law or by choice.
KAZAKH_NAMES_IN_RUSSIAN = re.compile("Жетісу|Ұлытау|Ашық қалқан")
#: A Kazakh text of this many words that has no Kazakh letter at all is none.
LONG = 8


def unlike_kazakh(text: str) -> str | None:
    """Why `text` cannot be Kazakh, or nothing."""
    own = QUOTED.sub("", text)
    if found := RUSSIAN_WORD.search(own):
        return f"the Russian word '{found[0]}'"
    if len(CYRILLIC_WORD.findall(own)) >= LONG and not KAZAKH_LETTER.search(own):
        return "no Kazakh letter"
    return None


def unlike_russian(text: str) -> str | None:
    """Why `text` cannot be Russian, or nothing."""
    if found := KAZAKH_LETTER.search(KAZAKH_NAMES_IN_RUSSIAN.sub("", QUOTED.sub("", text))):
        return f"the Kazakh letter '{found[0]}'"
    return None


def unlike_english(text: str) -> str | None:
    """Why `text` cannot be English, or nothing."""
    if found := CYRILLIC_WORD.search(KAZAKH_NAMES_IN_RUSSIAN.sub("", QUOTED.sub("", text))):
        return f"the Cyrillic word '{found[0]}'"
    return None


UNLIKE = {"kk": unlike_kazakh, "ru": unlike_russian, "en": unlike_english}
