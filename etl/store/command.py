"""The operator's command `python -m etl releases`: lists them; rolls back, retires, publishes what was under embargo."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets.contract import LANGUAGES
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from etl.store.instant import now
from etl.store.keys import keyring_of
from etl.store.listing import Listed, releases_in
from etl.store.previews import drop_preview, preview_of, previews_in, publish_preview
from etl.store.recovery import publishing
from etl.store.retention import USUAL_REASON, beyond, retire
from etl.store.rollbacks import roll_back


def add_releases(commands: Any, releases: Path, store: Path) -> None:
    """Add the commands to those of `python -m etl`; `releases` and `store` are the folders when none are given."""
    command = commands.add_parser(
        "releases", help="list the releases; go back to one, retire old ones, publish previews"
    )
    command.add_argument("--releases", type=Path, default=releases, help="folder of releases (RELEASES_DIR)")
    command.add_argument("--json", action="store_true", help="print the list as JSON")
    command.set_defaults(run=_list, store=store, reads_library=False)
    actions = command.add_subparsers()
    _add_rollback(actions)
    _add_retire(actions)
    _add_publish(actions)
    _add_preview(actions)


def _action(actions: Any, name: str, text: str) -> argparse.ArgumentParser:
    """One action; the options that all have may stand before its name too."""
    action: argparse.ArgumentParser = actions.add_parser(name, help=text)
    unset = argparse.SUPPRESS
    action.add_argument("--releases", type=Path, default=unset, help="folder of releases (RELEASES_DIR)")
    action.add_argument("--store", type=Path, default=unset, help="work folder with keys and ledger (REGISTRY_DIR)")
    return action


def _add_rollback(actions: Any) -> None:
    action = _action(actions, "rollback", "make an earlier release the current one again")
    action.add_argument("id", nargs="?", help="the release to go back to (default: the one before the current one)")
    for language in LANGUAGES:
        action.add_argument(f"--reason-{language}", required=True, help=f"why, for readers ({language})")
    action.set_defaults(run=_roll_back)


def _add_retire(actions: Any) -> None:
    action = _action(actions, "retire", "remove the files of old releases; manifests and signatures stay")
    action.add_argument("ids", nargs="*", metavar="id", help="the releases to retire")
    action.add_argument("--keep", type=_count, help="retire all but this many of the newest and the current one")
    for language in LANGUAGES:
        action.add_argument(f"--reason-{language}", help=f"why, for readers ({language}); give all three or none")
    action.add_argument(
        "--although-audited", action="store_true", help="retire also what new releases are attacked together with"
    )
    action.set_defaults(run=_retire)


def _add_publish(actions: Any) -> None:
    action = _action(actions, "publish", "publish a preview whose embargo has ended")
    action.add_argument("id", nargs="?", help="the preview")
    action.add_argument(
        "--due", action="store_true", help="all previews whose embargo has ended; none is fine (for cron)"
    )
    action.set_defaults(run=_publish)


def _add_preview(actions: Any) -> None:
    preview = actions.add_parser("preview", help="what is under embargo")
    action = _action(preview.add_subparsers(required=True), "drop", "remove a preview; it will not be published")
    action.add_argument("id", help="the preview")
    action.add_argument(
        "--unseen",
        action="store_true",
        help="nobody has looked at it: take its figures back from the ledger, so that later ones are no revisions of them",
    )
    action.set_defaults(run=_drop)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text[:20]}' is no number of releases from 1")
    return int(text)


def _list(_: None, chosen: argparse.Namespace) -> None:
    _require_folder(chosen.releases)
    listed = releases_in(chosen.releases)
    if chosen.json:
        print(json.dumps([asdict(each) for each in listed], indent=1))
    else:
        print("\n".join(_lines(listed)) or "no release yet")


def _lines(listed: tuple[Listed, ...]) -> Iterator[str]:
    """A table: sequence, mark of the current one, id, published, data through, size, state; below it what is wrong."""
    for each in listed:
        number = "-" if each.sequence is None else str(each.sequence)
        when = f"not before {each.not_before}" if each.not_before else each.published or "unsigned"
        mark = "*" if each.current else " "
        size = f"{each.size / 1_000_000:.1f} MB"
        yield f"{number:>4} {mark} {each.id}  {when:<20}  {each.data_through or '-':<10}  {size:>10}  {each.state}"
        if each.fault:
            yield f"       {each.fault}"


def _roll_back(_: None, chosen: argparse.Namespace) -> None:
    _require_folder(chosen.releases)
    reason = _reason(chosen)
    with publishing(chosen.releases) as finished:
        done = finished.rollback
        if done is None or chosen.id not in (None, done.target):
            done = roll_back(chosen.id, reason, chosen.releases, now())
    print(f"release {done.target} is the current one; it was {done.source or 'none'}")


def _retire(_: None, chosen: argparse.Namespace) -> None:
    _require_folder(chosen.releases)
    if bool(chosen.ids) == (chosen.keep is not None):
        raise _fault("retire", "needs either releases or --keep.", "Name releases, or say how many to keep.")
    given = any(getattr(chosen, f"reason_{language}") for language in LANGUAGES)
    reason = _reason(chosen) if given else USUAL_REASON
    with publishing(chosen.releases):
        ids = beyond(chosen.keep, chosen.releases) if chosen.keep else chosen.ids
        retire(ids, reason, chosen.releases, chosen.store, now(), although_audited=chosen.although_audited)
    print("\n".join(f"release {each} is retired" for each in ids) or "nothing to retire")


def _publish(_: None, chosen: argparse.Namespace) -> None:
    _require_folder(chosen.releases)
    if bool(chosen.id) == chosen.due:
        raise _fault("publish", "needs either a preview or --due.", "Name one of them.")
    with publishing(chosen.releases) as finished:
        for each in finished.published:
            print(_published(each))
        at, keyring = now(), keyring_of(chosen.store, chosen.releases)
        if chosen.due:
            previews = [each for each in previews_in(chosen.releases) if each.not_before <= at]
        else:
            previews = [] if chosen.id in finished.published else [preview_of(chosen.id, chosen.releases)]
        for preview in previews:
            publish_preview(preview, keyring, at)
            print(_published(preview.id))
    if not previews and not finished.published:
        print("nothing is due")


def _published(release_id: str) -> str:
    return f"release {release_id} is published and is the current one"


def _drop(_: None, chosen: argparse.Namespace) -> None:
    _require_folder(chosen.releases)
    with publishing(chosen.releases):
        drop_preview(preview_of(chosen.id, chosen.releases), chosen.store, unseen=chosen.unseen)
    print(f"preview {chosen.id} is dropped")


def _reason(chosen: argparse.Namespace) -> LanguageMap:
    reason = {language: (getattr(chosen, f"reason_{language}") or "").strip() for language in LANGUAGES}
    if not all(reason.values()):
        raise _fault("--reason", "is empty.", "Say why in each language.")
    return reason


def _require_folder(releases: Path) -> None:
    if not releases.is_dir():
        raise _fault(str(releases), "is no folder of releases.", "Name it with --releases.")


def _fault(place: str, message: str, remedy: str) -> FaultError:
    return FaultError([Fault("releases", place, message, remedy)])
