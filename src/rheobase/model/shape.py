"""What shape a model's equations have: linear in its states, smooth in its states. Read off the trees, not computed."""

from __future__ import annotations

from collections.abc import Mapping

from rheobase.model.equations import Equations
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
    children,
    names,
)
from rheobase.model.functions import JUMPS, RANDOM
from rheobase.model.scope import is_noise

CONSTANT, LINEAR, CURVED = 0, 1, 2
_VARIES = frozenset({"t", "lastspike", "not_refractory"})


def is_affine(equations: Equations) -> bool:
    """Whether every differential equation is linear in states and noise, with constant coefficients and input."""
    degrees = dict.fromkeys(equations.states, LINEAR) | dict.fromkeys(equations.noise, LINEAR)
    degrees |= dict.fromkeys(_VARIES, CURVED)
    for equation in equations.subexpressions:
        degrees[equation.name] = degree(_tree(equation.expression), degrees)
    return all(degree(_tree(e.expression), degrees) < CURVED for e in equations.differential)


def degree(node: Expression, degrees: Mapping[str, int]) -> int:
    """Whether a tree is constant, linear or neither in the names that ``degrees`` lists as such."""
    match node:
        case Number():
            return CONSTANT
        case Name(name):
            return degrees.get(name, CONSTANT)
        case Unary("-", operand):
            return degree(operand, degrees)
        case Binary("+" | "-", left, right):
            return max(degree(left, degrees), degree(right, degrees))
        case Binary("*", left, right):
            return min(CURVED, degree(left, degrees) + degree(right, degrees))
        case Binary("/", left, right) if degree(right, degrees) == CONSTANT:
            return degree(left, degrees)
        case Where(condition, then, otherwise) if degree(condition, degrees) == CONSTANT:
            return max(degree(then, degrees), degree(otherwise, degrees))
        case Call(function) if function in RANDOM:
            return CURVED
    parts = [degree(part, degrees) for part in children(node)]
    return CONSTANT if not any(parts) else CURVED


def is_smooth(equations: Equations) -> bool:
    """Whether no condition and no function with a kink or a jump takes anything that depends on a state."""
    moving = set(equations.states)
    trees = []
    for equation in (*equations.subexpressions, *equations.differential):
        tree = _tree(equation.expression)
        trees.append(tree)
        if equation.kind == "subexpression" and names(tree) & moving:
            moving.add(equation.name)
    return all(_smooth(tree, moving) for tree in trees)


def _smooth(node: Expression, moving: set[str]) -> bool:
    match node:
        case Binary(op) if op in COMPARISONS or op in LOGICAL or op in ("//", "%"):
            return not names(node) & moving
        case Call(function) if function in JUMPS:
            return not names(node) & moving
    return all(_smooth(part, moving) for part in children(node))


def depends_on_noise(node: Expression) -> bool:
    """Whether white noise enters a tree."""
    return any(is_noise(name) for name in names(node))


def _tree(expression: Expression | None) -> Expression:
    assert expression is not None
    return expression


def is_condition(node: Expression) -> bool:
    """Whether a checked tree is true or false rather than a number."""
    match node:
        case Binary(op):
            return op in COMPARISONS or op in LOGICAL
        case Unary(op):
            return op == "not"
    return False
