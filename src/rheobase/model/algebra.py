"""Putting trees together without growing them: sums with 0, products with 0 and 1 and arithmetic of numbers vanish."""

from __future__ import annotations

from rheobase.model.constants import fold
from rheobase.model.expression import Binary, Call, Expression, Number, Unary, Where, transform

ZERO, ONE = Number(0.0), Number(1.0)


def _folded(node: Expression) -> Expression:
    try:
        return fold(node)
    except ArithmeticError:
        return node  # 1/0 in a branch that is never taken is no reason to stop


def negate(a: Expression) -> Expression:
    match a:
        case Number(value):
            return Number(-value if value else 0.0, a.where)
        case Unary("-", inner):
            return inner
        case Binary("-", left, right):
            return Binary("-", right, left, a.where)
        case Binary("*" | "/" as op, Number(value), rest):
            return Binary(op, Number(-value), rest, a.where)
    return Unary("-", a, a.where)


def add(a: Expression, b: Expression) -> Expression:
    if a == ZERO:
        return b
    match b:
        case Number(0.0):
            return a
        case Number(value) if value < 0 and not isinstance(a, Number):
            return Binary("-", a, Number(-value, b.where), b.where)
        case Unary("-", inner):
            return subtract(a, inner)
    return _folded(Binary("+", a, b, a.where))


def subtract(a: Expression, b: Expression) -> Expression:
    if a == ZERO:
        return negate(b)
    match b:
        case Number(0.0):
            return a
        case Number(value) if value < 0 and not isinstance(a, Number):
            return Binary("+", a, Number(-value, b.where), b.where)
        case Unary("-", inner):
            return add(a, inner)
    return ZERO if a == b else _folded(Binary("-", a, b, a.where))


def multiply(a: Expression, b: Expression) -> Expression:
    match a, b:
        case (Number(0.0), _) | (_, Number(0.0)):
            return ZERO
        case Number(1.0), _:
            return b
        case _, Number(1.0):
            return a
        case (Number(-1.0), _):
            return negate(b)
        case (_, Number(-1.0)):
            return negate(a)
        case Number(x), Number(y):
            return _folded(Binary("*", a, b, a.where))
        case _, Number():
            return multiply(b, a)
        case Number(x), Binary("*", Number(y), rest):
            return multiply(_folded(Binary("*", Number(x), Number(y), a.where)), rest)
        case Unary("-", inner), _:
            return negate(multiply(inner, b))
        case _, Unary("-", inner):
            return negate(multiply(a, inner))
        case _, Binary("*", Number() as number, rest):
            return multiply(number, multiply(a, rest))
    return Binary("*", a, b, a.where)


def divide(a: Expression, b: Expression) -> Expression:
    match a, b:
        case Number(0.0), _:
            return ZERO
        case _, Number(1.0):
            return a
        case _, Number(-1.0):
            return negate(a)
        case Number(value), Unary("-", inner):
            return divide(Number(-value, a.where), inner)
        case Unary("-", inner), _:
            return negate(divide(inner, b))
        case _, Unary("-", inner):
            return negate(divide(a, inner))
    return _folded(Binary("/", a, b, a.where))


def power(a: Expression, b: Expression) -> Expression:
    match b:
        case Number(0.0):
            return ONE
        case Number(1.0):
            return a
    return _folded(Binary("**", a, b, a.where))


_BUILDERS = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}


def simplified(node: Expression) -> Expression:
    """A node whose operands are simple already."""
    match node:
        case Unary("-", operand):
            return negate(operand)
        case Binary(op, left, right) if op in _BUILDERS:
            return _BUILDERS[op](left, right)
        case Call():
            return _folded(node)
        case Where(_, then, otherwise) if then == otherwise:
            return then
    return node


def simplify(tree: Expression) -> Expression:
    """The tree without sums with 0, factors 0 and 1, double signs and arithmetic of numbers.

    It stands for the same function; nothing is expanded or reordered but a number in a product.
    """
    return transform(tree, simplified)
