"""A network whose neurons have their adaptation replaced by its mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rheobase.model.connect import AllToAll
from rheobase.model.distribution import Distribution
from rheobase.model.errors import ModelError
from rheobase.model.network import Network, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.population import Value
from rheobase.model.shown_units import shown_unit
from rheobase.model.synapse import Synapse
from rheobase.population.input.input_map import InputMap, input_map, with_current
from rheobase.population.input.mean_voltage import voltage_integral
from rheobase.population.neuron.membrane import NotCovered, membrane
from rheobase.population.reduced.adaptation import Reduced, Slow, adapting, reduce
from rheobase.population.states.fixed_points import settle
from rheobase.units import Quantity, ms

Array = NDArray[np.float64]

_DELAY = 0.1  # ms: nothing beside tau_w, and a step of the simulation
_ROUNDS = 60


def adapted_network(network: Network) -> Network:
    """See `rheobase.population.reduced.mean_adaptation.mean_adaptation`."""
    parts = {p.name: reduce(p) for p in network.populations if adapting(p.neuron)}
    if not parts:
        raise NotCovered(f"network {network.name!r} has no neurons with adaptation; it needs no reduction")
    still = {name: {slow.name: slow.tau * slow.alpha for slow in own.slow} for name, own in parts.items()}
    first = _with_constants(network, parts, still)
    if all(slow.beta == 0.0 and not slow.pauses for own in parts.values() for slow in own.slow):
        return first
    return _with_constants(network, parts, _constants(input_map(first), first, parts, still))


def _with_constants(network: Network, parts: dict[str, Reduced], constant: dict[str, dict[str, float]]) -> Network:
    """The network with these constant parts of the adaptations (internal units); the rest is what spikes add."""
    members = [_population(p, parts[p.name], constant[p.name]) if p.name in parts else p for p in network.populations]
    added = [
        _own_spikes(p, parts[p.name], slow)
        for p in network.populations
        if p.name in parts
        for slow in parts[p.name].slow
        if slow.b != 0.0
    ]
    return network.with_(populations=members, projections=[*network.projections, *added])


def _population(population: Population, own: Reduced, constant: dict[str, float]) -> Population:
    neuron = own.at(constant)
    known = {*neuron.parameters, *neuron.states} - {slow.name for slow in own.slow}
    values = {key: value for key, value in population.values.items() if key in known}
    return Population(neuron, population.n, population.name, **{k: _given(neuron, k, x) for k, x in values.items()})


def _given(neuron: Neuron, key: str, value: Value) -> Any:
    """An own value of a population as it could be given again."""
    dimension = neuron.equations.dimension_of(key)
    if not isinstance(value, Distribution):
        return Quantity(value, dimension)
    parts = {part: None if x is None else Quantity(x, dimension) for part, x in vars(value).items()}
    return type(value)(**parts)


def _own_spikes(population: Population, own: Reduced, slow: Slow) -> Projection:
    """Every spike of the population raises every neuron's adaptation by ``b/n``: on average, as its own raise it."""
    unit = shown_unit(own.original, slow.name)
    weight = Quantity(slow.b / population.n, unit.dimension, unit)
    synapse = Synapse.exponential(slow.tau * ms, slow.name)
    return Projection(population.name, population.name, AllToAll(), weight, _DELAY * ms, synapse, "mean adaptation")


def _constants(
    maps: InputMap, network: Network, parts: dict[str, Reduced], still: dict[str, dict[str, float]]
) -> dict[str, dict[str, float]]:
    """What the voltage adds to each adaptation at the state reached from silence: secant steps, each for itself."""
    places = [(maps.names.index(name), slow) for name, own in parts.items() for slow in own.slow]
    pulls = np.array([_pull(network, maps, k, slow) for k, slow in places])
    start = np.array([still[maps.names[k]][slow.name] for k, slow in places])
    values, rates = start, np.zeros(len(maps.names))
    before: tuple[Array, Array] | None = None
    for _ in range(_ROUNDS):
        current = maps.current.copy()
        for (k, _), pull, change in zip(places, pulls, values - start, strict=True):
            current[k] += pull * change
        settled = settle(with_current(maps, current), rates)
        if settled is None:
            break
        rates = settled
        wanted = _wanted(with_current(maps, current), rates, places)
        if np.all(np.abs(wanted - values) <= 1e-11 * np.maximum(np.abs(wanted), np.abs(start).max() + 1.0)):
            found: dict[str, dict[str, float]] = {name: {} for name in parts}
            for (k, slow), value in zip(places, wanted, strict=True):
                found[maps.names[k]][slow.name] = float(value)
            return found
        slope = _slope(before, values, wanted)
        before, values = (values, wanted), values + (wanted - values) / (1.0 - slope)
    raise ModelError(
        "the mean of the adaptation and the rates do not settle together; simulate the network, or leave out what the "
        "voltage adds to the adaptation"
    )


def _slope(before: tuple[Array, Array] | None, values: Array, wanted: Array) -> Array:
    """How what is wanted changes with what there is; adaptation makes it negative."""
    if before is None:
        return np.zeros(values.size)
    step = values - before[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(step != 0.0, (wanted - before[1]) / step, 0.0)
    return np.clip(slope, -20.0, 0.5)


def _pull(network: Network, maps: InputMap, k: int, slow: Slow) -> float:
    return membrane(network[maps.names[k]], (slow.name,)).slopes[slow.name]


def _wanted(maps: InputMap, rates: Array, places: list[tuple[int, Slow]]) -> Array:
    """The adaptations that belong to these rates (kHz), without what a spike adds while ``w`` moves all the time."""
    local = maps.frozen(rates)
    drive = local.drive(rates)
    found = []
    for k, slow in places:
        m, rate = local.membranes[k], float(rates[k])
        inside, held = voltage_integral(m, float(drive.mu[k]), float(drive.sigma[k]), rate), rate * m.t_ref
        voltage, active = (inside, 1.0 - held) if slow.pauses else (inside + held * m.v_reset, 1.0)
        found.append(slow.mean(rate, voltage, active) - slow.tau * slow.b * rate)
    return np.array(found)
