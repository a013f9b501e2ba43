r"""Mean passage times over barriers so high that panels cannot follow the solution: by the places that count.

    T = (1/D) int_reset^threshold dy int_-inf^y dz exp((U(y) - U(z))/D),        U = -int (a + mean) dv

(Gardiner 2004, Handbook of Stochastic Methods, eq. 5.2.157). Where a barrier is thousands of ``D`` high, the double
integral is that over the neighbourhoods of the highest ``y`` and the lowest ``z`` below it, to ``exp`` of minus the
height of the next ones: a product of two single integrals for each pair. Kramers' (1940) formula replaces each by that
over a parabola; here they are integrated as they are.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from rheobase.numerics.piecewise import Piecewise
from rheobase.numerics.quadrature import composite, legendre

Array = NDArray[np.float64]

_HIGH = 1e3  # barriers from which the rest is nothing: exp(-1000)
_FAR = 45.0  # exp(-45) is 3e-20
_SAMPLES, _NODES, _PANELS = 33, 20, 6


def rare_log_time(pieces: Piecewise, mean: float, diffusion: float, reset: float, threshold: float) -> float:
    """The logarithm of the mean time from reset to threshold; nan if no barrier is high, or nothing pulls up below.

    Its error is that of rounding, of the integral of the drift over the barrier: some 1e-15 of the logarithm.
    """
    edges = np.unique(np.concatenate([pieces.edges[pieces.edges < threshold], [reset, threshold]]))
    rests = _zeros(pieces, mean, edges)
    if not np.isfinite(mean) or not pieces(edges[0]) + mean > 0.0:
        return np.nan
    places = _apart(np.concatenate([edges, rests]), (reset, threshold))
    climbs = np.array([_climb(pieces, mean, a, b) for a, b in pairwise(places)])
    height = np.concatenate([[0.0], np.cumsum(climbs)])
    inner, first = np.arange(1, places.size - 1), int(np.searchsorted(places, reset))
    wells = inner[(height[inner] <= height[inner - 1]) & (height[inner] < height[inner + 1])]
    tops = [k for k in range(first, places.size) if _is_top(height, k, first)]
    rise = {(y, z): float(climbs[z:y].sum()) for y in tops for z in wells if z < y}
    highest = max(rise.values(), default=0.0)
    if not highest > _HIGH * diffusion:
        return np.nan
    near = [pair for pair, climb in rise.items() if climb > highest - _FAR * diffusion]
    problem = (pieces, mean, diffusion)
    logs = [
        rise[y, z] / diffusion + np.log(_around(problem, places, y, 1, first) * _around(problem, places, z, -1, 0))
        for y, z in near
    ]
    return float(logsumexp(logs) - np.log(diffusion))


def _apart(places: Array, kept: tuple[float, ...]) -> Array:
    """In order, without those that only rounding parts from another; some are kept as they are."""
    places = np.unique(places)
    least = 1e-13 * (places[-1] - places[0])
    alone = np.append(True, np.diff(places) > least) | np.isin(places, kept)
    alone &= np.isin(places, kept) | ~np.any(np.abs(places[:, None] - np.array(kept)) <= least, axis=1)
    return places[alone]


def _is_top(height: Array, k: int, first: int) -> bool:
    """Whether no place beside it, from the reset to the threshold, is higher."""
    before = k == first or height[k] >= height[k - 1]
    return bool(before and (k == height.size - 1 or height[k] > height[k + 1]))


def _zeros(pieces: Piecewise, mean: float, edges: Array) -> Array:
    """Where the drift changes its sign, to rounding."""
    grid = np.unique(np.concatenate([np.linspace(a, b, _SAMPLES) for a, b in pairwise(edges)]))
    values = pieces(grid) + mean
    at = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0.0)
    low, high, rises = grid[at], grid[at + 1], values[at] < 0.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        left = (pieces(middle) + mean < 0.0) == rises
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return np.concatenate([0.5 * (low + high), grid[values == 0.0]])


def _climb(pieces: Piecewise, mean: float, start: float, end: Array | float) -> Array:
    """``U(end) - U(start)``, for ends within one piece."""
    nodes, weights = legendre(_NODES)
    half = 0.5 * (np.asarray(end, float) - start)
    v = start + half[..., None] * (1.0 + nodes)
    return -half * ((pieces(v) + mean) @ weights)


def _around(problem: tuple[Piecewise, float, float], places: Array, k: int, sign: int, first: int) -> float:
    """The integral of ``exp(-sign (U(top) - U)/D)`` around a top (``sign`` 1), or of the same around a well (-1).

    On both sides until nothing is left, or ``U`` turns back, or the places end (below at ``first``).
    """
    return _one_side(problem, places[k:], sign) + _one_side(problem, places[first : k + 1][::-1], sign)


def _one_side(problem: tuple[Piecewise, float, float], places: Array, sign: int) -> float:
    pieces, mean, diffusion = problem
    x, weights = composite(_PANELS, _NODES)
    whole, gone = 0.0, 0.0
    for start, end in pairwise(places):
        reach = end - start
        lost = gone - sign * float(_climb(pieces, mean, start, end)) / diffusion
        while lost > _FAR + 5.0:  # shorter, until what counts fills most of it
            reach *= 0.7
            lost = gone - sign * float(_climb(pieces, mean, start, start + reach)) / diffusion
        if lost < gone:
            break
        whole += float(
            abs(reach) * weights @ np.exp(sign * _climb(pieces, mean, start, start + reach * x) / diffusion - gone)
        )
        gone = lost
        if gone > _FAR or reach != end - start:
            break
    return whole
