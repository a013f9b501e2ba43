"""Reading an expression as ``constant + sum of slope * variable``, exactly, or finding out why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Expression, Name, Number, Unary, Where, names


class NotAffine(ValueError):
    """The expression is not linear in its variables; the message is the end of a sentence."""


@dataclass(frozen=True)
class Affine:
    """``constant + sum(slopes[name] * name)``."""

    constant: float
    slopes: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Affine) -> Affine:
        keys = [*self.slopes, *(key for key in other.slopes if key not in self.slopes)]
        slopes = {key: self.slopes.get(key, 0.0) + other.slopes.get(key, 0.0) for key in keys}
        return Affine(self.constant + other.constant, slopes)

    def times(self, factor: float) -> Affine:
        return Affine(self.constant * factor, {key: slope * factor for key, slope in self.slopes.items()})

    def over(self, divisor: float) -> Affine:
        return Affine(self.constant / divisor, {key: slope / divisor for key, slope in self.slopes.items()})

    @property
    def is_constant(self) -> bool:
        return not any(self.slopes.values())


def affine(node: Expression, scope: Mapping[str, Affine]) -> Affine:
    """The affine form of a tree whose names all have one.

    Raises
    ------
    NotAffine
        Where a product, a function or a condition of a variable, or a name without a form, is in the way.
    """
    match node:
        case Number(value):
            return Affine(float(value))
        case Name(name):
            if name not in scope:
                raise NotAffine(f"depends on '{name}'")
            return scope[name]
        case Unary("-", operand):
            return affine(operand, scope).times(-1.0)
        case Binary("+", left, right):
            return affine(left, scope) + affine(right, scope)
        case Binary("-", left, right):
            return affine(left, scope) + affine(right, scope).times(-1.0)
        case Binary("*", left, right):
            return _product(affine(left, scope), affine(right, scope))
        case Binary("/", left, right) if _is_constant(right, scope):
            return affine(left, scope).over(_number(right, scope))
        case Where(condition, then, otherwise) if _is_constant(condition, scope):
            return affine(then if _number(condition, scope) else otherwise, scope)
    return Affine(_number(node, scope))


def _product(left: Affine, right: Affine) -> Affine:
    if left.is_constant:
        return right.times(left.constant)
    if right.is_constant:
        return left.times(right.constant)
    raise NotAffine(f"multiplies {_variables(left)} by {_variables(right)}")


def _variables(form: Affine) -> str:
    return " and ".join(f"'{name}'" for name, slope in form.slopes.items() if slope)


def _is_constant(node: Expression, scope: Mapping[str, Affine]) -> bool:
    return all(name in scope and scope[name].is_constant for name in names(node))


def _number(node: Expression, scope: Mapping[str, Affine]) -> float:
    for name in sorted(names(node)):
        if name not in scope:
            raise NotAffine(f"depends on '{name}'")
        if not scope[name].is_constant:
            raise NotAffine(f"is not linear in {_variables(scope[name])}")
    return float(evaluate(node, {name: scope[name].constant for name in names(node)}))
