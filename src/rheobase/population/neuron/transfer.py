"""`transfer`: the stationary state of one neuron in white noise, for any drift."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import read, shown, shown_unit
from rheobase.numerics.first_passage import GOOD, NO_VALUE, TOO_LONG, UNCONFINED, noiseless_time, passages
from rheobase.population.neuron import lif
from rheobase.population.neuron.any_neuron import log_rate_of, white
from rheobase.population.neuron.gradient import is_traced, traced
from rheobase.population.neuron.membrane import Membrane, membrane_of
from rheobase.population.neuron.noise_input import inputs_one_by_one

Array = NDArray[np.float64]

_THOUSAND = float(np.log(1e3))
_SIEGERT = ("Siegert AJF (1951), Phys Rev 81:617 (first-passage time)", "Brunel N (2000), J Comput Neurosci 8:183 (CV)")
_THRESHOLD = (
    "Richardson MJE (2007), Phys Rev E 76:021919 (threshold integration)",
    "Gardiner CW (2004), Handbook of Stochastic Methods, section 5.2 (passage times)",
)


@dataclass(frozen=True)
class StationaryRate:
    """The stationary state of a neuron in white noise, elementwise over arrays of ``mu`` and ``sigma``.

    Attributes
    ----------
    mu, sigma : ndarray
        Mean input and noise strength, in the unit of the membrane state.
    rate : ndarray
        Hz; 0 where it is too small to be a number, see ``log_rate``.
    log_rate : ndarray
        Natural logarithm of the rate in Hz.
    cv : ndarray
        Coefficient of variation of the intervals; nan for a neuron that never fires.
    refractory : ndarray
        Fraction of the time that the neuron is refractory, ``rate t_ref``.
    error : ndarray
        Of ``log_rate``: for a leaky neuron a bound of what rounding does to Siegert's formula, for any other an
        estimate, from panels half as wide.
    tau_m : float
        The time constant (ms) that scales ``mu`` and ``sigma``, and
    scaled_by : str
        what it is.
    status : str
        A sentence.
    """

    neuron: Neuron
    mu: Array
    sigma: Array
    rate: Array
    log_rate: Array
    cv: Array
    refractory: Array
    error: Array
    tau_m: float
    scaled_by: str
    status: str
    membrane: Membrane = field(repr=False, compare=False)

    @property
    def unit(self) -> str:
        """The unit of ``mu`` and ``sigma``; 1 for plain numbers."""
        return shown_unit(self.neuron, self.membrane.voltage).name

    def density(self, v: ArrayLike) -> Array:
        """Stationary density of the neurons that are not refractory, shape ``mu.shape + v.shape``.

        ``v`` in the unit of the membrane state; the density is per that unit, and integrates to ``1 - refractory``.
        """
        m, name = self.membrane, self.membrane.voltage
        v = np.asarray(read(self.neuron, name, v), float)
        scale = shown_unit(self.neuron, name).scale
        own = np.sqrt(m.tau_m) * m.noise
        cells = [
            _density(m, v, float(mu) * scale, float(np.hypot(sigma * scale, own)))
            for mu, sigma in zip(self.mu.ravel(), self.sigma.ravel(), strict=True)
        ]
        return np.reshape(cells, (*self.mu.shape, *v.shape)) * scale

    def flux(self, v: ArrayLike) -> Array:
        """Stationary probability flux (Hz) at ``v``: the rate between reset and threshold, 0 elsewhere."""
        m = self.membrane
        v = np.asarray(read(self.neuron, m.voltage, v), float)
        between = (v >= m.v_reset) & (v <= m.v_th)
        return np.multiply.outer(self.rate, between.astype(float))

    def summary(self) -> str:
        """One line for each element, up to twenty, and the status."""
        lines = [f"{f'mu ({self.unit})':>12} {f'sigma ({self.unit})':>12} {'rate (Hz)':>12} {'ln rate':>12} {'CV':>8}"]
        rows = zip(*(x.ravel()[:20] for x in (self.mu, self.sigma, self.rate, self.log_rate, self.cv)), strict=True)
        lines += ["{:12.6g} {:12.6g} {:12.6g} {:12.6g} {:8.4g}".format(*row) for row in rows]
        return "\n".join([*lines, self.status])

    def plot(self, ax: Any = None) -> Any:
        """Rate and CV against the mean input, a curve for each noise strength."""
        from rheobase import plot

        return plot.transfer(self, ax)

    def cite(self) -> str:
        """The publications behind the methods used here."""
        return "\n".join(_SIEGERT if self.membrane.drift is None else _THRESHOLD)


def transfer(neuron: Neuron, mu: Any = 0.0, sigma: Any = 0.0, **parameters: Any) -> StationaryRate:
    r"""Stationary rate of a neuron in white noise, ``tau_m dv = (F(v) + mu) dt + sigma sqrt(tau_m) dW``.

    ``F(v)/tau_m`` is the neuron's own ``dv/dt``, so that ``mu = 0`` is the neuron as it is written. For a leaky neuron
    ``F = E_L - v``, and its free membrane has mean ``E_L + mu`` and variance ``sigma**2/2``. Noise that the equations
    have of their own is added to ``sigma``. The leaky neuron is solved by Siegert's formula, any other by the slope
    ``w`` of the mean passage time, ``D w' + (F + mu)/tau_m w = 1``, ``D = sigma**2/(2 tau_m)``, on a mesh that is
    refined until the estimated error of ``log_rate`` is below 1e-11.

    Parameters
    ----------
    neuron
        With one membrane state, a threshold and a reset at fixed voltages; refractory or not.
    mu, sigma
        Mean input and noise strength: quantities, or numbers in the unit of the membrane state (mV where that
        is a bare ``volt``); they broadcast.
    **parameters
        Parameters of the neuron that are changed.

    Returns
    -------
    StationaryRate
        Within `jax.grad` and its kin a `TracedRate` with ``rate`` and ``log_rate``, which can be differentiated once
        with respect to ``mu``, ``sigma`` and every parameter (plain numbers or arrays, in the declared units); nan
        where there is no noise or the parameters make no neuron.

    Raises
    ------
    NotCovered
        If the neuron has two states, or another kind of threshold or reset; the sentence says what to do.
    ModelError
        If arrays do not broadcast, or no element has a finite input with a ``sigma`` of 0 or more. Where some have not,
        these are nan, which does not touch the others.

    Examples
    --------
    >>> from rheobase import library, population
    >>> found = population.transfer(library.eif(t_ref="0 ms"), [0, 5], [6, 2])
    >>> [round(float(rate), 6) for rate in found.rate * found.tau_m * 1e-3]
    [0.109174, 0.328225]
    """
    if is_traced(mu, sigma, *parameters.values()):
        return cast(StationaryRate, traced(neuron, mu, sigma, parameters))
    m = membrane_of(neuron, **parameters)
    shape, mu, sigma = inputs_one_by_one(neuron, m.voltage, mu, sigma)
    total = np.hypot(sigma, np.sqrt(m.tau_m) * m.noise)
    solve = _leaky if m.drift is None else _any
    log_rate, cv, error, fault = solve(m, mu, total)
    log_rate += _THOUSAND
    with np.errstate(under="ignore"):
        rate = np.exp(log_rate)
    mean, spread = (np.reshape(shown(neuron, m.voltage, x), shape) for x in (mu, sigma))
    return StationaryRate(
        neuron=neuron, mu=mean, sigma=spread, rate=rate.reshape(shape), log_rate=log_rate.reshape(shape),
        cv=cv.reshape(shape), refractory=1e-3 * m.t_ref * rate.reshape(shape), error=error.reshape(shape),
        tau_m=m.tau_m, scaled_by=m.scaled_by, status=_status(m, log_rate, error, fault), membrane=m,
    )  # fmt: skip


def _leaky(m: Membrane, mu: Array, sigma: Array) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    constants = dict(zip(("tau_m", "v_th", "v_reset", "t_ref"), m.lif, strict=True))
    found = lif.transfer(mu, sigma, **constants)
    cv = np.where(found.log_rate > -np.inf, lif.cv(mu, sigma, **constants), np.nan)
    return found.log_rate, cv, _rounding(m, mu, sigma, found.log_rate), np.full(mu.size, GOOD)


def _rounding(m: Membrane, mu: Array, sigma: Array, log_rate: Array) -> Array:
    r"""A bound for the error of Siegert's formula, which is evaluated to rounding: what rounding its bounds ``y`` does.

    The integrand's logarithm rises by at most ``a = y + sqrt(y**2 + 2)`` below ``y = y_theta`` (from the bounds of
    Mills' ratio), so that bounds that move by ``dy`` change the logarithm of the integral by at most
    ``2 (a + 1/(y_theta - y_r)) dy``. Written in mV, it holds without noise, too.
    """
    eps, reach = np.finfo(float).eps, m.lif[1] - mu
    root = np.hypot(reach, np.sqrt(2.0) * sigma)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        slope = np.where(reach > 0.0, (reach + root) / sigma**2, 2.0 / (root - reach)) + 1.0 / (m.v_th - m.v_reset)
        moved = eps * (abs(m.v_th) + abs(m.v_reset) + abs(m.v_rest) + np.abs(mu) + 2.0 * np.abs(reach))
        bound = 2.0 * slope * moved + eps * (2.0 * np.abs(log_rate) + 16.0)
    return np.where(np.isneginf(log_rate), 0.0, bound)


def _any(m: Membrane, mu: Array, sigma: Array) -> tuple[Array, Array, Array, NDArray[np.int64]]:
    log_rate, cv, error = (np.full(mu.size, np.nan) for _ in range(3))
    fault = np.full(mu.size, GOOD)
    with np.errstate(over="ignore", under="ignore"):
        diffusion = sigma**2 / (2.0 * m.tau_m)
    good = np.isfinite(mu) & np.isfinite(diffusion)
    for k in np.flatnonzero(good & (diffusion == 0.0)):
        time, _ = noiseless_time(m.interval, float(mu[k]) / m.tau_m)
        log_rate[k], cv[k], error[k] = -np.log(time + m.t_ref), (0.0 if np.isfinite(time) else np.nan), 1e-12
    noisy = np.flatnonzero(good & (diffusion > 0.0))
    found = passages(m.interval, mu[noisy] / m.tau_m, diffusion[noisy])
    with np.errstate(divide="ignore", invalid="ignore"):
        held = np.log(m.t_ref)
        log_rate[noisy] = -np.logaddexp(found.log_time, held)
    log_rate[noisy[found.fault != GOOD]] = -np.inf
    log_rate[noisy[found.fault == NO_VALUE]] = np.nan
    cv[noisy] = found.cv / (1.0 + np.exp(held - found.log_time))
    error[noisy], fault[noisy] = found.error, found.fault
    return log_rate, cv, error, fault


def _density(m: Membrane, v: Array, mu: float, sigma: float) -> Array:
    if sigma == 0.0:
        return _noiseless_density(m, v, mu)
    if m.drift is None:
        tau_m, v_th, v_reset, t_ref = m.lif
        return lif.density(v - m.v_rest, mu, sigma, tau_m=tau_m, v_th=v_th, v_reset=v_reset, t_ref=t_ref)
    state = white(m, mu, sigma)
    return np.zeros(v.shape) if state is None else state.density_at(v, log_rate_of(m, state))


def _noiseless_density(m: Membrane, v: Array, mu: float) -> Array:
    """``rate/(dv/dt)`` between reset and threshold; not a density where the neuron comes to rest."""
    time, _ = noiseless_time(m.interval, mu / m.tau_m)
    between = (v >= m.v_reset) & (v <= m.v_th)
    speed = m.interval.drift(v) + mu / m.tau_m
    return np.where(between & np.isfinite(time), 1.0 / (np.where(between, speed, 1.0) * (time + m.t_ref)), 0.0)


def _status(m: Membrane, log_rate: Array, error: Array, fault: NDArray[np.int64]) -> str:
    name = m.voltage
    sentences = [] if m.scaled_by == "tau_m" else [f"tau_m is {m.tau_m:.6g} ms, from {m.scaled_by}."]
    known = error[np.isfinite(error)]
    if m.drift is None:
        sentences.append(
            "Siegert's formula." if not known.size else f"Siegert's formula, ln rate to {known.max():.1g}."
        )
    elif known.size:
        sentences.append(f"Threshold integration; the estimated error of ln rate is at most {known.max():.1g}.")
    unknown = int((np.isnan(log_rate) & (fault != NO_VALUE)).sum())
    if unknown:
        sentences.append(
            f"{unknown} of {log_rate.size} elements have an input that is not a number, or a negative sigma."
        )
    if np.any(fault == NO_VALUE):
        sentences.append(
            f"In {int((fault == NO_VALUE).sum())} of {log_rate.size} the noise reaches voltages far below the reset at "
            f"which d{name}/dt is not finite: the rate is not known."
        )
    unconfined = int((fault == UNCONFINED).sum())
    if unconfined:
        sentences.append(
            f"In {unconfined} of {log_rate.size} nothing pulls '{name}' up below the reset, so that it drifts away and "
            "the rate is 0: give the neuron a leak, or more input."
        )
    if np.any(fault == TOO_LONG):
        sentences.append("In some the threshold is out of reach: the rate is below exp(-1e5).")
    never = int((np.isneginf(log_rate) & (fault == GOOD)).sum())
    if never:
        sentences.append(f"In {never} of {log_rate.size} there is no noise and the drift stops before the threshold.")
    return " ".join(sentences)
