"""Reading an expression's words before Python's parser sees it, so that nothing hostile or huge ever gets there.

The scan is linear in the length of the text. It refuses what an equation cannot contain, and finds the mistakes that a
parser reports badly: a bracket that is not closed, two values side by side, an operator without a right-hand side.
"""

from __future__ import annotations

import keyword
import math
import re
from dataclasses import dataclass

from rheobase.model.errors import EquationError, Source

MAX_LENGTH = 10_000
MAX_OPERATORS = 400
MAX_BRACKETS = 60
MAX_NAME = 100

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|"
    r"(?P<operator>\*\*|//|<=|>=|==|!=|[-+*/%<>])|(?P<open>\()|(?P<close>\))|(?P<comma>,)",
    re.ASCII,
)
_WORDS = {"and": "operator", "or": "operator", "if": "operator", "else": "operator", "not": "prefix",
          "True": "number", "False": "number"}  # fmt: skip

_FOREIGN = {
    "^": "a power is written with '**'",
    "=": "a comparison is written with '=='",
    "&": "write 'and'",
    "|": "write 'or'",
    "~": "write 'not'",
    "!": "write 'not', or '!=' for unequal",
    "[": "there are no subscripts or lists in equations; write '(' for brackets",
    "]": "there are no subscripts or lists in equations; write ')' for brackets",
    "{": "write '(' for brackets",
    "}": "write ')' for brackets",
    "'": "there are no texts in equations, and derivatives are written 'dv/dt'",
    '"': "there are no texts in equations",
    ".": "there are no attributes in equations; a number needs a digit beside its point",
    ":": "a unit follows only at the end of an equation",
    ";": "only the statements of a reset are separated by ';'",
    "µ": "write 'u' for micro, as in 'uA'",
    "μ": "write 'u' for micro, as in 'uA', or spell the letter: 'mu'",
    "τ": "spell Greek letters: 'tau'",
    "σ": "spell Greek letters: 'sigma'",
    "Δ": "spell Greek letters: 'Delta'",
    "Ω": "write 'ohm'",
    "−": "this is a typographic minus; type '-'",
    "–": "this is a dash; type '-'",
    "×": "type '*'",
    "·": "type '*'",
    "²": "type '**2'",
    "³": "type '**3'",
    "≤": "type '<='",
    "≥": "type '>='",
}


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is number, name, operator, prefix, open, close or comma; the places count in the whole text."""

    kind: str
    text: str
    start: int
    end: int


def scan(source: Source, start: int, end: int) -> list[Token]:
    """The words of ``source.code[start:end]``, which are known to be harmless and in a possible order.

    Raises
    ------
    EquationError
        With the place, for whatever cannot be part of an equation.
    """
    if end - start > MAX_LENGTH:
        raise EquationError(
            f"an expression of {end - start} characters is too long", source, source.span(start, start + 20), _SPLIT
        )
    tokens = _tokens(source, start, end)
    _require_brackets(source, tokens)
    _require_size(source, tokens)
    if not tokens:
        raise EquationError("an expression is missing", source, source.span(start, start + 1))
    _require_order(source, tokens)
    return tokens


_SPLIT = "split it with an intermediate quantity: 'name = expression : unit'"


def _tokens(source: Source, start: int, end: int) -> list[Token]:
    code, tokens, at = source.code, [], start
    while at < end:
        if code[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(code, at, end)
        if match is None:
            raise illegal(source, at, code[at])
        kind, word = str(match.lastgroup), match[0]
        if kind == "name":
            kind = _WORDS.get(word, "name")
            _require_name(source, word, at)
        elif kind == "number" and math.isinf(float(word)):
            raise EquationError(
                "this number is too large", source, source.span(at, match.end()), "write 'inf' for infinity"
            )
        tokens.append(Token(kind, word, at, match.end()))
        at = match.end()
    return tokens


def illegal(source: Source, at: int, character: str) -> EquationError:
    """The error for a character that no equation contains."""
    shown = repr(character) if character.isprintable() else f"the invisible character {character!r}"
    hint = _FOREIGN.get(character, "")
    if not hint and not character.isascii():
        hint = "equations are written in plain ASCII letters"
    return EquationError(f"{shown} cannot be part of an equation", source, source.span(at, at + 1), hint)


def _require_name(source: Source, word: str, at: int) -> None:
    span = source.span(at, at + len(word))
    if word.startswith("__"):
        raise EquationError(
            f"'{word[:40]}' is not allowed",
            source,
            span,
            "an equation contains numbers, names, functions and operators only",
        )
    if word not in _WORDS and keyword.iskeyword(word):
        raise EquationError(f"'{word}' is a word of Python and cannot be used in an equation", source, span)
    if len(word) > MAX_NAME:
        raise EquationError(f"a name of {len(word)} characters is too long", source, span)


def _require_brackets(source: Source, tokens: list[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.kind == "open":
            opened.append(token)
        elif token.kind == "close":
            if not opened:
                raise EquationError(
                    "a bracket is closed that was never opened", source, source.span(token.start, token.end)
                )
            opened.pop()
        if len(opened) > MAX_BRACKETS:
            raise EquationError(
                f"more than {MAX_BRACKETS} brackets inside each other",
                source,
                source.span(token.start, token.end),
                _SPLIT,
            )
    if opened:
        raise unclosed(source, opened[-1].start)


def unclosed(source: Source, at: int) -> EquationError:
    """The error for a bracket that is opened at ``at``."""
    return EquationError("a bracket is not closed", source, source.span(at, at + 1))


def _require_size(source: Source, tokens: list[Token]) -> None:
    operators = [token for token in tokens if token.kind in ("operator", "prefix")]
    if len(operators) > MAX_OPERATORS:
        place = operators[MAX_OPERATORS]
        raise EquationError(
            f"an expression with {len(operators)} operators is too long",
            source,
            source.span(place.start, place.end),
            _SPLIT,
        )


def _require_order(source: Source, tokens: list[Token]) -> None:
    """Values and operators have to alternate."""
    before: Token | None = None
    for token in tokens:
        after_value = before is not None and before.kind in ("number", "name", "close")
        span = source.span(token.start, token.end)
        match token.kind:
            case "number" | "name" | "prefix" if after_value:
                if not (token.kind == "prefix" and token.text == "not"):
                    raise EquationError(
                        f"an operator is missing before '{_short(token.text)}'",
                        source,
                        span,
                        "a product is written with '*'",
                    )
                raise EquationError("'not' cannot follow a value", source, span)
            case "open" if before is not None and before.kind in ("number", "close"):
                raise EquationError("an operator is missing before '('", source, span, "a product is written with '*'")
            case "operator" if not after_value and token.text not in "+-":
                raise EquationError(f"a value is missing before '{token.text}'", source, span)
            case "close" | "comma" if not after_value and not _empty_call(token, before):
                raise EquationError(f"a value is missing before '{token.text}'", source, span)
        before = token
    if before is not None and before.kind not in ("number", "name", "close"):
        raise EquationError(f"a value is missing after '{before.text}'", source, source.span(before.start, before.end))


def _empty_call(token: Token, before: Token | None) -> bool:
    return token.kind == "close" and before is not None and before.kind == "open"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "..."
