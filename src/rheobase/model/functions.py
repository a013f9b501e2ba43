"""The functions that an equation may call: their arguments, their units and their derivatives.

A function is one row of a table. Its derivatives are trees, one per argument, built from the argument trees, so that a
model's derivatives of any order come from its own text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rheobase.model.expression import Binary, Call, Expression, Number, Unary, Where

Derivative = Callable[..., Expression]


@dataclass(frozen=True)
class Function:
    """One row of the table.

    Parameters
    ----------
    name
        As in the text.
    n_args
        How many arguments it takes.
    rule
        Units: ``number`` (plain numbers in and out), ``same`` (all arguments alike, and so is the result), ``keep``
        (any argument, the same result), ``sign`` (any argument, a plain number), ``root`` (square root), ``count``
        (two times in, a plain number out).
    derivative
        One builder per argument, from the arguments to the derivative with respect to that argument.
    random
        Draws a new number each time step.
    """

    name: str
    n_args: int
    rule: str
    derivative: tuple[Derivative, ...] = ()
    random: bool = False


def _call(name: str, *arguments: Expression) -> Call:
    return Call(name, arguments)


def _times(left: Expression, right: Expression) -> Binary:
    return Binary("*", left, right)


def _over(left: Expression, right: Expression) -> Binary:
    return Binary("/", left, right)


def _square(node: Expression) -> Binary:
    return Binary("**", node, Number(2.0))


def _sum(left: Expression, right: Expression) -> Binary:
    return Binary("+", left, right)


def _less(left: Expression, right: Expression) -> Binary:
    return Binary("-", left, right)


def _choose(condition: Expression, then: float, otherwise: float) -> Where:
    return Where(condition, Number(then), Number(otherwise))


def _step(op: str, left: Expression, right: Expression, then: float = 1.0) -> Where:
    return _choose(Binary(op, left, right), then, 1.0 - then)


_ONE, _ZERO, _LN10 = Number(1.0), Number(0.0), Number(2.302585092994045684)


def _zero(*_: Expression) -> Expression:
    return _ZERO


def _inside(x: Expression, low: Expression, high: Expression) -> Expression:
    return _choose(Binary("and", Binary(">=", x, low), Binary("<=", x, high)), 1.0, 0.0)


def _next_exprel(x: Expression, order: Expression) -> Expression:
    if not isinstance(order, Number):
        raise TypeError("the order of exprel_k is a number")
    return _call("exprel_k", x, Number(order.value + 1.0))


_TABLE = (
    Function("exp", 1, "number", (lambda x: _call("exp", x),)),
    Function("expm1", 1, "number", (lambda x: _call("exp", x),)),
    Function("exprel", 1, "number", (lambda x: _call("exprel_k", x, _ONE),)),
    Function("exprel_k", 2, "number", (_next_exprel, _zero)),
    Function("log", 1, "number", (lambda x: _over(_ONE, x),)),
    Function("log10", 1, "number", (lambda x: _over(_ONE, _times(_LN10, x)),)),
    Function("log1p", 1, "number", (lambda x: _over(_ONE, _sum(_ONE, x)),)),
    Function("sqrt", 1, "root", (lambda x: _over(Number(0.5), _call("sqrt", x)),)),
    Function("sin", 1, "number", (lambda x: _call("cos", x),)),
    Function("cos", 1, "number", (lambda x: Unary("-", _call("sin", x)),)),
    Function("tan", 1, "number", (lambda x: _sum(_ONE, _square(_call("tan", x))),)),
    Function("sinh", 1, "number", (lambda x: _call("cosh", x),)),
    Function("cosh", 1, "number", (lambda x: _call("sinh", x),)),
    Function("tanh", 1, "number", (lambda x: _less(_ONE, _square(_call("tanh", x))),)),
    Function("arcsin", 1, "number", (lambda x: _over(_ONE, _call("sqrt", _less(_ONE, _square(x)))),)),
    Function("arccos", 1, "number", (lambda x: _over(Number(-1.0), _call("sqrt", _less(_ONE, _square(x)))),)),
    Function("arctan", 1, "number", (lambda x: _over(_ONE, _sum(_ONE, _square(x))),)),
    Function("abs", 1, "keep", (lambda x: _call("sign", x),)),
    Function("sign", 1, "sign", (_zero,)),
    Function("floor", 1, "number", (_zero,)),
    Function("ceil", 1, "number", (_zero,)),
    Function("int", 1, "number", (_zero,)),
    Function(
        "clip",
        3,
        "same",
        (_inside, lambda x, low, high: _step("<", x, low), lambda x, low, high: _step(">", x, high)),
    ),
    Function("minimum", 2, "same", (lambda a, b: _step("<=", a, b), lambda a, b: _step("<=", a, b, 0.0))),
    Function("maximum", 2, "same", (lambda a, b: _step(">=", a, b), lambda a, b: _step(">=", a, b, 0.0))),
    Function("timestep", 2, "count", (_zero, _zero)),
    Function("rand", 0, "number", random=True),
    Function("randn", 0, "number", random=True),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _TABLE}
"""Every function, by name. ``exprel_k(x, k)``, the k-th derivative of `exprel`, comes from differentiation only."""

RANDOM: frozenset[str] = frozenset(function.name for function in _TABLE if function.random)
"""Functions that draw a new number in each time step and for each neuron."""

JUMPS: frozenset[str] = frozenset({"abs", "sign", "floor", "ceil", "int", "clip", "minimum", "maximum", "timestep"})
"""Functions that are not differentiable everywhere."""

SPELLINGS: dict[str, str] = {
    "min": "minimum", "max": "maximum", "ln": "log", "pow": "**", "power": "**", "asin": "arcsin", "acos": "arccos",
    "atan": "arctan", "fabs": "abs", "heaviside": "int(x > 0)", "where": "a if condition else b", "ceiling": "ceil",
    "sgn": "sign", "mod": "%", "round": "floor(x + 0.5)", "sigmoid": "1/(1 + exp(-x))", "normal": "randn()",
    "random": "rand()", "square": "x**2",
}  # fmt: skip
"""What other languages call them, for the hint of an error."""
