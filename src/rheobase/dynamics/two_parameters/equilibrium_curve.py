"""Curves of saddle-nodes and Hopf points, followed both ways from one of their points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.special import SpecialPoint
from rheobase.dynamics.two_parameters.codim_two import special_point
from rheobase.dynamics.two_parameters.fold_curve import FoldCurve
from rheobase.dynamics.two_parameters.hopf_curve import HopfCurve
from rheobase.numerics.continuation import Curve, correct, trace

Vector = NDArray[np.float64]
Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Followed:
    """A curve in two parameters: its points, those of codimension 2 on it, and how both of its ends came about.

    Attributes
    ----------
    points
        (k, unknowns), in internal units.
    special
        ``(index, point)``, in order; the point lies behind ``points[index]``.
    ends
        A sentence for the first point and one for the last.
    complete
        Whether both ends have a reason in the model or in the bounds, not in the method.
    closed
        Whether the curve comes back to its start.
    """

    points: Vector
    special: tuple[tuple[int, SpecialPoint], ...]
    ends: tuple[str, str]
    complete: bool
    closed: bool = False


def follow(
    curve: FoldCurve | HopfCurve, start: Vector, bounds: Bounds, *, largest: float, most: int
) -> Followed | None:
    """Follow a curve from ``start``, one of its points, both ways; None if there is no curve through it.

    Parameters
    ----------
    curve
        The equations.
    start
        A point near the curve, in the curve's own unknowns.
    bounds
        Internal units; the curve ends there.
    largest
        The longest step, in units of the scales.
    most
        How many points at most, each way.
    """
    scale = curve.scale(start)
    direction = _direction(curve, start, scale)
    found = correct(curve.residual, curve.jacobian, start, direction, scale)
    if found is None or np.linalg.norm((found - start) / scale) > 0.1:
        return None
    lower, upper = _limits(curve, bounds, start.size)
    ways = [
        trace(curve.residual, curve.jacobian, found, way, scale=scale, lower=lower, upper=upper, tests=curve.tests,
              step=0.1 * largest, largest=largest, most=most)
        for way in (-direction, direction)
    ]  # fmt: skip
    if ways[1].closed:
        joined = _joined(curve, ways[1:], ("the curve is closed",) * 2)
    else:
        joined = _joined(curve, ways, tuple(_end(curve, way) for way in ways))
    return _with_start(curve, joined, found)


def _with_start(curve: FoldCurve | HopfCurve, followed: Followed, start: Vector) -> Followed:
    """The start is no zero of a test function between two points, but may itself be a point of codimension 2."""
    at = int(np.argmin(np.linalg.norm((followed.points - start) / curve.scale(start), axis=1)))
    kinds = [*curve.tests, *(["bogdanov-takens"] if isinstance(curve, HopfCurve) else [])]
    points = [special_point(curve, kind, start, np.ones_like(start)) for kind in kinds]
    new = [
        (at, point) for point in points
        if point is not None and not any(_same(curve, point, other) for _, other in followed.special)
    ]  # fmt: skip
    return replace(followed, special=tuple(_in_order([*followed.special, *new], followed.points, curve)))


def _same(curve: FoldCurve | HopfCurve, a: SpecialPoint, b: SpecialPoint) -> bool:
    return a.kind == b.kind and bool(np.linalg.norm((a.data - b.data) / curve.scale(a.data)) < 1e-3)


def _direction(curve: FoldCurve | HopfCurve, start: Vector, scale: Vector) -> Vector:
    """A tangent of the curve: up in the first parameter, if that changes."""
    tangent = np.linalg.svd(curve.jacobian(start) * scale)[2][-1]
    sign = -1.0 if tangent[-2] < 0.0 else 1.0
    return sign * tangent * scale


def _limits(curve: FoldCurve | HopfCurve, bounds: Bounds, size: int) -> tuple[Vector, Vector]:
    """Bounds of the unknowns: the parameters, and the squared frequency, which is not negative."""
    lower, upper = np.full(size, -np.inf), np.full(size, np.inf)
    for place, name in zip((-2, -1), curve.plane.names, strict=True):
        lower[place], upper[place] = bounds[name]
    if isinstance(curve, HopfCurve):
        lower[-3] = 0.0
    return lower, upper


def _end(curve: FoldCurve | HopfCurve, way: Curve) -> str:
    """Why one way along the curve ends where it does."""
    u = way.points[-1]
    field, names = curve.plane.field, curve.plane.names
    here = " and ".join(
        f"{name} = {_with_unit(curve, name, float(field.shown(name, at)))}"
        for name, at in zip(names, u[-2:], strict=True)
    )
    if way.reason == "bound" and isinstance(curve, HopfCurve) and way.edge == u.size - 3:
        if special_point(curve, "bogdanov-takens", u, way.tangents[-1]) is None:
            return (
                f"the frequency is 0 at {here}, where the equilibrium is more degenerate than a Bogdanov-Takens point"
            )
        return (
            f"a Bogdanov-Takens point at {here}, where the frequency is 0; beyond it the two eigenvalues are real and "
            "opposite, a neutral saddle, where nothing changes"
        )
    if way.reason == "bound" and way.edge is not None and way.edge >= u.size - 2:
        name = names[way.edge - u.size + 2]
        return f"{name} reaches its bound {_with_unit(curve, name, float(field.shown(name, u[way.edge])))}"
    return f"{way.status}, at {here}"


def _with_unit(curve: FoldCurve | HopfCurve, name: str, value: float) -> str:
    unit = curve.plane.field.unit_name(name)
    return f"{value:.8g}" if unit == "1" else f"{value:.8g} {unit}"


def _joined(curve: FoldCurve | HopfCurve, ways: list[Curve], ends: tuple[str, ...]) -> Followed:
    """Both ways as one curve; the first is turned around."""
    closed = len(ways) == 1
    backward = None if closed else ways[0]
    forward = ways[-1]
    special = [(event.index, special_point(curve, event.name, event.point, event.tangent)) for event in forward.events]
    special += _at_the_end(curve, forward, len(forward.points) - 1)
    points = forward.points
    if backward is not None:
        behind = len(backward.points) - 1
        special = [(index + behind, point) for index, point in special]
        special += [
            (behind - 1 - event.index, special_point(curve, event.name, event.point, event.tangent))
            for event in backward.events
        ]
        special += _at_the_end(curve, backward, 0)
        points = np.vstack([backward.points[:0:-1], points])
    kept = [(max(index, 0), point) for index, point in special if point is not None]
    complete = all(way.reason in ("bound", "closed") for way in ways)
    return Followed(points, tuple(_in_order(kept, points, curve)), (ends[0], ends[-1]), complete, closed)


def _at_the_end(curve: FoldCurve | HopfCurve, way: Curve, index: int) -> list[tuple[int, SpecialPoint | None]]:
    """The Bogdanov-Takens point in which a curve of Hopf points ends."""
    u = way.points[-1]
    if not (isinstance(curve, HopfCurve) and way.reason == "bound" and way.edge == u.size - 3):
        return []
    return [(index, special_point(curve, "bogdanov-takens", u, way.tangents[-1]))]


def _in_order(
    special: list[tuple[int, SpecialPoint]], points: Vector, curve: FoldCurve | HopfCurve
) -> list[tuple[int, SpecialPoint]]:
    """By place along the curve; within a step, by the distance from its first point."""
    scale = np.maximum(np.ptp(points, axis=0), 1e-300)

    def place(entry: tuple[int, SpecialPoint]) -> tuple[int, float]:
        index, point = entry
        return index, float(np.linalg.norm((point.data - points[index]) / scale))

    return sorted(special, key=place)
