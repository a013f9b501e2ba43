"""One periodic orbit of a neuron."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as part
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rheobase.dynamics.field import VectorField
from rheobase.errors import ModelError
from rheobase.numerics.collocation import Orbit, Problem
from rheobase.numerics.periodic import Solution, correct, spread

Array = NDArray[np.float64]

_MARGIN = 1e-6


@dataclass(frozen=True)
class Adjoint:
    r"""The infinitesimal phase response along a cycle: :math:`\dot Z = -J^T Z`, :math:`Z \cdot f = 1`.

    A small push :math:`\delta x` at a time moves all later events forward by :math:`Z \cdot \delta x` ms.

    Attributes
    ----------
    times
        ms, from 0 to the period, at the nodes of the mesh; the last point is the first.
    states
        Of the cycle, (points, n), shown units.
    Z
        (points, n): ms per shown unit of the state.
    error
        Largest deviation of ``Z . f`` from 1.
    """

    times: Array
    states: Array
    Z: Array
    error: float


@dataclass(frozen=True, eq=False)
class Cycle:
    """A periodic orbit at one value of the parameter.

    Attributes
    ----------
    field, parameter
        The vector field and the name of the parameter.
    solution, problem
        What the solver keeps: mesh and nodes in internal units (``solution.orbit``), the tangent of the branch.
    """

    field: VectorField = part(repr=False)
    parameter: str
    solution: Solution = part(repr=False)
    problem: Problem = part(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "solution", replace(self.solution, orbit=self.solution.orbit.anchored()))

    @property
    def value(self) -> float:
        """Of the parameter, in its shown unit."""
        return self.field.shown(self.parameter, self.solution.orbit.parameter)

    @property
    def period_ms(self) -> float:
        return float(self.solution.orbit.period)

    @property
    def frequency_hz(self) -> float:
        return 1e3 / self.period_ms

    @property
    def internal(self) -> Orbit:
        """The orbit in internal units."""
        return self.solution.orbit

    @property
    def here(self) -> VectorField:
        """The vector field at the value of the parameter that the cycle has."""
        return self.field.with_values(**{self.parameter: self.solution.orbit.parameter})

    @cached_property
    def orbit(self) -> tuple[Array, Array]:
        """Times (points,) in ms from 0 to the period, and states (points, n) in shown units."""
        times, states = self.solution.orbit.closed()
        return times, _shown(self.field, states)

    def at(self, times: ArrayLike) -> Array:
        """The states (points, n) in shown units at any times in ms."""
        turns = np.asarray(times, dtype=float) / self.period_ms
        return _shown(self.field, self.solution.orbit.at(np.atleast_1d(turns)))

    @cached_property
    def minimum(self) -> Mapping[str, float]:
        """Of every state, in shown units."""
        return {name: float(low) for name, low in zip(self.field.states, self._extremes[0], strict=True)}

    @cached_property
    def maximum(self) -> Mapping[str, float]:
        """Of every state, in shown units."""
        return {name: float(high) for name, high in zip(self.field.states, self._extremes[1], strict=True)}

    @property
    def amplitude(self) -> Mapping[str, float]:
        """Range of every state, in shown units."""
        return {name: self.maximum[name] - self.minimum[name] for name in self.field.states}

    @cached_property
    def _extremes(self) -> Array:
        return _shown(self.field, extremes(self.solution.orbit))

    @property
    def multipliers(self) -> NDArray[np.complex128]:
        """The Floquet multipliers without the one that is always 1, the largest first."""
        return self.solution.split[1]

    @property
    def trivial(self) -> float:
        """The multiplier that has to be 1: how good the cycle is."""
        return self.solution.split[0]

    @property
    def stable(self) -> bool:
        """Whether all multipliers lie inside the unit circle."""
        return bool(np.all(np.abs(self.multipliers) < 1.0))

    def adjoint(self) -> Adjoint:
        """The phase response to small pushes; see `Adjoint`."""
        from rheobase.numerics.adjoint import adjoint

        Z, error = adjoint(self.problem, self.internal)
        if not error < 1e-2:
            raise ModelError(
                f"the adjoint equation is not solved on this cycle (Z f differs from 1 by {error:.2g}); "
                "call .finer() first"
            )
        flat = Z.reshape(-1, self.field.n)
        closed = np.concatenate([flat, flat[:1]])
        units = np.array([self.field.shown(name, 1.0) for name in self.field.states])
        return Adjoint(*self.orbit, closed / units, error)

    def finer(self, tol: float = 1e-10, intervals: int = 400) -> Cycle:
        """The same cycle on finer meshes, until the period changes by less than ``tol`` of itself."""
        solution, problem = self.solution, self.problem
        while (N := solution.orbit.mesh.N) < intervals:
            better = correct(problem, solution.orbit.on(spread(problem, solution.orbit, min(2 * N, intervals))), None)
            if better is None:
                break
            change = abs(better.orbit.period / solution.orbit.period - 1.0)
            solution = better
            if change < tol:
                break
        return replace(self, solution=solution)

    def __repr__(self) -> str:
        return f"Cycle({self})"

    def __str__(self) -> str:
        unit = self.field.unit_name(self.parameter)
        where = f"{self.value:.8g}" if unit == "1" else f"{self.value:.8g} {unit}"
        kind = "stable" if self.stable else "unstable"
        period = f"period {self.period_ms:.10g} ms ({self.frequency_hz:.6g} Hz)"
        return f"{kind} cycle at {self.parameter} = {where}, {period}"

    def plot(self, ax: Any = None, state: str | None = None) -> Any:
        """A state over one period (the voltage, if none is named); returns the figure."""
        from rheobase.plot.cycles import cycle

        return cycle(self, state or self.field.voltage, ax)


def extremes(orbit: Orbit) -> Array:
    """Lowest and highest value of every state, (2, n), between the nodes too."""
    mesh = orbit.mesh
    fine = mesh.interpolate(orbit.nodes, (mesh.edges[:-1, None] + mesh.widths[:, None] * np.arange(32) / 32))
    return np.stack([fine.min(axis=(0, 1)), fine.max(axis=(0, 1))])


def _shown(field: VectorField, states: Array) -> Array:
    return np.stack([field.shown(name, states[..., i]) for i, name in enumerate(field.states)], axis=-1)
