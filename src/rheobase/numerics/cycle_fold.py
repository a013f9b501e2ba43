r"""Folds of cycles in two parameters: a cycle, a null vector of its equations, and both parameters at once.

In the time of one turn a cycle obeys ``F(u, T, p) = u' - T f(u, p) = 0``; at a fold of cycles the linear equations have
a solution ``(v, V)`` besides the shift along the cycle,

.. math:: v' - T f_x v - T f V = 0, \qquad \int u'\cdot v = 0, \qquad \langle c, (v, V)\rangle = 1 .

Cycle and null vector together are a regular solution of twice as many equations. Newton's method on them needs no
matrix of twice the size: with the null vector bordered away, ``B = [F', F_p d; c, 0]`` is regular, and six solutions
with the one factored ``B`` make a step (block elimination as in Govaerts 2000, Numerical Methods for Bifurcations of
Dynamical Equilibria, SIAM, chapter 3). ``d`` is the direction in the plane of the parameters across the curve.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.collocation import (
    Orbit,
    Problem,
    as_mesh,
    as_points,
    linearise,
    phase_row,
    scaled_jacobian,
    weigh,
)
from rheobase.numerics.condensation import Factors, solve
from rheobase.numerics.mesh import Mesh

Array = NDArray[np.float64]

_FAR = 2.0  # a correction larger than the orbit itself leads elsewhere
_CHORD = 0.1  # a matrix is used again while corrections shrink by more than this


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
        return replace(self, orbit=shifted(self.orbit, self.tangent, step), null=_sum(self.null, self.null_tangent, step))

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


def _sum(a: Shift, b: Shift, step: float) -> Shift:
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


def first(plane: Plane, orbit: Orbit, guess: Array | None = None) -> CycleFold | None:
    """The fold of cycles near a cycle with the parameters ``orbit.parameter``; None if there is none.

    ``guess`` (N, m, n) is the null vector, if something is known of it.
    """
    zero = Shift(np.zeros_like(orbit.nodes), 0.0, np.zeros(2))
    mean = orbit.mesh.integral(orbit.mesh.values(orbit.nodes))
    start = Shift(orbit.nodes - mean if guess is None else guess, 0.0, np.zeros(2))
    here = CycleFold(orbit, start, np.array([1.0, 0.0]), zero, zero, 0.0)
    for axis in (0, 1):
        here = replace(here, normal=np.eye(2)[axis])
        system = _System.at(plane, here, here)
        if system is None:
            continue
        null = system.null_vector()
        null = null.scaled(1.0 / math.sqrt(inner(plane, orbit, null, null)))
        found = correct(plane, replace(here, null=null), None)
        if found is not None:
            return found
    return None


def correct(
    plane: Plane, guess: CycleFold, tangent: Shift | None, *, tol: float = 1e-10, most: int = 14
) -> CycleFold | None:
    """The fold of cycles in the plane through ``guess`` that is orthogonal to ``tangent``.

    Without tangent, the parameters move only across the curve. None where Newton's method does not get there.
    """
    here, last, system = guess, math.inf, None
    for count in range(most):
        system = system or _System.at(plane, here, guess)
        step = system.step(_missed(plane, here, guess), here, tangent, guess) if system is not None else None
        if system is None or step is None:
            return None
        change, null, size = step
        if not size < _FAR or (size > 2.0 * last and size > 1e3 * tol):
            return None
        here = replace(here, orbit=_stretched(here.orbit, change), null=_sum(here.null, null, 1.0))
        if size < tol or (size >= last and size < 1e3 * tol):
            return _finished(plane, here, guess, count + 1)
        if size > _CHORD * last or (last == math.inf and size > 0.02):
            system = None
        last = size
    return None


def _stretched(orbit: Orbit, change: Shift) -> Orbit:
    """The orbit after a step of Newton's method; its period stays positive."""
    period = orbit.period * math.exp(change.period / orbit.period)
    return replace(
        orbit, nodes=orbit.nodes + change.nodes, period=period, parameter=np.asarray(orbit.parameter) + change.parameters
    )


def _finished(plane: Plane, here: CycleFold, guess: CycleFold, count: int) -> CycleFold | None:
    system = _System.at(plane, here, here)
    if system is None:
        return None
    tangent, null_tangent, bend = system.tangent()
    if inner(plane, here.orbit, tangent, guess.tangent) < 0.0:
        tangent, null_tangent, bend = tangent.scaled(-1.0), null_tangent.scaled(-1.0), -bend
    away = _difference(here, guess)
    distance = math.sqrt(inner(plane, here.orbit, away, away))
    length = math.sqrt(inner(plane, here.orbit, here.null, here.null))
    return CycleFold(
        here.orbit, here.null.scaled(1.0 / length), system.across(), tangent, null_tangent.scaled(1.0 / length), bend,
        count, distance,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _System:
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
    def at(cls, plane: Plane, here: CycleFold, reference: CycleFold) -> _System | None:
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
        rows, pull = _rows(plane, reference)
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
        """A step of Newton's method for the cycle and for the null vector, and its largest entry."""
        ahead = self._move(-missed.cycle, np.array([-missed.phase, 0.0]), np.zeros(2))
        answer, rest = self._null(ahead, -missed.null, -np.array([missed.null_phase, missed.length]))
        moves, nulls, mu = self._ways
        moves, nulls = [ahead, *moves], [answer, *nulls]
        if tangent is None:
            second, right = np.array([1.0, 0.0]), 0.0
        else:
            along = [inner(self.plane, self.here.orbit, tangent, move) for move in moves]
            second = np.array(along[1:])
            right = -along[0] - inner(self.plane, self.here.orbit, tangent, _difference(here, guess))
        matrix = np.array([mu, second])
        if not np.all(np.isfinite(matrix)) or not abs(np.linalg.det(matrix)) > 0.0:
            return None
        weights = np.array([1.0, *np.linalg.solve(matrix, np.array([-rest, right]))])
        change, null = _combined(moves, weights), _combined(nulls, weights)
        return change, null, max(self._largest(change), self._largest(null))

    def tangent(self) -> tuple[Shift, Shift, float]:
        """The unit tangent, how the null vector changes along it, and its part along the curve's parameters."""
        moves, nulls, mu = self._ways
        weights = np.array([mu[1], -mu[0]])
        change, null = _combined(moves, weights), _combined(nulls, weights)
        length = math.sqrt(inner(self.plane, self.here.orbit, change, change))
        return change.scaled(1.0 / length), null.scaled(1.0 / length), float(mu[1]) / length

    def across(self) -> Array:
        """The direction in the plane of the parameters in which the fold is passed, on the side of the last one."""
        d, e = self.here.normal, _along(self.here.normal)
        _, (_, part) = solve(self.factors, -self.forces @ e, np.zeros(2))
        new = d - part * e
        return new / np.linalg.norm(new)

    @cached_property
    def _ways(self) -> tuple[list[Shift], list[Shift], Array]:
        """Changes of the cycle along the parameters and along the null vector, and how the null vector answers.

        The third part is what remains of the equations; it has to be zero in sum.
        """
        zero = np.zeros_like(self.here.orbit.nodes)
        along = _along(self.here.normal)
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


def _missed(plane: Plane, here: CycleFold, reference: CycleFold) -> Missed:
    problem, orbit, scale = plane.problem, here.orbit, plane.problem.scale
    mesh, x = orbit.mesh, orbit.gauss()
    v, stretch = here.null.nodes / scale, here.null.period / orbit.period
    flow = problem.rhs(x, orbit.parameter) / scale[:, None]
    bent = np.einsum("ijp,jp->ip", scaled_jacobian(problem, orbit), as_points(mesh.values(v))) + stretch * flow
    reach = (orbit.period * mesh.widths)[:, None, None]
    (phase, length), pull = _rows(plane, reference)
    return Missed(
        orbit.slopes() / scale - reach * as_mesh(flow, mesh),
        float(np.sum(phase * (orbit.nodes - reference.orbit.nodes) / scale)),
        mesh.slopes(v) - reach * as_mesh(bent, mesh),
        float(np.sum(phase * v)),
        float(np.sum(length * (v - reference.null.nodes / scale))) + pull * (stretch - pull),
    )


def _rows(plane: Plane, reference: CycleFold) -> tuple[Array, float]:
    """The rows of the phase condition and of the length of the null vector, and the latter's part by the period."""
    problem, mesh = plane.problem, reference.orbit.mesh
    phase = phase_row(problem, mesh, reference.orbit.slopes())
    length = weigh(problem, mesh, mesh.values(reference.null.nodes)) / reference.orbit.n
    return np.stack([phase / np.linalg.norm(phase), length]), reference.null.period / reference.orbit.period


def _along(normal: Array) -> Array:
    return np.array([-normal[1], normal[0]])


def _difference(a: CycleFold, b: CycleFold) -> Shift:
    return Shift(a.orbit.nodes - b.orbit.nodes, a.orbit.period - b.orbit.period, a.parameters - b.parameters)


def _combined(shifts: list[Shift], weights: Array) -> Shift:
    return Shift(
        sum((w * shift.nodes for w, shift in zip(weights, shifts, strict=True)), np.zeros(1)),
        float(sum(w * shift.period for w, shift in zip(weights, shifts, strict=True))),
        sum((w * shift.parameters for w, shift in zip(weights, shifts, strict=True)), np.zeros(2)),
    )
