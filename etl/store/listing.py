"""The list of releases in a store: what each is, when it was published, and what has become of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets.contract import MANIFEST_FILE
from datasets.signature import Trust
from etl.store.chain import RELEASE_ID, Link, absent, chain, link_of, misfits
from etl.store.condition import State, condition_of
from etl.store.manifest import read_manifest
from etl.store.pointer import current_id
from etl.store.previews import overtaken, previews_in
from etl.store.seals import seal_of, trust_of


@dataclass(frozen=True)
class Listed:
    """A release as the operator is told of it. `size` is in bytes; `not_before` is of a preview only."""

    id: str
    sequence: int | None
    published: str | None
    data_through: str | None
    state: str
    current: bool
    size: int
    fault: str | None = None
    not_before: str | None = None


def releases_in(releases: Path) -> tuple[Listed, ...]:
    """All releases below `releases`, the newest first, and before them the previews. Reads every byte of them."""
    trust, current, links = trust_of(releases), current_id(releases), chain(releases)
    folders = [folder for folder in releases.glob("[!.]*/") if _is_release(folder)]
    places = {link.folder.name: link.place.sequence for link in links}
    newest_first = sorted(folders, key=lambda folder: (places.get(folder.name, 0), folder.name), reverse=True)
    found = (_listed(folder, releases, trust, current) for folder in newest_first)
    missing = [_missing(current)] if current and not (releases / current).is_dir() else []
    return (*_previews(releases), *missing, *_misfitting(found, links))


def _is_release(folder: Path) -> bool:
    return (folder / MANIFEST_FILE).exists() or RELEASE_ID.fullmatch(folder.name) is not None


def _missing(current: str) -> Listed:
    fault = "the pointer names it, and it is not here"
    return Listed(current, None, None, None, "absent", current=True, size=0, fault=fault)


def _previews(releases: Path) -> Iterator[Listed]:
    for preview in previews_in(releases):
        listed = _listed(preview.folder, releases, None, None)
        state = "preview" if listed.state == State.WHOLE else listed.state
        fault = listed.fault or overtaken(preview)
        yield replace(listed, state=state, not_before=preview.not_before, fault=fault)


def _listed(folder: Path, releases: Path, trust: Trust | None, current: str | None) -> Listed:
    condition, link, seal = condition_of(folder, trust), link_of(folder, releases), seal_of(folder)
    return Listed(
        id=folder.name,
        sequence=link.place.sequence if link else None,
        published=seal.published if seal else None,
        data_through=_said(folder).get("data_through"),
        state=str(condition.state),
        current=folder.name == current,
        size=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        fault=condition.fault,
    )


def _misfitting(found: Iterator[Listed], links: tuple[Link, ...]) -> Iterator[Listed]:
    """The list, where a sound release that does not fit the one before it says so."""
    faults = dict.fromkeys((link.id for link in absent(links)), "the release before it is not here")
    wrong = "names another manifest than that of the release before it; run an interrupted redaction again"
    faults |= dict.fromkeys((link.id for link in misfits(links)), wrong)
    for each in found:
        yield each if each.fault else replace(each, fault=faults.get(each.id))


def _said(folder: Path) -> dict[str, Any]:
    try:
        return read_manifest(folder)
    except (OSError, ValueError):
        return {}
