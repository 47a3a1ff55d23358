"""Search over the catalogue: part of a word is enough, in any of the three languages, with the names people use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import snowballstemmer

from datasets.contract import SEARCH_TABLE
from portal.release import Release

_STEMMER = snowballstemmer.stemmer("russian")
#: The trigram index cannot find anything shorter.
_SHORTEST = 3
_LONGEST_QUERY = 200
#: How many letters an unknown Kazakh ending may have; no maintained Kazakh stemmer exists.
_ENDING = 4


@dataclass(frozen=True)
class Found:
    """What a query found, best first: region codes, dataset slugs, codes of clinics."""

    regions: tuple[str, ...]
    datasets: tuple[str, ...]
    clinics: tuple[str, ...]


def search(release: Release, query: str) -> Found:
    """What has every word of `query`, by stem; if nothing has, by ever shorter beginnings.

    There are so many clinics that some name has nearly any word: they are looked for apart, so that they neither hide
    a region nor keep a query from being shortened.
    """
    found = _find(release, query, ("region", "dataset"))
    return Found(
        regions=tuple(ref for kind, ref in found if kind == "region"),
        datasets=tuple(ref for kind, ref in found if kind == "dataset"),
        clinics=search_clinics(release, query),
    )


def search_clinics(release: Release, query: str) -> tuple[str, ...]:
    """The codes of the clinics whose name has every word of `query`, its numbers whole; first the one of this number."""
    named = (ref for _, ref in _find(release, query, ("clinic",), whole=True))
    return tuple(dict.fromkeys([*_numbered(release, query), *named]))


def _numbered(release: Release, query: str) -> list[str]:
    """The clinic whose number in the Registry is all that the query says, be it after a `№` or `No.`."""
    words = [word for word in _words(query) if word != "no"]
    if len(words) != 1:
        return []
    statement = f"SELECT ref FROM {SEARCH_TABLE} WHERE kind = 'clinic' AND lower(ref) = ?"
    return [row["ref"] for row in release.rows(statement, (words[0],))]


def _find(release: Release, query: str, kinds: tuple[str, ...], *, whole: bool = False) -> list[tuple[str, str]]:
    """Kind and ref of each hit; `whole` looks also for the words that are too short for the index."""
    words = _words(query)
    long = [word for word in words if len(word) >= _SHORTEST]
    short = {word for word in words if len(word) < _SHORTEST} if whole else set()
    if short and not long:
        return _with_words(_all(release, kinds), short)
    for cut in range(_ENDING + 1 if long else 0):
        hits = _with_words(_matches(release, [_stem(word, cut) for word in long], kinds), short)
        if hits:
            return hits
    return []


def _words(query: str) -> list[str]:
    return re.findall(r"[\w-]+", query[:_LONGEST_QUERY].lower().replace("ё", "е"))


def _with_words(rows: list[dict[str, Any]], words: set[str]) -> list[tuple[str, str]]:
    """Kind and ref of the rows whose title has all these words."""
    return [(row["kind"], row["ref"]) for row in rows if words <= set(re.findall(r"[\w-]+", row["title"]))]


def _all(release: Release, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    marks = ", ".join("?" for _ in kinds)
    return release.rows(f"SELECT kind, ref, title FROM {SEARCH_TABLE} WHERE kind IN ({marks}) ORDER BY rowid", kinds)


def _stem(word: str, cut: int) -> str:
    stem = _STEMMER.stemWord(word) if cut == 0 else word[: len(word) - cut]
    return stem if len(stem) >= _SHORTEST else word[:_SHORTEST]


def _matches(release: Release, stems: list[str], kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    match = " AND ".join(f'"{stem}"' for stem in stems)  # \w and - only: no quote can end the phrase
    # A word in the title weighs more than one in the body.
    statement = (
        f"SELECT kind, ref, title FROM {SEARCH_TABLE} WHERE {SEARCH_TABLE} MATCH ?"
        f" AND kind IN ({', '.join('?' for _ in kinds)}) ORDER BY bm25({SEARCH_TABLE}, 0, 0, 10, 1)"
    )
    return release.rows(statement, (match, *kinds))
