"""Random numbers from counters: the value depends on who draws and when, never on which thread asks.

Philox 4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11) turns a
counter of four words and a key of two into four independent words. A stream is addressed by ``(item, block, stream,
owner)``: neuron, group of four steps, which of the neuron's random quantities, population. Words come as int32, whose
bits are uniform.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.vectormath import fma, log, select

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint32(0x9E3779B9)
_W1 = np.uint32(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF_WORD = np.uint64(32)


@njit(forceinline=True)
def philox(c0, c1, c2, c3, key0, key1):
    """Ten rounds on the counter ``(c0, c1, c2, c3)``; all words are uint32."""
    for _ in range(10):
        high0 = _M0 * np.uint64(c0)
        high1 = _M1 * np.uint64(c2)
        c0, c1, c2, c3 = (
            np.uint32(np.uint32(high1 >> _HALF_WORD) ^ c1 ^ key0),
            np.uint32(high1 & _LOW),
            np.uint32(np.uint32(high0 >> _HALF_WORD) ^ c3 ^ key1),
            np.uint32(high0 & _LOW),
        )
        key0 = np.uint32(key0 + _W0)
        key1 = np.uint32(key1 + _W1)
    return c0, c1, c2, c3


@kernel
def fill_words(words, m, first, block, stream, owner, key0, key1):
    """Fill ``words[:, :m]`` (int32) for the items ``first ... first + m``: four independent words each.

    Arrays are passed whole with ``m`` beside them: a slice of columns would not be contiguous, and not vectorise.
    """
    w0, w1, w2, w3 = words[0, :m], words[1, :m], words[2, :m], words[3, :m]
    start = np.uint32(first)
    c1, c2, c3 = np.uint32(block), np.uint32(stream), np.uint32(owner)
    for i in range(m):
        a, b, c, d = philox(np.uint32(start + np.uint32(i)), c1, c2, c3, key0, key1)
        w0[i] = np.int32(a)
        w1[i] = np.int32(b)
        w2[i] = np.int32(c)
        w3[i] = np.int32(d)


@njit(forceinline=True)
def unit(word):
    """A word as a float64 in the open interval (0, 1): (word + 1/2) / 2**32."""
    return fma(np.float64(word), 2.3283064365386963e-10, 0.5000000001164153)


@njit(forceinline=True)
def _sine_of_turns(y):
    """sin(2 pi y) for |y| <= 1/4, by its Taylor series to the 21st power."""
    x = 6.283185307179586 * y
    q = x * x
    p = 1.9572941063391263e-20
    p = fma(p, q, -8.22063524662433e-18)
    p = fma(p, q, 2.8114572543455206e-15)
    p = fma(p, q, -7.647163731819816e-13)
    p = fma(p, q, 1.6059043836821613e-10)
    p = fma(p, q, -2.505210838544172e-08)
    p = fma(p, q, 2.7557319223985893e-06)
    p = fma(p, q, -0.0001984126984126984)
    p = fma(p, q, 0.008333333333333333)
    p = fma(p, q, -0.16666666666666666)
    return fma(p * q, x, x)


@njit(forceinline=True)
def normal_pair(word_a, word_b):
    """Two independent standard normals from two words (Box & Muller 1958); at most 6.7 standard deviations."""
    radius = math.sqrt(-2.0 * log(unit(word_a)))
    turn = np.float64(word_b) * 2.3283064365386963e-10  # in [-1/2, 1/2)
    folded = select(turn > 0.25, 0.5 - turn, select(turn < -0.25, -0.5 - turn, turn))
    return radius * _sine_of_turns(0.25 - abs(turn)), radius * _sine_of_turns(folded)


@kernel
def normals_of_words(words, m, normals):
    """Standard normals from words; both (4, at least m)."""
    for k in range(0, 4, 2):
        a, b, x, y = words[k, :m], words[k + 1, :m], normals[k, :m], normals[k + 1, :m]
        for i in range(m):
            x[i], y[i] = normal_pair(a[i], b[i])


@kernel
def uniforms_of_words(words, m, uniforms):
    """Uniform numbers in (0, 1) from words; both (4, at least m)."""
    for k in range(4):
        a, x = words[k, :m], uniforms[k, :m]
        for i in range(m):
            x[i] = unit(a[i])


#: Up to this mean a Poisson count is found by comparing the word with every threshold; above, by a guided search.
COMPARE_UP_TO = 12.0
_GUIDE_BITS = 10
GUIDE_SIZE = 2**_GUIDE_BITS


def poisson_table(mean: float) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    """Thresholds, guide and offset of the inverse distribution function of a Poisson count.

    A word ``w`` (int32) stands for the uniform number ``u = w/2**32 + 1/2``; the count is ``offset`` plus the number of
    thresholds below ``w``. Thresholds run over all counts whose probability a 32-bit word can resolve, padded to a
    multiple of 8. The guide holds, for the leading bits of ``u``, where the search starts.

    Parameters
    ----------
    mean
        Mean count of one step, at least 0.
    """
    width = 10.0 * math.sqrt(mean) + 25.0
    offset = max(0, math.floor(mean - width)) if mean > COMPARE_UP_TO else 0
    counts = np.arange(offset, math.ceil(mean + width) + 1)
    cumulative = _poisson_cdf(counts, mean)
    thresholds = np.floor((cumulative - 0.5) * 2.0**32 - 0.5)
    always = int(np.count_nonzero(thresholds < -(2.0**31)))  # below every word
    thresholds, offset = thresholds[always:], offset + always
    thresholds = thresholds[: int(np.searchsorted(thresholds, 2.0**31 - 1))].astype(np.int32)
    padded = np.full(max(-(-thresholds.size // 8), 1) * 8, np.iinfo(np.int32).max, dtype=np.int32)
    padded[: thresholds.size] = thresholds
    starts = (np.arange(GUIDE_SIZE) << (32 - _GUIDE_BITS)) - 2**31
    guide = np.searchsorted(thresholds, starts, side="left").astype(np.int32)
    return padded, guide, offset


def _poisson_cdf(counts: NDArray[np.int64], mean: float) -> NDArray[np.float64]:
    from scipy.special import gammaincc

    return np.ones(counts.shape) if mean == 0 else gammaincc(counts + 1.0, mean)


@kernel
def poisson_of_words(words, m, scratch, thresholds):
    """Replace words by Poisson counts: how many thresholds lie below the word. ``scratch`` is as long as a row."""
    for k in range(4):
        word, total = words[k, :m], scratch[:m]
        total[:] = 0
        for j in range(0, thresholds.size, 8):
            t0, t1, t2, t3 = thresholds[j], thresholds[j + 1], thresholds[j + 2], thresholds[j + 3]
            t4, t5, t6, t7 = thresholds[j + 4], thresholds[j + 5], thresholds[j + 6], thresholds[j + 7]
            for i in range(m):
                w = word[i]
                low = np.int32(w > t0) + np.int32(w > t1) + np.int32(w > t2) + np.int32(w > t3)
                high = np.int32(w > t4) + np.int32(w > t5) + np.int32(w > t6) + np.int32(w > t7)
                total[i] = np.int32(total[i] + np.int32(np.int32(low) + np.int32(high)))
        word[:] = total


@kernel
def poisson_of_words_guided(words, m, thresholds, guide, offset):
    """Replace words by Poisson counts of a large mean: start at the guide, then search on."""
    for k in range(4):
        word = words[k, :m]
        for i in range(m):
            w = word[i]
            j = guide[(np.int64(w) + 2147483648) >> (32 - _GUIDE_BITS)]
            while j < thresholds.size and thresholds[j] < w:
                j += 1
            word[i] = offset + j


@kernel
def poisson_of_words_each(words, m, means):
    """Replace words by Poisson counts with one mean an item, by summing probabilities until they pass the word."""
    for k in range(4):
        word = words[k, :m]
        for i in range(m):
            u = unit(word[i])
            count = 0
            probability = math.exp(-means[i])
            cumulative = probability
            while cumulative < u and probability > 1e-300:
                count += 1
                probability *= means[i] / count
                cumulative += probability
            word[i] = count
