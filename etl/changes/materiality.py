"""Whether a change is large enough to be told to those who have asked to be told."""

from __future__ import annotations

from datasets.contract import Change, Reason
from etl.changes.difference import Difference

#: A late figure that moves by so much of what it was, or more, is told.
LEAST_MOVE = 0.01
#: What somebody did on purpose is told, however small it is.
_ALWAYS = frozenset(
    {
        Reason.REDACTION,
        Reason.SOURCE_CORRECTION,
        Reason.OUR_ERROR,
        Reason.METHOD_CHANGE,
        Reason.RECLASSIFICATION,
    }
)


def is_material(difference: Difference, reason: Reason) -> bool:
    """Whether the change is told.

    Every change with a reason in `_ALWAYS` is. What disclosure control hides or shows is not. A new figure is if it is a
    number; one that gave way to the figure of a later period is not; any other that is gone is. Late data are if a figure
    moves by `LEAST_MOVE` or more, comes to nought or from it, or gets or loses its number. Nothing decides but what the two
    releases show.
    """
    if reason is Reason.PROTECTION_CHANGE:
        return False
    if reason is Reason.NEW_DATA:
        return difference.after is not None and difference.after.shown
    return difference.kind is Change.REMOVED or reason in _ALWAYS or _moved(difference)


def _moved(difference: Difference) -> bool:
    before, after = difference.before, difference.after
    old = before.value if before and before.shown else None
    new = after.value if after and after.shown else None
    if old is None or new is None:
        return bool(old or new) or (before is not None and old != new)
    return bool(old) != bool(new) or abs(new - old) >= LEAST_MOVE * abs(old) > 0
