"""The linear systems of a fold of cycles: one bordered matrix, factored once and solved with several times.

With the null vector bordered away, ``B = [F', F_p d; c, 0]`` is regular; ``d`` is the direction in the plane of the
parameters across the curve of folds. All changes are sums of three: towards a solution, along the parameters, and along
the null vector (block elimination as in Govaerts 2000, Numerical Methods for Bifurcations of Dynamical Equilibria,
SIAM, chapter 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.collocation import as_mesh, as_points, linearise, phase_row, scaled_jacobian, weigh
from rheobase.numerics.condensation import Factors, solve
from rheobase.numerics.cycle_fold import CycleFold, Plane, Shift, combined, difference, inner

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class System:
    """The equations at one cycle and null vector, with the bordered matrix factored.

    Arrays are in units of the scales: nodes/scale, period/T, parameters/sizes. The derivatives of the second half of
    the equations are those of ``f_x v + f V``.
    """

    plane: Plane
    here: CycleFold
    reach: Array  # (N, 1, 1): T h
    factors: Factors
    forces: Array  # (N, m, n, 2): F_p
    by_nodes: Array  # (n, n, points)
    by_period: Array  # (n, points)
    by_parameters: Array  # (2, n, points)

    @classmethod
    def at(cls, plane: Plane, here: CycleFold, reference: CycleFold) -> System | None:
        """The system at ``here``; phase and length of the null vector are those of ``reference``."""
        problem, orbit = plane.problem, here.orbit
        mesh, scale, x, p = orbit.mesh, plane.problem.scale, orbit.gauss(), here.parameters
        reach = (orbit.period * mesh.widths)[:, None, None]
        slopes = scaled_jacobian(problem, orbit)
        flow = problem.rhs(x, orbit.parameter) / scale[:, None]
        forces = plane.slopes(x, p) / scale[:, None] * plane.sizes[:, None, None]
        mixed = plane.mixed(x, p) * (scale / scale[:, None])[..., None] * plane.sizes[:, None, None, None]
        curved = plane.second(x, p) * (scale[:, None] * scale / scale[:, None, None])[..., None]
        if not all(np.all(np.isfinite(part)) for part in (slopes, flow, forces, mixed, curved)):
            return None
        v, stretch = here.null.nodes / scale, here.null.period / orbit.period
        at_gauss = as_points(mesh.values(v))
        bent = np.einsum("ijp,jp->ip", slopes, at_gauss) + stretch * flow
        columns = np.stack([-reach * as_mesh(part, mesh) for part in (flow, *forces)], axis=-1)
        border = np.stack([columns[..., 0], columns[..., 1:] @ here.normal], axis=-1)
        rows, pull = rows_of(plane, reference)
        factors = linearise(problem, orbit, border, rows, np.array([[0.0, 0.0], [pull, 0.0]]))
        return cls(
            plane, here, reach, factors, columns[..., 1:],
            np.einsum("ijkp,jp->ikp", curved, at_gauss) + stretch * slopes, bent,
            np.einsum("qijp,jp->qip", mixed, at_gauss) + stretch * forces,
        )  # fmt: skip

    def null_vector(self) -> Shift:
        """The null vector, as the matrix alone has it."""
        change, (period, _) = solve(self.factors, np.zeros_like(self.here.orbit.nodes), np.array([0.0, 1.0]))
        return self._shift(change, period, np.zeros(2))

    def step(
        self, missed: Missed, here: CycleFold, tangent: Shift | None, guess: CycleFold
    ) -> tuple[Shift, Shift, float] | None:
        """A step of Newton's method for the cycle and for the null vector, and its largest entry.

        Entries of the null vector count relative to its own largest one.
        """
        ahead = self._move(-missed.cycle, np.array([-missed.phase, 0.0]), np.zeros(2))
        answer, rest = self._null(ahead, -missed.null, -np.array([missed.null_phase, missed.length]))
        moves, nulls, mu = self._ways
        moves, nulls = [ahead, *moves], [answer, *nulls]
        if tangent is None:
            second, right = np.array([1.0, 0.0]), 0.0
        else:
            along = [inner(self.plane, self.here.orbit, tangent, move) for move in moves]
            second = np.array(along[1:])
            right = -along[0] - inner(self.plane, self.here.orbit, tangent, difference(here, guess))
        matrix = np.array([mu, second])
        if not np.all(np.isfinite(matrix)) or not abs(np.linalg.det(matrix)) > 0.0:
            return None
        weights = np.array([1.0, *np.linalg.solve(matrix, np.array([-rest, right]))])
        change, null = combined(moves, weights), combined(nulls, weights)
        return change, null, max(self._largest(change), self._largest(null) / self._largest(here.null))

    def tangent(self) -> tuple[Shift, Shift, float]:
        """The unit tangent, how the null vector changes along it, and its part along the curve's parameters."""
        moves, nulls, mu = self._ways
        weights = np.array([mu[1], -mu[0]])
        change, null = combined(moves, weights), combined(nulls, weights)
        length = math.sqrt(inner(self.plane, self.here.orbit, change, change))
        return change.scaled(1.0 / length), null.scaled(1.0 / length), float(mu[1]) / length

    def across(self) -> Array:
        """The direction in the plane of the parameters in which the fold is passed, on the side of the last one."""
        d, e = self.here.normal, along_curve(self.here.normal)
        _, (_, part) = solve(self.factors, -self.forces @ e, np.zeros(2))
        new = d - part * e
        return new / np.linalg.norm(new)

    @cached_property
    def _ways(self) -> tuple[list[Shift], list[Shift], Array]:
        """Changes of the cycle along the parameters and along the null vector, and how the null vector answers.

        The third part is what remains of the equations; it has to be zero in sum.
        """
        zero = np.zeros_like(self.here.orbit.nodes)
        along = along_curve(self.here.normal)
        moves = [
            self._move(-self.forces @ along, np.zeros(2), along),
            self._move(zero, np.array([0.0, 1.0]), np.zeros(2)),
        ]
        answers = [self._null(move, zero, np.zeros(2)) for move in moves]
        return moves, [null for null, _ in answers], np.array([rest for _, rest in answers])

    def _move(self, right: Array, below: Array, parameters: Array) -> Shift:
        """The change of cycle and parameters, the latter free across the curve and given along it."""
        nodes, (period, across) = solve(self.factors, right, below)
        return self._shift(nodes, period, across * self.here.normal + parameters)

    def _null(self, move: Shift, right: Array, below: Array) -> tuple[Shift, float]:
        """The change of the null vector with a change of the cycle, and what remains."""
        nodes, (period, rest) = solve(self.factors, right - self._changed(move), below)
        return self._shift(nodes, period, np.zeros(2)), float(rest)

    def _changed(self, move: Shift) -> Array:
        """The change of the equations of the null vector with the cycle and the parameters, (N, m, n)."""
        orbit = self.here.orbit
        nodes = as_points(orbit.mesh.values(move.nodes / self.plane.problem.scale))
        rates = np.einsum("ikp,kp->ip", self.by_nodes, nodes) + move.period / orbit.period * self.by_period
        rates = rates + np.einsum("qip,q->ip", self.by_parameters, move.parameters / self.plane.sizes)
        return -self.reach * as_mesh(rates, orbit.mesh)

    def _shift(self, nodes: Array, period: float, parameters: Array) -> Shift:
        scale = self.plane.problem.scale
        return Shift(nodes * scale, float(period) * self.here.orbit.period, parameters * self.plane.sizes)

    def _largest(self, shift: Shift) -> float:
        parts = (shift.nodes / self.plane.problem.scale, shift.period / self.here.orbit.period)
        return max(float(np.max(np.abs(part))) for part in (*parts, shift.parameters / self.plane.sizes))


@dataclass(frozen=True)
class Missed:
    """By how much the equations are missed: of the cycle, its phase, the null vector, its phase and its length."""

    cycle: Array
    phase: float
    null: Array
    null_phase: float
    length: float


def missed(plane: Plane, here: CycleFold, reference: CycleFold) -> Missed:
    problem, orbit, scale = plane.problem, here.orbit, plane.problem.scale
    mesh, x = orbit.mesh, orbit.gauss()
    v, stretch = here.null.nodes / scale, here.null.period / orbit.period
    flow = problem.rhs(x, orbit.parameter) / scale[:, None]
    bent = np.einsum("ijp,jp->ip", scaled_jacobian(problem, orbit), as_points(mesh.values(v))) + stretch * flow
    reach = (orbit.period * mesh.widths)[:, None, None]
    (phase, length), pull = rows_of(plane, reference)
    return Missed(
        orbit.slopes() / scale - reach * as_mesh(flow, mesh),
        float(np.sum(phase * (orbit.nodes - reference.orbit.nodes) / scale)),
        mesh.slopes(v) - reach * as_mesh(bent, mesh),
        float(np.sum(phase * v)),
        float(np.sum(length * (v - reference.null.nodes / scale))) + pull * (stretch - pull),
    )


def rows_of(plane: Plane, reference: CycleFold) -> tuple[Array, float]:
    """The rows of the phase condition and of the length of the null vector, and the latter's part by the period."""
    problem, mesh = plane.problem, reference.orbit.mesh
    phase = phase_row(problem, mesh, reference.orbit.slopes())
    length = weigh(problem, mesh, mesh.values(reference.null.nodes)) / reference.orbit.n
    return np.stack([phase / np.linalg.norm(phase), length]), reference.null.period / reference.orbit.period


def along_curve(normal: Array) -> Array:
    return np.array([-normal[1], normal[0]])
