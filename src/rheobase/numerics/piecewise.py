"""A function of one variable as polynomials on pieces, each as good as rounding allows.

Chebyshev series at 16 points a piece; a piece whose series has not died out is halved, so that smooth parts get few
pieces and kinks and jumps many narrow ones. Pieces become narrower towards zeros too, where a polynomial that is good
compared with its largest value is not good enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

ORDER = 16
_TOLERANCE = 4e-15
_ROUNDING = 4e-16  # of the argument: what the function's slope makes of it cannot be told from the function
_NARROWEST = 1e-13
_SMALL, _NARROW = 1e-2, 2.0**-12  # around zeros: smallest to largest value on a piece, and width to the whole
_MOST = 4096
_WIDE, _UNBOUNDED = 1e-3, 1e3  # a pole is 1e10 times as large where pieces are narrowest as where they are wide


class NoValue(ArithmeticError):
    """The function is not finite somewhere; the message says where."""


@dataclass(frozen=True, eq=False)
class Piecewise:
    """Polynomials between increasing ``edges``: Chebyshev coefficients (pieces, 16) in the piece's own [-1, 1]."""

    edges: Array
    coefficients: Array

    @classmethod
    def of(cls, function: Function, edges: ArrayLike) -> Piecewise:
        """Approximate a function between the first and the last of some edges, all of which stay edges.

        Parameters
        ----------
        function
            Takes and returns arrays.
        edges
            Increasing.

        Raises
        ------
        NoValue
            If a value is not finite, or the function grows without bound towards a place, which is named.
        """
        edges = np.unique(np.asarray(edges, float))
        low, high = edges[:-1], edges[1:]
        done: list[tuple[Array, Array, Array]] = []
        whole, usual = float(edges[-1] - edges[0]), 0.0
        while low.size:
            values = _values(function, low, high)
            usual = _bounded(values, low, high, whole, usual)
            series = values @ _transform()
            rounding = _ROUNDING * np.maximum(np.abs(low), np.abs(high)) * np.ptp(values, axis=1) / (high - low)
            ended = np.abs(series[:, -3:]).max(axis=1) <= _TOLERANCE * np.abs(series).max(axis=1) + rounding
            even = np.abs(values).min(axis=1) >= _SMALL * np.abs(values).max(axis=1)
            good = (ended & (even | (high - low <= _NARROW * whole))) | (high - low <= _NARROWEST * whole)
            if sum(part[0].size for part in done) + low.size > _MOST:
                good[:] = True
            done.append((low[good], high[good], series[good]))
            middle = 0.5 * (low[~good] + high[~good])
            low, high = np.concatenate([low[~good], middle]), np.concatenate([middle, high[~good]])
        starts, ends, all_series = (np.concatenate([part[k] for part in done]) for k in range(3))
        order = np.argsort(starts)
        return cls(np.append(starts[order], ends.max()), all_series[order])

    def below(self, function: Function, edges: ArrayLike) -> Piecewise:
        """The same with pieces added in front, between ``edges``, the last of which is the first so far."""
        more = Piecewise.of(function, edges)
        joined = np.concatenate([more.edges[:-1], self.edges])
        return Piecewise(joined, np.concatenate([more.coefficients, self.coefficients]))

    def __call__(self, x: ArrayLike) -> Array:
        x = np.asarray(x, float)
        at = np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, len(self.coefficients) - 1)
        low, high = self.edges[at], self.edges[at + 1]
        z = (2.0 * x - low - high) / (high - low)
        series = np.moveaxis(self.coefficients[at], -1, 0)
        return np.asarray(np.polynomial.chebyshev.chebval(z, series, tensor=False), float)

    @cached_property
    def low(self) -> float:
        return float(self.edges[0])


def _values(function: Function, low: Array, high: Array) -> Array:
    """Values of a function at the Chebyshev points of several pieces, (pieces, 16)."""
    points = 0.5 * (low + high)[:, None] + 0.5 * (high - low)[:, None] * np.cos(_angles())
    values = np.asarray(function(points.ravel()), float).reshape(points.shape)
    if not np.isfinite(values).all():
        place = float(points[~np.isfinite(values)][0])
        raise NoValue(f"the function has no finite value at {place:g}")
    return values


def _bounded(values: Array, low: Array, high: Array, whole: float, usual: float) -> float:
    """The largest value on wide pieces; the narrowest pieces, around jumps, have no values of another order."""
    size = np.abs(values).max(axis=1)
    usual = max(usual, float(np.max(size[high - low > _WIDE * whole], initial=0.0)))
    beyond = (high - low <= _NARROWEST * whole) & (size > _UNBOUNDED * usual)
    if beyond.any():
        raise NoValue(f"the function grows without bound at {float(low[beyond][0]):.6g}")
    return usual


def _angles() -> Array:
    return np.pi * (np.arange(ORDER) + 0.5) / ORDER


@cache
def _transform() -> Array:
    """From values at the Chebyshev points to coefficients."""
    transform = np.asarray(2.0 / ORDER * np.cos(np.outer(_angles(), np.arange(ORDER))), float)
    transform[:, 0] *= 0.5
    return transform
