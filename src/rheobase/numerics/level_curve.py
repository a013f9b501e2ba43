r"""The curve on which a function of two variables is zero, as accurate as the function can be evaluated.

Marching squares on a grid say how many branches there are and where; every point is then moved onto the curve by
Newton's method along the gradient, and points are added until the curve bends little from one to the next.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
Polish = Callable[[Array], tuple[Array, NDArray[np.bool_]]]
Limits = tuple[tuple[float, float], tuple[float, float]]

_NEWTON = 12
_BEND = 0.08
_ROUNDS = 6
_CLOSE = 1e-9


def level_curve(value: Function, gradient: Function, limits: Limits, *, size: int = 161) -> list[Array]:
    """The branches of ``value = 0`` within a rectangle.

    Parameters
    ----------
    value, gradient
        Of points (2, k): (k,) and (2, k). Points where the value is not finite are left out.
    limits
        ``(lo, hi)`` of the first and of the second variable.
    size
        Points of the grid in each direction; a closed branch that fits into one of its cells may be missed.

    Returns
    -------
    branches : list of (2, m) arrays
        Ordered points; a closed branch ends where it begins.

    Examples
    --------
    >>> circle = level_curve(lambda p: p[0]**2 + p[1]**2 - 1.0, lambda p: 2.0 * p, ((-2.0, 2.0), (-2.0, 2.0)))
    >>> len(circle), bool(np.all(np.abs(np.hypot(*circle[0]) - 1.0) < 1e-15))
    (1, True)
    """
    low, span = (
        np.array([limits[0][0], limits[1][0]])[:, None],
        np.array([np.ptp(limits[0]), np.ptp(limits[1])])[:, None],
    )

    def inside(u: Array) -> Array:
        return low + span * u

    def polish(u: Array) -> tuple[Array, NDArray[np.bool_]]:
        return _polished(u, lambda w: value(inside(w)), lambda w: gradient(inside(w)) * span, 2.0 / size)

    found = []
    for chain in _chains(lambda w: value(inside(w)), size):
        points, good = polish(chain)
        found += [_refined(part, polish) for part in _runs(points, good)]
    return [inside(part) for part in found]


def _chains(value: Function, size: int) -> list[Array]:
    """Marching squares on the unit square: chains of points on the edges of the grid's cells."""
    line = np.linspace(0.0, 1.0, size)
    grid = value(np.stack(np.meshgrid(line, line)).reshape(2, -1)).reshape(size, size)
    across, up = _crossings(grid[:, :-1], grid[:, 1:]), _crossings(grid[:-1], grid[1:])
    numbered = np.full((2, size, size), -1)
    places: list[tuple[float, float]] = []
    for kind, at in ((0, across), (1, up)):
        for row, column in zip(*np.nonzero(np.isfinite(at)), strict=True):
            numbered[kind, row, column] = len(places)
            shift = at[row, column]
            places.append(((column + shift * (kind == 0)) / (size - 1), (row + shift * (kind == 1)) / (size - 1)))
    if not places:
        return []
    points = np.array(places).T
    return [points[:, chain] for chain in _joined(_links(numbered, points, grid, value), len(places))]


def _crossings(a: Array, b: Array) -> Array:
    """The fraction of the way from a to b at which the sign changes; not a number where it does not."""
    changes = ((a >= 0) != (b >= 0)) & np.isfinite(a) & np.isfinite(b)
    return np.where(changes, np.clip(a / np.where(changes, a - b, 1.0), 0.0, 1.0), np.nan)


def _links(numbered: NDArray[np.intp], points: Array, grid: Array, value: Function) -> list[tuple[int, int]]:
    """Which crossings are joined through a cell; with four of them the middle of the cell says how."""
    size = grid.shape[0]
    sides = np.stack(
        [numbered[0, :-1, :-1], numbered[1, :-1, 1:], numbered[0, 1:, :-1], numbered[1, :-1, :-1]], axis=-1
    )
    links = []
    for row, column in zip(*np.nonzero((sides >= 0).sum(axis=-1) >= 2), strict=True):
        bottom, right, top, left = sides[row, column]
        here = [side for side in (bottom, right, top, left) if side >= 0]
        if len(here) == 2:
            links.append((here[0], here[1]))
        elif len(here) == 4:
            middle = value(np.array([[(column + 0.5) / (size - 1)], [(row + 0.5) / (size - 1)]]))[0]
            alike = (middle >= 0) == (grid[row, column] >= 0)
            links += [(bottom, right), (top, left)] if alike else [(bottom, left), (top, right)]
    return links


def _joined(links: list[tuple[int, int]], count: int) -> list[list[int]]:
    """Chains of points from their links; open ones first, so that they start at an end."""
    near: list[list[int]] = [[] for _ in range(count)]
    for a, b in links:
        near[a].append(b)
        near[b].append(a)
    seen = np.zeros(count, dtype=bool)
    chains = []
    for start in sorted(range(count), key=lambda at: len(near[at])):
        if seen[start] or not near[start]:
            continue
        chain, at = [start], start
        seen[start] = True
        while True:
            further = [other for other in near[at] if not seen[other]]
            if not further:
                break
            at = further[0]
            seen[at] = True
            chain.append(at)
        if len(chain) > 2 and len(near[start]) == 2 and start in near[at]:
            chain.append(start)
        chains.append(chain)
    return chains


def _polished(u: Array, value: Function, gradient: Function, most: float) -> tuple[Array, NDArray[np.bool_]]:
    """Points moved onto the curve, and whether they got there without going far."""
    u, start = u.copy(), u
    before = np.full(u.shape[1], np.inf)
    for _ in range(_NEWTON):
        slope = gradient(u)
        with np.errstate(all="ignore"):
            step = value(u) * slope / (slope**2).sum(axis=0)
        length = np.hypot(*step)
        moving = (length < before) & np.isfinite(length)
        if not moving.any():
            break
        u = np.where(moving, u - step, u)
        before = np.where(moving, length, before)
        if np.all(before < 1e-16):
            break
    return u, (before < _CLOSE) & (np.hypot(*(u - start)) < most)


def _runs(points: Array, good: NDArray[np.bool_]) -> list[Array]:
    """The stretches of good points; those at a pole, where the sign changes without a zero, part them."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    return [points[:, a:b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1]


def _refined(u: Array, polish: Polish) -> Array:
    """More points where the curve bends."""
    for _ in range(_ROUNDS):
        steps = np.diff(u, axis=1)
        length = np.hypot(*steps)
        u = u[:, np.concatenate([[True], length > 1e-9])]
        steps = np.diff(u, axis=1)
        if steps.shape[1] < 2:
            break
        angle = np.unwrap(np.arctan2(steps[1], steps[0]))
        bends = np.abs(np.diff(angle)) > _BEND
        split = np.flatnonzero((np.r_[False, bends] | np.r_[bends, False]) & (np.hypot(*steps) > 1e-4))
        if not len(split):
            break
        new, good = polish(0.5 * (u[:, split] + u[:, split + 1]))
        u = np.insert(u, split[good] + 1, new[:, good], axis=1)
    return u
