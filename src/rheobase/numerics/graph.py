"""The graph of a function that may jump or end: a grid as fine as it needs to be, and where it meets the diagonal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
#: ``f(x)`` for (rows,) gives (rows, m): the value in column 0, nan where undefined, and what belongs to it.
Function = Callable[[Vector], NDArray[np.float64]]

_COARSE = 0.02
_FINEST_BEND = 1e-5
_TURNS = 80


@dataclass(frozen=True)
class Graph:
    """A function on a grid.

    Attributes
    ----------
    x, y
        (points,); y is nan where the function is undefined.
    others
        (points, m - 1): the other columns of the function.
    jumps
        Where it jumps, or rises so steeply that the finest grid cannot tell.
    ends
        Where it begins or ceases to be defined.
    complete
        Whether the grid became as fine as asked for.
    """

    x: Vector
    y: Vector
    others: NDArray[np.float64]
    jumps: Vector
    ends: Vector
    complete: bool


def graph(
    function: Function, low: float, high: float, *, points: int = 129, tol: float = 1e-3, narrow: float = 1e-10,
    most: int = 6000,
) -> Graph:  # fmt: skip
    """Sample a function on [low, high]: evenly, then finer by halves where it bends, jumps or ends.

    Parameters
    ----------
    tol
        Largest distance of a point from the chord through its neighbours, relative to the height of the graph.
    narrow
        Width, relative to high - low, to which jumps and ends are located.
    most
        Points at most.
    """
    x = np.linspace(low, high, points)
    values = function(x)
    complete = False
    while len(x) < most:
        split = np.flatnonzero(_wanting(x, values[:, 0], tol, narrow))
        if not split.size:
            complete = True
            break
        new = 0.5 * (x[split] + x[split + 1])
        order = np.argsort(np.concatenate([x, new]), kind="stable")
        values = np.concatenate([values, function(new)])[order]
        x = np.concatenate([x, new])[order]
    middle, defined = 0.5 * (x[1:] + x[:-1]), np.isfinite(values[:, 0])
    ends = middle[defined[1:] != defined[:-1]]
    return Graph(x, values[:, 0], values[:, 1:], middle[_jumping(x, values[:, 0], narrow)], ends, complete)


def _wanting(x: Vector, y: Vector, tol: float, narrow: float) -> NDArray[np.bool_]:
    """The intervals that are to be halved."""
    width, span, defined = np.diff(x), x[-1] - x[0], np.isfinite(y)
    if not defined.any():
        return np.zeros(width.size, dtype=bool)
    height = np.ptp(y[defined])
    wide = width > narrow * span
    wanting = wide & ((defined[1:] != defined[:-1]) | (np.abs(np.diff(y)) > _COARSE * height))
    chord = y[:-2] + (y[2:] - y[:-2]) * width[:-1] / (width[:-1] + width[1:])
    bent = np.abs(y[1:-1] - chord) > tol * height
    for side in (slice(None, -1), slice(1, None)):
        wanting[side] |= bent & (width[side] > _FINEST_BEND * span)
    return wanting


def _jumping(x: Vector, y: Vector, narrow: float) -> NDArray[np.bool_]:
    if not np.isfinite(y).any():
        return np.zeros(x.size - 1, dtype=bool)
    height = np.ptp(y[np.isfinite(y)])
    return (np.diff(x) <= narrow * (x[-1] - x[0])) & (np.abs(np.diff(y)) > _COARSE * height)


def on_the_diagonal(function: Function, found: Graph, narrow: float = 1e-10) -> Vector:
    """The x with f(x) = x: all changes of sign on the grid, except at jumps, by the Illinois method side by side."""
    gap = found.y - found.x
    change = (gap[:-1] * gap[1:] < 0.0) & ~_jumping(found.x, found.y, narrow)
    low, high = found.x[:-1][change].copy(), found.x[1:][change].copy()
    below, above = gap[:-1][change].copy(), gap[1:][change].copy()
    last = np.zeros(low.size)
    tight = 4e-16 * max(abs(found.x[0]), abs(found.x[-1]), found.x[-1] - found.x[0])
    for _ in range(_TURNS):
        open_ = np.flatnonzero(high - low > tight)
        if not open_.size:
            break
        middle = ((low * above - high * below) / (above - below))[open_]
        inside = (middle > low[open_]) & (middle < high[open_])
        middle = np.where(inside, middle, 0.5 * (low + high)[open_])
        value = function(middle)[:, 0] - middle
        value = np.where(np.isfinite(value), value, below[open_])
        right = value * below[open_] > 0.0  # the root lies right of the middle
        for side, at in ((1.0, open_[right]), (-1.0, open_[~right])):
            new, keep = (low, above) if side > 0 else (high, below)
            new[at], (below if side > 0 else above)[at] = middle[right == (side > 0)], value[right == (side > 0)]
            keep[at[last[at] == side]] *= 0.5  # the same end has stayed twice: draw the line to half its height
            last[at] = side
        done = np.abs(value) <= tight
        low[open_[done]] = high[open_[done]] = middle[done]
    exact = found.x[gap == 0.0]
    return np.sort(np.concatenate([0.5 * (low + high), exact]))
