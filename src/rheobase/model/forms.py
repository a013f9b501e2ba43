"""Multiplied-out forms: a tree as a sum of numbers times powers of names, to see whether two trees are proportional."""

from __future__ import annotations

import math

from rheobase.model.algebra import multiply, power
from rheobase.model.expression import Binary, Expression, Number, Unary, names

Monomial = frozenset[tuple[Expression, int]]
Form = dict[Monomial, float]

_MOST_TERMS = 24
_ONE: Monomial = frozenset()


def form(node: Expression) -> Form:
    """The tree as ``{powers of its atoms: coefficient}``; what is no sum, product or whole power is an atom."""
    match node:
        case Number(value):
            return {_ONE: value}
        case Unary("-", operand):
            return _scaled(form(operand), -1.0)
        case Binary("+" | "-" as op, left, right):
            return _sum(form(left), _scaled(form(right), 1.0 if op == "+" else -1.0))
        case Binary("*", left, right):
            return _product(form(left), form(right)) or _atom(node)
        case Binary("/", left, right):
            divisor = form(right)
            if len(divisor) == 1 and all(divisor.values()):
                return _product(form(left), _inverse(divisor)) or _atom(node)
        case Binary("**", base, Number(exponent)) if exponent in (2.0, 3.0):
            square = _product(form(base), form(base))
            cube = _product(square, form(base)) if square and exponent == 3.0 else square
            return cube or _atom(node)
    return _atom(node)


def ratio(above: Form, below: Form) -> tuple[Monomial, float] | None:
    """The monomial by which ``above`` exceeds ``below``; None unless they are proportional."""
    if len(above) != len(below) or not above:
        return None
    first, coefficient = next(iter(above.items()))
    for other, factor in below.items():
        if factor == 0.0:
            return None
        monomial, scale = _over(first, other), coefficient / factor
        if all(
            math.isclose(above.get(_times(part, monomial), math.nan), value * scale, rel_tol=1e-12)
            for part, value in below.items()
        ):
            return monomial, scale
    return None


def tree_of(monomial: Monomial, coefficient: float) -> Expression:
    """A monomial as a tree."""
    tree: Expression = Number(coefficient)
    for atom, exponent in sorted(monomial, key=repr):
        tree = multiply(tree, power(atom, Number(float(exponent))))
    return tree


def poles(monomial: Monomial) -> frozenset[str]:
    """The names in whose zeros the monomial is infinite."""
    return frozenset(name for atom, exponent in monomial if exponent < 0 for name in names(atom))


def _atom(node: Expression) -> Form:
    return {frozenset({(node, 1)}): 1.0}


def _times(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left)
    for atom, exponent in right:
        powers[atom] = powers.get(atom, 0) + exponent
    return frozenset((atom, exponent) for atom, exponent in powers.items() if exponent)


def _over(left: Monomial, right: Monomial) -> Monomial:
    return _times(left, frozenset((atom, -exponent) for atom, exponent in right))


def _scaled(terms: Form, factor: float) -> Form:
    return {monomial: value * factor for monomial, value in terms.items()}


def _sum(left: Form, right: Form) -> Form:
    total = dict(left)
    for monomial, value in right.items():
        total[monomial] = total.get(monomial, 0.0) + value
    return {monomial: value for monomial, value in total.items() if value}


def _product(left: Form, right: Form) -> Form | None:
    if len(left) * len(right) > _MOST_TERMS:
        return None
    total: Form = {}
    for a, x in left.items():
        for b, y in right.items():
            total = _sum(total, {_times(a, b): x * y})
    return total


def _inverse(terms: Form) -> Form:
    ((monomial, value),) = terms.items()
    return {_over(_ONE, monomial): 1.0 / value}
