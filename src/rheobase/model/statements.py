"""What happens at a spike: the lines of a reset, and the conditions around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rheobase.model.dimensions import Checker, say, whole
from rheobase.model.equations import Equations
from rheobase.model.errors import EquationError, Source
from rheobase.model.expression import Expression, Span
from rheobase.model.lines import MAX_TEXT
from rheobase.model.parse import parse_expression
from rheobase.model.scope import Kind, is_special, nearest
from rheobase.model.singular import remove_singularities
from rheobase.units import DIMENSIONLESS, TIME

_STATEMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*(\+=|-=|\*=|/=|=(?!=))", re.ASCII)
MAX_STATEMENTS = 200


@dataclass(frozen=True)
class Assignment:
    """One line of a reset: ``name op expression``, where ``op`` is ``=``, ``+=``, ``-=``, ``*=`` or ``/=``.

    ``text`` is the right-hand side as written.
    """

    name: str
    op: str
    expression: Expression
    text: str = field(default="", compare=False, repr=False)
    where: Span | None = field(default=None, compare=False, repr=False)


def parse_reset(text: str, equations: Equations) -> tuple[Assignment, ...]:
    """Read a reset: statements in lines of their own or separated by ``;``, in the order in which they act.

    Raises
    ------
    EquationError
        For a line that is no statement, or one that changes anything but a state.
    """
    source = Source(text.replace("\r\n", "\n"), "the reset")
    if len(text) > MAX_TEXT:
        raise EquationError(f"a reset of {len(text)} characters is too long", source)
    checker = Checker(source, equations.scope)
    pieces = list(_pieces(source.code))
    if len(pieces) > MAX_STATEMENTS:
        raise EquationError(f"a reset of {len(pieces)} statements is too long", source)
    return tuple(_assignment(checker, equations, *piece) for piece in pieces)


def _pieces(code: str) -> Iterator[tuple[int, int]]:
    """The places of the statements; a line end inside brackets does not end one."""
    start = depth = 0
    for at, mark in enumerate(code + "\n"):
        depth += (mark == "(") - (mark == ")")
        next_begins = mark == "\n" and _STATEMENT.match(code, at + 1)
        if mark == ";" or (mark == "\n" and (depth <= 0 or next_begins or at == len(code))):
            if code[start:at].strip():
                yield start, at
            start, depth = at + 1, 0


def _assignment(checker: Checker, equations: Equations, start: int, end: int) -> Assignment:
    source = checker.source
    match = _STATEMENT.match(source.code, start, end)
    if match is None:
        first = start + len(source.code[start:end]) - len(source.code[start:end].lstrip())
        raise EquationError(
            "this is not a statement", source, source.span(first, first + len(source.code[first:end].rstrip())),
            "a statement is 'name = expression', or one with += -= *= /=",
        )  # fmt: skip
    name, op, where = match[1], match[2], source.span(*match.span(1))
    _require_state(source, equations, name, where)
    raw = parse_expression(source, match.end(), end)
    kind, tree = checker.number(raw)
    wanted = DIMENSIONLESS if op in ("*=", "/=") else equations.dimension_of(name)
    if not kind.wild and kind.dimension != wanted:
        doing = {
            "=": "is set to",
            "+=": "is raised by",
            "-=": "is lowered by",
            "*=": "is multiplied by",
            "/=": "is divided by",
        }[op]
        raise EquationError(
            f"'{name}', {say(Kind(equations.dimension_of(name)))}, {doing} {say(kind)}", source, whole(raw)
        )
    return Assignment(name, op, remove_singularities(tree), source.code[match.end() : end].strip(), where)


def _require_state(source: Source, equations: Equations, name: str, where: Span) -> None:
    if name in equations.states:
        return
    hint = "a reset can only change a variable that has a differential equation"
    if name in equations:
        kind = equations[name].kind
        what = "a parameter" if kind == "parameter" else "an intermediate quantity"
        if kind == "parameter":
            unit = equations[name].unit.name
            hint += f"; to let '{name}' change, write d{name}/dt = 0*{unit}/ms : {unit}"
        raise EquationError(f"'{name}' is {what} and cannot be changed by a reset", source, where, hint)
    if is_special(name) or equations.scope.kind(name) is not None:
        raise EquationError(f"'{name}' cannot be changed by a reset", source, where, hint)
    near = nearest(name, list(equations.states))
    raise EquationError(f"unknown name '{name}'", source, where, f"did you mean '{near}'?" if near else hint)


def parse_threshold(text: str, equations: Equations) -> Expression:
    """Read the condition for a spike.

    Raises
    ------
    EquationError
        If it is not a condition.
    """
    source = Source(text.replace("\r\n", "\n"), "the threshold")
    raw = parse_expression(source)
    tree = Checker(source, equations.scope).condition(raw, "a threshold")
    return remove_singularities(tree)


def parse_refractory(text: str, equations: Equations) -> Expression:
    """Read how long, or under what condition, a neuron stays refractory.

    Raises
    ------
    EquationError
        If it is neither a time nor a condition.
    """
    source = Source(text.replace("\r\n", "\n"), "the refractory time")
    raw = parse_expression(source)
    kind, tree = Checker(source, equations.scope).check(raw)
    if not kind.boolean and not kind.wild and kind.dimension != TIME:
        raise EquationError(
            f"it has to be a time or a condition, but this is {say(kind)}",
            source,
            whole(raw),
            "write for example '2*ms'",
        )
    return remove_singularities(tree)
