"""Randomness that depends on names only, never on the order of work: the same name gives the same numbers."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from etl.registry.contract import SMALLEST_PSEUDONYM

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_BITS = np.uint64(2**63 - 1)
_ROUNDS = 3


def _digest(seed: int, names: tuple[object, ...]) -> int:
    text = "\x1f".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")


def stream(seed: int, *names: object) -> np.random.Generator:
    """A counter-based generator of its own for these names (a table, a month, a chunk)."""
    return np.random.Generator(np.random.Philox(key=_digest(seed, names)))


def scatter(values: Ints | Words, seed: int, *names: object) -> Words:
    """64 well mixed bits for each value: an attribute of a person that needs no memory."""
    mixed = values.astype(np.uint64) + np.uint64(_digest(seed, names) & (2**64 - 1))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def share(words: Words, part: int, bits: int = 16) -> Floats:
    """Numbers in [0, 1) from the `part`-th group of `bits` bits of each word."""
    return ((words >> np.uint64(part * bits)) & np.uint64(2**bits - 1)).astype(np.float64) / 2**bits


class Pseudonyms:
    """A keyed one-to-one scrambling of indices into 16 to 19 digits; without the key it does not lead back."""

    def __init__(self, seed: int, name: str) -> None:
        words = [_digest(seed, ("pseudonym", name, turn)) & (2**63 - 1) for turn in range(2 * _ROUNDS)]
        self._keys = [(np.uint64(words[turn]), np.uint64(words[turn + _ROUNDS] | 1)) for turn in range(_ROUNDS)]

    def __call__(self, indices: Ints) -> Ints:
        """The pseudonyms of non-negative indices below 2**60."""
        # Walks on until the value is large enough. It starts at a large value, so no two walks meet.
        found = self._mix(indices.astype(np.uint64) + np.uint64(2**61))
        small = np.flatnonzero(found < SMALLEST_PSEUDONYM)
        while small.size:
            found[small] = self._mix(found[small])
            small = small[found[small] < SMALLEST_PSEUDONYM]
        return found.astype(np.int64)

    def _mix(self, words: Words) -> Words:
        for key, factor in self._keys:
            words = ((words ^ key) * factor) & _BITS
            words = words ^ (words >> np.uint64(32))
        return words


def apportion(total: int, weights: Floats, least: int = 0) -> Ints:
    """Whole numbers of at least `least` in proportion to `weights` that add up to `total` exactly (largest remainders)."""
    rest = total - least * len(weights)
    shares = weights * (rest / weights.sum())
    whole = np.floor(shares).astype(np.int64)
    missing = rest - int(whole.sum())
    order = np.argsort(-(shares - whole), kind="stable")
    # Rounding of large products may leave one more or less than there are remainders.
    whole += missing // len(weights)
    whole[order[: missing % len(weights)]] += 1
    return whole + least


class Draw:
    """Draws members of groups by weight in constant time each (Walker's alias method over all groups at once).

    `groups` numbers the group of each entry from 0, in ascending order; a group without entries cannot be drawn from.
    """

    def __init__(self, groups: Ints, weights: Floats, count: int) -> None:
        self.size = np.bincount(groups, minlength=count)
        self.start = np.concatenate(([0], np.cumsum(self.size)[:-1]))
        self._keep = np.ones(len(groups))
        self._other = np.arange(len(groups))
        for start, size in zip(self.start, self.size, strict=True):
            if size > 1:
                self._fill(start, weights[start : start + size])

    def _fill(self, start: int, weights: Floats) -> None:
        scaled = weights * (len(weights) / weights.sum())
        small = [int(each) for each in np.flatnonzero(scaled < 1)]
        large = [int(each) for each in np.flatnonzero(scaled >= 1)]
        while small and large:
            less, more = small.pop(), large[-1]
            self._keep[start + less], self._other[start + less] = scaled[less], start + more
            scaled[more] -= 1 - scaled[less]
            if scaled[more] < 1:
                small.append(large.pop())

    def __call__(self, groups: Ints, randoms: Floats) -> Ints:
        """The entry drawn for each group; `randoms` in [0, 1) with at least 32 bits each."""
        places = randoms * self.size[groups]
        slots = places.astype(np.int64)
        entries = self.start[groups] + slots
        return np.where(places - slots < self._keep[entries], entries, self._other[entries])
