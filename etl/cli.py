"""The operator's commands: `python -m etl build`, `check`, `simulate`, `proofread`."""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.library import BUNDLED, Library, load_library
from etl.audit.command import add_audit
from etl.disclosure.vault import Vault
from etl.history.command import add_history
from etl.pipeline import Aggregation, bound, build, prepare
from etl.proofread import proofread
from etl.redacted import redacted
from etl.redaction.command import add_redact
from etl.registry.engine import Engine
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.engine.postgresql import PostgreSQLEngine
from etl.registry.parts import Registry
from etl.registry.results import Results
from etl.registry.validation import validate_extracts
from etl.signing.command import add_keys
from etl.simulator.command import add_simulate
from etl.store.command import add_releases
from etl.store.instant import now
from etl.store.keys import first_keyring
from etl.store.previews import Embargo, new_embargo, overtaken, previews_in
from etl.verify.command import add_verify

#: Where the portal looks too, wherever the command is run.
DEFAULT_RELEASES = Path(__file__).parents[1] / "var" / "releases"
#: Holds rows of persons (corrected copies of files): only the operator may read it.
DEFAULT_STORE = Path(__file__).parents[1] / "var" / "registry"
_UNFINISHED = "Every release is whole, as it was or as it should become. Make room or give access; then run this again."


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 faults found (printed to standard error)."""
    chosen = _parser().parse_args(arguments)
    try:
        # Going back to an earlier release must work also while the declarations are broken.
        chosen.run(load_library(chosen.datasets) if chosen.reads_library else None, chosen)
        sys.stdout.flush()
    except FaultError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Who reads our output has had enough; what Python would still write at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"{error.filename or 'a file'}: {error.strerror or error}. {_UNFINISHED}", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"a database file: {error}. {_UNFINISHED}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m etl", description="Build and check releases.")
    parser.add_argument("--datasets", type=Path, default=BUNDLED, help="folder with the declarations")
    parser.set_defaults(reads_library=True)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("build", help="build a release and make it the current one")
    releases = Path(os.environ.get("RELEASES_DIR") or DEFAULT_RELEASES)
    command.add_argument("--releases", type=_folder, default=releases, help="folder of releases (RELEASES_DIR)")
    command.add_argument(
        "--embargo",
        metavar="INSTANT",
        help="publish nothing: keep the release as a preview under a secret address until then (2026-12-01T09:00+05:00)",
    )
    _add_registry(command)
    command.set_defaults(run=_build)
    command = commands.add_parser("check", help="validate and reconcile datasets without building")
    command.add_argument("slugs", nargs="*", help="datasets; all when none is named")
    _add_registry(command)
    command.set_defaults(run=_check)
    add_simulate(commands)
    add_history(commands)
    add_audit(commands)
    add_verify(commands)
    add_keys(commands, releases, Path(os.environ.get("REGISTRY_DIR") or DEFAULT_STORE))
    add_releases(commands, releases, Path(os.environ.get("REGISTRY_DIR") or DEFAULT_STORE))
    add_redact(commands, releases, Path(os.environ.get("REGISTRY_DIR") or DEFAULT_STORE))
    command = commands.add_parser("proofread", help="look each figure up in the documents' text")
    command.add_argument("documents", type=Path, help="folder with the documents' text extractions")
    command.add_argument("slugs", nargs="*", help="datasets; all when none is named")
    command.set_defaults(run=_proofread)
    return parser


def _add_registry(command: argparse.ArgumentParser) -> None:
    """What computing the Registry's datasets needs; without an extract they are left out."""
    command.add_argument(
        "--extract",
        action="append",
        default=[],
        metavar="DIR|postgresql://…",
        help="an extract of the Registry; several folders make one registry, a later one corrects earlier ones",
    )
    command.add_argument(
        "--engine", choices=("duckdb", "spark"), default="duckdb", help="what computes over folders (default: duckdb)"
    )
    command.add_argument("--master", default="local[*]", help="address of the Spark cluster (default: local[*])")
    command.add_argument(
        "--memory", type=_memory, default="4GB", help="most memory for DuckDB, which spills the rest (default: 4GB)"
    )
    store = Path(os.environ.get("REGISTRY_DIR") or DEFAULT_STORE)
    command.add_argument(
        "--store", type=_folder, default=store, help="work folder: quarantine, reports, cached results (REGISTRY_DIR)"
    )


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("is empty; name a folder")
    return Path(text)


def _memory(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*(\.[0-9]+)?GB|[1-9][0-9]{2,}MB", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no amount of memory; write it as 4GB or 800MB")
    return text


def _build(library: Library, chosen: argparse.Namespace) -> None:
    embargo = new_embargo(chosen.embargo, now()) if chosen.embargo else None
    with _aggregation(library, chosen) as aggregation:
        # Each dataset is named twice: when it is prepared and when its files are written; the database once.
        steps = 2 * len(bound(library, aggregation).declarations) + 1
        with tqdm(total=steps, unit="step", leave=False, disable=None) as bar:

            def progress(step: str) -> None:
                bar.set_description(step)
                bar.update()

            withdrawn = redacted(chosen.store, aggregation.registry.series if aggregation else "")
            keyring = first_keyring(chosen.store, chosen.releases)
            folder = build(library, chosen.releases, progress, aggregation, withdrawn, keyring, embargo)
    print(f"release {folder.name} is in {folder} and is the current one" if embargo is None else _kept(folder, embargo))
    for preview in previews_in(chosen.releases):
        if wrong := overtaken(preview):
            print(f"note: the preview {preview.id} {wrong}; build it anew with --embargo", file=sys.stderr)


def _kept(folder: Path, embargo: Embargo) -> str:
    """What the operator must know of a preview; its address is never said again."""
    return (
        f"release {folder.name} is under embargo until {embargo.not_before}; nothing was published\n"
        f"its address, which is not said again: /preview/{embargo.token}/\n"
        f"publish it then: python -m etl releases publish {folder.name}"
    )


@contextmanager
def _aggregation(library: Library, chosen: argparse.Namespace) -> Iterator[Aggregation | None]:
    """The validated extracts with the engine over them, as the command line asks; None without an extract."""
    if not chosen.extract:
        yield None
        return
    with tqdm(unit="step", leave=False, disable=None) as bar:

        def progress(step: str) -> None:
            bar.set_description(step)
            bar.update()

        registry, report = validate_extracts(chosen.extract, chosen.store, library, progress, chosen.memory)
    print(report.to_text(), file=sys.stderr)
    with _engine(registry, chosen) as engine:
        yield Aggregation(registry, engine, Results(chosen.store / "results"), Vault(chosen.store, registry.series))


def _engine(registry: Registry, chosen: argparse.Namespace) -> Engine:
    if registry.dsn:
        return PostgreSQLEngine(registry)
    if chosen.engine == "duckdb":
        return DuckDBEngine(registry, memory=chosen.memory, spill=chosen.store)
    try:
        from etl.registry.engine.spark import SparkEngine
    except ImportError:
        remedy = "Install it (pip install 'pyspark==4.3.0') and Java 17, or leave --engine out."
        raise FaultError([Fault("command line", "--engine spark", "pyspark is not installed.", remedy)]) from None
    return SparkEngine(registry, chosen.master)


def _check(library: Library, chosen: argparse.Namespace) -> None:
    with _aggregation(library, chosen) as aggregation:
        library = bound(library, aggregation)
        for declaration in _chosen(library, chosen.slugs):
            dataset = prepare(declaration, library, aggregation)
            counts = Counter(check.classification for check in dataset.checks)
            classes = ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
            print(f"{declaration.slug}: {len(dataset.table.rows)} rows, {len(dataset.checks)} checks ({classes})")


def _proofread(library: Library, chosen: argparse.Namespace) -> None:
    declarations = _chosen(bound(library, None), chosen.slugs)
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
