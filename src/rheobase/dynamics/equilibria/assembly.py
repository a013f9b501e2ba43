"""A bifurcation diagram from the branches that were followed: shown units, sentences, special points in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import Box, threshold_of
from rheobase.dynamics.equilibria.branch_point import Crossing
from rheobase.dynamics.equilibria.branches import Followed
from rheobase.dynamics.equilibria.detection import special_point
from rheobase.dynamics.equilibria.diagram import BifurcationDiagram, Branch
from rheobase.dynamics.equilibria.line import Line
from rheobase.dynamics.equilibria.stability import in_order
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.special import SpecialPoint
from rheobase.numerics.continuation import Curve

Vector = NDArray[np.float64]

_SAME = 1e-5


def assembled(
    line: Line, branches: list[Followed], crossings: list[Crossing], box: Box, nothing: str
) -> BifurcationDiagram:
    """The diagram of some branches and the points where they cross; ``nothing`` is its status if there is no branch."""
    field, name = line.field, line.parameter
    marks = [_branch_point(line, crossing) for crossing in crossings]
    shown = [_branch(line, branch, marks) for branch in branches]
    special: list[SpecialPoint] = list(marks)
    for branch in shown:
        special += [point for _, point in branch.special if not _repeated(line, point, special)]
    complete = all(branch.complete for branch in shown)
    status = f"{_counted(len(shown), 'branch', 'es')} of equilibria, {_counted(len(special), 'special point', 's')}"
    unresolved = sum(len(branch.detected.unresolved) for branch in branches)
    if unresolved:
        status += f"; at {unresolved} places the number of growing directions changes in a way that is not resolved"
    if not complete:
        status += "; not every branch could be followed to its end"
    return BifurcationDiagram(
        name, (field.shown(name, line.lower[-1]), field.shown(name, line.upper[-1])), tuple(shown),
        tuple(sorted(special, key=lambda point: (point.value, point.state[field.voltage]))), box.shown(field),
        status if branches else nothing, complete and bool(branches), field, line, box,
    )  # fmt: skip


def _counted(count: int, what: str, plural: str) -> str:
    return f"{count} {what}{'' if count == 1 else plural}"


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


def _branch(line: Line, followed: Followed, marks: list[SpecialPoint]) -> Branch:
    course, detected = followed.course, followed.detected
    field, points = line.field, detected.curve.points
    special = [(index, point) for index, point in detected.special if not _repeated(line, point, marks)]
    points, special = _with_branch_points(line, points, special, marks)
    points, special = _apart(line, points, special)
    values = in_order(np.linalg.eigvals(line.jacobians(points)))
    stable = np.all(values.real < 0.0, axis=1)
    stable[[index for index, _ in special]] = False
    ends = [end_of(line, end) for end in course.ends]
    if len(ends) == 1 and not detected.curve.closed:
        ends.insert(0, "it begins at a branch point")
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
        squares = np.maximum((chords**2).sum(axis=1), 1e-300)
        along = np.einsum("ij,ij->i", (place - points[:-1]) / line.scale, chords) / squares
        away = np.linalg.norm((place - points[:-1]) / line.scale - along[:, None] * chords, axis=1)
        near = (along > 0.0) & (along < 1.0) & (away < 0.1 * np.linalg.norm(chords, axis=1))
        if near.any():
            at = int(np.flatnonzero(near)[np.argmin(away[near])]) + 1
            points = np.insert(points, at, place, axis=0)
            special = [(index + (index >= at), point) for index, point in special] + [(at, mark)]
    return points, sorted(special, key=lambda pair: pair[0])


def _apart(
    line: Line, points: Vector, special: list[tuple[int, SpecialPoint]]
) -> tuple[Vector, list[tuple[int, SpecialPoint]]]:
    """Put a point between special points that are neighbours, so that what lies between them can be told."""
    for at in range(len(special) - 1, 0, -1):
        index = special[at][0]
        if special[at - 1][0] != index - 1:
            continue
        found = line.problem.between(points[index - 1], points[index], 0.5)
        if found is not None:
            points = np.insert(points, index, found[0], axis=0)
            special = [(place + (place >= index), point) for place, point in special]
    return points, special


def end_of(line: Line, curve: Curve) -> str:
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
