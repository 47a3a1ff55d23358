"""The operator's command `python -m etl redact`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from datasets.contract import LANGUAGES
from datasets.fault import Fault, FaultError
from datasets.library import Library
from etl.redaction.redact import Outcome, redact
from etl.redaction.request import Request, parse_where
from etl.store.keys import keyring_of


def add_redact(commands: Any, releases: Path, store: Path) -> None:
    """Add the command to those of `python -m etl`; `releases` and `store` are the folders when none are given."""
    command = commands.add_parser("redact", help="withdraw a published figure from all releases")
    command.add_argument("--dataset", required=True, help="the dataset's name")
    command.add_argument("--measure", required=True, help="the measure")
    command.add_argument(
        "--where", required=True, help="a value of each dimension, region=KZ-75,period=2026-03; * for a total over it"
    )
    for language in LANGUAGES:
        command.add_argument(f"--reason-{language}", required=True, help=f"why, for readers ({language})")
    command.add_argument("--releases", type=Path, default=releases, help="folder of releases (RELEASES_DIR)")
    command.add_argument("--store", type=Path, default=store, help="work folder with keys and ledger (REGISTRY_DIR)")
    command.add_argument("--dry-run", action="store_true", help="say which figures would go, and change nothing")
    command.set_defaults(run=_redact)


def _redact(_: Library, chosen: argparse.Namespace) -> None:
    reason = {language: getattr(chosen, f"reason_{language}").strip() for language in LANGUAGES}
    if not all(reason.values()):
        raise FaultError([Fault("command line", "--reason", "is empty.", "Say in each language why the figure goes.")])
    request = Request(chosen.dataset, chosen.measure, parse_where(chosen.where), reason)
    with tqdm(unit="step", leave=False, disable=None) as bar:

        def progress(step: str) -> None:
            bar.set_description(step)
            bar.update()

        today = datetime.now(UTC).date().isoformat()
        keyring = keyring_of(chosen.store, chosen.releases)
        outcome = redact(
            request, chosen.releases, chosen.store, today, keyring, trial=chosen.dry_run, progress=progress
        )
    print("\n".join(_lines(outcome, trial=chosen.dry_run)))


def _lines(outcome: Outcome, *, trial: bool) -> Iterator[str]:
    """What was done, without any figure's value."""
    redaction = outcome.redaction
    for release in redaction.before:
        gone = redaction.gone.get(release, ())
        asked = sum(asked for *_, asked in gone)
        said = (
            f"{asked} withdrawn as asked, {len(gone) - asked} to protect it" if gone else "only its audit is made anew"
        )
        yield f"{release}: {said}"
        yield from (
            f"  {dataset}.{measure} ({', '.join(keys)})" + ("" if asked else ", to protect it")
            for dataset, measure, keys, asked in gone
        )
    yield from (f"{release}: only joined and signed anew behind them" for release in outcome.rechained)
    yield from (f"note: {warning}" for warning in outcome.warnings)
    yield "nothing was changed: this was a trial" if trial else f"{redaction.id} is done"
