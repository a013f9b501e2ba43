"""A smooth function that is dear to compute, as a cubic spline through as many points as it needs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_ROUNDS = 12


def spline_table(
    function: Callable[[Array], Complex], points: Array, tol: float, floor: Array | float = 0.0
) -> CubicSpline:
    """A spline through values at ``points`` and between them, until it foretells the values halfway.

    Parameters
    ----------
    function
        From points (p,) to values (p, k).
    points
        Where to begin, ascending.
    tol
        Largest error of a value halfway between two points, in units of the largest value of its column. Four times
        as near, the error of the spline through those is a sixteenth of it.
    floor
        The least that counts as the largest value of a column, (k,) or one number: columns that are rounding errors of
        something larger are not smooth.

    Raises
    ------
    ArithmeticError
        If that takes more than twelve halvings.
    """
    x, y = points, function(points)
    open_ = np.ones(x.size - 1, bool)
    for _ in range(_ROUNDS):
        middle = 0.5 * (x[1:] + x[:-1])[open_]
        values = function(middle)
        scale = np.maximum(np.max(np.abs(y), axis=0), floor) + 1e-300
        wrong = np.max(np.abs(CubicSpline(x, y)(middle) - values) / scale, axis=1) > tol
        places = np.flatnonzero(open_) + 1
        x, y = np.insert(x, places, middle), np.insert(y, places, values, axis=0)
        halves = np.zeros(x.size - 1, bool)
        at = places + np.arange(places.size)  # of the new points
        halves[at - 1], halves[at] = wrong, wrong
        open_ = halves
        if not np.any(open_):
            return CubicSpline(x, y)
    raise ArithmeticError(f"{x.size} points leave a spline with errors above {tol:g}")
