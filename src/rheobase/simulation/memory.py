"""How much memory a network will take, asked before any of it is allocated."""

from __future__ import annotations

import os

from rheobase.errors import ModelError
from rheobase.model.connect import expected_synapses
from rheobase.model.network import Network
from rheobase.simulation.connections import longest_steps, synapse_bytes

#: Steps of a block where no delay sets one, and at most.
FREE_BLOCK, LONGEST_BLOCK = 60, 120


class DoesNotFit(ModelError, MemoryError):
    """The network needs more memory than there is."""


def bytes_needed(network: Network, threads: int, dt: float, steps: int, traces: int) -> float:
    """Estimate of the largest arrays: synapses, row starts, ring, spike lists, traces."""
    total = 8.0 * steps * traces
    for projection in network.projections:
        pre, post = network[projection.pre].n, network[projection.post].n
        synapses = expected_synapses(projection.connect, pre, post, projection.pre == projection.post)
        total += synapses * synapse_bytes(projection, -(-post // threads), dt)
        total += 8.0 * (pre + 1) * threads
    per_neuron = 8.0 * (max(p.neuron.n_states for p in network.populations) + 2) + 4.0 * 2 * LONGEST_BLOCK
    return total + per_neuron * network.size + _ring_bytes(network, dt)


def _ring_bytes(network: Network, dt: float) -> float:
    """Slots of input to come, for every neuron and kind of synapse, as far ahead as the longest delay."""
    slots = max((longest_steps(p, dt) for p in network.projections), default=0) + LONGEST_BLOCK
    kinds = {(p.post, p.synapse) for p in network.projections}
    return 4.0 * slots * sum(network[post].n for post, _ in kinds)


def available_bytes() -> float:
    """Memory that can be had now; the whole machine's where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return 1024.0 * int(line.split()[1])
    except OSError:
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return float("inf")


def require_memory(network: Network, threads: int, dt: float, steps: int, traces: int) -> None:
    """Raise `DoesNotFit`, with the gigabytes, if the network will not fit."""
    needed, available = bytes_needed(network, threads, dt, steps, traces), available_bytes()
    if needed > 0.95 * available:
        raise DoesNotFit(
            f"network {network.name!r} needs about {needed / 1e9:.3g} GB ({network.synapses:,.0f} synapses), and "
            f"{available / 1e9:.3g} GB are free. Use fewer neurons or synapses, weights and delays that are constant "
            "(2 to 4 bytes a synapse instead of up to 10), shorter delays, or record fewer traces."
        )
