"""Where a composed neuron starts: at the potential where its steady currents cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.evaluate import evaluate
from rheobase.model.expression import names
from rheobase.model.neuron import Neuron
from rheobase.units import VOLTAGE, internal

#: Where a rest is looked for, mV, and where to start if there is none.
LOWEST, HIGHEST, POINTS = -130.0, 40.0, 341
NO_REST = -65.0


def start_values(neuron: Neuron, gates: Mapping[str, str], v: Any) -> dict[str, str]:
    """Start values as texts: ``v`` as given or at rest, the gates at their steady states there.

    Parameters
    ----------
    neuron
        The neuron whose first state is ``v``.
    gates
        The text of every gate's steady state.
    v
        Start of the potential, or None for the rest.
    """
    start = rest(neuron, gates) if v is None else float(internal(v, VOLTAGE, "v"))
    values = steady_values(neuron, gates, np.array([start]))
    found = {name: f"{_digits(float(np.ravel(values[name])[0]))}" for name in gates}
    return {"v": f"{_digits(start)}*mV", **found}


def _digits(value: float) -> str:
    return f"{value:.6g}"


def steady_values(neuron: Neuron, gates: Mapping[str, str], v: NDArray[np.float64]) -> dict[str, Any]:
    """Every quantity of the text over the potentials, with all gates at their steady states.

    Other states, such as calcium, are at their start values.
    """
    values: dict[str, Any] = {**neuron.parameters, **neuron.initial, "v": v, "t": 0.0}
    for gate in gates:
        del values[gate]
    steady = {gate: _parts(text) for gate, text in gates.items()}
    left = list(neuron.equations.subexpressions)
    while left or steady:
        before = len(left) + len(steady)
        for gate, parts in list(steady.items()):
            if all(part in values for part in parts):
                inf = values[parts[0]]
                values[gate] = inf if len(parts) == 1 else inf / (inf + values[parts[1]])
                del steady[gate]
        for equation in list(left):
            assert equation.expression is not None
            if names(equation.expression) <= values.keys():
                values[equation.name] = evaluate(equation.expression, values)
                left.remove(equation)
        if len(left) + len(steady) == before:  # gates that depend on each other's values: as they start
            values |= {gate: neuron.initial[gate] for gate in steady}
            steady = {}
    return values


def _parts(text: str) -> tuple[str, ...]:
    """``m_inf`` or ``alpha_m/(alpha_m + beta_m)``: the names it needs."""
    opening, _, rest_ = text.partition("/")
    return (text,) if not rest_ else (opening, rest_.strip("()").split(" + ")[1])


def rest(neuron: Neuron, gates: Mapping[str, str]) -> float:
    """The lowest potential at which the total steady current, without input, turns from charging to discharging."""
    slope = neuron.equations["v"].expression
    assert slope is not None

    def charging(v: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.broadcast_to(evaluate(slope, {**steady_values(neuron, gates, v), "I": 0.0}), v.shape)

    low, high = LOWEST, HIGHEST
    for _ in range(5):
        grid = np.linspace(low, high, POINTS)
        values = charging(grid)
        turns = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
        if not turns.size:
            return NO_REST
        low, high = grid[turns[0]], grid[turns[0] + 1]
    return float(0.5 * (low + high))
