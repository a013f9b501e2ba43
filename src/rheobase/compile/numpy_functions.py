"""What NumPy source calls by bare names."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy import (
    arccos,
    arcsin,
    arctan,
    ceil,
    cos,
    cosh,
    exp,
    expm1,
    floor,
    inf,
    log,
    log1p,
    log10,
    logical_not,
    maximum,
    minimum,
    power,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    trunc,
)
from numpy import where as select

from rheobase.model.evaluate import exprel, exprel_k, timestep

exprel_1, exprel_2, exprel_3, exprel_4 = (partial(exprel_k, k=k) for k in (1, 2, 3, 4))

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
    "logical_not",
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


def clip(x: Any, low: Any, high: Any) -> Any:
    return minimum(maximum(x, low), high)


def power2(x: Any) -> Any:
    return x * x


def power3(x: Any) -> Any:
    return x * x * x


def power4(x: Any) -> Any:
    return x * x * x * x


def power5(x: Any) -> Any:
    return x * power2(power2(x))


def power6(x: Any) -> Any:
    return power2(power3(x))


def power7(x: Any) -> Any:
    return x * power2(power3(x))


def power8(x: Any) -> Any:
    return power2(power2(power2(x)))
