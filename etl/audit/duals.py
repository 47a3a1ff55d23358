"""Duals: the solver's approximate multipliers made into steps of a derivation that hold exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from etl.audit.derivation import NOBODY, Step
from etl.audit.linear import Floats
from etl.audit.propagation import Box

SCALES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 18, 20, 24, 28, 30, 36, 40, 42, 48, 60, 100, 1000, 10000)
"""Common denominators tried first. Any multipliers prove something, but only the true ones waste nothing."""
FINE = 2**40
"""The denominator where none of these fits."""
NEAR = 1e-7
"""How far a multiplier may be from a multiple of 1 / scale."""


def bound_step(box: Box, rows: Sequence[int], multipliers: Floats, unknown: int, side: int) -> Step | None:
    """The tightest bound of `side` * unknown that these multipliers of these constraints prove; None for no bound."""
    best: Step | None = None
    for scale in _scales(multipliers):
        step = _step(box, rows, multipliers, scale, unknown, side)
        if step is not None and (best is None or step.bound < best.bound):
            best = step
    return best


def contradiction_step(box: Box, rows: Sequence[int], ray: Floats) -> Step | None:
    """The step that shows that no figures are within the bounds; None when these multipliers do not show it."""
    sizes = np.abs(ray[np.abs(ray) > 1e-9])
    for unit in (sizes.min(initial=1.0), sizes.max(initial=1.0)):
        multipliers = ray / unit
        for scale in _scales(multipliers):
            step = _step(box, rows, multipliers, scale, NOBODY, 0)
            if step is not None and step.bound < 0:
                return step
    return None


def _scales(multipliers: Floats) -> Iterator[int]:
    used = multipliers[np.abs(multipliers) > NEAR]
    for scale in SCALES:
        scaled = used * scale
        if np.abs(scaled - np.rint(scaled)).max(initial=0.0) < NEAR * scale:
            yield scale
            break
    else:
        yield FINE


def _step(box: Box, rows: Sequence[int], multipliers: Floats, scale: int, unknown: int, side: int) -> Step | None:
    pairs = []
    for place in np.nonzero(np.abs(multipliers) > NEAR)[0]:
        whole = round(float(multipliers[place]) * scale)
        row = rows[int(place)]
        if whole and (box.rows[row].upper if whole > 0 else box.rows[row].lower) is not None:
            pairs.append((row, whole))
    draft = Step(unknown, side, 0, scale, tuple(pairs))
    total = box.sum(draft)
    return None if total is None else Step(unknown, side, total // scale, scale, draft.multipliers)
