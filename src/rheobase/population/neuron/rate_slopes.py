r"""Derivatives of a neuron's stationary rate with respect to its input and to every parameter, for rows of values.

With the density ``P`` and the slope ``w = -T'`` of the mean passage time ``T``, a change of the drift ``a(v) = (F +
mu)/tau_m`` and of ``D = sigma**2/(2 tau_m)`` changes the rate ``r = 1/(t_ref + T)`` by

    d ln r = integral of w P da dv - (integral of w P' dv) dD - r (dt_ref + w(v_th) dv_th - w(v_reset) dv_reset),

first-order perturbation theory of the Fokker-Planck operator. For the leaky neuron these are closed forms of Siegert's
integral. ``da`` by a parameter is the exact derivative of the neuron's equation; what threshold, reset, refractory time
and noise owe to it, simple functions, is taken by central differences of fourth order (relative errors below 1e-11).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr

from rheobase.compile.rhs import derivative
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.model.shown_units import shown_unit
from rheobase.numerics.first_passage import passages, stationary
from rheobase.population.neuron import lif
from rheobase.population.neuron.any_neuron import log_rate_of
from rheobase.population.neuron.drift import Drift, used_names
from rheobase.population.neuron.membrane import Membrane, membrane_of
from rheobase.units import Quantity

Array = NDArray[np.float64]

_STEPS = (1e-3, 1e-5, 1e-7)  # relative; the next where the neuron is none at one that far
_BOTH_SIDES = {-2.0: 1.0 / 12.0, -1.0: -2.0 / 3.0, 1.0: 2.0 / 3.0, 2.0: -1.0 / 12.0}
_ABOVE = {1.0: 4.0, 2.0: -3.0, 3.0: 4.0 / 3.0, 4.0: -0.25}  # at the end of what is allowed, as a refractory time of 0
_SCALARS = ("v_th", "v_reset", "t_ref", "noise", "tau_m")
_MU, _SIGMA, _V_TH, _V_RESET, _T_REF, _TAU_M, _NOISE = range(7)


def log_rates_and_slopes(neuron: Neuron, names: tuple[str, ...], x: Array) -> tuple[Array, Array]:
    """``ln rate`` (rate in Hz) and its derivatives, row by row of ``x``.

    A row has ``mu``, ``sigma`` and the parameters ``names``, all in the units that the equations declare. Rows without
    noise, with a negative ``sigma`` or with parameters that make no neuron are nan; a rate that is 0 has slopes of 0.

    Raises
    ------
    ModelError
        If no row has parameters that make a neuron.
    """
    values, slopes = np.full(x.shape[0], np.nan), np.full(x.shape, np.nan)
    rows, which = np.unique(x[:, 2:], axis=0, return_inverse=True)
    reason, known = None, False
    for k, row in enumerate(rows):
        at = np.flatnonzero(which.ravel() == k)
        try:
            one = _changes(neuron, names, row)
        except ModelError as problem:
            reason = problem
            continue
        known = True
        values[at], slopes[at] = _of_inputs(one, x[at, :2])
    if reason is not None and not known:
        raise reason
    return values, slopes


@dataclass(frozen=True)
class _Changes:
    """A neuron with certain parameters, and what each of them changes.

    ``drift`` has the change of the drift, a function of the voltage, for each parameter that the equation names;
    ``scalars`` the other parts' change, a row for each parameter; ``sizes`` the internal size of each unit.
    """

    membrane: Membrane
    drift: tuple[Drift | None, ...]
    names: tuple[str, ...]
    scalars: Array
    sizes: Array
    voltage_size: float

    def of_drift(self, k: int, v: Array) -> Array:
        """How the drift at ``v`` changes with the parameter ``k`` (internal units)."""
        drift = self.drift[k]
        if drift is None:
            return np.zeros(v.shape)
        at = drift.neuron.states.index(drift.voltage)
        found = derivative(drift.neuron, 1, "numpy", by=(self.names[k],))(drift.states(v), drift.values, 0.0)
        return np.broadcast_to(np.asarray(found[at, 0], float), v.shape)


def _changes(neuron: Neuron, names: tuple[str, ...], row: Array) -> _Changes:
    """Read the neuron with these values, and how it changes; the values in the declared units."""
    sizes = np.array([shown_unit(neuron, name).scale for name in names])
    given = dict(zip(names, row * sizes, strict=True))
    m = _membrane(neuron, given)
    changed = neuron.with_(**_quantities(neuron, given))
    here = Drift(changed, m.voltage, tuple(changed.parameters.values()))
    used = used_names(changed, m.voltage)
    drift = tuple(here if name in used else None for name in names)
    scalars = np.array([_of_scalars(neuron, given, name) for name in names]).reshape(len(names), len(_SCALARS))
    return _Changes(m, drift, names, scalars, sizes, shown_unit(neuron, m.voltage).scale)


def _membrane(neuron: Neuron, given: dict[str, float]) -> Membrane:
    return membrane_of(neuron, **_quantities(neuron, given))


def _quantities(neuron: Neuron, given: dict[str, float]) -> dict[str, Quantity]:
    return {name: Quantity(float(value), neuron.equations.dimension_of(name)) for name, value in given.items()}


def _of_scalars(neuron: Neuron, given: dict[str, float], name: str) -> list[float]:
    """The derivatives of threshold, reset, refractory time, noise and ``tau_m`` by one parameter."""
    here, size = _membrane(neuron, given), abs(given[name]) or 1.0
    reason: ModelError | None = None
    for weights, step in product((_BOTH_SIDES, _ABOVE), _STEPS):
        try:
            found = {side: _membrane(neuron, given | {name: given[name] + side * step * size}) for side in weights}
        except ModelError as problem:
            reason = problem
            continue
        return [
            sum(weight * (getattr(found[side], part) - getattr(here, part)) for side, weight in weights.items())
            / (step * size)
            for part in _SCALARS
        ]
    assert reason is not None
    raise reason


def _of_inputs(one: _Changes, inputs: Array) -> tuple[Array, Array]:
    m, scale = one.membrane, one.voltage_size
    mu, sigma = inputs[:, 0] * scale, inputs[:, 1] * scale
    total = np.where(sigma >= 0.0, np.hypot(sigma, np.sqrt(m.tau_m) * m.noise), np.nan)
    good = np.isfinite(mu) & np.isfinite(total) & (total > 0.0)
    values, slopes = np.full(mu.size, np.nan), np.full((mu.size, 2 + len(one.names)), np.nan)
    solve = _leaky if m.drift is None else _any
    values[good], slopes[good] = solve(one, mu[good], sigma[good], total[good])
    slopes[:, :2] *= scale
    slopes[:, 2:] *= one.sizes
    return values + np.log(1e3), slopes


def _leaky(one: _Changes, mu: Array, sigma: Array, total: Array) -> tuple[Array, Array]:
    """By the integrand of Siegert's formula at its bounds."""
    m, parts = one.membrane, np.zeros((mu.size, 7))
    tau_m, v_th, v_reset, t_ref = m.lif
    found = lif.transfer(mu, total, tau_m=tau_m, v_th=v_th, v_reset=v_reset, t_ref=t_ref)
    with np.errstate(under="ignore", over="ignore", invalid="ignore", divide="ignore"):
        low, high = (
            tau_m * np.sqrt(np.pi) / total * np.exp(found.log_rate + _log_integrand((v - mu) / total))
            for v in (v_reset, v_th)
        )
        seen = found.rate > 1e-290  # as a number with all its digits
        by_mu = np.where(seen, found.d_mu / found.rate, high - low)
        by_total = np.where(seen, found.d_sigma / found.rate, (high * (v_th - mu) - low * (v_reset - mu)) / total)
    parts[:, _MU], parts[:, _SIGMA] = by_mu, by_total * sigma / total
    parts[:, _V_TH], parts[:, _V_RESET], parts[:, _T_REF] = -high, low, -np.exp(found.log_rate)
    parts[:, _TAU_M] = -(1.0 - t_ref * np.exp(found.log_rate)) / tau_m + by_total * m.noise**2 / (2.0 * total)
    parts[:, _NOISE] = by_total * tau_m * m.noise / total
    columns = [parts[:, _MU], parts[:, _SIGMA]]
    for k, change in enumerate(one.scalars):
        rest, above = one.of_drift(k, np.array([m.v_rest, m.v_rest + 1.0]))
        by = dict(zip(_SCALARS, change, strict=True))
        columns.append(
            parts[:, _MU] * tau_m * rest
            + parts[:, _TAU_M] * tau_m**2 * (above - rest)
            + parts[:, _V_TH] * by["v_th"] + parts[:, _V_RESET] * by["v_reset"]
            + parts[:, _T_REF] * by["t_ref"] + parts[:, _NOISE] * by["noise"]
        )  # fmt: skip
    return found.log_rate, np.stack(columns, axis=1)


def _log_integrand(y: Array) -> Array:
    """``ln(exp(y**2) erfc(-y))``."""
    above = y**2 + np.log(2.0) + log_ndtr(np.sqrt(2.0) * np.maximum(y, 0.0))
    return np.where(y > 0.0, above, np.log(erfcx(-np.minimum(y, 0.0))))


def _any(one: _Changes, mu: Array, sigma: Array, total: Array) -> tuple[Array, Array]:
    values, slopes = np.empty(mu.size), np.zeros((mu.size, 2 + len(one.names)))
    for n in range(mu.size):
        try:
            values[n], slopes[n] = _one(one, float(mu[n]), float(sigma[n]), float(total[n]))
        except ArithmeticError:
            values[n] = -np.inf
    return values, slopes


def _one(one: _Changes, mu: float, sigma: float, total: float) -> tuple[float, Array]:
    """By threshold integration, at one input."""
    m = one.membrane
    diffusion = total**2 / (2.0 * m.tau_m)
    state = stationary(m.interval, mu / m.tau_m, diffusion)
    log_rate = log_rate_of(m, state)
    places, gains, by_diffusion = state.gains(log_rate)
    ends = passages(m.interval, np.array([mu / m.tau_m]), np.array([diffusion]))
    free = np.exp(state.log_time + log_rate)  # the part of the time that is not refractory
    by_drift = float(gains.sum()) / m.tau_m
    slopes = [by_drift, by_diffusion * sigma / m.tau_m]
    for k, change in enumerate(one.scalars):
        by = dict(zip(_SCALARS, change, strict=True))
        spread = m.noise * by["noise"] - sigma**2 / (2.0 * m.tau_m**2) * by["tau_m"]
        slopes.append(
            float(gains.ravel() @ one.of_drift(k, places.ravel()))
            + free * (ends.at_reset[0] * by["v_reset"] - ends.at_threshold[0] * by["v_th"])
            - np.exp(log_rate) * by["t_ref"]
            - by_drift * mu / m.tau_m * by["tau_m"]
            + by_diffusion * spread
        )
    return log_rate, np.array(slopes)
