"""Errors that point: the line of the model's text, a caret under the place, and what to do."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from rheobase.errors import ModelError, UnitError
from rheobase.model.expression import Span

__all__ = ["EquationError", "ModelError", "Source", "UnitError"]

_WIDTH = 100


@dataclass(frozen=True)
class Source:
    """A text that a user wrote; ``place`` names it in messages: nothing for equations, "the threshold", "the reset"."""

    text: str
    place: str = ""

    @cached_property
    def code(self) -> str:
        """The text with its comments blanked out, so that every character keeps its place."""
        return re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0]), self.text)

    def span(self, start: int, end: int) -> Span:
        """The line and columns of the characters ``start`` to ``end``; what goes on in the next line is cut."""
        line = bisect_right(self._starts, start) - 1
        first = start - self._starts[line]
        stop = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self.text)
        return Span(line, first, first + max(1, min(end, stop) - start))

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def where(self, line: int) -> str:
        """``in line 2``, ``in the threshold``, ``in line 2 of the reset``."""
        if not self.place:
            return f"in line {line + 1}"
        if self.text.strip().count("\n"):
            return f"in line {line + 1} of {self.place}"
        return f"in {self.place}"


class EquationError(ModelError):
    """A model's text cannot be read, or does not make sense.

    Attributes
    ----------
    message : str
        What is wrong, in a sentence without a place.
    text : str
        The line as the user wrote it.
    line : int
        Its number, from 1.
    caret : tuple of int
        First and last-but-one column of the place in the line, from 0.
    hint : str
        What to do.

    >>> from rheobase.model.expression import Span
    >>> source = Source("dv/dt = -v/tua : mV")
    >>> print(EquationError("unknown name 'tua'", source, Span(0, 11, 14), "did you mean 'tau'?"))
    unknown name 'tua' in line 1
      dv/dt = -v/tua : mV
                 ^^^
    did you mean 'tau'?
    """

    def __init__(self, message: str, source: Source, where: Span | None = None, hint: str = ""):
        lines = source.text.split("\n")
        span = where or Span(0, 0, 1)
        self.message = message
        self.text = lines[span.line] if span.line < len(lines) else ""
        self.line = span.line + 1
        self.caret = (span.start, span.end)
        self.hint = hint
        shown = _point(self.text, span.start, span.end) if where is not None else ""
        place = f" {source.where(span.line)}" if where is not None else ""
        super().__init__(f"{message}{place}{shown}" + (f"\n{hint}" if hint else ""))


def _point(line: str, start: int, end: int) -> str:
    """The line and a row of carets; of a long line only the part around the place."""
    indent = len(line) - len(line.lstrip())
    shown, first = line.strip(), start - indent
    length = max(1, min(end, indent + len(shown)) - start)
    if len(shown) > _WIDTH:
        left = max(0, min(first - _WIDTH // 3, len(shown) - _WIDTH))
        head, tail = "... " if left else "", " ..." if left + _WIDTH < len(shown) else ""
        shown, first = head + shown[left : left + _WIDTH] + tail, first - left + len(head)
        length = min(length, len(shown) - first)
    shown = "".join(mark if mark.isprintable() else " " for mark in shown)
    return f"\n  {shown}\n  {' ' * max(0, first)}{'^' * max(1, length)}"
