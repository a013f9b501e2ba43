"""What the theory covers of a network: which populations, and why not the others."""

from __future__ import annotations

import numpy as np

from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.synapse import Synapse
from rheobase.population.input.action import action
from rheobase.population.input.conductance import linear
from rheobase.population.input.sources import poisson_rate
from rheobase.population.neuron.drift import Drift, falls_away
from rheobase.population.neuron.membrane import Membrane, NotCovered, membrane

_DIFFERS = (
    "the theory covers input that is the same for all neurons of a population so far; this one differs between them"
)


def missing(network: Network) -> list[str]:
    """What the theory does not cover yet, a sentence for each neuron, synapse and input; empty if there is nothing."""
    if not isinstance(network, Network):
        raise ModelError(
            f"the theory of networks needs a Network, not {type(network).__name__}; models of the library are made by "
            "library.make(name), and for a single neuron there are population.transfer, response and isi"
        )
    return [sentence for population in network.populations for sentence in _reasons(network, population)]


def covered(network: Network) -> Network | None:
    """The part of a network whose rates the theory can give: it hears nothing, directly or not, of the rest.

    Returns
    -------
    Network or None
        The populations that are covered themselves and have covered sources only, with what connects and drives them;
        the network itself if that is all of it, None if it is nothing.
    """
    lost = {population.name for population in network.populations if _reasons(network, population)}
    if not lost:
        return network
    while reached := {p.post for p in network.projections if p.pre in lost} - lost:
        lost |= reached
    kept = [population for population in network.populations if population.name not in lost]
    if not kept:
        return None
    projections = [p for p in network.projections if p.post not in lost]  # and so p.pre is not lost either
    inputs = [item for item in network.inputs if item.population not in lost]
    return Network(kept, projections, inputs, network.name, network.source)


def ports_of(network: Network, name: str) -> tuple[str, ...]:
    """The parameters of a population's neuron that synapses and currents add to."""
    targets = []
    for item in (*network.projections_into(name), *network.inputs_of(name)):
        if isinstance(item, CurrentInput):
            targets.append(item.target)
        elif item.synapse.kind != "delta":
            targets.append(item.synapse.target)
    return tuple(dict.fromkeys(targets))


def _reasons(network: Network, population: Population) -> list[str]:
    """Why the theory does not cover a population or what it receives."""
    coupled = network.gap_junctions_of(population.name)
    if coupled:
        partner = coupled[0].pre if coupled[0].post == population.name else coupled[0].post
        return [
            f"population {population.name!r}: the theory covers synapses that act by spikes so far; this one has gap "
            f"junctions with {partner!r}. Simulate it, or leave them out: network.with_(gap_junctions=())"
        ]
    ports = ports_of(network, population.name)
    if poisson_rate(population, ports) is not None:
        return []
    try:
        target = membrane(population, ports)
    except NotCovered as reason:
        return [str(reason)]
    if isinstance(target.drift, Drift) and falls_away(target.drift, target.v_reset, target.v_th):
        return [
            f"population {population.name!r}: nothing pulls '{target.voltage}' up below the reset, but down, so that "
            "noise carries it away for good and there is no stationary state: give the neuron a leak that wins there"
        ]
    items = (*network.projections_into(population.name), *network.inputs_of(population.name))
    return [sentence for item in items for sentence in _obstacles(item, target)]


def _obstacles(item: Projection | PoissonInput | CurrentInput, target: Membrane) -> list[str]:
    """Why the theory does not cover a projection or an input."""
    if isinstance(item, CurrentInput):
        name = f"the current into '{item.population}'"
        if item.dt is not None:
            return [
                f"{name}: the stationary theory covers constant currents; this one is a time course, "
                "which population.fokker_planck(network, duration) follows"
            ]
        return [f"{name}: {_DIFFERS}"] if np.ptp(item.amplitude) > 0.0 else []
    into = (
        f"projection '{item.pre}' to '{item.post}'"
        if isinstance(item, Projection)
        else f"the input of '{item.population}'"
    )
    sentences = []
    try:
        if action(target, item.synapse).reversal is not None:
            linear(target)
    except NotCovered as reason:
        sentences.append(f"{into}: {reason}")
    if isinstance(item, PoissonInput) and np.ptp(item.rate) > 0.0:
        sentences.append(f"{into}: {_DIFFERS}")
    return sentences


def synapse_charge(target: Membrane, synapse: Synapse) -> tuple[float, float]:
    """What a unit weight moves the membrane by in all, and the time constant (ms; 0 for an instantaneous jump).

    Raises
    ------
    NotCovered
        For a conductance, which moves the membrane by an amount that depends on the voltage.
    """
    what = action(target, synapse)
    if what.reversal is not None:
        raise NotCovered(f"a conductance synapse on '{synapse.target}' moves the membrane by no fixed amount")
    return what.charge, what.tau_s
