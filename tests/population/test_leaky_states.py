"""The kernel for leaky neurons does what the functions for any neuron do."""

import numpy as np
import pytest

from rheobase.library import potjans_diesmann2014
from rheobase.model.connect import FixedIndegree
from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import working_point
from rheobase.population.input.statistics import input_map
from rheobase.population.states.fixed_points import (
    any_rates_and_slopes,
    polish,
    polish_any,
    rates_and_slopes,
    settle,
    settle_any,
)
from rheobase.population.states.leaky_states import settle_leaky
from rheobase.units import Hz, ms, mV

LIF = Neuron("dv/dt = (I - v)/tau_m : mV\nI : mV = 0*mV", threshold="v > 20*mV", reset="v = 10*mV", tau_m=20 * ms)


def excitatory_inhibitory():
    """Exponential synapses with time constants of their own, no refractory time."""
    synapses = {"E": Synapse.exponential(3 * ms, target="I"), "I": Synapse.exponential(8 * ms, target="I")}
    weights = {"E": 0.5 * mV, "I": -1.2 * mV}
    projections = [
        Projection(pre, post, FixedIndegree(100), weights[pre], 1 * ms, synapses[pre]) for pre in "EI" for post in "EI"
    ]
    inputs = [
        PoissonInput(name, 8 * Hz, 0.6 * mV, n=n, synapse=synapses["E"]) for name, n in (("E", 1500), ("I", 1300))
    ]
    return Network([Population(LIF, 800, "E"), Population(LIF, 200, "I")], projections, inputs)


def runaway():
    """Excitation without a refractory time: the rates grow without end."""
    projections = [Projection("E", "E", FixedIndegree(1000), 0.5 * mV, 1 * ms)]
    return Network(Population(LIF, 1000, "E"), projections, [PoissonInput("E", 10 * Hz, 0.5 * mV, n=1000)])


def noiseless():
    """A constant current above threshold, and a population that nothing reaches."""
    return Network([Population(LIF, 10, "A"), Population(LIF, 10, "B")], inputs=[CurrentInput("A", 25 * mV)])


@pytest.mark.parametrize("point", [(5.0, 2.0), (6.0, 4.0), (4.5, 0.9), (3.0, 2.0), (3.0, 0.6)])
def test_brunels_network(brunel, point):
    agree(brunel(*point))


@pytest.mark.parametrize("make", [potjans_diesmann2014, excitatory_inhibitory, noiseless])
def test_other_networks(make):
    agree(make())


def agree(network):
    """Both to rounding, from silence and from elsewhere; or neither settles, as Brunel's (4.5, 0.9) from silence."""
    maps = input_map(network)
    assert maps.leaky is not None
    for start in (0.0, 0.004, 0.3):
        rates = np.full(len(maps.names), start)
        for one, other in zip(rates_and_slopes(maps, rates), any_rates_and_slopes(maps, rates), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * np.max(np.abs(other)))
        kernel, arrays = settle(maps, rates), settle_any(maps, rates)
        if kernel is None or arrays is None:
            assert kernel is arrays
            assert start == 0.0
            continue
        np.testing.assert_allclose(kernel, arrays, rtol=1e-12, atol=1e-18)
        np.testing.assert_allclose(polish(maps, kernel * 1.001), polish_any(maps, arrays * 1.001), rtol=1e-12)


def test_rates_that_do_not_settle():
    maps = input_map(runaway())
    assert settle(maps, np.zeros(1)) is None
    assert settle_any(maps, np.zeros(1)) is None
    with pytest.raises(ModelError, match="do not settle, from silence"):
        working_point(runaway())


def test_a_start_that_is_not_a_number_settles_nowhere(brunel):
    maps = input_map(brunel())
    assert settle(maps, np.array([np.nan, 0.0])) is None
    assert polish(maps, np.array([np.nan, 0.0])) is None


def test_other_neurons_and_conductances_are_left_to_the_arrays():
    qif = Neuron(
        "dv/dt = (v*v/mV - 10*mV + I)/tau_m : mV\nI : mV = 0*mV",
        threshold="v > 50*mV",
        reset="v = -50*mV",
        tau_m=20 * ms,
    )
    maps = input_map(Network(Population(qif, 10, "E"), inputs=[PoissonInput("E", 100 * Hz, 0.1 * mV, n=10)]))
    assert maps.leaky is None
    assert settle(maps, np.zeros(1)) == pytest.approx(settle_any(maps, np.zeros(1)), rel=1e-12)


def test_many_populations_are_left_to_lapack():
    names = [f"P{k}" for k in range(65)]
    inputs = [PoissonInput(name, 10 * Hz, 0.1 * mV, n=800 + 10 * k) for k, name in enumerate(names)]
    projections = [Projection(pre, post, FixedIndegree(10), -0.1 * mV, 1 * ms) for pre in names for post in names[:5]]
    maps = input_map(Network([Population(LIF, 100, name) for name in names], projections, inputs))
    found = settle(maps, np.zeros(65))
    np.testing.assert_array_equal(found, settle_any(maps, np.zeros(65)))
    assert maps.leaky is not None
    np.testing.assert_allclose(settle_leaky(maps.leaky, np.zeros(65)), found, rtol=1e-12)
