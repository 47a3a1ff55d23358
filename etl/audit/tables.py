"""Whole-number tables of one component: which values they show to be possible, and how one is found near a vertex."""

from __future__ import annotations

import numpy as np

from etl.audit.linear import Floats, Model, Wholes

ROUNDS = 40
"""How often a dive solves again before it gives up."""


class Tables:
    """All tables of one component found so far, the least and the greatest value that they give each unknown."""

    def __init__(self, model: Model) -> None:
        self.found: list[Wholes] = []
        self.least = np.full(model.size, np.iinfo(np.int64).max)
        self.greatest = np.full(model.size, np.iinfo(np.int64).min)
        self._rows = _Exact(model)

    def add(self, values: Wholes) -> bool:
        """Keep a table that shows something new; False when it does not agree with the constraints and bounds."""
        if not self._rows.agree(values):
            return False
        if (values < self.least).any() or (values > self.greatest).any():
            self.least, self.greatest = np.minimum(self.least, values), np.maximum(self.greatest, values)
            self.found.append(values)
        return True


class _Exact:
    """The constraints and bounds of a component over whole numbers, without rounding and without overflow."""

    def __init__(self, model: Model) -> None:
        self.places, self.starts = model.places, model.starts[:-1]
        self.lower = model.origin
        self.upper = np.where(model.endless, np.iinfo(np.int64).max, model.origin + model.width)
        self.origin = model.origin
        # int64 overflows where coefficients of ratios meet large figures: whole numbers of Python do not
        largest = int(np.abs(model.coefficients).max(initial=1)) * int(model.width.max(initial=1)) * 4
        self.dtype = np.dtype(np.int64) if largest * model.size < 2**62 else np.dtype(object)
        self.coefficients = model.coefficients.astype(np.int64).astype(self.dtype)
        low = [-(2**62) if side is None else side for side in model.row_lower]
        high = [2**62 if side is None else side for side in model.row_upper]
        self.row_lower, self.row_upper = np.array(low, self.dtype), np.array(high, self.dtype)

    def agree(self, values: Wholes) -> bool:
        if (values < self.lower).any() or (values > self.upper).any():
            return False
        if not len(self.starts):
            return True
        offsets = (values - self.origin).astype(self.dtype)
        sums = np.add.reduceat(self.coefficients * offsets[self.places], self.starts)
        return bool((sums >= self.row_lower).all() and (sums <= self.row_upper).all())


def dive(model: Model, start: Floats, lower: Wholes, upper: Wholes, rng: np.random.Generator) -> Wholes | None:
    """Whole offsets within `lower` to `upper`, from a vertex `start` within them; None when not found.

    Rounds and holds a part of the broken offsets, lets the solver mend the rest, and so on. It may come to none where
    there is one. The model is left where it was.
    """
    basis = model.basis()
    places = np.arange(model.size)
    model.bound(places, lower, upper)
    try:
        return _dive(model, start, lower.copy(), upper.copy(), rng)
    finally:
        model.restore(basis)


def _dive(model: Model, offsets: Floats, lower: Wholes, upper: Wholes, rng: np.random.Generator) -> Wholes | None:
    share = 0.8
    for _ in range(ROUNDS):
        gaps = np.abs(offsets - np.rint(offsets))
        broken = np.nonzero(gaps > 1e-6 * model.unit)[0]
        if not len(broken):
            return np.rint(offsets).astype(np.int64)
        count = max(1, int(len(broken) * share))
        held = broken[np.argsort(gaps[broken] + 0.1 * rng.random(len(broken)))[:count]]
        value = np.rint(offsets[held]).astype(np.int64)
        model.bound(held, value, value)
        mended = model.feasible()
        if mended is not None:
            offsets, lower[held], upper[held] = mended, value, value
        elif count == 1:
            return None
        else:
            model.bound(held, lower[held], upper[held])
            share /= 3
    return None
