"""The checked tree: what an equation's right-hand side becomes once its text has been read.

Seven frozen nodes are enough for the field's equations. Numbers are in the package's internal units (mV, ms, pA, nS,
pF, um, mM), so a tree can be printed, differentiated and evaluated without looking at units again. Every node keeps
the place in the text it came from; a node that the package made itself has the place of the node it was made from, or
none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Span:
    """A place in the model's text: line and columns count from 0; ``end`` is exclusive."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    where: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    id: str
    where: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """``op`` is ``-`` or ``not``."""

    op: str
    operand: Expression
    where: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """``op`` is one of ``+ - * / ** // %``, a comparison ``< <= > >= == !=``, or ``and or``."""

    op: str
    left: Expression
    right: Expression
    where: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """``function`` is a key of `rheobase.model.functions.FUNCTIONS`."""

    function: str
    arguments: tuple[Expression, ...]
    where: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Where:
    """``then if condition else otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression
    where: Span | None = field(default=None, compare=False, repr=False)


Expression = Number | Name | Unary | Binary | Call | Where

COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
LOGICAL = frozenset({"and", "or"})


def children(node: Expression) -> tuple[Expression, ...]:
    """The operands of a node, left to right."""
    match node:
        case Number() | Name():
            return ()
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Where(condition, then, otherwise):
            return (condition, then, otherwise)


def rebuild(node: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The same node over other operands."""
    match node:
        case Number() | Name():
            return node
        case Unary():
            return replace(node, operand=parts[0])
        case Binary():
            return replace(node, left=parts[0], right=parts[1])
        case Call():
            return replace(node, arguments=parts)
        case Where():
            return replace(node, condition=parts[0], then=parts[1], otherwise=parts[2])


def walk(node: Expression) -> Iterator[Expression]:
    """Every node of the tree, parents before children; needs no recursion, so depth does not matter."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def transform(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The tree with ``change`` applied to every node, children first."""
    parts = tuple(transform(child, change) for child in children(node))
    return change(rebuild(node, parts) if parts else node)


def names(node: Expression) -> frozenset[str]:
    """The names that the tree reads."""
    return frozenset(part.id for part in walk(node) if isinstance(part, Name))


def calls(node: Expression) -> frozenset[str]:
    """The functions that the tree calls."""
    return frozenset(part.function for part in walk(node) if isinstance(part, Call))


def substitute(node: Expression, values: Mapping[str, Expression]) -> Expression:
    """The tree with names replaced by other trees."""
    return transform(node, lambda part: values.get(part.id, part) if isinstance(part, Name) else part)
