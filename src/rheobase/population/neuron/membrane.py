r"""Recognising an integrate-and-fire neuron in a user's equations, and reading its numbers off the tree.

Covered is one membrane state with ``dv/dt = f(v) + sum of slope * input + noise``, in any notation; inputs may reach it
through parameters (ports) and through states ``ds/dt = -s/tau_s`` that spikes raise; a threshold ``v > v_th``, a reset
``v = v_reset``, and a refractory time during which ``v`` is held. Where ``f = (v_rest - v)/tau_m`` the neuron is a
leaky integrate-and-fire neuron, for which there are closed forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from rheobase.model.distribution import Distribution
from rheobase.model.errors import ModelError
from rheobase.model.expression import Binary, Expression
from rheobase.model.network import Population
from rheobase.model.neuron import Neuron
from rheobase.model.scales import require_positive_scales
from rheobase.numerics.first_passage import Interval
from rheobase.population.neuron.affine import Affine, NotAffine, affine
from rheobase.population.neuron.drift import (
    Drift,
    Loaded,
    additive_slopes,
    drift_of,
    require_finite,
    require_one_state,
    time_constant,
    used_names,
)

_COVERED = "the theory covers neurons with one membrane state, a threshold and a reset at fixed voltages"


class NotCovered(ModelError):
    """The theory does not cover this neuron, synapse or input; the message says why."""


@dataclass(frozen=True)
class Membrane:
    """The numbers of an integrate-and-fire neuron, ``tau_m dv/dt = F(v) + mu + noise``.

    Attributes
    ----------
    voltage : str
        Name of the membrane state.
    tau_m, t_ref : float
        Membrane time constant and refractory time, ms.
    v_rest, v_th, v_reset : float
        Where the membrane rests without input, threshold and reset, mV. The rest is that of the linear leak, ``F =
        v_rest - v``; 0 where there is a ``drift`` instead.
    noise : float
        Strength of the neuron's own white noise, ``dV = ... + noise dW``, mV/sqrt(ms).
    slopes : mapping
        For each port what a unit of it adds to ``dv/dt``: mV/ms per unit. Times ``tau_m`` it is the steady shift of
        ``v``.
    filters : mapping
        For each synaptic state its time constant (ms) and what a unit of it adds to ``dv/dt``.
    drift
        ``F(v)/tau_m`` if it is not linear, else None.
    scaled_by
        Where ``tau_m`` is from.
    """

    voltage: str
    tau_m: float
    v_rest: float
    v_th: float
    v_reset: float
    t_ref: float
    noise: float
    slopes: Mapping[str, float]
    filters: Mapping[str, tuple[float, float]]
    drift: Drift | Loaded | None = None
    scaled_by: str = "tau_m"

    @property
    def lif(self) -> tuple[float, float, float, float]:
        """``(tau_m, v_th, v_reset, t_ref)`` with voltages from the rest: what the rate needs beside the input."""
        return self.tau_m, self.v_th - self.v_rest, self.v_reset - self.v_rest, self.t_ref

    @cached_property
    def interval(self) -> Interval:
        """The drift from reset to threshold, for threshold integration."""
        if self.drift is not None:
            return self.drift.interval(self.v_reset, self.v_th)
        return Interval(lambda v: (self.v_rest - v) / self.tau_m, self.v_reset, self.v_th)

    def gain(self, port: str) -> float:
        """Steady shift of the membrane per unit of a port, mV per unit."""
        return self.slopes[port] * self.tau_m


def membrane(population: Population, ports: Iterable[str] = ()) -> Membrane:
    """Read a population's neuron as a leaky integrate-and-fire neuron.

    Parameters
    ----------
    population
        Its neuron and what differs from it in this population.
    ports
        Parameters of the neuron that synapses and currents add to.

    Raises
    ------
    NotCovered
        With the reason, in a sentence that names the population.
    """
    try:
        return _read(population, tuple(ports))
    except NotAffine as reason:
        raise NotCovered(_sentence(population, str(reason))) from None


def membrane_of(neuron: Neuron, **parameters: Any) -> Membrane:
    """Read a neuron by itself, some parameters changed; otherwise as `membrane`."""
    if not isinstance(neuron, Neuron):
        raise ModelError(f"the first argument must be a Neuron, not {type(neuron).__name__}")
    changed = neuron.with_(**parameters) if parameters else neuron
    for name, value in changed.parameters.items():
        if isinstance(value, np.ndarray) and value.size > 1:
            raise ModelError(
                f"{name} has {value.size} values, and one neuron has one: call this for each of them (mu and sigma "
                "may be arrays)"
            )
    try:
        return _read(Population(changed, 1, neuron.name or "neuron"), ())
    except NotAffine as reason:
        raise NotCovered(f"neuron '{neuron.name or 'without a name'}': {_COVERED}; this neuron {reason}") from None


def _sentence(population: Population, reason: str) -> str:
    return f"population '{population.name}': {_COVERED}; this neuron {reason}"


@lru_cache(maxsize=128)  # a network's populations are read once to see what is covered and once to use it
def _read(population: Population, ports: tuple[str, ...]) -> Membrane:
    neuron = population.neuron
    require_positive_scales(neuron, _numbers(population))
    voltage, v_th, scope = _threshold(population, ports)
    require_one_state(neuron, voltage)
    v_reset = _reset(population, voltage, scope)
    if not v_reset < v_th:
        raise NotAffine("is reset to a voltage that is not below its threshold")
    t_ref = _refractory(population, voltage, scope)
    linear = _linear(population, voltage, scope)
    if linear is None:
        return _nonlinear(population, ports, voltage, scope, (v_th, v_reset, t_ref))
    rest, leak, drive = linear
    others = {e.name: _form(e.expression, scope, f"d{e.name}/dt") for e in neuron.equations.differential}
    filters = {name: _filter(name, form, drive) for name, form in others.items() if name != voltage}
    slopes = {port: drive.get(port, 0.0) for port in ports}
    return Membrane(voltage, 1.0 / leak, rest, v_th, v_reset, t_ref, _noise(neuron, drive), slopes, filters)


def _numbers(population: Population) -> dict[str, Any]:
    """The parameters that are numbers, one or one for each neuron."""
    values = {name: population.value(name) for name in population.neuron.parameters}
    return {name: value for name, value in values.items() if not isinstance(value, Distribution)}


def _noise(neuron: Neuron, drive: Mapping[str, float]) -> float:
    return float(np.sqrt(sum(drive.get(name, 0.0) ** 2 for name in neuron.noise)))


def _linear(
    population: Population, voltage: str, scope: Mapping[str, Affine]
) -> tuple[float, float, Mapping[str, float]] | None:
    """Rest, leak (1/ms) and slopes of a membrane equation that is linear; None if it is not."""
    try:
        form = affine(_tree(population.neuron.equations[voltage].expression), scope)
    except NotAffine:
        return None
    leak = -form.slopes.get(voltage, 0.0)
    if leak < 0.0:
        raise NotAffine(f"has no leak: d{voltage}/dt does not pull '{voltage}' back to a rest")
    return (form.constant / leak, leak, form.slopes) if leak > 0.0 else None


def _nonlinear(
    population: Population,
    ports: tuple[str, ...],
    voltage: str,
    scope: Mapping[str, Affine],
    borders: tuple[float, float, float],
) -> Membrane:
    neuron, (v_th, v_reset, t_ref) = population.neuron, borders
    values = {name: population.value(name) for name in neuron.parameters}
    for name in used_names(neuron, voltage):
        if name in values and name not in scope:
            raise NotAffine(f"depends on '{name}', which differs between its neurons")
    others = [e for e in neuron.equations.differential if e.name != voltage]
    numbers = {name: float(np.mean(value)) for name, value in _numbers(population).items()}
    drive = additive_slopes(neuron, voltage, (*ports, *neuron.noise, *(e.name for e in others)), numbers)
    filters = {e.name: _filter(e.name, _form(e.expression, scope, f"d{e.name}/dt"), drive) for e in others}
    drift = drift_of(neuron, voltage, tuple(numbers.get(name, np.nan) for name in neuron.parameters))
    require_finite(drift, v_reset, v_th)
    tau_m, source = time_constant(neuron, numbers, drift, drift.interval(v_reset, v_th))
    slopes = {port: drive[port] for port in ports}
    return Membrane(
        voltage, tau_m, 0.0, v_th, v_reset, t_ref, _noise(neuron, drive), slopes, filters, drift, source
    )  # fmt: skip


def scope_of(population: Population, ports: tuple[str, ...]) -> dict[str, Affine]:
    """What every name of the neuron stands for: states, ports and noise vary, parameters are numbers."""
    neuron = population.neuron
    scope = {name: Affine(0.0, {name: 1.0}) for name in (*neuron.states, *neuron.noise)}
    for name in neuron.parameters:
        value = population.value(name)
        if isinstance(value, Distribution) or np.ptp(value) > 0.0:
            continue  # differs between neurons: a reason not to cover the neuron only if an equation uses it
        scope[name] = Affine(float(np.mean(value)), {name: 1.0} if name in ports else {})
    for equation in neuron.equations.subexpressions:
        try:
            scope[equation.name] = affine(_tree(equation.expression), scope)
        except NotAffine:
            continue  # likewise
    return scope


def _form(expression: Expression | None, scope: Mapping[str, Affine], what: str) -> Affine:
    try:
        return affine(_tree(expression), scope)
    except NotAffine as reason:
        raise NotAffine(f"has a {what} that {reason}") from None


def _tree(expression: Expression | None) -> Expression:
    if expression is None:
        raise NotAffine("has an equation without a right-hand side")
    return expression


def _threshold(population: Population, ports: tuple[str, ...]) -> tuple[str, float, dict[str, Affine]]:
    """The state that the threshold looks at, and where it lies."""
    neuron, scope = population.neuron, scope_of(population, ports)
    condition = neuron.threshold
    if condition is None:
        raise NotAffine("never spikes")
    if not (isinstance(condition, Binary) and condition.op in (">", ">=", "<", "<=")):
        raise NotAffine("has a threshold that is not of the form 'v > v_th'")
    above, below = (
        (condition.left, condition.right) if condition.op in (">", ">=") else (condition.right, condition.left)
    )
    form = _form(above, scope, "threshold") + _form(below, scope, "threshold").times(-1.0)
    states = [name for name, slope in form.slopes.items() if slope]
    if len(states) != 1 or states[0] not in neuron.states or form.slopes[states[0]] <= 0.0:
        raise NotAffine("has a threshold that is not of the form 'v > v_th'")
    return states[0], -form.constant / form.slopes[states[0]], scope


def _filter(name: str, form: Affine, drive: Mapping[str, float]) -> tuple[float, float]:
    """Time constant of a synaptic state, and what it adds to the membrane."""
    others = [other for other, slope in form.slopes.items() if slope and other != name]
    decay = form.slopes.get(name, 0.0)
    if others or form.constant != 0.0 or not decay < 0.0:
        raise NotAffine(f"has a second state '{name}' that is not of the form 'd{name}/dt = -{name}/tau'")
    return -1.0 / decay, drive.get(name, 0.0)


def _reset(population: Population, voltage: str, scope: Mapping[str, Affine]) -> float:
    lines = population.neuron.reset
    if len(lines) != 1 or lines[0].name != voltage or lines[0].op != "=":
        raise NotAffine(f"has a reset that is not of the form '{voltage} = constant'")
    form = _form(lines[0].expression, scope, "reset")
    if not form.is_constant:
        raise NotAffine(f"has a reset that is not of the form '{voltage} = constant'")
    return form.constant


def _refractory(population: Population, voltage: str, scope: Mapping[str, Affine]) -> float:
    neuron = population.neuron
    if neuron.refractory is None:
        return 0.0
    if isinstance(neuron.refractory, Binary) and neuron.refractory.op in (
        ">",
        ">=",
        "<",
        "<=",
        "==",
        "!=",
        "and",
        "or",
    ):
        raise NotAffine("has a refractory condition instead of a refractory time")
    form = _form(neuron.refractory, scope, "refractory time")
    if not form.is_constant:
        raise NotAffine("has a refractory time that changes")
    if not form.constant >= 0.0:
        raise NotAffine(f"has a refractory time of {form.constant:g} ms; it has to be 0 or more")
    if form.constant > 0.0 and "unless refractory" not in neuron.equations[voltage].flags:
        raise NotAffine(
            f"goes on integrating '{voltage}' while it is refractory (write '(unless refractory)' to hold it)"
        )
    return form.constant
