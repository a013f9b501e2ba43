r"""Smooth functions of ``x >= 0`` in tables, so that a kernel evaluates them in nanoseconds.

The half-line is mapped to [-1, 1] by ``t = (x - 2)/(x + 2)``, in which a function with an asymptotic series in ``1/x``
is smooth up to and including infinity. [-1, 1] is cut into `PIECES` equal pieces, and on each the function is the
polynomial of degree `DEGREE` that meets it at the Chebyshev nodes. A table of several functions is one array ``(PIECES,
functions, DEGREE + 1)``, made once from values that the caller computes to full precision: no numbers are stored.

Kernels take the table as an argument, find the piece with `place` and sum the polynomial with `value`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from rheobase.numerics.kernel import kernel
from rheobase.numerics.quadrature import legendre

Array = NDArray[np.float64]

PIECES = 48
DEGREE = 9
_SCALE = 2.0


@kernel
def place(x):
    """The piece that ``x >= 0`` lies in, and where in it, from -1 to 1."""
    position = PIECES * (x / (x + _SCALE))
    piece = min(int(position), PIECES - 1)
    return piece, 2.0 * (position - piece) - 1.0


@kernel
def value(table, function, piece, u):
    """One function of the table, by Horner's rule; it is the caller who knows that ``piece`` is inside."""
    total = table[piece, function, DEGREE]
    for k in range(DEGREE - 1, -1, -1):
        total = total * u + table[piece, function, k]
    return total


@kernel
def sample(table, function, x):
    """One function of the table at many ``x``."""
    out = np.empty(x.size)
    for i in range(x.size):
        piece, u = place(x[i])
        out[i] = value(table, function, piece, u)
    return out


def nodes() -> Array:
    """The ``x`` at which a table wants its functions, in growing order."""
    share = (np.arange(PIECES)[:, None] + 0.5 * (_local_nodes() + 1.0)).ravel() / PIECES
    return _SCALE * share / (1.0 - share)


def tabulate(*values: Array) -> Array:
    """The table of functions whose ``values`` at the `nodes` are given."""
    to_series = np.linalg.inv(chebyshev.chebvander(_local_nodes(), DEGREE))
    to_powers = np.zeros((DEGREE + 1, DEGREE + 1))
    for n in range(DEGREE + 1):
        to_powers[n, : n + 1] = chebyshev.cheb2poly(np.eye(n + 1)[n])
    pieces = np.stack([np.reshape(v, (PIECES, DEGREE + 1)) for v in values], axis=1)
    return np.ascontiguousarray(pieces @ to_series.T @ to_powers)


def _local_nodes() -> Array:
    return -np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))


def primitives(integrand: Callable[[Array], Array], x: Array) -> Array:
    """Integral of ``integrand`` from 0 to each of the growing ``x``."""
    return np.cumsum(_segments(integrand, x)[:-1])


def tails(integrand: Callable[[Array], Array], x: Array) -> Array:
    """Integral of ``integrand``, which falls at least like ``x**-2``, from each of the growing ``x`` to infinity."""
    return np.cumsum(_segments(integrand, x)[:0:-1])[::-1]


def _segments(integrand: Callable[[Array], Array], x: Array) -> Array:
    """Integrals from 0 to the first ``x``, between them, and from the last to infinity: Gauss-Legendre in ``t``."""
    t = np.concatenate([[-1.0], (x - _SCALE) / (x + _SCALE), [1.0]])
    points, weights = legendre(8)
    half, middle = 0.5 * np.diff(t)[:, None], 0.5 * (t[1:] + t[:-1])[:, None]
    at = middle + half * points
    values = integrand((_SCALE * (1.0 + at) / (1.0 - at)).ravel()).reshape(at.shape)
    return half[:, 0] * ((values * 2.0 * _SCALE / (1.0 - at) ** 2) @ weights)
