"""Time constants and capacitances: what an equation divides by, and what has to be positive to make sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rheobase.model.errors import ModelError
from rheobase.model.expression import Binary, Expression, Name, children
from rheobase.model.neuron import Neuron
from rheobase.units import Dimension

_CAPACITANCE = Dimension.of(time=1, current=1, voltage=-1)
_KINDS = {
    Dimension.of(time=1): "a time constant",
    _CAPACITANCE: "a capacitance",
    _CAPACITANCE / Dimension.of(length=2): "a capacitance",
}


def require_positive_scales(neuron: Neuron, values: Mapping[str, Any]) -> None:
    """Refuse a time constant or a capacitance that is zero or negative.

    Parameters
    ----------
    neuron
        The model. Looked at are those parameters that are times or capacitances and divide a right-hand side.
    values
        Their values, internal units.

    Raises
    ------
    ModelError
        With the parameter, its value and the line that divides by it.
    """
    for equation in (*neuron.equations.subexpressions, *neuron.equations.differential):
        for name in _divisors(equation.expression):
            kind = _KINDS.get(neuron.equations.dimension_of(name)) if name in values else None
            if kind is not None and np.any(np.asarray(values[name], float) <= 0.0):
                unit = neuron.equations[name].unit if name in neuron.equations else None
                shown = float(np.min(values[name])) / (unit.scale if unit else 1.0)
                raise ModelError(
                    f"{name} = {shown:g}{f' {unit.name}' if unit else ''} is {kind} by which the equation of "
                    f"'{equation.name}' (line {equation.line}) is divided; it has to be positive"
                )


def _divisors(node: Expression | None) -> Iterator[str]:
    """The names that stand as factors in a denominator."""
    if node is None:
        return
    if isinstance(node, Binary) and node.op == "/":
        yield from _factors(node.right)
    for part in children(node):
        yield from _divisors(part)


def _factors(node: Expression) -> Iterator[str]:
    match node:
        case Name(name):
            yield name
        case Binary("*" | "/", left, right):
            yield from _factors(left)
            yield from _factors(right)
