"""Derivatives of functions of several real variables that are analytic: exact to rounding, without differences.

``f(x + ih) = f(x) + ih f'(x) + ...``, and the imaginary part is had without cancellation however small ``h`` is
(Squire & Trapp 1998, SIAM Rev 40:110, doi:10.1137/S003614459631241X).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_SMALL = 1e-30


def along(function: Callable[[Any], Any], x: Vector, direction: Vector) -> Any:
    """The derivative of ``function`` at ``x`` along a direction.

    >>> along(lambda x: x[0]**2 * x[1], np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    12.0
    """
    slope = np.imag(function(x + 1j * _SMALL * direction)) / _SMALL
    return float(slope) if np.ndim(slope) == 0 else slope


def jacobian(function: Callable[[Any], Any], x: Vector) -> Vector:
    """The derivatives of ``function`` (m values) at ``x`` (n): (m, n)."""
    return np.array([along(function, x, axis) for axis in np.eye(x.size)]).T


def differences(function: Callable[[Vector], Vector], x: Vector) -> Vector:
    """The same by central differences, for functions that take real numbers only: good to some ten digits."""
    columns = []
    for axis, at in zip(np.eye(x.size), x, strict=True):
        h = 1e-5 * (1e-2 + abs(at))
        columns.append((function(x + h * axis) - function(x - h * axis)) / (2.0 * h))
    return np.array(columns).T


def newton(
    function: Callable[[Any], Any], start: Vector, slopes: Callable[..., Vector] = jacobian, most: int = 30
) -> Vector | None:
    """The solution of as many equations as unknowns near ``start``; None if Newton's method does not settle."""
    x, before = np.array(start, float), np.inf
    for _ in range(most):
        try:
            step = np.linalg.solve(slopes(function, x), np.real(function(x)))
        except np.linalg.LinAlgError:
            return None
        size = float(np.max(np.abs(step) / (np.abs(x) + 1e-3)))
        if not np.isfinite(size):
            return None
        if size >= before and before < 1e-10:
            return x
        x, before = x - step, size
        if size < 1e-15:
            return x
    return x if before < 1e-10 else None
