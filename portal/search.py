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
    """The codes of the clinics whose name has every word of `query`, its numbers whole."""
    return tuple(ref for _, ref in _find(release, query, ("clinic",), whole=True))


def _find(release: Release, query: str, kinds: tuple[str, ...], *, whole: bool = False) -> list[tuple[str, str]]:
    """Kind and ref of each hit; `whole` looks also for the words that are too short for the index."""
    words = re.findall(r"[\w-]+", query[:_LONGEST_QUERY].lower().replace("ё", "е"))
    long = [word for word in words if len(word) >= _SHORTEST]
    short = {word for word in words if len(word) < _SHORTEST} if whole else set()
    for cut in range(_ENDING + 1 if long else 0):
        found = _matches(release, [_stem(word, cut) for word in long], kinds)
        hits = [(row["kind"], row["ref"]) for row in found if short <= set(re.findall(r"[\w-]+", row["title"]))]
        if hits:
            return hits
    return []


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
