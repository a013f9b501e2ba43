"""What the return map of a reset says about a neuron: the result of `reset_map`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.resets.map_attractors import Attractor

if TYPE_CHECKING:
    from rheobase.dynamics.resets.orbit_diagram import OrbitDiagram

Vector = NDArray[np.float64]

_METHODS = (
    "Touboul J, Brette R (2008), Biol Cybern 99:319; (2009), SIAM J Appl Dyn Syst 8:1462 (return map of the reset)",
    "Naud R, Marcille N, Clopath C, Gerstner W (2008), Biol Cybern 99:335 (sharp and broad resets)",
)


@dataclass(frozen=True)
class MapPoint:
    """A fixed point of the map: regular firing.

    Attributes
    ----------
    state
        The free states just after each spike, in shown units.
    multipliers
        Eigenvalues of the map's Jacobian there, the largest first; with one free state the slope of the map.
    stable
        Whether all lie inside the unit circle.
    period_ms, rate_hz
        Of this firing.
    """

    state: Mapping[str, float]
    multipliers: tuple[complex, ...]
    period_ms: float

    @property
    def stable(self) -> bool:
        return all(abs(value) < 1.0 for value in self.multipliers)

    @property
    def slope(self) -> float:
        """The leading multiplier, if it is real: the slope of a one-dimensional map."""
        return float(np.real(self.multipliers[0])) if self.multipliers else 0.0

    @property
    def rate_hz(self) -> float:
        return 1e3 / self.period_ms


@dataclass(frozen=True, eq=False)
class ResetMap:
    r"""The return map :math:`w_{n+1} = \Phi(w_n)` of a neuron with a reset, and what it says about its firing.

    Attributes
    ----------
    name
        Of the neuron.
    free
        The states that remember a spike; empty for one-dimensional models, whose map is a constant.
    units
        Of the free states, as shown.
    input, input_unit
        The constant input, None where the model has none.
    w, image, interval
        (points,) the map on a grid, fine where it bends or jumps, with the interval to the next spike (ms); nan where
        no spike follows. Empty unless there is exactly one free state.
    turning
        The value of w at which the reset lies on the nullcline of the voltage: there the map has its maximum, spikes
        reset below it come soon, above it the voltage first falls. None where there is none in the range.
    jumps, ends
        Where the map jumps, and where it begins or ceases to be defined.
    fixed_points
        Stable and unstable regular firing.
    attractors
        What the firing converges to, from the start values of the neuron first.
    status
        A sentence.
    """

    name: str
    free: tuple[str, ...]
    units: tuple[str, ...]
    input: float | None
    input_unit: str
    w: Vector = part(repr=False)
    image: Vector = part(repr=False)
    interval: Vector = part(repr=False)
    turning: float | None
    jumps: tuple[float, ...]
    ends: tuple[float, ...]
    fixed_points: tuple[MapPoint, ...]
    attractors: tuple[Attractor, ...]
    status: str
    field: VectorField = part(repr=False)

    @property
    def attractor(self) -> Attractor:
        """Where the neuron's own start values lead."""
        return self.attractors[0]

    @property
    def bistable(self) -> bool:
        """Whether more than one attractor was found, rest among them."""
        return len(self.attractors) > 1

    @property
    def chaotic(self) -> bool:
        return self.attractor.kind == "chaos"

    def orbit_diagram(
        self, parameter: str, over: tuple[Any, Any], *, points: int = 200, keep: int = 160
    ) -> OrbitDiagram:
        """The attractor of the map against a parameter: the route to bursting and chaos."""
        from rheobase.dynamics.resets.orbit_diagram import of_field

        return of_field(self.field, parameter, over, points=points, keep=keep)

    def __str__(self) -> str:
        return self.status

    def summary(self) -> str:
        """What the map says, in lines."""
        lines = [f"{self.name or 'neuron'}: {self.status}"]
        for point in self.fixed_points:
            where = ", ".join(
                f"{state} = {value:.6g}{'' if unit == '1' else ' ' + unit}"
                for (state, value), unit in zip(point.state.items(), self.units, strict=True)
            )
            kind = "stable" if point.stable else "unstable"
            lines.append(
                f"  {kind} regular firing at {point.rate_hz:.4g} Hz: {where or 'no memory'}, slope {point.slope:.4g}"
            )
        lines += [f"  attractor: {attractor.sentence}" for attractor in self.attractors]
        return "\n".join(lines)

    def plot(self) -> Any:
        """The map, its fixed points and the attractor; returns the figure."""
        from rheobase.plot.reset_map import reset_map as draw

        return draw(self)

    def cite(self) -> str:
        return "\n".join(_METHODS)
