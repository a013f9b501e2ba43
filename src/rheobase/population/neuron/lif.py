r"""The leaky integrate-and-fire neuron in Gaussian noise: rate, its derivatives, interval statistics, voltage density.

Convention for noise: ``tau_m dV = (mu - V) dt + sigma sqrt(tau_m) dW``, so that the free membrane's variance is
``sigma**2/2`` (Brunel 2000). A spike at ``v_th`` resets to ``v_reset``, where the membrane is held for ``t_ref``.
Plain floats in mV, ms, kHz.

References
----------
Siegert AJF (1951), On the first passage time probability problem, Phys Rev 81:617.
Brunel N, Hakim V (1999), Fast global oscillations in networks of integrate-and-fire neurons with low firing rates,
Neural Comput 11:1621.
Brunel N (2000), Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons, J Comput
Neurosci 8:183. Fourcaud N, Brunel N (2002), Dynamics of the firing probability of noisy integrate-and-fire neurons,
Neural Comput 14:2057.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import dawsn

from rheobase.numerics.kernel import kernel
from rheobase.numerics.passage import moment_tables, second_moment
from rheobase.numerics.siegert import siegert, siegert_tables

#: ``sqrt(2) |zeta(1/2)|`` of Fourcaud & Brunel (2002); zeta(1/2) = -1.4603545088095868.
ALPHA = float(np.sqrt(2.0) * 1.4603545088095868)

_QUIET = 1e-9  # a sigma below this part of the distance to threshold makes no difference to the rate


@dataclass(frozen=True)
class Transfer:
    """The rate of LIF neurons, elementwise.

    Attributes
    ----------
    rate : ndarray
        kHz; zero where ``log_rate`` is below -745.
    log_rate : ndarray
        Its natural logarithm, exact where the rate itself is too small to be a number.
    d_mu, d_sigma : ndarray
        Derivatives of the rate with respect to ``mu`` and ``sigma``, kHz/mV.
    """

    rate: NDArray[np.float64]
    log_rate: NDArray[np.float64]
    d_mu: NDArray[np.float64]
    d_sigma: NDArray[np.float64]


def transfer(
    mu: ArrayLike,
    sigma: ArrayLike,
    *,
    tau_m: ArrayLike,
    v_th: ArrayLike,
    v_reset: ArrayLike,
    t_ref: ArrayLike = 0.0,
    shift: ArrayLike = 0.0,
) -> Transfer:
    r"""Stationary firing rate of LIF neurons, with exact derivatives.

    ``1/rate = t_ref + tau_m sqrt(pi) * integral of exp(s**2) erfc(-s) ds`` from ``y_r + shift`` to ``y_theta +
    shift``, where ``y = (V - mu)/sigma`` (Siegert 1951; Brunel 2000, eq. 21; the shift is that of Fourcaud & Brunel
    2002, see `colour_shift`).

    Parameters
    ----------
    mu, sigma : array_like
        Mean of the free membrane and noise strength, mV.
    tau_m, v_th, v_reset, t_ref : array_like
        Membrane time constant (ms), threshold and reset (mV), refractory time (ms).
    shift : array_like
        Shift of both scaled bounds for coloured noise, dimensionless; it is held constant in the derivatives.

    Returns
    -------
    Transfer
        All arguments broadcast. An element with a bound that is not a number, or a threshold below the reset, is
        ``nan`` and leaves the others alone.

    Examples
    --------
    >>> nest = transfer(15.0, 1.5**0.5, tau_m=10.0, v_th=15.0, v_reset=0.0, t_ref=2.0)
    >>> nest.rate.shape
    ()
    """
    shape, (mu, sigma, tau_m, v_th, v_reset, t_ref, shift) = _flat(mu, sigma, tau_m, v_th, v_reset, t_ref, shift)
    out = np.empty((4, mu.size))
    _transfer_loop(mu, sigma, tau_m, v_th, v_reset, t_ref, shift, *siegert_tables(), out)
    rate, log_rate, d_mu, d_sigma = out.reshape(4, *shape)
    return Transfer(rate, log_rate, d_mu, d_sigma)


@kernel
def _transfer_loop(mu, sigma, tau_m, v_th, v_reset, t_ref, shift, below, above, rule, out):
    for i in range(mu.size):
        result = transfer_of_one(mu[i], sigma[i], tau_m[i], v_th[i], v_reset[i], t_ref[i], shift[i], below, above, rule)
        out[0, i], out[1, i], out[2, i], out[3, i] = result


@kernel
def transfer_of_one(mu, sigma, tau_m, v_th, v_reset, t_ref, shift, below, above, rule):
    """Rate, its logarithm and its derivatives, from an interval that is kept divided by ``exp(top**2)``."""
    if sigma == 0.0 and mu <= v_th and v_reset <= v_th:  # without noise the threshold itself is not crossed
        return 0.0, -np.inf, 0.0, 0.0
    y_r, y_theta, width, used = _bounds(mu, sigma, v_th, v_reset, shift)
    whole, first, second = siegert(y_r, y_theta, width, below, above, rule)
    if not (t_ref >= 0.0 and tau_m > 0.0 and whole >= 0.0):
        return np.nan, np.nan, np.nan, np.nan
    top = max(y_theta, 0.0)
    interval = tau_m * whole + (t_ref * math.exp(-top * top) if t_ref > 0.0 else 0.0)
    log_rate = -math.log(interval) - top * top
    rate = math.exp(log_rate)
    if rate == 0.0:
        return rate, log_rate, 0.0, 0.0
    slope = rate * tau_m / (used * interval)
    return rate, log_rate, slope * first, slope * (second - shift * first)


@kernel
def _bounds(mu, sigma, v_th, v_reset, shift):
    """Scaled reset and threshold, their distance, and ``sigma``: a zero is replaced by one that cannot matter."""
    if not sigma >= 0.0:
        return np.nan, np.nan, np.nan, np.nan
    used = max(sigma, _QUIET * abs(v_th - v_reset))
    return (v_reset - mu) / used + shift, (v_th - mu) / used + shift, (v_th - v_reset) / used, used


def cv(
    mu: ArrayLike,
    sigma: ArrayLike,
    *,
    tau_m: ArrayLike,
    v_th: ArrayLike,
    v_reset: ArrayLike,
    t_ref: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    r"""Coefficient of variation of the interspike intervals of LIF neurons in *white* noise.

    ``CV**2 = 2 pi rate**2 tau_m**2 * integral of exp(x**2) [integral of exp(y**2) erfc(-y)**2 dy] dx`` (Brunel 2000,
    appendix), the outer from ``y_r`` to ``y_theta``, the inner from minus infinity to ``x``. Arguments as in
    `transfer`. Synaptic input that is itself a spike train of low-pass filtered or regular neurons is not white, and
    then the true CV is lower or higher than this one.
    """
    shape, (mu, sigma, tau_m, v_th, v_reset, t_ref) = _flat(mu, sigma, tau_m, v_th, v_reset, t_ref)
    out = np.empty(mu.size)
    _cv_loop(mu, sigma, tau_m, v_th, v_reset, t_ref, *siegert_tables(), *moment_tables(), out)
    return out.reshape(shape)


@kernel
def _cv_loop(mu, sigma, tau_m, v_th, v_reset, t_ref, below, above, rule, moment_below, moment_above, out):
    for i in range(mu.size):
        a, b, width, _ = _bounds(mu[i], sigma[i], v_th[i], v_reset[i], 0.0)
        top = max(b, 0.0)
        mean = siegert(a, b, width, below, above, rule)[0] + t_ref[i] / tau_m[i] * math.exp(-top * top)
        out[i] = math.sqrt(2.0 * math.pi * second_moment(a, b, width, moment_below, moment_above, rule)) / mean


def density(
    v: ArrayLike,
    mu: float,
    sigma: float,
    *,
    tau_m: float,
    v_th: float,
    v_reset: float,
    t_ref: float = 0.0,
    shift: float = 0.0,
) -> NDArray[np.float64]:
    r"""Stationary probability density of the membrane potential of the neurons that are not refractory, 1/mV.

    ``p(V) = (2 rate tau_m / sigma) exp(-y**2) * integral from max(y, y_r) to y_theta of exp(s**2) ds`` (Brunel &
    Hakim 1999). It integrates to ``1 - rate t_ref``: the rest of the neurons is held at the reset.

    Parameters
    ----------
    v : array_like
        Where, mV; zero above threshold.
    shift : float
        As in `transfer`: threshold and reset are moved up by ``sigma * shift``, and what is left below ``v_th`` is
        shown.
    """
    v = np.asarray(v, float)
    moved = transfer(mu, sigma, tau_m=tau_m, v_th=v_th, v_reset=v_reset, t_ref=t_ref, shift=shift)
    y_r, y_theta, _, used = _bounds(float(mu), float(sigma), float(v_th), float(v_reset), float(shift))
    y = np.minimum((v - mu) / used, y_theta)
    low = np.maximum(y, y_r)
    flux = np.log(2.0 * tau_m / used) + moved.log_rate
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        # exp(-y**2) times exp(s**2) dawsn(s) from low to y_theta, each with its exponent joined to the rate's
        at_threshold = np.exp(flux + (y_theta - y) * (y_theta + y)) * dawsn(y_theta)
        at_low = np.exp(flux + (low - y) * (low + y)) * dawsn(low)
    return np.where(v < v_th, np.maximum(at_threshold - at_low, 0.0), 0.0)


def colour_shift(tau_s: ArrayLike, tau_m: ArrayLike) -> NDArray[np.float64]:
    r"""Shift of the scaled bounds that stands for the colour of synaptic noise: ``(alpha/2) sqrt(tau_s/tau_m)``.

    ``alpha = sqrt(2) abs(zeta(1/2))``. First order in ``sqrt(tau_s/tau_m)`` (Fourcaud & Brunel 2002); at
    ``tau_s/tau_m = 0.25`` the rate is already some 10 % off, too low where neurons fire often, too high where rarely.
    """
    return 0.5 * ALPHA * np.sqrt(np.asarray(tau_s, float) / np.asarray(tau_m, float))


def _flat(*values: ArrayLike) -> tuple[tuple[int, ...], list[NDArray[np.float64]]]:
    """The common shape of all values, and the values in it as contiguous arrays of one dimension."""
    arrays = [np.asarray(value, float) for value in values]
    shape = np.broadcast(*arrays).shape
    return shape, [(array if array.shape == shape else np.broadcast_to(array, shape)).ravel() for array in arrays]
