"""From where a neuron is looked at: a state below its threshold, and one spike level for a neuron that has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.fixed_points import fixed_points
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.rheobase_current import Ground
from rheobase.dynamics.orbits.spiking import LEVEL, fire, firing, spiking, threshold_gap
from rheobase.dynamics.orbits.trajectory import trajectories
from rheobase.errors import ModelError

Array = NDArray[np.float64]

#: The oscillation of a neuron without a threshold is looked at from where it begins to so many times that input.
_DEVELOPED = 2.5
_SAMPLES = 2000


def stable_rests(field: VectorField, name: str, value: float) -> list[Array]:
    """Stable equilibria below the threshold at an input, from the lowest voltage up; none if they cannot be found."""
    try:
        points = fixed_points(field.with_values(**{name: value}), throw=False)
    except ModelError:
        return []
    at, p, gap = field.states.index(field.voltage), field.at(**{name: value}), threshold_gap(field)
    found = [point.point for point in points if point.stable]
    if field.neuron.has_reset:
        found = [x for x in found if float(gap(x, p)) < 0]
    return sorted(found, key=lambda x: float(x[at]))


def natural_start(field: VectorField, name: str, value: float) -> Array:
    """The start values; if they lie above the threshold of a neuron with a reset, its rest or the state after a spike.

    ``value`` is the input at which the rest is looked for.
    """
    p = field.at(**{name: value})
    if not field.neuron.has_reset or float(threshold_gap(field)(field.start, p)) < 0:
        return field.start
    rests = stable_rests(field, name, value)
    if rests:
        return rests[0]
    run = trajectories(field, field.start[None], p, duration=1e3, stop_after=1)
    return run.after[0][-1] if len(run.spikes[0]) else field.start


def with_level(ground: Ground, inputs: Array, sustained: NDArray[np.bool_]) -> Ground:
    """A neuron without a threshold gets one: the middle of its largest oscillation well above where that begins.

    Close to where it begins the oscillation can be small or slow, and the middle of a short stretch of it anything.
    """
    field = ground.field
    if field.neuron.threshold is not None or not sustained.any():
        return ground
    first = float(inputs[np.argmax(sustained)])
    tried = inputs[sustained & (inputs - ground.base <= _DEVELOPED * (first - ground.base))]
    options = {"duration": ground.time, "parameter": ground.input}
    settled = fire(field, ground.state, values=tried, **options)
    run = fire(field, settled.final, values=tried, sample=np.linspace(0.0, ground.time, _SAMPLES), **options)
    assert run.states is not None
    voltage = run.states[:, field.states.index(field.voltage)]
    swing = np.where(firing(run, ground.time).sustained, np.ptp(voltage, axis=1), -np.inf)
    row = int(np.argmax(swing))
    if not np.isfinite(swing[row]):
        return ground
    leveled = spiking(field)
    new = next(name for name in leveled.parameters if name.startswith(LEVEL) and name not in field.parameters)
    level = 0.5 * float(voltage[row].max() + voltage[row].min())
    return replace(ground, field=leveled.with_values(**{new: level}))
