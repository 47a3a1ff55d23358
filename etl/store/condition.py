"""What has become of a release in a store: whole, retired, of another schema, or damaged, and then by what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from datasets.contract import MANIFEST_FILE, RETIRED_FILE, SCHEMA_VERSION
from datasets.fault import Fault, FaultError
from datasets.signature import Trust
from etl.store.chain import Predecessor
from etl.store.manifest import damage, read_manifest
from etl.store.seals import signature_fault, trust_of


class State(StrEnum):
    """Whether a release can be read."""

    WHOLE = "whole"
    RETIRED = "retired"
    OTHER_SCHEMA = "other_schema"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Condition:
    """The state of a release; `fault` is the first thing that is wrong with a damaged one."""

    state: State
    fault: str | None = None


def condition_of(folder: Path, trust: Trust | None) -> Condition:
    """Compare a release with its manifest, and that with its signature; reads every byte of it."""
    try:
        said = read_manifest(folder)
    except (OSError, ValueError) as error:
        return Condition(State.DAMAGED, f"{MANIFEST_FILE} cannot be read ({type(error).__name__})")
    schema, retired = said.get("schema_version"), is_retired(folder)
    fault = signature_fault(folder, trust) if schema == SCHEMA_VERSION else None
    fault = fault or damage(folder, {**said, "files": []} if retired else said)
    if fault:
        return Condition(State.DAMAGED, fault)
    if retired:
        return Condition(State.RETIRED)
    return Condition(State.WHOLE if schema == SCHEMA_VERSION else State.OTHER_SCHEMA)


def is_retired(folder: Path) -> bool:
    """Whether the release in `folder` was taken out of the public record, with its manifest left as a witness."""
    return (folder / RETIRED_FILE).exists()


def read_retired(folder: Path) -> dict[str, Any]:
    """What stands in the place of a retired release's files: `release`, `at`, `reason`."""
    said: dict[str, Any] = json.loads((folder / RETIRED_FILE).read_text(encoding="utf-8"))
    return said


def require_whole(previous: Predecessor | None, releases: Path) -> None:
    """Raise FaultError unless the release before a new one is as it was published: the two are compared."""
    if previous is None:
        return
    found = condition_of(previous.folder, trust_of(releases))
    if found.state not in (State.WHOLE, State.OTHER_SCHEMA):
        message = f"is {found.state}{f': {found.fault}' if found.fault else ''}; the next release stands on it."
        remedy = "Build it anew, or restore it from a backup. If only its key was revoked, run 'keys renew'."
        raise FaultError([Fault(previous.id, "release", message, remedy)])
