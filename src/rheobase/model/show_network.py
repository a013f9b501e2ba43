"""A network in a line for each of its parts."""

from __future__ import annotations

from typing import Any

from rheobase.model.connect import Connectivity
from rheobase.model.distribution import Distribution
from rheobase.model.network import CurrentInput, GapJunction, Network, PoissonInput, Population, Projection
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
    if network.gap_junctions:
        lines += ["", "gap junctions", *(_gap_line(junction, network) for junction in network.gap_junctions)]
    return lines


def _population_line(population: Population) -> str:
    dimension = population.neuron.equations.dimension_of
    values = [f"{key} = {shown(value, dimension(key))}" for key, value in population.values.items()]
    return "  ".join([f"  {population.name}: {population.n:,} neurons", *values])


def _projection_line(projection: Projection, network: Network) -> str:
    weight = shown(projection.weight, _weight_dimension(projection, network[projection.post]))
    delay = shown(projection.delay, ms.dimension)
    what = f"{_rule_words(projection.connect)}, {weight}, after {delay}, {_synapse_words(projection.synapse)}"
    return f"  {projection.pre} -> {projection.post}: {what}"


def _rule_words(rule: Connectivity) -> str:
    counts = ", ".join(f"{key} = {value:,}" for key, value in vars(rule).items() if key in ("k", "n", "p"))
    return f"{type(rule).__name__}({counts})"


def _gap_line(junction: GapJunction, network: Network) -> str:
    conductance = shown(junction.conductance, gap_dimension(junction, network))
    what = f"{_rule_words(junction.connect)}, {conductance}, {junction.voltage} through {junction.target}"
    return f"  {junction.pre} - {junction.post}: {what}"


def gap_dimension(junction: GapJunction, network: Network) -> Dimension:
    """What a conductance of this gap junction is: input over voltage."""
    dimension_of = network[junction.post].neuron.equations.dimension_of
    return dimension_of(junction.target) / dimension_of(junction.voltage)


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
