"""A neuron on the bench: the simulations that try its predictions, and the scales they need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.check.copies import Copies
from rheobase.dynamics.analysis import Analysis
from rheobase.dynamics.cycles.continuation import CycleBranch
from rheobase.dynamics.equilibria.box import find_box
from rheobase.dynamics.equilibria.search import polish
from rheobase.dynamics.field import VectorField
from rheobase.model.neuron import Neuron

Array = NDArray[np.float64]

#: How far on either side of an edge inputs are tried, as a share of the distance from rest to the rheobase.
ASIDE = 0.02
#: How long an edge is looked at, in slowest time constants or periods, and at most (ms).
_LONG, MOST_MS = 150.0, 4000.0
#: In time constants at the lower end of what is looked at.
_FADING = 15.0
_WALK, _JUMP = 101, 0.1
#: How far above where firing ends the input is lowered from firing, in steps, as shares of the same distance.
LOWERED = (0.3, 0.1, 0.04)


@dataclass(frozen=True)
class Bench:
    """A neuron that is simulated, and the analysis that predicts what it does. Inputs and states in internal units.

    Attributes
    ----------
    neuron
        The model, with a threshold.
    page
        The predictions.
    """

    neuron: Neuron
    page: Analysis

    @property
    def fires(self) -> bool:
        return self.page.character.rheobase is not None

    @property
    def cycles(self) -> tuple[CycleBranch, ...]:
        """Branches of cycles, among them that of firing; those of a neuron with a reset lie below the threshold."""
        return () if self.neuron.has_reset else self.page.cycles

    @cached_property
    def field(self) -> VectorField:
        """The right-hand side of the neuron with its threshold."""
        return VectorField.of(self.neuron, smooth=False)

    @cached_property
    def copies(self) -> Copies:
        return Copies(self.neuron, self.page.parameter, self.dt)

    @cached_property
    def rest(self) -> Array:
        """The rest, internal; the start values where there is none."""
        found, field = self.page.character.rest, self.page.field
        return field.start if found is None else np.array([field.read(name, found[name]) for name in field.states])

    @cached_property
    def scale(self) -> Array:
        """The size of each state."""
        return find_box(self.page.field).width

    @cached_property
    def base(self) -> float:
        return self.read(self.page.character.rest_input)

    @cached_property
    def rates(self) -> NDArray[np.complex128]:
        """Eigenvalues at rest, per ms."""
        field = self.page.field
        matrix = field.jacobian(self.rest, field.at(**{self.page.parameter: self.base}))
        return np.asarray(np.linalg.eigvals(matrix), dtype=complex)

    @cached_property
    def dt(self) -> float:
        """A tenth of the fastest time constant at rest, and at most one in 250 of the fastest period."""
        fast = 0.1 / float(np.abs(self.rates).max())
        if self.page.fi is not None and np.any(self.page.fi.steady > 0):
            fast = min(fast, 4.0 / float(np.nanmax(self.page.fi.steady)))
        fast = float(np.clip(fast, 1e-4, 0.1))
        decade = 10.0 ** np.floor(np.log10(fast))
        return float(decade * np.floor(fast / decade))

    @cached_property
    def slowest(self) -> float:
        """The slowest time constant at rest, or the period at rheobase if that is longer, ms."""
        slow = 1.0 / max(float(np.abs(self.rates.real).min()), 1e-6)
        onset = self.page.character.onset_hz
        return max(slow, 1e3 / onset) if onset else slow

    @cached_property
    def long(self) -> float:
        """How long an edge is looked at: until what should die out there has done so, where that can be waited for."""
        wanted = max(_LONG * self.slowest, 200.0 * self.dt)
        lost = self.page.character.rest_lost_at
        if lost is not None:
            below = self.read(lost) - ASIDE * self.width
            matrix = self.page.field.jacobian(
                self.equilibrium(below), self.page.field.at(**{self.page.parameter: below})
            )
            wanted = max(wanted, _FADING / max(float(np.abs(np.linalg.eigvals(matrix).real).min()), 1e-6))
        return float(min(wanted, MOST_MS))

    @cached_property
    def width(self) -> float:
        """From the rest to the rheobase, internal."""
        found = self.page.character
        ends = [v for v in (found.rheobase, found.rest_lost_at) if v is not None and v != found.rest_input]
        return abs(self.read(ends[0]) - self.base) if ends else 1.0

    @cached_property
    def firing(self) -> Array:
        """A state on the firing orbit, internal."""
        return self.copies.settled(self.read(self.well_above), self.rest, self.long)

    @cached_property
    def well_above(self) -> float:
        """An input, shown, at which it fires from rest."""
        found = self.page.character
        assert found.rheobase is not None
        top = max(found.rheobase, found.rest_lost_at if found.rest_lost_at is not None else found.rheobase)
        return min(top + 0.2 * (self.shown(self.width) - self.shown(0.0)), (top + self.ceiling) / 2)

    @cached_property
    def ceiling(self) -> float:
        """Where firing ends when the input rises further, shown; infinite if it does not."""
        attracting = [branch.values[branch.stable].max() for branch in self.cycles if branch.stable.any()]
        found = self.page.character
        above = max(v for v in (found.rheobase, found.rest_lost_at, -np.inf) if v is not None)
        return float(max((end for end in attracting if end > above), default=np.inf))

    def on_orbit(self, edge: float, value: float) -> Array:
        """A state of the firing orbit at an input close to its end ``edge``: the predicted one where there is one.

        Close to its end an orbit attracts little, and a state of another orbit may fall to rest.
        """
        field = self.page.field
        for inside in (value, edge + 0.1 * (ASIDE * self.width)):
            for branch in self.cycles:
                for cycle in branch.at(self.shown(inside)):
                    if cycle.stable:
                        states = cycle.orbit[1][0]
                        return np.array([field.read(name, x) for name, x in zip(field.states, states, strict=True)])
        return self.lowered

    @cached_property
    def lowered(self) -> Array:
        """A state reached from firing by an input that is lowered to where firing ends."""
        found = self.page.character
        end = found.stops_at if found.stops_at is not None else found.rheobase
        start, edge = self.firing, self.read(end if end is not None else self.well_above)
        for aside in LOWERED:
            start = self.copies.settled(edge + aside * self.width, start, self.long / 4)
        return start

    def traces(self, values: Array, starts: Array) -> Array:
        voltage = self.page.field.voltage
        (traces,) = self.copies.run(values, starts, self.long, [voltage]).traces.values()
        return np.asarray(traces[voltage], dtype=float)

    def equilibrium(self, value: float) -> Array:
        """The rest at an input, or the last before it was lost: followed in steps that shrink towards that edge."""
        lost = self.page.character.rest_lost_at
        edge = value if lost is None else self.read(lost)
        beyond = (value - edge) * (edge - self.base) > 0
        near = edge if beyond else value
        if edge == self.base:
            return self._followed(np.linspace(self.base, value, _WALK))
        inputs = edge + (self.base - edge) * np.linspace(1.0, np.sqrt((near - edge) / (self.base - edge)), _WALK) ** 2
        if beyond:
            inputs = np.r_[inputs, np.linspace(edge, value, _WALK // 4)[1:]]
        return self._followed(inputs)

    def _followed(self, inputs: Array) -> Array:
        field, x = self.page.field, self.rest
        at = field.states.index(field.voltage)
        for value in inputs[1:]:
            found = polish(field, x, field.at(**{self.page.parameter: value}), self.scale)
            if found is None or abs(found[at] - x[at]) > _JUMP * max(abs(x[at]), 1.0):
                break
            x = found
        return x

    def read(self, value: float) -> float:
        return float(self.page.field.read(self.page.parameter, value))

    def shown(self, value: float) -> float:
        return float(self.page.field.shown(self.page.parameter, value))
