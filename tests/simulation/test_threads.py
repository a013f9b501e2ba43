"""Same seed, same spikes, bit for bit: on any number of threads, whatever is recorded, however the threads wait."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import library, progress
from rheobase.model.connect import Bernoulli, FixedIndegree, FixedTotalNumber
from rheobase.model.distribution import Lognormal, Normal, Uniform
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.simulation import run, simulate
from rheobase.units import Hz, Mohm, kHz, ms, mV, pA

NOISY = Neuron(
    "dv/dt = (-v + R*I)/tau + sigma*xi/sqrt(tau) : mV (unless refractory) \n I : pA = 0*pA", threshold="v > 15*mV",
    reset="v = 2*rand()*mV", refractory=2 * ms, tau=10 * ms, R=100 * Mohm, sigma=2 * mV, name="noisy_network",
)  # fmt: skip


@pytest.fixture(scope="module")
def network() -> Network:
    """Every source of randomness at once: weights, delays, connections, parameters, start, Poisson input, noise, reset.

    More neurons than a chunk of the engine holds, in numbers that no number of threads divides.
    """
    generator = np.random.default_rng(0)
    populations = [
        Population(NOISY, 1301, "E", v=Uniform(0 * mV, 15 * mV), tau=Normal(10 * ms, 1 * ms, low=5 * ms)),
        Population(NOISY, 307, "I", v=Uniform(0 * mV, 15 * mV), tau=Normal(8 * ms, 1 * ms, low=5 * ms)),
    ]
    excitatory, inhibitory = Synapse.exponential(3 * ms), Synapse.alpha(5 * ms)
    projections = [
        Projection(
            "E", "E", FixedIndegree(60), Normal(20 * pA, 5 * pA, low=0 * pA), Uniform(0.5 * ms, 4 * ms), excitatory
        ),
        Projection(
            "E", "I", Bernoulli(0.05), Lognormal(20 * pA, 8 * pA), Normal(1.5 * ms, 1 * ms, low=0.5 * ms), excitatory
        ),
        Projection("I", "E", FixedTotalNumber(20_011), -30 * pA, Lognormal(1.5 * ms, 0.5 * ms), inhibitory),
        Projection(
            "I",
            "I",
            FixedIndegree(20, autapses=False, multapses=False),
            Uniform(-40 * pA, -20 * pA),
            1 * ms,
            inhibitory,
        ),
    ]
    inputs = [
        PoissonInput("E", 5 * Hz, 20 * pA, n=400, synapse=excitatory),
        PoissonInput("I", generator.uniform(1, 3, 307) * kHz, 20 * pA, synapse=excitatory),
        CurrentInput("E", np.abs(np.sin(np.arange(1000) / 50)) * 60 * pA, dt=0.2 * ms),
        CurrentInput("I", generator.uniform(0, 60, (100, 307)) * pA, dt=1 * ms),
    ]
    return Network(populations, projections, inputs)


@pytest.fixture(scope="module")
def alone(network: Network):
    recording = simulate(network, 150 * ms, seed=7, threads=1)
    assert 10 < recording.rates()["E"][0] < 200
    assert recording.synapses == pytest.approx(network.synapses, rel=0.05)
    return recording


def assert_same(one, two) -> None:
    for part in ("population", "neuron", "time"):
        assert np.array_equal(getattr(one.spikes, part), getattr(two.spikes, part))


@pytest.mark.parametrize("threads", [2, 3])
def test_threads(network: Network, alone, threads: int):
    recording = simulate(network, 150 * ms, seed=7, threads=threads)
    assert recording.threads == threads
    assert recording.synapses == alone.synapses
    assert_same(recording, alone)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_that_do_not_wait_for_each_other(network: Network, alone, threads: int, monkeypatch):
    """They return to Python at nearly every meeting, as on a busy machine."""
    monkeypatch.setattr(run, "SPINS", 1)
    assert_same(simulate(network, 150 * ms, seed=7, threads=threads), alone)


def test_short_calls(network: Network, alone, monkeypatch):
    """One block a call, and spikes handed over at every chance."""
    monkeypatch.setattr(run, "_NEURON_STEPS", 1)
    monkeypatch.setattr(run, "_ROOM", 1)
    assert_same(simulate(network, 150 * ms, seed=7, threads=2), alone)


def test_recording_changes_nothing(network: Network, alone):
    """Traces of all threads are the same, too, and hold what they say: a spike is a value after the reset."""
    record = {"E": {"v": [0, 5, 600, 1300]}, "I": "v"}
    one, two = (simulate(network, 150 * ms, seed=7, threads=threads, record=record) for threads in (1, 2))
    assert_same(one, alone)
    assert_same(two, alone)
    for name in ("E", "I"):
        assert np.array_equal(one.traces[name]["v"], two.traces[name]["v"])
    assert one.traces["E"]["v"].shape == (1500, 4)
    for column, neuron in enumerate(one.traced["E"]["v"]):
        fired = np.rint(one.train("E", int(neuron)) / 0.1).astype(int) - 1
        assert fired.size > 0
        assert (one.traces["E"]["v"][fired, column] < 2).all()


def test_progress_changes_nothing_and_reports_time_and_speed(network: Network, alone, capsys, monkeypatch):
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(run, "_NEURON_STEPS", 100_000)
    assert_same(simulate(network, 150 * ms, seed=7, threads=1, progress=True), alone)
    shown = capsys.readouterr().err
    assert "ms [" in shown
    assert "x real time" in shown


def test_a_longer_run_begins_like_a_shorter_one(network: Network, alone):
    longer = simulate(network, 200 * ms, seed=7, threads=2)
    begin = longer.spikes.time <= 150 + 1e-9
    assert np.array_equal(longer.spikes.neuron[begin], alone.spikes.neuron)
    assert np.array_equal(longer.spikes.time[begin], alone.spikes.time)


@pytest.mark.parametrize("seed", [8, 7 + 2**32, 2**63 - 1])
def test_another_seed_is_another_network(network: Network, alone, seed: int):
    """All 63 bits of the seed count. The rate of another sample is the same within its error."""
    other = simulate(network, 150 * ms, seed=seed)
    assert len(other.spikes) != len(alone.spikes)
    (rate, error), (mean, spread) = other.rates()["E"], alone.rates()["E"]
    assert rate == pytest.approx(mean, rel=0.05)
    assert error > 0 and spread > 0


def test_more_threads_than_neurons():
    recording = simulate(Population(library.lif(I=500 * pA), 2, "A"), 100 * ms, threads=64)
    assert recording.threads == 2
    assert np.array_equal(recording.train("A", 0), recording.train("A", 1))
