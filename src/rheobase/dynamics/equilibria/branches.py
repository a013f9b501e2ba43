"""Every branch of equilibria through some points, and those that cross them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.branch_point import Crossing, locate
from rheobase.dynamics.equilibria.detection import Detected, detect
from rheobase.dynamics.equilibria.line import Course, Line, joined
from rheobase.numerics.continuation import Curve

Vector = NDArray[np.float64]

_SAME = 1e-5
_MOST_BRANCHES = 60


@dataclass(frozen=True, eq=False)
class Followed:
    """A branch as it was followed, and with its special points."""

    course: Course
    detected: Detected


def follow_all(line: Line, seeds: list[Vector]) -> tuple[list[Followed], list[Crossing]]:
    """Every branch through a seed, and those that cross them, each once."""
    done: list[Followed] = []
    crossings: list[Crossing] = []
    for seed in seeds:
        if any(line.passes(branch.detected.curve, seed) for branch in done):
            continue
        queue = [line.follow(seed)]
        while queue and len(done) < _MOST_BRANCHES:
            course = queue.pop()
            if len(course.curve.points) < 2:
                continue
            detected = detect(line, course.curve)
            done.append(Followed(course, detected))
            for event in detected.branch_events:
                crossing = locate(line, event.point, detected.rows)
                if crossing is not None and _is_new(line, crossing, crossings):
                    crossings.append(crossing)
                    known = [branch.detected.curve for branch in done]
                    queue += _crossing_branches(line, crossing, known)
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
            new.append(Course(replace(arm, points=points, tangents=tangents), (arm,)))
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
