"""Ordinary differential equations and those with constant delays, from a start to given times."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Past = Callable[[float], Array]
#: ``f(t, x, past)``, with ``past(d)`` the state a delay ``d`` ago; before the start it is the start.
Derivative = Callable[[float, Array, Past], Array]

_TOLERANCE = 1e-9


def integrate(function: Derivative, t: Array, start: Array, delays: Sequence[float] = (), smooth: bool = True) -> Array:
    """The states (times, n) at evenly spaced times ``t`` from 0; nan where they run off.

    Parameters
    ----------
    function
        The derivative.
    t
        Two points at least. With delays the steps are not longer than between two of them.
    start
        The state at the start and before it.
    delays
        Positive ones that ``function`` asks ``past`` for. Without any, the error is held to 1e-9 of the state.
    smooth
        Whether the derivative is a smooth function of the time; if not, steps are at most ten of ``t``.
    """
    return _delayed(function, t, start, sorted(delays)) if delays else _immediate(function, t, start, smooth)


def _immediate(function: Derivative, t: Array, start: Array, smooth: bool) -> Array:
    """Dormand and Prince's method of eighth order."""
    from scipy.integrate import solve_ivp

    found = solve_ivp(
        lambda time, x: function(time, x, lambda _: x), (0.0, t[-1]), start, "DOP853", t_eval=t, rtol=_TOLERANCE,
        atol=_TOLERANCE * 1e-3, max_step=np.inf if smooth else 10.0 * (t[1] - t[0]),
    )  # fmt: skip
    return found.y.T if found.success else np.full((t.size, start.size), np.nan)


def _delayed(function: Derivative, t: Array, start: Array, delays: Sequence[float]) -> Array:
    """Runge and Kutta's method of fourth order; what is past is the cubic through states and their derivatives.

    The steps divide the shortest delay, so that the bends of the solution, that delay apart, are between them.
    """
    h = delays[0] / np.ceil(delays[0] / min(t[1] - t[0], delays[0]) - 1e-9)
    count = int(np.ceil(t[-1] / h - 1e-9)) + 1
    x, slope = np.empty((count + 1, start.size)), np.empty((count + 1, start.size))
    x[0] = start

    def past_of(time: float) -> Past:
        return lambda delay: _history(x, slope, h, time - delay)

    for k in range(count):
        now, middle, end = k * h, (k + 0.5) * h, (k + 1.0) * h
        slope[k] = k1 = function(now, x[k], past_of(now))
        k2 = function(middle, x[k] + 0.5 * h * k1, past_of(middle))
        k3 = function(middle, x[k] + 0.5 * h * k2, past_of(middle))
        k4 = function(end, x[k] + h * k3, past_of(end))
        x[k + 1] = x[k] + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        if not np.all(np.isfinite(x[k + 1])):
            return np.full((t.size, start.size), np.nan)
    slope[count] = function(count * h, x[count], past_of(count * h))
    return np.array([_history(x, slope, h, time) for time in t])


def _history(x: Array, slope: Array, h: float, time: float) -> Array:
    if time <= 0.0:
        return x[0]
    k = min(int(time / h + 1e-9), len(x) - 2)
    z = time / h - k
    if abs(z) < 1e-9:
        return x[k]
    return (
        x[k] * (1.0 + 2.0 * z) * (1.0 - z) ** 2 + h * slope[k] * z * (1.0 - z) ** 2
        + x[k + 1] * z * z * (3.0 - 2.0 * z) + h * slope[k + 1] * z * z * (z - 1.0)
    )  # fmt: skip
