r"""Saddle-nodes in two parameters: :math:`f(x, p) = 0` and a Jacobian with a null vector.

The last equation is :math:`\sigma(f_x) = 0` with the signed smallest singular value :math:`\sigma`, whose derivative is
:math:`w\cdot f_{xz} v` with the singular vectors w and v. It stays smooth where a second eigenvalue is zero, so that
the curve passes Bogdanov-Takens points and cusps (Govaerts 2000, Numerical Methods for Bifurcations of Dynamical
Equilibria, SIAM, chapters 4 and 7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.two_parameters.plane import Plane
from rheobase.numerics.critical import Null, null

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoldCurve:
    """The equations of a curve of saddle-nodes, in the unknowns ``(x, p1, p2)``."""

    plane: Plane
    kind = "saddle-node"

    def unknowns(self, x: Vector, parameters: Vector) -> Vector:
        """The vector of unknowns of a saddle-node."""
        return np.concatenate([x, parameters])

    def scale(self, start: Vector) -> Vector:
        """The unit of each unknown."""
        return np.concatenate([self.plane.scale, self.plane.sizes])

    def residual(self, u: Vector) -> Vector:
        return np.append(self.plane.rhs(u), self.null(u).value)

    def jacobian(self, u: Vector) -> Vector:
        vectors = self.null(u)
        return np.vstack([self.plane.by_unknowns(u), self.plane.by_jacobian(u, np.outer(vectors.left, vectors.right))])

    def null(self, u: Vector) -> Null:
        """The null vectors of the Jacobian in units of the plane's scale."""
        return null(self.plane.jacobian(u))

    @property
    def tests(self) -> dict[str, Callable[[Vector, Vector], float]]:
        """What changes its sign at points of codimension 2."""
        n = self.plane.field.n
        tests = {"cusp": self._flat} | ({"bogdanov-takens": self._second_zero} if n > 1 else {})
        return tests | ({"fold-hopf": self._opposite} if n > 2 else {})

    def _second_zero(self, u: Vector, tangent: Vector) -> float:
        """``w.v``: proportional to the product of the other eigenvalues."""
        vectors = self.null(u)
        return float(vectors.left @ vectors.right)

    def _flat(self, u: Vector, tangent: Vector) -> float:
        """``w.B(v, v)`` times ``v.dx/ds``, which at a cusp is not zero: the sign does not depend on that of v."""
        vectors = self.null(u)
        along = vectors.right @ (tangent[: self.plane.field.n] / self.plane.scale)
        return float(curvature(self.plane, u, vectors) * along)

    def _opposite(self, u: Vector, tangent: Vector) -> float:
        """The product of all sums of two of the other eigenvalues."""
        values = np.linalg.eigvals(self.plane.jacobian(u))
        return pair_sums(np.delete(values, np.argmin(np.abs(values))))


def curvature(plane: Plane, u: Vector, vectors: Null) -> float:
    """``w.B(v, v)``: how the flow bends along the null vector."""
    return float(np.einsum("i,ijk,j,k", vectors.left, plane.second(u), vectors.right, vectors.right))


def pair_sums(values: NDArray[Any]) -> float:
    """The product of the sums of all pairs of eigenvalues, relative to the largest; zero where two are opposite."""
    i, j = np.triu_indices(len(values), 1)
    return float(np.prod((values[i] + values[j]) / np.max(np.abs(values))).real)
