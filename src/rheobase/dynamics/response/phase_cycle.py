"""The cycle of a regularly firing neuron with the solution of its adjoint equation, whether it has a reset or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.stimulus import called
from rheobase.errors import ModelError

if TYPE_CHECKING:
    from rheobase.dynamics.cycles.cycle import Cycle
    from rheobase.dynamics.orbits.settled import Settled
    from rheobase.dynamics.response.spike_cycle import SpikeCycle

Array = NDArray[np.float64]

_FINE = 1e-12
_INTERVALS = 800
_POINTS = 8001
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
        from rheobase.dynamics.response.spike_cycle import spike_cycle

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
    """A limit cycle; time 0 is where the threshold is passed or, without one on the cycle, where the voltage rises
    through the middle of its range."""

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

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest voltage."""
        v = self.cycle.internal.closed()[1][:, self.cycle.field.states.index(self.cycle.field.voltage)]
        return float(v.min()), float(v.max())

    @cached_property
    def _nodes(self) -> Array:
        units = np.array([self.cycle.field.shown(name, 1.0) for name in self.cycle.field.states])
        mesh = self.cycle.internal.mesh
        return (self.cycle.adjoint().Z[:-1] * units).reshape(mesh.N, mesh.m, -1)

    def sampled(self, times: Array) -> tuple[Array, Array]:
        turns = self.begin + times / self.period
        orbit = self.cycle.internal
        return orbit.at(turns), orbit.mesh.interpolate(self._nodes, turns)


@dataclass(frozen=True, eq=False)
class Followed:
    """A limit cycle that was followed by integration from a passage through a voltage; otherwise as `Smooth`."""

    spikes: SpikeCycle
    begin: float  # in turns
    crosses: bool

    @property
    def field(self) -> VectorField:
        return self.spikes.field

    @property
    def period(self) -> float:
        return self.spikes.period

    @property
    def pause(self) -> float:
        return 0.0

    @property
    def moving(self) -> Array:
        return np.ones(self.field.n)

    @property
    def multiplier(self) -> float:
        return float(np.max(np.abs(self.spikes.multipliers), initial=0.0))

    @property
    def what(self) -> str:
        return "limit cycle"

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest voltage."""
        flight, at = self.spikes.flight, self.field.states.index(self.field.voltage)
        v = flight.states(np.linspace(0.0, flight.length, _POINTS))[at]
        return float(v.min()), float(v.max())

    def sampled(self, times: Array) -> tuple[Array, Array]:
        return self.spikes.sampled(self.period * np.mod(self.begin + times / self.period, 1.0))


def smooth_cycle(field: VectorField, name: str | None) -> Smooth | Followed:
    """The limit cycle of a flow without resets: by collocation from a simulated orbit, or by following that orbit.

    Raises
    ------
    ModelError
        If nothing oscillates, or what does lies near no stable cycle.
    """
    from rheobase.dynamics.orbits.settled import oscillation

    field = field if field.parameters else _with_parameter(field)
    reason = ""
    for found in oscillation(field, name):
        for method in (_by_collocation, _by_following):
            try:
                return method(field, name or field.parameters[0], found)
            except ModelError as error:
                reason = str(error)
    raise ModelError(f"{called(field)} oscillates, but its limit cycle was not found: {reason}")


def _by_collocation(field: VectorField, parameter: str, found: Settled) -> Smooth:
    from rheobase.dynamics.cycles.cycle import Cycle
    from rheobase.dynamics.cycles.start import from_orbit

    value, at = float(field.values[field.index(parameter)]), field.states.index(field.voltage)
    # The parameter is held, so its size does not matter, even if it does not act on the cycle at all.
    problem, first = from_orbit(field, parameter, found.times, found.states, value, 1.0)
    cycle = Cycle(field, parameter, first, problem).finer(_FINE, _INTERVALS)
    v = cycle.internal.closed()[1][:, at]
    _require_same(cycle.stable, float(np.ptp(v)), found, at)
    turns = np.linspace(0.0, 1.0, 8 * cycle.internal.mesh.N * cycle.internal.mesh.m)
    begin, crosses = _begin(cycle.here, cycle.internal.at, turns, 0.5 * float(v.max() + v.min()))
    return Smooth(cycle, begin, crosses)


def _by_following(field: VectorField, parameter: str, found: Settled) -> Followed:
    from rheobase.dynamics.response.spike_cycle import Passage, closed

    at = field.states.index(field.voltage)
    size = np.maximum(np.ptp(found.states, axis=0), 1e-9 * np.abs(found.start) + 1e-12)
    cycle = Followed(closed(field, Passage(field, found.level), found.start, found.period, size), 0.0, False)
    low, high = cycle.range
    _require_same(cycle.multiplier < 1.0, high - low, found, at)
    flight = cycle.spikes.flight
    turns = flight.states(np.linspace(0.0, flight.length, _POINTS))[-1] / cycle.period
    place = lambda s: flight.states(flight.places(s * cycle.period))[:-1].T  # noqa: E731
    begin, crosses = _begin(field, place, turns, 0.5 * (low + high))
    return replace(cycle, begin=begin, crosses=crosses)


def _require_same(stable: bool, swing: float, found: Settled, at: int) -> None:
    if not stable or abs(swing - np.ptp(found.states[:, at])) > _ALIKE * swing:
        raise ModelError("the cycle near its orbit is not the one that attracts")


def _with_parameter(field: VectorField) -> VectorField:
    """The collocation wants a parameter to hold."""
    text = field.neuron.equations.text
    return VectorField.of(field.neuron.with_(equations=f"{text}\nrheobase_held : 1 = 0"))


def _begin(field: VectorField, orbit: Callable[[Array], Array], turns: Array, middle: float) -> tuple[float, bool]:
    """Where the threshold condition becomes true, in turns, and True; or else where the voltage passes the middle."""
    from rheobase.dynamics.response.spike_cycle import Jump, Passage
    from rheobase.numerics.bracket import root

    own = field.neuron.threshold is not None
    for jump, crosses in [(Jump(field), True)] * own + [(Passage(field, middle), False)]:
        heights = jump.heights(orbit(turns))
        rising = np.flatnonzero((heights[:-1] <= 0.0) & (heights[1:] > 0.0))
        if len(rising):
            k = int(rising[np.argmax(heights[rising + 1] - heights[rising])])
            height = lambda s, jump=jump: float(jump.heights(orbit(np.array([s])))[0])  # noqa: E731
            ends = float(turns[k]), float(turns[k + 1])
            return root(height, *ends, float(heights[k]), float(heights[k + 1])), crosses
    return 0.0, False
