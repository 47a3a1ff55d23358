"""Why a figure has changed: one rule for each reason, and the order in which they are asked.

See docs/decisions/0022-reasons-for-changes.md. A rule is given the difference and the two releases; it gives the reason,
or nothing if it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from datasets.contract import SUMMED, Change, Reason, Status
from datasets.record import Correction
from etl.changes.difference import Difference
from etl.changes.restated import restates
from etl.changes.side import Succession


@dataclass(frozen=True)
class Why:
    """A reason, and the id of the correction in the record that gives it."""

    reason: Reason
    correction: str | None = None


def withdrawn(difference: Difference, succession: Succession) -> Why | None:
    """A number that was withdrawn after publication, or is shown again after that."""
    cells = (difference.before, difference.after)
    flips = difference.kind in (Change.HIDDEN, Change.SHOWN)
    if flips and any(cell and cell.status == Status.WITHDRAWN for cell in cells):
        return Why(Reason.REDACTION)
    return None


def protected(difference: Difference, succession: Succession) -> Why | None:
    """A number that disclosure control hides or shows, also if it does so because the data changed.

    Nobody may learn why: that a hidden number moved is as secret as the number. Also a number that is no longer, or
    newly, or otherwise made inexact.
    """
    if difference.kind in (Change.HIDDEN, Change.SHOWN):
        return Why(Reason.PROTECTION_CHANGE)
    former = succession.before.datasets.get(difference.dataset.slug)
    if difference.kind is Change.CHANGED and former and former.blurring != difference.dataset.blurring:
        return Why(Reason.PROTECTION_CHANGE)
    return None


def new(difference: Difference, succession: Succession) -> Why | None:
    """A figure of a dataset, or of a period of it, that the release before did not have.

    Also one of a period that the dataset has left behind: a picture of the last month gave way to the next one.
    """
    slug = difference.dataset.slug
    former, latter = succession.before.datasets.get(slug), succession.after.datasets.get(slug)
    if difference.kind is Change.ADDED and (former is None or difference.period not in former.periods):
        return Why(Reason.NEW_DATA)
    if difference.kind is Change.REMOVED and former and latter and difference.period not in latter.periods:
        return Why(Reason.NEW_DATA) if latter.periods - former.periods else None
    return None


def corrected(difference: Difference, succession: Succession) -> Why | None:
    """A figure that a new entry of the corrections log is about, or a sum or ratio that is made of such figures."""
    for correction in succession.corrections:
        if _covers(correction, difference):
            return Why(Reason(correction.reason), correction.id)
    return None


def _covers(correction: Correction, difference: Difference) -> bool:
    dataset = difference.dataset
    parts = (difference.measure, *dataset.ratios.get(difference.measure, ()))
    if correction.dataset != dataset.slug or (correction.measure is not None and correction.measure not in parts):
        return False
    values = dict(zip(dataset.dimensions, difference.keys, strict=True))
    return all(values.get(name) in (value, SUMMED) for name, value in correction.where)


def computed_otherwise(difference: Difference, succession: Succession) -> Why | None:
    """A figure of a dataset that is computed otherwise, has other columns, or is published no more."""
    slug = difference.dataset.slug
    former, latter = succession.before.datasets.get(slug), succession.after.datasets.get(slug)
    if former is None:
        return None
    if latter is None or former.method != latter.method or former.dimensions != latter.dimensions:
        return Why(Reason.METHOD_CHANGE)
    known = difference.measure in former.measures and difference.measure in latter.measures
    return None if known else Why(Reason.METHOD_CHANGE)


def classified_otherwise(difference: Difference, succession: Succession) -> Why | None:
    """A figure of a code that was added to its list, removed from it, or made a part of another code."""
    for name, key in zip(difference.dataset.codelists, difference.keys, strict=True):
        before, after = (side.codes.get(name or "", {}) for side in (succession.before, succession.after))
        if name in succession.after.codes and key != SUMMED and before.get(key, "") != after.get(key, ""):
            return Why(Reason.RECLASSIFICATION)
    return None


def delivered_otherwise(difference: Difference, succession: Succession) -> Why | None:
    """A figure of the Registry: it says that it corrects the month, or the figure came late."""
    if not difference.dataset.computed:
        return None
    windows, period = difference.dataset.windows, difference.period
    if any(restates(month, period, windows.get(table, "month")) for table, month in succession.restated):
        return Why(Reason.SOURCE_CORRECTION)
    return Why(Reason.LATE_DATA)


def printed_otherwise(difference: Difference, succession: Succession) -> Why:
    """A figure of a document: there is another document, or we had copied this one wrongly."""
    former = succession.before.datasets.get(difference.dataset.slug)
    if former and former.source != difference.dataset.source:
        return Why(Reason.SOURCE_CORRECTION)
    return Why(Reason.OUR_ERROR)


#: In this order: the first that applies gives the reason.
RULES: tuple[Callable[[Difference, Succession], Why | None], ...] = (
    withdrawn,
    protected,
    new,
    corrected,
    computed_otherwise,
    classified_otherwise,
    delivered_otherwise,
    printed_otherwise,
)


def why(difference: Difference, succession: Succession) -> Why:
    """The reason of a difference; the last rule always has one."""
    return next(found for rule in RULES if (found := rule(difference, succession)) is not None)
