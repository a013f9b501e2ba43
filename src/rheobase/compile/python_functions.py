"""What plain Python source calls by bare names.

Where floating-point arithmetic has no finite result, Python raises; the caller then asks NumPy, which says inf or nan.
"""

from __future__ import annotations

import math
from math import acos as arccos
from math import asin as arcsin
from math import atan as arctan
from math import cos, cosh, exp, expm1, inf, log, log1p, log10, sin, sinh, sqrt, tan, tanh
from math import pow as power

import numpy as np

from rheobase.model.evaluate import SERIES_BELOW, SERIES_TERMS

minimum, maximum = min, max

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
    "floor",
    "inf",
    "log",
    "log1p",
    "log10",
    "maximum",
    "minimum",
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


def select(condition: bool, then: float, otherwise: float) -> float:
    return then if condition else otherwise


def clip(x: float, low: float, high: float) -> float:
    return min(max(x, low), high)


def sign(x: float) -> float:
    return math.copysign(1.0, x) if x else 0.0


def floor(x: float) -> float:
    return float(math.floor(x))


def ceil(x: float) -> float:
    return float(math.ceil(x))


def trunc(x: float) -> float:
    return float(math.trunc(x))


def timestep(time: float, dt: float) -> float:
    return floor((time + 1e-3 * dt) / dt)


def exprel(x: float) -> float:
    return expm1(x) / x if x else 1.0


def _exprel_derivative(k: int):
    """The k-th derivative of `exprel`: a series near 0, a recurrence elsewhere."""
    coefficients = tuple(1.0 / (math.factorial(j) * (j + k + 1)) for j in range(SERIES_TERMS, -1, -1))

    def derivative(x: float) -> float:
        if abs(x) < SERIES_BELOW:
            series = 0.0
            for coefficient in coefficients:
                series = series * x + coefficient
            return series
        power_of_e = exp(x)
        integral = expm1(x) / x
        for step in range(1, k + 1):
            integral = (power_of_e - step * integral) / x
        return integral

    return derivative


exprel_1, exprel_2, exprel_3, exprel_4 = (_exprel_derivative(k) for k in (1, 2, 3, 4))


def power2(x: float) -> float:
    return x * x


def power3(x: float) -> float:
    return x * x * x


def power4(x: float) -> float:
    return x * x * x * x


def power5(x: float) -> float:
    return x * power2(power2(x))


def power6(x: float) -> float:
    return power2(power3(x))


def power7(x: float) -> float:
    return x * power2(power3(x))


def power8(x: float) -> float:
    return power2(power2(power2(x)))
