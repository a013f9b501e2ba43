r"""A function of a matrix times a vector, by Chebyshev polynomials.

For a symmetric matrix Z with eigenvalues in :math:`[-\rho, 0]`,
:math:`f(Z)\,y \approx \sum_k c_k T_k(1 + 2Z/\rho)\,y` needs only products of Z with vectors, and of a smooth f only a
number of terms that grows with the square root of :math:`\rho`.

References: Tal-Ezer & Kosloff (1984), J. Chem. Phys. 81:3967; Hochbruck & Ostermann (2010), Acta Numerica 19:209.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def phi1(z: ArrayLike) -> Array:
    """``(exp(z) - 1)/z``, which is 1 at 0."""
    z = np.asarray(z, dtype=float)
    zero = z == 0.0
    return np.where(zero, 1.0, np.expm1(z) / np.where(zero, 1.0, z))


def coefficients(function: Callable[[Array], Array], rho: float, tolerance: float = 1e-10) -> Array:
    """The coefficients ``c_k`` of a smooth function on ``[-rho, 0]``, until they are below ``tolerance``.

    Parameters
    ----------
    function
        Takes and gives an array.
    rho
        Positive.
    tolerance
        Largest coefficient that is left out, relative to the largest value of the function.
    """
    size = 16
    while True:
        angle = np.pi * (np.arange(size) + 0.5) / size
        values = function(0.5 * rho * (np.cos(angle) - 1.0))
        c = 2.0 / size * np.cos(np.outer(np.arange(size), angle)) @ values
        c[0] *= 0.5
        limit = tolerance * np.abs(values).max()
        kept = np.flatnonzero(np.abs(c) > limit)
        needed = max(2, int(kept[-1]) + 1)
        if needed < 0.75 * size:
            return c[:needed]
        size *= 2
