"""The operator's commands: `python -m etl build`, `check`, `proofread`."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.library import BUNDLED, Library, load_library
from etl.pipeline import build, prepare
from etl.proofread import proofread

#: Where the portal looks too, wherever the command is run.
DEFAULT_RELEASES = Path(__file__).parents[1] / "var" / "releases"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 faults found (printed to standard error)."""
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(load_library(chosen.datasets), chosen)
    except FaultError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        place = error.filename or "the releases folder"
        print(
            f"{place}: {error.strerror}. The current release is as it was; make room or give access.", file=sys.stderr
        )
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m etl", description="Build and check releases.")
    parser.add_argument("--datasets", type=Path, default=BUNDLED, help="folder with the declarations")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("build", help="build a release and make it the current one")
    releases = Path(os.environ.get("RELEASES_DIR") or DEFAULT_RELEASES)
    command.add_argument("--releases", type=_folder, default=releases, help="folder of releases (RELEASES_DIR)")
    command.set_defaults(run=_build)
    command = commands.add_parser("check", help="validate and reconcile datasets without building")
    command.add_argument("slugs", nargs="*", help="datasets; all when none is named")
    command.set_defaults(run=_check)
    command = commands.add_parser("proofread", help="look each figure up in the documents' text")
    command.add_argument("documents", type=Path, help="folder with the documents' text extractions")
    command.add_argument("slugs", nargs="*", help="datasets; all when none is named")
    command.set_defaults(run=_proofread)
    return parser


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("is empty; name a folder")
    return Path(text)


def _build(library: Library, chosen: argparse.Namespace) -> None:
    # Each dataset is named twice: when it is prepared and when its files are written; the database once.
    with tqdm(total=2 * len(library.declarations) + 1, unit="step", leave=False, disable=None) as bar:

        def progress(step: str) -> None:
            bar.set_description(step)
            bar.update()

        folder = build(library, chosen.releases, progress)
    print(f"release {folder.name} is in {folder} and is the current one")


def _check(library: Library, chosen: argparse.Namespace) -> None:
    for declaration in _chosen(library, chosen.slugs):
        dataset = prepare(declaration, library).dataset
        counts = Counter(check.classification for check in dataset.checks)
        classes = ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
        print(f"{declaration.slug}: {len(dataset.table.rows)} rows, {len(dataset.checks)} checks ({classes})")


def _proofread(library: Library, chosen: argparse.Namespace) -> None:
    declarations = _chosen(library, chosen.slugs)
    faults = [fault for each in declarations for fault in proofread(each, library, chosen.documents)]
    if faults:
        raise FaultError(faults)
    print(f"{len(declarations)} dataset(s): every figure stands in its source lines")


def _chosen(library: Library, slugs: list[str]) -> list[Declaration]:
    unknown = [slug for slug in slugs if slug not in library.declarations]
    if unknown:
        remedy = f"Name any of: {', '.join(library.declarations)}."
        raise FaultError([Fault("command line", slug, "is not a dataset.", remedy) for slug in unknown])
    return [library.declarations[slug] for slug in slugs or library.declarations]
