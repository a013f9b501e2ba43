"""What Numba source calls by bare names: scalar functions that are inlined where they are called."""

from __future__ import annotations

import math
from math import acos as arccos
from math import asin as arcsin
from math import atan as arctan
from math import ceil, cos, cosh, floor, inf, log1p, log10, sin, sinh, sqrt, tan, trunc
from typing import Any

import numpy as np
from numba import njit

from rheobase.model.evaluate import SERIES_BELOW, SERIES_TERMS
from rheobase.numerics import vectormath
from rheobase.numerics.vectormath import exp, expm1, exprel, log, tanh

__all__ = [
    "arccos",
    "arcsin",
    "arctan",
    "ceil",
    "clip",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "exprel",
    "exprel_1",
    "exprel_2",
    "exprel_3",
    "exprel_4",
    "f32",
    "floor",
    "inf",
    "log",
    "log1p",
    "log10",
    "maximum",
    "minimum",
    "njit",
    "np",
    "power",
    "power2",
    "power3",
    "power4",
    "power5",
    "power6",
    "power7",
    "power8",
    "select",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "timestep",
    "trunc",
]

f32 = np.float32
select: Any = vectormath.select
_inlined = njit(forceinline=True, error_model="numpy")


@_inlined
def minimum(a, b):
    return select(a <= b, a, b)


@_inlined
def maximum(a, b):
    return select(a >= b, a, b)


@_inlined
def clip(x, low, high):
    return minimum(maximum(x, low), high)


@_inlined
def sign(x):
    return select(x > 0, 1.0, select(x < 0, -1.0, x))


@_inlined
def power(base, exponent):
    return base**exponent


@_inlined
def power2(x):
    return x * x


@_inlined
def power3(x):
    return x * x * x


@_inlined
def power4(x):
    return x * x * x * x


@_inlined
def power5(x):
    return x * power2(power2(x))


@_inlined
def power6(x):
    return power2(power3(x))


@_inlined
def power7(x):
    return x * power2(power3(x))


@_inlined
def power8(x):
    return power2(power2(power2(x)))


@_inlined
def timestep(time, dt):
    return floor((time + 1e-3 * dt) / dt)


def _exprel_derivative(k: int):
    """The k-th derivative of ``(exp(x) - 1)/x``: a series near 0, a recurrence elsewhere."""
    coefficients = tuple(1.0 / (math.factorial(j) * (j + k + 1)) for j in range(SERIES_TERMS, -1, -1))

    def derivative(x):
        near = abs(x) < SERIES_BELOW
        small, large = select(near, x, 0.0), select(near, 1.0, x)
        series = 0.0
        for coefficient in coefficients:
            series = series * small + coefficient
        power_of_e = exp(large)
        integral = expm1(large) / large
        for step in range(1, k + 1):
            integral = (power_of_e - step * integral) / large
        return select(near, series, integral)

    return njit(error_model="numpy")(derivative)


exprel_1, exprel_2, exprel_3, exprel_4 = (_exprel_derivative(k) for k in (1, 2, 3, 4))
