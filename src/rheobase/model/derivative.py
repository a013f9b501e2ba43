"""Exact derivatives: from tree to tree, to any order."""

from __future__ import annotations

from collections.abc import Mapping

from rheobase.model.algebra import ONE, ZERO, add, divide, multiply, negate, power, simplified, simplify, subtract
from rheobase.model.expression import (
    COMPARISONS,
    LOGICAL,
    Binary,
    Call,
    Expression,
    Name,
    Number,
    Unary,
    Where,
    transform,
)
from rheobase.model.functions import FUNCTIONS

__all__ = ["differentiate", "simplify"]


def differentiate(tree: Expression, name: str, inner: Mapping[str, Expression] | None = None) -> Expression:
    """The derivative of a tree with respect to a name.

    Conditions, whole-number functions and random numbers have derivative 0: where they jump there is no derivative, and
    beside the jump it is 0. ``abs``, ``clip``, ``minimum`` and ``maximum`` have that of the branch taken.

    Parameters
    ----------
    tree
        What to differentiate.
    name
        With respect to what.
    inner
        Derivatives of other names with respect to ``name``, for a total derivative; all others are constant.

    Examples
    --------
    >>> from rheobase.model.expression import Binary, Call, Name
    >>> differentiate(Call("exp", (Binary("*", Name("a"), Name("x")),)), "x")
    Binary(op='*', left=Call(function='exp', arguments=(Binary(op='*', left=Name(id='a'), right=Name(id='x')),)), \
right=Name(id='a'))
    """
    return _Differentiator({**(inner or {}), name: ONE}).of(tree)


class _Differentiator:
    """Remembers each node's derivative: trees that share parts are walked once."""

    def __init__(self, known: Mapping[str, Expression]):
        self.known = known
        self.memory: dict[int, tuple[Expression, Expression]] = {}

    def of(self, node: Expression) -> Expression:
        remembered = self.memory.get(id(node))
        if remembered is not None:
            return remembered[1]
        result = self._derive(node)
        self.memory[id(node)] = (node, result)  # holding the node keeps its id from being used again
        return result

    def _derive(self, node: Expression) -> Expression:
        match node:
            case Number():
                return ZERO
            case Name(name):
                return self.known.get(name, ZERO)
            case Unary("-", operand):
                return negate(self.of(operand))
            case Binary(op, left, right) if op not in COMPARISONS and op not in LOGICAL:
                return self._binary(op, left, right)
            case Call():
                return self._call(node)
            case Where(condition, then, otherwise, where):
                return simplified(Where(condition, self.of(then), self.of(otherwise), where))
        return ZERO

    def _binary(self, op: str, a: Expression, b: Expression) -> Expression:
        da, db = self.of(a), self.of(b)
        if op in ("+", "-"):
            return add(da, db) if op == "+" else subtract(da, db)
        if op == "*":
            return add(multiply(da, b), multiply(a, db))
        if op == "/":
            return self._quotient(a, b, da, db)
        if op == "**":
            return _power(a, b, da, db)
        if op == "%":
            return subtract(da, multiply(Binary("//", a, b), db))
        return ZERO

    def _quotient(self, a: Expression, b: Expression, da: Expression, db: Expression) -> Expression:
        if db == ZERO:
            return divide(da, b)
        falling = divide(multiply(a, db), power(b, Number(2.0)))
        return subtract(divide(da, b), falling)

    def _call(self, node: Call) -> Expression:
        total: Expression = ZERO
        for argument, rule in zip(node.arguments, FUNCTIONS[node.function].derivative, strict=False):
            inner = self.of(argument)
            if inner != ZERO:
                total = add(total, multiply(simplify(rule(*node.arguments)), inner))
        return total


def _power(a: Expression, b: Expression, da: Expression, db: Expression) -> Expression:
    """``d a**b``; the logarithm enters only where the exponent varies."""
    total: Expression = ZERO
    if da != ZERO:
        total = multiply(multiply(b, power(a, subtract(b, ONE))), da)
    if db != ZERO:
        total = add(total, multiply(multiply(power(a, b), Call("log", (a,))), db))
    return total


def total_derivative(tree: Expression, name: str, definitions: Mapping[str, Expression]) -> Expression:
    """The derivative of a tree whose intermediate quantities, in order of dependence, are given by ``definitions``."""
    inner: dict[str, Expression] = {}
    for other, definition in definitions.items():
        slope = differentiate(definition, name, inner)
        if slope != ZERO:
            inner[other] = slope
    return differentiate(tree, name, inner)


def without(tree: Expression, gone: frozenset[str] | set[str]) -> Expression:
    """The tree with some names set to 0, simplified: a right-hand side without its noise, for example."""

    def drop(node: Expression) -> Expression:
        return ZERO if isinstance(node, Name) and node.id in gone else simplified(node)

    return transform(tree, drop)
