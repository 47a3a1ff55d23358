"""The plan: which figures of which releases must go so that a withdrawn one cannot be worked out from the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from datasets.contract import Status, status_column
from datasets.fault import Fault, FaultError
from etl.protect.entry import Figure, Record
from etl.protect.ledger import Ledger
from etl.protect.suppress import Unprotectable, suppress
from etl.publish.content import Record as Row
from etl.redacted import tells
from etl.redaction.published import Keys, Published
from etl.redaction.renamed import Names, names_in
from etl.redaction.request import Gone, Name, in_words, places, shown, shows
from etl.redaction.system import Reading, Valued, figures_of, join, read, relations_of

_HIDDEN = (Status.SUPPRESSED, Status.WITHDRAWN)


@dataclass(frozen=True)
class Plan:
    """`gone` are the figures by release id. `figures` and `relations` are for the ledger; `warnings` for the operator."""

    gone: Mapping[str, tuple[Gone, ...]]
    warnings: tuple[str, ...] = ()
    figures: Mapping[Figure, Record] = field(default_factory=dict)
    relations: tuple[tuple[tuple[Figure, int], ...], ...] = ()


def make_plan(name: Name, releases: Sequence[Published], ledger: Ledger | None) -> Plan:
    """What must go of `releases`, the oldest first; raises FaultError if no release shows the figure, or nothing can hide it."""
    names = names_in(name, releases)
    having = [each for each in releases if shows(each, names.within(each))]
    if not having:
        message = "is shown by no release: there is no such row, or it is hidden or withdrawn already."
        raise _fault(f"{name[0]}.{name[1]}", message, "Look the row up in the release; name each dimension as it does.")
    dataset = having[-1].dataset(names.within(having[-1])[0])
    assert dataset is not None
    if not dataset.protection or dataset.protection["method"] != "suppression":
        return _alone(names, having)
    if ledger is None:
        raise _fault("--store", "has no ledger.", "Give the work folder that the releases were built with.")
    return _with_company(name, releases, ledger)


def _with_company(name: Name, releases: Sequence[Published], ledger: Ledger) -> Plan:
    readings = [read(each, name, ledger) for each in releases]
    system = join(readings, name, ledger)
    try:
        hidden: frozenset[Valued] = suppress(system).hidden  # type: ignore[assignment]
    except Unprotectable as error:
        message = f"cannot be withdrawn alone: {len(error.names)} figures follow from what is not in these releases."
        raise _fault(in_words(name, releases[-1]), message, "Withdraw a total over it as well, and say so.") from None
    gone = {each.release.id: tuple(_gone(each, hidden, name)) for each in readings}
    return Plan(
        {release: each for release, each in gone.items() if each},
        (),
        figures_of(sorted(hidden, key=repr), system, name, ledger),
        tuple(relations_of(hidden, system, ledger)),
    )


def _gone(reading: Reading, hidden: frozenset[Valued], name: Name) -> Iterator[Gone]:
    """Figures of one release, what cannot be summed but stands on the same persons, and ratios made of them."""
    release = reading.release
    for slug, guarded in reading.guarded.items():
        for keys, record in release.records(slug):
            spelled = release.spelled(slug, keys)
            values = guarded.cube.figures.get(keys, {})
            own: dict[str, bool] = {}
            for group in guarded.declaration.protect:
                names = {each: (slug, each, spelled) for each in group.measures}
                if any((names[each], values.get(each)) in hidden for each in names) or name in names.values():
                    own |= {
                        each: names[each] == name
                        for each in names
                        if shown(record, each) and (record[each] or names[each] == name)
                    }
            yield from _with_ratios(release, slug, keys, record, own)


def _with_ratios(release: Published, slug: str, keys: Keys, record: Row, own: Mapping[str, bool]) -> Iterator[Gone]:
    """The measures `own` of a row, with whether they were asked for, and the ratios that one of them goes into."""
    yield from (Gone(slug, measure, keys, asked) for measure, asked in own.items())
    for ratio in release.declaration(slug).computed.values():
        parts = {ratio.numerator, ratio.denominator}
        figures = Status.NOT_APPLICABLE not in {record[status_column(part)] for part in parts}
        if own.keys() & parts and figures and record[status_column(ratio.measure)] not in _HIDDEN:
            yield Gone(slug, ratio.measure, keys, asked=False)


def _alone(names: Names, having: Sequence[Published]) -> Plan:
    """Where nothing adds up to the whole unit, the figure goes under each of its names, and ratios made of it.

    The operator is told what is left.
    """
    gone, warnings = {}, []
    for release in having:
        name = names.within(release)
        (at,) = places(release, name)
        record = next(record for keys, record in release.records(name[0]) if keys == at)
        gone[release.id] = tuple(_with_ratios(release, name[0], at, record, {name[1]: True}))
        warnings += list(_left(release, name, at, record))
    return Plan(gone, tuple(dict.fromkeys(warnings)))


def _left(release: Published, name: Name, keys: Keys, record: Row) -> Iterator[str]:
    """What may still say the figure. Checks that state a sum of it are taken out of the release; their rows are not."""
    for check in release.reconciliation:
        if about(check, release, name[0], name[1], keys):
            where = ", ".join(f"{each}={key}" for each, key in _where(check).items())
            yield f"{name[0]}: the {check['kind']} of {check['measure']} at {where} goes; the rows that it is made of stay"
    printed = {f"{record[name[1]]:g}", str(record[name[1]])}
    said = {text.replace(".", ",") for text in printed} | printed
    declaration = release.declaration(name[0])
    texts = [declaration.summary, declaration.description, declaration.method, declaration.verification]
    texts += [note.text for note in declaration.notes]
    if any(number in text.split() for words in texts for text in words.values() for number in said):
        yield f"{name[0]}: a note or a description has a number like it; read them"
    if name[0] not in release.content.totals:
        yield f"{name[0]}: the document that the figure was copied from, and the copy in datasets/, still have it"


def about(check: Row, release: Published, slug: str, measure: str, keys: Keys) -> bool:
    """Whether a check of the release is made with this figure."""
    dimensions = [column.name for column in release.declaration(slug).dimensions] if check["dataset"] == slug else []
    return bool(dimensions) and tells(check["kind"], check["measure"], _where(check), measure, dimensions, keys)


def _where(check: Row) -> dict[str, str]:
    import json

    found: dict[str, str] = json.loads(check["where_json"])
    return found


def _fault(place: str, message: str, remedy: str) -> FaultError:
    return FaultError([Fault("redaction", place, message, remedy)])
