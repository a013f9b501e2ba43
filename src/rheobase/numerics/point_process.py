"""Points in time at random, from counters: a train depends on its number and the seed, not on how many there are.

All arrays of points are flat, sorted within a train; ``starts`` (one longer than the trains) says where each begins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.random import fill_words, unit

Array = NDArray[np.float64]
_OWNER = 0xF2000000  # of the random counter; populations and connections have others
_INTERVALS, _THINNING, _BINS = 0, 1, 2
_VALUES = 2_000_000  # random numbers made at once


def poisson(rate: float, duration: float, n: int, seed: int) -> tuple[Array, NDArray[np.int64], Array]:
    """Homogeneous Poisson trains: sums of exponential intervals.

    Parameters
    ----------
    rate, duration
        In any units whose product is a number.
    n
        Trains.

    Returns
    -------
    times, starts, uniform
        The points, and a uniform number for each, independent of them, for thinning.
    """
    mean = rate * duration
    blocks = int(np.ceil((mean + 7.0 * np.sqrt(mean) + 12.0) / 4.0))
    pieces: list[Array] = []
    thinning: list[Array] = []
    counts = np.zeros(n, np.int64)
    width = max(1, _VALUES // (4 * blocks))
    for first in range(0, n, width):
        m = min(width, n - first)
        many = blocks
        while True:
            gaps = uniforms(first, m, many, _INTERVALS, seed)
            np.log(gaps, out=gaps)
            times = np.cumsum(-gaps, axis=1) / rate if rate > 0 else np.full(gaps.shape, np.inf)
            if rate == 0 or times[:, -1].min() > duration:
                break
            many += blocks
        inside = times <= duration
        counts[first : first + m] = inside.sum(axis=1)
        pieces.append(times[inside])
        thinning.append(uniforms(first, m, many, _THINNING, seed)[inside])
    return np.concatenate(pieces), starts_of(counts), np.concatenate(thinning)


def bernoulli(probability: Array, n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """In each bin at most one point, with the given probability; returns bins and starts."""
    bins = probability.size
    blocks = -(-bins // 4)
    pieces: list[NDArray[np.int64]] = []
    counts = np.zeros(n, np.int64)
    width = max(1, _VALUES // (4 * blocks))
    for first in range(0, n, width):
        m = min(width, n - first)
        hit = uniforms(first, m, blocks, _BINS, seed)[:, :bins] < probability
        counts[first : first + m] = hit.sum(axis=1)
        pieces.append(np.nonzero(hit)[1])
    return np.concatenate(pieces), starts_of(counts)


def uniforms(first: int, m: int, blocks: int, stream: int, seed: int) -> Array:
    """Uniform numbers in (0, 1), shape (m trains, 4 * blocks)."""
    words = np.empty((blocks, 4, m), np.int32)
    key0, key1 = np.uint32(seed & 0xFFFFFFFF), np.uint32((seed >> 32) & 0xFFFFFFFF)
    for block in range(blocks):
        fill_words(words[block], m, first, block, stream, _OWNER, key0, key1)
    return _units(words).reshape(m, 4 * blocks)


@kernel
def _units(words):
    """Words of shape (blocks, 4, m) as uniform numbers of shape (m, blocks, 4)."""
    blocks, four, m = words.shape
    found = np.empty((m, blocks, four))
    for i in range(m):
        for block in range(blocks):
            for lane in range(four):
                found[i, block, lane] = unit(words[block, lane, i])
    return found


@kernel
def apart(times, starts, dead):
    """Which points stay if each silences its train for ``dead``."""
    kept = np.zeros(times.size, np.bool_)
    for train in range(starts.size - 1):
        last = -np.inf
        for at in range(starts[train], starts[train + 1]):
            if times[at] - last >= dead:
                kept[at] = True
                last = times[at]
    return kept


def starts_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each train begins."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def select(times: Array, starts: NDArray[np.int64], kept: NDArray[np.bool_]) -> tuple[Array, NDArray[np.int64]]:
    """The points that are kept."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return times[kept], before[starts].astype(np.int64)


def histogram_edges(reach: float, n: int, step: float | None) -> Array:
    """Edges of a histogram of intervals, at most about ``n`` bins up to ``reach``.

    Intervals that are multiples of a ``step`` get bins around the same number of multiples each; the first bin holds
    what is shorter than half a step.
    """
    if step is None:
        return np.linspace(0.0, reach, n + 1)
    wide = max(1, round(reach / n / step)) * step
    return np.concatenate([np.zeros(1), np.arange(0.5 * step, reach + wide, wide)])
