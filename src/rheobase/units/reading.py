"""Reading units and quantities from text, without `eval`: ``uA/cm**2``, ``20 mV``, ``1e-3*siemens/metre**2``."""

from __future__ import annotations

import difflib
import math
import re
from typing import Any

from rheobase.errors import UnitError
from rheobase.units.quantity import UNITLESS, Quantity, Unit, Value, plain

_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<sign>\*\*|[*/()^-]))", re.ASCII)
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?!\w))(?![\d.])\s*\*?", re.ASCII)
_LONGEST = 200
#: Micro sign and Greek mu, which both are typed for the prefix u.
_MICRO = {0xB5: "u", 0x3BC: "u"}


def parse_unit(text: str) -> Unit:
    """Read a unit such as ``mV``, ``nS/um**2``, ``1/second`` or ``1``.

    Raises
    ------
    UnitError
        With ``start`` and ``end``, the place in ``text`` that could not be read.
    """
    if len(text) > _LONGEST:
        raise UnitError(f"a unit of {len(text)} characters is too long to be one", 0, _LONGEST)
    return _Reader(text.translate(_MICRO)).read()


def parse_quantity(text: Any) -> Quantity | Value:
    """Read a quantity: ``"20 mV"``, ``"20*mV"``, ``"1e-3"``, or a number; plain numbers come back as float.

    Raises
    ------
    UnitError
        If it is neither a number nor a number with a unit.
    """
    if not isinstance(text, str):
        value = plain(text)
        if value is None:
            raise UnitError(f'cannot read {text!r} as a quantity; write for example "20 mV"')
        return value
    match = _NUMBER.match(text)
    if match is None:
        raise UnitError(f'cannot read {text[:60]!r} as a quantity; write a number and a unit, for example "20 mV"')
    number, rest = float(match[1]), text[match.end() :]
    if math.isinf(number) and "inf" not in match[1]:
        raise UnitError(f"the number {text[:20]!r}... is too large; write 'inf' for infinity")
    if not rest.strip():
        return number
    try:
        # "10 / ms" goes on with a quotient
        unit = parse_unit("1" + rest if rest.lstrip().startswith("/") else rest)
    except UnitError as error:
        raise UnitError(f"cannot read {text[:60]!r} as a quantity: {error}") from None
    return number * unit.scale if unit.dimension.is_dimensionless else number * unit


class _Reader:
    """Recursive descent over ``product := power (('*' | '/') power)*`` and ``power := atom ('**' number)?``."""

    def __init__(self, text: str):
        self.text = text
        self.tokens: list[tuple[str, str, int, int]] = []
        self.at = 0
        place = 0
        while text[place:].strip():
            match = _TOKEN.match(text, place)
            if match is None:
                start = place + len(text[place:]) - len(text[place:].lstrip())
                raise UnitError(f"{text[start]!r} cannot be part of a unit", start, start + 1)
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind], match.start(kind), match.end()))
            place = match.end()

    def read(self) -> Unit:
        if not self.tokens:
            raise UnitError("a unit is missing", 0, max(1, len(self.text)))
        unit = self.product()
        if self.at < len(self.tokens):
            _, word, start, end = self.tokens[self.at]
            raise UnitError(f"'{word}' does not belong in a unit", start, end)
        return unit

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str, int, int]:
        if self.at >= len(self.tokens):
            end = len(self.text.rstrip())
            raise UnitError("the unit is not complete", max(0, end - 1), end)
        self.at += 1
        return self.tokens[self.at - 1]

    def product(self) -> Unit:
        unit = self.power()
        while self.peek() in ("*", "/"):
            sign = self.take()[1]
            unit = _combine(unit, self.power(), sign)
        return unit

    def power(self) -> Unit:
        unit = self.atom()
        if self.peek() not in ("**", "^"):
            return unit
        _, sign, start, end = self.take()
        if sign == "^":
            raise UnitError("a power is written with '**', not '^'", start, end)
        exponent = self.exponent()
        result = unit**exponent
        return result if isinstance(result, Unit) else Unit("1", UNITLESS.dimension, float(result))

    def exponent(self) -> float:
        bracket = self.peek() == "("
        if bracket:
            self.take()
        sign = 1.0
        if self.peek() == "-":
            self.take()
            sign = -1.0
        value = sign * self.number()
        if bracket and self.peek() == "/":
            self.take()
            value /= self.number()
        if bracket:
            self.close()
        return value

    def number(self) -> float:
        kind, word, start, end = self.take()
        if kind != "number" or not 0 < float(word) <= 20:
            raise UnitError(f"'{word}' cannot be the power of a unit", start, end)
        return float(word)

    def close(self) -> None:
        _, word, start, end = self.take()
        if word != ")":
            raise UnitError("a bracket of the unit is not closed", start, end)

    def atom(self) -> Unit:
        kind, word, start, end = self.take()
        if kind == "name":
            return named_unit(word, start, end)
        if kind == "number" and float(word) == 1.0:
            return UNITLESS
        if word == "(":
            unit = self.product()
            self.close()
            return unit
        raise UnitError(f"'{word}' is not a unit", start, end)


def named_unit(name: str, start: int = 0, end: int | None = None) -> Unit:
    """The unit of this name, a one-letter symbol included.

    Raises
    ------
    UnitError
        If there is none; the message names the nearest one.
    """
    from rheobase.units.table import SYMBOLS, UNITS

    unit = UNITS.get(name) or SYMBOLS.get(name)
    if unit is not None:
        return unit
    near = nearest_unit(name, [*UNITS, *SYMBOLS])
    hint = f"; did you mean '{near}'?" if near else ""
    raise UnitError(f"'{name[:40]}' is not a unit{hint}", start, len(name) + start if end is None else end)


_USUAL = ("mV", "ms", "nS", "pA", "pF", "Hz", "nA", "uA", "uF", "mS", "Mohm", "mM", "um", "cm", "volt", "second")


def nearest_unit(name: str, known: list[str]) -> str | None:
    """The unit that a misspelt name most likely stands for; of ``mV`` and ``MV`` the usual one."""
    if len(name) > 30:
        return None
    same = [other for other in known if other.lower() == name.lower()]
    if same:
        return min(same, key=lambda other: (other not in _USUAL, other))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return near[0] if near else None


def _combine(left: Unit, right: Unit, sign: str) -> Unit:
    if right is UNITLESS:
        return left
    if left is UNITLESS and sign == "*":
        return right
    result = left * right if sign == "*" else right**-1 if left is UNITLESS else left / right
    return result if isinstance(result, Unit) else Unit("1", UNITLESS.dimension, float(result))
