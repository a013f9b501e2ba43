"""Curves of solutions, followed by their arclength: n equations in n + 1 unknowns.

A point ``u`` of the curve has a tangent ``t``. The next point is predicted at ``u + h t`` and corrected by Newton's
method within the plane through the prediction that is orthogonal to ``t``, so that the curve may turn around in any of
its unknowns (Keller 1977, in Applications of Bifurcation Theory, Academic Press; Allgower & Georg 1990, Numerical
Continuation Methods, doi:10.1007/978-3-642-61257-2). Lengths and angles are those of ``u/scale``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Test = Callable[[Vector, Vector], float]

_SMALLEST = 1e-9
_SHARPEST = 0.5
_BEND = 0.08
_ROUNDED = 1e-8
_CROSSING = 1e-4


@dataclass(frozen=True)
class Event:
    """A point of a curve where a test function is zero.

    Attributes
    ----------
    name
        Of the test function.
    point, tangent
        There.
    index
        The event lies between the points ``index`` and ``index + 1`` of the curve.
    value
        What is left of the test function, relative to its size at the neighbouring points.
    touches
        Whether the test function touches zero without a change of sign.
    """

    name: str
    point: Vector
    tangent: Vector
    index: int
    value: float
    touches: bool = False


@dataclass(frozen=True)
class Curve:
    """What was followed.

    Attributes
    ----------
    points, tangents
        (k, n + 1) each; tangents have the length 1 in ``u/scale`` and point along the curve.
    events
        Zeros of the test functions, in order.
    status
        A sentence: why the curve ends where it does.
    closed
        Whether the last point is the first one again.
    reason
        ``bound``, ``closed``, ``stuck``, ``most`` (points) or ``stopped`` (by ``accept``).
    edge
        Which unknown reached its bound, if one did.
    """

    points: Vector
    tangents: Vector
    events: tuple[Event, ...]
    status: str
    closed: bool
    reason: str = ""
    edge: int | None = None


@dataclass(frozen=True)
class Problem:
    """The equations ``residual(u) = 0``, their derivatives (n, n + 1), and the unit of each unknown."""

    residual: Callable[[Vector], Vector]
    jacobian: Callable[[Vector], Vector]
    scale: Vector
    tol: float = 1e-11

    def tangent(self, point: Vector, like: Vector) -> Vector | None:
        """The direction of the curve at a point, on the side of ``like``; None where it has none of its own."""
        return self.direction(self.jacobian(point), like)

    def side(self, slopes: Vector, like: Vector) -> float:
        """The sign of the determinant of the derivatives bordered with ``like``.

        It stays the same along a curve, but for branch points: there the curve crosses another one.
        """
        return float(np.linalg.slogdet(np.vstack([slopes * self.scale, like / self.scale]))[0])

    def direction(self, slopes: Vector, like: Vector) -> Vector | None:
        """See `tangent`, of the derivatives at the point."""
        matrix = np.vstack([slopes * self.scale, like / self.scale])
        right = np.zeros(len(matrix))
        right[-1] = 1.0
        direction = _solved(matrix, right)
        if direction is None:
            return None
        length = math.sqrt(direction @ direction)
        return self.scale * (direction / length) if 0.0 < length < math.inf else None

    def correct(self, guess: Vector, tangent: Vector, most: int = 10) -> tuple[Vector, int] | None:
        """See `correct`; also how many steps it took."""
        point = np.array(guess, dtype=float)
        normal = tangent / (self.scale * self.scale)
        matrix = np.empty((point.size, point.size))
        matrix[-1] = normal * self.scale
        right = np.empty(point.size)
        before = math.inf
        for count in range(1, most + 1):
            right[:-1] = self.residual(point)
            right[-1] = normal @ (point - guess)
            matrix[:-1] = self.jacobian(point) * self.scale
            step = _solved(matrix, right)
            if step is None:
                return None
            size = float(np.abs(step).max())
            if size >= before and before < _ROUNDED:  # as good as the numbers allow
                return point, count
            point = point - self.scale * step
            if size <= self.tol:
                return point, count
            if size > 2.0 * before or size > 1e3:
                return None
            before = size
        return (point, most) if before < _ROUNDED else None

    def between(self, a: Vector, b: Vector, fraction: float) -> tuple[Vector, Vector] | None:
        """The point of the curve, and its tangent, opposite a fraction of the way from its point ``a`` to ``b``."""
        chord = b - a
        found = self.correct(a + fraction * chord, chord / np.linalg.norm(chord / self.scale))
        if found is None:
            return None
        tangent = self.tangent(found[0], chord)
        return None if tangent is None else (found[0], tangent)


def _solved(matrix: Vector, right: Vector) -> Vector | None:
    try:
        step: Vector = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if math.isfinite(step @ step) else None


def correct(
    residual: Callable[[Vector], Vector],
    jacobian: Callable[[Vector], Vector],
    guess: ArrayLike,
    tangent: ArrayLike,
    scale: ArrayLike,
    *,
    tol: float = 1e-11,
    most: int = 10,
) -> Vector | None:
    """Newton's method within the plane through ``guess`` that is orthogonal to ``tangent``, in units of ``scale``.

    To hold one unknown fixed, give the tangent along its axis. None if it does not converge.
    """
    found = Problem(residual, jacobian, np.asarray(scale, float), tol).correct(
        np.asarray(guess, float), np.asarray(tangent, float), most
    )
    return None if found is None else found[0]


def trace(
    residual: Callable[[Vector], Vector],
    jacobian: Callable[[Vector], Vector],
    start: ArrayLike,
    tangent: ArrayLike,
    *,
    scale: ArrayLike,
    lower: ArrayLike = -math.inf,
    upper: ArrayLike = math.inf,
    tests: Mapping[str, Test] | None = None,
    step: float = 0.01,
    largest: ArrayLike = 0.05,
    tol: float = 1e-11,
    most: int = 2000,
    accept: Callable[[Vector, Vector], Any] | None = None,
) -> Curve:
    """Follow a curve from a point of it.

    Parameters
    ----------
    residual, jacobian
        The n equations as a function of the n + 1 unknowns, and their derivatives (n, n + 1).
    start
        A point near the curve.
    tangent
        Which way to go; any vector on that side of the curve.
    scale
        The unit of each unknown: how large a change of it counts as 1.
    lower, upper
        Bounds of the unknowns; the curve ends on the first that it reaches, exactly.
    tests
        Functions ``test(point, tangent)`` of which the zeros are located.
    step, largest
        First step; and how far each unknown may move in one, in units of its scale.
    tol
        Newton's method ends when a step is shorter, or does not get shorter any more.
    most
        How many points at most.
    accept
        Called as ``accept(point, tangent)`` for each point; the curve ends there when it returns False or a sentence.
    """
    problem = Problem(residual, jacobian, np.asarray(scale, float), tol)
    limits = (np.asarray(limit, float) for limit in (lower, upper, largest))
    walk = _Walk(problem, *np.broadcast_arrays(*limits, problem.scale)[:3])
    curve = walk.go(np.asarray(start, float), np.asarray(tangent, float), step, most, accept)
    if not tests:
        return curve
    from rheobase.numerics.curve_events import events

    return replace(curve, events=events(problem, curve, tests))


@dataclass(frozen=True)
class _Walk:
    problem: Problem
    lower: Vector
    upper: Vector
    largest: Vector

    def go(self, start: Vector, direction: Vector, step: float, most: int, accept: Callable | None) -> Curve:
        problem = self.problem
        found = problem.correct(start, direction / np.linalg.norm(direction / problem.scale))
        if found is None:
            return _curve([start], [direction], "stuck", "Newton's method does not converge at the start")
        tangent = problem.tangent(found[0], direction)
        if tangent is None:
            return _curve([found[0]], [direction], "stuck", "the curve has no direction of its own at the start")
        points, tangents = [self._snapped(found[0])], [tangent]
        side = problem.side(problem.jacobian(points[0]), tangent)
        while len(points) < most:
            step = min(step, self._longest(tangents[-1]))
            new = self._next(points[-1], tangents[-1], step)
            if new is None or (new[2] != side and step > _CROSSING):
                step *= 0.4
                if step < _SMALLEST:
                    where = "no point of the curve is found however short the step"
                    return _curve(points, tangents, "stuck", where)
                continue
            if self._is_outside(new[0]):
                end = self._end(points, tangents, new[0], step)
                if end is None:
                    step *= 0.4
                    continue
                return end
            if self._closes(points, tangents, new[0]):
                return _curve([*points, points[0]], [*tangents, tangents[0]], "closed", "the curve is closed")
            point, tangent, side, longer = new
            step *= longer
            points.append(point)
            tangents.append(tangent)
            verdict = accept(point, tangent) if accept else None
            if isinstance(verdict, str) or verdict is False:
                return _curve(points, tangents, "stopped", verdict or "the point was not accepted")
        return _curve(points, tangents, "most", f"{most} points were not enough")

    def _snapped(self, point: Vector) -> Vector:
        """A start on a bound stays on it in spite of rounding."""
        near = 1e-12 * self.problem.scale
        point = np.where(np.abs(point - self.lower) <= near, self.lower, point)
        return np.where(np.abs(point - self.upper) <= near, self.upper, point)

    def _longest(self, tangent: Vector) -> float:
        return float(np.min(self.largest / np.maximum(np.abs(tangent / self.problem.scale), 1e-300)))

    def _next(self, point: Vector, tangent: Vector, step: float) -> tuple[Vector, Vector, float, float] | None:
        """Point, tangent, its side, and by how much the next step may be longer; None where this one is too long."""
        problem = self.problem
        found = problem.correct(point + step * tangent, tangent, 7)
        if found is None:
            return None
        new, count = found
        shift = np.linalg.norm((new - point) / problem.scale - step * tangent / problem.scale)
        slopes = problem.jacobian(new)
        new_tangent = problem.direction(slopes, tangent)
        if new_tangent is None or shift > 0.3 * step:
            return None
        turn = math.acos(min(float(tangent / problem.scale @ (new_tangent / problem.scale)), 1.0))
        if turn > _SHARPEST:
            return None
        longer = min(max(_BEND / max(turn, 1e-9), 0.4), 1.7)
        side = problem.side(slopes, new_tangent)
        return new, new_tangent, side, longer if count <= 4 else min(longer, 0.7)

    def _is_outside(self, point: Vector) -> bool:
        return bool(np.any(point < self.lower) or np.any(point > self.upper))

    def _end(self, points: list[Vector], tangents: list[Vector], beyond: Vector, step: float) -> Curve | None:
        """The curve with its last point on the bound that it crosses first; None if that point is not found."""
        last, scale = points[-1], self.problem.scale
        change = beyond - last
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(change > 0.0, self.upper - last, self.lower - last) / change
        edge = int(np.nanargmin(np.where(change == 0.0, math.inf, room)))
        bound = self.upper[edge] if change[edge] > 0.0 else self.lower[edge]
        guess = last + max(float(room[edge]), 0.0) * change
        guess[edge] = bound
        axis = np.zeros(last.size)
        axis[edge] = scale[edge]
        found = self.problem.correct(guess, axis)
        if found is not None and np.linalg.norm((found[0] - guess) / scale) <= np.linalg.norm(change / scale):
            point = found[0]
            point[edge] = bound
            tangent = self.problem.tangent(point, change)
            if np.linalg.norm((point - last) / scale) > 1e-12:
                points, tangents = [*points, point], [*tangents, change if tangent is None else tangent]
        elif step > _SMALLEST and abs(room[edge]) > 1e-12:
            return None
        return _curve(points, tangents, "bound", f"unknown {edge} reaches its bound {bound:.10g}", edge)

    def _closes(self, points: list[Vector], tangents: list[Vector], new: Vector) -> bool:
        """Whether the first point lies on the stretch from the last point to a new one."""
        if len(points) < 4:
            return False
        scale = self.problem.scale
        first, last, end = points[0] / scale, points[-1] / scale, new / scale
        chord = end - last
        along = float((first - last) @ chord / (chord @ chord))
        if not 0.0 < along <= 1.0 or tangents[0] / scale @ chord <= 0.0:
            return False
        if np.linalg.norm(first - last - along * chord) > 0.3 * np.linalg.norm(chord):
            return False
        found = self.problem.between(points[-1], new, along)
        return found is not None and bool(np.linalg.norm(found[0] / scale - first) < 1e-6)


def _curve(points: list[Vector], tangents: list[Vector], reason: str, status: str, edge: int | None = None) -> Curve:
    return Curve(np.array(points), np.array(tangents), (), status, reason == "closed", reason, edge)
