"""Curves of states by the kernel for leaky neurons, and by the functions for any neuron."""

import numpy as np
import pytest

from rheobase.library import potjans_diesmann2014
from rheobase.model.connect import FixedIndegree
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population.input.statistics import input_map
from rheobase.population.states.fixed_points import add_new, polish
from rheobase.population.states.gain_curve import along_gain, any_along_gain
from rheobase.population.states.state_search import all_states
from rheobase.units import Hz, ms, mV

LIF = Neuron("dv/dt = (I - v)/tau_m : mV (unless refractory)\nI : mV = 0*mV", threshold="v > 20*mV", reset="v = 10*mV",
             refractory=5 * ms, tau_m=20 * ms)  # fmt: skip


def memory(drive):
    """Excitatory neurons with strong, slow synapses: three states between drives of about 0.56 and 0.9."""
    slow = Synapse.exponential(20 * ms, target="I")
    jump = 0.2 * mV
    return Network(
        [Population(LIF, 2000, "E")],
        [Projection("E", "E", FixedIndegree(100), jump, 1 * ms, slow)],
        [PoissonInput("E", drive * 10 * Hz, jump, n=500, synapse=slow)],
    )


@pytest.mark.parametrize("drive", [0.5, 0.6, 0.75, 0.89, 0.95])
def test_a_network_with_memory(drive):
    agree(memory(drive))


@pytest.mark.parametrize("point", [(5.0, 2.0), (4.5, 0.9), (3.0, 2.0), (3.6, 0.7), (3.5, 0.75)])
def test_brunels_network(brunel, point):
    agree(brunel(*point))


def test_eight_populations():
    agree(potjans_diesmann2014())


def agree(network):
    """From each state, the same states on the curve through it."""
    maps = input_map(network)
    assert maps.leaky is not None
    states = all_states(maps)
    assert states
    for start in states:
        one, other = (different(maps, start, find(maps, start)) for find in (along_gain, any_along_gain))
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-15)


def different(maps, start, points):
    found = [start]
    for point in points:
        add_new(found, polish(maps, point))
    return sorted(found, key=np.mean)


def test_a_curve_that_turns_around_passes_the_state_in_between():
    """At weaker coupling the active state and the one in between meet."""
    maps = input_map(memory(0.75))
    silent, between, active = all_states(maps)
    found = different(maps, active, along_gain(maps, active))
    np.testing.assert_allclose(found, [between, active], rtol=1e-9)
    assert active[0] > 0.03 > between[0] > silent[0]
