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

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import dawsn

from rheobase.numerics.passage import scaled_second_moment
from rheobase.numerics.siegert import log_siegert, scaled_siegert, scaled_slopes

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
    mu, sigma, tau_m, v_th, v_reset, t_ref, shift = _arrays(mu, sigma, tau_m, v_th, v_reset, t_ref, shift)
    sigma_given = sigma
    y_r, y_theta, sigma = _bounds(mu, sigma, v_th, v_reset, shift)
    shape, flat = y_r.shape, (y_r.ravel(), y_theta.ravel())
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        log_rate = -np.logaddexp(np.log(t_ref), np.log(tau_m) + log_siegert(y_r, y_theta))
        rate = np.exp(log_rate)
        first, second = (part.reshape(shape) for part in scaled_slopes(*flat))
        top = np.exp(-np.square(np.maximum(y_theta, 0.0)))
        interval = t_ref * top + tau_m * scaled_siegert(*flat).reshape(shape)
        d_mu = rate * tau_m * first / (sigma * interval)
        d_sigma = rate * tau_m * (second - shift * first) / (sigma * interval)
    still = (sigma_given == 0.0) & (mu <= v_th)  # without noise the threshold itself is not crossed
    rate, log_rate = np.where(still, 0.0, rate), np.where(still, -np.inf, log_rate)
    silent = rate == 0.0
    return Transfer(rate, log_rate, np.where(silent, 0.0, d_mu), np.where(silent, 0.0, d_sigma))


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
    mu, sigma, tau_m, v_th, v_reset, t_ref = _arrays(mu, sigma, tau_m, v_th, v_reset, t_ref)
    y_r, y_theta, _ = _bounds(mu, sigma, v_th, v_reset, np.zeros_like(mu))
    shape, flat = y_r.shape, (y_r.ravel(), y_theta.ravel())
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        top = np.exp(-np.square(np.maximum(y_theta, 0.0)))
        interval = t_ref / tau_m * top + scaled_siegert(*flat).reshape(shape)
        return np.sqrt(2.0 * np.pi * scaled_second_moment(*flat).reshape(shape)) / interval


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
    y_r, y_theta, used = _bounds(*_arrays(mu, sigma, v_th, v_reset, shift))
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
    ``tau_s/tau_m = 0.25`` the rate is already some 10 % off.
    """
    return 0.5 * ALPHA * np.sqrt(np.asarray(tau_s, float) / np.asarray(tau_m, float))


def _arrays(*values: ArrayLike) -> list[NDArray[np.float64]]:
    return list(np.broadcast_arrays(*(np.asarray(value, float) for value in values)))


def _bounds(mu, sigma, v_th, v_reset, shift):
    """Scaled reset and threshold, and the ``sigma`` used: one that is zero is replaced by one that cannot matter."""
    with np.errstate(invalid="ignore", divide="ignore"):
        used = np.where(sigma >= 0.0, np.maximum(sigma, _QUIET * np.abs(v_th - v_reset)), np.nan)
        return (v_reset - mu) / used + shift, (v_th - mu) / used + shift, used
