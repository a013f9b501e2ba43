r"""The second moment of the first-passage time of an Ornstein-Uhlenbeck process.

The variance of the time from reset to threshold is ``2 pi tau**2`` times (Brunel 2000, appendix)

    S(y_r, y_theta) = integral from y_r to y_theta of K(x) dx,
    K(x) = exp(x**2) * integral from -inf to x of exp(y**2) * erfc(-y)**2 dy.

``K`` falls like ``1/(2 pi abs(x)**3)`` far below zero and grows like ``exp(2 x**2)`` above it. Freed of that, ``K`` and
its primitives on both sides are smooth functions in tables (`rheobase.numerics.tabulated`), made on first use from
integrals of positive functions. ``S`` is a difference of primitives, or, over an interval so narrow that this would
lose digits, an integral of ``K`` by Gauss-Legendre.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc, erfcx

from rheobase.numerics.kernel import kernel
from rheobase.numerics.quadrature import composite
from rheobase.numerics.siegert import GAUSS_POINTS, is_narrow, limit_of, narrow_rule
from rheobase.numerics.tabulated import nodes, place, sample, tabulate, tails, value

Array = NDArray[np.float64]

#: From here on ``exp(-x)`` is below the last digit of one.
_NEGLIGIBLE = 40.0


def scaled_second_moment(y_r: ArrayLike, y_theta: ArrayLike) -> Array:
    """``S(y_r, y_theta) * exp(-2 * max(y_theta, 0)**2)``, elementwise; limits as in `log_siegert`."""
    y_r, y_theta = np.broadcast_arrays(np.asarray(y_r, float), np.asarray(y_theta, float))
    out = np.empty(y_r.size)
    _loop(np.ravel(y_r), np.ravel(y_theta), *moment_tables(), narrow_rule(), out)
    return out.reshape(y_r.shape)


@kernel
def _loop(y_r, y_theta, below, above, rule, out):
    for i in range(y_r.size):
        out[i] = second_moment(y_r[i], y_theta[i], y_theta[i] - y_r[i], below, above, rule)


@kernel
def second_moment(a, b, width, below, above, rule):
    """What `scaled_second_moment` returns, for one pair of bounds; ``width`` is ``b - a``, perhaps better known."""
    if not (width > 0.0 and -np.inf < a and b < np.inf):
        return limit_of(a, b, width)
    if is_narrow(a, b, 2.0 * width):  # K changes by twice the powers of f
        return _gauss(b, width, below, above, rule)
    if b <= 0.0:
        return _tail(-b, below) - _tail(-a, below)
    if a >= 0.0:
        return _head(b, above) - math.exp(-2.0 * width * (a + b)) * _head(a, above)
    return _head(b, above) + math.exp(-2.0 * b * b) * (_tail(0.0, below) - _tail(-a, below))


@kernel
def _tail(x, below):
    """Integral of ``K`` from minus infinity to ``-x <= 0``."""
    piece, u = place(x)
    return value(below, 1, piece, u) / ((1.0 + x) * (1.0 + x))


@kernel
def _head(y, above):
    """Integral of ``K`` from 0 to ``y >= 0``, times ``exp(-2 y**2)``."""
    piece, u = place(y)
    return y * value(above, 1, piece, u) / ((1.0 + y) * (1.0 + y) * (1.0 + y))


@kernel
def _gauss(b, width, below, above, rule):
    """Integral of ``K`` by Gauss-Legendre, of which ``rule`` counts down from ``b``."""
    total, top = 0.0, max(b, 0.0)
    bottom = math.exp(-2.0 * top * top)
    for j in range(GAUSS_POINTS):
        down = width * rule[0, j]
        y = b - down
        piece, u = place(abs(y))
        share = 1.0 / (1.0 + abs(y))
        if y <= 0.0:
            here = bottom * share * share * share * value(below, 0, piece, u)
        else:
            here = math.exp(-2.0 * down * (b + y)) * share * value(above, 0, piece, u)
        total += width * rule[1, j] * here
    return total


@cache
def moment_tables() -> tuple[Array, Array]:
    """What `second_moment` needs beside the `narrow_rule`: tables below and above zero."""
    x = nodes()
    falling = _below(x) * (1.0 + x) ** 3
    table = tabulate(falling)
    tail = tails(lambda s: sample(table, 0, s) / (1.0 + s) ** 3, x)
    growing = _above(x, sample(table, 0, np.zeros(1))) * (1.0 + x)
    head = _heads(x, tabulate(growing))
    below = tabulate(falling, tail * (1.0 + x) ** 2)
    above = tabulate(growing, head * (1.0 + x) ** 3 / x)
    return below, above


def _below(x: Array) -> Array:
    """``K(-x)``: integral of ``exp(-s**2 - 2 x s) erfcx(x + s)**2`` over ``s > 0``, to where it is negligible."""
    fractions, weights = composite(8, 16)
    reach = (_NEGLIGIBLE / (x + np.sqrt(x * x + _NEGLIGIBLE)))[:, None]
    s = reach * fractions
    return (reach * np.exp(-s * (s + 2.0 * x[:, None])) * erfcx(x[:, None] + s) ** 2) @ weights


def _above(x: Array, at_zero: Array) -> Array:
    """``K(x) exp(-2 x**2)``: what ``K(0)`` has decayed to, and an integral over ``s`` below ``x``."""
    fractions, weights = composite(8, 16)
    reach = (x - np.sqrt(np.maximum(x * x - _NEGLIGIBLE, 0.0)))[:, None]
    s = reach * fractions
    local = (reach * np.exp(-s * (2.0 * x[:, None] - s)) * erfc(s - x[:, None]) ** 2) @ weights
    return local + at_zero * np.exp(-x * x)


def _heads(y: Array, table: Array) -> Array:
    """Integral from 0 to ``y`` of ``K`` times ``exp(-2 y**2)``, from the table of ``K(x) exp(-2 x**2) (1 + x)``."""
    fractions, weights = composite(8, 16)
    reach = (y - np.sqrt(np.maximum(y * y - 0.5 * _NEGLIGIBLE, 0.0)))[:, None]
    s = reach * fractions
    x = np.maximum(y[:, None] - s, 0.0)
    values = sample(table, 0, x.ravel()).reshape(x.shape) / (1.0 + x)
    return (reach * np.exp(-2.0 * s * (2.0 * y[:, None] - s)) * values) @ weights
