"""Brief pulses of the input, one or two after another, and whether each makes the neuron fire."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.numbers import number
from rheobase.dynamics.orbits.stimulus import called
from rheobase.dynamics.orbits.trajectory import Drive, trajectories
from rheobase.errors import ModelError

Array = NDArray[np.float64]

_SAMPLES = 800
_ROWS, _ROUNDS = 32, 6
_WEAKEST, _STRONGEST = 1e-4, 4.0  # of the pulse that takes the voltage to the threshold by itself
_WAIT = 6.0  # slowest time constants at rest


def pulse_width(value: Any) -> float:
    """The width of a pulse in ms, positive."""
    width = number(value, "ms", "width_ms")
    if not width > 0.0:
        raise ModelError(f"width_ms, the width of a pulse, has to be positive, but {value!r} was given")
    return width


@dataclass(frozen=True, eq=False)
class Pulses:
    """Pulses to a neuron at rest.

    Attributes
    ----------
    field, name
        The model and its input.
    rest
        The equilibrium, internal units.
    width
        Of a pulse, ms.
    """

    field: VectorField
    name: str
    rest: Array
    width: float

    @property
    def at(self) -> int:
        return self.field.states.index(self.field.voltage)

    @cached_property
    def wait(self) -> float:
        """How long a spike may be in coming, ms."""
        return _WAIT / float(np.min(np.abs(np.linalg.eigvals(self.field.jacobian(self.rest)).real)))

    @cached_property
    def level(self) -> float:
        """The voltage at which the threshold condition becomes true when the voltage alone rises from rest."""
        from rheobase.dynamics.equilibria.box import find_box
        from rheobase.dynamics.response.spike_cycle import Jump

        width = float(find_box(self.field).width[self.at])
        rise = np.linspace(0.0, 2.0 * width, 20001)
        states = np.tile(self.rest, (len(rise), 1))
        states[:, self.at] += rise
        heights = Jump(self.field).heights(states)
        crossed = np.flatnonzero(heights > 0.0)
        if not len(crossed) or crossed[0] == 0:
            raise ModelError(
                f"the threshold of {called(self.field)} is not passed when {self.field.voltage} rises from rest, so "
                "there is nothing to say what a spike is; give the neuron a threshold such as 'v > 0*mV'"
            )
        k = int(crossed[0])
        share = -heights[k - 1] / (heights[k] - heights[k - 1])
        return float(states[k - 1, self.at] + share * (states[k, self.at] - states[k - 1, self.at]))

    @cached_property
    def charge(self) -> float:
        """The amplitude that takes the voltage from rest to the level by itself, were there no other current."""
        slope = float(self.field.by_parameter(self.rest, self.name)[self.at])
        if slope == 0.0:
            raise ModelError(f"the input '{self.name}' of {called(self.field)} does not act on {self.field.voltage}")
        return (self.level - float(self.rest[self.at])) / (slope * self.width)

    @cached_property
    def threshold(self) -> float:
        """The smallest amplitude of a pulse from rest that makes a spike.

        Raises
        ------
        ModelError
            If none does.
        """
        low, high = _WEAKEST, _STRONGEST
        for _ in range(_ROUNDS):
            tried = np.geomspace(low, high, _ROWS)
            fires = self.fires(np.array([]), tried * self.charge)
            if not fires.any():
                raise ModelError(
                    f"no pulse of {self.width:g} ms makes {called(self.field)} fire from rest; give a longer width, or "
                    "an input at which it is excitable"
                )
            k = int(np.argmax(fires))
            if k == 0:
                return float(tried[0] * self.charge)
            low, high = tried[k - 1], tried[k]
        return float(high * self.charge)

    def course(self, onsets: Array, amplitudes: Array) -> tuple[Array, Array]:
        """Times and values (rows, K) of pulses: those but the last have the first amplitude of their row."""
        base = float(self.field.values[self.field.index(self.name)])
        times = np.concatenate([[onset, onset, onset + self.width, onset + self.width] for onset in onsets])
        values = np.full((len(amplitudes), len(times)), base)
        for k in range(len(onsets)):
            values[:, 4 * k + 1 : 4 * k + 3] += amplitudes[:, k, None]
        return times, values

    def fires(self, first: Array, amplitudes: Array, already: int = 0) -> NDArray[np.bool_]:
        """Whether pulses of some amplitudes make a spike.

        ``first`` is empty, or the amplitude of a pulse at 0 and when this one begins; ``already`` is how many spikes a
        neuron with a reset has without it.
        """
        onset = float(first[1]) if len(first) else 0.0
        onsets = np.array([0.0, onset]) if len(first) else np.array([0.0])
        sizes = (
            np.stack([np.full(len(amplitudes), first[0]), amplitudes], axis=1) if len(first) else amplitudes[:, None]
        )
        times, values = self.course(onsets, sizes)
        end = onset + self.width
        sample = np.append(onset, end + np.linspace(0.0, self.wait, _SAMPLES))
        run = trajectories(
            self.field, np.tile(self.rest, (len(amplitudes), 1)), duration=float(sample[-1]), sample=sample,
            drive=Drive(self.name, times, values), rtol=1e-8, reset=self.field.neuron.has_reset,
        )  # fmt: skip
        if self.field.neuron.has_reset:
            return np.array([len(spikes) > already for spikes in run.spikes])
        assert run.states is not None
        v = run.states[:, self.at, 1:]
        # A strong pulse lifts the voltage above the threshold by itself; a spike goes on rising when the pulse is over.
        top = np.argmax(np.where(np.isfinite(v), v, -np.inf), axis=1)
        return (top > 0) & (v[np.arange(len(v)), top] > self.level)


def first_spike(pulses: Pulses, amplitude: float) -> tuple[float, float, int]:
    """When a pulse at 0 makes the neuron fire, when its voltage is back below the threshold (ms), and its spikes."""
    times, values = pulses.course(np.array([0.0]), np.array([[amplitude]]))
    sample = np.linspace(0.0, pulses.wait, 20 * _SAMPLES)
    run = trajectories(
        pulses.field, pulses.rest, duration=float(sample[-1]), sample=sample,
        drive=Drive(pulses.name, times, values), rtol=1e-10,
    )  # fmt: skip
    if not len(run.spikes[0]):
        raise ModelError(
            f"a pulse that should make {called(pulses.field)} fire did not; it may fire by a gradual response"
        )
    begin = float(run.spikes[0][0])
    if pulses.field.neuron.has_reset:
        return begin, begin, len(run.spikes[0])
    assert run.states is not None
    v = run.states[0, pulses.at]
    below = np.flatnonzero((sample > begin) & (v < pulses.level))
    return begin, float(sample[below[0]]) if len(below) else float(sample[-1]), len(run.spikes[0])
