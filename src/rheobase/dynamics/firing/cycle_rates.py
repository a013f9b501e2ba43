"""Rates of firing from the branch of cycles, for `fi_curve`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.cycles.continuation import CycleBranch, cycles_from_orbit
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.spiking import fire, firing, threshold_gap
from rheobase.dynamics.orbits.trajectory import trajectories
from rheobase.errors import ModelError

Array = NDArray[np.float64]

_TRIED = 24
_SAMPLES = 3000
_WIDER = 0.02


def cycle_rates(field: VectorField, name: str, values: Array, start: Array, duration: float) -> Array:
    """Rates (Hz) of the fastest stable cycle that spikes, at values of a parameter in internal units; 0 without one.

    One of the values at which the neuron fires gives the orbit from which the branch is followed, both ways.

    Raises
    ------
    ModelError
        If the model has a reset or is not smooth, if it fires at none of the values, or if the branch is lost.
    """
    if field.neuron.has_reset:
        raise ModelError("a model with a reset has no smooth cycles to continue; use method='simulation'")
    field = VectorField.of(field.neuron).with_values(**dict(zip(field.parameters, field.values, strict=True)))
    rates = np.zeros(values.shape)
    left = np.ones(values.shape, dtype=bool)
    for _ in range(3):  # firing may be split over several branches
        branch = firing_branch(field, name, values[left], start, duration)
        if branch is None:
            break
        found = np.array(
            [_rate(field, name, branch, value) if open_ else np.nan for value, open_ in zip(values, left, strict=True)]
        )
        covered = left & (found > 0)
        if not covered.any():
            break
        rates = np.where(covered, found, rates)
        left &= ~covered
        if not left.any():
            break
    if not (rates > 0).any():
        raise ModelError(f"the neuron fires at none of the values of {name}, so there is no cycle to follow")
    return rates


def firing_branch(
    field: VectorField,
    name: str,
    values: Array,
    start: Array,
    duration: float,
    over: tuple[float, float] | None = None,
) -> CycleBranch | None:
    """The branch through the orbit at the middle one of the values (internal) at which it fires; None without one.

    It is followed a little beyond the values, or over the range ``over`` (shown unit).
    """
    tried = np.unique(values[np.linspace(0, values.size - 1, min(_TRIED, values.size)).round().astype(int)])
    run = fire(field, start, duration=duration, parameter=name, values=tried, rtol=1e-8)
    rates = firing(run, duration)
    firing_at = np.nonzero(rates.sustained & ~run.failed)[0]
    if not firing_at.size:
        return None
    row = int(firing_at[firing_at.size // 2])
    times = np.linspace(0.0, 2.2 * rates.period[row], _SAMPLES)
    p = field.at(**{name: tried[row]})
    orbit = trajectories(field, run.final[row], p, duration=times[-1], sample=times, rtol=1e-10)
    assert orbit.states is not None
    shown = np.column_stack([field.shown(state, orbit.states[0, at]) for at, state in enumerate(field.states)])
    low, high = float(values.min()), float(values.max())
    room = _WIDER * (high - low) + 1e-6 * max(abs(high), abs(low), 1e-6)
    bounds = over or (field.shown(name, low - room), field.shown(name, high + room))
    return cycles_from_orbit(
        field, name, times, shown, field.shown(name, float(tried[row])), bounds=bounds, throw=False
    )


def _rate(field: VectorField, name: str, branch: CycleBranch, value: float) -> float:
    gap = threshold_gap(field)
    p = field.at(**{name: value})
    rates = [0.0]
    for cycle in branch.at(field.shown(name, value)):
        if cycle.stable and (field.neuron.threshold is None or np.max(gap(_points(field, cycle), p)) > 0):
            rates.append(cycle.frequency_hz)
    return max(rates)


def _points(field: VectorField, cycle: object) -> Array:
    """States (n, points) along a cycle in internal units."""
    _, states = cycle.orbit  # type: ignore[attr-defined]
    return np.stack([field.read(name, states[:, at]) for at, name in enumerate(field.states)])
