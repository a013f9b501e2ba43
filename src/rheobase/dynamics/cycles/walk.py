r"""The walk along a branch of cycles: steps, meshes and scales that adapt, and where it has to stop.

A step is accepted when the tangent has not turned far and the parameter has not turned round twice on the way; its
length follows from how far the prediction was off. Every few steps the mesh is spread anew by the error; the number of
intervals grows or shrinks with the error estimate. The scale of every state is the largest range that it has had,
on one cycle or from the first cycle's mean to the present one: a state may be steady on every cycle and yet move.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.cycles.special_cycles import Found, changes, located, settled
from rheobase.dynamics.field import VectorField
from rheobase.numerics.collocation import Orbit, Problem
from rheobase.numerics.periodic import Direction, Solution, between, correct, inner, moved, spread, unit, wanted
from rheobase.progress import from_interrupt

Array = NDArray[np.float64]

_SMALLEST = 1e-6
_LARGEST = 0.3
_OFF = 0.02  # how far off a prediction should be
_TURN = 0.6  # cosine of the largest angle between neighbouring tangents
_FEWEST = 20
_FLAT = 1e-5  # on canards the parameter stands still to rounding
_CANARD = 20_000  # intervals of meshes, summed over cycles on which it does, after which progress is asked for
_STILL = 1e-4  # of its scale: so far it moves, by rounding
_PROGRESS = 30, 0.01  # so many cycles change the period by at least this part
_COLLAPSE = 0.5
_CLOSE = 1e-3  # steps below this may pass several special points at once


@dataclass(frozen=True)
class Limits:
    """Where a walk has to stop.

    Attributes
    ----------
    lower, upper
        Of the parameter, internal units.
    longest_period
        ms.
    most
        Cycles.
    tol
        Error between the nodes of the mesh, in units of the range of the states.
    intervals
        Most intervals of the mesh.
    """

    lower: float
    upper: float
    longest_period: float
    most: int
    tol: float
    intervals: int


@dataclass(frozen=True)
class Path:
    """What a walk has found.

    Attributes
    ----------
    solutions
        The cycles in order.
    found
        Special points with the index of the cycle after which they lie.
    end
        What lies at the end, if it is more than the end of the walk.
    status
        Why it ended.
    complete
        Whether it ended for a reason that lies in the model or in what was asked for.
    closed
        Whether it came back to where it began.
    """

    problem: Problem
    solutions: tuple[Solution, ...]
    found: tuple[tuple[int, Found], ...]
    end: Any
    status: str
    complete: bool
    closed: bool = False


Finish = Callable[[Problem, list[Solution]], "tuple[str, Any] | None"]


def problem_for(vector_field: VectorField, parameter: str, scale: Array, parameter_scale: float) -> Problem:
    """The collocation problem of a neuron whose ``parameter`` is free."""

    def at(value: float) -> Array:
        return vector_field.at(**{parameter: value})

    return Problem(
        lambda x, p: vector_field.rhs(x, at(p)),
        lambda x, p: vector_field.jacobian(x, at(p)),
        lambda x, p: vector_field.by_parameter(x, parameter, at(p)),
        scale,
        parameter_scale,
    )


def ranges(solution: Solution, floor: Array | float = 0.0) -> Array:
    """The range of every state on the cycle, at least ``floor``, and never so small that only rounding is seen."""
    states = solution.orbit.nodes.reshape(-1, solution.orbit.n)
    size = np.maximum(np.ptp(states, axis=0), floor)
    return np.where(size > 0.0, np.maximum(size, 1e-9 * np.max(np.abs(states), axis=0)), 1.0)


def follow(problem: Problem, first: Solution, step: float, limits: Limits, finish: Finish) -> Path:
    """Follow a branch from ``first`` in the direction of its tangent.

    Special points are located on the way; ``finish`` is shown all cycles after every step and says why the walk ends
    there, if it does.
    """
    walk = _Walk(problem, first, step, mean(first.orbit))
    solutions: list[Solution] = [first]
    found: list[tuple[int, Found]] = []
    since, still = 0, 0  # from which cycle on the parameter has stood still, and what the cycles since have cost

    def path(status: str, end: Any = None, complete: bool = True) -> Path:
        special = settled(found, solutions, walk.problem)
        return Path(walk.problem, tuple(solutions), tuple(special), end, status, complete)

    try:
        while len(solutions) < limits.most:
            stale = len(solutions) % 2 == 0 or walk.here.error > limits.tol
            walk = _refreshed(walk, limits) if stale else walk
            reached = _advance(walk, limits)
            if reached is None and not stale:
                walk = _refreshed(walk, limits)
                reached = _advance(walk, limits)
            if reached is None:
                return path("Newton's method does not converge however short the step", complete=False)
            found += [(len(solutions) - 1, point) for point in _special(walk, reached.here, limits)]
            walk = reached
            solutions.append(walk.here)
            if _closes(walk.problem, solutions):
                return replace(path("the branch closes on itself"), closed=True)
            end = finish(walk.problem, solutions)
            if end is not None:
                return path(*end)
            if walk.here.orbit.parameter in (limits.lower, limits.upper):
                return path("the branch reaches the end of the range of the parameter")
            still += walk.here.orbit.mesh.N
            if not _stands(walk, solutions[since]):
                since, still = len(solutions) - 1, 0
            if still > _CANARD and _creeps(solutions):
                return path(_canard(solutions[since:]), complete=False)
            if walk.here.orbit.period > limits.longest_period:
                return path(f"the period exceeds {limits.longest_period:.6g} ms")
    except (KeyboardInterrupt, SystemError) as error:
        if not from_interrupt(error):
            raise
        return path("interrupted", complete=False)
    return path(f"{limits.most} cycles were computed, as many as asked for", complete=False)


def _stands(walk: _Walk, then: Solution) -> bool:
    """Whether the parameter is what it was, as far as can be told."""
    now, before = walk.here.orbit.parameter, then.orbit.parameter
    return abs(now - before) <= _STILL * max(walk.problem.parameter_scale, abs(now))


def _creeps(solutions: list[Solution]) -> bool:
    """Whether the period has hardly changed for many cycles."""
    cycles, part = _PROGRESS
    periods = [solution.orbit.period for solution in solutions[-cycles:]]
    return max(periods) - min(periods) < part * max(periods)


def _canard(solutions: list[Solution]) -> str:
    """What to say of a branch that is left on its canards."""
    low, high = (pick(solution.orbit.period for solution in solutions) for pick in (min, max))
    return (
        f"a canard explosion: the parameter stands still to rounding as the period goes from {low:.6g} to {high:.6g} "
        f"ms over {len(solutions)} cycles, too stiff to be followed further; the cycles beyond are found by "
        "cycles_from_orbit from a simulation"
    )


def _closes(problem: Problem, solutions: list[Solution]) -> bool:
    """Whether the last stretch passes the first cycle again, in the same direction."""
    first, a, b = solutions[0], solutions[-2], solutions[-1]
    span = b.orbit.parameter - a.orbit.parameter
    if len(solutions) < 10 or span * first.tangent.parameter <= 0.0:
        return False
    fraction = (first.orbit.parameter - a.orbit.parameter) / span
    if not 0.0 <= fraction <= 1.0:
        return False
    three = [s.orbit for s in (a, b, first)]
    measures = [np.append(np.ptp(orbit.nodes, axis=(0, 1)) / problem.scale, np.log(orbit.period)) for orbit in three]
    there = measures[0] + fraction * (measures[1] - measures[0])
    return bool(np.all(np.abs(there - measures[2]) < 0.01 + 0.1 * np.abs(measures[1] - measures[0])))


def _special(walk: _Walk, there: Solution, limits: Limits) -> list[Found]:
    found = [
        located(walk.problem, walk.here, there, kind, test, limits.intervals)
        for kind, test in changes(walk.problem, walk.here, there)
    ]
    return [point for point in found if point is not None]


@dataclass(frozen=True)
class _Walk:
    """Where the walk is, and how long the next step should be."""

    problem: Problem
    here: Solution
    step: float
    home: Array


def _refreshed(walk: _Walk, limits: Limits) -> _Walk:
    """New scales, and a mesh that fits; a new number of intervals where the error demands it."""
    here, problem = walk.here.turned(), walk.problem
    drift = np.abs(mean(here.orbit) - walk.home)
    problem = replace(problem, scale=ranges(here, np.maximum(problem.scale, drift)))
    length = math.sqrt(inner(problem, here.orbit, here.tangent, here.tangent))
    mesh, N = here.orbit.mesh, intervals(problem, here.orbit, limits)
    tangent = here.tangent.on(mesh, new := spread(problem, here.orbit, N))
    orbit = here.orbit.on(new)
    if N == mesh.N:
        moved_on = replace(here, orbit=orbit, tangent=tangent.scaled(1.0 / length))
        return replace(walk, problem=problem, here=moved_on, step=walk.step * length)
    found = correct(problem, orbit, tangent.scaled(1.0 / length))
    return walk if found is None else replace(walk, problem=problem, here=found, step=walk.step * length)


def intervals(problem: Problem, orbit: Orbit, limits: Limits) -> int:
    """How many intervals keep the error below the tolerance; as before where that is nearly the same."""
    number, N = wanted(problem, orbit, limits.tol), orbit.mesh.N
    if 0.6 * N < number < 1.05 * N:
        return N
    return int(np.clip(math.ceil(1.15 * number), min(_FEWEST, limits.intervals), limits.intervals))


def _advance(walk: _Walk, limits: Limits) -> _Walk | None:
    """One accepted step, however short; ends exactly on a bound of the parameter."""
    step = min(walk.step, _LARGEST)
    here, problem = walk.here, walk.problem
    while step > _SMALLEST:
        step *= _before_zero(problem, here, step)
        guess = moved(here.orbit, here.tangent, step)
        found = correct(problem, guess, here.tangent)
        # Every equilibrium is a cycle of any period, too: the amplitude must not collapse.
        if found is not None and amplitude(problem, found.orbit) < _COLLAPSE * amplitude(problem, guess):
            found = None
        if found is not None and _is_next(problem, here, found, step):
            edge = min(max(found.orbit.parameter, limits.lower), limits.upper)
            if edge != found.orbit.parameter:
                landed = on_value(problem, here, found, edge)
                if landed is not None:
                    return replace(walk, here=landed)
            else:
                off = max(found.distance, 1e-12)
                factor = min(max(math.sqrt(_OFF / off), 0.4), 2.0) * (0.7 if found.corrections > 6 else 1.0)
                return replace(walk, here=found, step=step * factor)
        step *= 0.5 if found is not None else 0.35
    return None


def _before_zero(problem: Problem, here: Solution, step: float) -> float:
    """How much to shorten a step that would take the amplitude to nothing."""
    size, slope = amplitude(problem, here.orbit), amplitude_slope(problem, here)
    return min(1.0, 0.5 * size / (-slope * step)) if slope < 0.0 else 1.0


def mean(orbit: Orbit) -> Array:
    """Of every state over one period, (n,)."""
    return orbit.mesh.integral(orbit.mesh.values(orbit.nodes))


def amplitude(problem: Problem, orbit: Orbit) -> float:
    """Root mean square of the deviations from the mean, in units of the scales."""
    values = orbit.mesh.values(orbit.nodes) / problem.scale
    values = values - orbit.mesh.integral(values)
    return math.sqrt(float(np.sum(orbit.mesh.integral(values**2))) / orbit.n)


def amplitude_slope(problem: Problem, solution: Solution) -> float:
    """Change of the amplitude along the branch, per length."""
    orbit = solution.orbit
    values = orbit.mesh.values(orbit.nodes) / problem.scale
    change = orbit.mesh.values(solution.tangent.nodes) / problem.scale
    product = float(np.sum(orbit.mesh.integral((values - orbit.mesh.integral(values)) * change)))
    return product / (orbit.n * max(amplitude(problem, orbit), 1e-300))


def _is_next(problem: Problem, here: Solution, there: Solution, step: float) -> bool:
    """Whether the two cycles are neighbours on one branch, with at most one turn of the parameter between them."""
    if there.distance > 0.5 * step or inner(problem, there.orbit, here.tangent, there.tangent) < _TURN:
        return False
    if step > _CLOSE and len(changes(problem, here, there)) > 1:
        return False
    return not _turns_twice(problem, here, there, step)


def _turns_twice(problem: Problem, here: Solution, there: Solution, step: float) -> bool:
    """Whether the cubic through two parameters with their slopes has both its turning points between them."""
    a, b = here.tangent.parameter, there.tangent.parameter
    if a * b <= 0.0 or step < _CLOSE or max(abs(a), abs(b)) < _FLAT * problem.parameter_scale:
        return False
    rise = (there.orbit.parameter - here.orbit.parameter) / step
    linear, square = 3.0 * rise - 2.0 * a - b, a + b - 2.0 * rise  # slope a + 2 linear s + 3 square s^2
    s = -linear / (3.0 * square) if square else -1.0
    return 0.0 < s < 1.0 and (a + 2.0 * linear * s + 3.0 * square * s * s) * a <= 0.0


def on_value(problem: Problem, a: Solution, b: Solution, value: float) -> Solution | None:
    """The cycle between two neighbours at exactly this value of the parameter."""
    span = b.orbit.parameter - a.orbit.parameter
    way = between(a.orbit, b.orbit)
    start = moved(a.orbit.on(b.orbit.mesh), way, (value - a.orbit.parameter) / span if span else 0.5)
    return correct(problem, replace(start, parameter=value), None)


def towards(problem: Problem, solution: Solution, sign: float) -> Solution | None:
    """The same cycle, set to go on with a rising (1) or falling (-1) parameter."""
    tangent = solution.tangent
    if tangent.parameter * sign < 0.0:
        tangent = tangent.scaled(-1.0)
    return correct(problem, solution.orbit, unit(problem, solution.orbit, tangent))


def direction(nodes: Array) -> Direction:
    """A direction in which only the orbit changes."""
    return Direction(nodes, 0.0, 0.0)
