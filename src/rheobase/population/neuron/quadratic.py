r"""Quadratic integrate-and-fire neurons of a network in their normal form, for the exact mean field.

Any neuron whose ``dv/dt`` is a quadratic polynomial of ``v`` with constant ``a > 0``, ``dv/dt = a (v - v_0)**2 + c``,
is ``tau dx/dt = x**2 + eta`` for ``x = a tau (v - v_0)`` and ``eta = a tau**2 c``. Its excitability ``eta`` may differ
between the neurons of a population as a Lorentzian does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.derivative import differentiate
from rheobase.model.distribution import Distribution, Lorentzian
from rheobase.model.evaluate import evaluate
from rheobase.model.expression import Binary, Expression, names
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.population.input.coverage import ports_of
from rheobase.population.neuron.drift import inlined
from rheobase.population.neuron.membrane import NotCovered
from rheobase.units import Dimension

Array = NDArray[np.float64]

#: Largest distance of the distribution of values from the Lorentzian through their quartiles, times the root of n:
#: drawn values exceed it in one of a thousand cases.
_LARGEST_DISTANCE = 1.3


@dataclass(frozen=True)
class Quadratic:
    """A population in its normal form; ``v = center + scale * x`` gives its voltage back.

    ``slopes`` says what a unit of a port adds to ``tau dx/dt``, ``height`` where a spike is emitted, as ``x``.
    """

    tau: float
    eta: float
    Delta: float
    center: float
    scale: float
    slopes: dict[str, float]
    voltage: str
    height: float

    @property
    def early(self) -> float:
        """By how much (ms) a spike is emitted before ``x`` would reach infinity."""
        return self.tau / self.height


def quadratic(network: Network, population: Population) -> Quadratic:
    """Read a population's neuron.

    Raises
    ------
    NotCovered
        If it is no quadratic neuron, if its excitability is no Lorentzian, or if it has noise.
    """
    neuron = population.neuron
    if len(neuron.states) != 1 or neuron.threshold is None or not neuron.has_reset:
        raise _refusal(population, "has to have one state, a threshold and a reset")
    voltage = neuron.states[0]
    tree = inlined(neuron, voltage)
    if neuron.noise:
        raise _refusal(population, "has noise, with which the reduction is not exact")
    curvature = differentiate(differentiate(tree, voltage), voltage)
    varies = names(curvature) & {voltage, *_spread_names(population)}
    fixed, spread = _values(population, names(tree))
    if varies or not (a := _number(curvature, fixed) / 2.0) > 0.0:
        raise _refusal(population, f"is not quadratic in '{voltage}' with one positive factor for all of its neurons")
    tau = _time_constant(population, fixed)
    slope = _number(differentiate(tree, voltage), fixed | spread[0] | {voltage: 0.0})
    level = _number(tree, fixed | spread[0] | {voltage: 0.0})
    wide = sum(abs(_slope(population, tree, name, fixed | spread[0])) * width for name, width in spread[1].items())
    ports = {name: _slope(population, tree, name, fixed | spread[0]) for name in ports_of(network, population.name)}
    center, scale = -slope / (2.0 * a), 1.0 / (a * tau)
    return Quadratic(
        tau, a * tau**2 * (level - slope**2 / (4.0 * a)), a * tau**2 * wide, center, scale,
        {name: a * tau**2 * value for name, value in ports.items()}, voltage, _height(population, center, scale),
    )  # fmt: skip


def coupling(target: Quadratic, projection: Projection, in_degree: float) -> tuple[float, float, float]:
    """``J``, time constant (ms; 0 for jumps) and delay of a projection: ``tau dx/dt = ... + tau J (filtered rate)``."""
    where, synapse = f"projection '{projection.pre}' to '{projection.post}'", projection.synapse
    weight = float(np.mean(_plain(projection.weight, f"{where}: the weights")))
    delay = float(np.mean(_plain(projection.delay, f"{where}: the delays")))
    if synapse.kind == "delta" and synapse.target == target.voltage:
        return in_degree * weight / target.scale, 0.0, delay
    if synapse.kind == "exponential" and synapse.tau is not None:
        return in_degree * weight * synapse.tau * target.slopes[synapse.target] / target.tau, synapse.tau, delay
    raise NotCovered(f"{where}: the exact mean field covers delta and exponential synapses; this one is {synapse.kind}")


def constant_input(network: Network, population: Population, own: Quadratic) -> float:
    """What constant currents add to ``eta``."""
    total = 0.0
    for item in network.inputs_of(population.name):
        if isinstance(item, PoissonInput):
            raise _refusal(population, "has Poisson input, with which the reduction is not exact")
        assert isinstance(item, CurrentInput)
        if item.dt is not None or np.ptp(item.amplitude) > 0.0:
            raise _refusal(population, "has a current that is not the same constant for all; give it to simulate()")
        total += own.slopes[item.target] * float(np.mean(item.amplitude))
    return total


def _plain(value: Any, what: str) -> Array:
    if isinstance(value, Distribution) or np.ptp(value) > 0.0:
        raise NotCovered(f"{what} have to be the same for all synapses in the exact mean field")
    return np.asarray(value, float)


def _refusal(population: Population, what: str) -> NotCovered:
    return NotCovered(
        f"population '{population.name}' {what}; the exact mean field covers quadratic integrate-and-fire neurons "
        "without noise, such as library.qif(eta=Lorentzian(-5, 1))"
    )


def _spread_names(population: Population) -> set[str]:
    values = {name: population.value(name) for name in population.neuron.parameters}
    return {name for name, value in values.items() if isinstance(value, Distribution) or np.ptp(value) > 0.0}


def _values(
    population: Population, used: frozenset[str]
) -> tuple[dict[str, float], tuple[dict[str, float], dict[str, float]]]:
    """Numbers of the parameters that are one; centers and widths of those that are Lorentzian."""
    fixed, centers, widths = {}, {}, {}
    for name in population.neuron.parameters:
        value = population.value(name)
        if not isinstance(value, Distribution) and np.ptp(value) == 0.0:
            fixed[name] = float(np.mean(value))
        elif name in used:
            found = value if isinstance(value, Lorentzian) else _recognised(value)
            if found is None:
                raise _refusal(population, f"has values of '{name}' that are not distributed as a Lorentzian")
            centers[name], widths[name] = float(found.center), float(found.width)
    return fixed, (centers, widths)


def _recognised(values: Any) -> Lorentzian | None:
    """The Lorentzian that listed values follow, by their quartiles; None if they follow none."""
    if isinstance(values, Distribution):
        return None
    low, center, high = np.quantile(values, [0.25, 0.5, 0.75], method="weibull")
    width, n = (high - low) / 2.0, values.size
    share = 0.5 + np.arctan((np.sort(values) - center) / width) / np.pi
    distance = np.max(np.abs(share - (np.arange(n) + 0.5) / n))
    return Lorentzian(center, width) if distance <= _LARGEST_DISTANCE / np.sqrt(n) else None


def _slope(population: Population, tree: Expression, name: str, values: dict[str, float]) -> float:
    slope = differentiate(tree, name)
    if names(slope) & {*population.neuron.states, *_spread_names(population)}:
        raise _refusal(population, f"multiplies '{name}' by something that differs")
    return _number(slope, values)


def _number(tree: Expression, values: dict[str, float]) -> float:
    return float(evaluate(tree, {name: values[name] for name in names(tree)}))


def _time_constant(population: Population, values: dict[str, float]) -> float:
    """``tau_m`` or ``tau`` if there is one, else 1 ms: it only scales ``x`` and ``eta``."""
    time = Dimension.of(time=1)
    for name in ("tau_m", "tau"):
        if name in values and population.neuron.equations.dimension_of(name) == time:
            return values[name]
    return 1.0


def _height(population: Population, center: float, scale: float) -> float:
    """Where spikes are cut off, as ``x``; infinite if the threshold is no number."""
    threshold = population.neuron.threshold
    if not isinstance(threshold, Binary) or threshold.op not in (">", ">=", "<", "<="):
        return math.inf
    side = threshold.right if threshold.op in (">", ">=") else threshold.left
    fixed, _ = _values(population, frozenset())
    return (_number(side, fixed) - center) / scale if names(side) <= fixed.keys() else math.inf


def cut_off(population: Population, own: Quadratic) -> str:
    """A sentence about the height at which spikes are cut off, empty if it is high."""
    if own.height >= 10.0 * math.sqrt(abs(own.eta) + own.Delta):
        return ""
    return f"Spikes of '{population.name}' are cut off at x = {own.height:.3g}, while the theory has them at infinity."
