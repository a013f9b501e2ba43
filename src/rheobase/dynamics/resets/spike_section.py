"""Where the return map of a reset lives: the states just after a spike, and how the flow carries them to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.dynamics.field import VectorField
from rheobase.model.errors import ModelError
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import COMPARISONS, Binary, Expression, Name, names, substitute
from rheobase.model.shape import is_condition

Vector = NDArray[np.float64]

RTOL = 1e-10
_PAUSE_STEPS = 128
_MOST_STEPS = 100_000
_STEPS_A_SPIKE = 1000
_DURATIONS_MS = (2e4, 1e6, 1e8)
_NEWTON_STEPS = 60


@dataclass(frozen=True)
class Images:
    """What follows after-spike states.

    Attributes
    ----------
    points
        (rows, k): the free states after the next spike; nan where none follows.
    intervals
        (rows,) ms.
    rests
        (rows,): whether the neuron is known to come to rest instead.
    """

    points: Vector
    intervals: Vector
    rests: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Section:
    """The after-spike states of a neuron with a reset.

    A reset to a value of its own, such as ``v = v_reset``, forgets what the state was before; the states that remember
    are *free*, and the return map acts on them.
    """

    field: VectorField

    @classmethod
    def of(cls, field: VectorField) -> Section:
        """The section of a neuron.

        Raises
        ------
        ModelError
            If the neuron has no threshold or no reset, or is refractory on a condition.
        """
        neuron = field.neuron
        called = f"'{neuron.name}'" if neuron.name else "this neuron"
        if neuron.threshold is None or not neuron.has_reset:
            raise ModelError(
                f"{called} has no reset, so it has no return map of a reset; its spikes are cycles of the flow: use "
                "continuation(...) and .hopf[0].cycles()"
            )
        if neuron.refractory is not None and is_condition(neuron.refractory):
            raise ModelError(
                f"{called} is refractory while a condition holds; its return map needs a refractory time, such as "
                "refractory='2*ms'"
            )
        return cls(field)

    @cached_property
    def free(self) -> tuple[int, ...]:
        """The states that remember, in the order of the equations."""
        return tuple(at for at, state in enumerate(self.field.states) if self._remembers[state])

    @cached_property
    def _definitions(self) -> dict[str, Expression]:
        inner: dict[str, Expression] = {}
        for equation in self.field.neuron.equations.subexpressions:
            assert equation.expression is not None
            inner[equation.name] = substitute(equation.expression, inner)
        return inner

    @cached_property
    def _crossed(self) -> tuple[str, Expression] | None:
        """The state that has a known value at a spike, because the threshold compares it with parameters only."""
        match self.field.neuron.threshold:
            case Binary(op, Name(state), limit) if op in COMPARISONS and state in self.field.states:
                limit = substitute(limit, self._definitions)
                if not names(limit) & {*self.field.states, "lastspike"}:
                    return state, limit
        return None

    @cached_property
    def _remembers(self) -> dict[str, bool]:
        """Whether a state after the spike depends on a state before it."""
        known = {state: True for state in self.field.states}
        if self._crossed is not None:
            known[self._crossed[0]] = False
        for line in self.field.neuron.reset:
            used = names(substitute(line.expression, self._definitions))
            depends = any(known.get(name, False) for name in used) or "lastspike" in used
            known[line.name] = depends or (line.op != "=" and known[line.name])
        return known

    def starts(self, points: Vector, parameters: Vector) -> Vector:
        """(rows, n): whole states just after a spike, from the free ones (rows, k) and parameters (rows, n_par)."""
        whole = self._reset(np.broadcast_to(self.field.start, (len(points), self.field.n)), parameters)
        whole[:, list(self.free)] = points
        return whole

    def after(self, points: Vector, parameters: Vector) -> Vector:
        """(rows, k): the free states after a spike, from what they were before it."""
        states = np.array(np.broadcast_to(self.field.start, (len(points), self.field.n)))
        states[:, list(self.free)] = points
        return self._reset(states, parameters)[:, list(self.free)]

    def _reset(self, states: Vector, parameters: Vector) -> Vector:
        """The statements of the reset, one after the other, on states (rows, n) at a spike."""
        values = self._values(states, parameters)
        if self._crossed is not None:
            values[self._crossed[0]] = evaluate(self._crossed[1], values)
        values |= {name: evaluate(tree, values) for name, tree in self._definitions.items()}
        for line in self.field.neuron.reset:
            values[line.name] = _assigned(line.op, values[line.name], evaluate(line.expression, values))
        columns = [np.broadcast_to(values[state], len(states)) for state in self.field.states]
        return np.array(np.stack(columns, axis=1), dtype=float)

    def _values(self, states: Vector, parameters: Vector) -> dict[str, NDArray[np.float64] | float]:
        given = dict(zip(self.field.parameters, np.atleast_2d(parameters).T, strict=True))
        own = dict(zip(self.field.states, np.asarray(states).T, strict=True))
        return {"t": 0.0, "lastspike": 0.0, "i": 0.0, "N": 1.0, "not_refractory": 1.0, **given, **own}

    def pause(self, starts: Vector, parameters: Vector) -> tuple[Vector, Vector]:
        """The states at the end of the refractory time, and that time (rows,) in ms.

        What does not stand still moves slowly there, and is followed by the classical Runge-Kutta method.
        """
        rows = len(starts)
        if self.field.neuron.refractory is None:
            return starts, np.zeros(rows)
        values = self._values(starts, parameters)
        values |= {name: evaluate(tree, values) for name, tree in self._definitions.items()}
        pause = np.broadcast_to(np.asarray(evaluate(self.field.neuron.refractory, values), dtype=float), rows)
        equations = self.field.neuron.equations.differential
        moves = np.array([["unless refractory" not in equation.flags] for equation in equations])
        if not moves.any():
            return starts, pause
        x, h = starts.T.copy(), pause / _PAUSE_STEPS
        p = list(np.broadcast_to(parameters, (rows, parameters.shape[-1])).T)
        for _ in range(_PAUSE_STEPS):
            k1 = moves * self.field.rhs(x, p)
            k2 = moves * self.field.rhs(x + 0.5 * h * k1, p)
            k3 = moves * self.field.rhs(x + 0.5 * h * k2, p)
            k4 = moves * self.field.rhs(x + h * k3, p)
            x = x + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        return x.T.copy(), pause

    def images(self, points: Vector, parameters: Vector, longest: float, rtol: float = RTOL) -> Images:
        """The next after-spike state of each row, waited for up to ``longest`` (ms).

        Rows that have not fired by a tenth, a hundredth ... of that time and lie at a stable equilibrium are at rest.
        """
        from rheobase.dynamics.orbits.trajectory import trajectories

        rows = len(points)
        parameters = np.broadcast_to(parameters, (rows, len(self.field.parameters)))
        x, pause = self.pause(self.starts(points, parameters), parameters)
        result = Images(np.full((rows, len(self.free)), np.nan), np.full(rows, np.nan), np.zeros(rows, dtype=bool))
        waited, waiting = np.zeros(rows), np.arange(rows)
        for share in (1e-3, 1e-2, 1e-1, 1.0):
            if not waiting.size:
                break
            run = trajectories(self.field, x[waiting], parameters[waiting], duration=share * longest, stop_after=1,
                               rtol=rtol, most=_MOST_STEPS)  # fmt: skip
            fired = np.array([len(train) > 0 for train in run.spikes])
            for at in np.flatnonzero(fired):
                row = waiting[at]
                result.points[row] = np.asarray(run.after[at])[-1][list(self.free)]
                result.intervals[row] = pause[row] + waited[row] + run.spikes[at][-1]
            left = np.flatnonzero(~fired)
            waited[waiting] += np.asarray(run.ended)
            x[waiting] = run.final
            still = [not at_rest(self.field, run.final[at], parameters[waiting[at]]) for at in left]
            result.rests[waiting[left]] = ~np.array(still, dtype=bool)
            waiting = waiting[left][np.array(still, dtype=bool)]
            waiting = waiting[np.all(np.isfinite(x[waiting]), axis=1)]
        return result


@dataclass(frozen=True, eq=False)
class Orbit:
    """After-spike states (spikes, k) and the times of the spikes; ``end`` is "rest" or "lost" if they are too few.

    ``why`` goes on from "it ..." if it is lost.
    """

    states: Vector
    times: Vector
    end: str
    why: str = ""

    @property
    def full(self) -> bool:
        return not self.end

    @property
    def intervals(self) -> Vector:
        """(spikes - 1,) ms."""
        return np.diff(self.times)


def followed(section: Section, starts: Vector, parameters: Vector, spikes: int, rtol: float) -> list[Orbit]:
    """The orbits of whole states (rows, n) that are not refractory, for so many spikes each.

    Rows that fire slowly are followed for longer; those that have come to a stable equilibrium are not.
    """
    from rheobase.dynamics.orbits.trajectory import trajectories

    field, free = section.field, list(section.free)
    parameters = np.broadcast_to(parameters, (len(starts), len(field.parameters)))
    found = [Orbit(np.empty((0, len(free))), np.empty(0), "lost") for _ in starts]
    left = np.arange(len(starts))
    for duration in _DURATIONS_MS:
        run = trajectories(field, starts[left], parameters[left], duration=duration, stop_after=spikes, rtol=rtol,
                           most=_STEPS_A_SPIKE * (spikes + 10))  # fmt: skip
        again = []
        for at, row in enumerate(left):
            end = why = ""
            if len(run.spikes[at]) < spikes:
                end = "rest" if at_rest(field, run.final[at], parameters[row]) else "lost"
                why = run.status[at] if end == "lost" and run.failed[at] else ""
                if end == "lost" and not why:
                    again.append(row)
            states = np.asarray(run.after[at], dtype=float).reshape(-1, field.n)[:, free]
            found[row] = Orbit(states, np.asarray(run.spikes[at]), end, why)
        left = np.array(again, dtype=np.intp)
        if not left.size:
            break
    return found


def at_rest(field: VectorField, state: Vector, parameters: Vector) -> bool:
    """Whether Newton's method finds a stable equilibrium within 1e-4 of a state's values."""
    x = np.array(state, dtype=float)
    size = 1e-9 + 1e-6 * np.abs(x)
    for _ in range(_NEWTON_STEPS):
        try:
            step = np.linalg.solve(field.jacobian(x, parameters), field.rhs(x, parameters))
        except np.linalg.LinAlgError:
            return False
        x = x - step
        if not np.all(np.isfinite(x)) or np.any(np.abs(x - state) > 1e2 * size):
            return False
        if np.all(np.abs(step) <= 1e-6 * size):
            return bool(np.linalg.eigvals(field.jacobian(x, parameters)).real.max() < 0.0)
    return False


def _assigned(op: str, old: object, value: object) -> np.ndarray:
    left, right = np.asarray(old, dtype=float), np.asarray(value, dtype=float)
    match op:
        case "=":
            return right
        case "+=":
            return left + right
        case "-=":
            return left - right
        case "*=":
            return left * right
    return left / right
