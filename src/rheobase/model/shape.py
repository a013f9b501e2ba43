"""What shape a model's equations have: linear in its states, smooth in its states. Read off the trees, not computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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

CONSTANT, LINEAR, CURVED = 0, 1, 2
_VARIES = frozenset({"t", "lastspike", "not_refractory"})


@dataclass(frozen=True)
class System:
    """Differential equations as trees: a neuron's own, or with its synapses and inputs.

    Attributes
    ----------
    derivatives
        Right-hand side of every state.
    subexpressions
        Intermediate quantities in order of dependence.
    noise, random, courses
        Names of white noise, of random functions, and of input that changes from step to step.
    """

    derivatives: Mapping[str, Expression]
    subexpressions: tuple[tuple[str, Expression], ...] = ()
    noise: tuple[str, ...] = ()
    random: tuple[str, ...] = ()
    courses: tuple[str, ...] = ()

    @classmethod
    def of(cls, equations: Equations) -> System:
        """A model's equations."""
        return cls(
            derivatives={e.name: _tree(e.expression) for e in equations.differential},
            subexpressions=tuple((e.name, _tree(e.expression)) for e in equations.subexpressions),
            noise=equations.noise,
        )

    def degrees(self, linear: Iterable[str], curved: Iterable[str] = ()) -> dict[str, int]:
        """The degree of every name, subexpressions included, when some names count as variables."""
        degrees = dict.fromkeys(curved, CURVED) | dict.fromkeys(linear, LINEAR)
        for name, tree in self.subexpressions:
            degrees[name] = degree(tree, degrees)
        return degrees


def is_affine(system: System, *, at_any_time: bool = False) -> bool:
    """Whether all equations are linear in states, noise and courses, with constant coefficients and input.

    With ``at_any_time`` coefficients and input may depend on the time ``t``.
    """
    varies = (_VARIES - {"t"}) if at_any_time else _VARIES
    degrees = system.degrees((*system.derivatives, *system.noise, *system.courses), (*varies, *system.random))
    return all(degree(tree, degrees) < CURVED for tree in system.derivatives.values())


def is_conditionally_linear(system: System) -> bool:
    """Whether each equation is linear in its own variable when the others are held."""
    return all(degree(tree, system.degrees([state])) < CURVED for state, tree in system.derivatives.items())


def has_additive_noise(system: System) -> bool:
    """Whether no state multiplies the noise (true without noise)."""
    noisy, moving = system.degrees(system.noise), system.degrees(system.derivatives)
    return not any(_multiplies(tree, noisy, moving) for tree in system.derivatives.values())


def _multiplies(tree: Expression, noisy: Mapping[str, int], moving: Mapping[str, int]) -> bool:
    """Whether a product (or any other function) mixes noise with a state."""
    if degree(tree, noisy) == CONSTANT or degree(tree, moving) == CONSTANT:
        return False
    match tree:
        case Binary("+" | "-", left, right):
            return _multiplies(left, noisy, moving) or _multiplies(right, noisy, moving)
        case Binary("/", left, right) if degree(right, noisy) == degree(right, moving) == CONSTANT:
            return _multiplies(left, noisy, moving)
    return True


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
    return not rough(equations)


def rough(equations: Equations) -> tuple[str, ...]:
    """The names whose equations have a kink or a jump where a state passes some value."""
    moving = set(equations.states)
    found = []
    for equation in (*equations.subexpressions, *equations.differential):
        tree = _tree(equation.expression)
        if not _smooth(tree, moving):
            found.append(equation.name)
        if equation.kind == "subexpression" and names(tree) & moving:
            moving.add(equation.name)
    return tuple(found)


def _smooth(node: Expression, moving: set[str]) -> bool:
    match node:
        case Binary(op) if op in COMPARISONS or op in LOGICAL or op in ("//", "%"):
            return not names(node) & moving
        case Call(function) if function in JUMPS:
            return not names(node) & moving
    return all(_smooth(part, moving) for part in children(node))


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
