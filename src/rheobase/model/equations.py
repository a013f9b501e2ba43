"""Equations: what a model's text says, read and checked."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from rheobase.model.dimensions import Checker, as_number, lost_unit, quotient_hint, say, whole
from rheobase.model.errors import EquationError, Source, UnitError
from rheobase.model.expression import Expression, Name, names, walk
from rheobase.model.functions import FUNCTIONS
from rheobase.model.lines import Line, Place, split
from rheobase.model.order import circle, dependence_order
from rheobase.model.parse import parse_expression
from rheobase.model.scope import BOOLEAN, NUMBER, Kind, Scope, is_noise, is_special
from rheobase.model.singular import remove_singularities
from rheobase.units import TIME, UNITLESS, Dimension, Unit, parse_unit

TYPES = ("boolean", "integer")


@dataclass(frozen=True)
class Equation:
    """One line of a model.

    Parameters
    ----------
    kind
        ``differential`` (a state), ``subexpression`` (an intermediate quantity) or ``parameter``.
    name
        The variable; for ``dv/dt = ...`` it is ``v``.
    unit
        As written behind the colon.
    expression
        The right-hand side in internal units; None for a parameter.
    default
        Start value of a state, default of a parameter, in internal units; None if there is none.
    flags
        ``unless refractory``, ``constant`` and so on.
    line
        Its number in the text, from 1.
    type
        ``float``, ``boolean`` or ``integer``.
    place
        Where the right-hand side stands in the text, for those who want it as written.
    """

    kind: str
    name: str
    unit: Unit
    expression: Expression | None
    default: Expression | None
    flags: frozenset[str]
    line: int
    type: str = "float"
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Equations:
    """The equations of a model, in the order of the text.

    >>> from rheobase.model.equations import Equations
    >>> equations = Equations.parse("dv/dt = -v/tau : volt \\n tau : second = 10*ms")
    >>> equations.states
    ('v',)
    """

    text: str
    equations: tuple[Equation, ...]
    extra: tuple[tuple[str, Dimension], ...] = ()

    @classmethod
    def parse(cls, text: str, extra: Mapping[str, Dimension] | None = None) -> Equations:
        """Read and check a text.

        Parameters
        ----------
        text
            Lines ``dv/dt = ... : unit (flags)``, ``name = ... : unit``, ``name : unit``.
        extra
            Names that the text uses without declaring them, and what they are.

        Raises
        ------
        EquationError
            With line and caret, for whatever is wrong.
        """
        source = Source(text.replace("\r\n", "\n").replace("\r", "\n"))
        try:
            return cls._parse(source, tuple((extra or {}).items()))
        except RecursionError:
            raise EquationError("this model is nested too deeply to be read; split its expressions", source) from None

    @classmethod
    @lru_cache(maxsize=256)  # scans over parameters make the same neuron again and again
    def _parse(cls, source: Source, extra: tuple[tuple[str, Dimension], ...]) -> Equations:
        known = dict(extra)
        lines = split(source)
        _require_names(source, lines)
        units = {line.name: _unit(source, line.unit) for line in lines}
        kinds = {name: Kind(dimension) for name, dimension in known.items()}
        kinds |= {name: _kind(unit, kind) for name, (unit, kind) in units.items()}
        reader = _Reader(source, Checker(source, Scope(kinds)), units, _moving(lines))
        equations = tuple(reader.read(line) for line in lines)
        _require_no_circle(source, equations, lines)
        used = tuple((name, dimension) for name, dimension in known.items() if name not in units)
        return cls(source.text, equations, used)

    @cached_property
    def differential(self) -> tuple[Equation, ...]:
        return tuple(equation for equation in self.equations if equation.kind == "differential")

    @cached_property
    def subexpressions(self) -> tuple[Equation, ...]:
        """Intermediate quantities, each after those that it needs."""
        return tuple(self[name] for name in dependence_order(_needs(self.equations)))

    @cached_property
    def parameters(self) -> tuple[Equation, ...]:
        return tuple(equation for equation in self.equations if equation.kind == "parameter")

    @cached_property
    def states(self) -> tuple[str, ...]:
        return tuple(equation.name for equation in self.differential)

    @cached_property
    def noise(self) -> tuple[str, ...]:
        """The white-noise variables in use: ``xi``, ``xi_1`` and so on."""
        used = {name for e in self.equations if e.expression is not None for name in names(e.expression)}
        return tuple(sorted(name for name in used if is_noise(name)))

    @cached_property
    def scope(self) -> Scope:
        """What the names mean, for the threshold, the reset and whatever else refers to these equations."""
        kinds = {name: Kind(dimension) for name, dimension in self.extra}
        kinds |= {e.name: _kind(e.unit, e.type) for e in self.equations}
        return Scope(kinds)

    def __getitem__(self, name: str) -> Equation:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Equation]:
        return {equation.name: equation for equation in self.equations}

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def dimension_of(self, name: str) -> Dimension:
        """The dimension of a variable, declared or given."""
        kind = self.scope.kind(name)
        if kind is None:
            raise KeyError(name)
        return kind.dimension


def _kind(unit: Unit, type_: str) -> Kind:
    return BOOLEAN if type_ == "boolean" else Kind(unit.dimension)


def _unit(source: Source, place: Place) -> tuple[Unit, str]:
    """The unit and the type that stand behind a colon."""
    text = source.code[slice(*place)]
    word = text.strip()
    if word in TYPES:
        return UNITLESS, word
    try:
        return parse_unit(text), "float"
    except UnitError as error:
        start, end = place[0] + (error.start or 0), place[0] + (error.end or 1)
        hint = "" if word else "write ': mV', or ': 1' for a plain number"
        if re.match(r"-?[\d.]+\s*\*", word):
            hint = "a default follows the unit, as in 'tau : ms = 10*ms'"
        raise EquationError(str(error), source, source.span(start, end), hint) from None


def _require_names(source: Source, lines: tuple[Line, ...]) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        where = source.span(*line.name_at)
        if line.name in seen:
            raise EquationError(
                f"'{line.name}' is defined twice", source, where, f"it is defined in line {seen[line.name] + 1} already"
            )
        seen[line.name] = where.line
        reason = ""
        if is_special(line.name):
            reason = "has a meaning of its own in every model"
        elif line.name in FUNCTIONS:
            reason = "is a function"
        elif keyword.iskeyword(line.name):
            reason = "is a word of Python"
        elif line.name.startswith("__") or len(line.name) > 100:
            reason = "cannot be used"
        if reason:
            raise EquationError(f"the name '{line.name[:40]}' {reason}", source, where, "choose another name")


@dataclass(frozen=True)
class _Reader:
    """From the places of a line to an `Equation`."""

    source: Source
    checker: Checker
    units: Mapping[str, tuple[Unit, str]]
    moving: frozenset[str]

    def read(self, line: Line) -> Equation:
        unit, type_ = self.units[line.name]
        wanted = _kind(unit, type_)
        if line.kind == "differential":
            if type_ != "float":
                raise self._error(f"'{line.name}' has a derivative, so it cannot be {_article(type_)}", line.unit)
            wanted = Kind(unit.dimension / TIME)
        expression = None if line.expression is None else self._expression(line, line.expression, wanted)
        default = None if line.default is None else self._default(line, _kind(unit, type_))
        flags = frozenset(flag for flag, _ in line.flags)
        at = self.source.span(*line.name_at).line + 1
        return Equation(line.kind, line.name, unit, expression, default, flags, at, type_, line.expression)

    def _expression(self, line: Line, place: Place, wanted: Kind) -> Expression:
        what = f"d{line.name}/dt" if line.kind == "differential" else line.name
        return self._typed(place, wanted, what, "its right-hand side")

    def _default(self, line: Line, wanted: Kind) -> Expression:
        assert line.default is not None
        tree = self._typed(line.default, wanted, line.name, "its default")
        for part in walk(tree):
            if isinstance(part, Name) and (is_special(part.id) or part.id not in self.checker.scope.kinds):
                raise EquationError(f"a default cannot depend on '{part.id}'", self.source, part.where)
        return tree

    def _typed(self, place: Place, wanted: Kind, what: str, side: str) -> Expression:
        raw = parse_expression(self.source, *place)
        kind, tree = self.checker.check(raw) if wanted.boolean else self.checker.number(raw)
        if wanted.boolean:
            if not kind.boolean and kind != NUMBER and not kind.wild:
                raise EquationError(f"{what} is boolean, but {side} is {say(kind)}", self.source, whole(raw))
            return self._smooth(as_number(kind, tree)[1])
        if not kind.wild and kind.dimension != wanted.dimension:
            hint = lost_unit(raw, kind, wanted) or quotient_hint(wanted.dimension, kind.dimension)
            raise EquationError(
                f"{what} has to be {say(wanted)}, but {side} is {say(kind)}", self.source, whole(raw), hint
            )
        return self._smooth(tree)

    def _smooth(self, tree: Expression) -> Expression:
        return remove_singularities(tree, self.moving)

    def _error(self, message: str, place: Place) -> EquationError:
        return EquationError(message, self.source, self.source.span(*place))


def _moving(lines: tuple[Line, ...]) -> frozenset[str]:
    return frozenset({line.name for line in lines if line.kind != "parameter"} | {"t", "lastspike"})


def _article(type_: str) -> str:
    return "an integer" if type_ == "integer" else "a boolean"


def _needs(equations: Iterable[Equation]) -> dict[str, frozenset[str]]:
    """Which intermediate quantities each of them refers to."""
    among = {e.name: names(e.expression) for e in equations if e.kind == "subexpression" and e.expression is not None}
    return {name: used & among.keys() for name, used in among.items()}


def _require_no_circle(source: Source, equations: tuple[Equation, ...], lines: tuple[Line, ...]) -> None:
    found = circle(_needs(equations))
    if not found:
        return
    place = next(line.name_at for line in lines if line.name == found[0])
    hint = "one of them has to be a differential equation or a parameter"
    if len(found) == 2:
        message = f"'{found[0]}' is defined by itself"
        hint = f"for a dynamic variable write d{found[0]}/dt = ..."
    else:
        shown = found if len(found) <= 8 else (*found[:6], "...", found[-1])
        message = "these are defined by each other: " + " -> ".join(shown)
    raise EquationError(message, source, source.span(*place), hint)
