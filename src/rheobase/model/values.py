"""Numbers for a model's parameters and start values: as given, else by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rheobase.model.distribution import Distribution, distribution_internal
from rheobase.model.equations import Equation, Equations
from rheobase.model.errors import EquationError, ModelError, Source
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Span, names
from rheobase.model.order import circle, dependence_order
from rheobase.units import Dimension, Value, dimension_of_value, internal

Given = Value | Distribution


def value_of(value: Any, dimension: Dimension, name: str) -> Given:
    """A value that the user gave, in internal units.

    Raises
    ------
    UnitError
        If it has another dimension.
    """
    if isinstance(value, Distribution):
        return distribution_internal(value, dimension, name)
    number = internal(value, dimension, name)
    if np.any(np.isnan(number)):
        raise ModelError(f"{name} is not a number (NaN)")
    if not isinstance(number, np.ndarray):
        return float(number)
    if number.ndim > 1:
        raise ModelError(
            f"{name} has to be one number, or one for each neuron, not an array of {number.ndim} dimensions"
        )
    return number.copy()  # a later change of the caller's array does not change the model


def dimension_given(value: Any, name: str) -> Dimension:
    """The dimension of a value for a name that the equations do not declare.

    Raises
    ------
    ModelError
        If it is no quantity.
    """
    first = value
    if isinstance(value, Distribution):
        first = getattr(value, "mean", None) if hasattr(value, "mean") else getattr(value, "high", None)
    dimension = dimension_of_value(first)
    if dimension is None:
        raise ModelError(f"{name} has to be a number or a quantity, but {type(value).__name__} was given")
    return dimension


def parameter_values(equations: Equations, given: Mapping[str, Any]) -> dict[str, Given]:
    """Every parameter's value; those that are used without being declared come last.

    Raises
    ------
    EquationError
        If a parameter has neither a value nor a default.
    """
    values: dict[str, Given] = {}
    for equation in equations.parameters:
        if equation.name in given:
            values[equation.name] = value_of(given[equation.name], equation.unit.dimension, equation.name)
        elif equation.default is None:
            raise _missing(equations, equation)
    for name, dimension in equations.extra:
        values[name] = value_of(given[name], dimension, name)
    _fill(equations, {e.name: e for e in equations.parameters if e.name not in values}, values)
    order = [e.name for e in equations.parameters] + [name for name, _ in equations.extra]
    return {name: values[name] for name in order}


def start_values(equations: Equations, given: Mapping[str, Any], parameters: Mapping[str, Given]) -> dict[str, Given]:
    """Every state's start value: as given, else by default, else 0."""
    values: dict[str, Given] = {}
    for equation in equations.differential:
        if equation.name in given:
            values[equation.name] = value_of(given[equation.name], equation.unit.dimension, equation.name)
        elif equation.default is None:
            values[equation.name] = 0.0
        else:
            values[equation.name] = _default(equations, equation, parameters)
    return values


def _fill(equations: Equations, left: dict[str, Equation], values: dict[str, Given]) -> None:
    """Defaults may need other parameters: take those first that need no more."""
    needs = {name: names(e.default) & left.keys() for name, e in left.items() if e.default is not None}
    found = circle(needs)
    if found:
        raise EquationError(
            "the defaults of these parameters need each other: " + " -> ".join(found[:8]),
            Source(equations.text), _name_at(equations, left[found[0]]), "give one of them a value",
        )  # fmt: skip
    for name in dependence_order(needs):
        values[name] = _default(equations, left[name], values)


def _default(equations: Equations, equation: Equation, values: Mapping[str, Given]) -> Given:
    assert equation.default is not None
    for name in sorted(names(equation.default)):
        if name not in values or isinstance(values[name], Distribution):
            what = "is drawn at random" if name in values else "is not a parameter"
            raise EquationError(
                f"the default of '{equation.name}' depends on '{name}', which {what}",
                Source(equations.text), _name_at(equations, equation), f"give '{equation.name}' a value",
            )  # fmt: skip
    result = evaluate(equation.default, values)
    return float(result) if getattr(result, "ndim", 0) == 0 else result


def _missing(equations: Equations, equation: Equation) -> EquationError:
    unit = equation.unit.name
    example = f"{equation.name}=..." if unit == "1" else f"{equation.name}=...*{unit}"
    return EquationError(
        f"parameter '{equation.name}' has no value", Source(equations.text), _name_at(equations, equation),
        f"give it, Neuron(..., {example}), or a default, '{equation.name} : {unit} = ...'",
    )  # fmt: skip


def _name_at(equations: Equations, equation: Equation) -> Span:
    line = equations.text.split("\n")[equation.line - 1]
    start = max(0, line.find(equation.name))
    return Span(equation.line - 1, start, start + len(equation.name))
