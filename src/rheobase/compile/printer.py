"""Tree to Python source, for any target: one walker, one table per target."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from rheobase.model.expression import COMPARISONS, LOGICAL, Binary, Call, Expression, Name, Number, Unary, Where
from rheobase.model.shape import is_condition

# Python's own precedence, so that only the brackets that are needed are written.
_OR, _AND, _NOT, _COMPARE, _BIT, _SUM, _PRODUCT, _MINUS, _POWER, _ATOM = range(10)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT}
MAX_POWER = 8

Printed = tuple[str, int]


@dataclass(frozen=True)
class Target:
    """How a language spells what trees contain.

    Parameters
    ----------
    name
        What it is called.
    head
        The lines at the top of a generated file: imports.
    helpers
        The names that these lines define, which no variable may hide.
    functions
        Spelling of the functions that are not called by their own name.
    negation
        A template for ``not``.
    number
        How a number is written; a kernel in single precision writes ``f32(0.1)``.
    """

    name: str
    head: str
    helpers: frozenset[str]
    functions: Mapping[str, str] = field(default_factory=dict)
    negation: str = "(not {})"
    number: Callable[[float], str] = repr


HELPERS = frozenset({
    "abs", "arccos", "arcsin", "arctan", "ceil", "clip", "cos", "cosh", "exp", "expm1", "exprel", "exprel_1",
    "exprel_2", "exprel_3", "exprel_4", "f32", "floor", "inf", "log", "log10", "log1p", "maximum", "minimum", "nan",
    "np", "power", "power2", "power3", "power4", "power5", "power6", "power7", "power8", "select", "sign", "sin",
    "sinh", "sqrt", "tan", "tanh", "timestep", "trunc", "njit", "rhs", "vector", "range", "len", "min", "max", "jnp",
    "state", "parameters",
})  # fmt: skip
"""What generated code calls by bare names; every target's head has to define those it uses."""


def show(tree: Expression, target: Target, names: Mapping[str, str] | None = None) -> str:
    """The tree as source text.

    Parameters
    ----------
    tree
        A checked tree.
    target
        The language.
    names
        Other spellings of names, see `safe_names`.

    Examples
    --------
    >>> from rheobase.compile.numba_printer import NUMBA
    >>> from rheobase.model.neuron import Neuron
    >>> show(Neuron("dx/dt = -(x - 2)*x**3/ms : 1").equations["x"].expression, NUMBA)
    '-(x - 2.0) * (x * x * x)'
    """
    return _Printer(target, names or {}).text(tree)


def safe_names(names: Iterable[str], target: Target) -> dict[str, str]:
    """A spelling for every name that hides none of the target's helpers."""
    wanted = list(names)
    taken = set(wanted) | target.helpers
    result: dict[str, str] = {}
    for name in wanted:
        spelling = name
        while spelling in taken and (spelling != name or name in target.helpers):
            spelling += "_"
        taken.add(spelling)
        result[name] = spelling
    return result


@dataclass(frozen=True)
class _Printer:
    target: Target
    names: Mapping[str, str]

    def text(self, node: Expression) -> str:
        return self.show(node)[0]

    def at(self, node: Expression, level: int) -> str:
        """The text of an operand, in brackets if it binds more loosely than its place needs."""
        text, own = self.show(node)
        return text if own >= level else f"({text})"

    def show(self, node: Expression) -> Printed:
        match node:
            case Number(value):
                return self.number(value)
            case Name(name):
                return self.names.get(name, name), _ATOM
            case Unary("not", operand):
                return self.target.negation.format(self.at(operand, _ATOM)), _ATOM
            case Unary(_, operand):
                return f"-{self.at(operand, _MINUS)}", _MINUS
            case Binary(op, left, right) if op in LOGICAL:
                sign = "&" if op == "and" else "|"
                return f"({self.at(left, _ATOM)} {sign} {self.at(right, _ATOM)})", _ATOM
            case Binary(op, left, right) if op in COMPARISONS:
                return f"({self.at(left, _SUM)} {op} {self.at(right, _SUM)})", _ATOM
            case Binary("**", left, right):
                return self.power(left, right)
            case Binary(op, left, right):
                level = _LEVELS[op]
                return f"{self.at(left, level)} {op} {self.at(right, level + 1)}", level
            case Call():
                return self.call(node), _ATOM
            case Where(condition, then, otherwise):
                return f"select({self.text(condition)}, {self.text(then)}, {self.text(otherwise)})", _ATOM

    def number(self, value: float) -> Printed:
        if math.isinf(value):
            return ("inf", _ATOM) if value > 0 else ("-inf", _MINUS)
        text = self.target.number(value)
        return text, _MINUS if text.startswith("-") else _ATOM

    def power(self, base: Expression, exponent: Expression) -> Printed:
        """Small whole powers as products, which are exact and fast; others as they are."""
        if not isinstance(exponent, Number) or exponent.value != int(exponent.value):
            return f"power({self.text(base)}, {self.text(exponent)})", _ATOM
        n = int(exponent.value)
        if n == 0:
            return self.number(1.0)
        if n < 0 and -n <= MAX_POWER:
            return f"{self.number(1.0)[0]} / {self.whole_power(base, -n)}", _PRODUCT
        if n <= MAX_POWER:
            return self.whole_power(base, n), _ATOM
        return f"power({self.text(base)}, {self.number(exponent.value)[0]})", _ATOM

    def whole_power(self, base: Expression, n: int) -> str:
        if n == 1:
            return self.at(base, _ATOM)
        if isinstance(base, Name) and n <= 4:
            return "(" + " * ".join([self.text(base)] * n) + ")"
        return f"power{n}({self.text(base)})"

    def call(self, node: Call) -> str:
        name = node.function
        if name == "exprel_k":
            order = node.arguments[1]
            assert isinstance(order, Number)
            return f"exprel_{int(order.value)}({self.text(node.arguments[0])})"
        if name == "int":
            (argument,) = node.arguments
            if is_condition(argument):
                return f"select({self.text(argument)}, {self.number(1.0)[0]}, {self.number(0.0)[0]})"
            name = "trunc"
        arguments = ", ".join(self.text(part) for part in node.arguments)
        return f"{self.target.functions.get(name, name)}({arguments})"
