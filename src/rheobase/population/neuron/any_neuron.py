"""Rates and responses of a population's neurons, whatever their drift: closed forms where it is linear, threshold
integration where it is not. Internal units."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.first_passage import Interval, Stationary, noiseless_time, stationary
from rheobase.numerics.piecewise import NoValue
from rheobase.population.neuron import lif
from rheobase.population.neuron.lif import Transfer
from rheobase.population.neuron.lif_response import Response, held_fraction, lif_response, unmoved
from rheobase.population.neuron.membrane import Membrane

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_SLOWEST = 0.125  # 1/ms
_OUT_OF_REACH = -620.0  # a log rate below which neither the rate nor its response is told from zero


def rates(membranes: tuple[Membrane, ...], mu: Array, sigma: Array, shift: Array) -> Transfer:
    """Stationary rates of populations with these inputs (mV), one each, and their derivatives.

    The shift of the bounds, which stands for coloured noise, is known for the leaky neuron only; a neuron with another
    drift takes its noise for white (at a smooth spike onset the error is of first order in ``tau_s/tau_m``, not in
    its root: Fourcaud-Trocme et al. 2003).
    """
    constants = np.array([m.lif for m in membranes]).T
    names = ("tau_m", "v_th", "v_reset", "t_ref")
    found = lif.transfer(mu, sigma, shift=shift, **dict(zip(names, constants, strict=True)))
    for k, m in enumerate(membranes):
        if m.drift is not None:
            one = _nonlinear(m, float(mu[k]), float(sigma[k]))
            for array, value in zip((found.rate, found.log_rate, found.d_mu, found.d_sigma), one, strict=True):
                array[k] = value
    return found


def cvs(membranes: tuple[Membrane, ...], mu: Array, sigma: Array) -> Array:
    """Coefficients of variation of the intervals, in white noise."""
    constants = np.array([m.lif for m in membranes]).T
    found = lif.cv(mu, sigma, **dict(zip(("tau_m", "v_th", "v_reset", "t_ref"), constants, strict=True)))
    for k, m in enumerate(membranes):
        if m.drift is not None:
            state = white(m, float(mu[k]), float(sigma[k])) if sigma[k] > 0.0 else None
            found[k] = 0.0 if state is None else state.cv / (1.0 + m.t_ref * np.exp(-state.log_time))
    return found


def white(m: Membrane, mu: float, sigma: float, fastest: float = 0.0) -> Stationary | None:
    """The stationary state of a neuron in white noise, for ``abs(s) <= fastest`` (1/ms); None if it cannot fire."""
    speed = 0.0 if fastest <= 0.0 else 2.0 ** np.ceil(np.log2(fastest))
    return _white(m.interval, mu / m.tau_m, sigma**2 / (2.0 * m.tau_m), speed)


@lru_cache(maxsize=256)
def _white(interval: Interval, mean: float, diffusion: float, fastest: float) -> Stationary | None:
    try:
        return stationary(interval, mean, diffusion, fastest=fastest)
    except NoValue:
        raise
    except ArithmeticError:
        return None


def log_rate_of(m: Membrane, state: Stationary) -> float:
    """Logarithm of the rate (kHz), the refractory time included."""
    return _log_rate(state, m.t_ref)


def _log_rate(state: Stationary, t_ref: float) -> float:
    return float(-np.logaddexp(state.log_time, np.log(t_ref) if t_ref > 0.0 else -np.inf))


def _nonlinear(m: Membrane, mu: float, sigma: float) -> tuple[float, float, float, float]:
    """Rate (kHz), its logarithm, and its derivatives by ``mu`` and ``sigma`` (kHz/mV)."""
    if not (np.isfinite(mu) and np.isfinite(sigma)):
        return (np.nan, np.nan, np.nan, np.nan) if np.isnan(mu + sigma) else (0.0, -np.inf, 0.0, 0.0)
    return _rate_and_slopes(m.interval, m.tau_m, m.t_ref, float(mu), float(sigma))


@lru_cache(maxsize=1024)  # alike populations at alike input, and searches that come back to where they were
def _rate_and_slopes(
    interval: Interval, tau_m: float, t_ref: float, mu: float, sigma: float
) -> tuple[float, float, float, float]:
    if sigma == 0.0:
        time, slope = noiseless_time(interval, mu / tau_m)
        rate = 1.0 / (time + t_ref)
        return rate, -np.log(time + t_ref), (0.0 if np.isinf(time) else -(rate**2) * slope / tau_m), 0.0
    try:
        state = _white(interval, mu / tau_m, sigma**2 / (2.0 * tau_m), 0.0)
    except NoValue:  # the rate is not known: no state of a network is found here
        return np.nan, np.nan, np.nan, np.nan
    if state is None:
        return 0.0, -np.inf, 0.0, 0.0
    log_rate = _log_rate(state, t_ref)
    _, gains, by_diffusion = state.gains(log_rate)
    rate = float(np.exp(log_rate))
    return rate, log_rate, rate * float(gains.sum()) / tau_m, rate * by_diffusion * sigma / tau_m


def any_response(s: Complex, m: Membrane, mu: float, sigma: float, shift: float = 0.0) -> Response:
    """Linear response at complex frequencies ``s`` (1/ms): by threshold integration where the drift is not linear."""
    s = np.asarray(s, complex)
    if sigma == 0.0:  # no noise at all: nothing to linearise a rate around
        return unmoved(s)
    if m.drift is None:
        tau_m, v_th, v_reset, t_ref = m.lif
        return lif_response(s, mu, sigma, tau_m=tau_m, v_th=v_th, v_reset=v_reset, t_ref=t_ref, shift=shift)
    states = [(white(m, mu, sigma, speed), at) for speed, at in _by_speed(s)]
    parts = np.empty((4, *s.shape), complex)
    for state, at in states:
        log_rate = -np.inf if state is None else log_rate_of(m, state)
        if state is None or log_rate < _OUT_OF_REACH:
            return unmoved(s)
        parts[:, at] = state.response(s[at], log_rate).T
    by_drift, by_diffusion, rise, reset = parts
    interval = np.exp(-s * m.t_ref) * reset / (reset + s * rise)
    denominator = rise + held_fraction(s, m.t_ref) * reset
    return Response(by_drift / m.tau_m, by_diffusion / (2.0 * m.tau_m), denominator, interval)


def _by_speed(s: Complex) -> list[tuple[float, NDArray[np.bool_]]]:
    """Slow modulations need fewer panels: powers of 8 (1/ms), and which elements of ``s`` each is enough for.

    So the mesh of an element does not depend on the others.
    """
    power = np.ceil(np.log2(np.maximum(np.abs(s), _SLOWEST)) / 3.0)
    return [(8.0**p, power == p) for p in np.unique(power)]
