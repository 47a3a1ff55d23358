"""Search over the catalogue: part of a word is enough, in any of the three languages, with the names people use."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    """What a query found, best first: region codes and dataset slugs."""

    regions: tuple[str, ...]
    datasets: tuple[str, ...]


def search(release: Release, query: str) -> Found:
    """Regions and datasets that have every word of `query`, by stem; if nothing has, by ever shorter beginnings."""
    words = _words(query)
    if not words:
        return Found((), ())
    for cut in range(_ENDING + 1):
        found = _find(release, [_stem(word, cut) for word in words])
        if found.regions or found.datasets:
            return found
    return Found((), ())


def _words(query: str) -> list[str]:
    folded = query[:_LONGEST_QUERY].lower().replace("ё", "е")
    return [word for word in re.findall(r"[\w-]+", folded) if len(word) >= _SHORTEST]


def _stem(word: str, cut: int) -> str:
    stem = _STEMMER.stemWord(word) if cut == 0 else word[: len(word) - cut]
    return stem if len(stem) >= _SHORTEST else word[:_SHORTEST]


def _find(release: Release, stems: list[str]) -> Found:
    match = " AND ".join(f'"{stem}"' for stem in stems)  # \w and - only: no quote can end the phrase
    # A word in the title weighs more than one in the body.
    statement = (
        f"SELECT kind, ref FROM {SEARCH_TABLE} WHERE {SEARCH_TABLE} MATCH ? ORDER BY bm25({SEARCH_TABLE}, 0, 0, 10, 1)"
    )
    rows = release.rows(statement, (match,))
    return Found(
        regions=tuple(row["ref"] for row in rows if row["kind"] == "region"),
        datasets=tuple(row["ref"] for row in rows if row["kind"] == "dataset"),
    )
