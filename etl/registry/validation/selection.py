"""Which of several extracts counts for each part: the newest. What that replaces, repeats or leaves out is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from datasets.fault import Fault, FaultError
from etl.registry.contract import TABLES
from etl.registry.manifest import MANIFEST_FILE
from etl.registry.months import following
from etl.registry.validation.delivery import Delivery
from etl.registry.validation.intake import Extract
from etl.registry.validation.report import Notice


@dataclass(frozen=True)
class Selection:
    """The parts that count, in the order of the contract's tables and of the months.

    `corrections` are pairs of a monthly part and the one that replaces it.
    """

    extracts: tuple[Extract, ...]
    months: tuple[str, ...]
    parts: tuple[Delivery, ...]
    corrections: tuple[tuple[Delivery, Delivery], ...]
    notices: tuple[Notice, ...]


def select(extracts: Sequence[Extract]) -> Selection:
    """Settle what counts; raises FaultError for extracts that contradict each other or leave a table out."""
    notices: list[Notice] = []
    ordered = _settled(extracts, notices)
    months = tuple(sorted({month for extract in ordered for month in extract.manifest.periods}))
    histories = _histories(ordered, notices)
    faults = [*_contradictions(ordered), *_absent(months, histories, ordered[-1])]
    if faults:
        raise FaultError(faults)
    corrections = tuple(
        (history[-2], history[-1]) for (_, period), history in histories.items() if period and len(history) > 1
    )
    notices += [*_missing_months(months), *_out_of_order(ordered)]
    parts = tuple(history[-1] for history in histories.values())
    return Selection(tuple(ordered), months, parts, corrections, tuple(notices))


def _settled(extracts: Sequence[Extract], notices: list[Notice]) -> list[Extract]:
    """The extracts by their as-of instants, each once; raises FaultError."""
    if len({extract.manifest.synthetic for extract in extracts}) > 1:
        message = "a simulated and an official extract are given together."
        raise FaultError([Fault("extracts", "synthetic", message, "Build from one kind only: they are never mixed.")])
    ordered: dict[str, Extract] = {}
    for extract in sorted(extracts, key=lambda each: (each.manifest.as_of, each.manifest.extract)):
        name = extract.manifest.extract
        if name not in ordered:
            ordered[name] = extract
        elif ordered[name].manifest == extract.manifest:
            notices.append(Notice("repeated_delivery", "", "", f"extract {name} was given twice; once is read."))
        else:
            message = "two extracts of this name differ."
            raise FaultError([Fault(f"{name}/{MANIFEST_FILE}", "extract", message, "Give a new extract a new name.")])
    return list(ordered.values())


def _histories(ordered: Sequence[Extract], notices: list[Notice]) -> dict[tuple[str, str], list[Delivery]]:
    """What was delivered of each part, oldest first, without what was only delivered again."""
    histories: dict[tuple[str, str], list[Delivery]] = {}
    for extract in ordered:
        for delivery in extract.parts:
            part = _without_twins(delivery, notices)
            history = histories.setdefault((part.table.name, part.period), [])
            if not history or history[-1].digest != part.digest:
                history.append(part)
            elif part.period:
                text = f"extract {part.extract} delivers the files of {history[-1].extract} again; they are read once."
                notices.append(Notice("repeated_delivery", part.table.name, part.period, text))
    order = list(TABLES)
    return dict(sorted(histories.items(), key=lambda item: (order.index(item[0][0]), item[0][1])))


def _without_twins(delivery: Delivery, notices: list[Notice]) -> Delivery:
    """A part whose files are each there once. That files without rows are equal is no news."""
    pieces = tuple({piece.sha256: piece for piece in reversed(delivery.pieces)}.values())[::-1]
    if sum(piece.rows for piece in pieces) == sum(piece.rows for piece in delivery.pieces):
        return replace(delivery, pieces=pieces)
    text = f"extract {delivery.extract} holds the same file twice; it is read once."
    notices.append(Notice("repeated_delivery", delivery.table.name, delivery.period, text))
    return replace(delivery, pieces=pieces)


def _contradictions(ordered: Sequence[Extract]) -> Iterator[Fault]:
    """Two extracts of one instant that deliver different files of one part: neither is the newer."""
    seen: dict[tuple[str, str, str], Delivery] = {}
    for extract in ordered:
        for part in extract.parts:
            other = seen.setdefault((extract.manifest.as_of, part.table.name, part.period), part)
            if other.digest != part.digest:
                message = f"differs from that of extract {other.extract}, which has the same as-of instant."
                yield Fault(extract.manifest.extract, part.name, message, "Give the later of the two a later instant.")


def _absent(
    months: tuple[str, ...], histories: dict[tuple[str, str], list[Delivery]], newest: Extract
) -> Iterator[Fault]:
    """Tables and months of which nothing was delivered: without them figures would be nought instead of unknown."""
    for table in TABLES.values():
        for period in ("",) if table.register else months:
            if (table.name, period) not in histories:
                place = f"{table.name} {period}".strip()
                message = "was not delivered by any extract."
                remedy = "Deliver it; if there is nothing in it, with its columns and no rows."
                yield Fault(f"{newest.manifest.extract}/{MANIFEST_FILE}", place, message, remedy)


def _missing_months(months: tuple[str, ...]) -> Iterator[Notice]:
    missing = []
    for month, given in pairwise(months):
        expected = month
        while (expected := following(expected)) < given:
            missing.append(expected)
    if missing:
        text = f"no extract covers {', '.join(missing)}: figures of these months are absent."
        yield Notice("missing_months", "", "", text)


def _out_of_order(ordered: Sequence[Extract]) -> Iterator[Notice]:
    seen: set[str] = set()
    for extract in ordered:
        periods = set(extract.manifest.periods)
        late = sorted(month for month in periods - seen if seen and month < max(seen))
        if late:
            text = f"extract {extract.manifest.extract} delivers {', '.join(late)} after later months."
            yield Notice("out_of_order", "", "", text)
        seen |= periods
