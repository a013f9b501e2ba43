r"""Recognising a leaky integrate-and-fire neuron in a user's equations, and reading its numbers off the tree.

Covered is one membrane state with ``dv/dt = (v_rest - v)/tau_m + sum of slope * input + noise``, in any notation;
inputs may reach it through parameters (ports) and through states ``ds/dt = -s/tau_s`` that spikes raise; a threshold
``v > v_th``, a reset ``v = v_reset``, and a refractory time during which ``v`` is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from rheobase.model.distribution import Distribution
from rheobase.model.errors import ModelError
from rheobase.model.expression import Binary, Expression
from rheobase.model.network import Population
from rheobase.population.affine import Affine, NotAffine, affine


class NotCovered(ModelError):
    """The theory does not cover this neuron, synapse or input; the message says why."""


@dataclass(frozen=True)
class Membrane:
    """The numbers of a leaky integrate-and-fire neuron.

    Attributes
    ----------
    voltage : str
        Name of the membrane state.
    tau_m, t_ref : float
        Membrane time constant and refractory time, ms.
    v_rest, v_th, v_reset : float
        Where the membrane rests without input, threshold and reset, mV.
    noise : float
        Strength of the neuron's own white noise, ``dV = ... + noise dW``, mV/sqrt(ms).
    slopes : mapping
        For each port what a unit of it adds to ``dv/dt``: mV/ms per unit. Times ``tau_m`` it is the steady shift of
        ``v``.
    filters : mapping
        For each synaptic state its time constant (ms) and what a unit of it adds to ``dv/dt``.
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

    @property
    def lif(self) -> tuple[float, float, float, float]:
        """``(tau_m, v_th, v_reset, t_ref)``: what the rate needs beside the input."""
        return self.tau_m, self.v_th, self.v_reset, self.t_ref

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


def _sentence(population: Population, reason: str) -> str:
    covered = "the theory covers leaky integrate-and-fire neurons so far"
    return f"population '{population.name}': {covered}; this neuron {reason}"


def _read(population: Population, ports: tuple[str, ...]) -> Membrane:
    neuron = population.neuron
    voltage, v_th, scope = _threshold(population, ports)
    forms = {e.name: _form(e.expression, scope, f"d{e.name}/dt") for e in neuron.equations.differential}
    leak = forms[voltage].slopes.get(voltage, 0.0)
    if not leak < 0.0:
        raise NotAffine(f"has no leak: d{voltage}/dt does not pull '{voltage}' back to a rest")
    drive = forms[voltage].slopes
    filters = {name: _filter(name, forms[name], drive) for name in neuron.states if name != voltage}
    noise = float(np.sqrt(sum(drive.get(name, 0.0) ** 2 for name in neuron.noise)))
    v_reset = _reset(population, voltage, scope)
    if not v_reset < v_th:
        raise NotAffine("is reset to a voltage that is not below its threshold")
    slopes = {port: drive.get(port, 0.0) for port in ports}
    rest = forms[voltage].constant / -leak
    return Membrane(
        voltage, -1.0 / leak, rest, v_th, v_reset, _refractory(population, voltage, scope), noise, slopes, filters
    )


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
    if form.constant > 0.0 and "unless refractory" not in neuron.equations[voltage].flags:
        raise NotAffine(
            f"goes on integrating '{voltage}' while it is refractory (write '(unless refractory)' to hold it)"
        )
    return form.constant
