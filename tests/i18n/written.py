"""The texts that people wrote: every map of kk, ru and en in the declarations and code lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datasets.contract import LANGUAGES
from datasets.language import LanguageMap
from datasets.library import Library


def written_texts(library: Library) -> Iterator[tuple[str, LanguageMap]]:
    """Each text in three languages with the place where it stands."""
    for part in (library.declarations, library.codelists, library.documents, library.policies):
        for name, thing in part.items():
            yield from _maps(thing, name)
    yield from _maps(library.links, "links")


def _maps(thing: Any, place: str) -> Iterator[tuple[str, LanguageMap]]:
    if isinstance(thing, Mapping):
        if set(thing) == set(LANGUAGES):
            yield place, dict(thing)
            return
        parts = [(f"{place}.{key}", part) for key, part in thing.items()]
    elif isinstance(thing, (list, tuple)):
        parts = [(f"{place}[{index}]", part) for index, part in enumerate(thing)]
    elif hasattr(thing, "__dict__") and not isinstance(thing, Path):
        parts = [(f"{place}.{key}", part) for key, part in vars(thing).items()]
    else:
        return
    for below, part in parts:
        yield from _maps(part, below)
