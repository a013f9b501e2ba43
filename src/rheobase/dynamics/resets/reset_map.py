"""`reset_map`: the return map of a reset, from one after-spike state to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.dynamics.resets.map_attractors import Attractor, attractors
from rheobase.dynamics.resets.map_orbits import slopes
from rheobase.dynamics.resets.map_range import map_range, standstill, visited
from rheobase.dynamics.resets.map_result import MapPoint, ResetMap
from rheobase.dynamics.resets.spike_section import Section
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron

__all__ = ["MapPoint", "ResetMap", "reset_map"]

Vector = NDArray[np.float64]

LONGEST_MS = 1e5


def reset_map(
    neuron: Neuron,
    I: Any = None,  # noqa: E741
    *,
    input: str | None = None,
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
    input
        Which parameter is the input; by default the one called I, I_ext and so on.
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
    if isinstance(points, bool) or not isinstance(points, int) or points < 2:
        raise ModelError(f"points has to be a whole number of at least 2, but {points!r} was given")
    field, name = _field(neuron, I, input, parameters)
    return _Finder(Section.of(field), name).find(range, points)


def _field(
    neuron: Neuron, current: Any, input: str | None, parameters: Mapping[str, Any]
) -> tuple[VectorField, str | None]:
    field = VectorField.of(neuron, smooth=False, **parameters)
    name = input if input is not None else field.input
    if name is not None:
        field.index(name)
    if current is None:
        return field, name
    if name is None:
        raise ModelError(
            f"this neuron has no input parameter such as 'I'; it has: {', '.join(field.parameters) or 'none'}. "
            "Say which it is with input='...'"
        )
    return field.with_values(**{name: field.read(name, current)}), name


@dataclass(frozen=True, eq=False)
class _Finder:
    """The parts of a map, found one after the other."""

    section: Section
    input: str | None = None

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
            input=None if self.input is None else field.shown(self.input, field.values[field.index(self.input)]),
            input_unit="" if self.input is None else field.unit_name(self.input),
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
