"""A neuron's equations as functions of numbers, by walking their trees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.derivative import differentiate
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Expression, substitute
from rheobase.model.neuron import Neuron

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """A neuron's equations as functions of its state vector and of the input ``I``."""

    neuron: Neuron

    @cached_property
    def trees(self) -> tuple[Expression, ...]:
        """Right-hand sides with the intermediate quantities put in."""
        inner: dict[str, Expression] = {}
        for equation in self.neuron.equations.subexpressions:
            assert equation.expression is not None
            inner[equation.name] = substitute(equation.expression, inner)
        sides = (equation.expression for equation in self.neuron.equations.differential)
        return tuple(substitute(side, inner) for side in sides if side is not None)

    @cached_property
    def slopes(self) -> tuple[tuple[Expression, ...], ...]:
        return tuple(tuple(differentiate(tree, state) for state in self.neuron.states) for tree in self.trees)

    def values(self, state: Vector, current: float | None = None) -> dict[str, Any]:
        """Every name that the trees read."""
        values: dict[str, Any] = {"t": 0.0, "lastspike": -np.inf, **self.neuron.parameters}
        if current is not None:
            values["I"] = current
        return values | dict(zip(self.neuron.states, state, strict=True))

    def rhs(self, state: Vector, current: float | None = None) -> Vector:
        """Time derivatives, per ms."""
        values = self.values(state, current)
        return np.array([evaluate(tree, values) for tree in self.trees], dtype=float)

    def jacobian(self, state: Vector, current: float | None = None) -> NDArray[np.float64]:
        """Derivatives of `rhs` with respect to the states."""
        values = self.values(state, current)
        return np.array([[evaluate(slope, values) for slope in row] for row in self.slopes], dtype=float)

    @property
    def start(self) -> Vector:
        return np.array([self.neuron.initial[state] for state in self.neuron.states], dtype=float)
