"""Continuation: all branches of equilibria over a parameter, with their bifurcations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.box import Box, find_box, threshold_of
from rheobase.dynamics.branch_point import Crossing, locate
from rheobase.dynamics.detection import Detected, detect, special_point
from rheobase.dynamics.diagram import BifurcationDiagram, Branch
from rheobase.dynamics.equilibria import Found, equilibria, polish
from rheobase.dynamics.equilibrium_line import Course, Line, joined
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.fixed_points import vector_field
from rheobase.dynamics.special import SpecialPoint
from rheobase.dynamics.stability import in_order
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.numerics.continuation import Curve

Vector = NDArray[np.float64]

_SEEDS = 9
_STARTS = 64
_ROOM = 4.0
_LEAST = 5e-3
_SAME = 1e-5
_MOST_BRANCHES = 60


def continuation(
    neuron: Neuron | VectorField,
    parameter: str,
    over: tuple[Any, Any],
    *,
    box: Mapping[str, Any] | None = None,
    start: Mapping[str, Any] | None = None,
    throw: bool = True,
    **parameters: Any,
) -> BifurcationDiagram:
    """The equilibria of a neuron over a range of a parameter, and every bifurcation on the way.

    All equilibria at both ends of the range and at seven values between are looked for, and each branch is followed
    from them by its arclength, around its folds, in both directions. Saddle-nodes, Hopf points with the sign of their
    first Lyapunov coefficient, and branch points are located to rounding; from branch points the crossing branches are
    followed too. A closed branch between two of the nine values, on which none of them lies, is not found.

    Parameters
    ----------
    neuron
        The model, or its vector field.
    parameter
        Which of its parameters is varied.
    over
        ``(low, high)``: quantities, texts or numbers in the unit of the parameter.
    box
        ``{state: (low, high)}``: where equilibria are looked for and how far branches are followed; see `fixed_points`.
    start
        ``{state: value}`` near an equilibrium: follow only its branch. The parameter has the neuron's own value there,
        or the end of the range that is nearest to it.
    throw
        Whether to raise an error if there is no equilibrium, or a branch cannot be followed to its end; else the
        diagram holds what was found and its status says why.
    **parameters
        Other parameters that differ from the neuron's.

    Raises
    ------
    ModelError
        For an unknown parameter, an empty range, a neuron that is no autonomous smooth system; and see ``throw``.

    Examples
    --------
    >>> from rheobase.model.neuron import Neuron
    >>> neuron = Neuron("dx/dt = (x**2 + I)/ms : 1", I=0)
    >>> diagram = continuation(neuron, "I", (-1, 1))
    >>> diagram.special[0].kind, round(diagram.special[0].value, 12) + 0.0
    ('saddle-node', 0.0)
    """
    field = vector_field(neuron, parameters)
    low, high = _range(field, parameter, over)
    found, seeds = _seeds(field, parameter, (low, high), find_box(field, box), start)
    if not seeds and throw:
        raise ModelError(f"{_none(field, parameter, found.box)}; throw=False returns an empty diagram")
    line = _line(field, parameter, (low, high), found, seeds)
    branches, crossings = _branches(line, seeds)
    if throw:
        _require_complete(line, branches)
    return _diagram(line, branches, crossings, found.box, seeds)


def _range(field: VectorField, parameter: str, over: Any) -> tuple[float, float]:
    field.index(parameter)
    try:
        first, last = over
    except (TypeError, ValueError):
        raise ModelError(f"the range of '{parameter}' has to be two values, (low, high), not {over!r}") from None
    low, high = float(field.read(parameter, first)), float(field.read(parameter, last))
    if low == high:
        raise ModelError(
            f"the range of '{parameter}' is empty: it begins and ends at {first}; fixed_points looks there"
        )
    if low > high:
        raise ModelError(f"the range of '{parameter}' runs from {first} down to {last}; give the lower end first")
    return low, high


def _seeds(
    field: VectorField, parameter: str, over: tuple[float, float], box: Box, start: Mapping[str, Any] | None
) -> tuple[Found, list[Vector]]:
    """Equilibria to start from: those at the ends first."""
    if start is not None:
        return _given_start(field, parameter, over, box, start)
    low, high = over
    # a little off the even division, so as not to hit the middle of a symmetric system
    inner = np.linspace(0.0, 1.0, _SEEDS)[1:-1] + 0.0137
    values = np.array([low, high, *(low + (high - low) * inner)])
    found = equilibria(field, box, parameter, values, starts=_STARTS)
    return found, [np.append(x, value) for value, group in zip(values, found.points, strict=True) for x in group]


def _given_start(
    field: VectorField, parameter: str, over: tuple[float, float], box: Box, start: Mapping[str, Any]
) -> tuple[Found, list[Vector]]:
    unknown = [name for name in start if name not in field.states]
    if unknown:
        raise ModelError(f"start: there is no state '{unknown[0]}'; the states are {', '.join(field.states)}")
    value = min(max(float(field.values[field.index(parameter)]), over[0]), over[1])
    guess = np.array([
        float(field.read(name, start[name])) if name in start else own
        for name, own in zip(field.states, field.start, strict=True)
    ])  # fmt: skip
    x = polish(field, guess, field.at(**{parameter: value}), box.width)
    if x is None:
        shown = f"{field.shown(parameter, value):.6g} {field.unit_name(parameter)}"
        raise ModelError(f"no equilibrium is found from this start at {parameter} = {shown}; see fixed_points")
    return Found(((x,),), box, True, "from the given start", field.states.index(field.voltage)), [np.append(x, value)]


def _none(field: VectorField, parameter: str, box: Box) -> str:
    bounds = ", ".join(f"{name} from {low:.6g} to {high:.6g}" for name, (low, high) in box.shown(field).items())
    return (
        f"there is no equilibrium at any of {_SEEDS} values of '{parameter}' in the box ({bounds}); give a larger box, "
        "another range or other parameters"
    )


def _line(field: VectorField, parameter: str, over: tuple[float, float], found: Found, seeds: list[Vector]) -> Line:
    """Scales from how far the equilibria lie apart; bounds from the box, with room around what the user left open."""
    box, n = found.box, field.n
    states = np.array([seed[:-1] for seed in seeds]) if seeds else field.start[None]
    spread = states.max(axis=0) - states.min(axis=0)
    if len(seeds) == 1:
        spread = np.minimum(_response(field, parameter, seeds[0]) * (over[1] - over[0]), 0.25 * box.width)
    scale = np.maximum(np.maximum(spread, _LEAST * box.width), 1e-3 * np.abs(states).max(axis=0))
    wide = box.wider(_ROOM)
    lower, upper = wide.lower.copy(), wide.upper.copy()
    if found.scanned is not None:  # the other states follow from this one
        free = ~box.given & (np.arange(n) != found.scanned)
        lower[free], upper[free] = -math.inf, math.inf
    for at, state in enumerate(field.states):
        end = threshold_of(field, state)
        if end is not None and not box.given[at]:
            upper[at] = end
    low, high = over
    return Line(
        field, parameter, np.append(scale, high - low), np.append(lower, low), np.append(upper, high)
    )  # fmt: skip


def _response(field: VectorField, parameter: str, seed: Vector) -> Vector:
    """By how much an equilibrium moves with the parameter."""
    p = field.at(**{parameter: seed[-1]})
    with np.errstate(all="ignore"):
        moved = np.linalg.lstsq(field.jacobian(seed[:-1], p), field.by_parameter(seed[:-1], parameter, p), rcond=None)
    return np.abs(moved[0])


_Followed = tuple[Course, Detected]


def _branches(line: Line, seeds: list[Vector]) -> tuple[list[_Followed], list[Crossing]]:
    """Every branch through a seed, and those that cross them, each once."""
    done: list[_Followed] = []
    crossings: list[Crossing] = []
    for seed in seeds:
        if any(line.passes(detected.curve, seed) for _, detected in done):
            continue
        queue = [line.follow(seed)]
        while queue and len(done) < _MOST_BRANCHES:
            course = queue.pop()
            if len(course.curve.points) < 2:
                continue
            detected = detect(line, course.curve)
            done.append((course, detected))
            for event in detected.branch_events:
                crossing = locate(line, event.point, detected.rows)
                if crossing is not None and _is_new(line, crossing, crossings):
                    crossings.append(crossing)
                    queue += _crossing_branches(line, crossing, [detected.curve for _, detected in done])
    return done, crossings


def _is_new(line: Line, crossing: Crossing, others: list[Crossing]) -> bool:
    return all(np.linalg.norm((crossing.point - other.point) / line.scale) > _SAME for other in others)


def _crossing_branches(line: Line, crossing: Crossing, known: list[Curve]) -> list[Course]:
    """The branches through a branch point that have not been followed yet."""
    new = []
    for direction in crossing.directions:
        arms = [_arm(line, crossing.point, side * direction, known) for side in (1.0, -1.0)]
        onward, back = arms
        if onward is not None and back is not None:
            new.append(joined(back, onward, (crossing.point, direction)))
        elif onward is not None or back is not None:
            arm, side = (onward, 1.0) if onward is not None else (back, -1.0)
            assert arm is not None
            points = np.concatenate([crossing.point[None], arm.points])
            tangents = np.concatenate([side * direction[None], arm.tangents])
            new.append(Course(replace(arm, points=points, tangents=tangents), (arm, arm)))
    return new


def _arm(line: Line, point: Vector, direction: Vector, known: list[Curve]) -> Curve | None:
    """One side of a branch through a branch point; None if it is known, or leaves the range at once."""
    for step in (1e-2, 3e-3, 1e-3):
        found = line.problem.correct(point + step * direction, direction)
        if found is None:
            continue
        u = found[0]
        if np.linalg.norm((u - point - step * direction) / line.scale) > 0.5 * step:
            continue
        if np.any(u < line.lower) or np.any(u > line.upper) or any(line.passes(curve, u) for curve in known):
            return None
        curve = line.trace(u, direction)
        return curve if len(curve.points) > 1 else None
    return None


def _require_complete(line: Line, branches: list[_Followed]) -> None:
    for course, _ in branches:
        for end in course.ends:
            if end.reason == "stuck":
                raise ModelError(
                    f"a branch of equilibria cannot be followed to its end: {_end(line, end)}; throw=False returns what "
                    "was found, and a smaller range or box may avoid the place"
                )


def _diagram(
    line: Line, branches: list[_Followed], crossings: list[Crossing], box: Box, seeds: list[Vector]
) -> BifurcationDiagram:
    field, name = line.field, line.parameter
    marks = [_branch_point(line, crossing) for crossing in crossings]
    shown = [_branch(line, course, detected, marks) for course, detected in branches]
    special: list[SpecialPoint] = list(marks)
    for branch in shown:
        special += [point for _, point in branch.special if not _repeated(line, point, special)]
    complete = all(branch.complete for branch in shown)
    count = len(shown)
    status = f"{count} branch{'' if count == 1 else 'es'} of equilibria, {len(special)} special points"
    unresolved = sum(len(detected.unresolved) for _, detected in branches)
    if unresolved:
        status += f"; at {unresolved} places the number of growing directions changes in a way that is not resolved"
    if not complete:
        status += "; not every branch could be followed to its end"
    return BifurcationDiagram(
        name, (field.shown(name, line.lower[-1]), field.shown(name, line.upper[-1])), tuple(shown),
        tuple(sorted(special, key=lambda point: (point.value, point.state[field.voltage]))), box.shown(field),
        status if seeds else _none(field, name, box), complete and bool(seeds), field, line, box,
    )  # fmt: skip


def _branch_point(line: Line, crossing: Crossing) -> SpecialPoint:
    note = "a pitchfork" if crossing.is_pitchfork else "transcritical: two branches cross and exchange stability"
    if not crossing.directions:
        note = "no second branch is found"
    return special_point(
        line, "branch-point", crossing.point, residual=crossing.residual, note=note, data=crossing.directions
    )  # fmt: skip


def _repeated(line: Line, point: SpecialPoint, others: list[SpecialPoint]) -> bool:
    """The same point seen from two branches, or a fold that is only the foot of a pitchfork."""
    return any(_distance(line, point, other) < _SAME for other in others)


def _distance(line: Line, one: SpecialPoint, other: SpecialPoint) -> float:
    return float(np.linalg.norm((_place(one) - _place(other)) / line.scale))


def _place(point: SpecialPoint) -> Vector:
    assert point.point is not None and point.internal is not None
    return np.append(point.point, point.internal)


def _branch(line: Line, course: Course, detected: Detected, marks: list[SpecialPoint]) -> Branch:
    field, points = line.field, detected.curve.points
    special = [(index, point) for index, point in detected.special if not _repeated(line, point, marks)]
    points, special = _with_branch_points(line, points, special, marks)
    values = in_order(np.linalg.eigvals(line.jacobians(points)))
    stable = np.all(values.real < 0.0, axis=1)
    stable[[index for index, _ in special]] = False
    ends = [_end(line, end) for end in course.ends]
    status = f"at both ends {ends[0]}" if len(ends) == 2 and ends[0] == ends[1] else " and ".join(ends)
    return Branch(
        values=field.shown(line.parameter, points[:, -1]),
        states={name: field.shown(name, points[:, at]) for at, name in enumerate(field.states)},
        eigenvalues=values, stable=stable, special=tuple(special), status=status,
        complete=not any(end.reason in ("stuck", "most") for end in course.ends),
        closed=detected.curve.closed, points=points,
    )  # fmt: skip


def _with_branch_points(
    line: Line, points: Vector, special: list[tuple[int, SpecialPoint]], marks: list[SpecialPoint]
) -> tuple[Vector, list[tuple[int, SpecialPoint]]]:
    """Put the branch points on a branch among its points."""
    for mark in marks:
        place = _place(mark)
        distances = np.linalg.norm((points - place) / line.scale, axis=1)
        nearest = int(np.argmin(distances))
        if distances[nearest] < _SAME:
            special.append((nearest, mark))
            continue
        chords = np.diff(points, axis=0) / line.scale
        along = np.einsum("ij,ij->i", (place - points[:-1]) / line.scale, chords) / (chords**2).sum(axis=1)
        away = np.linalg.norm((place - points[:-1]) / line.scale - along[:, None] * chords, axis=1)
        near = (along > 0.0) & (along < 1.0) & (away < 0.1 * np.linalg.norm(chords, axis=1))
        if near.any():
            at = int(np.flatnonzero(near)[np.argmin(away[near])]) + 1
            points = np.insert(points, at, place, axis=0)
            special = [(index + (index >= at), point) for index, point in special] + [(at, mark)]
    return points, sorted(special, key=lambda pair: pair[0])


def _end(line: Line, curve: Curve) -> str:
    """Why a branch ends, in the words of the model."""
    field, last = line.field, curve.points[-1]
    if curve.reason == "closed":
        return "it is closed"
    if curve.reason != "bound" or curve.edge is None:
        return f"it stops at {line.parameter} = {_text(field, line.parameter, last[-1])}: {curve.status}"
    name = line.parameter if curve.edge == field.n else field.states[curve.edge]
    at = _text(field, name, last[curve.edge])
    if curve.edge == field.n:
        return f"it reaches the end of the range at {name} = {at}"
    if threshold_of(field, name) == line.upper[curve.edge] == last[curve.edge]:
        return (
            f"it reaches the threshold, {name} = {at}, at {line.parameter} = {_text(field, line.parameter, last[-1])}"
        )
    return f"it leaves the box at {name} = {at}"


def _text(field: VectorField, name: str, internal: float) -> str:
    unit = field.unit_name(name)
    return f"{field.shown(name, internal):.6g}" + ("" if unit == "1" else f" {unit}")
