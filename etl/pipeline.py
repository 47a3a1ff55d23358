"""The pipeline knows the order of the stages: extract, validate, aggregate, protect, publish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.library import Library
from etl.aggregate import aggregate
from etl.extract import extract
from etl.protect import Protected, protect
from etl.publish import publish
from etl.publish.content import make_content
from etl.validate import validate

Progress = Callable[[str], None]


def build(library: Library, releases: Path, progress: Progress = lambda _: None) -> Path:
    """Build a release of everything in `library` below `releases`; returns its folder.

    Raises one FaultError with the faults of all datasets; nothing is published then.
    """
    faults: list[Fault] = []
    datasets: list[Protected] = []
    for declaration in library.declarations.values():
        progress(declaration.slug)
        try:
            datasets.append(prepare(declaration, library))
        except FaultError as error:
            faults.extend(error.faults)
    if faults:
        raise FaultError(faults)
    return publish(make_content(library, tuple(datasets)), releases, progress)


def prepare(declaration: Declaration, library: Library) -> Protected:
    """One dataset through all stages before publication; raises FaultError."""
    return protect(aggregate(validate(extract(declaration), library), library), library)
