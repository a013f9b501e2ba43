"""Checking units, and with it the meaning of names: from the tree as written to the tree in internal units.

Every subexpression has a `Kind`. Units become numbers (``10*mV`` becomes 10), conditions used as numbers become
``int(...)``, numbers that stand for a truth value are compared with 0. Afterwards a tree can be printed, evaluated and
differentiated without looking at units again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rheobase.model.constants import fold
from rheobase.model.errors import EquationError, Source
from rheobase.model.expression import (
    COMPARISONS,
    LOGICAL,
    Binary,
    Call,
    Expression,
    Name,
    Number,
    Span,
    Unary,
    Where,
    walk,
)
from rheobase.model.functions import FUNCTIONS
from rheobase.model.parse import FALSE, TRUE
from rheobase.model.scope import BOOLEAN, NUMBER, WILD, Kind, Scope
from rheobase.units import CURRENT, DIMENSIONLESS, TIME, VOLTAGE, Dimension, describe, usual_unit

Typed = tuple[Kind, Expression]


@dataclass(frozen=True)
class Checker:
    """Gives every node its kind; ``source`` is the text that errors point into."""

    source: Source
    scope: Scope

    def check(self, node: Expression) -> Typed:
        """The kind of an expression, and its tree in internal units."""
        kind, tree = self._visit(node)
        try:
            folded = fold(tree)
        except ArithmeticError as error:
            raise self._error(str(error), node.where) from None
        return kind, folded

    def number(self, node: Expression) -> Typed:
        """The same for an operand that has to be a number; a condition counts as 1 or 0."""
        return as_number(*self.check(node))

    def condition(self, node: Expression, what: str) -> Expression:
        """The tree of an operand that has to be a condition."""
        kind, tree = self.check(node)
        if not kind.boolean:
            raise self._error(
                f"{what} has to be a condition, but this is {say(kind)}", whole(node), "compare it, as in 'v > v_th'"
            )
        return tree

    def _visit(self, node: Expression) -> Typed:
        match node:
            case Number(value):
                return (WILD if value == 0 or math.isinf(value) else NUMBER), node
            case Name():
                return self._name(node)
            case Unary("not", operand, where):
                return BOOLEAN, Unary("not", self.condition(operand, "what follows 'not'"), where)
            case Unary(op, operand, where):
                kind, tree = self.number(operand)
                return kind, Unary(op, tree, where)
            case Binary(op) if op in LOGICAL:
                what = f"each side of '{op}'"
                left, right = self.condition(node.left, what), self.condition(node.right, what)
                return BOOLEAN, Binary(op, left, right, node.where)
            case Binary(op) if op in COMPARISONS:
                return BOOLEAN, self._comparison(node)
            case Binary():
                return self._arithmetic(node)
            case Call():
                return self._call(node)
            case Where():
                return self._where(node)

    def _name(self, node: Name) -> Typed:
        name = node.id
        if name in (TRUE, FALSE):
            return BOOLEAN, Binary("==" if name == TRUE else "!=", Number(0.0), Number(0.0), node.where)
        kind = self.scope.kind(name)
        if kind is not None:
            return kind, Binary("!=", node, Number(0.0), node.where) if kind.boolean else node
        constant = self.scope.constant(name)
        if constant is not None:
            value, dimension = constant
            return (WILD if math.isinf(value) else Kind(dimension)), Number(value, node.where)
        raise self._error(f"unknown name '{name}'", node.where, self.scope.hint(name))

    def _comparison(self, node: Binary) -> Expression:
        (left, a), (right, b) = self.check(node.left), self.check(node.right)
        (left, a), (right, b) = as_number(left, a), as_number(right, b)
        self._require_alike(left, right, node, f"{say(left)} is compared with {say(right)}")
        return Binary(node.op, a, b, node.where)

    def _arithmetic(self, node: Binary) -> Typed:
        (left, a), (right, b) = self.number(node.left), self.number(node.right)
        tree = Binary(node.op, a, b, node.where)
        match node.op:
            case "+":
                self._require_alike(left, right, node, f"{say(right)} is added to {say(left)}")
            case "-":
                self._require_alike(left, right, node, f"{say(right)} is subtracted from {say(left)}")
            case "%" | "//":
                self._require_alike(left, right, node, f"{say(left)} is divided by {say(right)} with '{node.op}'")
                return (NUMBER if node.op == "//" else _first(left, right)), tree
            case "*":
                return Kind(left.dimension * right.dimension), _without_one(tree)
            case "/":
                return Kind(left.dimension / right.dimension), _without_one(tree)
            case "**":
                return self._power(node, left, right, tree)
        return _first(left, right), tree

    def _power(self, node: Binary, base: Kind, exponent: Kind, tree: Binary) -> Typed:
        if not exponent.dimension.is_dimensionless:
            raise self._error(f"an exponent has to be a plain number, but this is {say(exponent)}", whole(node.right))
        if base.dimension.is_dimensionless:
            return NUMBER, tree
        if not isinstance(tree.right, Number) or math.isinf(tree.right.value) or abs(tree.right.value) > 100:
            raise self._error(
                f"{say(base)} can only be raised to a power that is written as a number", whole(node.right),
                "divide the base by a scale of the same unit",
            )  # fmt: skip
        return Kind(base.dimension**tree.right.value), tree

    def _call(self, node: Call) -> Typed:
        function = FUNCTIONS.get(node.function)
        if function is None or node.function == "exprel_k":
            raise self._error(
                f"unknown function '{node.function}'", node.where, self.scope.function_hint(node.function)
            )
        if len(node.arguments) != function.n_args:
            takes = (
                f"{function.n_args} argument{'' if function.n_args == 1 else 's'}"
                if function.n_args
                else "no arguments"
            )
            raise self._error(f"{node.function} takes {takes}, but {len(node.arguments)} were given", node.where)
        if node.function == "int":
            kind, inner = self.check(node.arguments[0])
            pairs = [(NUMBER if kind.boolean else kind, inner)]
        else:
            pairs = [self.number(argument) for argument in node.arguments]
        kind = self._result(node, function.rule, [kind for kind, _ in pairs])
        return kind, Call(node.function, tuple(tree for _, tree in pairs), node.where)

    def _result(self, node: Call, rule: str, kinds: list[Kind]) -> Kind:
        if rule == "same":
            for kind, argument in zip(kinds[1:], node.arguments[1:], strict=True):
                message = f"the arguments of {node.function} differ: {say(kinds[0])} and {say(kind)}"
                self._require_alike(kinds[0], kind, node, message, whole(argument))
            return next((kind for kind in kinds if not kind.wild), WILD)
        if rule == "keep":
            return kinds[0]
        if rule == "root":
            return Kind(kinds[0].dimension ** 0.5)
        if rule == "sign":
            return NUMBER
        wanted = TIME if rule == "count" else DIMENSIONLESS
        for kind, argument in zip(kinds, node.arguments, strict=True):
            if kind.dimension != wanted and not kind.wild:
                raise self._error(
                    f"{node.function} takes {describe(wanted)}, but this is {say(kind)}", whole(argument),
                    "divide it by a scale of the same unit" if wanted.is_dimensionless else "",
                )  # fmt: skip
        return NUMBER

    def _where(self, node: Where) -> Typed:
        condition = self.condition(node.condition, "what follows 'if'")
        (left, a), (right, b) = self.check(node.then), self.check(node.otherwise)
        if left.boolean and right.boolean:
            no = Unary("not", condition, node.where)
            return BOOLEAN, Binary(
                "or", Binary("and", condition, a, node.where), Binary("and", no, b, node.where), node.where
            )
        (left, a), (right, b) = as_number(left, a), as_number(right, b)
        message = f"the two values of 'if ... else' differ: {say(left)} and {say(right)}"
        self._require_alike(left, right, node, message, whole(node.otherwise))
        return _first(left, right), Where(condition, a, b, node.where)

    def _require_alike(
        self, left: Kind, right: Kind, node: Expression, message: str, where: Span | None = None
    ) -> None:
        if left.wild or right.wild or left.dimension == right.dimension:
            return
        raise self._error(message, where or node.where, _unit_hint(node, left, right))

    def _error(self, message: str, where: Span | None, hint: str = "") -> EquationError:
        return EquationError(message, self.source, where, hint)


def say(kind: Kind) -> str:
    """The kind in words: ``a voltage (mV)``, ``a condition``."""
    return "a condition" if kind.boolean else describe(kind.dimension)


def whole(node: Expression) -> Span | None:
    """The place of all of a node, as far as it is in one line."""
    spans = [part.where for part in walk(node) if part.where is not None]
    if not spans:
        return None
    line = min(span.line for span in spans)
    here = [span for span in spans if span.line == line]
    return Span(line, min(span.start for span in here), max(span.end for span in here))


def _without_one(tree: Binary) -> Expression:
    """Leave out the factors 1 that units have become: ``x/ms`` is x inside."""
    if tree.right == Number(1.0):
        return tree.left
    return tree.right if tree.op == "*" and tree.left == Number(1.0) else tree


def as_number(kind: Kind, tree: Expression) -> Typed:
    """A condition as 1 or 0; anything else as it is."""
    return (NUMBER, Call("int", (tree,), tree.where)) if kind.boolean else (kind, tree)


def _first(left: Kind, right: Kind) -> Kind:
    return right if left.wild else left


def lost_unit(node: Expression, kind: Kind, wanted: Kind) -> str:
    """What to do about a bare number where ``wanted`` is needed; nothing for anything else."""
    bare = node.operand if isinstance(node, Unary) else node
    if not isinstance(bare, Number) or kind != NUMBER:
        return ""
    unit = usual_unit(wanted.dimension) or wanted.dimension.internal_name
    number = f"{'-' if isinstance(node, Unary) else ''}{bare.value:g}"
    return f"does {number} lack its unit? write {number}*{unit}"


def _unit_hint(node: Expression, left: Kind, right: Kind) -> str:
    """A bare number beside a quantity has most likely lost its unit; else what turns one dimension into the other."""
    if isinstance(node, Binary):
        hint = lost_unit(node.left, left, right) or lost_unit(node.right, right, left)
        if hint:
            return hint
    return quotient_hint(left.dimension, right.dimension)


def quotient_hint(left: Dimension, right: Dimension) -> str:
    """What may turn one dimension into the other."""
    if {left, right} == {VOLTAGE, CURRENT}:
        return "a current times a resistance is a voltage"
    if right == left / TIME or left == right / TIME:
        return "is a time constant missing?"
    return ""
