"""Many copies of one neuron in one simulation, each with its own input and its own start: where does it fire?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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

    def run(self, values: Array, starts: Array, duration: float, record: bool = False) -> Recording:
        """Simulate copies with ``values`` (k,) and ``starts`` (k, n_states), in internal units, for ``duration`` ms."""
        changes = {self.parameter: self._quantity(self.parameter, values)}
        changes |= {state: self._quantity(state, starts[:, at]) for at, state in enumerate(self.neuron.states)}
        return simulate(
            self.neuron.with_(**changes),
            duration * ms,
            dt=self.dt * ms,
            record=list(self.neuron.states) if record else None,
        )

    def _quantity(self, name: str, values: Array) -> Quantity | Array:
        dimension = self.neuron.equations.dimension_of(name)
        return np.array(values) if dimension.is_dimensionless else Quantity(np.array(values), dimension)

    def last_states(self, recording: Recording) -> Array:
        """The states (k, n_states) at the end of a recorded run."""
        (traces,) = recording.traces.values()
        return np.stack([traces[state][-1] for state in self.neuron.states], axis=1)


def trains(recording: Recording) -> list[Array]:
    """The spike times (ms) of every copy."""
    order = np.argsort(recording.spikes.neuron, kind="stable")
    bounds = np.searchsorted(recording.spikes.neuron[order], np.arange(1, recording.sizes[0]))
    return [np.asarray(part, dtype=float) for part in np.split(recording.spikes.time[order], bounds)]


def fires_on(recording: Recording, share: float = 0.5) -> NDArray[np.bool_]:
    """Which copies fire twice or more in the last part of the run."""
    start = recording.duration * (1 - share)
    return np.array([np.count_nonzero(train > start) >= 2 for train in trains(recording)])


def mean_interval(train: Array, start: float) -> float:
    """The mean interval (ms) of the spikes after ``start``; infinite with fewer than two."""
    late = train[train > start]
    return float((late[-1] - late[0]) / (late.size - 1)) if late.size > 1 else np.inf


def boundary(values: Array, fires: NDArray[np.bool_], rising: bool) -> tuple[float, float]:
    """Where firing begins, for values in order: the middle between the last that does not fire and the first that does.

    Returns the place and half of the distance; infinite, or minus infinite, where all or none of them fire.
    """
    firing = fires if rising else ~fires
    if not firing.any() or firing.all():
        return (np.inf if not firing.any() else -np.inf), np.inf
    first = int(np.argmax(firing))
    if first == 0:  # fires at once and stops further on: not a boundary of the kind asked for
        return -np.inf, np.inf
    return float(values[first - 1] + values[first]) / 2, float(values[first] - values[first - 1]) / 2


def quantities(neuron: Neuron, values: Mapping[str, float]) -> dict[str, Quantity | float]:
    """Internal numbers as quantities, to be given to ``with_``."""
    found: dict[str, Quantity | float] = {}
    for name, value in values.items():
        dimension = neuron.equations.dimension_of(name)
        found[name] = float(value) if dimension.is_dimensionless else Quantity(float(value), dimension)
    return found
