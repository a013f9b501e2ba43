"""What the theory says about itself: several states, and sentences where its conditions are broken."""

import numpy as np
import pytest

from rheobase.model.connect import FixedIndegree
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import steady_state, validity
from rheobase.population.fixed_points import rates_and_slopes
from rheobase.units import Hz, ms, mV

LIF = Neuron(
    "dv/dt = (I - v)/tau_m : mV (unless refractory)\nI : mV = 0*mV",
    threshold="v > 20*mV",
    reset="v = 10*mV",
    refractory=2 * ms,
    tau_m=20 * ms,
)


def excitatory(weight=0.2, drive=8.0, synapse=None, n=1000, size=2000):
    synapse = synapse or Synapse.delta()
    population = Population(LIF, size, "E")
    recurrent = Projection("E", "E", FixedIndegree(n), weight * mV, 1.5 * ms, synapse)
    return Network(population, [recurrent], [PoissonInput("E", drive * Hz, 0.1 * mV, n=1000)])


def test_a_bistable_network_has_three_states_and_a_sentence():
    state = steady_state(excitatory())
    stable = [point.stable for point in state.fixed_points]
    assert len(stable) == 3
    low, *others = state.fixed_points
    saddle = min(others, key=lambda point: point.rates[0])
    assert low.rates[0] < saddle.rates[0]
    assert state.rates == pytest.approx(low.rates)
    for point in state.fixed_points:
        rate, slope = rates_and_slopes(state.maps, point.rates * 1e-3)
        assert rate * 1e3 == pytest.approx(point.rates, rel=1e-11)
        assert (slope[0, 0] > 1.0) == (point is saddle)
    assert saddle.mode.growth_per_s > 0.0
    assert saddle.mode.frequency_hz == 0.0
    assert "3 self-consistent states; this is the one reached from silence" in state.status


def test_without_recurrence_there_are_no_modes():
    network = Network(Population(LIF, 10, "E"), inputs=[PoissonInput("E", 9 * Hz, 0.1 * mV, n=1000)])
    state = steady_state(network)
    assert state.modes == ()
    assert state.mode is None
    assert state.stable
    assert validity(network, state) == []


def test_silence_is_a_state():
    state = steady_state(Network(Population(LIF, 10, "E")))
    assert state.rates == pytest.approx([0.0])
    assert state.stable


def test_an_unstable_state_is_said_with_its_numbers(brunel):
    network = brunel(6.0, 4.0)
    sentences = validity(network, steady_state(network))
    assert sentences[0].startswith("The asynchronous state is unstable: a perturbation grows at 51.5/s")
    assert "oscillates at 190.2 Hz" in sentences[0]
    assert any("Large jumps" in s and "0.6 mV" in s and "6 % (E, I)" in s for s in sentences)


def test_the_irregular_state_breaks_one_condition_only(brunel):
    network = brunel(5.0, 2.0)
    (sentence,) = validity(network, steady_state(network))
    assert sentence.startswith("Coloured recurrent noise: of the input's variance, 93.2 % (E, I)")
    assert "0.675 (E, I)" in sentence
    assert "expect a lower CV" in sentence


def test_slow_synapses_and_few_inputs():
    weak = excitatory(0.001, 9.0, Synapse.exponential(5 * ms), size=20000)
    (sentence,) = validity(weak, steady_state(weak))
    assert sentence.startswith("Slow synapses: tau_s/tau_m is 0.25 (E)")
    assert "about 10 % off" in sentence
    few = Network(Population(LIF, 10, "E"), inputs=[PoissonInput("E", 60 * Hz, 1.5 * mV, n=8)])
    sentences = validity(few, steady_state(few))
    assert [s.split(":")[0] for s in sentences] == ["Large jumps", "Few inputs"]
    assert "9.6 (E)" in sentences[1]  # 8 sources of 60 Hz in 20 ms


def test_slow_decay_is_close_to_an_instability(brunel):
    network = brunel(5.0, 4.6)
    state = steady_state(network)
    assert state.stable
    assert validity(network, state)[0].startswith("The asynchronous state is close to an instability")
    assert np.isfinite(state.rates).all()
