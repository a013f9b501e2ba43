r"""Special points on a branch of cycles: what changes between two neighbours, and where exactly.

====================  =====================================================================================
fold of cycles        the parameter turns round: its part of the tangent is zero (and a second multiplier is 1)
branch point          the determinant of the bordered matrix changes sign: another branch crosses
period doubling       a multiplier is -1
torus                 a *complex* pair of multipliers has size 1 (a real pair with product 1 is nothing)
====================  =====================================================================================

A zero is bracketed roughly, then found to rounding on a mesh of twice as many intervals, and kept only if the
multipliers are there where they have to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.bracket import root
from rheobase.numerics.collocation import Problem
from rheobase.numerics.periodic import Solution, between, correct, moved, spread

Test = Callable[[Solution], float]

_FLAT = 1e-7  # part of the parameter in the tangent below which rounding decides its sign
_NEAR_ONE = 1e-2  # logarithm of the multiplier that should be 1
_ON_CIRCLE = 1e-4
_SAME = 1e-8
_CLEAR = 1e-5  # part of the parameter in the tangent above which its sign is beyond doubt
_CANARD = "on a canard, where the parameter stands still to rounding: the cycle itself is one of those nearby"


@dataclass(frozen=True, eq=False)
class Found:
    """A special point: its kind, its cycle, and what is left of the equation that defines it."""

    kind: str
    solution: Solution
    residual: float
    problem: Problem
    note: str = ""


def changes(problem: Problem, a: Solution, b: Solution) -> list[tuple[str, Test]]:
    """What happens between two neighbouring cycles: kinds and the functions that are zero there."""
    found: list[tuple[str, Test]] = []
    slopes = [s.tangent.parameter / problem.parameter_scale for s in (a, b)]
    if min(map(abs, slopes)) > _FLAT:
        if slopes[0] * slopes[1] < 0.0:
            found.append(("fold-of-cycles", lambda s: s.tangent.parameter / problem.parameter_scale))
    elif folding(a) * folding(b) < 0.0:  # a canard: the parameter hardly moves, but the multiplier does
        found.append(("fold-of-cycles", folding))
    if a.sign * b.sign < 0.0 and a.orbit.mesh.N == b.orbit.mesh.N:
        reference = max(a.log, b.log)
        found.append(("branch-point", lambda s: s.sign * math.exp(min(s.log - reference, 0.0))))
    if doubling(a) * doubling(b) < 0.0:
        found.append(("period-doubling", doubling))
    outside = [int(np.count_nonzero(np.abs(s.split[1]) > 1.0)) for s in (a, b)]
    if abs(outside[1] - outside[0]) == 2:
        k = min(outside)
        if any(abs(s.split[1][k].imag) > 0.0 for s in (a, b)):
            found.append(("torus", lambda s: _pair_size(s, k)))
    return found


def doubling(solution: Solution) -> float:
    """Product of ``(1 + mu) / (1 + |mu|)`` over all multipliers: its sign changes where one passes -1."""
    return _product(solution.split[1])


def folding(solution: Solution) -> float:
    """Product of ``(1 - mu) / (1 + |mu|)`` over all multipliers: its sign changes where one passes 1."""
    return _product(-solution.split[1])


def _product(values: NDArray[np.complex128]) -> float:
    size = np.abs(values)
    with np.errstate(invalid="ignore"):
        parts = np.where(np.isfinite(size), (1.0 + values) / (1.0 + size), np.sign(values.real))
    return float(np.prod(parts).real)


def _pair_size(solution: Solution, k: int) -> float:
    """Logarithm of the product of the k-th multiplier and the next, by size."""
    with np.errstate(divide="ignore"):
        return float(np.sum(np.log(np.abs(solution.split[1][k : k + 2]))))


def located(problem: Problem, a: Solution, b: Solution, kind: str, test: Test, intervals: int) -> Found | None:
    """The special point between two neighbours, on a fine mesh; None if it does not bear closer inspection."""
    rough = bracketed(problem, a, b, test, 1e-3)
    if rough is None:
        return None
    finer = 4 if test is folding else 2  # the period of a canard is sensitive
    for find in (
        lambda: _polished(problem, rough, test, min(finer * rough.orbit.mesh.N, intervals)),
        lambda: bracketed(problem, a, b, test, 1e-13),
    ):
        point = find()
        if point is not None and _holds(kind, point, abs(test(point))):
            return Found(kind, point, abs(test(point)), problem)
    return None


def settled(found: list[tuple[int, Found]], solutions: list[Solution], problem: Problem) -> list[tuple[int, Found]]:
    """Without the folds that rounding makes on canards, and with those that it hides there.

    Of those at one value one is real if the branch turns there.
    """
    kept: list[tuple[int, Found]] = []
    group: list[tuple[int, Found]] = []
    for index, point in found:
        if group and not _same(group[-1][1], point):
            kept += _real(group, solutions)
            group = []
        group.append((index, point))
    kept += _real(group, solutions)
    return sorted(kept + _hidden(kept, solutions, problem), key=lambda pair: pair[0])


def _hidden(kept: list[tuple[int, Found]], solutions: list[Solution], problem: Problem) -> list[tuple[int, Found]]:
    """Folds on stretches where the parameter stands still: its direction is another one behind them than before.

    Which cycle is the fold is lost in rounding, but not the value of the parameter.
    """
    slopes = np.array([s.tangent.parameter for s in solutions]) / problem.parameter_scale
    clear = np.flatnonzero(np.abs(slopes) > _CLEAR)
    new = []
    for a, b in pairwise(clear.tolist()):
        turns = sum(point.kind == "fold-of-cycles" and a <= index < b for index, point in kept)
        if b > a + 1 and slopes[a] * slopes[b] < 0.0 and turns % 2 == 0:
            at = a + 1 + int(np.argmin(np.abs(slopes[a + 1 : b])))
            if abs(slopes[at]) < _FLAT:  # else it would have been seen, and this is a mesh that is too coarse
                new.append((at, Found("fold-of-cycles", solutions[at], abs(float(slopes[at])), problem, _CANARD)))
    return new


def _same(a: Found, b: Found) -> bool:
    gap = abs(a.solution.orbit.parameter - b.solution.orbit.parameter)
    return a.kind == b.kind == "fold-of-cycles" and gap < _SAME * b.problem.parameter_scale


def _real(group: list[tuple[int, Found]], solutions: list[Solution]) -> list[tuple[int, Found]]:
    if len(group) < 2:
        return group
    clear = _CLEAR * group[0][1].problem.parameter_scale
    before = [s.tangent.parameter for s in solutions[: group[0][0] + 1] if abs(s.tangent.parameter) > clear]
    after = [s.tangent.parameter for s in solutions[group[-1][0] + 1 :] if abs(s.tangent.parameter) > clear]
    return group[:1] if not (before and after) or before[-1] * after[0] < 0.0 else []


def bracketed(problem: Problem, a: Solution, b: Solution, test: Test, tol: float) -> Solution | None:
    """The zero between two neighbours, by planes across the way from one to the other."""
    way = between(a.orbit, b.orbit)
    start = moved(b.orbit, way, -1.0)
    seen: dict[float, Solution] = {0.0: a, 1.0: b}

    def value(fraction: float) -> float:
        found = correct(problem, moved(start, way, fraction), way)
        if found is None:
            return math.nan
        seen[fraction] = found
        return test(found)

    ends = test(a), test(b)
    if ends[0] * ends[1] > 0.0:
        return None
    fraction = root(value, 0.0, 1.0, *ends, tol=tol, most=40)
    return seen.get(fraction)


def _polished(problem: Problem, rough: Solution, test: Test, N: int) -> Solution | None:
    """The zero again on a mesh of ``N`` intervals, by secants along the tangent."""
    old = rough.orbit.mesh
    mesh = spread(problem, rough.orbit, N)
    orbit, tangent = rough.orbit.on(mesh), rough.tangent.on(old, mesh)
    last, here = 0.0, 0.0
    solution = correct(problem, orbit, tangent)
    if solution is None:
        return None
    value = test(solution)
    best, before, step = solution, value, 1e-4
    for _ in range(8):
        here = here + step
        solution = correct(problem, moved(orbit, tangent, here), tangent)
        if solution is None:
            return None
        value = test(solution)
        if abs(value) < abs(test(best)):
            best = solution
        if value == before or abs(step) < 1e-9:
            return best
        step = -value * (here - last) / (value - before)
        last, before = here, value
        if not abs(step) < 0.1:
            return None
    return best


def _holds(kind: str, solution: Solution, residual: float) -> bool:
    """Whether the multipliers confirm what the test function says."""
    _, others = solution.split
    with np.errstate(divide="ignore"):
        logs = np.log(np.asarray(others, dtype=complex))
    if kind in ("fold-of-cycles", "branch-point"):
        return bool(np.min(np.abs(logs), initial=math.inf) < _NEAR_ONE) and residual < 1e-5
    if kind == "period-doubling":
        near = others[np.argmin(np.abs(others + 1.0))]
        return abs(near + 1.0) < _ON_CIRCLE and near.imag == 0.0
    near = others[np.argmin(np.abs(np.real(logs)))]
    return abs(abs(near) - 1.0) < _ON_CIRCLE and abs(near.imag) > 1e-6
