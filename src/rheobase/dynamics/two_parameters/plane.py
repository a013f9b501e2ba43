"""A vector field over two of its parameters: the equations that curves of equilibria in two parameters share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plane:
    """States and two parameters as one vector ``u``: the states come first, the parameters last.

    All derivatives are those of the field in units of ``scale``: ``y = x/scale``, ``dy/dt = f/scale``, so that they do
    not depend on the units of the states.

    Attributes
    ----------
    field
        The vector field; all other parameters have its values.
    names
        The two parameters.
    scale
        The unit of each state.
    sizes
        A typical change of each of the two parameters.
    """

    field: VectorField
    names: tuple[str, str]
    scale: Vector
    sizes: Vector

    def split(self, u: Vector) -> tuple[Vector, Vector]:
        """States and all parameters of the field."""
        return u[: self.field.n], self.field.at(**dict(zip(self.names, u[-2:].tolist(), strict=True)))

    def rhs(self, u: Vector) -> Vector:
        """``f``: (n,)."""
        return self.field.rhs(*self.split(u)) / self.scale

    def jacobian(self, u: Vector) -> Vector:
        """``df_i/dx_j``: (n, n)."""
        return self.field.jacobian(*self.split(u)) * self.scale / self.scale[:, None]

    def second(self, u: Vector) -> Vector:
        """``d2f_i/dx_j dx_k``: (n, n, n)."""
        s = self.scale
        return self.field.second(*self.split(u)) * s[:, None] * s / s[:, None, None]

    def third(self, u: Vector) -> Vector:
        """``d3f_i/dx_j dx_k dx_l``: (n, n, n, n)."""
        s = self.scale
        return self.field.third(*self.split(u)) * s[:, None, None] * s[:, None] * s / s[:, None, None, None]

    def by_unknowns(self, u: Vector) -> Vector:
        """The derivatives of ``rhs`` by the states and the two parameters, not in units of anything: (n, n + 2)."""
        x, p = self.split(u)
        columns = [self.field.by_parameter(x, name, p)[:, None] for name in self.names]
        return np.hstack([self.field.jacobian(x, p), *columns]) / self.scale[:, None]

    def by_jacobian(self, u: Vector, weights: Vector) -> Vector:
        """The derivatives of ``sum(weights*jacobian)`` by the states and the two parameters: (n + 2,)."""
        x, p = self.split(u)
        weights = weights * self.scale / self.scale[:, None]
        by_states = np.einsum("ij,ijk->k", weights, self.field.second(x, p))
        return np.append(by_states, [np.sum(weights * self.field.mixed(x, name, p)) for name in self.names])

    def size(self, u: Vector) -> float:
        """The rate (1/ms) of the fastest change by any state or parameter: what residuals are small against."""
        return float(np.linalg.norm(self.by_unknowns(u) * np.concatenate([self.scale, self.sizes]), 2))
