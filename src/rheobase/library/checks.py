"""How the facts of the library are found from a model: equilibria, bifurcations, spike times.

These are slow, direct methods on the model's own equations, kept apart from the lenses so that they can test them. Each
function here returns a *check*: a function from a model to a number. Numbers are in the package's internal units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.library.system import System, Vector
from rheobase.model.evaluate import evaluate
from rheobase.model.neuron import Neuron
from rheobase.units import parse_quantity

Check = Callable[[Any], float]


def equilibrium(state: str, **inputs: float) -> Check:
    """Value of a state at the equilibrium that Newton's method finds from the start values."""

    def check(neuron: Neuron) -> float:
        system = System(neuron)
        point = system.start
        for _ in range(100):
            step = np.linalg.solve(system.jacobian(point, inputs.get("I")), system.rhs(point, inputs.get("I")))
            point = point - step
            if np.all(np.abs(step) <= 1e-13 * (1 + np.abs(point))):
                return float(point[neuron.states.index(state)])
        raise ModelError(f"no equilibrium was found from the start values of {neuron.name}")

    return check


def equilibrium_at(system: System, voltage: float) -> tuple[Vector, float]:
    """The states and the input ``I`` that hold the first state at ``voltage``: Newton with the voltage given."""
    point, current = system.start, float(np.asarray(system.neuron.parameters["I"]))
    point[0] = voltage
    for _ in range(100):
        matrix = system.jacobian(point, current)
        matrix[:, 0] = system.rhs(point, current + 1.0) - system.rhs(point, current)  # all inputs here are linear in I
        step = np.linalg.solve(matrix, system.rhs(point, current))
        current -= step[0]
        point[1:] -= step[1:]
        if np.all(np.abs(step) <= 1e-13 * (1 + np.abs(np.r_[current, point[1:]]))):
            return point, current
    raise ModelError(f"no equilibrium of {system.neuron.name} was found at {voltage}")


def saddle_node(low: float, high: float) -> Check:
    """Input at which two equilibria meet, with the voltage between ``low`` and ``high``: the Jacobian is singular."""
    return lambda neuron: _crossing(neuron, _determinant, low, high)[1]


def saddle_node_voltage(low: float, high: float) -> Check:
    """First state where two equilibria meet."""
    return lambda neuron: float(_crossing(neuron, _determinant, low, high)[0][0])


def hopf(low: float, high: float) -> Check:
    """Input at which a pair of eigenvalues crosses the imaginary axis, with the voltage between ``low`` and ``high``."""
    return lambda neuron: _crossing(neuron, _growth, low, high)[1]


def hopf_frequency(low: float, high: float) -> Check:
    """Frequency (kHz) of the oscillation that is born there."""

    def check(neuron: Neuron) -> float:
        modes = np.linalg.eigvals(System(neuron).jacobian(*_crossing(neuron, _growth, low, high)))
        return float(np.abs(modes.imag).max() / (2 * np.pi))

    return check


def _crossing(
    neuron: Neuron, test: Callable[[NDArray[np.float64]], float], low: float, high: float
) -> tuple[Vector, float]:
    """The equilibrium, and its input, at which a function of the Jacobian is zero."""
    from scipy.optimize import brentq

    system = System(neuron)
    voltage = brentq(lambda v: test(system.jacobian(*equilibrium_at(system, v))), low, high, xtol=1e-12, rtol=1e-14)
    return equilibrium_at(system, float(voltage))  # type: ignore[arg-type]


def _determinant(matrix: NDArray[np.float64]) -> float:
    return float(np.linalg.det(matrix))


def _growth(matrix: NDArray[np.float64]) -> float:
    """Growth rate of the leading oscillating mode."""
    modes = np.linalg.eigvals(matrix)
    oscillating = modes[np.abs(modes.imag) > 1e-12]
    if oscillating.size == 0:
        raise ModelError("there is no oscillating mode; choose a narrower range of voltages")
    return float(oscillating.real.max())




def subexpression(name: str, **state: Any) -> Check:
    """An intermediate quantity at a state given by texts."""

    def check(neuron: Neuron) -> float:
        values = System(neuron).values(System(neuron).start)
        values |= {key: float(np.asarray(getattr(parse_quantity(value), "value", value))) for key, value in state.items()}
        for equation in neuron.equations.subexpressions:
            assert equation.expression is not None
            values[equation.name] = evaluate(equation.expression, values)
        return float(values[name])

    return check


def rheobase_of(threshold: str) -> Check:
    """Input that holds the first state at the parameter ``threshold``: the smallest one that makes a leaky neuron fire."""

    def check(neuron: Neuron) -> float:
        return equilibrium_at(System(neuron), float(np.asarray(neuron.parameters[threshold])))[1]

    return check


def first_spike(duration: float = 1000.0, **changes: Any) -> Check:
    """Time of the first spike, ms."""
    return lambda neuron: float(_spikes(neuron, duration, changes)[0])


def spike_count(duration: float = 1000.0, **changes: Any) -> Check:
    """Number of spikes in ``duration`` ms."""
    return lambda neuron: float(len(_spikes(neuron, duration, changes)))


def interval(number: int = -1, duration: float = 1000.0, **changes: Any) -> Check:
    """The interval of this number, the last one by default, ms."""
    return lambda neuron: float(np.diff(_spikes(neuron, duration, changes))[number])


def _spikes(neuron: Neuron, duration: float, changes: dict[str, Any]) -> NDArray[np.float64]:
    from rheobase.library.trajectory import spike_times

    return spike_times(neuron, duration, changes)
