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
from rheobase.model.expression import Call, Name, transform
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
        h = 1e-4 * (1 + abs(current))
        matrix[:, 0] = (system.rhs(point, current + h) - system.rhs(point, current - h)) / (2 * h)
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
    """Input at which a pair of eigenvalues becomes imaginary, with the voltage between ``low`` and ``high``."""
    return lambda neuron: _hopf(neuron, low, high)[0]


def hopf_frequency(low: float, high: float) -> Check:
    """Frequency (kHz) of the oscillation that is born there."""
    return lambda neuron: _hopf(neuron, low, high)[1]


def _hopf(neuron: Neuron, low: float, high: float) -> tuple[float, float]:
    """Input and frequency (kHz) of a Hopf bifurcation."""
    point, current = _crossing(neuron, _pairs, low, high)
    modes = np.linalg.eigvals(System(neuron).jacobian(point, current))
    imaginary = np.abs(modes.real) < 1e-6 * np.abs(modes.imag)
    if not imaginary.any():
        raise ModelError(f"{neuron.name} has a neutral saddle there, not a Hopf bifurcation")
    return current, float(np.abs(modes.imag[imaginary]).max() / (2 * np.pi))


def _crossing(
    neuron: Neuron, test: Callable[[NDArray[np.float64]], float], low: float, high: float
) -> tuple[Vector, float]:
    """The equilibrium, and its input, at which a function of the Jacobian is zero."""
    from scipy.optimize import brentq

    system = System(neuron)
    voltage = brentq(lambda v: test(system.jacobian(*equilibrium_at(system, v))), low, high, xtol=1e-12)
    return equilibrium_at(system, float(voltage))  # type: ignore[arg-type]


def _determinant(matrix: NDArray[np.float64]) -> float:
    return float(np.linalg.det(matrix))


def _pairs(matrix: NDArray[np.float64]) -> float:
    """Product of all sums of two eigenvalues: a smooth function that changes sign where a pair crosses the axis."""
    modes = np.linalg.eigvals(matrix)
    sums = [modes[i] + modes[j] for i in range(modes.size) for j in range(i)]
    return float(np.prod(sums).real)


def subexpression(name: str, **state: Any) -> Check:
    """An intermediate quantity at a state given by texts."""

    def check(neuron: Neuron) -> float:
        values = System(neuron).values(System(neuron).start)
        values |= {
            key: float(np.asarray(getattr(parse_quantity(value), "value", value))) for key, value in state.items()
        }
        for equation in neuron.equations.subexpressions:
            assert equation.expression is not None
            values[equation.name] = evaluate(equation.expression, values)
        return float(values[name])

    return check


def rheobase_of(threshold: str) -> Check:
    """Input that holds the first state at the parameter ``threshold``: the smallest that makes a leaky neuron fire."""

    def check(neuron: Neuron) -> float:
        return equilibrium_at(System(neuron), float(np.asarray(neuron.parameters[threshold])))[1]

    return check


def spike_count(duration: float = 1000.0, **changes: Any) -> Check:
    """Number of spikes in ``duration`` ms; a coarse tolerance tells them apart."""
    return lambda neuron: float(len(_spikes(neuron, duration, changes, 1e-7)))


def interval(number: int = -1, duration: float = 1000.0, **changes: Any) -> Check:
    """The interval of this number, the last one by default, ms."""
    return lambda neuron: float(np.diff(_spikes(neuron, duration, changes))[number])


def _spikes(neuron: Neuron, duration: float, changes: dict[str, Any], rtol: float = 1e-10) -> NDArray[np.float64]:
    from rheobase.library.trajectory import spike_times

    return spike_times(neuron, duration, changes, rtol)


def spike_time(number: int = 0, duration: float = 1000.0, **changes: Any) -> Check:
    """Time of the spike of this number, ms."""
    return lambda neuron: float(_spikes(neuron, duration, changes)[number])


def spike_probability(dt: float, steps: int = 100_001) -> Check:
    """Share of the interval from 0 to 1 in which a uniform random number fires the threshold in a step of ``dt``."""

    def check(neuron: Neuron) -> float:
        assert neuron.threshold is not None
        drawn = transform(neuron.threshold, lambda node: Name("drawn") if isinstance(node, Call) else node)
        values = {**neuron.parameters, "dt": dt, "drawn": (np.arange(steps) + 0.5) / steps}
        return float(np.mean(evaluate(drawn, values)))

    return check
