r"""Self-consistent rates: ``rate = Phi(mu(rate), sigma(rate))``, all of them.

Each start is carried to a fixed point by pseudo-transient continuation: implicit Euler steps of ``d rate/dt =
Phi(rate) - rate`` whose length grows as the residual falls, so that it turns into Newton's method near the solution
but is not held up where Phi is flat (Kelley & Keyes 1998, SIAM J Numer Anal 35:508). From silence a damped Newton
method does not move. Starts are silence, a ladder of uniform rates, and points between the fixed points found, among
them the one where the flow divides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.population.input.conductance_response import leak_slopes
from rheobase.population.input.statistics import Drive, InputMap
from rheobase.population.neuron.any_neuron import rates as neuron_rates
from rheobase.population.neuron.lif import ALPHA, Transfer
from rheobase.population.states.leaky_states import leaky_rates_and_slopes, polish_leaky, settle_leaky

Array = NDArray[np.float64]

_STEPS = 200
_RUNGS = 10
_SAME = 1e-6
FEW = 64  #: populations up to which plain elimination is as fast as LAPACK


def rates_and_slopes(maps: InputMap, rates: Array) -> tuple[Array, Array]:
    """``Phi(rates)`` and its Jacobian (kHz per kHz), the shift's own dependence on the rates included.

    So are, with conductance synapses, the effective time constants and the driving forces.
    """
    if maps.leaky is not None:
        return leaky_rates_and_slopes(maps.leaky, rates)
    return any_rates_and_slopes(maps, rates)


def any_rates_and_slopes(maps: InputMap, rates: Array) -> tuple[Array, Array]:
    """The same for any neurons and synapses."""
    local = maps.frozen(rates)
    drive = local.drive(rates)
    out = _transfer(local, drive)
    variance, coloured = local.variance_slopes
    with np.errstate(divide="ignore", invalid="ignore"):
        by_variance = np.where(drive.sigma > 0.0, out.d_sigma / (2.0 * drive.sigma), 0.0)
        # the shift moves the bounds by sigma*shift, as a change of -sigma*shift in mu would
        by_shift = np.where([m.drift is None for m in local.membranes], -drive.sigma * out.d_mu, 0.0)
        weight = np.where(drive.sigma > 0.0, 1.0 / drive.sigma**2, 0.0)
    shift = weight[:, None] * (0.5 * ALPHA * coloured - drive.shift[:, None] * variance)
    jacobian = out.d_mu[:, None] * local.mean + by_variance[:, None] * variance + by_shift[:, None] * shift
    if local.loads is not None:
        by_leak = leak_slopes(local, drive, out) + 0.5 * by_shift * drive.shift * drive.tau_m
        jacobian += by_leak[:, None] * local.loads.leak
    return out.rate, jacobian


def _transfer(maps: InputMap, drive: Drive) -> Transfer:
    return neuron_rates(maps.membranes, drive.mu, drive.sigma, drive.shift)


def settle(maps: InputMap, start: Array) -> Array | None:
    """The fixed point that pseudo-transient continuation reaches from ``start``; None if it does not settle."""
    if maps.leaky is not None and len(maps.names) <= FEW:
        return settle_leaky(maps.leaky, start)
    return settle_any(maps, start)


def settle_any(maps: InputMap, start: Array) -> Array | None:
    """The same for any neurons and synapses, and any number of populations."""
    rates = np.array(start, float)
    value, jacobian = any_rates_and_slopes(maps, rates)
    error, step = _size(value - rates), 1.0
    for _ in range(_STEPS):
        if error <= 1e-11 * np.max(rates) + 1e-300:
            break
        matrix = np.eye(rates.size) * (1.0 + 1.0 / step) - jacobian
        rates = np.maximum(rates + np.linalg.solve(matrix, value - rates), 0.0)
        value, jacobian = any_rates_and_slopes(maps, rates)
        previous, error = error, _size(value - rates)
        step = min(step * min(max(previous / max(error, 1e-300), 0.1), 20.0), 1e12)
    return polish_any(maps, rates)


def polish(maps: InputMap, rates: Array) -> Array | None:
    """Newton steps to rounding; None if the residual is not small."""
    if maps.leaky is not None and len(maps.names) <= FEW:
        return polish_leaky(maps.leaky, rates)
    return polish_any(maps, rates)


def polish_any(maps: InputMap, rates: Array) -> Array | None:
    """The same for any neurons and synapses, and any number of populations."""
    for _ in range(6):
        value, jacobian = any_rates_and_slopes(maps, rates)
        matrix = np.eye(rates.size) - jacobian
        if not np.all(np.isfinite(matrix)) or abs(np.linalg.det(matrix)) < 1e-14:
            break
        trial = np.maximum(rates + np.linalg.solve(matrix, value - rates), 0.0)
        if _size(any_rates_and_slopes(maps, trial)[0] - trial) >= _size(value - rates):
            break
        rates = trial
    good = _size(any_rates_and_slopes(maps, rates)[0] - rates) <= 1e-10 * np.max(rates) + 1e-18
    return rates if good else None


def fixed_points(maps: InputMap) -> list[Array]:
    """All different fixed points found, that reached from silence first, the others by their mean rate (kHz)."""
    n = len(maps.names)
    highest = 1.0 / np.maximum(maps.column("t_ref"), 0.1 * maps.column("tau_m"))
    ladder = [np.zeros(n), *(fraction * highest for fraction in np.geomspace(1e-4, 0.95, _RUNGS))]
    found: list[Array] = []
    for start in ladder:
        add_new(found, settle(maps, start))
    ordered = sorted(found[1:], key=np.mean)
    for low, high in zip([*found[:1], *ordered], ordered, strict=False):
        for fraction in (0.15, 0.5, 0.85):
            between = low + fraction * (high - low)
            add_new(found, polish(maps, between))
            add_new(found, newton(maps, between))
        for point in dividing(maps, low, high):
            add_new(found, point)
    return found[:1] + sorted(found[1:], key=np.mean)


def dividing(maps: InputMap, low: Array, high: Array) -> list[Array]:
    """The fixed points that Newton's method finds from where the flow divides between two others."""
    divide = _divide(maps, low, high)
    if divide is None:
        return []
    return [point for point in (polish(maps, divide), newton(maps, divide)) if point is not None]


def _divide(maps: InputMap, low: Array, high: Array) -> Array | None:
    """Where, on the line between two fixed points, the flow turns from the one to the other; None if it does not.

    For one population, or alike ones, this is the state between them, however flat ``Phi`` is near silence.
    """

    def flow(fraction: float) -> float:
        rates = low + fraction * (high - low)
        return float((high - low) @ (rates_and_slopes(maps, rates)[0] - rates))

    below, above = 1e-3, 1.0 - 1e-3
    if not flow(below) < 0.0 < flow(above):
        return None
    for _ in range(40):
        middle = 0.5 * (below + above)
        below, above = (middle, above) if flow(middle) < 0.0 else (below, middle)
    return low + above * (high - low)


def newton(maps: InputMap, rates: Array) -> Array | None:
    """Newton's method with a step that is halved until the residual falls: goes to saddles as readily as to nodes."""
    for _ in range(60):
        value, jacobian = rates_and_slopes(maps, rates)
        residual = value - rates
        change = np.linalg.lstsq(np.eye(rates.size) - jacobian, residual, rcond=None)[0]
        scale = 1.0
        while scale > 1e-3:
            trial = np.maximum(rates + scale * change, 0.0)
            if _size(rates_and_slopes(maps, trial)[0] - trial) < _size(residual):
                break
            scale *= 0.5
        else:
            break
        rates = trial
    return polish(maps, rates)


def add_new(found: list[Array], point: Array | None) -> None:
    """Append a fixed point that is not among those found."""
    if point is None:
        return
    if all(np.max(np.abs(point - other)) > _SAME * max(np.max(point), np.max(other)) + 1e-15 for other in found):
        found.append(point)


def _size(residual: Array) -> float:
    return float(np.max(np.abs(residual)))
