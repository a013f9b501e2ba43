"""Arithmetic of constants: a part of a tree that contains only numbers is a number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from rheobase.model.expression import Binary, Call, Expression, Number, Unary


def exprel(x: float) -> float:
    """``(exp(x) - 1)/x``, which is 1 at 0."""
    return 1.0 if x == 0 else math.expm1(x) / x


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": math.exp, "log": math.log, "log10": math.log10, "log1p": math.log1p, "expm1": math.expm1, "exprel": exprel,
    "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tan": math.tan, "arcsin": math.asin, "arccos": math.acos,
    "arctan": math.atan, "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh, "abs": abs, "floor": math.floor,
    "ceil": math.ceil, "minimum": min, "maximum": max,
}  # fmt: skip

_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def fold(node: Expression) -> Expression:
    """A number if all operands of this node are numbers, else the node; looks one level deep.

    Raises
    ------
    ArithmeticError
        With a sentence, if the result is no finite number.
    """
    match node:
        case Unary("-", Number(value)):
            return Number(-value, node.where)
        case Binary(op, Number(left), Number(right)) if op in _OPERATORS:
            return Number(_apply(_OPERATORS[op], left, right), node.where)
        case Call(name, arguments) if name in _FUNCTIONS:
            values = [part.value for part in arguments if isinstance(part, Number)]
            if len(values) == len(arguments):
                return Number(_apply(_FUNCTIONS[name], *values), node.where)
    return node


def _apply(function: Callable[..., Any], *values: float) -> float:
    try:
        result = function(*values)
    except OverflowError:
        raise ArithmeticError("the value of this constant is too large") from None
    except ZeroDivisionError:
        raise ArithmeticError("this constant is divided by zero") from None
    except ValueError:
        raise ArithmeticError("this constant has no value") from None
    if isinstance(result, complex) or math.isnan(result):
        raise ArithmeticError("this constant has no real value")
    if math.isinf(result) and not any(map(math.isinf, values)):
        raise ArithmeticError("the value of this constant is too large")
    return float(result)
