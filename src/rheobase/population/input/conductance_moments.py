r"""What the multiplicative part of conductance noise does to the free membrane: mean and third cumulant, second order.

With ``x_k`` the fluctuation of the leak from conductance ``k`` and ``F_k = E_k - Vbar`` its driving force, ``v = Vbar +
v1 + v2``,

    v1' = -v1/tau + sum F_k x_k + currents,        v2' = -v2/tau - sum x_k v1,

so that ``<v2> = -tau sum <x_k v1>``, and the third cumulant gets, beside that of the shot noise,

    3 <v1**2 (v2 - <v2>)> = -6 sum_k integral exp(-u/tau) <v1(t) x_k(t-u)> <v1(t) v1(t-u)> du,

which is of the same order as the shot noise's (Richardson & Gerstner 2005, Neural Comput 17:923, who find it for fast
synapses).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.quadrature import legendre
from rheobase.population.input.channel import Channel

Array = NDArray[np.float64]
Heard = Sequence[tuple[Channel, float, str]]

_APART = 1e-4  # closer than this, relatively, rates of decay are moved apart: the limit is smooth


def corrections(heard: Heard, tau: float, noise: float) -> tuple[float, float]:
    """What is to be added to the mean (mV) and to the third cumulant (mV**3) of a free membrane.

    Parameters
    ----------
    heard
        Its channels at their driving forces, with their rates (kHz).
    tau
        Its effective time constant, ms.
    noise
        Its own white noise, mV/sqrt(ms).
    """
    gates = [(c, rate) for c, rate, _ in heard if c.reversal is not None and rate > 0.0]
    if not gates:
        return 0.0, 0.0
    u, weights = _rule(tau)
    own = 0.5 * tau * noise**2 * np.exp(-u / tau)
    voltage = own + sum((c.in_degree * rate * c.square * _voltage(u, tau, c) for c, rate, _ in heard), np.zeros(u.size))
    crossed = sum((_crossed(u, tau, c, rate) for c, rate in gates), np.zeros(u.size))
    at_once = sum(float(_crossed(np.zeros(1), tau, c, rate)[0]) for c, rate in gates)
    return -tau * at_once, -6.0 * float(np.sum(weights * np.exp(-u / tau) * crossed * voltage))


def _rule(tau: float) -> tuple[Array, Array]:
    """Nodes and weights for functions that decay over ``tau`` and may change over a thousandth of it at the start."""
    nodes, weights = legendre(12)
    edges = tau * np.concatenate([[0.0], np.geomspace(1e-4, 20.0, 32)])
    width = np.diff(edges)[:, None]
    return (edges[:-1, None] + 0.5 * width * (1.0 + nodes)).ravel(), (0.5 * width * weights).ravel()


def _decays(tau: float, tau_s: float) -> tuple[float, float]:
    a, b = 1.0 / tau, 1.0 / tau_s
    return a, (b if abs(b - a) > _APART * a else a * (1.0 + _APART))


def _crossed(u: Array, tau: float, c: Channel, rate: float) -> Array:
    """``<v1(t) x(t - u)>`` for a conductance, whose own variance is ``K rate <a**2>/(2 tau_s)``."""
    a, b = _decays(tau, c.tau_s)
    spread = 0.5 * c.in_degree * rate * c.charges[1] * b * c.force
    return spread * ((np.exp(-a * u) - np.exp(-b * u)) / (b - a) + np.exp(-a * u) / (a + b))


def _voltage(u: Array, tau: float, c: Channel) -> Array:
    """Covariance of the voltage for spikes of unit rate and unit charge, ms."""
    if c.poles == 0 or c.tau_s == 0.0:
        return 0.5 * tau * np.exp(-u / tau)
    a, b = _decays(tau, c.tau_s)
    apart, slow, fast = b**2 - a**2, np.exp(-a * u), np.exp(-b * u)
    filtered = (b / a * slow - fast) / apart  # of noise with the covariance exp(-b u)
    if c.poles == 1:
        return 0.5 * b * filtered
    by_decay = (slow / a + u * fast) / apart - 2.0 * b * filtered / apart
    return 0.25 * b * (filtered - b * by_decay)  # (1 + b u) exp(-b u) = exp(-b u) - b d/db exp(-b u)
