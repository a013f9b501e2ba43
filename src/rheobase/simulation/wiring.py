"""From a connectivity rule to outgoing connections, sorted by target, for one slice of the targets.

Every rule is a way of listing the sources of one target (`draw_sources`); that is the place where a rule is added.
Sources, weights and delays come from counters addressed by projection and target, so they do not depend on how the
targets are sliced among threads. Two passes: count the synapses of every source, then put each in its place.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.random import normal_pair, philox, unit

# Rules
IN_DEGREE, BERNOULLI, ALL, ONE, LISTED = 0, 1, 2, 3, 4
# Kinds of a value drawn per synapse
CONSTANT, NORMAL, LOGNORMAL, UNIFORM, ARRAY = 0, 1, 2, 3, 4
# Owners in the random counter; populations count from 0 and stay below
_SOURCES, _VALUES = np.uint32(0xF0000000), np.uint32(0xF1000000)
_HALF_WORD = np.uint64(32)


@kernel
def _pick(word, n):
    """A word as a whole number in [0, n)."""
    return np.int64((np.uint64(np.uint32(word)) * np.uint64(n)) >> _HALF_WORD)


@kernel
def _random_sources(out, target, k, n, projection, key0, key1):
    """``k`` sources out of ``n``, each independent of the others."""
    for j in range(0, k, 4):
        words = philox(np.uint32(target), np.uint32(j >> 2), np.uint32(projection), _SOURCES, key0, key1)
        for lane in range(min(4, k - j)):
            out[j + lane] = _pick(words[lane], n)
    return k


@kernel
def _different_sources(out, mark, target, k, n, projection, key0, key1):
    """``k`` different sources: draw again what is marked already; where most are wanted, draw those to leave out."""
    drawn = k if 2 * k <= n else n - k
    count, counter = 0, 0
    while count < drawn:
        words = philox(np.uint32(target), np.uint32(counter), np.uint32(projection), _SOURCES, key0, key1)
        counter += 1
        for lane in range(4):
            source = _pick(words[lane], n)
            if count < drawn and mark[source] != target + 1:
                mark[source] = target + 1
                out[count] = source
                count += 1
    if drawn < k:
        count = 0
        for source in range(n):
            if mark[source] != target + 1:
                out[count] = source
                count += 1
    return k


@kernel
def _bernoulli_sources(out, target, p, n, projection, key0, key1):
    """Sources at geometric gaps, so that the cost is that of the synapses and not of the pairs."""
    if p >= 1.0:
        for source in range(n):
            out[source] = source
        return n
    if p <= 0.0:
        return 0
    scale = 1.0 / math.log1p(-p)
    count, counter = 0, 0
    source = np.int64(-1)
    while True:
        words = philox(np.uint32(target), np.uint32(counter), np.uint32(projection), _SOURCES, key0, key1)
        counter += 1
        for lane in range(4):
            gap = math.log(unit(np.int32(words[lane]))) * scale
            if gap >= n - source:
                return count
            source += 1 + np.int64(gap)
            if source >= n:
                return count
            out[count] = source
            count += 1


class Rule(NamedTuple):
    """A connectivity rule as numbers, for the kernels."""

    kind: int
    in_degree: NDArray[np.int64]  # of every target, or one for all
    p: float
    listed: NDArray[np.int64]  # sources sorted by target, for explicit connections
    listed_start: NDArray[np.int64]
    n_pre: int
    avoid_self: bool
    multapses: bool
    projection: int
    key0: np.uint32
    key1: np.uint32


class Drawn(NamedTuple):
    """How a weight or delay is drawn: normal, lognormal (a and b of the logarithm), uniform from a to b, or listed."""

    kind: int
    a: float
    b: float
    low: float
    high: float
    sign: float
    listed: NDArray[np.float64]


@kernel
def draw_sources(rule, target, out, mark):
    """Sources of one target into ``out``; returns how many. A rule is added here.

    Without autapses the draw is from the other neurons: indices from the target's own on move up by one.
    """
    n = rule.n_pre - 1 if rule.avoid_self else rule.n_pre
    if rule.kind == IN_DEGREE:
        k = rule.in_degree[target] if rule.in_degree.size > 1 else rule.in_degree[0]
        if rule.multapses:
            count = _random_sources(out, target, k, n, rule.projection, rule.key0, rule.key1)
        else:
            count = _different_sources(out, mark, target, k, n, rule.projection, rule.key0, rule.key1)
    elif rule.kind == BERNOULLI:
        count = _bernoulli_sources(out, target, rule.p, n, rule.projection, rule.key0, rule.key1)
    elif rule.kind == ALL:
        count = n
        for source in range(n):
            out[source] = source
    elif rule.kind == ONE:
        out[0] = target
        return 1
    else:
        start, stop = rule.listed_start[target], rule.listed_start[target + 1]
        out[: stop - start] = rule.listed[start:stop]
        return stop - start
    if rule.avoid_self:
        for j in range(count):
            if out[j] >= target:
                out[j] += 1
    return count


@kernel
def draw_value(drawn, rule, synapse, target, is_delay):
    """Weight or delay of synapse number ``synapse`` of a target; drawn again until it lies between low and high."""
    if drawn.kind == ARRAY:
        return drawn.listed[rule.listed_start[target] + synapse]
    attempt = np.uint32(0)
    while True:
        owner = np.uint32(_VALUES + attempt)
        w = philox(np.uint32(synapse), np.uint32(target), np.uint32(rule.projection), owner, rule.key0, rule.key1)
        first, other = (w[2], w[3]) if is_delay else (w[0], w[1])
        if drawn.kind == UNIFORM:
            return drawn.a + (drawn.b - drawn.a) * unit(np.int32(first))
        x = drawn.a + drawn.b * normal_pair(np.int32(first), np.int32(other))[0]
        if drawn.kind == LOGNORMAL:
            return drawn.sign * math.exp(x)
        if drawn.low <= x <= drawn.high:
            return x
        attempt = np.uint32(attempt + np.uint32(1))


@kernel
def count_by_source(start, rule, first, last, out, mark):
    """Add to ``start[source + 1]`` how many synapses each source has onto the targets ``first ... last``."""
    for target in range(first, last):
        n = draw_sources(rule, target, out, mark)
        for j in range(n):
            start[out[j] + 1] += 1


@kernel
def place(targets, weights, delays, head, rule, origin, first, last, out, mark, weight, delay, dt):
    """Fill the rows with the targets ``first ... last`` (counted from ``origin``), and with weights and delays (steps)
    where they are drawn. ``head`` says where each source's row goes on, and moves.

    Returns the shortest and longest delay drawn, in steps.
    """
    shortest, longest = np.int64(2**31), np.int64(0)
    for target in range(first, last):
        n = draw_sources(rule, target, out, mark)
        for j in range(n):
            place_at = head[out[j]]
            head[out[j]] = place_at + 1
            targets[place_at] = target - origin
            if weight.kind != CONSTANT:
                weights[place_at] = draw_value(weight, rule, j, target, False)
            if delay.kind != CONSTANT:
                steps = max(
                    np.int64(1), np.int64(math.floor(draw_value(delay, rule, j, target, True) / dt + 0.5 + 1e-9))
                )
                delays[place_at] = steps
                shortest, longest = min(shortest, steps), max(longest, steps)
    return shortest, longest
