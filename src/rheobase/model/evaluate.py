"""The value of a tree, by walking it with NumPy. For a few evaluations; `rheobase.compile` makes functions for many."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rheobase.model.errors import ModelError
from rheobase.model.expression import Binary, Call, Expression, Name, Number, Unary, Where

SERIES_BELOW = 1.0
SERIES_TERMS = 18


def exprel(x: Any) -> Any:
    """``(exp(x) - 1)/x``, and 1 at 0."""
    x = np.asarray(x)
    zero = x == 0
    return np.where(zero, 1.0, np.expm1(x) / np.where(zero, 1.0, x))[()]


def exprel_k(x: Any, k: float) -> Any:
    r"""The k-th derivative of `exprel`.

    .. math:: I_k(x) = \int_0^1 s^k e^{xs}\,ds,\qquad I_k = \left(e^x - k\,I_{k-1}\right)/x

    The recurrence loses digits near 0; there the series :math:`\sum_j x^j / (j!\,(j+k+1))` takes its place.
    """
    order, x = int(k), np.asarray(x, dtype=float)
    near = np.abs(x) < SERIES_BELOW
    result = np.empty_like(x)
    result[near] = _exprel_series(x[near], order)
    result[~near] = _exprel_recurrence(x[~near], order)
    return result[()]


def _exprel_series(x: Any, order: int) -> Any:
    series = np.zeros_like(x)
    if x.size:  # most arguments are far from 0
        for j in range(SERIES_TERMS, -1, -1):
            series = series * x + 1.0 / (math.factorial(j) * (j + order + 1))
    return series


def _exprel_recurrence(x: Any, order: int) -> Any:
    power = np.exp(x)
    integral = np.expm1(x) / x
    for step in range(1, order + 1):
        integral = (power - step * integral) / x
    return integral


def timestep(time: Any, dt: Any) -> Any:
    """The number of whole steps in ``time``; a hair is added so that 0.3 over 0.1 is 3 (as Brian2 does)."""
    return np.floor((time + 1e-3 * dt) / dt)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "abs": np.abs, "sign": np.sign, "floor": np.floor,
    "ceil": np.ceil, "minimum": np.minimum, "maximum": np.maximum, "exprel": exprel, "exprel_k": exprel_k,
    "timestep": timestep,
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "int": lambda x: np.trunc(np.asarray(x, dtype=float))[()],
}  # fmt: skip

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "//": np.floor_divide, "%": np.mod,
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
    "and": np.logical_and, "or": np.logical_or,
}  # fmt: skip


def evaluate(tree: Expression, values: Mapping[str, Any]) -> Any:
    """The value of a tree.

    Parameters
    ----------
    tree
        A checked tree, in internal units.
    values
        A number or array for every name in it, in internal units; arrays broadcast.

    Raises
    ------
    ModelError
        If a name has no value, or the tree draws random numbers.
    """
    with np.errstate(all="ignore"):  # both sides of a condition are computed; the one not taken may overflow
        return _value(tree, values)


def _value(node: Expression, values: Mapping[str, Any]) -> Any:
    match node:
        case Number(value):
            return value
        case Name(name):
            if name not in values:
                raise ModelError(f"'{name}' has no value")
            return values[name]
        case Unary(op, operand):
            value = _value(operand, values)
            return np.logical_not(value) if op == "not" else -value
        case Binary("**", left, right):
            return power(_value(left, values), _value(right, values))
        case Binary(op, left, right):
            return _OPERATORS[op](_value(left, values), _value(right, values))
        case Call(function, arguments):
            if function not in _FUNCTIONS:
                raise ModelError(f"{function}() draws random numbers, so it has no value here")
            return _FUNCTIONS[function](*[_value(part, values) for part in arguments])
        case Where(condition, then, otherwise):
            parts = (condition, then, otherwise)
            return np.where(*[_value(part, values) for part in parts])[()]


def power(base: Any, exponent: Any) -> Any:
    """A small whole power as products: exact where the floating-point power is not."""
    if isinstance(exponent, float) and exponent in (2.0, 3.0, 4.0):
        square = base * base
        return square if exponent == 2.0 else square * base if exponent == 3.0 else square * square
    return np.power(np.asarray(base, dtype=float), exponent)[()]
