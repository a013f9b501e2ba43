"""What JAX source calls by bare names."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax.numpy as jnp
from jax.numpy import (
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
from jax.numpy import where as select

from rheobase.compile.numpy_functions import power2, power3, power4, power5, power6, power7, power8
from rheobase.model.evaluate import SERIES_BELOW, SERIES_TERMS

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
    "jnp",
    "log",
    "log1p",
    "log10",
    "logical_not",
    "maximum",
    "minimum",
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


def exprel_k(x: Any, k: int) -> Any:
    """The k-th derivative of ``(exp(x) - 1)/x``: a series near 0, a recurrence elsewhere."""
    near = jnp.abs(x) < SERIES_BELOW
    small, large = select(near, x, 0.0), select(near, 1.0, x)
    series = jnp.zeros_like(small)
    for j in range(SERIES_TERMS, -1, -1):
        series = series * small + 1.0 / (math.factorial(j) * (j + k + 1))
    integral = expm1(large) / large
    for step in range(1, k + 1):
        integral = (exp(large) - step * integral) / large
    return select(near, series, integral)


def exprel(x: Any) -> Any:
    """``(exp(x) - 1)/x``, smooth at 0 under JAX's own derivatives too."""
    near = jnp.abs(x) < 1e-5
    small, large = select(near, x, 0.0), select(near, 1.0, x)
    return select(near, 1.0 + small * (0.5 + small / 6.0), expm1(large) / large)


exprel_1, exprel_2, exprel_3, exprel_4 = (partial(exprel_k, k=k) for k in (1, 2, 3, 4))


def timestep(time: Any, dt: Any) -> Any:
    """The number of whole steps in ``time``."""
    return floor((time + 1e-3 * dt) / dt)
