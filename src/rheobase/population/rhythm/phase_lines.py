"""Hopf and fold lines in the plane of two parameters: seeds on the edges of a grid, then continuation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.continuation import Curve, trace
from rheobase.population.rhythm.hopf_search import between, solved
from rheobase.population.rhythm.phase_points import PhasePoint, PhaseState
from rheobase.population.states.family import Family
from rheobase.population.states.family_equations import Equations, fold_equations, hopf_equations, state_equations

Array = NDArray[np.float64]

_MOST = 400
_LONGEST = 0.05
_NEAR = 2e-3
_STEP = 1e-8  # the last one of Newton's method: with slopes that are _NEAR right the error after it is a thousandth


@dataclass(frozen=True)
class PhaseLine:
    """A line on which an oscillation begins (``hopf``) or two states meet (``fold``).

    Attributes
    ----------
    kind : str
    values : ndarray (k, 2)
        The two parameters along the line.
    rates : ndarray (k, n)
        Hz.
    frequency_hz : ndarray (k,)
        Of the oscillation; 0 on a fold line.
    """

    kind: str
    values: Array
    rates: Array
    frequency_hz: Array


def equations_of(kind: str, own: Family) -> Equations:
    """Those of a line of this kind."""
    return hopf_equations(own) if kind == "hopf" else fold_equations(own)


def seeds(own: Family, a: PhasePoint, b: PhasePoint, axis: int) -> list[tuple[str, Array]]:
    """Kinds and unknowns of the fold and Hopf points on the edge between neighbours of a grid, along one parameter."""
    edge = _edge(own, a, b, axis)
    found = []
    for state, other in _matched(a, b):
        if other is None:
            found += [("fold", point) for point in _folds(edge, state, a.values[axis])]
        elif state.unstable >= 0 and other.unstable >= 0 and abs(state.unstable - other.unstable) > 1:
            ends = [np.append(s.rates * 1e-3, p.values[axis]) for s, p in ((state, a), (other, b))]
            found += [("hopf", point) for point in between(edge, hopf_equations(edge), ends[0], ends[1], 1)]
    found += [
        ("fold", p) for state, other in _matched(b, a) if other is None for p in _folds(edge, state, b.values[axis])
    ]
    fixed = a.values[1 - axis]
    return [(kind, np.insert(point, point.size - axis, fixed)) for kind, point in found]


def _edge(own: Family, a: PhasePoint, b: PhasePoint, axis: int) -> Family:
    """The family of one parameter along an edge of the grid."""
    low, high = sorted((a.values[axis], b.values[axis]))
    return own.edge(axis, a.values[1 - axis], low, high)


def _matched(a: PhasePoint, b: PhasePoint) -> list[tuple[PhaseState, PhaseState | None]]:
    """Each state of ``a`` with its neighbour among those of ``b``, the nearest pairs first; None where none is left."""
    pairs = sorted(
        product(range(len(a.states)), range(len(b.states))), key=lambda p: _apart(a.states[p[0]], b.states[p[1]])
    )
    partner: dict[int, int] = {}
    for i, j in pairs:
        if i not in partner and j not in partner.values():
            partner[i] = j
    return [(state, b.states[partner[i]] if i in partner else None) for i, state in enumerate(a.states)]


def _apart(a: PhaseState, b: PhaseState) -> float:
    """Distance of two states by the square roots of their rates, so that low rates are told apart too."""
    return float(np.max(np.abs(np.sqrt(a.rates) - np.sqrt(b.rates))))


def _folds(edge: Family, state: PhaseState, value: float) -> list[Array]:
    """Folds on the curve of a state that has no partner on the other end of the edge."""
    equations = state_equations(edge)
    n = len(edge.populations)
    way = 1.0 if value == edge.low[0] else -1.0
    curve = trace(
        equations.residual, equations.jacobian, np.append(state.rates * 1e-3, value),
        np.append(np.zeros(n), way * edge.span[0]), scale=equations.scale, lower=equations.lower, upper=equations.upper,
        tests={"fold": lambda _, t: t[-1] / edge.span[0]}, largest=0.3, most=200,
    )  # fmt: skip
    return [np.maximum(event.point, 0.0) for event in curve.events]


def followed(own: Family, kind: str, seed: Array) -> PhaseLine | None:
    """The line through a point of it, to the borders of the ranges; None if the point is not on one."""
    equations = equations_of(kind, own)
    direction = np.linalg.svd(equations.jacobian(seed) * equations.scale)[2][-1] * equations.scale
    halves = [_half(equations, seed, way * direction) for way in (-1.0, 1.0)]
    closed = next((half for half in halves if half.closed), None)
    points = closed.points if closed else np.concatenate([halves[0].points[::-1], halves[1].points[1:]])
    return line(kind, points, equations.n) if len(points) > 2 else None


def _half(equations: Equations, seed: Array, way: Array) -> Curve:
    """One half of a line. Where it bends too sharply for slopes that last, with those of every point."""
    for jacobian in (_lasting(equations), equations.jacobian):
        found = trace(
            equations.residual, jacobian, seed, way, scale=equations.scale, lower=equations.lower,
            upper=equations.upper, largest=_LONGEST, most=_MOST, tol=_STEP,
        )  # fmt: skip
        if found.reason in ("bound", "closed"):
            break
    return found


def _lasting(equations: Equations) -> Callable[[Array], Array]:
    """Slopes that are kept while the unknowns stay near: they cost as much as ten residuals.

    Newton's method then gains fewer digits a step, and converges to the same point.
    """
    kept: list[tuple[Array, Array]] = []

    def jacobian(u: Array) -> Array:
        if not kept or np.max(np.abs(u - kept[0][0]) / equations.scale) > _NEAR:
            kept[:] = [(u.copy(), equations.jacobian(u))]
        return kept[0][1]

    return jacobian


def line(kind: str, points: Array, n: int) -> PhaseLine:
    """Unknowns along a line as a result."""
    omega = points[:, n] if kind == "hopf" else np.zeros(len(points))
    return PhaseLine(kind, points[:, -2:], np.maximum(points[:, :n], 0.0) * 1e3, 1e3 * omega / (2.0 * np.pi))


def unknowns(found: PhaseLine, index: int) -> Array:
    """The unknowns of `equations_of` at a point of a line."""
    omega = [found.frequency_hz[index] * 2e-3 * np.pi] if found.kind == "hopf" else []
    return np.concatenate([found.rates[index] * 1e-3, omega, found.values[index]])


def explained(lines: Sequence[PhaseLine], a: PhasePoint, b: PhasePoint, axis: int) -> bool:
    """Whether the known lines that cross the edge between two neighbours are as many as their states tell."""
    pairs = _matched(a, b)
    states = [(state, other) for state, other in pairs if other is not None]
    if any(min(state.unstable, other.unstable) < 0 for state, other in states):
        return False
    folds = abs(len(a.states) - len(b.states))
    changes = [abs(state.unstable - other.unstable) for state, other in states]
    if folds == 0 and any(change % 2 for change in changes):
        return False
    wanted = {"hopf": sum(change // 2 for change in changes), "fold": folds // 2}
    return all(sum(crossed(line, a, b, axis) for line in lines if line.kind == kind) == n for kind, n in wanted.items())


def crossed(line: PhaseLine, a: PhasePoint, b: PhasePoint, axis: int) -> int:
    """How often a line crosses the edge between two places of the grid."""
    across = line.values[:, 1 - axis] - a.values[1 - axis]
    hits = np.flatnonzero((across[:-1] * across[1:] < 0.0) | (across[1:] == 0.0))
    part = across[hits] / (across[hits] - across[hits + 1])
    along = line.values[hits, axis] + part * (line.values[hits + 1, axis] - line.values[hits, axis])
    low, high = sorted((a.values[axis], b.values[axis]))
    return int(np.count_nonzero((along >= low) & (along <= high)))


def covered(lines: Sequence[PhaseLine], kind: str, seed: Array, own: Family) -> bool:
    """Whether a line passes through a seed already."""
    scale = equations_of(kind, own).scale
    for other in lines:
        if other.kind != kind:
            continue
        points = np.array([unknowns(other, k) for k in range(len(other.values))]) / scale
        if _distance(points, seed / scale) < 0.2 * _LONGEST:
            return True
    return False


def _distance(points: Array, point: Array) -> float:
    """From a point to a polyline."""
    start, chord = points[:-1], np.diff(points, axis=0)
    length = np.maximum(np.sum(chord**2, axis=1), 1e-300)
    along = np.clip(np.sum((point - start) * chord, axis=1) / length, 0.0, 1.0)
    return float(np.min(np.linalg.norm(start + along[:, None] * chord - point, axis=1)))


def crossings(own: Family, found: PhaseLine, axis: int, value: float) -> list[PhaseLine]:
    """The points of a line at a value of one parameter, each a line of one point, solved to rounding."""
    side = found.values[:, axis] - value
    result = []
    for k in np.flatnonzero((side[:-1] * side[1:] < 0.0) | (side[:-1] == 0.0)):
        part = side[k] / (side[k] - side[k + 1])
        guess = (1.0 - part) * unknowns(found, int(k)) + part * unknowns(found, int(k) + 1)
        edge = own.edge(1 - axis, value, float(own.low[1 - axis]), float(own.high[1 - axis]))
        point = solved(equations_of(found.kind, edge), np.delete(guess, guess.size - 2 + axis))
        if point is not None:
            n = len(own.populations)
            result.append(line(found.kind, np.insert(point, point.size - 1 + axis, value)[None], n))
    return result
