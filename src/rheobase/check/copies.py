"""Many copies of one neuron in one simulation, each with its own input and its own start: where does it fire?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.neuron import Neuron
from rheobase.simulation import Recording, simulate
from rheobase.units import Quantity, ms

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Copies:
    """Copies of a neuron without connections.

    Attributes
    ----------
    neuron
        The model; it has a threshold.
    parameter
        What differs between the copies.
    dt
        Time step of the simulation, ms.
    """

    neuron: Neuron
    parameter: str
    dt: float

    def run(self, values: Array, starts: Array, duration: float, record: Any = None) -> Recording:
        """Simulate copies with ``values`` (k,) and ``starts`` (k, n_states), in internal units, for ``duration`` ms."""
        changes = {self.parameter: self.quantity(self.parameter, values)}
        changes |= {state: self.quantity(state, starts[:, at]) for at, state in enumerate(self.neuron.states)}
        smooth = not self.neuron.has_reset
        return simulate(
            self.neuron.with_(**changes),
            duration * ms,
            dt=self.dt * ms,
            record=record,
            method="rk4" if smooth and self.neuron.is_smooth else None,
        )

    def quantity(self, name: str, values: Array) -> Quantity | Array:
        """Internal numbers of a state or parameter as they can be given to ``with_``."""
        dimension = self.neuron.equations.dimension_of(name)
        return np.array(values) if dimension.is_dimensionless else Quantity(np.array(values), dimension)

    def settled(self, value: float, start: Array, duration: float) -> Array:
        """The states (n_states,) of one copy at the end of a run."""
        run = self.run(np.array([value]), start[None, :], duration, list(self.neuron.states))
        (traces,) = run.traces.values()
        return np.array([traces[state][-1, 0] for state in self.neuron.states])


def trains(recording: Recording) -> list[Array]:
    """The spike times (ms) of every copy."""
    order = np.argsort(recording.spikes.neuron, kind="stable")
    bounds = np.searchsorted(recording.spikes.neuron[order], np.arange(1, recording.sizes[0]))
    return [np.asarray(part, dtype=float) for part in np.split(recording.spikes.time[order], bounds)]


def mean_interval(train: Array, start: float) -> float:
    """The mean interval (ms) of the spikes after ``start``; infinite with fewer than two."""
    late = train[train > start]
    return float((late[-1] - late[0]) / (late.size - 1)) if late.size > 1 else np.inf


def boundary(values: Array, active: Any) -> float:
    """Where activity begins as values rise: between the last without it and the first with it; nan if nowhere."""
    if active[0] or not active[-1]:
        return np.nan
    last = int(np.flatnonzero(~active)[-1])
    return float(values[last] + values[last + 1]) / 2
