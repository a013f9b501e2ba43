"""The box in which equilibria are looked for: from units and equations, unless it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.model.errors import ModelError
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Expression, Name, Number, Unary, names, walk
from rheobase.model.network import nearest
from rheobase.model.shape import LINEAR, System, degree
from rheobase.numerics.sequence import even_points
from rheobase.units import DIMENSIONLESS, VOLTAGE

Vector = NDArray[np.float64]

_MARGIN = 100.0
_WIDE = 10.0
_TRIES = 200


@dataclass(frozen=True, eq=False)
class Box:
    """Bounds of every state, in internal units.

    ``given`` says which of them the user has set, and ``gates`` which states stay between 0 and 1 by themselves.
    """

    lower: Vector
    upper: Vector
    given: NDArray[np.bool_]
    gates: NDArray[np.bool_]

    @property
    def width(self) -> Vector:
        return self.upper - self.lower

    def contains(self, x: Vector, slack: float = 1e-9) -> bool:
        """Whether a point lies inside, or on the border up to rounding."""
        room = slack * self.width
        return bool(np.all(x >= self.lower - room) and np.all(x <= self.upper + room))

    def wider(self, factor: float, where: NDArray[np.bool_] | None = None) -> Box:
        """The box stretched about its middle, in the states ``where`` (by default those that the user did not set)."""
        stretched = ~self.given if where is None else where
        margin = np.where(stretched, 0.5 * (factor - 1.0) * self.width, 0.0)
        return Box(self.lower - margin, self.upper + margin, self.given, self.gates)

    def shown(self, field: VectorField) -> dict[str, tuple[float, float]]:
        """Bounds by state, in shown units."""
        return {
            state: (field.shown(state, low), field.shown(state, high))
            for state, low, high in zip(field.states, self.lower, self.upper, strict=True)
        }


def find_box(field: VectorField, given: Mapping[str, Any] | None = None) -> Box:
    """The box of a vector field.

    A voltage reaches from the lowest to the highest voltage that the equations compare it with (reversal potentials,
    thresholds, half-activations, start and reset), and beyond by as much again, at least 100 mV; for a neuron with a
    reset it ends at the threshold, where the flow does. A pure number that its equation keeps between 0 and 1, as it
    does a gate, gets these bounds. Anything else reaches beyond its own landmarks by ten times their distance, at least
    by 100 of the internal units and by the size of the largest landmark.

    Parameters
    ----------
    field
        The model.
    given
        ``{state: (low, high)}`` in shown units, quantities or texts; wins over the rules.

    Raises
    ------
    ModelError
        For a name that is no state, and bounds that are none.
    """
    lower, upper = np.empty(field.n), np.empty(field.n)
    for at, state in enumerate(field.states):
        lower[at], upper[at] = _range(field, state)
    chosen = np.zeros(field.n, dtype=bool)
    for state, bounds in dict(given or {}).items():
        if state not in field.states:
            hint = nearest(state, field.states) or f"; its states are {', '.join(field.states)}"
            raise ModelError(f"box: there is no state '{state}'{hint}")
        at = field.states.index(state)
        lower[at], upper[at] = _bounds(field, state, bounds)
        chosen[at] = True
    gates = _gates(field, lower, upper)
    lower, upper = np.where(gates & ~chosen, 0.0, lower), np.where(gates & ~chosen, 1.0, upper)
    return Box(lower, upper, chosen, gates)


def _bounds(field: VectorField, state: str, bounds: Any) -> tuple[float, float]:
    try:
        low, high = bounds
    except (TypeError, ValueError):
        raise ModelError(f"box: '{state}' needs two bounds, such as {{'{state}': (low, high)}}") from None
    low, high = float(field.read(state, low)), float(field.read(state, high))
    if not low < high:
        raise ModelError(f"box: the lower bound of '{state}' has to be below the upper one, but they are {bounds}")
    return low, high


def _range(field: VectorField, state: str) -> tuple[float, float]:
    marks = _landmarks(field, state)
    low, high = min(marks), max(marks)
    end = threshold_of(field, state)
    times = 1.0 if field.neuron.equations.dimension_of(state) == VOLTAGE else _WIDE
    margin = max(times * (high - low), _MARGIN, abs(low), abs(high))
    low, high = low - margin, high + margin
    return (low, end) if end is not None and end > low else (low, high)


def _landmarks(field: VectorField, state: str) -> list[float]:
    """The start value, and the numbers that the equations, threshold and reset add to the state or compare it with."""
    neuron, values = field.neuron, _values(field)
    trees = [e.expression for e in (*neuron.equations.subexpressions, *neuron.equations.differential)]
    trees += [neuron.threshold, neuron.refractory]
    marks = [float(field.start[field.states.index(state)])]
    for tree in trees:
        for node in walk(tree) if tree is not None else ():
            if isinstance(node, Binary) and node.op in ("+", "-", "<", "<=", ">", ">="):
                marks += _equal(node, state, values)
    for line in neuron.reset:
        if line.name == state and line.op == "=":
            marks += _constant(line.expression, values)
    if neuron.equations.dimension_of(state) == VOLTAGE:
        equal = [name for name in field.parameters if neuron.equations.dimension_of(name) == VOLTAGE]
        marks += [values[name] for name in equal if name in values]
    return [float(f"{mark:.12g}") for mark in marks if np.isfinite(mark)]


def _equal(node: Binary, state: str, values: Mapping[str, float]) -> list[float]:
    """Where a sum or difference that is linear in the state is zero, or where both sides of a comparison are equal."""
    known = {**values, state: 0.0}
    if state not in names(node) or not names(node) <= known.keys() or not is_linear(node, state):
        return []
    with np.errstate(all="ignore"):
        at_zero, at_one = (_side(node, {**known, state: value}) for value in (0.0, 1.0))
        root = -at_zero / (at_one - at_zero) if at_one != at_zero else np.nan
    return [float(root)]


def is_linear(node: Binary, state: str) -> bool:
    """Whether both sides are linear in the state, and at least one contains it."""
    degrees = [degree(side, {state: LINEAR}) for side in (node.left, node.right)]
    return max(degrees) == LINEAR


def _side(node: Binary, values: Mapping[str, float]) -> float:
    left, right = (float(np.asarray(evaluate(side, values))) for side in (node.left, node.right))
    return left + right if node.op == "+" else left - right


def _constant(tree: Expression, values: Mapping[str, float]) -> list[float]:
    if isinstance(tree, Number | Name | Binary | Unary) and names(tree) <= values.keys():
        with np.errstate(all="ignore"):
            value = np.asarray(evaluate(tree, values), dtype=float)
        return [float(value)] if value.ndim == 0 else []
    return []


def _values(field: VectorField) -> dict[str, float]:
    return dict(zip(field.parameters, field.values.tolist(), strict=True))


def threshold_of(field: VectorField, state: str) -> float | None:
    """Where the threshold of a neuron with a reset ends the flow of a state, if it is a plain upper bound."""
    neuron = field.neuron
    if not neuron.has_reset or not isinstance(neuron.threshold, Binary):
        return None
    sides: Iterator[tuple[str, Expression, Expression]] = iter(
        [(">", neuron.threshold.left, neuron.threshold.right), ("<", neuron.threshold.right, neuron.threshold.left)]
    )
    for op, one, other in sides:
        if one == Name(state) and neuron.threshold.op in (op, f"{op}="):
            found = _constant(other, _values(field))
            return found[0] if found else None
    return None


def _gates(field: VectorField, lower: Vector, upper: Vector) -> NDArray[np.bool_]:
    """The states that are drawn into 0..1 wherever the others are: tried at many points of the box.

    The equation has to be linear in the state, so that what holds at 0 and at 1 holds beyond.
    """
    equations = field.neuron.equations
    system = System.of(equations)
    points = lower[:, None] + even_points(field.n, _TRIES) * (upper - lower)[:, None]
    gates = np.zeros(field.n, dtype=bool)
    for at, state in enumerate(field.states):
        if equations.dimension_of(state) == DIMENSIONLESS:
            linear = degree(system.derivatives[state], system.degrees([state])) == LINEAR
            gates[at] = linear and _stays(field, points, at)
    return gates


def _stays(field: VectorField, points: Vector, at: int) -> bool:
    """Whether the flow points inward at 0 and at 1; and truly so somewhere."""
    for value, sign in ((0.0, 1.0), (1.0, -1.0)):
        beside = points.copy()
        beside[at] = value
        inward = sign * field.rhs(beside)[at]
        inward = inward[np.isfinite(inward)]
        if np.any(inward < 0.0) or not np.any(inward > 0.0):
            return False
    return True
