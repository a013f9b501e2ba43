"""Bifurcations along a branch of equilibria: found by test functions, located, and checked before they are reported.

- Fold: the parameter turns back, so its part of the tangent is zero. A saddle-node if the quadratic coefficient and the
  slope by the parameter are not zero; where the tangent only touches zero, a cusp.
- Branch point: the matrix of the equations' derivatives, bordered with the tangent, is singular.
- Hopf point: the sum of two eigenvalues is zero. Two real ones of opposite sign do that too (a neutral saddle), which
  is no bifurcation and is left out.

The number of eigenvalues with positive real part has to change as these points say; where it does not, the branch is
refined until it does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.line import Line
from rheobase.dynamics.equilibria.normal_form import critical_pair, first_lyapunov, fold
from rheobase.dynamics.special import SpecialPoint, without_rounding
from rheobase.numerics.continuation import Curve, Event
from rheobase.numerics.curve_events import events

Vector = NDArray[np.float64]
Complex = NDArray[np.complex128]

_ON_AXIS = 1e-6
_DEGENERATE = 1e-6
_UNDECIDED = 1e-9
_ROUNDS = 12
_COARSER = 0.1  # a cubic over twice the distance is sixteen times as far off
_FLAT = 1e-9
_SAME_POINT = 1e-12
_SHORTEST = 1e-6
_SHORT = 1e-3


@dataclass(frozen=True, eq=False)
class Detected:
    """A branch with its special points inserted: ``(index, point)``; candidates for branch points; places where
    the number of unstable directions changes for no reason that was found; the size of each equation's derivatives."""

    curve: Curve
    special: tuple[tuple[int, SpecialPoint], ...]
    branch_events: tuple[Event, ...]
    unresolved: tuple[Vector, ...]
    rows: Vector


def detect(line: Line, curve: Curve) -> Detected:
    """All special points of a branch but its branch points, of which the candidates are returned."""
    for number in range(_ROUNDS):
        values, counts, rows = _known(line, curve)
        rough = _refined(line, curve, _rough(line, curve, values["hopf"]), _SHORT) if number < _ROUNDS - 1 else None
        if rough is not None:
            curve = rough
            continue
        found = events(line.problem, curve, _tests(line, rows), values)
        points = [(event, _special(line, event)) for event in found]
        gaps = _unexplained(counts, points)
        refined = _refined(line, curve, gaps, _SHORTEST)
        if refined is None:
            break
        curve = refined
    unresolved = tuple(curve.points[gap] for gap in gaps)
    branch = tuple(event for event in found if event.name == "branch")
    kept = [(event, point) for event, point in points if point is not None]
    return Detected(*_inserted(line, curve, kept), branch, unresolved, rows)


def _tests(line: Line, rows: Vector) -> dict[str, Callable[[Vector, Vector], float]]:
    def eigenvalues(point: Vector) -> Complex:
        return eigenvalues_of(line.field.jacobian(point[:-1], line.values(point))[None])

    def bordered(point: Vector, tangent: Vector) -> float:
        slopes = line.jacobian(point) * line.scale / rows[:, None]
        return float(np.linalg.det(np.vstack([slopes, tangent / line.scale])))

    return {
        "fold": lambda point, tangent: float(tangent[-1] / line.scale[-1]),
        "branch": bordered,
        "hopf": lambda point, tangent: float(pair_test(eigenvalues(point))[0]),
    }


def _known(line: Line, curve: Curve) -> tuple[dict[str, Vector], NDArray[np.intp], Vector]:
    """The test functions at all points at once, how many eigenvalues have a positive real part, and the largest size
    of each equation's derivatives."""
    slopes = line.jacobians(curve.points)
    p: list[Any] = line.field.values.tolist()
    p[line.field.index(line.parameter)] = curve.points[:, -1]
    by_parameter = line.field.by_parameter(curve.points[:, :-1].T, line.parameter, p).T
    full = np.concatenate([slopes, by_parameter[:, :, None]], axis=2) * line.scale
    rows = np.linalg.norm(full, axis=2).max(axis=0)
    rows = np.where(rows > 0.0, rows, 1.0)
    bordered = np.concatenate([full / rows[:, None], (curve.tangents / line.scale)[:, None, :]], axis=1)
    values = eigenvalues_of(slopes)
    tests = {
        "fold": curve.tangents[:, -1] / line.scale[-1],
        "branch": np.linalg.det(bordered),
        "hopf": pair_test(values),
    }
    undecided = np.abs(values.real) <= _UNDECIDED * np.abs(values).max(axis=1, keepdims=True)
    if line.field.n == 1:
        undecided = np.abs(values.real) <= _UNDECIDED * rows.max()
    counts = np.where(undecided.any(axis=1), -1, np.count_nonzero(values.real > 0.0, axis=1))
    return tests, counts, rows


def eigenvalues_of(matrices: Vector) -> Complex:
    """Of one matrix or many."""
    return np.asarray(np.linalg.eigvals(matrices), dtype=np.complex128)


def pair_test(values: Complex) -> Vector:
    """For each row of eigenvalues, the smallest sum of two relative to their sizes, with the sign of all sums' product.

    It changes its sign where one sum does, and is zero nowhere else.
    """
    rows, columns = np.triu_indices(values.shape[1], 1)
    if rows.size == 0:
        return np.ones(len(values))
    sums = values[:, rows] + values[:, columns]
    sizes = np.abs(values[:, rows]) + np.abs(values[:, columns])
    ratios = np.abs(sums) / np.where(sizes > 0.0, sizes, 1.0)
    # sums that are complex come in conjugate pairs, of which the product is positive
    negative = np.count_nonzero((sums.real < 0.0) & (np.abs(sums.imag) <= 1e-12 * sizes), axis=1)
    return np.where(negative % 2, -1.0, 1.0) * ratios.min(axis=1)


def _rough(line: Line, curve: Curve, values: Vector) -> list[int]:
    """The stretches where the points are too far apart to tell how often a function is zero between them.

    Each value is compared with the cubic through its four neighbours. What it deviates has to be less than the values
    themselves, or a tenth of their change.
    """
    if len(values) < 5:
        return []
    lengths = np.linalg.norm(np.diff(curve.points, axis=0) / line.scale, axis=1)
    places = np.concatenate([[0.0], np.cumsum(np.maximum(lengths, 1e-300))])
    off = np.zeros(len(values))
    neighbours = np.array([-2, -1, 1, 2])
    for at in range(2, len(values) - 2):
        there, here = places[at + neighbours], places[at]
        gaps = there[:, None] - there + np.eye(4)
        weights = np.prod(np.where(np.eye(4) > 0.0, 1.0, (here - there) / gaps), axis=1)
        off[at] = abs(values[at] - weights @ values[at + neighbours])
    off[:2], off[-2:] = off[2], off[-3]
    deviation = _COARSER * np.maximum(off[:-1], off[1:])
    a, b = values[:-1], values[1:]
    room = np.where(a * b > 0.0, np.minimum(np.abs(a), np.abs(b)), 0.0)
    unclear = deviation > np.maximum(room, 0.1 * np.abs(b - a)) + _FLAT
    small = np.abs(values) < _FLAT  # two neighbours that happen to be zeros, unless it is zero throughout
    if np.count_nonzero(small) < 0.2 * len(values):
        unclear |= small[:-1] & small[1:]
    return [int(at) for at in np.flatnonzero(unclear)]


def _unexplained(counts: NDArray[np.intp], points: list[tuple[Event, SpecialPoint | None]]) -> list[int]:
    """The stretches where the number of unstable directions changes otherwise than the events there say.

    A negative count belongs to a point with an eigenvalue on the axis, of which the sign says nothing: the stretches
    on both sides of it are looked at as one. Stretches with a branch point are left out: there the curve is singular,
    and whether it also folds is not to be had from points beside it.
    """
    room = np.zeros(len(counts) - 1, dtype=int)
    crossed = np.zeros(len(counts) - 1, dtype=bool)
    for event, point in points:
        if event.name == "branch":
            crossed[event.index] = True
        elif event.name == "fold":
            room[event.index] += 2 if event.touches else 1
        elif point is not None:
            room[event.index] += 2
    definite = np.flatnonzero(counts >= 0)
    gaps = []
    for first, last in pairwise(definite):
        change, here = abs(int(counts[last] - counts[first])), int(room[first:last].sum())
        if not crossed[first:last].any() and (change > here or (change + here) % 2):
            gaps += range(first, last)
    return gaps


def _refined(line: Line, curve: Curve, gaps: list[int], shortest: float) -> Curve | None:
    """The curve with a point in the middle of each of some stretches; None if there is none to be had."""
    points, tangents = list(curve.points), list(curve.tangents)
    new = 0
    for at in sorted(gaps, reverse=True):
        if np.linalg.norm((curve.points[at + 1] - curve.points[at]) / line.scale) < shortest:
            continue
        found = line.problem.between(curve.points[at], curve.points[at + 1], 0.5)
        if found is not None:
            points.insert(at + 1, found[0])
            tangents.insert(at + 1, found[1])
            new += 1
    return replace(curve, points=np.array(points), tangents=np.array(tangents)) if new else None


def _inserted(
    line: Line, curve: Curve, found: list[tuple[Event, SpecialPoint]]
) -> tuple[Curve, tuple[tuple[int, SpecialPoint], ...]]:
    points, tangents = list(curve.points), list(curve.tangents)
    special: list[tuple[int, SpecialPoint]] = []
    shift = 1
    for event, point in found:
        at = event.index + shift
        near = [k for k in (at - 1, at) if np.linalg.norm((points[k] - event.point) / line.scale) < _SAME_POINT]
        if near:
            special.append((near[0], point))
            continue
        points.insert(at, event.point)
        tangents.insert(at, event.tangent)
        special.append((at, point))
        shift += 1
    return replace(curve, points=np.array(points), tangents=np.array(tangents)), tuple(special)


def _special(line: Line, event: Event) -> SpecialPoint | None:
    if event.name == "hopf":
        return _hopf(line, event.point, event.touches)
    return _fold(line, event.point, event.touches) if event.name == "fold" else None


def _hopf(line: Line, u: Vector, touches: bool) -> SpecialPoint | None:
    field, x = line.at(u), u[:-1]
    slopes = field.jacobian(x)
    values = eigenvalues_of(slopes)
    pair = values[critical_pair(values)]
    slant = abs(pair.real) / abs(pair) if abs(pair) else math.inf
    if pair.imag <= 0.0 or slant > _ON_AXIS:
        return None
    form = None
    if np.min(np.abs(values)) > _ON_AXIS * abs(pair):  # else a saddle-node is here, too: the coefficient is infinite
        form = first_lyapunov(slopes, field.second(x), field.third(x))
    frequency = 1e3 * float(pair.imag) / (2.0 * math.pi)
    common = {
        "frequency_hz": frequency,
        "period_ms": 1e3 / frequency,
        "residual": float(max(slant, _flow(field, x, line))),
    }
    if form is None or touches or form.zero or not math.isfinite(form.value):
        note = "another eigenvalue is on the axis" if form is None else "the first Lyapunov coefficient vanishes"
        note = "the eigenvalues touch the axis and turn back" if touches else note
        return special_point(line, "hopf-degenerate", u, note=note, coefficient=form and form.value, **common)
    kind = "hopf-subcritical" if form.value > 0.0 else "hopf-supercritical"
    return special_point(
        line, kind, u, coefficient=form.value, vector=form.vector, adjoint=form.adjoint, **common
    )  # fmt: skip


def _fold(line: Line, u: Vector, touches: bool) -> SpecialPoint | None:
    field, x = line.at(u), u[:-1]
    slopes = field.jacobian(x)
    forcing = field.by_parameter(x, line.parameter)
    form = fold(slopes, field.second(x), field.third(x), forcing, line.scale[:-1])
    values = np.abs(np.linalg.eigvals(slopes))
    scaled = np.abs(slopes * line.scale[:-1] / line.scale[:-1, None])
    curved = np.abs(field.second(x) * line.scale[:-1]).max() if field.n == 1 else 0.0
    zero = float(values.min() / max(values.max(), scaled.max(), curved, 1e-300))
    if zero > _ON_AXIS or form.relative_by_parameter < _DEGENERATE:
        return None  # the latter is a branch point, where another branch passes through
    degenerate = touches or form.relative < _DEGENERATE
    note = "the quadratic coefficient vanishes: three equilibria meet" if degenerate else ""
    return special_point(
        line, "cusp" if touches else "saddle-node", u, coefficient=form.value, vector=form.vector, adjoint=form.adjoint,
        residual=max(zero, _flow(field, x, line)), note=note,
    )  # fmt: skip


def _flow(field: Any, x: Vector, line: Line) -> float:
    """The rates that are left, relative to those that cancel."""
    unit = np.abs(x) + line.scale[:-1]
    size = np.abs(field.jacobian(x)) @ unit
    return float(np.max(np.abs(field.rhs(x)) / np.where(size > 0.0, size, 1.0)))


def special_point(line: Line, kind: str, u: Vector, **more: Any) -> SpecialPoint:
    """A point of the line as a result in shown units."""
    field = line.at(u)
    told = without_rounding(u, line.scale)
    low, high = (float(field.shown(line.parameter, end)) for end in (line.lower[-1], line.upper[-1]))
    return SpecialPoint(
        kind, line.parameter, field.shown(line.parameter, told[-1]),
        {name: field.shown(name, value) for name, value in zip(field.states, told[:-1], strict=True)},
        field=field, point=u[:-1].copy(), internal=float(u[-1]), over=(low, high), **more,
    )  # fmt: skip
