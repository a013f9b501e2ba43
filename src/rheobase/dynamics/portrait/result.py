"""What a phase portrait holds: the plane of two variables, and all that the flow does in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.fixed_points import Equilibrium
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.portrait.basins import Basins
from rheobase.dynamics.portrait.examples import Orbit
from rheobase.dynamics.portrait.nullclines import Nullcline

Array = NDArray[np.float64]

_METHODS = (
    "Izhikevich EM (2007), Dynamical Systems in Neuroscience, MIT Press, chapter 4 (phase portraits)",
    "Dormand JR, Prince PJ (1980), J Comput Appl Math 6:19; Hairer E, Norsett SP, Wanner G (1993), Solving Ordinary "
    "Differential Equations I (orbits)",
)


@dataclass(frozen=True)
class Flow:
    """The vector field on a grid, in shown units: places x (m,) and y (k,), rates dx and dy (k, m) per ms."""

    x: Array
    y: Array
    dx: Array
    dy: Array


@dataclass(frozen=True)
class Manifold:
    """One half of a manifold of a saddle, in shown units.

    Attributes
    ----------
    kind
        stable or unstable; the stable manifold is the separatrix.
    saddle
        The number of the equilibrium.
    points
        (2, k), from the saddle outwards.
    end
        Where it goes.
    """

    kind: str
    saddle: int
    points: Array
    end: str


@dataclass(frozen=True)
class LimitCycle:
    """A closed orbit, in shown units: ``points`` (2, k) in the plane, ``states`` with all variables (k,) each."""

    stable: bool
    period_ms: float
    points: Array
    states: Mapping[str, Array]

    @property
    def sentence(self) -> str:
        return f"{'stable' if self.stable else 'unstable'} limit cycle, period {self.period_ms:.6g} ms"


@dataclass(frozen=True, eq=False)
class PhasePortrait:
    """The flow of a neuron in the plane of two of its variables; all numbers in shown units, times in ms.

    Attributes
    ----------
    x, y
        The two variables.
    units
        Their units.
    limits
        What is shown: ``{variable: (low, high)}``.
    flow
        The vector field on a grid.
    nullclines
        By variable: where it stands still.
    equilibria
        In the order of the membrane potential.
    manifolds
        Of the saddles; the stable ones are the separatrices.
    cycles
        The limit cycles that were found.
    orbits
        Examples.
    basins
        Where each start goes; None if not wanted.
    threshold, reset
        Where a reset acts on the voltage and where it leads, if that is one of the two variables; else None.
    slice
        What the other variables do; empty for a model with two.
    status
        A sentence.
    """

    x: str
    y: str
    units: tuple[str, str]
    limits: Mapping[str, tuple[float, float]]
    flow: Flow
    nullclines: Mapping[str, Nullcline]
    equilibria: tuple[Equilibrium, ...]
    manifolds: tuple[Manifold, ...]
    cycles: tuple[LimitCycle, ...]
    orbits: tuple[Orbit, ...]
    basins: Basins | None
    threshold: float | None
    reset: float | None
    slice: str
    status: str
    field: VectorField = part(repr=False)

    @property
    def threshold_of(self) -> str:
        """The variable that the threshold is a bound of."""
        return self.field.voltage

    @property
    def separatrices(self) -> tuple[Manifold, ...]:
        """The stable manifolds of the saddles."""
        return tuple(manifold for manifold in self.manifolds if manifold.kind == "stable")

    @property
    def title(self) -> str:
        """What the figure is called."""
        name = self.field.neuron.name or "neuron"
        return f"{name}: {self.slice}" if self.slice else name

    def summary(self) -> str:
        """Equilibria, limit cycles, separatrices and basins, a line each."""
        name = self.field.neuron.name or "this neuron"
        lines = [f"{name} in the plane of {self.x} and {self.y}" + (f"; {self.slice}" if self.slice else "")]
        lines += [f"  {point.sentence}" for point in self.equilibria] or ["  no equilibrium"]
        lines += [f"  {cycle.sentence}" for cycle in self.cycles]
        lines += [f"  {_manifold_sentence(manifold)}" for manifold in self.manifolds]
        if self.basins is not None:
            shares = self.basins.shares
            lines += [f"  from {share:.1%} of the window: {name}" for name, share in shares.items()]
        return "\n".join([*lines, f"  {self.status}"])

    def plot(self, ax: Any = None) -> Any:
        """Draw it: into given axes, or a figure of its own; returns the figure."""
        from rheobase.plot.phase_portrait import phase_portrait as draw

        return draw(self, ax)

    def cite(self) -> tuple[str, ...]:
        """The methods."""
        return _METHODS

    def __repr__(self) -> str:
        kinds = [*(point.kind for point in self.equilibria), *(cycle.sentence for cycle in self.cycles)]
        return f"PhasePortrait({self.title} in the plane of {self.x} and {self.y}: {', '.join(kinds) or 'nothing'})"

    def __str__(self) -> str:
        return self.summary()


def _manifold_sentence(manifold: Manifold) -> str:
    return f"{manifold.kind} manifold of equilibrium {manifold.saddle + 1}: {manifold.end}"
