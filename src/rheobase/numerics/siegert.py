r"""The Siegert integral and the derivatives of it that a rate needs, in kernels of well under a microsecond a point.

For a membrane that relaxes to ``mu`` in white noise, in the scaled voltage ``y = (V - mu) / sigma``, the mean time from
reset to threshold is ``tau`` times (Siegert 1951; Brunel 2000, eq. 21)

    I(y_r, y_theta) = sqrt(pi) * integral from y_r to y_theta of f(s) ds,     f(s) = exp(s**2) * erfc(-s) = erfcx(-s).

``I`` spans thousands of decades, so everything here is divided by ``exp(max(y_theta, 0)**2)``. Nothing is evaluated in
a form that cancels:

* below zero the primitive of ``f(-x) = erfcx(x)`` is ``log1p(x)/sqrt(pi)`` plus a smooth function in a table, and a
  difference of two logarithms is one `log1p` of the width; ``f'`` and ``f''``, of which the terms of ``f' = 2 y f +
  2/sqrt(pi)`` cancel, have tables of their own.
* above zero the primitive from 0, times ``exp(-y**2)``, is in a table, and so is ``erfc(-y)``.
* over an interval so narrow that a difference of primitives would lose digits, the integrands themselves are
  integrated, by Gauss-Legendre.

The tables are made on first use from integrals of positive functions (`rheobase.numerics.tabulated`).

References
----------
Siegert AJF (1951), On the first passage time probability problem, Phys Rev 81:617.
Brunel N (2000), Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons, J Comput
Neurosci 8:183.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc, erfcx

from rheobase.numerics.kernel import kernel
from rheobase.numerics.quadrature import composite
from rheobase.numerics.tabulated import nodes, place, primitives, tabulate, value

Array = NDArray[np.float64]

SQRT_PI = math.sqrt(math.pi)
#: A change of the integrand by this share makes an interval narrow. A difference of primitives then loses less than a
#: digit, and six Gauss-Legendre points are exact to 4e-14 even for ``1/x**3``, as which ``f''`` falls.
NARROW = 0.2
GAUSS_POINTS = 6
#: From here on ``exp(-x)``, even times ``x**2``, is below the last digit of one.
_NEGLIGIBLE = 46.0


def log_siegert(y_r: ArrayLike, y_theta: ArrayLike) -> Array:
    r"""Natural logarithm of the Siegert integral ``I(y_r, y_theta)``.

    Parameters
    ----------
    y_r, y_theta : array_like
        Reset and threshold in units of ``sigma`` from ``mu``; they broadcast. Dimensionless.

    Returns
    -------
    ndarray
        ``ln I`` to 1e-12 (absolute, and relative where it is larger than one). ``-inf`` where the bounds are equal,
        ``inf`` where the integral diverges (``y_r = -inf`` or ``y_theta = inf``), ``nan`` where a bound is not a
        number or the threshold lies below the reset. Elements do not affect one another.

    Examples
    --------
    >>> import numpy as np
    >>> r = np.exp(-log_siegert(0.0, 1.0))   # rate of an LIF with y_r = 0, y_theta = 1, in units of 1/tau
    >>> round(float(r), 12)
    0.24766401242
    """
    scaled = scaled_siegert(y_r, y_theta)[0]
    with np.errstate(divide="ignore", over="ignore"):
        return np.log(scaled) + np.square(np.maximum(np.asarray(y_theta, float), 0.0))


def scaled_siegert(y_r: ArrayLike, y_theta: ArrayLike) -> tuple[Array, Array, Array]:
    r"""The integral and what its derivatives are made of, all times ``exp(-max(y_theta, 0)**2)``.

    Returns ``I``, ``sqrt(pi) [f]`` and ``sqrt(pi) [y f]``, where ``[.]`` is the value at ``y_theta`` less the value at
    ``y_r``. Then ``dI/dmu = -sqrt(pi) [f] / sigma`` and ``dI/dsigma = -sqrt(pi) [y f] / sigma``. Limits as in
    `log_siegert`.
    """
    y_r, y_theta = np.broadcast_arrays(np.asarray(y_r, float), np.asarray(y_theta, float))
    out = np.empty((3, y_r.size))
    _loop(np.ravel(y_r), np.ravel(y_theta), *siegert_tables(), out)
    whole, first, second = out.reshape(3, *y_r.shape)
    return whole, first, second


@kernel
def _loop(y_r, y_theta, below, above, rule, out):
    for i in range(y_r.size):
        out[0, i], out[1, i], out[2, i] = siegert(y_r[i], y_theta[i], y_theta[i] - y_r[i], below, above, rule)


@kernel
def siegert(a, b, width, below, above, rule):
    """What `scaled_siegert` returns, for one pair of bounds; ``width`` is ``b - a``, perhaps known better than they."""
    if not (width > 0.0 and -np.inf < a and b < np.inf):
        limit = limit_of(a, b, width)
        return limit, limit, limit
    if is_narrow(a, b, width):
        whole, first, second = _gauss(b, width, below, above, rule)
    else:
        whole, first, second = _ends(a, b, width, below, above)
    return SQRT_PI * whole, SQRT_PI * first, 0.5 * SQRT_PI * second  # [y f] = [f']/2


@kernel
def limit_of(a, b, width):
    """What an integral from ``a`` to ``b`` tends to where a bound is infinite, equal to the other, or wrong."""
    if a < b:
        return np.inf
    return 0.0 if width == 0.0 and np.isfinite(a) else np.nan


@kernel
def is_narrow(a, b, width):
    """Whether ``f`` and its primitive change little from ``a`` to ``b``: like 1/y far below 0, like exp(y**2) above."""
    if b <= 0.0:
        return width < NARROW * (1.0 - b)
    return width * (a + b) < NARROW if a >= 0.0 else width < NARROW


@kernel
def _ends(a, b, width, below, above):
    """Integrals of ``f``, ``f'`` and ``f''`` as differences of their primitives at the ends."""
    if b <= 0.0:
        rest_a, f_a, slope_a, _ = _below(-a, below)
        rest_b, f_b, slope_b, _ = _below(-b, below)
        return rest_a - rest_b + math.log1p(width / (1.0 - b)) / SQRT_PI, f_b - f_a, slope_b - slope_a
    piece, u = place(b)
    bottom = math.exp(-b * b)
    f_b = value(above, 1, piece, u)
    whole, slope_b = _above_primitive(b, piece, u, above), 2.0 * b * f_b + 2.0 / SQRT_PI * bottom
    if a < 0.0:
        rest, f_a, slope_a, _ = _below(-a, below)
        return whole + bottom * (rest + math.log1p(-a) / SQRT_PI), f_b - bottom * f_a, slope_b - bottom * slope_a
    piece, u = place(a)
    share = math.exp(-width * (a + b))
    f_a = share * value(above, 1, piece, u)
    slope_a = 2.0 * a * f_a + 2.0 / SQRT_PI * bottom
    return whole - share * _above_primitive(a, piece, u, above), f_b - f_a, slope_b - slope_a


@kernel
def _below(x, below):
    """At ``y = -x <= 0``: primitive of erfcx less ``log1p(x)/sqrt(pi)``, then ``f``, ``f'``, ``f''``."""
    piece, u = place(x)
    share = 1.0 / (1.0 + x)
    rest = x * share * value(below, 0, piece, u)
    f = share * value(below, 1, piece, u)
    slope = share * share * value(below, 2, piece, u)
    return rest, f, slope, share * share * share * value(below, 3, piece, u)


@kernel
def _above_primitive(y, piece, u, above):
    """Integral of ``f`` from 0 to ``y >= 0``, times ``exp(-y**2)``."""
    share = 1.0 / (1.0 + y)
    return y * share * share * value(above, 0, piece, u)


@kernel
def _gauss(b, width, below, above, rule):
    """Integrals of ``f``, ``f'`` and ``f''`` by Gauss-Legendre, of which ``rule`` counts down from ``b``."""
    top = max(b, 0.0)
    bottom = math.exp(-top * top)
    whole, first, second = 0.0, 0.0, 0.0
    for j in range(GAUSS_POINTS):
        down = width * rule[0, j]
        y = b - down
        if y <= 0.0:
            _, f, slope, bend = _below(-y, below)
            f, slope, bend = bottom * f, bottom * slope, bottom * bend
        else:
            piece, u = place(y)
            f = value(above, 1, piece, u) * math.exp(-down * (b + y))
            slope = 2.0 * y * f + 2.0 / SQRT_PI * bottom
            bend = 2.0 * f + 2.0 * y * slope
        weight = width * rule[1, j]
        whole, first, second = whole + weight * f, first + weight * slope, second + weight * bend
    return whole, first, second


@cache
def siegert_tables() -> tuple[Array, Array, Array]:
    """What `siegert` needs: tables below and above zero, and the rule for narrow intervals."""
    x = nodes()
    share = 1.0 / (1.0 + x)

    def remainder(s: Array) -> Array:
        return erfcx(s) - 1.0 / (SQRT_PI * (1.0 + s))

    f, slope, bend = _derivatives(x)
    below = tabulate(primitives(remainder, x) / (x * share), f / share, slope / share**2, bend / share**3)
    above = tabulate(_scaled_primitive(x) / (x * share**2), erfc(-x))
    return below, above, narrow_rule()


@cache
def narrow_rule() -> Array:
    """Nodes and weights on [0, 1] for narrow intervals."""
    return np.array(composite(1, GAUSS_POINTS))


def _derivatives(x: Array) -> tuple[Array, Array, Array]:
    """``f``, ``f'`` and ``f''`` at ``-x``: integrals of ``2/sqrt(pi) (2 s)**n exp(-s**2 - 2 x s)`` over ``s > 0``."""
    fractions, weights = composite(6, 16)
    reach = (_NEGLIGIBLE / (x + np.sqrt(x * x + _NEGLIGIBLE)))[:, None]  # where s**2 + 2 x s is that large
    s = reach * fractions
    density = 2.0 / SQRT_PI * reach * weights * np.exp(-s * (s + 2.0 * x[:, None]))
    return density.sum(axis=1), (2.0 * s * density).sum(axis=1), (4.0 * s * s * density).sum(axis=1)


def _scaled_primitive(y: Array) -> Array:
    """Integral of ``f(y - s) exp(-y**2)`` over ``s`` from 0 to ``y``, or to where it is negligible."""
    fractions, weights = composite(6, 16)
    reach = (y - np.sqrt(np.maximum(y * y - _NEGLIGIBLE, 0.0)))[:, None]
    s = reach * fractions
    return (np.exp(-s * (2.0 * y[:, None] - s)) * erfc(s - y[:, None]) * reach) @ weights
