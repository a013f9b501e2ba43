r"""Removing the singularities of rate functions.

.. math:: \frac{x}{e^x - 1} = \frac{1}{\mathrm{exprel}(x)},\qquad \frac{e^x - 1}{x} = \mathrm{exprel}(x)

The left-hand sides are 0/0 at x = 0 (Hodgkin and Huxley's rates at -40 and -55 mV) and lose digits around it; the
right-hand sides are smooth. A product is searched for a factor ``exp(u) - 1`` (or ``1 - exp(u)``, ``expm1(u)``,
``sinh(u)``, ``tanh(u)``) on one side of the fraction and for a factor proportional to ``u`` on the other. Proportional
means equal up to a number and powers of parameters once both are multiplied out: ``v - v_h`` and ``-(v - v_h)/k`` are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from rheobase.model.algebra import ONE, add, divide, multiply, negate
from rheobase.model.expression import Binary, Call, Expression, Number, Unary, calls, names, transform
from rheobase.model.forms import form, poles, ratio, tree_of

_HALF, _TWO = Number(0.5), Number(2.0)
_CURVES = frozenset({"exp", "expm1", "sinh", "tanh"})


def remove_singularities(tree: Expression, varying: Iterable[str] | None = None) -> Expression:
    """The same function, finite with all its derivatives where it was 0/0; a tree without such a place stays as it is.

    Parameters
    ----------
    tree
        A checked tree.
    varying
        The names that move; all others are parameters, which are taken to differ from 0. By default every name moves.
    """
    if not calls(tree) & _CURVES:
        return tree
    moving = names(tree) if varying is None else frozenset(varying)
    return transform(tree, lambda node: _rewrite(node, moving))


@dataclass(frozen=True)
class _Curve:
    """A factor ``scale * argument * smooth``, where ``smooth`` has no zero and no singularity."""

    argument: Expression
    scale: float
    smooth: Expression


def _rewrite(node: Expression, moving: frozenset[str]) -> Expression:
    if not isinstance(node, Binary) or node.op not in ("*", "/"):
        return node
    above, below = _factors(node)
    changed = False
    while _cancel(above, below, moving) or _cancel(below, above, moving):
        changed = True
    if not changed:
        return node
    return replace(divide(_multiplied(above), _multiplied(below)), where=node.where)


def _multiplied(factors: list[Expression]) -> Expression:
    return reduce(multiply, factors, ONE)


def _factors(node: Expression) -> tuple[list[Expression], list[Expression]]:
    """What stands above and below the line of a fraction."""
    match node:
        case Binary("*" | "/" as op, left, right):
            (a, b), (c, d) = _factors(left), _factors(right)
            return (a + c, b + d) if op == "*" else (a + d, b + c)
        case Unary("-", operand):
            above, below = _factors(operand)
            return [Number(-1.0), *above], below
    return [node], []


def _cancel(lines: list[Expression], curves: list[Expression], moving: frozenset[str]) -> bool:
    """Take ``u`` out of one factor of ``lines`` and one of ``curves``, in place; False if there is none."""
    for at, factor in enumerate(curves):
        curve = _curve(factor)
        if curve is None or not names(curve.argument) & moving:
            continue
        argument = form(curve.argument)
        for place, line in enumerate(lines):
            if not names(line) & moving:
                continue
            found = ratio(form(line), argument)
            if found is None or poles(found[0]) & moving:
                continue
            lines[place] = tree_of(*found)
            curves[at] = multiply(Number(curve.scale), curve.smooth)
            return True
    return False


def _curve(node: Expression) -> _Curve | None:
    match node:
        case Call("expm1", (u,)):
            return _Curve(u, 1.0, Call("exprel", (u,)))
        case Call("sinh", (u,)):  # sinh(u)/u is the mean of exprel(u) and exprel(-u)
            both = add(Call("exprel", (u,)), Call("exprel", (negate(u),)))
            return _Curve(u, 1.0, multiply(_HALF, both))
        case Call("tanh", (u,)):  # u/tanh(u) is the mean of 1/exprel(2u) and 1/exprel(-2u)
            twice = multiply(_TWO, u)
            both = add(divide(ONE, Call("exprel", (twice,))), divide(ONE, Call("exprel", (negate(twice),))))
            return _Curve(u, 1.0, divide(_TWO, both))
        case Binary("+" | "-"):
            return _exponential_less_one(_terms(node, 1.0))
    return None


def _exponential_less_one(terms: list[tuple[float, Expression]]) -> _Curve | None:
    """``c*exp(u) - c``, whatever the order and the signs."""
    if len(terms) != 2:
        return None
    for (scale, exponential), (other, one) in (terms, terms[::-1]):
        if isinstance(exponential, Call) and exponential.function == "exp" and one == ONE and other == -scale:
            (u,) = exponential.arguments
            return _Curve(u, scale, Call("exprel", (u,)))
    return None


def _terms(node: Expression, sign: float) -> list[tuple[float, Expression]]:
    """The summands, each with its number in front."""
    match node:
        case Binary("+" | "-" as op, left, right):
            return _terms(left, sign) + _terms(right, sign if op == "+" else -sign)
        case Unary("-", operand):
            return _terms(operand, -sign)
        case Number(value):
            return [(sign * value, ONE)]
        case Binary("*", Number(value), rest) | Binary("*", rest, Number(value)):
            return [(sign * value, rest)]
    return [(sign, node)]
