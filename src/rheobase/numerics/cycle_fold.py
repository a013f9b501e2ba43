"""Folds of cycles in two parameters, as data: the vector field, directions, and a fold with its tangent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.collocation import Orbit, Problem, weigh
from rheobase.numerics.mesh import Mesh

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """A vector field over two parameters, vectorised: the collocation problem and what it needs besides.

    Attributes
    ----------
    problem
        Of the cycles; its ``parameter`` is the array of both parameters.
    slopes, second, mixed
        Functions of ``x`` (n, points) and the parameters: ``df/dp`` (2, n, points), ``d2f/dx dx`` (n, n, n, points) and
        ``d2f/dx dp`` (2, n, n, points).
    sizes
        A typical change of each parameter.
    """

    problem: Problem
    slopes: Callable[[Array, Array], Array]
    second: Callable[[Array, Array], Array]
    mixed: Callable[[Array, Array], Array]
    sizes: Array


@dataclass(frozen=True, eq=False)
class Shift:
    """A direction: nodes in the units of the model, change of the period and the parameters in theirs."""

    nodes: Array
    period: float
    parameters: Array

    def scaled(self, factor: float) -> Shift:
        return Shift(factor * self.nodes, factor * self.period, factor * self.parameters)

    def on(self, old: Mesh, new: Mesh) -> Shift:
        """The same direction on another mesh."""
        return replace(self, nodes=old.interpolate(self.nodes, new.nodes))


@dataclass(frozen=True, eq=False)
class CycleFold:
    """A fold of cycles.

    Attributes
    ----------
    orbit
        The cycle; its ``parameter`` is the array of both parameters.
    null
        The null vector; its parameters are zero.
    normal
        The direction across the curve in the plane of the parameters, in units of the sizes.
    tangent
        The unit tangent of the curve of folds.
    null_tangent
        How the null vector changes along it.
    bend
        Zero where the parameters turn back on themselves (a cusp of cycles), with a sign that follows the curve.
    corrections, distance
        How many steps Newton's method took, and how far it went.
    """

    orbit: Orbit
    null: Shift
    normal: Array
    tangent: Shift
    null_tangent: Shift
    bend: float
    corrections: int = 0
    distance: float = 0.0

    @property
    def parameters(self) -> Array:
        return np.asarray(self.orbit.parameter)

    def moved(self, step: float) -> CycleFold:
        """The prediction ``step`` lengths further on."""
        return replace(
            self, orbit=shifted(self.orbit, self.tangent, step), null=added(self.null, self.null_tangent, step)
        )

    def on(self, mesh: Mesh) -> CycleFold:
        """The same on another mesh."""
        old = self.orbit.mesh
        parts = {name: getattr(self, name).on(old, mesh) for name in ("null", "tangent", "null_tangent")}
        return replace(self, orbit=self.orbit.on(mesh), **parts)

    def turned(self) -> CycleFold:
        """The same, to be followed the other way."""
        return replace(self, tangent=self.tangent.scaled(-1.0), null_tangent=self.null_tangent.scaled(-1.0))


def shifted(orbit: Orbit, shift: Shift, step: float) -> Orbit:
    """The orbit moved along a direction."""
    return replace(
        orbit, nodes=orbit.nodes + step * shift.nodes, period=orbit.period + step * shift.period,
        parameter=np.asarray(orbit.parameter) + step * shift.parameters,
    )  # fmt: skip


def added(a: Shift, b: Shift, step: float) -> Shift:
    return Shift(a.nodes + step * b.nodes, a.period + step * b.period, a.parameters)


def inner(plane: Plane, orbit: Orbit, a: Shift, b: Shift) -> float:
    """Scalar product: ``integral of a.b/scale**2 / n + (periods)/T**2 + (parameters)/sizes**2``."""
    mesh = orbit.mesh
    row = weigh(plane.problem, mesh, mesh.values(a.nodes)) / orbit.n
    along = float(np.sum(row * (b.nodes / plane.problem.scale)))
    return along + a.period * b.period / orbit.period**2 + float(np.sum(a.parameters * b.parameters / plane.sizes**2))


def cosine(plane: Plane, orbit: Orbit, a: Shift, b: Shift) -> float:
    """Cosine of the angle between two directions."""
    return inner(plane, orbit, a, b) / math.sqrt(inner(plane, orbit, a, a) * inner(plane, orbit, b, b))


def difference(a: CycleFold, b: CycleFold) -> Shift:
    return Shift(a.orbit.nodes - b.orbit.nodes, a.orbit.period - b.orbit.period, a.parameters - b.parameters)


def combined(shifts: list[Shift], weights: Array) -> Shift:
    return Shift(
        sum((w * shift.nodes for w, shift in zip(weights, shifts, strict=True)), np.zeros(1)),
        float(sum(w * shift.period for w, shift in zip(weights, shifts, strict=True))),
        sum((w * shift.parameters for w, shift in zip(weights, shifts, strict=True)), np.zeros(2)),
    )
