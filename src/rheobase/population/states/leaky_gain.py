"""`rheobase.population.states.gain_curve` for networks of leaky neurons without conductances, its steps as one kernel.

The curve of ``rate = Phi(gain * rate)`` is followed as in `rheobase.numerics.continuation`, with the same steps; every
search for the states of a network follows some, and for a few populations the arrays' own overhead is far more than the
arithmetic. A point ``x`` is the rates in units of ``scale`` and then the gain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rheobase.numerics.bracket import root
from rheobase.numerics.kernel import kernel
from rheobase.numerics.siegert import siegert_tables
from rheobase.numerics.small_solve import small_solve
from rheobase.population.states.leaky_states import Leaky, evaluate

Array = NDArray[np.float64]

_LARGEST = 0.2
_SMALLEST = 1e-9
_SHARPEST = 0.5
_BEND = 0.08
_TOL = 1e-11
_ROUNDED = 1e-8
_CROSSING = 1e-4
_TOUCH = 1e-10


class _Work(NamedTuple):
    """The map (see `InputMap.leaky`), the tables of `rheobase.numerics.siegert`, the unit of each rate, and room."""

    matrices: Array
    offsets: Array
    constants: Array
    tables: tuple[Array, ...]
    scale: Array
    heard: Array
    value: Array
    slopes: Array
    residual: Array
    jacobian: Array
    matrix: Array
    right: Array


@dataclass(frozen=True)
class _Place:
    """A point of the curve, its tangent, and on which side of it the curve's own direction lies."""

    x: Array
    tangent: Array
    side: float
    steps: int

    @property
    def gain(self) -> float:
        return float(self.x[-1])


def leaky_along_gain(leaky: Leaky, start: Array, scale: Array, strongest: float, most: int) -> list[Array]:
    """The states (kHz) at gain 1 on the curve through the state ``start``, up to the gain ``strongest``.

    ``scale`` is the unit of each rate; rates end at 15 of them, and the curve after ``most`` points either way.
    """
    n = start.size
    work = _Work(
        *leaky, siegert_tables(), np.ascontiguousarray(scale, float), np.empty(n), np.empty(n), np.empty((n, n)),
        np.empty(n), np.empty((n, n + 1)), np.empty((n + 1, n + 1)), np.empty(n + 1),
    )  # fmt: skip
    found: list[Array] = []
    for way in (1.0, -1.0):
        places = _walk(work, np.append(start / scale, 1.0), np.append(np.zeros(n), way), strongest, most)
        for a, b in pairwise(places):
            found += _crossings(work, a, b)
    return [np.maximum(point[:n] * scale, 0.0) for point in found]


def _walk(work: _Work, start: Array, way: Array, strongest: float, most: int) -> list[_Place]:
    """The points of the curve on one side of ``start``, to where it ends or is closed."""
    here = _corrected(work, start, way, 10)
    if here is None:
        return []
    places, step = [here], 0.01
    while len(places) < most and step >= _SMALLEST:
        here = places[-1]
        step = min(step, _LARGEST / float(np.max(np.abs(here.tangent))))
        new = _next(work, here, step)
        if new is None or (new.side != here.side and step > _CROSSING):
            step *= 0.4
            continue
        if not 0.0 <= new.gain <= strongest or np.max(new.x[:-1]) > 15.0:
            break
        if len(places) > 3 and _closes(work, places[0], here, new):
            return [*places, places[0]]
        places.append(new)
        turn = math.acos(min(float(here.tangent @ new.tangent), 1.0))
        longer = min(max(_BEND / max(turn, 1e-9), 0.4), 1.7)
        step *= longer if new.steps <= 4 else min(longer, 0.7)
    return places


def _next(work: _Work, here: _Place, step: float) -> _Place | None:
    """The next point; None where the step is too long."""
    guess = here.x + step * here.tangent
    new = _corrected(work, guess, here.tangent, 7)
    if new is None or np.linalg.norm(new.x - guess) > 0.3 * step:
        return None
    return new if here.tangent @ new.tangent > math.cos(_SHARPEST) else None


def _corrected(work: _Work, guess: Array, tangent: Array, most: int) -> _Place | None:
    """The point of the curve in the plane through ``guess`` orthogonal to ``tangent``; None if none is found."""
    x, direction = guess.copy(), np.empty(guess.size)
    steps, side = _correct(*work, guess, tangent / np.linalg.norm(tangent), most, x, direction)
    return _Place(x, direction, side, steps) if steps else None


def _between(work: _Work, a: _Place, b: _Place, part: float) -> _Place | None:
    """The point of the curve opposite a part of the way from ``a`` to ``b``."""
    return _corrected(work, a.x + part * (b.x - a.x), b.x - a.x, 10)


def _closes(work: _Work, first: _Place, here: _Place, new: _Place) -> bool:
    """Whether the first point lies on the stretch to a new one."""
    chord = new.x - here.x
    along = float((first.x - here.x) @ chord / (chord @ chord))
    if not 0.0 < along <= 1.0 or first.tangent @ chord <= 0.0:
        return False
    if np.linalg.norm(first.x - here.x - along * chord) > 0.3 * np.linalg.norm(chord):
        return False
    found = _between(work, here, new, along)
    return found is not None and bool(np.linalg.norm(found.x - first.x) < 1e-6)


def _crossings(work: _Work, a: _Place, b: _Place) -> list[Array]:
    """Points at gain 1 between two points of the curve, also where it turns around in between."""
    if a.tangent[-1] * b.tangent[-1] < 0.0 and max(abs(a.gain - 1.0), abs(b.gain - 1.0)) < 2.0 * _LARGEST:
        turn = root(_function(work, a, b, lambda place: place.tangent[-1]), 0.0, 1.0, a.tangent[-1], b.tangent[-1])
        fold = _between(work, a, b, turn)
        if fold is not None and abs(fold.gain - 1.0) < _TOUCH:
            return [fold.x]
        if fold is not None:
            return _crossing(work, a, fold) + _crossing(work, fold, b)
    return _crossing(work, a, b)


def _crossing(work: _Work, a: _Place, b: _Place) -> list[Array]:
    """The point at gain 1 between two points with one at most."""
    below, above = a.gain - 1.0, b.gain - 1.0
    if below * above >= 0.0:
        return []
    part = root(_function(work, a, b, lambda place: place.gain - 1.0), 0.0, 1.0, below, above)
    found = _between(work, a, b, part)
    return [] if found is None else [found.x]


def _function(work: _Work, a: _Place, b: _Place, test: Callable[[_Place], Any]) -> Callable[[float], float]:
    """A function of the place, by the part of the way from ``a`` to ``b``."""

    def value(part: float) -> float:
        found = _between(work, a, b, part)
        return math.nan if found is None else float(test(found))

    return value


@kernel
def _correct(
    matrices, offsets, constants, tables, scale, heard, value, slopes, residual, jacobian, matrix, right,
    guess, tangent, most, x, direction,
):  # fmt: skip
    """Newton's method for ``x`` in the plane; then the ``direction`` there, on the side of ``tangent``.

    Returns how many steps were taken, 0 if they lead nowhere, and the sign of the determinant with the direction.
    """
    size, before, count, done = math.inf, math.inf, 0, False
    while True:
        _derive(x, matrices, offsets, constants, tables, scale, heard, value, slopes, residual, jacobian)
        if done:
            break
        along = 0.0
        for i in range(x.size):
            along += tangent[i] * (x[i] - guess[i])
        count += 1
        size = _eliminated(jacobian, tangent, residual, along, matrix, right)
        if not np.isfinite(size):
            return 0, 0.0
        if size >= before and before < _ROUNDED:  # as good as the numbers allow
            break
        for i in range(x.size):
            x[i] -= right[i]
        if size > _TOL and (size > 2.0 * before or size > 1e3 or (count == most and size >= _ROUNDED)):
            return 0, 0.0
        done = size <= _TOL or count == most
        before = size
    for i in range(residual.size):
        residual[i] = 0.0
    if not np.isfinite(_eliminated(jacobian, tangent, residual, 1.0, matrix, right)):
        return 0, 0.0
    length = 0.0
    for i in range(x.size):
        length += right[i] * right[i]
    for i in range(x.size):
        direction[i] = right[i] / math.sqrt(length)
    _bordered(jacobian, direction, matrix)
    return count, np.sign(small_solve(matrix, right))


@kernel
def _derive(x, matrices, offsets, constants, tables, scale, heard, value, slopes, residual, jacobian):
    """Residual ``Phi(gain * rate) - rate`` and its slopes by the scaled rates and the gain."""
    n = x.size - 1
    gain = max(x[n], 0.0)
    for i in range(n):
        heard[i] = gain * max(x[i], 0.0) * scale[i]
    evaluate(heard, matrices, offsets, constants, tables, value, slopes)
    for i in range(n):
        residual[i] = value[i] - x[i] * scale[i]
        by_gain = 0.0
        for j in range(n):
            jacobian[i, j] = x[n] * slopes[i, j] * scale[j]
            by_gain += slopes[i, j] * max(x[j], 0.0) * scale[j]
        jacobian[i, i] -= scale[i]
        jacobian[i, n] = by_gain


@kernel
def _bordered(jacobian, border, matrix):
    """The slopes with a last row."""
    n = border.size - 1
    for j in range(n + 1):
        for i in range(n):
            matrix[i, j] = jacobian[i, j]
        matrix[n, j] = border[j]


@kernel
def _eliminated(jacobian, border, residual, along, matrix, right):
    """Solve the bordered system into ``right``; its largest entry, nan if there is no solution."""
    _bordered(jacobian, border, matrix)
    n = border.size - 1
    for i in range(n):
        right[i] = residual[i]
    right[n] = along
    if small_solve(matrix, right) == 0.0:
        return math.nan
    largest = 0.0
    for i in range(n + 1):
        if not abs(right[i]) <= largest:
            largest = abs(right[i])
    return largest
