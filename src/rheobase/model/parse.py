"""Text to tree: Python's own parser reads the words, a whitelist of nodes lets through what an equation may contain.

Nothing is ever executed. Names are left as they are here (units too); `rheobase.model.dimensions` gives them their
meaning.
"""

from __future__ import annotations

import ast
from itertools import pairwise

from rheobase.model.errors import EquationError, Source
from rheobase.model.expression import Binary, Call, Expression, Name, Number, Span, Unary, Where
from rheobase.model.scan import scan

MAX_DEPTH = 100

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
TRUE, FALSE = "True", "False"


def parse_expression(source: Source, start: int = 0, end: int | None = None) -> Expression:
    """The tree of ``source.code[start:end]``, names and units unresolved.

    Raises
    ------
    EquationError
        With line and caret, for whatever is not an expression of the grammar.
    """
    stop = len(source.code) if end is None else end
    tokens = scan(source, start, stop)
    first, last = tokens[0].start, tokens[-1].end
    # One line without a margin, so that the parser's columns are places in the text (which is ASCII: scan saw to it).
    line = "".join(" " if mark.isspace() else mark for mark in source.code[first:last])
    try:
        body = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        at = first + max(0, (error.offset or 1) - 1)
        raise EquationError(
            "this is not an expression", source, source.span(min(at, last - 1), min(at, last - 1) + 1)
        ) from None
    except (RecursionError, MemoryError, ValueError):
        raise EquationError("this expression is too deep to be read", source, source.span(first, last)) from None
    _require_depth(source, body, first)
    return _Reader(source, first).read(body)


def _require_depth(source: Source, body: ast.expr, first: int) -> None:
    stack: list[tuple[ast.AST, int]] = [(body, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            at = first + getattr(node, "col_offset", 0)
            raise EquationError(
                f"more than {MAX_DEPTH} operations inside each other", source, source.span(at, at + 1),
                "split it with an intermediate quantity: 'name = expression : unit'",
            )  # fmt: skip
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


class _Reader:
    """Walks Python's nodes; ``first`` is the place in the text where the expression begins."""

    def __init__(self, source: Source, first: int):
        self.source = source
        self.first = first

    def span(self, node: ast.expr) -> Span:
        end = node.end_col_offset if node.end_col_offset is not None else node.col_offset + 1
        return self.source.span(self.first + node.col_offset, self.first + end)

    def between(self, left: ast.expr, right: ast.expr, sign: str) -> Span:
        """The place of the operator."""
        start = self.first + (left.end_col_offset or left.col_offset)
        at = self.source.code.find(sign, start, self.first + right.col_offset)
        return self.source.span(at, at + len(sign)) if at >= 0 else self.span(left)

    def read(self, node: ast.expr) -> Expression:
        match node:
            case ast.BinOp(left, op, right) if type(op) in _BINARY:
                sign = _BINARY[type(op)]
                return Binary(sign, self.read(left), self.read(right), self.between(left, right, sign))
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.read(operand)
            case ast.UnaryOp(ast.USub(), operand):
                return Unary("-", self.read(operand), self.span(node))
            case ast.UnaryOp(ast.Not(), operand):
                return Unary("not", self.read(operand), self.span(node))
            case ast.BoolOp(op, values):
                return self.logical("and" if isinstance(op, ast.And) else "or", values)
            case ast.Compare(left, ops, comparators):
                return self.comparison(left, ops, comparators)
            case ast.IfExp(test, body, orelse):
                return Where(self.read(test), self.read(body), self.read(orelse), self.span(node))
            case ast.Call(ast.Name(function), arguments, []):
                return Call(function, tuple(self.read(argument) for argument in arguments), self.span(node))
            case ast.Name(name):
                return Name(name, self.span(node))
            case ast.Constant(bool(value)):
                return Name(TRUE if value else FALSE, self.span(node))
            case ast.Constant(int(value) | float(value)):
                return Number(float(value), self.span(node))
        raise EquationError("this cannot be part of an equation", self.source, self.span(node))

    def logical(self, op: str, values: list[ast.expr]) -> Expression:
        tree = self.read(values[0])
        for left, right in pairwise(values):
            tree = Binary(op, tree, self.read(right), self.between(left, right, op))
        return tree

    def comparison(self, left: ast.expr, ops: list[ast.cmpop], comparators: list[ast.expr]) -> Expression:
        """``a < b < c`` means what it says: ``a < b and b < c``."""
        tree: Expression | None = None
        for op, right in zip(ops, comparators, strict=True):
            sign = _COMPARE.get(type(op))
            if sign is None:
                raise EquationError("this cannot be part of an equation", self.source, self.span(left))
            where = self.between(left, right, sign)
            part = Binary(sign, self.read(left), self.read(right), where)
            tree = part if tree is None else Binary("and", tree, part, where)
            left = right
        assert tree is not None
        return tree
