r"""Mean rate, interval statistics, density and response of ``dv = (a(v) + mean) dt + sqrt(2 D) dW`` between reset and
threshold, for arrays of ``mean`` and ``D``; with an error estimate.

The kernels are in `rheobase.numerics.threshold_integration` and `rheobase.numerics.threshold_response`, which give the
equations. Arrays only: ``v`` and time in any unit.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.piecewise import Function, NoValue, Piecewise
from rheobase.numerics.radau import Radau, radau
from rheobase.numerics.rare_passage import rare_log_time
from rheobase.numerics.threshold_integration import STAGES, drifts, passage
from rheobase.numerics.threshold_mesh import both_ways, rising, walk
from rheobase.numerics.threshold_response import density, respond, weights_of_drift

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

TOLERANCE = 1e-11
_FINEST = 8.0
_MOST = 200_000
_DEEPEST = 20
_MANY = 32
#: Why an element has no result.
GOOD, UNCONFINED, TOO_LONG, NO_VALUE = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class Interval:
    """A drift between a reset and a threshold, and as far below as it is needed."""

    drift: Function
    reset: float
    threshold: float

    @lru_cache(maxsize=64)  # noqa: B019 - a frozen value; the pieces are as much part of it as a cached property
    def pieces(self, depth: int) -> Piecewise:
        """The drift as polynomials, to ``2**depth`` times the distance from reset to threshold below the reset."""
        span = self.threshold - self.reset
        if depth == 0:
            return Piecewise.of(self.drift, [self.reset - span, self.reset, self.threshold])
        above = self.pieces(depth - 1)
        return above.below(self.drift, [self.reset - 2.0**depth * span, above.low])


@dataclass(frozen=True)
class Passages:
    """Passage times from reset to threshold, elementwise.

    Attributes
    ----------
    log_time, cv
        Logarithm of the mean, and the standard deviation in units of the mean.
    at_reset, at_threshold
        ``w`` there, in units of the mean: ``-d ln T/d reset`` and ``d ln T/d threshold``.
    error
        Estimate of the error of ``log_time``, from panels half as wide.
    fault
        ``GOOD``, ``UNCONFINED`` (nothing pulls up below the reset), ``TOO_LONG``, or ``NO_VALUE`` (on the way down to
        where something pulls up the drift is not finite).
    """

    log_time: Array
    cv: Array
    at_reset: Array
    at_threshold: Array
    error: Array
    fault: NDArray[np.int64]


def passages(interval: Interval, mean: Array, diffusion: Array, *, tolerance: float = TOLERANCE) -> Passages:
    """First-passage times for one-dimensional arrays of ``mean`` and ``diffusion`` (positive) of one length.

    Panels are halved until the estimated error of the logarithm is below ``tolerance``, at most three times.
    """
    mean, diffusion = np.asarray(mean, float), np.asarray(diffusion, float)
    rows = _deep_enough(interval, mean, diffusion, 1.0)
    finer, fineness = rows, 1.0
    error = np.full(mean.size, np.inf)
    open_ = np.ones(mean.size, bool)
    while open_.any() and fineness < _FINEST:
        fineness *= 2.0
        finer = rows.copy()
        finer[open_] = _deep_enough(interval, mean[open_], diffusion[open_], fineness)
        error[open_] = np.abs(finer[open_, 0] - rows[open_, 0])
        rows = finer
        open_ = error > tolerance * np.maximum(1.0, np.abs(rows[:, 0]))
    return Passages(*rows[:, :4].T, error=error, fault=rows[:, 4].astype(np.int64))


def _deep_enough(interval: Interval, mean: Array, diffusion: Array, fineness: float) -> Array:
    """Rows of results, with as many pieces below the reset as each element needs."""
    rows = np.full((mean.size, 5), np.nan)
    rows[:, 4] = UNCONFINED
    todo = np.arange(mean.size)
    for depth in range(1, _DEEPEST):
        if not todo.size:
            break
        try:
            pieces = interval.pieces(depth)
        except NoValue:
            rows[todo, 4] = NO_VALUE
            break
        rows[todo] = _rows(pieces, interval, mean[todo], diffusion[todo], fineness)
        for k in todo[rows[todo, 4] == TOO_LONG]:
            rows[k] = _rare(pieces, interval, float(mean[k]), float(diffusion[k]))
        todo = todo[rows[todo, 4] == UNCONFINED]
    return rows


def _rare(pieces: Piecewise, interval: Interval, mean: float, diffusion: float) -> Array:
    """A row for a time that needs too many panels: then it is that over a barrier, and all but exponential."""
    time = rare_log_time(pieces, mean, diffusion, interval.reset, interval.threshold)
    return np.array([time, 1.0, 0.0, np.nan, GOOD]) if np.isfinite(time) else np.array([np.nan] * 4 + [TOO_LONG])


def _rows(pieces: Piecewise, interval: Interval, mean: Array, diffusion: Array, fineness: float) -> Array:
    method = radau(STAGES)
    out = np.empty((mean.size, 5))

    def part(at: slice) -> None:
        _passages(
            pieces.edges, pieces.coefficients, mean[at], diffusion[at], interval.reset, interval.threshold, fineness,
            method.nodes, method.weights, method.matrix, out[at],
        )  # fmt: skip

    _in_threads(part, mean.size)
    return out


def _in_threads(part: Callable[[slice], None], size: int) -> None:
    """Elements do not depend on one another: the result is the same on any number of threads."""
    threads = os.cpu_count() or 1
    if size < _MANY or threads == 1:
        return part(slice(0, size))
    bounds = np.linspace(0, size, 4 * threads + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, [slice(a, b) for a, b in pairwise(bounds)]))


@kernel
def _passages(edges, coefficients, mean, diffusion, reset, threshold, fineness, nodes, weights, matrix, out):
    for k in range(mean.size):
        points, first = rising(edges, coefficients, mean[k], diffusion[k], 0.0, reset, threshold, fineness, _MOST)
        if points.size == 0:
            out[k] = np.nan
            out[k, 4] = -first
            continue
        time, variance, low, high, power = passage(
            edges, coefficients, mean[k], diffusion[k], points, first, nodes, weights, matrix
        )
        out[k, 0], out[k, 1] = np.log(time) + power, np.sqrt(variance) / time
        out[k, 2], out[k, 3], out[k, 4] = low / time, high / time, 0


def noiseless_time(interval: Interval, mean: float) -> tuple[float, float]:
    """Time from reset to threshold without noise, ``integral of dv/(a + mean)``, and its derivative by ``mean``.

    Infinite, with derivative nan, where the drift stops on the way.
    """
    pieces = interval.pieces(1)
    points, _ = walk(
        pieces.edges,
        pieces.coefficients,
        mean,
        1e-300,
        0.0,
        interval.reset,
        interval.threshold,
        interval.reset,
        np.inf,
        1.0,
        _MOST,
    )
    if points[-1] != interval.threshold:
        return np.inf, np.nan
    method, a = radau(STAGES), np.empty(STAGES)
    time, slope = 0.0, 0.0
    for start, end in pairwise(points):
        drifts(pieces.edges, pieces.coefficients, mean, start, end, method.nodes, a)
        if a.min() <= 0.0:
            return np.inf, np.nan
        time += float((end - start) * method.weights @ (1.0 / a))
        slope -= float((end - start) * method.weights @ (1.0 / a**2))
    return time, slope


@dataclass(frozen=True, eq=False)
class Stationary:
    """The stationary state for one ``mean`` and one ``diffusion``, on panels fine enough for ``abs(s) <= fastest``.

    Attributes
    ----------
    points, first
        Panel edges, and the number of the panel that starts at the reset.
    values, powers
        The density for a flux of 1, at the upper end of each panel and at the nodes below it, times ``exp(power)``.
    log_time, cv
        Of the passage.
    """

    interval: Interval
    pieces: Piecewise
    mean: float
    diffusion: float
    fastest: float
    points: Array
    first: int
    values: Array
    powers: Array
    log_time: float
    cv: float

    @property
    def _method(self) -> Radau:
        return radau(STAGES)

    @property
    def _problem(self):
        m = self._method
        drift = (self.pieces.edges, self.pieces.coefficients, self.mean, self.diffusion)
        return (*drift, self.points, self.first, m.nodes, m.weights, m.matrix)

    @property
    def places(self) -> Array:
        """(panels, stages): where the density is known."""
        return self.points[1:, None] - np.diff(self.points)[:, None] * self._method.nodes

    def density(self, log_rate: float) -> Array:
        """The density at `places`, for neurons that fire at a rate."""
        with np.errstate(under="ignore"):
            return self.values[:, 1:] * np.exp(self.powers + log_rate)[:, None]

    def density_at(self, v: Array, log_rate: float) -> Array:
        """The density at any places, by the polynomials of the panels."""
        v = np.asarray(v, float)
        panel = np.clip(np.searchsorted(self.points, v, side="right") - 1, 0, self.powers.size - 1)
        down = np.clip((self.points[panel + 1] - v) / (self.points[panel + 1] - self.points[panel]), 0.0, 1.0)
        nodes = np.append(0.0, self._method.nodes)
        value = _interpolated(nodes, self.values[panel.ravel()], down.ravel()).reshape(v.shape)
        with np.errstate(under="ignore"):
            value = np.maximum(value, 0.0) * np.exp(self.powers + log_rate)[panel]
        return np.where((v < self.points[0]) | (v >= self.points[-1]), 0.0, value)

    def gains(self, log_rate: float) -> tuple[Array, Array, float]:
        """``d ln T^-1 = sum of gains * da(places)`` times the rate's own time, and what belongs to ``dD``."""
        method = self._method
        return weights_of_drift(*self._problem, method.mirror, self.values, self.powers, log_rate)

    def response(self, s: Complex, log_rate: float) -> Complex:
        """Integrals of ``w P`` and ``-w P'``, ``q`` and ``u`` at reset, for an array of ``s``; shape (len(s), 4)."""
        method, s = self._method, np.ascontiguousarray(s, np.complex128)
        out = np.empty((s.size, 4), np.complex128)

        def part(at: slice) -> None:
            out[at] = respond(s[at], *self._problem, method.square, method.mirror, self.values, self.powers, log_rate)

        _in_threads(part, s.size)
        return out


def stationary(
    interval: Interval, mean: float, diffusion: float, *, fastest: float = 0.0, fineness: float = 1.0
) -> Stationary:
    """The stationary state, ready for the density and for responses to ``exp(s t)`` with ``abs(s) <= fastest``.

    Raises
    ------
    ArithmeticError
        If nothing pulls up below the reset, or the threshold is out of reach; `NoValue` if the drift is not finite on
        the way down to where something pulls up.
    """
    method = radau(STAGES)
    for depth in range(1, _DEEPEST):
        pieces = interval.pieces(depth)
        drift = (pieces.edges, pieces.coefficients, mean, diffusion)
        points, first = both_ways(*drift, fastest, interval.reset, interval.threshold, fineness, _MOST)
        if first == -TOO_LONG:
            raise ArithmeticError("the threshold is out of reach")
        if points.size:
            break
    else:
        raise ArithmeticError("nothing pulls the voltage up below the reset")
    time, variance, _, _, power = passage(*drift, points, first, method.nodes, method.weights, method.matrix)
    values, powers = density(*drift, points, first, method.nodes, method.matrix)
    return Stationary(
        interval, pieces, mean, diffusion, fastest, points, int(first), values, powers,
        float(np.log(time) + power), float(np.sqrt(variance) / time),
    )  # fmt: skip


def _interpolated(nodes: Array, values: Array, x: Array) -> Array:
    """Each row's polynomial through its values at the nodes, at one place a row (barycentric formula)."""
    apart = nodes[:, None] - nodes[None, :] + np.eye(nodes.size)
    weight = 1.0 / apart.prod(axis=1)
    gap = x[:, None] - nodes[None, :]
    hit = gap == 0.0
    ratio = weight / np.where(hit, 1.0, gap)
    ratio = np.where(hit.any(axis=1)[:, None], hit, ratio)
    return (ratio * values).sum(axis=1) / ratio.sum(axis=1)
