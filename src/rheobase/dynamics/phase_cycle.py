"""The cycle of a regularly firing neuron with the solution of its adjoint equation, whether it has a reset or not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.stimulus import called
from rheobase.errors import ModelError

if TYPE_CHECKING:
    from rheobase.dynamics.cycle import Cycle
    from rheobase.dynamics.spike_cycle import SpikeCycle

Array = NDArray[np.float64]

_FINE = 1e-12
_INTERVALS = 800
#: Cycles that a simulated orbit is near to, but not on, differ in their range by more.
_ALIKE = 0.1


class PhaseCycle(Protocol):
    """What a phase response needs of a cycle; internal units, the spike at time 0."""

    @property
    def field(self) -> VectorField: ...
    @property
    def period(self) -> float: ...
    @property
    def pause(self) -> float:
        """The refractory time after the spike during which some states stand still."""
        ...

    @property
    def moving(self) -> Array:
        """1 for states that move meanwhile, (n,)."""
        ...

    @property
    def multiplier(self) -> float: ...
    @property
    def what(self) -> str: ...
    def sampled(self, times: Array) -> tuple[Array, Array]:
        """States and phase response (T, n) at times from 0 to the period."""
        ...


def phase_cycle(field: VectorField, name: str | None) -> PhaseCycle:
    """The cycle that the neuron settles into.

    Raises
    ------
    ModelError
        If there is none.
    """
    if field.neuron.has_reset and field.neuron.threshold is not None:
        from rheobase.dynamics.spike_cycle import spike_cycle

        return Resetting(spike_cycle(field, name))
    return smooth_cycle(field, name)


@dataclass(frozen=True, eq=False)
class Resetting:
    """A cycle with a jump."""

    spikes: SpikeCycle

    @property
    def field(self) -> VectorField:
        return self.spikes.field

    @property
    def period(self) -> float:
        return self.spikes.period

    @property
    def pause(self) -> float:
        return self.spikes.pause

    @property
    def moving(self) -> Array:
        return self.spikes.jump.moving

    @property
    def multiplier(self) -> float:
        return float(np.max(np.abs(self.spikes.multipliers), initial=0.0))

    @property
    def what(self) -> str:
        return "regular firing with resets"

    def sampled(self, times: Array) -> tuple[Array, Array]:
        return self.spikes.sampled(times)


@dataclass(frozen=True, eq=False)
class Smooth:
    """A limit cycle; time 0 is where the threshold is passed or, without one on the cycle, where the voltage peaks."""

    cycle: Cycle
    begin: float  # in turns
    crosses: bool

    @property
    def field(self) -> VectorField:
        return self.cycle.here

    @property
    def period(self) -> float:
        return self.cycle.period_ms

    @property
    def pause(self) -> float:
        return 0.0

    @property
    def moving(self) -> Array:
        return np.ones(self.cycle.field.n)

    @property
    def multiplier(self) -> float:
        return float(np.max(np.abs(self.cycle.multipliers), initial=0.0))

    @property
    def what(self) -> str:
        return "limit cycle"

    @cached_property
    def _nodes(self) -> Array:
        units = np.array([self.cycle.field.shown(name, 1.0) for name in self.cycle.field.states])
        mesh = self.cycle.internal.mesh
        return (self.cycle.adjoint().Z[:-1] * units).reshape(mesh.N, mesh.m, -1)

    def sampled(self, times: Array) -> tuple[Array, Array]:
        turns = self.begin + times / self.period
        orbit = self.cycle.internal
        return orbit.at(turns), orbit.mesh.interpolate(self._nodes, turns)


def smooth_cycle(field: VectorField, name: str | None) -> Smooth:
    """The limit cycle of a flow without resets, by collocation from a simulated orbit.

    Raises
    ------
    ModelError
        If nothing oscillates, or what does lies near no stable cycle.
    """
    from rheobase.dynamics.cycle import Cycle
    from rheobase.dynamics.cycle_start import from_orbit
    from rheobase.dynamics.settled import oscillation

    field = field if field.parameters else _with_parameter(field)
    parameter = name or field.parameters[0]
    value = float(field.values[field.index(parameter)])
    at = field.states.index(field.voltage)
    reason = ""
    for found in oscillation(field, name):
        try:
            # The parameter is held, so its size does not matter, even if it does not act on the cycle at all.
            problem, first = from_orbit(field, parameter, found.times, found.states, value, 1.0)
            cycle = Cycle(field, parameter, first, problem).finer(_FINE, _INTERVALS)
        except ModelError as error:
            reason = str(error)
            continue
        swing = float(np.ptp(cycle.internal.closed()[1][:, at]))
        if cycle.stable and abs(swing - np.ptp(found.states[:, at])) < _ALIKE * swing:
            begin = _passage(cycle, at)
            return Smooth(cycle, begin if begin is not None else _peak(cycle, at), begin is not None)
        reason = "the cycle near its orbit is not the one that attracts"
    raise ModelError(f"{called(field)} oscillates, but its limit cycle was not found: {reason}")


def _with_parameter(field: VectorField) -> VectorField:
    """The collocation wants a parameter to hold."""
    text = field.neuron.equations.text
    return VectorField.of(field.neuron.with_(equations=f"{text}\nrheobase_held : 1 = 0"))


def _passage(cycle: Cycle, at: int) -> float | None:
    """Where the threshold condition becomes true, in turns; None if it does not on the cycle."""
    from rheobase.dynamics.spike_cycle import Jump
    from rheobase.numerics.bracket import root

    field = cycle.here
    if field.neuron.threshold is None:
        return None
    jump, orbit = Jump(field), cycle.internal
    turns = np.linspace(0.0, 1.0, 8 * orbit.mesh.N * orbit.mesh.m)
    heights = np.broadcast_to(jump.heights(orbit.at(turns)), turns.shape)
    rising = np.flatnonzero((heights[:-1] <= 0.0) & (heights[1:] > 0.0))
    if not len(rising):
        return None
    k = int(rising[np.argmax(heights[rising + 1] - heights[rising])])
    return root(
        lambda s: float(jump.heights(orbit.at(np.array([s])))[0]), float(turns[k]), float(turns[k + 1]),
        float(heights[k]), float(heights[k + 1]),
    )  # fmt: skip


def _peak(cycle: Cycle, at: int) -> float:
    """Where the voltage is highest, in turns."""
    from rheobase.numerics.bracket import minimum

    orbit = cycle.internal
    turns = np.linspace(0.0, 1.0, 8 * orbit.mesh.N * orbit.mesh.m)
    top = float(turns[int(np.argmax(orbit.at(turns)[:, at]))])
    step = float(turns[1])
    height = lambda s: -float(orbit.at(np.array([s]))[0, at])  # noqa: E731
    return minimum(height, top - step, top + step, stop=-math.inf)[0]
