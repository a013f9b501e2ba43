"""Roots and minima of one variable between two points that enclose them, without derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable

_GOLDEN = 0.5 * (3.0 - math.sqrt(5.0))


def root(
    f: Callable[[float], float], a: float, b: float, at_a: float, at_b: float, *, tol: float = 1e-15, most: int = 100
) -> float:
    """The root between ``a`` and ``b``, where ``f`` has the values ``at_a`` and ``at_b`` of different sign.

    Inverse quadratic interpolation where the last three points allow it, else bisection, after Chandrupatla (1997),
    Adv. Eng. Softw. 28:145. A value that is not finite ends the search at the best point so far.

    >>> round(root(lambda x: x * x - 2.0, 1.0, 2.0, -1.0, 2.0), 12)
    1.414213562373
    """
    if at_a == 0.0 or at_b == 0.0:
        return a if at_a == 0.0 else b
    x, fx, y, fy, fraction = b, at_b, a, at_a, 0.5
    for _ in range(most):
        new = x + fraction * (y - x)
        value = f(new)
        if not math.isfinite(value):
            break
        if (value > 0.0) == (fx > 0.0):
            z, fz = x, fx
        else:
            z, fz, y, fy = y, fy, x, fx
        x, fx = new, value
        if fx == 0.0:
            break
        narrow = tol * max(abs(x), abs(y), tol) / abs(y - x) if y != x else 1.0
        if narrow > 0.5:
            break
        fraction = min(max(_inverse_quadratic(x, fx, y, fy, z, fz), narrow), 1.0 - narrow)
    return x if abs(fx) <= abs(fy) else y


def _inverse_quadratic(x: float, fx: float, y: float, fy: float, z: float, fz: float) -> float:
    """The next point as a fraction of the way from x to y; 1/2 where the parabola is not to be trusted."""
    if fy == fz or fx == fz:
        return 0.5
    xi, phi = (x - y) / (z - y), (fx - fy) / (fz - fy)
    if not (phi * phi < xi and (1.0 - phi) ** 2 < 1.0 - xi):
        return 0.5
    return fx / (fy - fx) * fz / (fy - fz) + (z - x) / (y - x) * fx / (fz - fx) * fy / (fz - fy)


def minimum(f: Callable[[float], float], a: float, b: float, *, stop: float = 0.0, tol: float = 1e-9, most: int = 60):
    """Where ``f`` is smallest between ``a`` and ``b`` and its value there; ends as soon as ``f`` is below ``stop``.

    Parabolas through the three best points, else golden sections, after Brent (1973), Algorithms for Minimization
    without Derivatives, chapter 5.

    >>> round(minimum(lambda x: (x - 0.3)**2 + 1.0, 0.0, 1.0)[0], 6)
    0.3
    """
    x = w = v = a + _GOLDEN * (b - a)
    fx = fw = fv = f(x)
    step = before = b - a
    for _ in range(most):
        middle, close = 0.5 * (a + b), tol * (abs(x) + 1e-3)
        if not fx >= stop or abs(x - middle) <= 2.0 * close - 0.5 * (b - a):
            break
        before, step = _step((x, fx), (w, fw), (v, fv), (a, b), before, step)
        new = x + (step if abs(step) >= close else math.copysign(close, step))
        value = f(new)
        if not math.isfinite(value):
            break
        if value <= fx:
            a, b = (x, b) if new >= x else (a, x)
            v, fv, w, fw, x, fx = w, fw, x, fx, new, value
            continue
        a, b = (new, b) if new < x else (a, new)
        if value <= fw or w == x:
            v, fv, w, fw = w, fw, new, value
        elif value <= fv or v in (x, w):
            v, fv = new, value
    return x, fx


def _step(
    best: tuple[float, float], second: tuple[float, float], third: tuple[float, float], ends: tuple[float, float],
    before: float, step: float,
) -> tuple[float, float]:  # fmt: skip
    """The step to compare the one after next with, and the next step: to a parabola's vertex, or a golden section."""
    (x, fx), (w, fw), (v, fv), (a, b) = best, second, third, ends
    r, q = (x - w) * (fx - fv), (x - v) * (fx - fw)
    p, q = (x - v) * q - (x - w) * r, 2.0 * (q - r)
    p, q = (-p, q) if q > 0.0 else (p, -q)
    if abs(p) < abs(0.5 * q * before) and q * (a - x) < p < q * (b - x):
        return step, p / q
    side = (a if x >= 0.5 * (a + b) else b) - x
    return side, _GOLDEN * side
