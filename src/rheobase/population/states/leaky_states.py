"""Pseudo-transient continuation of `rheobase.population.states.fixed_points` as one kernel, for networks of leaky
neurons without conductances: for a few populations the arrays' own overhead is a hundred times the arithmetic.

Steps and criteria are those of the functions of the same names there; sums are taken in another order. Of a map there
are ``matrices`` (3, n, n) and ``offsets`` (3, n): mean, variance and coloured variance; ``constants`` (4, n) are tau_m,
threshold, reset (from rest) and refractory time; ``tables`` are those of `rheobase.numerics.siegert`. mV, ms, kHz.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.siegert import siegert_tables
from rheobase.numerics.small_solve import small_solve
from rheobase.population.neuron.lif import ALPHA, transfer_of_one

Array = NDArray[np.float64]
Leaky = tuple[Array, Array, Array]

_STEPS = 200


def leaky_rates_and_slopes(leaky: Leaky, rates: Array) -> tuple[Array, Array]:
    """``Phi(rates)`` and its Jacobian, kHz per kHz; ``leaky`` is `InputMap.leaky`."""
    n = rates.size
    value, jacobian = np.empty(n), np.empty((n, n))
    evaluate(np.ascontiguousarray(rates, float), *leaky, siegert_tables(), value, jacobian)
    return value, jacobian


def settle_leaky(leaky: Leaky, start: Array) -> Array | None:
    """The fixed point (kHz) reached from ``start``; None if the rates do not settle."""
    rates = np.array(start, float)
    return rates if _settle(rates, *leaky, siegert_tables()) else None


def polish_leaky(leaky: Leaky, start: Array) -> Array | None:
    """Newton steps to rounding; None if the residual is not small."""
    rates = np.array(start, float)
    return rates if _polish(rates, *leaky, siegert_tables()) else None


@kernel
def _settle(rates, matrices, offsets, constants, tables):
    n = rates.size
    value, jacobian, change = np.empty(n), np.empty((n, n)), np.empty(n)
    evaluate(rates, matrices, offsets, constants, tables, value, jacobian)
    error, step = _distance(value, rates), 1.0
    for _ in range(_STEPS):
        if error <= 1e-11 * rates.max() + 1e-300:
            break
        if not np.isfinite(error) or _step(rates, value, jacobian, 1.0 + 1.0 / step, rates, change) == 0.0:
            return False
        evaluate(rates, matrices, offsets, constants, tables, value, jacobian)
        previous, error = error, _distance(value, rates)
        step = min(step * min(max(previous / max(error, 1e-300), 0.1), 20.0), 1e12)
    return _polish(rates, matrices, offsets, constants, tables)


@kernel
def _polish(rates, matrices, offsets, constants, tables):
    n = rates.size
    value, jacobian, change, trial = np.empty(n), np.empty((n, n)), np.empty(n), np.empty(n)
    evaluate(rates, matrices, offsets, constants, tables, value, jacobian)
    error = _distance(value, rates)
    for _ in range(6):
        determinant = _step(rates, value, jacobian, 1.0, trial, change)
        if not abs(determinant) >= 1e-14:  # or not a number
            break
        evaluate(trial, matrices, offsets, constants, tables, value, jacobian)
        moved = _distance(value, trial)
        if not moved < error:
            break
        rates[:], error = trial, moved
    return error <= 1e-10 * rates.max() + 1e-18


@kernel
def _step(rates, value, jacobian, diagonal, out, change):
    """``out = max(rates + (diagonal - jacobian)**-1 (value - rates), 0)``; the determinant. Overwrites ``jacobian``."""
    for i in range(rates.size):
        change[i] = value[i] - rates[i]
        for j in range(rates.size):
            jacobian[i, j] = -jacobian[i, j]
        jacobian[i, i] += diagonal
    determinant = small_solve(jacobian, change)
    for i in range(rates.size):
        moved = rates[i] + change[i]
        out[i] = 0.0 if moved < 0.0 else moved  # what is not a number stays so
    return determinant


@kernel
def _distance(value, rates):
    """The largest difference; nan if one is not a number."""
    largest = 0.0
    for i in range(rates.size):
        difference = abs(value[i] - rates[i])
        if not difference <= largest:
            largest = difference
        if np.isnan(difference):
            break
    return largest


@kernel
def evaluate(rates, matrices, offsets, constants, tables, value, jacobian):
    """`rates_and_slopes` into ``value`` and ``jacobian``."""
    below, above, rule = tables
    n = rates.size
    for i in range(n):
        mu, variance, coloured = offsets[0, i], offsets[1, i], offsets[2, i]
        for j in range(n):
            mu += matrices[0, i, j] * rates[j]
            variance += matrices[1, i, j] * rates[j]
            coloured += matrices[2, i, j] * rates[j]
        noisy = variance > 0.0
        sigma = 0.0 if variance <= 0.0 else math.sqrt(variance)
        shift = 0.5 * ALPHA * coloured / variance if noisy else 0.0
        tau_m, v_th, v_reset, t_ref = constants[0, i], constants[1, i], constants[2, i], constants[3, i]
        found = transfer_of_one(mu, sigma, tau_m, v_th, v_reset, t_ref, shift, below, above, rule)
        value[i] = found[0]
        by_variance = found[3] / (2.0 * sigma) if noisy else 0.0
        by_coloured = 0.0
        if noisy:  # the shift moves the bounds by sigma*shift, as a change of -sigma*shift in mu would
            by_coloured = -found[2] / sigma * 0.5 * ALPHA
            by_variance += found[2] / sigma * shift
        for j in range(n):
            own = found[2] * matrices[0, i, j] + by_variance * matrices[1, i, j]
            jacobian[i, j] = own + by_coloured * matrices[2, i, j]
