r"""States of a family of networks, their folds and their Hopf points, as equations for continuation.

Unknowns are the rates (kHz), for a Hopf point the angular frequency (1/ms), and the parameters that vary. A state
solves ``Phi(rates) = rates``; at a fold moreover ``det(1 - dPhi/drates) = 0``; at a Hopf point
``det(1 - M(i omega)) = 0`` (`rheobase.population.rhythm.modes`), two real equations. The imaginary part, which is odd
in ``omega``, is divided by it, so that they stay two where a line of Hopf points ends on a line of folds. Slopes by
rates are exact in the first; the others are central differences: an error in a slope costs a step of Newton's method,
not a digit of the solution. Beyond the ranges of the parameters the equations go on straight, so that a curve crosses
the border where no network may be any more; it ends on the border.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.population.input.statistics import InputMap
from rheobase.population.rhythm.modes import linearise
from rheobase.population.states.family import Family
from rheobase.population.states.fixed_points import rates_and_slopes

Array = NDArray[np.float64]

_NUDGE = 1e-5
_SLOWEST = 1e-6  # 1/ms


@dataclass(frozen=True)
class Equations:
    """``residual(u) = 0`` with its slopes, and the unit and the bounds of each unknown.

    ``u`` is the rates, then ``extra`` unknowns, then the parameters.
    """

    residual: Callable[[Array], Array]
    jacobian: Callable[[Array], Array]
    scale: Array
    lower: Array
    upper: Array
    n: int
    extra: int


def state_equations(own: Family) -> Equations:
    """Self-consistent rates."""
    return _equations(own, 0, None)


def fold_equations(own: Family) -> Equations:
    """Self-consistent rates at which two states meet."""

    def condition(maps: InputMap, rates: Array, _: Array) -> Array:
        slopes = rates_and_slopes(maps, rates)[1]
        return np.array([np.linalg.det(np.eye(rates.size) - slopes)])

    return _equations(own, 0, condition)


def hopf_equations(own: Family) -> Equations:
    """Self-consistent rates at which an oscillation begins."""

    def condition(maps: InputMap, rates: Array, omega: Array) -> Array:
        value = loop_determinant(maps, rates, np.maximum(omega, _SLOWEST))[0]
        return np.array([value.real, value.imag / max(omega[0], _SLOWEST)])

    return _equations(own, 1, condition)


def loop_determinant(maps: InputMap, rates: Array, omega: Array) -> NDArray[np.complex128]:
    """``det(1 - M(i omega))`` at angular frequencies (1/ms)."""
    loop = linearise(maps, rates).loop(np.asarray(1j * np.atleast_1d(omega), complex))
    return np.asarray(np.linalg.det(np.eye(rates.size) - loop), complex)


def _equations(own: Family, extra: int, condition: Callable[[InputMap, Array, Array], Array] | None) -> Equations:
    n, top = len(own.populations), own.top
    unit_rate, unit_omega = (0.1 if condition is None else 0.5) * top, 1.0

    def split(u: Array) -> tuple[Array, Array, Array]:
        return np.maximum(u[:n], 0.0), u[n : n + extra], u[n + extra :]

    def value(maps: InputMap, rates: Array, omega: Array) -> Array:
        drift = rates_and_slopes(maps, rates)[0] - rates
        return drift if condition is None else np.append(drift, condition(maps, rates, omega))

    def slope(parameters: Array, k: int, rates: Array, omega: Array) -> Array:
        below, above, apart = own.neighbours(parameters, k)
        return (value(above, rates, omega) - value(below, rates, omega)) / apart

    def residual(u: Array) -> Array:
        rates, omega, parameters = split(u)
        near = np.clip(parameters, own.low, own.high)
        result = value(own.maps(near), rates, omega)
        for k in np.flatnonzero(parameters != near):  # beyond the range, where there may be no network
            result += slope(near, int(k), rates, omega) * (parameters[k] - near[k])
        result[:n] += rates - u[:n]
        return result

    def jacobian(u: Array) -> Array:
        rates, omega, parameters = split(u)
        maps = own.maps(np.clip(parameters, own.low, own.high))
        columns = np.zeros((n + (0 if condition is None else 1 + extra), u.size))
        columns[:n, :n] = rates_and_slopes(maps, rates)[1] - np.eye(n)
        if condition is not None:
            _condition_slopes(columns, condition, maps, rates, omega, _NUDGE * np.append(unit_rate, unit_omega))
        for k in range(parameters.size):
            columns[:, n + extra + k] = slope(parameters, k, rates, omega)
        return columns

    return Equations(
        residual,
        jacobian,
        scale=np.concatenate([unit_rate, np.full(extra, unit_omega), own.span]),
        lower=np.concatenate([np.full(n, -np.inf), np.full(extra, 1e-4), own.low]),
        upper=np.concatenate([1.5 * top, np.full(extra, 2.0 * np.pi), own.high]),
        n=n,
        extra=extra,
    )  # fmt: skip


def _condition_slopes(
    columns: Array, condition: Callable[[InputMap, Array, Array], Array], maps: InputMap, rates: Array, omega: Array,
    nudge: Array,
) -> None:  # fmt: skip
    """Fill the rows of the condition by differences along the rates and the frequency."""
    n = rates.size
    for k in range(n + omega.size):
        point = np.append(rates, omega)
        up, down = point.copy(), point.copy()
        up[k] += nudge[k]
        down[k] = max(down[k] - nudge[k], 0.0)
        change = condition(maps, up[:n], up[n:]) - condition(maps, down[:n], down[n:])
        columns[n:, k] = change / (up[k] - down[k])
