r"""Mean time between spikes of a leaky integrator that jumps by exponentially distributed steps: exact.

``dv/dt = (drive - v)/tau`` between jumps; those of train ``k`` come at rate ``R_k`` and have mean ``a_k``, of either
sign. The transform ``Z0(s) = exp(drive s) prod_k (1 - a_k s)**(-tau R_k)`` is that of the free integrator. The density
below the threshold has a transform that is finite for all ``s > 0``, while ``1/Z0`` vanishes at every ``s = 1/a_k`` of
an upward train (and at infinity, if the drive alone is beyond the threshold). So, with ``r_k`` the spikes that train
``k`` causes and ``r`` all spikes,

    tau * integral of 1/Z0 exp(s theta) [r (1 - exp(-s (theta - v_reset)))/s + sum_k a_k r_k/(1 - a_k s)] ds

is ``1`` (less the refractory mass) over the interval from 0 to the first of these places, and 0 between any two
neighbours: as many linear equations as unknowns. For one upward train it is the equation of Richardson & Swarbrick
(2010), Phys Rev Lett 105:178102. ``1/Z0 exp(s theta)`` is log-concave on each interval, so that its peak is found and
the integral is taken with its exponent kept apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.quadrature import legendre

Array = NDArray[np.float64]

_NODES = 16
_ROUNDS = 60
_TOLERANCE = 1e-14
_SMALL = 60.0  # exp(-60) is 1e-26


@dataclass(frozen=True)
class _Problem:
    """Everything in units of tau: ``height`` is the threshold's distance from the drive, ``span`` from the reset."""

    height: float
    span: float
    up: Array
    up_rates: Array
    down: Array
    down_rates: Array


@dataclass(frozen=True)
class _Place:
    """At places ``x``: ``s``, sign and logarithm of the gaps ``1 - a_k s`` of the upward trains, and ``ln ds/dx``.

    A gap may be far smaller than any number: a train of few events needs them.
    """

    s: Array
    signs: Array
    log_gaps: Array
    log_width: Array


def _place(s: Array, gaps: Array, log_width: Array, near: int = -1, log_near: Array | float = 0.0) -> _Place:
    """The gap of train ``near`` is known by its logarithm; its sign is that in ``gaps``."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(gaps))
    if near >= 0:
        logs[..., near] = log_near
    return _Place(s, np.sign(gaps), logs, log_width)


def exponential_jumps(
    tau: float, drive: float, threshold: float, reset: float, rates: Array, means: Array
) -> tuple[float, float]:
    """Logarithm of the mean time from reset to threshold, and an estimate of its error.

    Parameters
    ----------
    tau, drive, threshold, reset
        Time constant, where the integrator goes without jumps, and the two borders; threshold above reset.
    rates, means : ndarray
        Of the trains, per unit of time and in units of ``drive``. Trains of rate or mean 0 are left out.

    Returns
    -------
    log_time, error
        ``inf`` and 0 if nothing reaches the threshold.
    """
    up, up_rates = _merged(means, rates * tau, 1.0)
    down, down_rates = _merged(means, rates * tau, -1.0)
    problem = _Problem(threshold - drive, threshold - reset, up, up_rates, down, down_rates)
    over = drive > threshold
    if not (up.size or over):
        return np.inf, 0.0
    pieces = [_row(problem, k) for k in range(up.size + over)]
    matrix = np.array([row for row, _, _ in pieces])
    error = max(e for _, _, e in pieces)
    if not over:  # every spike is caused by a jump: the sum of all r_k is r
        matrix = matrix[:, :1] + matrix[:, 1:]
    first = np.zeros(len(matrix))
    first[0] = 1.0
    flux = np.linalg.solve(matrix, first)
    rate = flux[0] if over else flux.sum()
    return float(pieces[0][1] - np.log(rate) + np.log(tau)), float(error)


def _merged(means: Array, rates: Array, sign: float) -> tuple[Array, Array]:
    """The trains of one direction, the largest first; those of the same mean as one."""
    used = (rates > 0.0) & (sign * means > 0.0)
    values, which = np.unique(np.abs(means[used]), return_inverse=True)
    return sign * values[::-1], np.asarray(np.bincount(which, rates[used], values.size)[::-1], float)


def _row(problem: _Problem, k: int) -> tuple[Array, float, float]:
    """The integrals over interval ``k`` that multiply ``r, r_1, ...``, divided by ``exp(peak)``; peak, and error."""
    n = problem.up.size
    low = 0.0 if k == 0 else 1.0 / problem.up[k - 1]
    maps = _first(problem) if k == 0 and n else _after(problem, k) if k < n else _beyond(problem, k, low)
    parts = [_integral(problem, at) for at in maps]
    peak = max(p for _, p, _ in parts)
    row = np.sum([value * np.exp(p - peak) for value, p, _ in parts], axis=0)
    error = sum(e * np.exp(p - peak) for _, p, e in parts) / float(np.max(np.abs(row)))
    return row, peak, error + np.finfo(float).eps * (abs(peak) + 10.0)


def _first(problem: _Problem) -> list[Callable[[Array], _Place]]:
    """From 0 to ``1/a_1``: ``1 - a_1 s = exp(-x)``."""
    a = problem.up

    def at(x: Array) -> _Place:
        s = -np.expm1(-x) / a[0]
        gaps = 1.0 - np.multiply.outer(s, a)
        gaps[..., 0] = 1.0
        return _place(s, gaps, -x - np.log(a[0]), 0, -x)

    return [at]


def _after(problem: _Problem, k: int) -> list[Callable[[Array], _Place]]:
    """From ``1/a_(k-1)`` to ``1/a_k``: each half by the logarithm of the distance from its end."""
    a = problem.up
    half = 0.5 * (1.0 / a[k] - 1.0 / a[k - 1])

    def end(which: int, sign: float) -> Callable[[Array], _Place]:
        def at(x: Array) -> _Place:
            distance = sign * half * np.exp(-x)
            gaps = 1.0 - a / a[which] - np.multiply.outer(distance, a)
            gaps[..., which] = -sign
            return _place(1.0 / a[which] + distance, gaps, np.log(half) - x, which, np.log(a[which] * half) - x)

        return at

    return [end(k - 1, 1.0), end(k, -1.0)]


def _beyond(problem: _Problem, k: int, low: float) -> list[Callable[[Array], _Place]]:
    """From ``1/a_n`` (or 0) to infinity, by the logarithm of the distance from it, both ways from a middle."""
    a, unit = problem.up, 1.0 / abs(problem.height)
    start = unit if k == 0 else low

    def side(sign: float) -> Callable[[Array], _Place]:
        def at(x: Array) -> _Place:
            distance = start * np.exp(np.minimum(sign * x, 700.0))  # where that matters the integrand is long zero
            gaps = 1.0 - a * low - np.multiply.outer(distance, a)
            width = np.log(start) + sign * x
            if k:
                gaps[..., k - 1] = -1.0
            return _place(low + distance, gaps, width, k - 1, np.log(a[k - 1]) + width if k else 0.0)

        return at

    return [side(-1.0), side(1.0)]


def _exponent(problem: _Problem, place: _Place) -> Array:
    """Logarithm of ``exp(s theta)/Z0``, up to a sign, and of ``ds/dx``."""
    up = place.log_gaps @ problem.up_rates
    down = np.log1p(-np.multiply.outer(place.s, problem.down)) @ problem.down_rates
    return problem.height * place.s + up + down + place.log_width


def _integral(problem: _Problem, at: Callable[[Array], _Place]) -> tuple[Array, float, float]:
    """Integral over ``x`` from 0 to infinity of the columns for ``r, r_1, ...``, over ``exp(peak)``; peak; error."""

    def log_size(x: Array) -> Array:
        place = at(x)
        with np.errstate(invalid="ignore"):
            size = _exponent(problem, place) - np.min(place.log_gaps, axis=-1, initial=0.0)
        return np.where(np.isnan(size), -np.inf, size)

    edges, peak = _edges(log_size)

    def values(x: Array) -> Array:
        place = at(x)
        s, exponent = place.s, _exponent(problem, place) - peak
        with np.errstate(under="ignore", over="ignore", divide="ignore", invalid="ignore"):
            whole = np.where(s > 0.0, -np.expm1(-s * problem.span) / s, problem.span) * np.exp(exponent)
            parts = problem.up * place.signs * np.exp(exponent[..., None] - place.log_gaps)
        found = np.concatenate([whole[..., None], parts], axis=-1)
        return np.where(np.isfinite(found), found, 0.0)

    total, error = _adaptive(values, edges)
    return total, peak, error


def _edges(log_size: Callable[[Array], Array]) -> tuple[Array, float]:
    """Panels that are narrow at the peak and wide far from it, as far as the integrand matters; and the peak."""
    x = np.concatenate([[0.0], np.geomspace(1e-12, 1e12, 481)])
    for _ in range(12):
        sizes = log_size(x)
        best = int(np.argmax(sizes))
        low, high = x[max(best - 1, 0)], x[min(best + 1, x.size - 1)]
        if high - low <= 1e-9 * high:
            break
        x = np.linspace(low, high, 33)
    peak, middle = float(sizes[best]), float(x[best])
    steps = np.geomspace(1e-13, 1e13, 521)
    above = steps[np.argmax(log_size(middle + steps) < peak - 0.5)]
    width = min(above, max(middle, 1e-13)) if middle > 0.0 else above
    far = middle + above * 2.0 ** np.arange(100)
    reach = int(np.argmax(log_size(far) < peak - _SMALL))
    left = middle - width * 2.0 ** np.arange(-2.0, 100.0)
    return np.unique(np.concatenate([[0.0, middle], left[left > 0.0], far[: reach + 1]])), peak


def _adaptive(values: Callable[[Array], Array], edges: Array) -> tuple[Array, float]:
    """Gauss-Legendre panels, halved until each and its halves agree; and the sum of what they still differ by."""
    low, high = edges[:-1], edges[1:]
    whole = _panels(values, low, high)
    total, error = np.zeros(whole.shape[1]), 0.0
    scale = np.abs(whole).sum(axis=0)
    for _ in range(_ROUNDS):
        middle = 0.5 * (low + high)
        left, right = _panels(values, low, middle), _panels(values, middle, high)
        scale = np.maximum(scale, np.abs(total + (left + right).sum(axis=0)))
        apart = np.abs(left + right - whole)
        done = np.all(apart <= _TOLERANCE * scale, axis=1) | (high - low <= 1e-15 * high)
        total, error = total + (left + right)[done].sum(axis=0), error + float(apart[done].max(initial=0.0))
        if done.all():
            break
        low, high = (
            np.concatenate([low[~done], middle[~done]]),
            np.concatenate([middle[~done], high[~done]]),
        )
        whole = np.concatenate([left[~done], right[~done]])
    else:
        total, error = total + whole.sum(axis=0), error + float(np.abs(whole).sum())
    return total, error


def _panels(values: Callable[[Array], Array], low: Array, high: Array) -> Array:
    nodes, weights = legendre(_NODES)
    half = 0.5 * (high - low)
    x = 0.5 * (low + high)[:, None] + half[:, None] * nodes
    return np.einsum("pnc,n,p->pc", values(x), weights, half)
