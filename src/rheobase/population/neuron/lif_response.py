r"""How the rate of a population follows a small modulation of its input: transfer function, and synapses' filters.

For a modulation ``exp(s t)`` (``s = growth + i omega``), ``lam = s tau_m`` and ``u`` the bounded solution of
``u''/2 - y u' - lam u = 0`` (see `rheobase.numerics.response`), with ``[.]`` the difference between threshold and
reset:

    chi_mu      = rate / (sigma (1 + lam)) * [u'] / D,
    chi_sigma2  = rate / (2 sigma**2 (2 + lam)) * [u''] / D,        D = u(y_theta) - exp(-s t_ref) u(y_r)

(Brunel & Hakim 1999; Lindner & Schimansky-Geier 2001; refractory time as in Brunel 2000). At ``s = 0`` they are the
derivatives of the stationary rate. The density of the intervals has the transform ``exp(-s t_ref) u(y_r)/u(y_theta)``.
Coloured noise enters by the same shifted bounds as in the stationary rate (Schuecker, Diesmann & Helias 2015, Phys Rev
E 92:052119), and the shift's own dependence on sigma is taken as instantaneous.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.response import solve
from rheobase.population.neuron.lif import transfer

Complex = NDArray[np.complex128]

_NUDGE = 1e-7
_OUT_OF_REACH = (
    25.0  # a threshold this many sigma above the mean: the rate is below 1e-270 of 1/tau_m, and so is the response
)


@dataclass(frozen=True)
class Response:
    """Numerators and common denominator of the two transfer functions of one population, at an array of ``s``.

    ``chi_mu = mu / denominator`` (kHz/mV) and ``chi_sigma2 = sigma2 / denominator`` (kHz/mV**2). The denominator is
    analytic up to a positive factor, and its zeros are the modes of the isolated population. ``interval`` is the
    Laplace transform of the density of the intervals between spikes at unmodulated input, zero for silent neurons.
    """

    mu: Complex
    sigma2: Complex
    denominator: Complex
    interval: Complex

    @property
    def chi_mu(self) -> Complex:
        return self.mu / self.denominator

    @property
    def chi_sigma2(self) -> Complex:
        return self.sigma2 / self.denominator


def lif_response(
    s: Complex,
    mu: float,
    sigma: float,
    *,
    tau_m: float,
    v_th: float,
    v_reset: float,
    t_ref: float = 0.0,
    shift: float = 0.0,
) -> Response:
    """Linear response of LIF neurons at complex frequencies.

    Parameters
    ----------
    s : array of complex
        1/ms; ``1j * omega`` for a sustained oscillation ``exp(i omega t)``.
    mu, sigma, tau_m, v_th, v_reset, t_ref, shift : float
        As in `rheobase.population.neuron.lif.transfer`; ``sigma`` must be positive.
    """
    s = np.asarray(s, complex)
    y_r, y_theta = (v_reset - mu) / sigma + shift, (v_th - mu) / sigma + shift
    if y_theta > _OUT_OF_REACH:
        return unmoved(s)
    rate = _rate(mu, sigma, tau_m, v_th, v_reset, t_ref, shift)
    solution = solve(s * tau_m, y_r, y_theta)
    lam = _beside_poles(s * tau_m)
    beside = solution if np.array_equal(lam, s * tau_m) else solve(lam, y_r, y_theta)
    by_mu = rate / (sigma * (1.0 + lam)) * beside.slope
    by_sigma2 = rate / (2.0 * sigma**2 * (2.0 + lam)) * beside.curvature - shift / (2.0 * sigma) * by_mu
    interval = np.exp(-s * t_ref) * solution.reset / (solution.reset + lam * solution.rise)
    return Response(by_mu, by_sigma2, solution.rise + held_fraction(s, t_ref) / tau_m * solution.reset, interval)


def _beside_poles(lam: Complex) -> Complex:
    """Where the numerators are zero over zero, ``lam = -1`` and ``-2``, a place just beside.

    The denominator is taken where it is asked for: a neuron that hardly fires has its zeros next to these places, and
    the search for modes counts them.
    """
    nearest = np.clip(np.round(lam.real), -2.0, -1.0)
    return np.where(np.abs(lam - nearest) < _NUDGE, nearest + _NUDGE, lam)


def unmoved(s: Complex) -> Response:
    """The response of neurons that do not respond: without noise, or with a threshold out of reach."""
    return Response(np.zeros_like(s), np.zeros_like(s), np.ones_like(s), np.zeros_like(s))


@lru_cache(maxsize=256)
def _rate(mu: float, sigma: float, tau_m: float, v_th: float, v_reset: float, t_ref: float, shift: float) -> float:
    """The stationary rate: the search for modes asks for the same few again and again."""
    return float(transfer(mu, sigma, tau_m=tau_m, v_th=v_th, v_reset=v_reset, t_ref=t_ref, shift=shift).rate)


def held_fraction(s: Complex, t_ref: float) -> Complex:
    """``(1 - exp(-s t_ref))/s``: the refractory time as a modulation sees it, ``t_ref`` at ``s = 0``."""
    x = np.asarray(s * t_ref, complex)
    small = np.abs(x) < 1e-200
    return np.asarray(t_ref * np.where(small, 1.0, -np.expm1(-x) / np.where(small, 1.0, x)), complex)


def mean_filter(s: Complex, tau_s: float, poles: int = 1) -> Complex:
    """What a synapse makes of a modulation of the mean input: ``1/(1 + s tau_s)``, squared for an alpha function."""
    return (1.0 + s * tau_s) ** -poles if poles else np.ones_like(s)


def variance_filter(s: Complex, tau_s: float, poles: int = 1) -> Complex:
    """What a synapse makes of a modulation of the input's noise intensity.

    Spikes of rate ``exp(s t)`` that each give a current ``h`` of unit charge have the intensity ``2 integral of h(y)
    H(y) exp(-s y) dy``, ``H`` being the integral of ``h``: twice the covariance of the current with its own past, which
    is what a membrane with ``tau_m >> tau_s`` feels. With ``p = 1 + s tau_s`` that is ``1/(p (1 + s tau_s/2))`` for an
    exponential, and ``2/p**2 - 2/(p + 1)**2 - 4/(p + 1)**3`` for an alpha function.
    """
    p = 1.0 + s * tau_s
    if poles == 2:
        return 2.0 / p**2 - 2.0 / (p + 1.0) ** 2 - 4.0 / (p + 1.0) ** 3
    return 2.0 / (p * (1.0 + p))
