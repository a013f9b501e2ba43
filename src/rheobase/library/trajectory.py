"""Spike times from the equations by adaptive integration, with the events located to the tolerance of the integrator.

Slow and independent of the simulation: the facts of the library are found with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.errors import ModelError
from rheobase.library.system import System, Vector
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import COMPARISONS, Binary, Expression
from rheobase.model.neuron import Neuron
from rheobase.units import parse_quantity


def spike_times(
    neuron: Neuron, duration: float, changes: Mapping[str, Any] | None = None, rtol: float = 1e-10
) -> NDArray[np.float64]:
    """Times of the spikes in ``duration`` (ms), from the start values.

    Parameters
    ----------
    neuron
        A model without noise, whose threshold compares two quantities.
    changes
        Parameters or start values, as texts or quantities.
    rtol
        Relative tolerance of the integrator; the absolute one is a hundredth of it.
    """
    given = {name: parse_quantity(value) for name, value in (changes or {}).items()}
    system = System(neuron.with_(**given) if given else neuron)
    return np.array(_Walk(system, duration, rtol).spikes())


@dataclass(frozen=True)
class _Walk:
    system: System
    duration: float
    rtol: float

    def spikes(self) -> list[float]:
        distance = self._distance()
        if not self.system.neuron.has_reset:
            return list(self._integrate(0.0, self.duration, self.system.start, distance, stop=False)[0])
        found: list[float] = []
        time, state = 0.0, self.system.start
        while time < self.duration:
            events, state = self._integrate(time, self.duration, state, distance, stop=True)
            if not len(events):
                break
            found.append(float(events[0]))
            time, state = self._after_spike(found[-1], state)
        return found

    def _distance(self) -> Callable[[float, Vector], float]:
        """How far the state lies above the threshold."""
        threshold = self.system.neuron.threshold
        if not isinstance(threshold, Binary) or threshold.op not in COMPARISONS - {"==", "!="}:
            raise ModelError(f"the threshold of {self.system.neuron.name} is no comparison of two quantities")
        higher, lower = threshold.left, threshold.right
        if threshold.op.startswith("<"):
            higher, lower = lower, higher

        def distance(t: float, state: Vector) -> float:
            values = self.system.values(state)
            return float(evaluate(higher, values) - evaluate(lower, values))

        return distance

    def _integrate(
        self, start: float, end: float, state: Vector, event: Callable[[float, Vector], float] | None, stop: bool
    ) -> tuple[NDArray[np.float64], Vector]:
        """Times of the upward crossings, and the last state."""
        from scipy.integrate import solve_ivp

        if event is not None:
            event.terminal, event.direction = stop, 1.0  # type: ignore[attr-defined]
        moves = ~self._held if event is None else np.ones(state.size, dtype=bool)
        vector, parameters = self._functions

        def rhs(t: float, state: Vector) -> Vector:
            return vector(state, parameters, t) * moves

        solution = solve_ivp(
            rhs, (start, end), state, method="LSODA", rtol=self.rtol, atol=self.rtol / 100, events=event
        )
        if not solution.success:
            raise ModelError(f"{self.system.neuron.name}: {solution.message}")
        crossings = solution.t_events[0] if event is not None else np.empty(0)
        last = solution.y_events[0][0] if stop and len(crossings) else solution.y[:, -1]
        return crossings, np.asarray(last, dtype=float)

    @cached_property
    def _functions(self) -> tuple[Callable[[Vector, Any, float], Vector], Any]:
        """The right-hand side, and the parameters it takes."""
        from rheobase.compile.rhs import parameter_vector, right_hand_side

        return right_hand_side(self.system.neuron, "numpy"), parameter_vector(self.system.neuron)

    @property
    def _held(self) -> NDArray[np.bool_]:
        """Which states stand still while refractory."""
        equations = self.system.neuron.equations.differential
        return np.array(["unless refractory" in equation.flags for equation in equations])

    def _after_spike(self, time: float, state: Vector) -> tuple[float, Vector]:
        """Reset, and the refractory time."""
        neuron = self.system.neuron
        values = self.system.values(state)
        for line in neuron.reset:
            values[line.name] = _assigned(line.op, values[line.name], evaluate(line.expression, values))
        state = np.array([values[name] for name in neuron.states], dtype=float)
        if neuron.refractory is None:
            return time, state
        pause = _duration(neuron.refractory, values)
        end = min(time + pause, self.duration)
        return time + pause, self._integrate(time, end, state, None, stop=False)[1] if end > time else state


def _duration(tree: Expression, values: Mapping[str, Any]) -> float:
    if isinstance(tree, Binary) and tree.op in COMPARISONS:
        raise ModelError("a model with a reset needs a refractory time, not a condition, for this method")
    return float(evaluate(tree, values))


def _assigned(op: str, old: float, value: float) -> float:
    match op:
        case "=":
            return value
        case "+=":
            return old + value
        case "-=":
            return old - value
        case "*=":
            return old * value
    return old / value
