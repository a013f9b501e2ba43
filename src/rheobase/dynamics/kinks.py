"""Whether equations with a condition, `abs`, `maximum` or `clip` are smooth all the same, as ``maximum(v, 0)**3`` is.

What lies between the two pieces is a surface on which a quantity vanishes: the difference of the two sides of the
comparison. On points of it the right-hand side and its Jacobian are taken on both sides, at two distances. A jump or
a kink stays as large as it is when the distance shrinks; what is continuous, with a continuous first derivative, does
not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.equilibria.box import find_box
from rheobase.dynamics.field import VectorField
from rheobase.model.errors import ModelError
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import COMPARISONS, Binary, Call, Expression, Number, names, substitute, walk
from rheobase.model.shape import rough
from rheobase.numerics.sequence import even_points

Vector = NDArray[np.float64]

#: Lines through the box along which a surface is looked for, points on each, and by how much the box is widened.
_LINES, _POINTS, _WIDER = 24, 401, 1.5
#: Distances from the surface, in widths of the box, and by how much a gap has to shrink from the first to the second.
_NEAR, _NEARER, _SHRINKS = 1e-8, 1e-9, 0.5
#: Gaps that are rounding, in units of what stands on either side.
_ROUNDING = 1e-11
_ALONE = {"t": 0.0, "lastspike": -np.inf, "not_refractory": 1.0, "i": 0.0, "N": 1.0}


def require_smooth(field: VectorField) -> None:
    """Refuse equations with jumps or kinks: they have no derivative there, and no bifurcation theory."""
    found = first_kink(field)
    if found is not None:
        raise ModelError(
            f"the equation of '{found}' (line {field.neuron.equations[found].line}) has a jump or a kink where a state "
            "passes some value (a condition, abs, clip, floor and so on), and this lens needs derivatives; write a "
            "steep smooth function instead, such as 1/(1 + exp(-(v - V)/k))"
        )


def first_kink(field: VectorField) -> str | None:
    """The first state or quantity whose equation has a jump or a kink, None if there is none that matters.

    Where it cannot be decided, because a surface does not pass through the box of the states or there are infinitely
    many, as for ``floor``, it counts as one.
    """
    equations = field.neuron.equations
    found = rough(equations)
    if not found:
        return None
    definitions: dict[str, Expression] = {}
    for equation in equations.subexpressions:
        assert equation.expression is not None
        definitions[equation.name] = substitute(equation.expression, definitions)
    for name in found:
        tree = equations[name].expression
        assert tree is not None
        for surface in _surfaces(substitute(tree, definitions), frozenset(field.states)):
            if surface is None or not _is_passed_smoothly(field, surface):
                return name
    return None


def _surfaces(tree: Expression, states: frozenset[str]) -> Iterator[Expression | None]:
    """Quantities that vanish where one piece meets the other; None for infinitely many."""
    for node in walk(tree):
        if not names(node) & states:
            continue
        match node:
            case Binary(op, left, right) if op in COMPARISONS:
                yield None if op in ("==", "!=") else Binary("-", left, right)
            case Binary("//" | "%"):
                yield None
            case Call("abs" | "sign", (argument,)):
                yield argument
            case Call("minimum" | "maximum", (left, right)):
                yield Binary("-", left, right)
            case Call("clip", (argument, low, high)):
                yield from (Binary("-", argument, low), Binary("-", argument, high))
            case Call("floor" | "ceil" | "int" | "timestep"):
                yield None


def _is_passed_smoothly(field: VectorField, surface: Expression) -> bool:
    """Whether right-hand side and Jacobian are continuous at all the points of a surface that are found."""
    if isinstance(surface, Number):
        return True
    box = find_box(field).wider(_WIDER)
    seen = False
    for at in range(field.n):
        points = _points(field, surface, at, box.lower, box.upper)
        if not points.shape[1]:
            continue
        seen = True
        near, nearer = (_gaps(field, points, at, share * box.width[at]) for share in (_NEAR, _NEARER))
        if not np.all((nearer[0] <= _SHRINKS * near[0]) | (nearer[0] <= _ROUNDING * nearer[1])):
            return False
    return seen


def _points(field: VectorField, surface: Expression, at: int, low: Vector, high: Vector) -> Vector:
    """Points (n, points) at which the quantity changes sign along one state, by halving."""
    begin = low[:, None] + even_points(field.n, _LINES) * (high - low)[:, None]
    steps = np.linspace(low[at], high[at], _POINTS)
    lines = np.repeat(begin[:, :, None], _POINTS, axis=2)
    lines[at] = steps
    signs = _value(field, surface, lines) > 0.0
    line, place = np.nonzero(signs[:, :-1] != signs[:, 1:])
    points, rises = begin[:, line], signs[line, place + 1]
    left, right = steps[place], steps[place + 1]
    for _ in range(60):
        points[at] = 0.5 * (left + right)
        beyond = (_value(field, surface, points) > 0.0) == rises
        left, right = np.where(beyond, left, points[at]), np.where(beyond, points[at], right)
    return points


def _value(field: VectorField, tree: Expression, x: Vector) -> Vector:
    given = dict(zip(field.parameters, field.values, strict=True)) | dict(zip(field.states, x, strict=True))
    with np.errstate(all="ignore"):
        return np.broadcast_to(np.asarray(evaluate(tree, _ALONE | given), dtype=float), x.shape[1:])


def _gaps(field: VectorField, points: Vector, at: int, distance: float) -> tuple[Vector, Vector]:
    """Gaps of right-hand side and Jacobian (n, n + 1, points) across the surface, and the larger of both sides.

    Both are finite or 0: where the equations have no finite value there is nothing to be judged.
    """
    aside = np.zeros((field.n, 1))
    aside[at] = distance
    with np.errstate(all="ignore"):
        sides = [
            np.concatenate([field.rhs(x)[:, None] * np.ones(points.shape[1]), _slopes(field, x)], axis=1)
            for x in (points - aside, points + aside)
        ]
    gap, size = np.abs(sides[1] - sides[0]), np.maximum(*np.abs(sides))
    known = np.isfinite(gap)
    return np.where(known, gap, 0.0), np.where(known, size, 0.0)


def _slopes(field: VectorField, x: Vector) -> Vector:
    return field.jacobian(x) * np.ones(x.shape[1])
