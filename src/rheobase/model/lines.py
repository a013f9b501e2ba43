"""Text to lines: where each equation, its expression, its unit, its flags and its default stand in the text.

One equation is ``dname/dt = expression : unit (flags)``, ``name = expression : unit (flags)`` or
``name : unit (flags)``; an expression goes on over line ends until the colon of its unit. ``= default`` may follow the
unit of the first and the last kind, before or after the flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from rheobase.model.errors import EquationError, Source
from rheobase.model.expression import Span
from rheobase.model.scan import illegal, unclosed

Place = tuple[int, int]

MAX_TEXT = 100_000
MAX_EQUATIONS = 1_000
FLAGS: dict[str, frozenset[str]] = {
    "differential": frozenset({"unless refractory", "event-driven", "clock-driven"}),
    "subexpression": frozenset({"shared", "scalar", "constant over dt", "summed"}),
    "parameter": frozenset({"constant", "shared", "scalar", "linked", "summed"}),
}

_NAME = r"[A-Za-z_]\w*"
_DIFFERENTIAL = re.compile(rf"d({_NAME})\s*/\s*dt\s*=(?!=)", re.ASCII)
_ASSIGNED = re.compile(rf"({_NAME})\s*=(?!=)", re.ASCII)
_DECLARED = re.compile(rf"({_NAME}(?:\s*,\s*{_NAME})*)\s*:", re.ASCII)
_OPEN_WORD = re.compile(r"(?:^|\W)(?:and|or|not|if|else)$|^else$")
_GOES_ON = re.compile(r"(?:and|or|if|else|not)\b|[^A-Za-z_0-9.]")


@dataclass(frozen=True)
class Line:
    """One equation as it stands in the text; places count characters in the whole text."""

    kind: str
    name: str
    name_at: Place
    expression: Place | None
    unit: Place
    default: Place | None
    flags: tuple[tuple[str, Place], ...]


def split(source: Source) -> tuple[Line, ...]:
    """The equations of a text, in the order in which they are written.

    Raises
    ------
    EquationError
        For a line that is no equation, an equation without a unit, a bracket that is not closed.
    """
    if len(source.text) > MAX_TEXT:
        raise EquationError(f"a text of {len(source.text)} characters is too long for a model", source)
    lines = tuple(islice(_lines(source), MAX_EQUATIONS + 1))
    if len(lines) > MAX_EQUATIONS:
        raise EquationError(
            f"a model of more than {MAX_EQUATIONS} equations is too large", source, source.span(*lines[-1].name_at)
        )
    return lines


def _lines(source: Source) -> Iterator[Line]:
    code, at = source.code, 0
    while True:
        at = _skip_space(code, at)
        if at == len(code):
            return
        if match := _DIFFERENTIAL.match(code, at) or _ASSIGNED.match(code, at):
            kind = "differential" if match.re is _DIFFERENTIAL else "subexpression"
            colon = _colon(source, match.end(), match[1])
            end = _line_end(code, colon)
            yield _line(source, kind, match.span(1), (match.end(), colon), (colon + 1, end))
        elif match := _DECLARED.match(code, at):
            end = _line_end(code, match.end())
            for name in re.finditer(_NAME, match[1]):
                place = (match.start(1) + name.start(), match.start(1) + name.end())
                yield _line(source, "parameter", place, None, (match.end(), end))
        else:
            raise _not_an_equation(source, at)
        at = end


def _not_an_equation(source: Source, at: int) -> EquationError:
    line = source.code[at : _line_end(source.code, at)].rstrip()
    strange = next(
        (place for place, mark in enumerate(line) if not (mark.isascii() and mark.isprintable()) and mark != "\t"), None
    )
    if strange is not None:
        return illegal(source, at + strange, line[strange])
    hint = "an equation is 'dv/dt = ... : unit', 'name = ... : unit' or 'name : unit'"
    if re.match(rf"{_NAME}'", line):
        hint = "a derivative is written 'dv/dt = ...'"
    elif re.match(rf"{_NAME}\s*[-+*/]=", line):
        hint = "this is a statement; it belongs in reset="
    elif re.fullmatch(rf"{_NAME}", line):
        hint = f"a parameter is declared with its unit: '{line[:40]} : mV', or '{line[:40]} : 1' for a plain number"
    return EquationError("this is not an equation", source, source.span(at, at + max(1, len(line))), hint)


def _line_end(code: str, at: int) -> int:
    end = code.find("\n", at)
    return end if end >= 0 else len(code)


def _colon(source: Source, start: int, name: str) -> int:
    """The place of the colon that ends the expression which begins at ``start``."""
    code, opened = source.code, []
    for at in range(start, len(code)):
        mark = code[at]
        if mark == "(":
            opened.append(at)
        elif mark == ")" and opened:
            opened.pop()
        elif mark == ":":
            if opened:
                raise _colon_inside(source, opened[-1], at)
            return at
        elif mark == "\n" and _next_begins(code, start, at, bool(opened)):
            raise unclosed(source, opened[-1]) if opened else _no_unit(source, code, start, at, name)
    raise unclosed(source, opened[-1]) if opened else _no_unit(source, code, start, len(code), name)


def _colon_inside(source: Source, bracket: int, colon: int) -> EquationError:
    """A colon between brackets: Python that does not belong here, or the unit after a bracket that is still open."""
    if source.code.startswith(":=", colon):
        return EquationError("':=' cannot be part of an equation", source, source.span(colon, colon + 2))
    found = re.search(r"\blambda\b", source.code[bracket:colon])
    if found:
        at = bracket + found.start()
        message = "'lambda' is a word of Python and cannot be used in an equation"
        return EquationError(message, source, source.span(at, at + len("lambda")))
    return unclosed(source, bracket)


def _next_begins(code: str, start: int, line_end: int, inside: bool) -> bool:
    """Whether a new equation begins in the next line although the one before has no unit yet."""
    after = _skip_space(code, line_end)
    if after == len(code):
        return False
    if _DIFFERENTIAL.match(code, after) or _ASSIGNED.match(code, after):
        return True
    before = code[start:line_end].rstrip()[-4:]
    value_ends = bool(before) and (before[-1].isalnum() or before[-1] in "_).") and not _OPEN_WORD.search(before)
    return value_ends and not inside and not _GOES_ON.match(code, after)


def _skip_space(code: str, at: int) -> int:
    while at < len(code) and code[at].isspace():
        at += 1
    return at


def _no_unit(source: Source, code: str, start: int, stop: int, name: str) -> EquationError:
    end = start + len(code[start:stop].rstrip())
    return EquationError(
        f"the equation of '{name}' has no unit", source, source.span(end, end + 1),
        "end it with a colon and the unit: ': mV', or ': 1' for a plain number",
    )  # fmt: skip


def _line(source: Source, kind: str, name_at: Place, expression: Place | None, rest: Place) -> Line:
    """Take apart what follows the colon: unit, flags in brackets, default."""
    code = source.code
    flags: tuple[tuple[str, Place], ...] = ()
    start, end = rest
    found = _flags_at(code, start, end, kind)
    pieces = [(start, end)]
    if found is not None:
        flags = tuple(_flags(source, found, kind))
        pieces = [(start, found[0] - 1), (found[1] + 1, end)]
    unit, default = pieces[0], None
    for piece in pieces:
        sign = code.find("=", *piece)
        if sign >= 0:
            default = (sign + 1, piece[1])
            unit = (start, sign) if piece is pieces[0] else unit
        elif piece is not pieces[0] and code[slice(*piece)].strip():
            at = piece[0] + len(code[slice(*piece)]) - len(code[slice(*piece)].lstrip())
            raise EquationError(
                "this does not belong behind the flags",
                source,
                source.span(at, piece[1]),
                "a start value is written '= value'",
            )
    name = code[slice(*name_at)]
    if default is not None and kind == "subexpression":
        raise EquationError(
            f"'{name}' has an equation, so it cannot have a default", source, source.span(default[0] - 1, default[1])
        )
    return Line(kind, name, name_at, expression, unit, default, flags)


def _flags_at(code: str, start: int, end: int, kind: str) -> Place | None:
    """The inside of the bracket with the flags.

    Any bracket after a complete unit is one; behind a default only if it holds known flags, since a call looks alike.
    """
    behind_default = code.find("=", start, end)
    for match in re.finditer(r"\(([^()]*)\)", code[start:end]):
        before = code[start : start + match.start()].rstrip()
        if not before or before[-1] in "*/(=+-,":
            continue
        known = all(part.strip() in _ALL_FLAGS for part in match[1].split(","))
        if known or behind_default < 0 or start + match.start() < behind_default:
            return start + match.start(1), start + match.end(1)
    return None


_ALL_FLAGS = frozenset().union(*FLAGS.values())


def _flags(source: Source, place: Place, kind: str) -> Iterator[tuple[str, Place]]:
    at = place[0]
    for part in source.code[slice(*place)].split(","):
        flag = " ".join(part.split())
        start = at + len(part) - len(part.lstrip())
        here = (start, start + max(1, len(part.strip())))
        if flag not in FLAGS[kind]:
            raise _bad_flag(source, flag, kind, source.span(*here))
        yield flag, here
        at += len(part) + 1


def _bad_flag(source: Source, flag: str, kind: str, where: Span) -> EquationError:
    words = {
        "differential": "a differential equation",
        "subexpression": "an intermediate quantity",
        "parameter": "a parameter",
    }
    return EquationError(
        f"'{flag[:40]}' is not a flag of {words[kind]}", source, where,
        f"there are {', '.join(repr(known) for known in sorted(FLAGS[kind]))}",
    )  # fmt: skip
