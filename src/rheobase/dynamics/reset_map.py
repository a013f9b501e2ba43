"""`reset_map`: the return map of a reset, from one after-spike state to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.map_attractors import Attractor, attractors
from rheobase.dynamics.map_orbits import slopes
from rheobase.dynamics.map_range import map_range, standstill, visited
from rheobase.dynamics.spike_section import Section
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron

if TYPE_CHECKING:
    from rheobase.dynamics.orbit_diagram import OrbitDiagram

Vector = NDArray[np.float64]

LONGEST_MS = 1e5
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
        from rheobase.dynamics.orbit_diagram import of_field

        return of_field(self.field, parameter, over, points=points, keep=keep)

    def summary(self) -> str:
        """What the map says, in lines."""
        lines = [f"{self.name or 'neuron'}: {self.status}"]
        for point in self.fixed_points:
            where = ", ".join(
                f"{state} = {value:.6g} {unit}"
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


def reset_map(
    neuron: Neuron,
    I: Any = None,  # noqa: E741
    *,
    range: tuple[Any, Any] | None = None,
    points: int = 129,
    **parameters: Any,
) -> ResetMap:
    r"""The return map of a neuron with a reset under constant input.

    A spike sets the voltage to a fixed value and leaves the other states with a jump: all that the neuron remembers
    is ``w`` just after the spike. The flow carries :math:`(v_{reset}, w_n)` to the next spike, after the interval
    :math:`T(w_n)`, and the reset to :math:`w_{n+1} = \Phi(w_n)`. Fixed points of :math:`\Phi` are regular firing,
    cycles are bursts, a positive Lyapunov exponent is chaos; where :math:`\Phi` is undefined the neuron comes to rest.

    Parameters
    ----------
    neuron
        A model with threshold and reset; any number of further states.
    I
        Constant input, as a quantity, a text, or a number in the unit of the model's input; the model's own if None.
    range
        The values of w to look at; by default all that firing visits, with the images of the whole range.
    points
        Of the first, even grid.
    **parameters
        Further parameters.

    Raises
    ------
    ModelError
        If the neuron has no reset, no input where one is given, or no such parameter.

    Examples
    --------
    >>> from rheobase import library
    >>> reset_map(library.adex("regular_bursting"), 210).attractor.spikes_per_burst
    (2,)

    References
    ----------
    Touboul & Brette (2008), Biol. Cybern. 99:319; (2009), SIAM J. Appl. Dyn. Syst. 8:1462.
    """
    field = _field(neuron, I, parameters)
    section = Section.of(field)
    return _Finder(section).find(range, points)


def _field(neuron: Neuron, current: Any, parameters: Mapping[str, Any]) -> VectorField:
    field = VectorField.of(neuron, smooth=False, **parameters)
    if current is None:
        return field
    if field.input is None:
        raise ModelError(
            f"this neuron has no input parameter such as 'I'; it has: {', '.join(field.parameters) or 'none'}. "
            "Give the parameter by its name"
        )
    return field.with_values(**{field.input: field.read(field.input, current)})


@dataclass(frozen=True, eq=False)
class _Finder:
    """The parts of a map, found one after the other."""

    section: Section

    def find(self, over: tuple[Any, Any] | None, points: int) -> ResetMap:
        field, section = self.section.field, self.section
        free = tuple(field.states[at] for at in section.free)
        seeds, quiet = visited(section)
        low, high = map_range(section, over, seeds)
        grid = self._graph(low, high, points) if len(free) == 1 else None
        scale = np.maximum(high - low, 1e-12)
        fixed = self._fixed(grid, scale, seeds)
        known = attractors(section, low, high, seeds, scale, quiet)
        shown = (lambda values: field.shown(free[0], values)) if len(free) == 1 else (lambda values: values)
        empty = np.empty(0)
        return ResetMap(
            name=field.neuron.name,
            free=free,
            units=tuple(field.unit_name(name) for name in free),
            input=None if field.input is None else field.shown(field.input, field.values[field.index(field.input)]),
            input_unit="" if field.input is None else field.unit_name(field.input),
            w=shown(grid.x) if grid else empty,
            image=shown(grid.y) if grid else empty,
            interval=grid.others[:, 0] if grid else empty,
            turning=self._turning(low, high) if grid else None,
            jumps=tuple(np.atleast_1d(shown(grid.jumps)).tolist()) if grid else (),
            ends=tuple(np.atleast_1d(shown(grid.ends)).tolist()) if grid else (),
            fixed_points=fixed,
            attractors=known,
            status=_status(known, fixed, grid is None or grid.complete),
            field=field,
        )

    def image(self, points: Vector) -> Vector:
        """The map alone, (rows, k) to (rows, k)."""
        return self.section.images(points, self.section.field.values, LONGEST_MS).points

    def _with_interval(self, x: Vector) -> Vector:
        found = self.section.images(x[:, None], self.section.field.values, LONGEST_MS)
        return np.column_stack([found.points[:, 0], found.intervals])

    def _graph(self, low: Vector, high: Vector, points: int) -> Any:
        from rheobase.numerics.graph import graph

        return graph(self._with_interval, float(low[0]), float(high[0]), points=points)

    def _turning(self, low: Vector, high: Vector) -> float | None:
        """Where the voltage stands still at the reset."""
        field = self.section.field
        found = standstill(self.section, float(low[0]), float(high[0]))
        return None if found is None else field.shown(field.states[self.section.free[0]], found)

    def _fixed(self, grid: Any, scale: Vector, seeds: Vector) -> tuple[MapPoint, ...]:
        """Fixed points: all on the grid of a one-dimensional map, those that Newton's method finds of others."""
        if not self.section.free:
            found = self.section.images(np.empty((1, 0)), self.section.field.values, LONGEST_MS)
            return (MapPoint({}, (0.0,), float(found.intervals[0])),) if np.isfinite(found.intervals[0]) else ()
        if grid is not None:
            from rheobase.numerics.graph import on_the_diagonal

            places = on_the_diagonal(self._with_interval, grid)[:, None]
        else:
            places = self._newton(seeds, scale)
        if not len(places):
            return ()
        matrices = slopes(self.image, places, scale)
        intervals = self.section.images(places, self.section.field.values, LONGEST_MS).intervals
        points = (
            self._point(place, matrix, interval)
            for place, matrix, interval in zip(places, matrices, intervals, strict=True)
            if np.isfinite(matrix).all() and np.isfinite(interval)
        )
        return tuple(points)

    def _newton(self, seeds: Vector, scale: Vector) -> Vector:
        found: list[Vector] = []
        for seed in seeds[-1:]:
            x = seed.copy()
            for _ in range(30):
                gap = self.image(x[None])[0] - x
                matrix = slopes(self.image, x[None], scale)[0] - np.eye(x.size)
                if not (np.isfinite(gap).all() and np.isfinite(matrix).all()):
                    break
                step = np.linalg.lstsq(matrix, gap, rcond=None)[0]
                x = x - step
                if np.all(np.abs(step) <= 1e-9 * scale):
                    found.append(x)
                    break
        return np.array(found).reshape(-1, scale.size)

    def _point(self, place: Vector, matrix: Vector, interval: float) -> MapPoint:
        field = self.section.field
        values = np.linalg.eigvals(matrix)
        values = values[np.argsort(-np.abs(values))]
        names = [field.states[at] for at in self.section.free]
        state = {name: field.shown(name, value) for name, value in zip(names, place, strict=True)}
        real = np.abs(values.imag) < 1e-12
        return MapPoint(state, tuple(float(v.real) if r else complex(v) for v, r in zip(values, real, strict=True)),
                        float(interval))  # fmt: skip


def _status(known: tuple[Attractor, ...], fixed: tuple[MapPoint, ...], complete: bool) -> str:
    text = known[0].sentence
    if len(known) > 1:
        text += "; from other states: " + "; ".join(other.sentence for other in known[1:])
    if not complete:
        text += "; the map has finer structure than its grid"
    return text
