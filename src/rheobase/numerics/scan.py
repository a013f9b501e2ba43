"""All roots of a function of one variable between two bounds, for many functions at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
#: ``function(x, which)``: values and slopes at the points ``x``, each of the function number ``which``.
Function = Callable[[Vector, NDArray[np.intp]], tuple[Vector, Vector]]

_DEEPEST = 40
_NARROW = 1e-8
_SAFETY = 4.0
_FEW = 8
_MOST = 200_000
_TOUCH, _GRAIN = 1e-13, 1e-15
_PAIR = 2.0 * (2.0 * _GRAIN) ** 0.5  # roots nearer than this enclose less than the grain


@dataclass(frozen=True)
class Roots:
    """Positions of roots, the number of the function that each belongs to, and whether it is a double one."""

    x: Vector
    which: NDArray[np.intp]
    double: NDArray[np.bool_]


@dataclass(frozen=True)
class _Stretches:
    """Stretches a..b of the axis with values and slopes at both ends."""

    which: NDArray[np.intp]
    a: Vector
    b: Vector
    fa: Vector
    fb: Vector
    da: Vector
    db: Vector

    def __getitem__(self, mask: NDArray) -> _Stretches:
        return _Stretches(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))

    def join(self, other: _Stretches) -> _Stretches:
        return _Stretches(
            *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__dataclass_fields__)
        )


def roots(function: Function, grid: Vector, count: int = 1) -> Roots:
    """The roots of ``count`` functions within the first and the last point of a grid.

    Between two points the function is compared with the cubic through its values and slopes. A stretch is dismissed
    where the cubic stays away from zero by four times the deviation seen in the middle, it holds one root where the
    cubic is monotone and changes its sign, and is halved otherwise. So no root is missed that the function's own
    values and slopes at two neighbouring points and between them betray, double ones included.

    Parameters
    ----------
    function
        Values and slopes; a value that is not finite ends the search around it after some halvings.
    grid
        Increasing.
    count
        How many functions.
    """
    function = _with_slopes(function, float(grid[-1] - grid[0]))
    which = np.repeat(np.arange(count), grid.size)
    x = np.tile(grid, count)
    f, d = function(x, which)
    inner = np.arange(x.size - 1)[which[1:] == which[:-1]]
    todo = _Stretches(which[inner], x[inner], x[inner + 1], f[inner], f[inner + 1], d[inner], d[inner + 1])
    extent = float(grid[-1] - grid[0])
    simple: list[_Stretches] = []
    doubles: list[tuple[float, int]] = []
    for depth in range(_DEEPEST):
        if todo.a.size == 0 or todo.a.size > _MOST:
            break
        halves, verdict = _halve(function, todo, depth)
        simple.append(todo[verdict == 1])
        todo = halves[np.tile(verdict == 0, 2)]
        narrow = todo.b - todo.a < _NARROW * np.maximum(np.abs(todo.a), 1e-2 * extent)
        last = todo[narrow]
        found, touches = _touching(last, extent)
        doubles += found
        simple.append(last[((last.fa < 0.0) != (last.fb < 0.0)) & ~touches])
        todo = todo[~narrow]
    single = simple[0] if simple else todo
    for part in simple[1:]:
        single = single.join(part)
    x, which = _polished(function, single), single.which
    return _merged(x, which, doubles, extent)


def _with_slopes(function: Function, extent: float) -> Function:
    """Where the value is finite and the slope is not (an exponential has overflowed), a difference takes its place."""

    def tamed(x: Vector, which: NDArray[np.intp]) -> tuple[Vector, Vector]:
        f, d = function(x, which)
        lost = np.isfinite(f) & ~np.isfinite(d)
        if lost.any():
            h = 1e-7 * np.maximum(np.abs(x[lost]), 1e-3 * extent)
            d = d.copy()
            d[lost] = (function(x[lost] + h, which[lost])[0] - f[lost]) / h
        return f, d

    return tamed


def _halve(function: Function, todo: _Stretches, depth: int) -> tuple[_Stretches, NDArray[np.intp]]:
    """Both halves of each stretch, and the verdict: 1 one root, -1 none, 0 undecided."""
    middle, width = 0.5 * (todo.a + todo.b), todo.b - todo.a
    f, d = function(middle, todo.which)
    with np.errstate(all="ignore"):
        guess = 0.5 * (todo.fa + todo.fb) + 0.125 * width * (todo.da - todo.db)
        error = _SAFETY * np.abs(f - guess)
        bend = np.abs(todo.db - todo.da) / width
        dim = np.maximum(error, _GRAIN * bend * middle**2)  # so close to zero, values tell nothing
        third = width / 6.0
        shape = np.array([
            todo.fa, todo.fa + third * todo.da, f - third * d, f, f + third * d, todo.fb - third * todo.db, todo.fb,
        ])  # fmt: skip
        size = np.abs(todo.fb - todo.fa)
        none = (shape.min(axis=0) > dim) | (shape.max(axis=0) < -dim)
        steps = np.diff(shape, axis=0)
        monotone = np.all(steps > 0.0, axis=0) | np.all(steps < 0.0, axis=0)
        one = monotone & ((todo.fa <= 0.0) != (todo.fb <= 0.0)) & (error < 0.1 * size)
    finite = np.isfinite(shape).all(axis=0)
    verdict = np.where(none, -1, np.where(one, 1, 0))
    verdict = np.where(finite, verdict, 0 if depth < _FEW else -1)
    hopeless = ~np.isfinite(todo.fa) & ~np.isfinite(todo.fb) & ~np.isfinite(f)
    verdict = np.where(hopeless, -1, verdict)
    left = _Stretches(todo.which, todo.a, middle, todo.fa, f, todo.da, d)
    return left.join(_Stretches(todo.which, middle, todo.b, f, todo.fb, d, todo.db)), verdict


def _touching(last: _Stretches, extent: float) -> tuple[list[tuple[float, int]], NDArray[np.bool_]]:
    """Where the function turns back as close to zero as rounding allows to tell; and on which stretches it does."""
    found: list[tuple[float, int]] = []
    touches = np.zeros(last.a.size, dtype=bool)
    for at in range(last.a.size):
        a, width = last.a[at], last.b[at] - last.a[at]
        bend = (last.db[at] - last.da[at]) / width
        if not np.isfinite(bend) or bend == 0.0:
            continue
        offset = -last.da[at] / bend
        if not -0.1 * width <= offset <= 1.1 * width:
            continue
        low = last.fa[at] + offset * (last.da[at] + 0.5 * bend * offset)
        if abs(low) <= _TOUCH * abs(bend) * max(abs(a), 1e-2 * extent) ** 2:
            found.append((float(a + offset), int(last.which[at])))
            touches[at] = True
    return found, touches


def _polished(function: Function, found: _Stretches) -> Vector:
    """Newton's method within brackets that shrink; a step out of the bracket is replaced by halving it."""
    a, b, rising = found.a.copy(), found.b.copy(), found.fb > found.fa
    with np.errstate(all="ignore"):
        x = a - found.fa * (b - a) / (found.fb - found.fa)
        x = np.where((x >= a) & (x <= b), x, 0.5 * (a + b))
        for _ in range(60 if x.size else 0):
            f, d = function(x, found.which)
            above = (f > 0.0) == rising
            a, b = np.where(above, a, x), np.where(above, x, b)
            new = x - f / d
            new = np.where((new >= a) & (new <= b), new, 0.5 * (a + b))
            moved, x = np.abs(new - x), new
            if np.all(moved <= 1e-9 * np.abs(x) + 1e-300):
                break
    return x


def _merged(x: Vector, which: NDArray[np.intp], doubles: list[tuple[float, int]], extent: float) -> Roots:
    """Roots in order, each once; around a double root, rounding may have made others."""
    places = np.concatenate([x, [place for place, _ in doubles]])
    owner = np.concatenate([which, np.array([number for _, number in doubles], dtype=np.intp)])
    double = np.arange(places.size) >= x.size
    order = np.lexsort((places, owner))
    places, owner, double = places[order], owner[order], double[order]
    keep = np.ones(places.size, dtype=bool)
    last = 0
    for at in range(1, places.size):
        nearby = 1e-7 if double[at] or double[last] else 1e-12
        apart = abs(places[at] - places[last])
        if owner[at] == owner[last] and apart <= nearby * max(abs(places[at]), 1e-2 * extent):
            gone, last = (last, at) if double[at] else (at, last)
            keep[gone] = False
        elif owner[at] == owner[last] and apart <= _PAIR * abs(places[at]):
            places[last], double[last], keep[at] = 0.5 * (places[at] + places[last]), True, False
        else:
            last = at
    return Roots(places[keep], owner[keep], double[keep])
