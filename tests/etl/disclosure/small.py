"""Small datasets made by hand, and their way through disclosure control into a release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from datasets.contract import SUMMED, Status
from datasets.declaration import Column, Declaration, Source
from datasets.document import Policy
from datasets.library import Library
from datasets.link import Link, Side
from datasets.protection import ProtectedGroup
from datasets.protection_schema import RulesSchema
from etl.aggregate import Aggregated
from etl.disclosure import Disclosed, Protected, protect
from etl.disclosure.vault import Vault
from etl.extract import RawTable
from etl.gate import gate
from etl.publish import publish
from etl.publish.content import make_content
from etl.registry.contributions import Contribution
from etl.table import Cell, Row, Table
from tests.datasets.folders import TEXT

Keys = tuple[str, ...]
Figures = Mapping[str, int]

#: Five persons at least, of each hidden figure two values, and nobody can prove that there are fewer than five.
PERSONS = {"persons": {"minimum": 5, "values": 2, "upper": 5}}
REGION = Column("region", "dimension", "code", TEXT, codelist="region")
PERIOD = Column("period", "dimension", "period", TEXT)
OWNERSHIP = Column("ownership", "dimension", "code", TEXT, codelist="ownership")


def measure(name: str, additivity: str = "additive", unit: str = "count") -> Column:
    return Column(name, "measure", "integer", TEXT, unit=unit, additivity=additivity)


def withheld(name: str, additivity: str = "not_additive") -> Column:
    return Column(name, "withheld", "integer", TEXT, additivity=additivity)


def ratio(name: str) -> Column:
    return Column(name, "measure", "decimal", TEXT, unit="percent", additivity="not_additive")


def declare(slug: str, columns: Iterable[Column], **more: Any) -> Declaration:
    """A declaration; without `protect`, each measure that is no ratio counts its own persons."""
    columns = tuple(columns)
    computed = {each.measure for each in more.get("ratios", ())}
    own = [each.name for each in columns if each.role == "measure" and each.name not in computed]
    texts = dict.fromkeys(("title", "summary", "description", "method", "verification"), TEXT)
    settings: dict[str, Any] = {
        "topic": "coverage",
        "origin": "synthetic",
        "grain": tuple(each.name for each in columns if each.role == "dimension"),
        "cadence": "monthly",
        "licence": "source_attribution",
        "policy": "made_up",
        "path": Path(slug, "dataset.yaml"),
        "source": Source("pilot_deck_2026", TEXT, ""),
        "protect": tuple(ProtectedGroup((name,), name) for name in own),
    }
    return Declaration(slug=slug, columns=columns, **{**texts, **settings, **more})


@dataclass(frozen=True)
class Small:
    """A dataset with its true rows: figures of measures and withheld columns by keys."""

    declaration: Declaration
    rows: Mapping[Keys, Figures]
    contributions: tuple[Contribution, ...] = ()

    def aggregated(self) -> Aggregated:
        """The dataset as the stage before gives it."""
        names = [each.name for each in self.declaration.dimensions]
        rows = [
            Row(
                line,
                dict(zip(names, keys, strict=True)),
                {name: Cell(Decimal(value), Status.OK if value else Status.ZERO) for name, value in figures.items()},
            )
            for line, (keys, figures) in enumerate(self.rows.items(), start=2)
        ]
        texts = tuple(
            (line, (*keys, *map(str, figures.values()))) for line, (keys, figures) in enumerate(self.rows.items())
        )
        header = (*names, *(each.name for each in self.declaration.counted))
        digest = hashlib.sha256(repr(texts).encode()).hexdigest()
        inputs = (RawTable(f"{self.declaration.slug}/transform.sql", digest, header, texts),)
        table = Table(tuple(rows))
        return Aggregated(self.declaration, table, Table(()), (), "", {}, inputs, self.contributions)


@dataclass(frozen=True)
class World:
    """Datasets of one release under one policy with these rules, and the library that they are found in."""

    library: Library
    datasets: tuple[Small, ...]
    rules: Mapping[str, Any] = field(default_factory=lambda: PERSONS)
    links: tuple[Link, ...] = ()

    @property
    def bound(self) -> Library:
        policy = Policy("made_up", TEXT, TEXT, TEXT, ("synthetic",), RulesSchema().load(dict(self.rules)))
        return replace(
            self.library,
            declarations={each.declaration.slug: each.declaration for each in self.datasets},
            policies={**self.library.policies, "made_up": policy},
            links=self.links,
        )

    def protect(self, vault: Vault | None = None) -> Disclosed:
        return protect([each.aggregated() for each in self.datasets], self.bound, vault)

    def publish(self, releases: Path, vault: Vault | None = None) -> Path:
        """Through disclosure control, all files and the gate, as the pipeline does; returns the release's folder."""
        disclosed = self.protect(vault)
        content = make_content(self.bound, disclosed)
        return publish(content, releases, gate(content.id, disclosed, releases, vault))


def link(left: tuple[str, str], right: tuple[str, str], by: tuple[str, ...], certain: bool = True) -> Link:
    return Link(Side(*left, {}), Side(*right, {}), by, TEXT, certain)


def figures(protected: Protected) -> dict[tuple[str, Keys], Decimal | Status]:
    """Each published figure, or the status that stands in its place, by measure and keys; totals too."""
    names = [each.name for each in protected.declaration.dimensions]
    return {
        (measure, tuple(row.keys[name] for name in names)): cell.status if cell.value is None else cell.value
        for row in (*protected.dataset.table.rows, *protected.totals.rows)
        for measure, cell in row.cells.items()
    }


def hidden(protected: Protected) -> set[tuple[str, Keys]]:
    """The figures that have the mark of a hidden one."""
    return {name for name, figure in figures(protected).items() if figure is Status.SUPPRESSED}


def true_figure(small: Small, measure: str, keys: Keys) -> int:
    """The sum of the true rows with these keys, `*` standing for any."""
    return sum(
        row[measure]
        for each, row in small.rows.items()
        if all(asked in (SUMMED, key) for asked, key in zip(keys, each, strict=True))
    )
