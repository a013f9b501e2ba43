r"""Periodic orbits found and followed: Newton's method on the collocation equations, tangents, prediction.

The unknowns are the orbit, its period and one parameter. Two more equations close the system: the phase condition
``integral <u - guess, guess'> = 0`` and a plane through the guess. The plane that is orthogonal to the tangent gives
Keller's pseudo-arclength; the plane ``parameter = constant`` gives the cycle at one value.

Lengths are those of ``integral of |u / scale|**2 / n ds + (T'/T)**2 + (p'/parameter_scale)**2``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.collocation import Orbit, Problem, columns, defect, linearise, phase_row, weigh
from rheobase.numerics.condensation import solve
from rheobase.numerics.floquet import across, growth, multipliers, transitions
from rheobase.numerics.mesh import Array, Mesh

_FAR = 2.0  # a correction larger than the orbit itself leads elsewhere
_GROWTH = 2.0  # logarithm of the growth within an interval
_STEEP = 5.0  # logarithm of a growth that is worth a turn
_CHORD = 0.08  # a Jacobian is used again while corrections shrink by more than this


@dataclass(frozen=True)
class Direction:
    """A direction in the space of orbits, periods and parameters, in the units of the model."""

    nodes: Array
    period: float
    parameter: float

    def scaled(self, factor: float) -> Direction:
        return Direction(factor * self.nodes, factor * self.period, factor * self.parameter)

    def on(self, old: Mesh, new: Mesh) -> Direction:
        """The same direction on another mesh."""
        return Direction(old.interpolate(self.nodes, new.nodes), self.period, self.parameter)


@dataclass(frozen=True, eq=False)
class Solution:
    """A cycle, the direction in which its branch goes on, and the matrices that carry small deviations along it.

    Attributes
    ----------
    orbit, tangent
        The cycle and the unit tangent of the branch.
    sign, log
        Of the determinant of the bordered matrix: its sign changes at branch points and not at folds.
    carried, flow
        Transition matrices of the intervals (N, n, n) and the vector field at their beginnings (N, n), in units of the
        scales.
    error
        Estimate of the largest error between the nodes, in units of the scales.
    corrections
        How many corrections Newton's method took, and how far it went in units of the length.
    """

    orbit: Orbit
    tangent: Direction
    sign: float
    log: float
    carried: Array
    flow: Array
    error: float
    corrections: int
    distance: float

    @cached_property
    def split(self) -> tuple[float, NDArray[np.complex128]]:
        """The multiplier along the flow, which is 1 on any cycle, and the others, the largest first."""
        along, transverse = across(self.carried, self.flow)
        return along, multipliers(transverse)

    def turned(self) -> Solution:
        """The same cycle, stored from where growth turns into decay.

        The linear systems are solved from both ends of what is stored. Where small deviations first decay and then
        grow, as from there, that is well conditioned; the other way round, as on canards, it is not.
        """
        rates = growth(across(self.carried, self.flow)[1])
        heights = np.concatenate([[0.0], np.cumsum(rates - rates.mean())[:-1]])
        j = int(np.argmax(heights))
        if heights[j] < _STEEP:
            return self
        tangent = replace(self.tangent, nodes=np.roll(self.tangent.nodes, -j, axis=0))
        carried, flow = np.roll(self.carried, -j, axis=0), np.roll(self.flow, -j, axis=0)
        return replace(self, orbit=self.orbit.beginning(j), tangent=tangent, carried=carried, flow=flow)


def inner(problem: Problem, orbit: Orbit, a: Direction, b: Direction) -> float:
    """The scalar product of two directions at ``orbit``."""
    mesh, n = orbit.mesh, orbit.n
    row = weigh(problem, mesh, mesh.values(a.nodes)) / n
    period = a.period * b.period / orbit.period**2
    parameter = a.parameter * b.parameter / problem.parameter_scale**2
    return float(np.sum(row * (b.nodes / problem.scale))) + period + parameter


def unit(problem: Problem, orbit: Orbit, direction: Direction) -> Direction:
    """The direction with length 1."""
    return direction.scaled(1.0 / math.sqrt(inner(problem, orbit, direction, direction)))


def moved(orbit: Orbit, direction: Direction, step: float) -> Orbit:
    """The orbit ``step`` lengths further on."""
    return Orbit(
        orbit.mesh, orbit.nodes + step * direction.nodes, orbit.period + step * direction.period,
        orbit.parameter + step * direction.parameter,
    )  # fmt: skip


def between(a: Orbit, b: Orbit) -> Direction:
    """From ``a`` to ``b``, on the mesh of ``b``."""
    a = a.on(b.mesh) if a.mesh is not b.mesh else a
    return Direction(b.nodes - a.nodes, b.period - a.period, b.parameter - a.parameter)


def needed(problem: Problem, orbit: Orbit) -> Array:
    """Intervals per turn, (N,), that keep growth within every interval moderate.

    Gauss's methods follow decay of any speed, but fast growth only in small steps.
    """
    mesh = orbit.mesh
    middle = mesh.interpolate(orbit.nodes, mesh.edges[:-1] + 0.5 * mesh.widths)
    J = np.moveaxis(problem.jacobian(np.ascontiguousarray(middle.T), orbit.parameter), 2, 0)
    return orbit.period / _GROWTH * np.maximum(np.max(np.linalg.eigvals(J).real, axis=1), 0.0)


def spread(problem: Problem, orbit: Orbit, N: int | None = None) -> Mesh:
    """A mesh of ``N`` intervals that fits the orbit."""
    return orbit.mesh.adapted(orbit.nodes, problem.scale, N, needed(problem, orbit))


def wanted(problem: Problem, orbit: Orbit, tol: float) -> float:
    """How many intervals keep the error between the nodes below half of ``tol``."""
    mesh = orbit.mesh
    by_error = mesh.N * (2.0 * mesh.even_error(orbit.nodes, problem.scale) / tol) ** (1.0 / (mesh.m + 1))
    return by_error + float(needed(problem, orbit) @ mesh.widths)


def correct(
    problem: Problem, guess: Orbit, tangent: Direction | None, *, tol: float = 1e-9, most: int = 12
) -> Solution | None:
    """The cycle in the plane through ``guess`` that is orthogonal to ``tangent``.

    Parameters
    ----------
    problem
        The vector field.
    guess
        Where to start; its phase is kept.
    tangent
        Normal of the plane, a direction on the mesh of ``guess``; None keeps the parameter instead.
    tol
        Largest last correction, relative to the scales.
    most
        Corrections allowed.

    Returns
    -------
    Solution or None
        None where Newton's method does not get there.
    """
    rows = np.stack([phase_row(problem, guess.mesh, guess.slopes()), np.zeros_like(guess.nodes)])
    corner = np.array([[0.0, 0.0], [0.0, 1.0]])
    if tangent is not None:
        rows[1] = weigh(problem, guess.mesh, guess.mesh.values(tangent.nodes)) / guess.n
        corner[1] = tangent.period / guess.period, tangent.parameter / problem.parameter_scale
    orbit, count = _newton(problem, guess, rows, corner, tol, most)
    if orbit is None:
        return None
    return _solution(problem, guess, orbit, tangent, rows, corner, count)


def _newton(
    problem: Problem, guess: Orbit, rows: Array, corner: Array, tol: float, most: int
) -> tuple[Orbit | None, int]:
    """Newton's method, keeping a factored matrix as long as it serves."""
    orbit, factors, last = guess, None, math.inf
    for count in range(most):
        missed = defect(problem, orbit)
        if factors is None:
            factors = linearise(problem, orbit, columns(problem, orbit), rows, corner)
        change, border = solve(factors, -missed, np.zeros(2))
        size = max(float(np.max(np.abs(change))), float(np.max(np.abs(border))))
        if not size < _FAR or (size > last and size > 1e3 * tol):
            return None, count
        orbit = _changed(problem, orbit, change, border)
        # Corrections shrink by a steady factor at least: the next one is known before it is made.
        if size < tol or (size < 0.1 * last < 0.1 and size * size / last < 0.1 * tol):
            return orbit, count + 1
        if size > _CHORD * last or (last == math.inf and size > 0.02):
            factors = None
        last = size
    return None, most


def _changed(problem: Problem, orbit: Orbit, change: Array, border: Array) -> Orbit:
    return Orbit(
        orbit.mesh, orbit.nodes + change * problem.scale, orbit.period * math.exp(border[0]),
        orbit.parameter + border[1] * problem.parameter_scale,
    )  # fmt: skip


def _solution(
    problem: Problem, guess: Orbit, orbit: Orbit, tangent: Direction | None, rows: Array, corner: Array, count: int
) -> Solution:
    """Tangent and transition matrices from the matrix at the solution; one last correction comes with it."""
    factors = linearise(problem, orbit, columns(problem, orbit), rows, corner)
    change, border = solve(factors, -defect(problem, orbit), np.zeros(2))
    polished = _changed(problem, orbit, change, border)
    nodes, (period, parameter) = solve(factors, np.zeros_like(orbit.nodes), np.array([0.0, 1.0]))
    direction = Direction(nodes * problem.scale, period * orbit.period, parameter * problem.parameter_scale)
    away = between(guess, polished)
    return Solution(
        polished, unit(problem, orbit, direction), factors.sign, factors.log, transitions(factors, orbit.n),
        problem.rhs(orbit.nodes[:, 0].T, orbit.parameter).T / problem.scale,
        orbit.mesh.error(orbit.nodes, problem.scale), count, math.sqrt(inner(problem, orbit, away, away)),
    )  # fmt: skip
