"""Oscillations that do not reach the threshold for spikes, where a neuron's f-I curve is 0."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.trajectory import Trajectories, trajectories

Array = NDArray[np.float64]

#: Periods of the firing that it comes after that an orbit is watched for, and samples in that time.
_TURNS, _SAMPLES = 12.0, 4001
#: An oscillation is larger than this part of a spike, and does not fade from half to half.
_SMALL, _FADING = 1e-3, 0.995


@dataclass(frozen=True, eq=False)
class SmallOscillation:
    """Where a neuron oscillates without a spike.

    Attributes
    ----------
    frequency_hz
        (k,), one for each input; NaN where it rests or fires.
    threshold
        The condition that it does not reach, as written.
    """

    frequency_hz: Array
    threshold: str

    def sentence(self, name: str, unit: str, values: Array) -> str:
        """From where on it does so, and how fast; "" if nowhere."""
        order = np.argsort(values, kind="stable")
        sorted_values, frequencies = values[order], self.frequency_hz[order]
        there = np.flatnonzero(np.isfinite(frequencies))
        if not there.size:
            return ""
        first, last = there[0], there[-1]
        shown = "" if unit == "1" else f" {unit}"
        where = f"from {name} = {sorted_values[first]:.6g}{shown} on"
        if last < len(order) - 1:
            where = f"from {name} = {sorted_values[first]:.6g} to {sorted_values[last]:.6g}{shown}"
        slow, fast = np.nanmin(frequencies), np.nanmax(frequencies)
        rate = f"{slow:.4g} Hz" if fast - slow < 1e-3 * slow else f"{slow:.4g} to {fast:.4g} Hz"
        return f"{where} it oscillates at {rate} without reaching the threshold {self.threshold}"


def small_oscillation(
    field: VectorField, name: str, values: Array, run: Trajectories, fires: NDArray[np.bool_], rtol: float
) -> SmallOscillation | None:
    """Look for oscillations at the inputs above the first at which a neuron without a reset fires on, if it does not.

    The orbits go on from where they were left; a period is the mean time between upward passages of the middle.
    """
    if field.neuron.threshold is None or field.neuron.has_reset or not fires.any():
        return None
    rows = np.flatnonzero(~fires & ~run.failed & (values > values[fires].min()))
    if not rows.size:
        return None
    parameters = np.tile(field.values, (rows.size, 1))
    parameters[:, field.index(name)] = values[rows]
    highest = int(np.argmax(np.where(fires, values, -np.inf)))
    duration = _TURNS * float(np.diff(run.spikes[highest])[-1])
    sample = np.linspace(0.0, duration, _SAMPLES)
    later = trajectories(field, run.final[rows], parameters, duration=duration, sample=sample, rtol=rtol, reset=False)
    assert later.states is not None
    at = field.states.index(field.voltage)
    size = _spike(field, run, highest, at)
    frequencies = np.full(values.size, np.nan)
    frequencies[rows] = [_frequency(sample, voltage, _SMALL * size) for voltage in later.states[:, at]]
    return SmallOscillation(frequencies, field.neuron.texts["threshold"])


def _spike(field: VectorField, run: Trajectories, row: int, at: int) -> float:
    """How far spikes are from the voltages without them."""
    passed = float(run.before[row][-1, at])
    return max(abs(passed - float(x[at])) for x in (field.start, run.final[row]))


def _frequency(times: Array, voltage: Array, smallest: float) -> float:
    """Hz; NaN without a sustained oscillation."""
    half = len(voltage) // 2
    early, late = (float(np.ptp(part)) for part in (voltage[:half], voltage[half:]))
    if not late > max(smallest, _FADING * early):
        return np.nan
    above = voltage - 0.5 * (voltage.max() + voltage.min())
    up = np.flatnonzero((above[:-1] < 0.0) & (above[1:] >= 0.0))
    if len(up) < 3:
        return np.nan
    passages = times[up] - above[up] * (times[up + 1] - times[up]) / (above[up + 1] - above[up])
    intervals = [later - earlier for earlier, later in pairwise(passages)]
    return float(1e3 / np.mean(intervals))
