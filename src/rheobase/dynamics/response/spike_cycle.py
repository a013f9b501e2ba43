r"""Regular firing of a neuron with a reset, as a cycle with a jump, and the adjoint equation around it.

With the flow :math:`f`, the threshold :math:`h(x) = 0`, the reset :math:`x \mapsto R(x)` and a refractory time, a small
deviation :math:`\delta` before a spike moves it by :math:`-h'\delta / h'f`. What is left of it after the reset is
:math:`A\,\delta`, and the phase that it makes is :math:`Z_-\cdot\delta` with

.. math::
    A = R'\Big(1 - \frac{f\,h'^T}{h'\cdot f}\Big),\qquad Z_- = A^T Z_+ + \frac{h'}{h'\cdot f}

in time units; ``f``, ``h'`` and ``R'`` are taken just before the spike. Together with :math:`Z_+ = \Psi(0)\,Z_-` along
the flow this is a linear equation for :math:`Z_-`. States with the flag ``unless refractory`` stand still during the
refractory time, and so does what was added to them.

Reference
---------
Shirasaka S, Kurebayashi W, Nakao H (2017), Phase reduction theory for hybrid nonlinear oscillators, Phys Rev E
95:012212.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rheobase.compile.orbit import distance
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.settled import spike_train
from rheobase.dynamics.orbits.stimulus import called
from rheobase.errors import ModelError
from rheobase.model.derivative import differentiate
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Expression, Name, names, substitute
from rheobase.model.shape import is_condition
from rheobase.numerics.adjoint_flow import Stretch, stretch

Array = NDArray[np.float64]

_ROUNDS = 8
_CLOSED = 1e-10
_NEARLY = 0.9


@dataclass(frozen=True, eq=False)
class Jump:
    """What a spike does: threshold and reset as trees of the states before it, with exact derivatives."""

    field: VectorField

    @cached_property
    def definitions(self) -> dict[str, Expression]:
        inner: dict[str, Expression] = {}
        for equation in self.field.neuron.equations.subexpressions:
            assert equation.expression is not None
            inner[equation.name] = substitute(equation.expression, inner)
        return inner

    @cached_property
    def gap(self) -> Expression:
        assert self.field.neuron.threshold is not None
        return substitute(distance(self.field.neuron.threshold, "threshold"), self.definitions)

    @cached_property
    def after(self) -> dict[str, Expression]:
        """Every state after the reset; statements act one after the other."""
        current: dict[str, Expression] = {state: Name(state) for state in self.field.states}
        for line in self.field.neuron.reset:
            value = substitute(line.expression, {**self.definitions, **current})
            current[line.name] = value if line.op == "=" else Binary(line.op[:-1], current[line.name], value)
        return {state: current[state] for state in self.field.states}

    @cached_property
    def pause(self) -> float:
        """The refractory time, ms."""
        refractory = self.field.neuron.refractory
        if refractory is None:
            return 0.0
        tree = substitute(refractory, self.definitions)
        if is_condition(tree) or names(tree) & {*self.field.states, "lastspike"}:
            raise ModelError(
                f"the refractory time of {called(self.field)} depends on its state; the phase response of a neuron "
                "with a reset needs a fixed one, such as refractory='2*ms'"
            )
        return float(evaluate(tree, self._values(self.field.start)))

    @cached_property
    def moving(self) -> Array:
        """1 for states that move during the refractory time, 0 for those that stand still."""
        equations = self.field.neuron.equations.differential
        return np.array([0.0 if "unless refractory" in equation.flags else 1.0 for equation in equations])

    def height(self, x: Array) -> float:
        """``h``."""
        return float(evaluate(self.gap, self._values(x)))

    def until(self, x: Array, t: float, interval: float) -> float:
        """Rises through 0 where the flow ends."""
        return self.height(x)

    def heights(self, x: Array) -> Array:
        """``h`` at many states (k, n)."""
        values = {**self._values(self.field.start), **dict(zip(self.field.states, x.T, strict=True))}
        return np.broadcast_to(np.asarray(evaluate(self.gap, values), dtype=float), len(x))

    def _values(self, x: Array) -> dict[str, float]:
        known = {"t": 0.0, "lastspike": 0.0, "not_refractory": 1.0, "i": 0.0, "N": 1.0}
        given = dict(zip(self.field.parameters, self.field.values.tolist(), strict=True))
        return {**known, **given, **dict(zip(self.field.states, np.asarray(x).tolist(), strict=True))}

    def image(self, x: Array) -> Array:
        values = self._values(x)
        return np.array([float(evaluate(tree, values)) for tree in self.after.values()])

    def slopes(self, x: Array) -> Array:
        """``dR_i/dx_j``."""
        values = self._values(x)
        trees = [[differentiate(tree, state) for state in self.field.states] for tree in self.after.values()]
        return np.array([[float(evaluate(tree, values)) for tree in row] for row in trees])

    def normal(self, x: Array) -> Array:
        """``h'``."""
        values = self._values(x)
        return np.array([float(evaluate(differentiate(self.gap, state), values)) for state in self.field.states])


@dataclass(frozen=True, eq=False)
class Passage(Jump):
    """No jump at all: the flow passes a voltage upward, and goes on."""

    level: float

    @cached_property
    def pause(self) -> float:
        return 0.0

    @property
    def _at(self) -> int:
        return self.field.states.index(self.field.voltage)

    def image(self, x: Array) -> Array:
        return x

    def slopes(self, x: Array) -> Array:
        return np.eye(self.field.n)

    def normal(self, x: Array) -> Array:
        return np.eye(self.field.n)[self._at]

    def height(self, x: Array) -> float:
        return float(x[self._at]) - self.level

    def heights(self, x: Array) -> Array:
        return x[:, self._at] - self.level

    def until(self, x: Array, t: float, interval: float) -> float:
        """The passage that comes after about a period, not those before: the orbit begins at one."""
        return min(self.height(x), t / interval - _NEARLY)


@dataclass(frozen=True, eq=False)
class SpikeCycle:
    """Regular firing: one spike per period, at time 0.

    Attributes
    ----------
    after, before
        The states just after and just before the spike.
    rest, flight
        The refractory time (None without one) and the time from its end to the next spike.
    Z
        The phase response just before the spike (n,), ms per internal unit.
    multipliers
        How deviations after one spike appear after the next, (n,).
    """

    field: VectorField
    jump: Jump
    after: Array
    before: Array
    rest: Stretch | None
    flight: Stretch
    Z: Array
    multipliers: NDArray[np.complex128]

    @property
    def pause(self) -> float:
        """The refractory time, ms."""
        return self.rest.duration if self.rest is not None else 0.0

    @property
    def period(self) -> float:
        return self.pause + self.flight.duration

    def sampled(self, times: Array) -> tuple[Array, Array]:
        """States and phase response (T, n) at times from 0 to the period, in ms."""
        early, late = times[times < self.pause], times[times >= self.pause] - self.pause
        x, psi = self.flight.sampled(np.append(0.0, late))
        Z = psi @ self.Z
        if self.rest is None or not len(early):
            return x[1:], Z[1:]
        x0, psi0 = self.rest.sampled(early)
        return np.concatenate([x0, x[1:]]), np.concatenate([psi0 @ Z[0], Z[1:]])


def spike_cycle(field: VectorField, name: str | None) -> SpikeCycle:
    """The regular firing that the neuron settles into, by Newton's method on the return map of its reset.

    Raises
    ------
    ModelError
        If it does not fire regularly.
    """
    jump = Jump(field)
    _ = jump.pause  # refused before anything is simulated
    train = spike_train(field, name)
    larger = np.maximum(np.abs(train.before), np.abs(train.after))
    size = np.maximum(np.abs(train.before - train.after), 1e-2 * larger + 1e-6)
    return closed(field, jump, train.after, train.interval, size)


def closed(field: VectorField, jump: Jump, start: Array, interval: float, size: Array) -> SpikeCycle:
    """The periodic orbit with this jump near a state just after it.

    Parameters
    ----------
    field, jump
        The flow, and what happens at its end.
    start, interval
        A state (n,) just after a jump, and about how long it takes to the next.
    size
        Of the states, (n,).

    Raises
    ------
    ModelError
        If Newton's method on the return map does not find it.
    """
    after, one = start, np.eye(field.n)
    for _ in range(_ROUNDS):
        try:
            rest = _held(field, jump, after, jump.pause, size) if jump.pause > 0.0 else None
            end = after if rest is None else rest.end
            flight = stretch(
                field.rhs, field.jacobian, end, lambda x, t: jump.until(x, t, interval), tau=interval, size=size
            )
            Psi = flight.adjoint(np.zeros(1))[0]
            Psi = Psi if rest is None else rest.adjoint(np.zeros(1))[0] @ Psi
        except ArithmeticError as error:
            raise ModelError(f"the firing of {called(field)} cannot be followed: {error}") from None
        rate, normal = field.rhs(flight.end), jump.normal(flight.end)
        crossing = float(normal @ rate)
        kept = jump.slopes(flight.end) @ (one - np.outer(rate, normal) / crossing)
        missed = jump.image(flight.end) - after
        if np.all(np.abs(missed) <= _CLOSED * (np.abs(after) + size)):
            Z = np.linalg.solve(one - kept.T @ Psi, normal / crossing)
            multipliers = np.linalg.eigvals(kept @ Psi.T).astype(complex)
            return SpikeCycle(field, jump, after, flight.end, rest, flight, Z, multipliers)
        after = after + np.linalg.solve(one - kept @ Psi.T, missed)
    raise ModelError(f"the regular firing of {called(field)} was not found to full precision; it may be barely stable")


def _held(field: VectorField, jump: Jump, start: Array, pause: float, size: Array) -> Stretch:
    """The refractory time, in which some states stand still."""
    moving = jump.moving
    return stretch(
        lambda x: moving * field.rhs(x), lambda x: moving[:, None] * field.jacobian(x), start, lambda x, t: t - pause,
        tau=pause, size=size,
    )  # fmt: skip
