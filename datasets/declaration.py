"""The declaration of a dataset: what `datasets/<slug>/dataset.yaml` says, as one frozen value.

`schema.py` reads the file; `library.py` finds all of them and checks what they say against the code lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from datasets.document import Policy
from datasets.language import LanguageMap
from datasets.protection import Part, ProtectedGroup, PublicMeasures, Rules, Tightening, tightened

#: Fixes a chart's period at the last one that the dataset has.
LATEST = "latest"

Role = Literal["dimension", "measure", "withheld"]
ColumnType = Literal["code", "period", "integer", "decimal", "text"]


@dataclass(frozen=True)
class Column:
    """A column of a dataset.

    A dimension is a `code` (of `codelist`), a `period` (ISO 8601: 2022, 2022-03, 2022-Q1, 2022-12-31, or two of them
    with a slash), an `integer` (a position or a number printed in the source) or a `text`. A measure is an `integer` or
    a `decimal` with a `unit`, or with a `unit_column` that names the dimension holding each row's unit.
    `precision` says whether printed values are exact or were rounded by the source; `additivity` over what they may be summed.
    A `withheld` column is an integer that the SELECT gives for disclosure control alone. It is never published.
    """

    name: str
    role: Role
    type: ColumnType
    title: LanguageMap
    description: LanguageMap | None = None
    codelist: str | None = None
    unit: str | None = None
    unit_column: str | None = None
    additivity: str | None = None
    precision: str = "exact"


@dataclass(frozen=True)
class Source:
    """Where the figures stand: a document of `_documents.yaml`, the table or page, the lines of its text extraction."""

    document: str
    place: LanguageMap
    lines: str


@dataclass(frozen=True)
class Identity:
    """Inside dimension `dimension`, the value at code `total` should be the sum of `plus` less the sum of `minus`."""

    dimension: str
    total: str
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()


@dataclass(frozen=True)
class RowSum:
    """In each row, measure `measure` should be the sum of the measures `plus` less the sum of the measures `minus`."""

    measure: str
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ratio:
    """In each row, `measure` should be `scale` x `numerator` / `denominator`.

    With `over`, the denominator is the stated total of that measure over those dimensions: a share. With `decimals`, the
    measure is not delivered at all but computed so, rounded half up to so many places.
    """

    measure: str
    numerator: str
    denominator: str
    scale: int = 100
    over: tuple[str, ...] = ()
    decimals: int | None = None


@dataclass(frozen=True)
class Gap:
    """The author's explanation of a gap that rounding does not explain: which checks it is for, its class and a note."""

    kind: str
    classification: str
    note: LanguageMap
    measures: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Note:
    """Something that a reader must know: a contradiction in the source, a loss in the extraction, a break in the series."""

    kind: str
    text: LanguageMap
    columns: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart: `category` on the axis, one bar or line for each of `measures` or for each code of `series`.

    `where` fixes other dimensions; the period may be fixed at LATEST. In a Registry dataset, what may be added up is
    summed over the dimensions that are left.
    """

    kind: str
    title: LanguageMap
    category: str
    measures: tuple[str, ...]
    series: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    sort: str = "code"


@dataclass(frozen=True)
class Declaration:
    """All that is said of one dataset. Its folder is `path.parent`.

    A dataset of a document has a `source` and its rows in `data.csv`. A dataset of the Registry has a `transform`, the
    SELECT that computes it; `reads` says for which months a table is read: the `month` itself (as every monthly table is
    unless said otherwise), `previous` (it and the one before), `through` (all until then) or `all`.

    `region_sentence` is the one true sentence about a region on its page; `{measure}` stands for that region's figure.
    `headline` names measures whose stated total over the regions is shown on the home page.

    Under a policy with rules each measure that is no computed ratio is in one group of `protect` or one entry of
    `public`; `tighten` makes the rules stricter, `parts` names measures that leave a rest. `columns` are those that are
    published; `withheld` ones are not among them. `contributions` is the SELECT of who contributes how much to a row.
    """

    slug: str
    topic: str
    origin: str
    title: LanguageMap
    summary: LanguageMap
    description: LanguageMap
    method: LanguageMap
    verification: LanguageMap
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    cadence: str
    licence: str
    policy: str
    path: Path
    source: Source | None = None
    transform: str = ""
    reads: tuple[tuple[str, str], ...] = ()
    identities: tuple[Identity, ...] = ()
    row_sums: tuple[RowSum, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    gaps: tuple[Gap, ...] = ()
    notes: tuple[Note, ...] = ()
    charts: tuple[Chart, ...] = ()
    region_sentence: LanguageMap | None = None
    headline: tuple[str, ...] = ()
    withheld: tuple[Column, ...] = ()
    protect: tuple[ProtectedGroup, ...] = ()
    public: tuple[PublicMeasures, ...] = ()
    tighten: Tightening = ()
    parts: tuple[Part, ...] = ()
    contributions: str = ""

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Column name -> column, in the declared order."""
        return {column.name: column for column in self.columns}

    @property
    def dimensions(self) -> tuple[Column, ...]:
        """The columns that say what a row is about."""
        return tuple(column for column in self.columns if column.role == "dimension")

    @property
    def measures(self) -> tuple[Column, ...]:
        """The columns that hold figures."""
        return tuple(column for column in self.columns if column.role == "measure")

    @property
    def delivered(self) -> tuple[Column, ...]:
        """The columns of the rows that the pipeline reads: the published ones and, after them, the withheld ones."""
        return (*self.columns, *self.withheld)

    @property
    def counted(self) -> tuple[Column, ...]:
        """The measures and, after them, the withheld columns."""
        return (*self.measures, *self.withheld)

    def rules(self, policy: Policy) -> Rules | None:
        """The rules of its policy as this dataset tightens them; none if the policy hides nothing."""
        return tightened(policy.rules, self.tighten) if policy.rules else None

    @property
    def cited(self) -> Source:
        """What the figures are from; raises LookupError for a Registry dataset that no extract is bound to yet."""
        if self.source is None:
            raise LookupError(f"{self.slug} is not bound to an extract. Remedy: etl.registry.binding.bind the library.")
        return self.source

    @property
    def computed(self) -> dict[str, Ratio]:
        """The ratios that are computed from other measures, by the measure that they give."""
        return {ratio.measure: ratio for ratio in self.ratios if ratio.decimals is not None}

    @property
    def folder(self) -> Path:
        """The dataset's folder."""
        return self.path.parent
