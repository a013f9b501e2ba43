"""A network in a line for each of its parts."""

from __future__ import annotations

from typing import Any

from rheobase.model.distribution import Distribution
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.synapse import Synapse
from rheobase.units import Dimension, Hz, Quantity, ms


def network_lines(network: Network) -> list[str]:
    """Size, populations, projections and inputs."""
    lines = [f"{network.size:,} neurons, about {network.synapses:,.0f} synapses", "", "populations"]
    lines += [_population_line(population) for population in network.populations]
    if network.projections:
        lines += ["", "projections", *(_projection_line(projection, network) for projection in network.projections)]
    if network.inputs:
        lines += ["", "inputs", *(_input_line(item, network) for item in network.inputs)]
    return lines


def _population_line(population: Population) -> str:
    dimension = population.neuron.equations.dimension_of
    values = [f"{key} = {shown(value, dimension(key))}" for key, value in population.values.items()]
    return "  ".join([f"  {population.name}: {population.n:,} neurons", *values])


def _projection_line(projection: Projection, network: Network) -> str:
    weight = shown(projection.weight, _weight_dimension(projection, network[projection.post]))
    delay = shown(projection.delay, ms.dimension)
    rule = type(projection.connect).__name__
    counts = ", ".join(
        f"{key} = {value:,}" for key, value in vars(projection.connect).items() if key in ("k", "n", "p")
    )
    what = f"{rule}({counts}), {weight}, after {delay}, {_synapse_words(projection.synapse)}"
    return f"  {projection.pre} -> {projection.post}: {what}"


def _input_line(item: PoissonInput | CurrentInput, network: Network) -> str:
    target = network[item.population]
    if isinstance(item, CurrentInput):
        amplitude = shown(item.amplitude, target.neuron.equations.dimension_of(item.target))
        return f"  current -> {item.population}: {amplitude} into {item.target}"
    weight = shown(item.weight, _weight_dimension(item, target))
    rate = shown(item.rate, Hz.dimension)
    return f"  Poisson -> {item.population}: {item.n:,} x {rate}, {weight}, {_synapse_words(item.synapse)}"


def _weight_dimension(item: Projection | PoissonInput, target: Population) -> Dimension:
    return item.synapse.weight_dimension(target.neuron.equations.dimension_of(item.synapse.target))


def _synapse_words(synapse: Synapse) -> str:
    times = "" if synapse.tau is None else f" of {synapse.tau:g} ms"
    reversal = "" if synapse.reversal is None else f", reversal at {synapse.reversal:g} mV"
    return f"{synapse.kind}{times} on {synapse.target}{reversal}"


def shown(value: Any, dimension: Dimension) -> str:
    """An internal value with its usual unit."""
    if isinstance(value, Distribution):
        parts = (f"{key}={shown(part, dimension)}" for key, part in vars(value).items() if part is not None)
        return f"{type(value).__name__}({', '.join(parts)})"
    return repr(Quantity(value, dimension))
