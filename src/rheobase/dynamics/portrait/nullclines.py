r"""Nullclines: where one variable of a plane stands still.

Where the equation is :math:`f = a(u) + b(u) w`, the curve is :math:`w = -a/b` between the zeros of b (its poles), and
the straight lines on which a and b are both zero. Any other equation is followed by `level_curve`. Either way every
point is a zero of the equation up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.portrait.section import Section
from rheobase.model.shape import CURVED, System, degree
from rheobase.numerics.bracket import minimum, root
from rheobase.numerics.level_curve import level_curve

Array = NDArray[np.float64]
Limits = tuple[tuple[float, float], tuple[float, float]]

_SAMPLES = 601
_GAP = 0.01
_ROUNDS = 14
_NOTHING = 1e-9
_NEAR = 1e-3


@dataclass(frozen=True)
class Nullcline:
    """The curve on which a variable stands still.

    Attributes
    ----------
    variable
        The one whose derivative is zero.
    branches
        Arrays (2, points) with x in the first row; nothing joins one to the next.
    """

    variable: str
    branches: tuple[Array, ...]

    @property
    def points(self) -> Array:
        """All points (2, points) of all branches."""
        return np.concatenate(self.branches, axis=1) if self.branches else np.empty((2, 0))


def nullclines(section: Section, limits: Limits) -> tuple[list[Array], list[Array]]:
    """The branches of both nullclines of a plane within limits, all in internal units."""
    return _nullcline(section, 0, limits), _nullcline(section, 1, limits)


def _nullcline(section: Section, row: int, limits: Limits) -> list[Array]:
    for solved in (1, 0):
        if _is_affine(section, row, solved):
            return _explicit(section, row, solved, limits)
    return level_curve(lambda at: section.values(at)[row], lambda at: section.slopes(at)[row], limits)


def _is_affine(section: Section, row: int, solved: int) -> bool:
    """Whether an equation is linear in one of the two variables."""
    if section.others:
        return False
    system = System.of(section.field.neuron.equations)
    names = (section.x, section.y)
    tree = system.derivatives[names[row]]
    return degree(tree, system.degrees([names[solved]])) < CURVED


@dataclass(frozen=True)
class _Affine:
    """``f = a(u) + b(u) w`` with u and w in units of the window, from 0 to 1."""

    section: Section
    row: int
    solved: int
    limits: Limits

    def points(self, u: Array, w: Array) -> Array:
        own, other = (self.limits[1 - self.solved], self.limits[self.solved])
        placed = (own[0] + np.ptp(own) * u, other[0] + np.ptp(other) * w)
        return np.stack(placed if self.solved else placed[::-1])

    def value(self, u: Array, w: Array) -> Array:
        return self.section.values(self.points(u, w))[self.row]

    def slope(self, u: Array) -> Array:
        """b, for w as a fraction of the window."""
        there = self.section.slopes(self.points(u, np.full_like(u, 0.5)))
        return there[self.row, self.solved] * np.ptp(self.limits[self.solved])

    def solve(self, u: Array) -> Array:
        """w on the curve: one step of Newton's method solves, the second takes away what rounding left."""
        w, b = np.full_like(u, 0.5), self.slope(u)
        with np.errstate(all="ignore"):
            for _ in range(3):
                step = self.value(u, w) / b
                w = np.where(np.isfinite(step), w - step, np.nan)
        return w


def _explicit(section: Section, row: int, solved: int, limits: Limits) -> list[Array]:
    """All branches of an equation that is linear in the variable ``solved``."""
    f = _Affine(section, row, solved, limits)
    u = np.linspace(0.0, 1.0, _SAMPLES)
    if not np.any(f.slope(u)):
        return [_straight(f, place) for place in _zeros(lambda v: f.value(v, np.full_like(v, 0.5)), u)]
    zeros = _zeros(f.slope, u)
    lines = [place for place in zeros if _vanishes(lambda v: f.value(v, np.zeros_like(v)), place)]
    return [_straight(f, place) for place in lines] + _curves(f, u, [place for place in zeros if place not in lines])


def _straight(f: _Affine, place: float) -> Array:
    """The line on which u has this value."""
    w = np.linspace(0.0, 1.0, 33)
    return f.points(np.full_like(w, place), w)


def _one(function: Callable[[Array], Array], at: float) -> float:
    return float(function(np.array([at]))[0])


def _vanishes(function: Callable[[Array], Array], place: float) -> bool:
    """Whether a function is zero at a place, measured by what it is nearby."""
    nearby = np.abs(function(np.array([place - _NEAR, place + _NEAR])))
    return abs(_one(function, place)) <= _NOTHING * float(nearby.max())


def _zeros(function: Callable[[Array], Array], u: Array) -> list[float]:
    """Zeros of a function of u between 0 and 1: where its sign changes, and where it touches zero."""
    values = function(u)
    if not np.any(values):
        return []  # zero everywhere: no curve
    found = [float(u[at]) for at in np.flatnonzero(values == 0.0)]
    for at in np.flatnonzero(values[:-1] * values[1:] < 0):
        found.append(root(lambda v: _one(function, v), u[at], u[at + 1], values[at], values[at + 1]))
    height = np.abs(values)
    for at in np.flatnonzero((height[1:-1] < height[:-2]) & (height[1:-1] < height[2:])) + 1:
        if values[at - 1] * values[at] > 0 and values[at] * values[at + 1] > 0:
            found.append(minimum(lambda v: abs(_one(function, v)), float(u[at - 1]), float(u[at + 1]))[0])
    return sorted({place for place in found if _vanishes(function, place)})


def _curves(f: _Affine, u: Array, poles: list[float]) -> list[Array]:
    """The parts of ``w = -a/b`` that lie in the window, parted at the poles."""
    branches = []
    for low, high in zip([0.0, *poles], [*poles, 1.0], strict=True):
        inner = u[(u > low) & (u < high)]
        ends = [end for end in (low, high) if end not in poles]
        places = np.unique(np.concatenate([inner, ends, _towards(low, high, poles)]))
        places, w = _dense(f, places)
        for part in _stretches(w):
            branches.append(_cut(f, places[part[0] : part[1]], w[part[0] : part[1]]))
    return [branch for branch in branches if branch.shape[1] > 1]


def _towards(low: float, high: float, poles: list[float]) -> Array:
    """Places ever closer to a pole, where the curve leaves the window."""
    closer = (high - low) * 0.5 ** np.arange(1, 48)
    near = [low + closer] * (low in poles) + [high - closer] * (high in poles)
    return np.asarray(np.concatenate(near), dtype=float) if near else np.empty(0)


def _dense(f: _Affine, u: Array) -> tuple[Array, Array]:
    """Places so close that the curve is smooth to the eye wherever it is in the window."""
    w = f.solve(u)
    for _ in range(_ROUNDS):
        seen = np.clip(w, -0.05, 1.05)
        wide = np.flatnonzero((np.abs(np.diff(seen)) > _GAP) & (np.diff(u) > 1e-12))
        if not len(wide):
            break
        new = 0.5 * (u[wide] + u[wide + 1])
        u, w = np.insert(u, wide + 1, new), np.insert(w, wide + 1, f.solve(new))
    return u, w


def _stretches(w: Array) -> list[tuple[int, int]]:
    """First and last place of every stretch in the window, with one point beyond each end."""
    inside = (w >= 0.0) & (w <= 1.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    return [(max(0, a - 1), min(len(w), b + 1)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _cut(f: _Affine, u: Array, w: Array) -> Array:
    """The stretch with its ends moved to the edge of the window."""
    u, w = u.copy(), w.copy()
    for end, inner in ((0, 1), (-1, -2)):
        if len(u) > 1 and not 0.0 <= w[end] <= 1.0:
            edge = 1.0 if w[end] > 1.0 else 0.0
            if not np.isfinite(w[end]) or not 0.0 <= w[inner] <= 1.0:
                u[end], w[end] = u[inner], w[inner]
                continue
            u[end] = root(
                lambda v, edge=edge: _one(f.solve, v) - edge, u[inner], u[end], w[inner] - edge, w[end] - edge
            )
            w[end] = _one(f.solve, u[end])
    return f.points(u, w)
