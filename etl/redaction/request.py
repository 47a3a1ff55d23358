"""The request: which figure goes, and why; and the figures that releases have under its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datasets.contract import PERIOD, SUMMED, Status, status_column
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from etl.redaction.published import Keys, Published

#: A figure's name in all releases: dataset, measure, keys with the months of totals spelled out.
Name = tuple[str, str, Keys]
_SHOWN = (Status.OK, Status.ZERO)


@dataclass(frozen=True)
class Request:
    """`where` has a value for every dimension: `*` for a total over it; a total over months also by its interval."""

    dataset: str
    measure: str
    where: Mapping[str, str]
    reason: LanguageMap


@dataclass(frozen=True)
class Gone:
    """A figure of one release that is withdrawn: `asked`, or else to protect one that was. `keys` as the release has them."""

    dataset: str
    measure: str
    keys: Keys
    asked: bool


def name_of(request: Request, releases: Sequence[Published]) -> Name:
    """The name of the figure that is meant; raises FaultError if no release can have it.

    A `*` for the period means the months of the newest release, the last of `releases`.
    """
    having = [each for each in releases if each.dataset(request.dataset)]
    if not having:
        remedy = "Correct the name; it is the name of the dataset's table."
        raise _fault("--dataset", f"'{request.dataset}' is in no release.", remedy)
    newest = having[-1]
    declaration = newest.declaration(request.dataset)
    measures = [column.name for column in declaration.measures]
    if request.measure not in measures:
        raise _fault("--measure", f"'{request.measure}' is no measure.", f"Name one of: {', '.join(measures)}.")
    ratio = declaration.computed.get(request.measure)
    if ratio is not None:
        message = f"is computed from {ratio.numerator} and {ratio.denominator}, which would give it back."
        raise _fault("--measure", message, "Withdraw one of these.")
    names = [column.name for column in declaration.dimensions]
    if set(request.where) != set(names):
        raise _fault("--where", "does not name one figure.", f"Give a value, or *, of each of: {', '.join(names)}.")
    keys = tuple(request.where[name] for name in names)
    if SUMMED in keys and not any(dataset and dataset.protection for dataset in [newest.dataset(request.dataset)]):
        raise _fault("--where", "names a total, and the dataset publishes none.", "Withdraw the rows that it sums up.")
    return request.dataset, request.measure, newest.spelled(request.dataset, keys)


def places(release: Published, name: Name) -> Iterator[Keys]:
    """Where a release has the figure: its keys there. Most have it nowhere or once."""
    slug, measure, spelled = name
    if release.dataset(slug) and measure in release.declaration(slug).by_name:
        yield from (keys for keys, _ in release.records(slug) if release.spelled(slug, keys) == spelled)


def shows(release: Published, name: Name) -> bool:
    """Whether the release has a number there."""
    found = set(places(release, name))
    status = status_column(name[1])
    return bool(found) and any(row[status] in _SHOWN for keys, row in release.records(name[0]) if keys in found)


def shown(record: Mapping[str, object], measure: str) -> bool:
    """Whether a row has a number of this measure."""
    return record[status_column(measure)] in _SHOWN


def in_words(name: Name, release: Published) -> str:
    """The figure as a person names it, without its value."""
    slug, measure, keys = name
    dimensions = (column.name for column in release.declaration(slug).dimensions)
    return f"{slug}.{measure} ({', '.join(f'{each}={key}' for each, key in zip(dimensions, keys, strict=True))})"


def parse_where(text: str) -> dict[str, str]:
    """`region=KZ-75,period=2026-03` as a mapping; raises FaultError."""
    found: dict[str, str] = {}
    for pair in text.split(","):
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not (name and sign and value) or name in found:
            raise _fault("--where", f"'{pair}' is not a dimension and its value.", f"Write {PERIOD}=2026-03,region=….")
        found[name] = value
    return found


def _fault(place: str, message: str, remedy: str) -> FaultError:
    return FaultError([Fault("command line", place, message, remedy)])
