"""How the facts about networks are found: counts, stationary theory, simulation. Internal units (rates in kHz)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rheobase.library.checks import Check
from rheobase.model.network import Network, PoissonInput


def size(network: Network) -> float:
    """Number of neurons."""
    return float(network.size)


def synapses(network: Network) -> float:
    """Number of synapses between the neurons."""
    return float(network.synapses)


def in_degree(source: str, target: str) -> Check:
    """Mean number of synapses that a neuron of ``target`` receives from ``source``."""

    def check(network: Network) -> float:
        found = [p for p in network.projections_into(target) if p.pre == source]
        only = network.with_(projections=found)
        return float(only.synapses / network[target].n)

    return check


def external_rate(population: str) -> Check:
    """Rate of one external source."""

    def check(network: Network) -> float:
        sources = [item for item in network.inputs_of(population) if isinstance(item, PoissonInput)]
        return float(sources[0].rate)

    return check


@lru_cache(maxsize=4)
def _steady_state(network: Network) -> Any:
    from rheobase.population import steady_state

    return steady_state(network)


def theory_rate(population: str) -> Check:
    """Stationary rate of mean-field theory."""

    def check(network: Network) -> float:
        state = _steady_state(network)
        return float(state.rates[list(state.populations).index(population)]) * 1e-3

    return check


def theory_growth() -> Check:
    """Growth rate of the leading mode of the population activity, per ms."""
    return lambda network: float(_steady_state(network).mode.growth_per_s) * 1e-3


def theory_frequency() -> Check:
    """Frequency of the leading mode."""
    return lambda network: float(_steady_state(network).mode.frequency_hz) * 1e-3


def simulated_rate(population: str, duration: float = 1000.0, transient: float = 100.0) -> Check:
    """Rate in a simulation of ``duration`` ms after a ``transient``."""

    def check(network: Network) -> float:
        from rheobase.simulation import simulate
        from rheobase.units import ms

        recording = simulate(network, (transient + duration) * ms, seed=1)
        return float(recording.rates(start=transient * ms)[population][0]) * 1e-3

    return check
