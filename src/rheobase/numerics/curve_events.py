"""Zeros of test functions along a curve: found between its points, and located on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.bracket import minimum, root
from rheobase.numerics.continuation import Curve, Event, Problem

Vector = NDArray[np.float64]
Test = Callable[[Vector, Vector], float]

_NOISE = 1e-11
_JUMP = 1e-4


def events(
    problem: Problem, curve: Curve, tests: Mapping[str, Test], known: Mapping[str, Vector] | None = None
) -> tuple[Event, ...]:
    """The zeros of test functions along a curve.

    Between two points where the sign differs there is one; between two where it does not there are two or none, and
    where the size of the function has a minimum along the points, it is followed down to see which. A function that
    touches zero is reported too. Where it is zero up to rounding at two neighbouring points, it has no sign to change.

    Parameters
    ----------
    known
        Values of test functions at the points of the curve, where they are known already.
    """
    found: list[Event] = []
    for name, test in tests.items():
        values = (known or {}).get(name)
        if values is None:
            values = [test(point, tangent) for point, tangent in zip(curve.points, curve.tangents, strict=True)]
        values = [float(value) for value in values]
        for index in range(len(values) - 1):
            a, b = values[index], values[index + 1]
            if a * b < 0.0 and max(abs(a), abs(b)) > _NOISE:
                found += _crossing(problem, curve, name, test, index, (0.0, 1.0), (a, b))
        for index in range(1, len(values) - 1):
            found += _dip(problem, curve, name, test, index, values)
        found += _exact(curve, name, values)
    return tuple(sorted(found, key=lambda event: (event.index, _progress(problem, curve, event))))


def _exact(curve: Curve, name: str, values: list[float]) -> list[Event]:
    """Points of the curve at which the test function happens to be zero."""
    around = [values[-2], *values, values[1]] if curve.closed else [0.0, *values, 0.0]
    found = []
    for index in range(len(values) - 1 if curve.closed else len(values)):
        before, here, after = around[index : index + 3]
        if here == 0.0 and min(abs(before), abs(after)) > _NOISE:
            at, touches = max(index - 1, 0), before * after > 0.0
            found.append(Event(name, curve.points[index], curve.tangents[index], at, 0.0, touches))
    return found


def _progress(problem: Problem, curve: Curve, event: Event) -> float:
    return float(np.linalg.norm((event.point - curve.points[event.index]) / problem.scale))


def _along(problem: Problem, curve: Curve, index: int, test: Test) -> Callable[[float], float]:
    """The test function on the stretch behind a point of the curve, by the fraction of the way."""

    def value(fraction: float) -> float:
        found = problem.between(curve.points[index], curve.points[index + 1], fraction)
        return math.nan if found is None else test(*found)

    return value


def _crossing(
    problem: Problem, curve: Curve, name: str, test: Test, index: int, ends: tuple[float, float],
    values: tuple[float, float],
) -> list[Event]:  # fmt: skip
    """The zero between two fractions of a stretch; none where the function jumps instead.

    At a branch point itself no point is found, and a point of the curve that lies there has to do.
    """
    value = _along(problem, curve, index, test)
    fraction = root(value, *ends, *values, tol=1e-14)
    size = max(abs(values[0]), abs(values[1]))
    left = abs(value(fraction)) / size
    if math.isfinite(left):
        event = _event(problem, curve, name, index, fraction, left) if left <= _JUMP else None
        return [] if event is None else [event]
    left = min(abs(values[0]), abs(values[1])) / size
    at = index if abs(values[0]) < abs(values[1]) else index + 1
    return [Event(name, curve.points[at], curve.tangents[at], index, left)] if left <= _JUMP else []


def _event(
    problem: Problem, curve: Curve, name: str, index: int, fraction: float, left: float, touches: bool = False
) -> Event | None:
    found = problem.between(curve.points[index], curve.points[index + 1], fraction)
    return None if found is None else Event(name, *found, index, left, touches)


def _dip(problem: Problem, curve: Curve, name: str, test: Test, index: int, values: list[float]) -> list[Event]:
    """Zeros around a point at which the size of the test function is smaller than at its neighbours."""
    before, here, after = values[index - 1 : index + 2]
    sign = math.copysign(1.0, here)
    if not (0.0 < sign * here <= min(sign * before, sign * after)):
        return []
    size = max(abs(before), abs(after))
    if size <= _NOISE or sign * here > 0.5 * size:  # a parabola that touches zero would be below size/9 here
        return []
    for stretch, end in ((index - 1, before), (index, after)):
        value = _along(problem, curve, stretch, test)
        at, low = minimum(lambda fraction, value=value: sign * value(fraction), 0.0, 1.0)
        if low < 0.0:
            first, last = (end, here) if stretch < index else (here, end)
            return [
                *_crossing(problem, curve, name, test, stretch, (0.0, at), (first, sign * low)),
                *_crossing(problem, curve, name, test, stretch, (at, 1.0), (sign * low, last)),
            ]
        if low <= 1e-8 * size:
            event = _event(problem, curve, name, stretch, at, low / size, touches=True)
            return [] if event is None else [event]
    return []
