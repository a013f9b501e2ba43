"""Brunel's network at full size: 12,500 neurons, 15.6 million synapses, for 300 ms."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import library
from rheobase.simulation import simulate
from rheobase.units import ms


@pytest.fixture(scope="module")
def recording():
    return simulate(library.brunel2000(g=5, eta=2), 300 * ms, seed=1, threads=2)


def test_rate_is_that_of_the_other_simulators(recording):
    """NEST, Brian2 and GeNN: 37.3 to 38.0 Hz, theory 37.95; 200 ms tell it to 1 Hz."""
    for name in ("E", "I"):
        rate, error = recording.rates(start=100)[name]
        assert 0 < error < 1.5
        assert 36 < rate < 39
    assert recording.synapses == 12_500 * 1_250
    assert recording.memory < 4 * recording.synapses  # constant weights and delays: a target each, and row starts


def test_excitatory_and_inhibitory_neurons_are_statistically_alike(recording):
    """Same neuron, same input: rates differ within the error of their independent samples, irregularity alike."""
    (e, e_error), (i, i_error) = recording.rates(start=100).values()
    assert abs(e - i) < 4 * np.hypot(e_error, i_error)
    cv = recording.cv(start=100)
    assert cv["E"] == pytest.approx(cv["I"], rel=0.05)
    assert 0.3 < cv["E"] < 0.45  # 0.37 in 200 ms windows


def test_one_thread_gives_the_same_spikes(recording):
    alone = simulate(library.brunel2000(g=5, eta=2), 60 * ms, seed=1, threads=1)
    begin = recording.spikes.time <= 60 + 1e-9
    assert begin.sum() > 10_000
    assert np.array_equal(recording.spikes.time[begin], alone.spikes.time)
    assert np.array_equal(recording.spikes.neuron[begin], alone.spikes.neuron)
    assert np.array_equal(recording.spikes.population[begin], alone.spikes.population)


def test_tenth_of_the_size_in_the_synchronous_state_is_the_same_on_three_threads():
    network = library.brunel2000(g=3, eta=2, order=250, epsilon=0.5)
    runs = [simulate(network, 60 * ms, seed=3, threads=threads) for threads in (1, 3)]
    assert np.array_equal(runs[0].spikes.time, runs[1].spikes.time)
    assert np.array_equal(runs[0].spikes.neuron, runs[1].spikes.neuron)
    assert runs[0].rates(start=20)["E"][0] > 200
