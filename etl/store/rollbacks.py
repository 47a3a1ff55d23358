"""Rollbacks: the pointer goes back to an earlier release, and the public list says when and why.

What is to be done is written down first. A rollback that was killed is finished by whoever publishes next.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.contract import ROLLBACKS_FILE
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from etl.store.chain import chain
from etl.store.condition import State, condition_of
from etl.store.durable import remove_durably, write_durably
from etl.store.pointer import current_id, point_to
from etl.store.seals import trust_of

#: The rollback that is being carried out.
_INTENT_FILE = ".rollback.json"


@dataclass(frozen=True)
class Rollback:
    """One rollback: when, from which release to which, and why."""

    at: str
    source: str
    target: str
    reason: LanguageMap

    @property
    def said(self) -> dict[str, Any]:
        """As the list says it."""
        return {"at": self.at, "from": self.source, "to": self.target, "reason": dict(self.reason)}


def roll_back(target: str | None, reason: LanguageMap, releases: Path, at: str) -> Rollback:
    """Make the release `target` the current one, or the one before the current one; the caller holds the lock.

    Where the pointer names no release, the target must be named. Raises FaultError unless the target is whole, signed, and
    another than the current one.
    """
    source = current_id(releases) or ""
    if not source and target is None:
        raise _fault(releases.name, "has no current release.", "Name the one that shall be it, or build one.")
    target = target or _before(source, releases)
    if target == source:
        raise _fault(target, "is the current release already.", "Name another one, or nothing for the one before it.")
    _require_servable(target, releases)
    rollback = Rollback(at, source, target, reason)
    if source not in {link.id for link in chain(releases)}:
        # A pointer that is mended takes nothing back, so the public list says nothing of it.
        point_to(target, releases)
        return rollback
    _write(releases / _INTENT_FILE, [rollback.said])
    finish_rollback(releases)
    return rollback


def finish_rollback(releases: Path) -> Rollback | None:
    """Do what is left of a rollback that was begun, and return it; doing it again changes nothing."""
    intent = releases / _INTENT_FILE
    if not intent.exists():
        return None
    said = _read(intent)[0]
    point_to(said["to"], releases)
    listed = read_rollbacks(releases)
    if said not in listed:
        _write(releases / ROLLBACKS_FILE, [*listed, said])
    remove_durably(intent)
    return Rollback(said["at"], said["from"], said["to"], said["reason"])


def read_rollbacks(releases: Path) -> list[dict[str, Any]]:
    """The public list: `at`, `from`, `to`, `reason` of each, the oldest first; raises FaultError if it is damaged."""
    path = releases / ROLLBACKS_FILE
    return _read(path) if path.exists() else []


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        return [{name: each[name] for name in ("at", "from", "to", "reason")} for each in json.loads(path.read_bytes())]
    except (ValueError, LookupError, TypeError):
        raise _fault(path.name, "is damaged.", "Restore it from a backup.") from None


def _before(source: str, releases: Path) -> str:
    """The newest release before the current one in the chain that can be served."""
    links, trust = chain(releases), trust_of(releases)
    places = {link.id: link.place.sequence for link in links}
    for link in reversed(links):
        earlier = link.place.sequence < places.get(source, 0)
        if earlier and condition_of(link.folder, trust).state == State.WHOLE:
            return link.id
    raise _fault(source, "has no release before it that can be served.", "Name the release to go back to.")


def _require_servable(target: str, releases: Path) -> None:
    if target not in {link.id for link in chain(releases)}:
        raise _fault(target, "is no release in this folder.", "See which there are: python -m etl releases.")
    found = condition_of(releases / target, trust_of(releases))
    if found.state != State.WHOLE:
        what = found.fault or {State.RETIRED: "its files were removed"}.get(found.state, "the portal cannot read it")
        raise _fault(target, f"is {found.state}: {what}.", "Name another release. Nothing was changed.")


def _write(path: Path, said: Any) -> None:
    write_durably(path, (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode())


def _fault(place: str, message: str, remedy: str) -> FaultError:
    return FaultError([Fault("rollback", place, message, remedy)])
