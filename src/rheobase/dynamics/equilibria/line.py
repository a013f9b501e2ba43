"""Branches of equilibria over one parameter: the equations, their scales, and following them both ways."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.numerics.continuation import Curve, Problem, trace

Vector = NDArray[np.float64]

_SAME = 1e-6
_LARGEST, _LARGEST_STATE = 0.05, 0.1


@dataclass(frozen=True, eq=False)
class Course:
    """A branch that was followed, and the curves whose ends are its ends: two, or one if it is closed."""

    curve: Curve
    ends: tuple[Curve, ...]


@dataclass(frozen=True, eq=False)
class Line:
    """A vector field over one of its parameters; ``u`` holds the states and, last, the parameter (internal units).

    ``scale`` is the unit of each, ``lower`` and ``upper`` are the bounds of a branch.
    """

    field: VectorField
    parameter: str
    scale: Vector
    lower: Vector
    upper: Vector
    most: int = 3000

    @cached_property
    def _at(self) -> int:
        return self.field.index(self.parameter)

    def values(self, u: Vector) -> Vector:
        """The parameter vector at a point."""
        p = self.field.values.copy()
        p[self._at] = u[-1]
        return p

    def residual(self, u: Vector) -> Vector:
        return self.field.rhs(u[:-1], self.values(u))

    def jacobian(self, u: Vector) -> Vector:
        x, p = u[:-1], self.values(u)
        slopes = np.empty((x.size, x.size + 1))
        slopes[:, :-1] = self.field.jacobian(x, p)
        slopes[:, -1] = self.field.by_parameter(x, self.parameter, p)
        return slopes

    @cached_property
    def problem(self) -> Problem:
        return Problem(self.residual, self.jacobian, self.scale)

    def at(self, u: Vector) -> VectorField:
        """The field with the parameter value of a point."""
        return replace(self.field, values=self.values(u))

    def jacobians(self, points: Vector) -> Vector:
        """Jacobians by the states (k, n, n) at many points."""
        p: list = self.field.values.tolist()
        p[self._at] = points[:, -1]
        return np.moveaxis(self.field.jacobian(points[:, :-1].T, p), -1, 0)

    def follow(self, u: Vector) -> Course:
        """The branch through a point, both ways."""
        axis = np.zeros(u.size)
        axis[-1] = self.scale[-1]
        tangent = self.problem.tangent(u, axis)
        if tangent is None:  # the branch turns back just here
            tangent = self.scale * np.linalg.svd(self.jacobian(u) * self.scale)[2][-1]
        onward = self.trace(u, tangent)
        return Course(onward, (onward,)) if onward.closed else joined(self.trace(u, -tangent), onward)

    def trace(self, u: Vector, direction: Vector) -> Curve:
        """The branch one way from a point, as far as the equations have finite derivatives."""
        curve = trace(
            self.residual, self.jacobian, u, direction, scale=self.scale, lower=self.lower, upper=self.upper,
            largest=np.append(np.full(u.size - 1, _LARGEST_STATE), _LARGEST), most=self.most,
        )  # fmt: skip
        finite = np.asarray(np.isfinite(self.jacobians(curve.points)).all(axis=(1, 2)))
        count = len(finite) if finite.all() else int(np.argmin(finite))
        ahead = curve.points[count - 1] + 1e-6 * curve.tangents[count - 1]
        if curve.reason == "stuck" and not np.isfinite(self.jacobian(ahead)).all():
            finite[-1] = False
        if finite.all():
            return curve
        return replace(
            curve, points=curve.points[:count], tangents=curve.tangents[:count], reason="stuck", closed=False,
            status="beyond, the right-hand side or its derivatives are not finite",
        )  # fmt: skip

    def passes(self, curve: Curve, u: Vector) -> bool:
        """Whether a curve goes through a point."""
        points = curve.points / self.scale
        place = u / self.scale
        if np.linalg.norm(points - place, axis=1).min() < _SAME:
            return True
        chords = np.diff(points, axis=0)
        lengths = np.maximum(np.linalg.norm(chords, axis=1), 1e-300)
        along = np.einsum("ij,ij->i", place - points[:-1], chords) / lengths**2
        away = np.linalg.norm(place - points[:-1] - along[:, None] * chords, axis=1)
        for index in np.flatnonzero((along >= 0.0) & (along <= 1.0) & (away < 0.3 * lengths)):
            found = self.problem.between(curve.points[index], curve.points[index + 1], float(along[index]))
            if found is not None and np.linalg.norm(found[0] / self.scale - place) < _SAME:
                return True
        return False


def joined(back: Curve, onward: Curve, middle: tuple[Vector, Vector] | None = None) -> Course:
    """Two curves that leave one point in opposite directions, as one; both start there, or beside ``middle``."""
    skip = 0 if middle else 1
    points = [back.points[skip:][::-1], onward.points]
    tangents = [-back.tangents[skip:][::-1], onward.tangents]
    if middle is not None:
        points.insert(1, middle[0][None])
        tangents.insert(1, middle[1][None])
    curve = Curve(np.concatenate(points), np.concatenate(tangents), (), "", False)
    return Course(curve, (back, onward))
