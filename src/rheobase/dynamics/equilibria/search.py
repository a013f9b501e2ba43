"""All equilibria of a vector field in a box, for one or several values of a parameter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import Box, threshold_of
from rheobase.dynamics.equilibria.reduction import Reduction, partial_reduction, reductions
from rheobase.dynamics.field import VectorField

Vector = NDArray[np.float64]

_GRID = 160
_FINE = 40
_STALLED = 1e-6


@dataclass(frozen=True)
class Found:
    """Equilibria (internal units) for each value of the parameter, and how they were found.

    ``complete`` says whether the whole box was searched; ``box`` may be wider than the one that was asked for;
    ``scanned`` is the state from which the others follow, None if they do not.
    """

    points: tuple[tuple[Vector, ...], ...]
    box: Box
    complete: bool
    how: str
    scanned: int | None = None


def equilibria(
    field: VectorField, box: Box, parameter: str | None = None, values: Any = (0.0,), *, starts: int = 200
) -> Found:
    """Every equilibrium in the box.

    Where the equations can be solved in order once one state is known, the one that remains is a function of this
    state, all of whose roots are found; for Hodgkin and Huxley's neuron that is the steady current as a function of
    the voltage. Otherwise Newton's method starts from many points, with deflation. A box that nobody asked for is
    widened where it holds no equilibrium.

    Parameters
    ----------
    field
        The model.
    parameter, values
        A parameter and its values in internal units; none for the field's own.
    starts
        How many starts for each value, where starts are needed.
    """
    try:
        return _searched(field, box, parameter, values, starts)
    except ZeroDivisionError:
        return Found(tuple(() for _ in values), box, False, "an equation divides by zero")


def _searched(field: VectorField, box: Box, parameter: str | None, values: Any, starts: int) -> Found:
    chosen = _solvable(field, box)
    scanned = None if chosen is None else chosen.given
    for factor in (1.0, 10.0, 100.0):
        wider = box if factor == 1.0 else _within_threshold(field, box.wider(factor, ~box.given & ~box.gates))
        if chosen is not None:
            found = _by_scanning(field, wider, chosen, parameter, values)
            how = f"roots of the equation of {field.states[chosen.left]} as a function of {field.states[chosen.given]}"
        else:
            found = tuple(_by_starts(field, wider, _parameters(field, parameter, value), starts) for value in values)
            how = "Newton's method from many starts with deflation, so that some may be missing"
        if any(found) or bool(box.given.all()):
            return Found(found, wider, chosen is not None, how, scanned)
    return Found(found, box, chosen is not None, how, scanned)


def polish(field: VectorField, x: Vector, p: Any, scale: Vector) -> Vector | None:
    """Newton's method until rounding stops it; None if it does not converge."""
    before, best = math.inf, x
    for _ in range(30):
        flow = field.rhs(x, p)
        if not flow.any():
            return x
        try:
            step = np.linalg.solve(field.jacobian(x, p), flow)
        except np.linalg.LinAlgError:
            return best if before < _STALLED else None
        size = float(np.max(np.abs(step) / (np.abs(x) + 1e-3 * scale)))
        if not math.isfinite(size) or (size >= 0.5 * before and before < _STALLED):
            return best if before < _STALLED else None
        x = x - step
        best, before = x, size
        if size < 1e-15:
            break
    return best if before < _STALLED else None


def _parameters(field: VectorField, parameter: str | None, value: Any) -> Any:
    return field.values if parameter is None else field.at(**{parameter: value})


def _within_threshold(field: VectorField, box: Box) -> Box:
    """A box that was widened beyond the threshold of a neuron with a reset ends there again."""
    upper = box.upper.copy()
    for at, state in enumerate(field.states):
        end = threshold_of(field, state)
        if end is not None and not box.given[at]:
            upper[at] = min(upper[at], end)
    return Box(box.lower, upper, box.given, box.gates)


def _solvable(field: VectorField, box: Box) -> Reduction | None:
    """The first reduction whose equations can be solved all over the box."""
    candidates = reductions(field)
    candidate = next(candidates, None)
    while candidate is not None:
        grid = np.linspace(box.lower[candidate.given], box.upper[candidate.given], 25)
        _, solvable = candidate.solve(field, grid, field.values)
        pairs = [pair for level in candidate.levels for pair in level]
        refused = tuple(pair for pair, good in zip(pairs, solvable, strict=True) if not good)
        if not refused:
            return candidate
        try:
            candidate = candidates.send(refused)
        except StopIteration:
            return None
    return None


def _grid(low: float, high: float, centre: float) -> Vector:
    """Even points, and denser ones around a centre."""
    width = high - low
    offsets = np.geomspace(1e-4 * width, 0.1 * width, _FINE)
    points = np.concatenate([np.linspace(low, high, _GRID), centre - offsets, [centre], centre + offsets])
    return np.unique(points[(points >= low) & (points <= high)])


def _by_scanning(
    field: VectorField, box: Box, reduction: Reduction, parameter: str | None, values: Any
) -> tuple[tuple[Vector, ...], ...]:
    from rheobase.numerics.scan import roots

    numbers = np.asarray(values, dtype=float)

    def at(which: NDArray[np.intp]) -> list[Any]:
        p: list[Any] = field.values.tolist()
        if parameter is not None:
            p[field.index(parameter)] = numbers[which]
        return p

    def function(x: Vector, which: NDArray[np.intp]) -> tuple[Vector, Vector]:
        return reduction.value(field, x, at(which))[:2]

    given = reduction.given
    grid = _grid(box.lower[given], box.upper[given], float(field.start[given]))
    found = roots(function, grid, numbers.size)
    states, _ = reduction.solve(field, found.x, at(found.which))
    points: list[list[Vector]] = [[] for _ in numbers]
    for guess, which, double in zip(states.T, found.which, found.double, strict=True):
        p = _parameters(field, parameter, numbers[which])
        point = _accepted(field, guess, p, box.width, bool(double))
        if point is not None and _allowed(point, box, given) and _new(point, points[which], box.width):
            points[which].append(point)
    return tuple(tuple(group) for group in points)


def _accepted(field: VectorField, guess: Vector, p: Any, width: Vector, double: bool) -> Vector | None:
    """The equilibrium near a guess, if there is one; a pole of the scanned function is none.

    Where two equilibria have merged, Newton's method does not improve the guess.
    """
    if not np.all(np.isfinite(guess)):
        return None
    unit = np.abs(guess) + 1e-2 * width
    point = guess if double else polish(field, guess, p, width)
    if point is None or np.any(np.abs(point - guess) > 1e-6 * unit):
        return None
    beside = np.max([np.abs(field.rhs(point + step * unit, p)) for step in (-1.0, -0.37, 0.37, 1.0)], axis=0)
    return point if bool(np.all(~(np.abs(field.rhs(point, p)) > 1e-6 * beside))) else None


def _allowed(point: Vector, box: Box, scanned: int) -> bool:
    """Whether the states that are bounded lie in the box: the scanned one, and those that the user has bounded."""
    bounded = box.given.copy()
    bounded[scanned] = True
    room = 1e-9 * box.width
    inside = (point >= box.lower - room) & (point <= box.upper + room)
    return bool(np.all(inside[bounded]))


def _new(point: Vector, others: list[Vector], width: Vector) -> bool:
    return all(np.max(np.abs(point - other) / (np.abs(point) + 1e-3 * width)) > 1e-9 for other in others)


def _by_starts(field: VectorField, box: Box, p: Any, starts: int) -> tuple[Vector, ...]:
    from rheobase.numerics.deflation import solutions

    known = partial_reduction(field)

    def prepare(states: Vector) -> Vector:
        moved = states.copy()
        known.fill(field, moved, p)
        return np.where(np.isfinite(moved), moved, states)

    found = solutions(
        lambda x: field.rhs(x, p), lambda x: field.jacobian(x, p), box.lower, box.upper, starts=starts,
        prepare=prepare if known.levels else None,
    )  # fmt: skip
    points: list[Vector] = []
    for guess in found:
        point = polish(field, guess, p, box.width)
        if point is not None and box.contains(point) and _new(point, points, box.width):
            points.append(point)
    return tuple(sorted(points, key=lambda point: tuple(point)))
