r"""Periodic orbits by orthogonal collocation: the equations, their derivatives, and their solution.

In the time ``s = t/T`` of one turn an orbit of ``dx/dt = f(x, p)`` obeys ``du/ds = T f(u, p)``, ``u(0) = u(1)``. On
each of ``N`` intervals ``u`` is a polynomial of degree ``m``, given by its values at ``m + 1`` equidistant nodes, and
obeys the equation at the ``m`` Gauss points (de Boor & Swartz 1973): period and parameter converge with ``h**(2 m)``.

How to use this for other problems (a fold of cycles in two parameters, say)
----------------------------------------------------------------------------
* An `Orbit` has the ``nodes`` (N, m, n) in the units of the model, a ``mesh``, a ``period`` and a ``parameter``. The
  last node of an interval is the first node of the next and is not stored twice.
* A `Problem` is the vector field for many points at once, with the ``scale`` of every state. Equations and unknowns of
  the linear systems are scaled: unknown ``node / scale``, equation ``/ scale``, period ``/ T``, parameter
  ``/ parameter_scale``.
* `defect(problem, orbit)` (N, m, n) is zero on a cycle: ``(D u - h T f(u, p)) / scale``.
* `columns(problem, orbit)` (N, m, n, 2) are its derivatives by the scaled period and the scaled parameter.
  More parameters: more columns, ``- h T f_q * scale_q / scale`` in the shape (N, m, n, 1), see `column`.
* `phase_row(problem, orbit.mesh, slopes)` (N, m, n) is the derivative of the integral phase condition
  ``integral of <u - reference, reference'>`` by the scaled nodes; `weigh` turns any function, given at the Gauss
  points, into the row of an integral (arclength, normalisation of a null vector).
* `linearise(problem, orbit, columns, rows, corner)` factors the whole bordered matrix; `condensation.solve(factors,
  right, below)` solves with it for ``right`` (N, m, n) and ``below`` (borders,), as often as wanted.
* `sparse(problem, orbit, columns, rows, corner)` is the same matrix for `scipy.sparse`, for what needs its transpose:
  unknowns ``nodes.ravel()`` and then the border, equations in the order of ``defect.ravel()`` and then the border's.

A fold of cycles is where the matrix with the one border column (period) and the one border row (phase) is singular;
a null vector ``(v, V)`` has the defining equation ``A v + columns[..., 0] V = 0``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.mesh import Array, Mesh


@dataclass(frozen=True)
class Problem:
    """A vector field with one free parameter, vectorised, and the sizes of what it moves.

    Attributes
    ----------
    rhs, jacobian, by_parameter
        ``f(x, p)``: ``x`` (n, points), ``p`` a number; results (n, points), (n, n, points), (n, points).
    scale
        Size of every state, (n,).
    parameter_scale
        Size of the parameter.
    """

    rhs: Callable[[Array, float], Array]
    jacobian: Callable[[Array, float], Array]
    by_parameter: Callable[[Array, float], Array]
    scale: Array
    parameter_scale: float


@dataclass(frozen=True)
class Orbit:
    """A periodic function on a mesh; ``nodes`` (N, m, n) in the units of the model."""

    mesh: Mesh
    nodes: Array
    period: float
    parameter: float

    @property
    def n(self) -> int:
        return self.nodes.shape[2]

    def gauss(self) -> Array:
        """The states at the collocation points, (n, N m)."""
        return as_points(self.mesh.values(self.nodes))

    def slopes(self) -> Array:
        """``h du/ds`` at the collocation points, (N, m, n)."""
        return self.mesh.slopes(self.nodes)

    def closed(self) -> tuple[Array, Array]:
        """Times from 0 to the period and states (points, n); the last point is the first."""
        states = self.nodes.reshape(-1, self.n)
        times = self.period * (np.append(self.mesh.nodes.ravel(), self.mesh.edges[-1]) - self.mesh.edges[0])
        return times, np.concatenate([states, states[:1]])

    def at(self, s: Array) -> Array:
        """The states (points, n) at times ``s`` in turns."""
        return self.mesh.interpolate(self.nodes, s)

    def beginning(self, j: int) -> Orbit:
        """The same function, stored from interval ``j`` on."""
        return Orbit(self.mesh.beginning(j), np.roll(self.nodes, -j, axis=0), self.period, self.parameter)

    def anchored(self) -> Orbit:
        """The same orbit with its phase shifted so that the mesh begins at 0."""
        return Orbit(Mesh(self.mesh.edges - self.mesh.edges[0], self.mesh.m), self.nodes, self.period, self.parameter)

    def on(self, mesh: Mesh) -> Orbit:
        """The same function on another mesh."""
        return Orbit(mesh, self.mesh.interpolate(self.nodes, mesh.nodes), self.period, self.parameter)


def as_points(values: Array) -> Array:
    """(N, m, n) -> (n, N m), as vector fields take it."""
    return np.ascontiguousarray(values.reshape(-1, values.shape[2]).T)


def as_mesh(values: Array, mesh: Mesh) -> Array:
    """(n, N m) -> (N, m, n)."""
    return np.ascontiguousarray(values.T).reshape(mesh.N, mesh.m, -1)


def defect(problem: Problem, orbit: Orbit) -> Array:
    """By how much the collocation equations are missed, scaled, (N, m, n)."""
    rates = as_mesh(problem.rhs(orbit.gauss(), orbit.parameter), orbit.mesh)
    reach = (orbit.period * orbit.mesh.widths)[:, None, None]
    return (orbit.slopes() - reach * rates) / problem.scale


def column(problem: Problem, orbit: Orbit, slopes: Array, size: float) -> Array:
    """The border column (N, m, n, 1) of a parameter of this ``size``; ``slopes`` (n, N m) is df by that parameter."""
    reach = (orbit.period * orbit.mesh.widths)[:, None, None]
    return (-size * reach * as_mesh(slopes, orbit.mesh) / problem.scale)[..., None]


def columns(problem: Problem, orbit: Orbit) -> Array:
    """Derivatives of the defect by period and parameter, both scaled, (N, m, n, 2)."""
    x = orbit.gauss()
    by_period = column(problem, orbit, problem.rhs(x, orbit.parameter), 1.0)  # T d/dT
    by_parameter = column(problem, orbit, problem.by_parameter(x, orbit.parameter), problem.parameter_scale)
    return np.concatenate([by_period, by_parameter], axis=-1)


def phase_row(problem: Problem, mesh: Mesh, slopes: Array) -> Array:
    """The row of ``integral <u, reference'>``, scaled; ``slopes`` (N, m, n) is `Orbit.slopes` of the reference."""
    return mesh.row(slopes / problem.scale)


def weigh(problem: Problem, mesh: Mesh, values: Array) -> Array:
    """The row of ``integral <u, g> / scale**2``; ``values`` (N, m, n) is ``g`` at the Gauss points, in model units."""
    return mesh.row(values / problem.scale * mesh.widths[:, None, None])


def linearise(problem: Problem, orbit: Orbit, columns: Array, rows: Array, corner: Array) -> Any:
    """Factor the bordered matrix at ``orbit``; see `condensation.factor` for the shapes of the border."""
    from rheobase.numerics.condensation import factor

    basis = orbit.mesh.basis
    reach = orbit.period * orbit.mesh.widths
    return factor(scaled_jacobian(problem, orbit), reach, basis.values, basis.slopes, columns, rows, corner)


def scaled_jacobian(problem: Problem, orbit: Orbit) -> Array:
    """Jacobians at the Gauss points for states in units of their scale, (n, n, N m)."""
    ratio = problem.scale[None, :] / problem.scale[:, None]
    return problem.jacobian(orbit.gauss(), orbit.parameter) * ratio[..., None]


def sparse(problem: Problem, orbit: Orbit, columns: Array, rows: Array, corner: Array) -> Any:
    """The bordered matrix in SciPy's compressed columns; unknowns and equations as the module's text says."""
    from scipy.sparse import bmat, csc_array

    mesh, n = orbit.mesh, orbit.n
    J = np.moveaxis(scaled_jacobian(problem, orbit).reshape(n, n, mesh.N, mesh.m), (0, 1), (2, 3))  # (N, m, n, n)
    reach = (orbit.period * mesh.widths)[:, None, None, None, None]
    blocks = mesh.basis.slopes[None, :, :, None, None] * np.eye(n) - reach * (
        mesh.basis.values[None, :, :, None, None] * J[:, :, None]
    )
    place = np.arange(mesh.N * mesh.m * n).reshape(mesh.N, mesh.m, n)
    node = np.concatenate([place, np.roll(place, -1, axis=0)[:, :1]], axis=1)
    row, col = np.broadcast_arrays(place[:, :, None, :, None], node[:, None, :, None, :])
    core = csc_array((blocks.ravel(), (row.ravel(), col.ravel())), shape=(place.size, place.size))
    b = len(corner)
    return bmat([[core, columns.reshape(place.size, b)], [rows.reshape(b, place.size), corner]], format="csc")


def scaled_norm(problem: Problem, mesh: Mesh, nodes: NDArray[np.float64]) -> float:
    """Largest entry, in units of the scales."""
    return float(np.max(np.abs(nodes) / problem.scale))
