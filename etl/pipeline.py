"""The pipeline knows the order of the stages: extract, validate, aggregate, protect, publish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.library import Library
from etl.aggregate import Aggregated, aggregate
from etl.disclosure import protect
from etl.disclosure.vault import Vault
from etl.extract import Extracted, extract
from etl.gate import gate
from etl.publish import publish
from etl.publish.content import make_content
from etl.redacted import Name, under_present_names
from etl.registry.binding import bind, unbound
from etl.registry.contributions import run_contributions
from etl.registry.engine import Engine, tables_of
from etl.registry.parts import Registry
from etl.registry.results import Results
from etl.registry.transform import run_transform
from etl.signing.keyring import Keyring
from etl.store.instant import Clock, now
from etl.store.previews import Embargo
from etl.validate import validate

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Aggregation:
    """How the Registry's datasets are computed: from which validated extracts, by which engine, with which store of results.

    The `vault` knows what earlier releases of these extracts have shown and hidden; without one there is none.
    """

    registry: Registry
    engine: Engine
    results: Results
    vault: Vault | None = None


def build(
    library: Library,
    releases: Path,
    progress: Progress = lambda _: None,
    aggregation: Aggregation | None = None,
    withdrawn: frozenset[Name] = frozenset(),
    keyring: Keyring | None = None,
    embargo: Embargo | None = None,
    clock: Clock = now,
) -> Path:
    """Build a release of everything in `library` below `releases` and publish it; returns its folder.

    It is signed with `keyring` at the instant that `clock` says; with an `embargo` it becomes a preview.

    Without an `aggregation`, the Registry's datasets are left out, and with one those for which it has no row (the pilot's
    first month has no payment yet). Figures `withdrawn` from earlier releases stay so. Raises one FaultError with the
    faults of all datasets, or of the audit; nothing is published then.
    """
    library = bound(library, aggregation)
    faults: list[Fault] = []
    datasets: list[Aggregated] = []
    for declaration in library.declarations.values():
        progress(declaration.slug)
        try:
            prepared = prepare(declaration, library, aggregation)
        except FaultError as error:
            faults.extend(error.faults)
            continue
        if prepared.table.rows:
            datasets.append(prepared)
    if faults:
        raise FaultError(faults)
    progress("disclosure control")
    vault = aggregation.vault if aggregation else None
    disclosed = protect(datasets, library, vault, under_present_names(withdrawn, library))
    content = make_content(library, disclosed)
    audit = gate(content.id, disclosed, releases, vault)
    return publish(content, releases, audit, progress, keyring, clock=clock, embargo=embargo)


def bound(library: Library, aggregation: Aggregation | None) -> Library:
    """The library over the extracts of `aggregation`; without one, the library less the Registry's datasets."""
    if aggregation is None:
        return unbound(library)
    return bind(library, aggregation.registry, aggregation.engine.ask, lambda each: tables_of(each.transform))


def prepare(declaration: Declaration, library: Library, aggregation: Aggregation | None = None) -> Aggregated:
    """One dataset of a bound library through all stages before disclosure control; raises FaultError."""
    if aggregation is not None and declaration.transform:
        parts = (aggregation.registry, aggregation.engine, aggregation.results, library)
        rows, contributions = run_transform(declaration, *parts), run_contributions(declaration, *parts)
        return replace(
            aggregate(validate(Extracted(declaration, rows, None), library), library), contributions=contributions
        )
    return aggregate(validate(extract(declaration), library), library)
