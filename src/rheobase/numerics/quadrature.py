"""Gauss-Legendre rules."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray


@cache
def legendre(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of the Gauss-Legendre rule of ``n`` points on [-1, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return np.asarray(nodes, float), np.asarray(weights, float)


def composite(panels: int, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights on [0, 1]: ``panels`` equal panels of ``n`` points each."""
    nodes, weights = legendre(n)
    fractions = (np.arange(panels)[:, None] + 0.5 + 0.5 * nodes) / panels
    return fractions.ravel(), np.tile(0.5 * weights / panels, panels)
