"""Poisson sources and filtered Poisson input: intervals, counts, Campbell's theorem, the spectrum."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from rheobase import library
from rheobase.errors import ModelError
from rheobase.model.network import Network, PoissonInput, Population
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.simulation import simulate
from rheobase.units import Hz, Mohm, kHz, ms, mV, pA

RATE, N, DURATION, DT = 40.0, 500, 2000.0, 0.1


@pytest.fixture(scope="module")
def source():
    return simulate(Population(library.poisson(rate=RATE * Hz), N, "A"), DURATION * ms, dt=DT * ms, seed=3)


def test_rate(source):
    rate, error = source.rates()["A"]
    expected = math.sqrt(RATE / (N * DURATION / 1e3))
    assert abs(rate - RATE) < 4 * expected
    assert (
        0.3 * expected < error < 2.5 * expected
    )  # from ten windows: chi with nine degrees of freedom, and their neighbours


def test_intervals_are_geometric(source):
    """At most one spike a step, with the probability of at least one event (or rate*dt): intervals of whole steps."""
    order = np.lexsort((source.spikes.time, source.spikes.neuron))
    neuron, steps = source.spikes.neuron[order], np.rint(source.spikes.time[order] / DT).astype(int)
    keep = (neuron[1:] == neuron[:-1]) & (steps[:-1] < 10_000)  # begun in the first half: none is cut off
    intervals = np.diff(steps)[keep]
    p = RATE * DT / 1e3
    edges = np.append(stats.geom.ppf(np.linspace(0, 0.99, 60), p), np.inf)
    expected = intervals.size * np.diff(stats.geom.cdf(edges, p))
    observed = np.histogram(intervals, edges + 0.5)[0]
    assert stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-4
    assert source.cv()["A"] == pytest.approx(math.sqrt(1 - p), rel=0.02)


def test_counts(source):
    """Counts in 100 ms are binomial; Fano factor 1 - p."""
    windows = (np.ceil(source.spikes.time / 100 - 1e-9) - 1).astype(int)
    counts = np.bincount(source.spikes.neuron * 20 + windows, minlength=N * 20)
    p = RATE * DT / 1e3
    k = np.arange(15)
    expected = counts.size * stats.binom.pmf(k, 1000, p)
    observed = np.bincount(counts, minlength=15)[:15]
    keep = expected > 5
    assert stats.chisquare(observed[keep], expected[keep] * observed[keep].sum() / expected[keep].sum()).pvalue > 1e-4
    assert abs(source.fano(window=100)["A"] - (1 - p)) < 4 * math.sqrt(2 / counts.size)


def test_neurons_and_times_are_independent(source):
    """The variance of a step's count is the sum of the neurons' variances; successive steps do not correlate."""
    steps = np.rint(source.spikes.time / DT).astype(int)
    counts = np.bincount(steps, minlength=20_001)[1:]
    p = RATE * DT / 1e3
    assert counts.var() == pytest.approx(N * p * (1 - p), rel=5 * math.sqrt((2 + 1 / (N * p)) / counts.size))
    for lag in (1, 2, 3, 4, 8):
        assert abs(np.corrcoef(counts[lag:], counts[:-lag])[0, 1]) < 5 / math.sqrt(counts.size)


def test_spectrum_is_flat_at_the_level_of_shot_noise(source):
    """One-sided density of the population rate: 2 r/N (Hz**2/Hz)."""
    frequency, density = source.spectrum("A", bin=1, segment=100)
    level = 2 * RATE / N
    inner = density[1:-1]
    segments = 2 * DURATION / 100 - 1
    assert frequency[-1] == pytest.approx(500)
    assert abs(inner.mean() / level - 1) < 5 * math.sqrt(1 / (segments * inner.size / 1.5))
    assert inner.max() < 3 * level and inner.min() > level / 4


def test_the_rate_of_spikes_follows_the_number_of_steps():
    """Each step fires with probability rate*dt, whatever the step."""
    for dt in (0.5, 2.0):
        recording = simulate(Population(library.poisson(rate=RATE * Hz), N, "A"), DURATION * ms, dt=dt * ms)
        assert abs(recording.rates()["A"][0] - RATE) < 4 * math.sqrt(RATE / (N * DURATION / 1e3))


KEEP = Neuron("dv/dt = 0*v/ms : mV", name="keep")


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("mean", [0.05, 2.0, 11.9, 12.1, 300.0])
def test_events_of_poisson_input_in_a_step(mean: float, each: bool):
    """n sources of one rate, or a rate for each neuron: what arrives in a step is a Poisson count of mean n*rate*dt."""
    n, sources = 400, 5
    rate = mean / sources / DT
    input_ = PoissonInput("A", (np.full(n, rate) if each else rate) * kHz, 1 * mV, n=sources)
    v = simulate(Network(Population(KEEP, n, "A"), (), [input_]), 10 * ms, dt=DT * ms, seed=4, record="v").traces["A"][
        "v"
    ]
    counts = np.rint(np.diff(v, axis=0, prepend=0.0)).astype(int).ravel()
    edges = np.unique(np.append(stats.poisson.ppf(np.linspace(0, 1, 26)[1:-1], mean), [-1, np.inf]))
    expected = counts.size * np.diff(stats.poisson.cdf(edges, mean))
    observed = np.histogram(counts, edges + 0.5)[0]
    keep = expected > 5
    assert stats.chisquare(observed[keep], expected[keep] * observed[keep].sum() / expected[keep].sum()).pvalue > 1e-4
    assert abs(counts.mean() - mean) < 5 * math.sqrt(mean / counts.size)


def test_each_neuron_has_its_own_rate():
    rates = np.array([0.0, 1.0, 10.0, 100.0, 1000.0, 5000.0]) / 1e3
    network = Network(Population(KEEP, 6, "A"), (), [PoissonInput("A", rates * kHz, 2 * mV, n=3)])
    v = simulate(network, 2000 * ms, dt=1 * ms, record="v").traces["A"]["v"][-1]
    expected = 2000 * 3 * rates
    assert (np.abs(v / 2 - expected) <= 5 * np.sqrt(expected)).all()
    assert v[0] == 0


def test_rates_that_cannot_be_drawn_are_refused():
    with pytest.raises(ModelError) as error:
        simulate(Network(Population(KEEP, 2, "A"), (), [PoissonInput("A", 1e6 * kHz, 1 * mV)]), 1 * ms)
    assert str(error.value) == (
        "the Poisson input of population 'A' has 1e+05 events in a time step; up to 30000 can be drawn. "
        "Use a smaller dt, or replace it by its mean and white noise (xi)"
    )
    with pytest.raises(ModelError, match="has 1e\\+05 events in a time step; up to 600 can be drawn"):
        simulate(Network(Population(KEEP, 2, "A"), (), [PoissonInput("A", [1e6, 1] * kHz, 1 * mV)]), 1 * ms)


TAU_M, TAU_S, WEIGHT, R = 10.0, 4.0, 50.0, 0.1
PORT = Neuron("dv/dt = (-v + R*I)/tau : mV \n I : pA = 0*pA", R=100 * Mohm, tau=TAU_M * ms, name="port")


def answer(kind: str, t: np.ndarray) -> np.ndarray:
    """Potential after one event: a convolution of two or three exponentials, in closed form."""
    a = 1 / TAU_M - 1 / TAU_S
    if kind == "exponential":
        return R * WEIGHT / TAU_M * np.exp(-t / TAU_M) * np.expm1(a * t) / a
    return R * WEIGHT * math.e / (TAU_M * TAU_S) * np.exp(-t / TAU_M) * ((a * t - 1) * np.exp(a * t) + 1) / a**2


#: Which of the two synapses of each population are driven; the others are silent.
DRIVEN = {"A": ("exponential",), "B": ("alpha",), "C": ("exponential", "alpha")}


def test_campbells_theorem():
    """Mean and variance of filtered Poisson input: r times the integrals of h and of h**2. Inputs add up.

    Events fall on grid points, so the integrals are sums over the grid, exactly.
    """
    n, rate, dt = 2000, 2.0, 0.2
    inputs = [
        PoissonInput(name, rate * (kind in kinds) * kHz, WEIGHT * pA, synapse=getattr(Synapse, kind)(TAU_S * ms))
        for name, kinds in DRIVEN.items()
        for kind in ("exponential", "alpha")
    ]
    network = Network([Population(PORT, n, name) for name in DRIVEN], (), inputs)
    recording = simulate(network, 150 * ms, dt=dt * ms, seed=6, threads=2, record=dict.fromkeys(DRIVEN, "v"))
    lags = dt * np.arange(750)
    for name, kinds in DRIVEN.items():
        v = recording.traces[name]["v"][-1]
        h = np.concatenate([answer(kind, lags) for kind in kinds])
        mean, variance, third, fourth = (rate * dt * (h**power).sum() for power in (1, 2, 3, 4))
        assert abs(v.mean() - mean) < 4 * math.sqrt(variance / n), name
        assert abs(v.var() - variance) < 4 * math.sqrt((2 * variance**2 + fourth) / n), name
        assert abs(((v - mean) ** 3).mean() - third) < 4 * math.sqrt(15 * variance**3 / n), name
        # the sums over the grid are the integrals of the theorem to the second order
        area = sum(R * WEIGHT * TAU_S * (math.e if kind == "alpha" else 1) for kind in kinds)
        assert mean == pytest.approx(rate * area, rel=1e-3)


def test_populations_draw_numbers_of_their_own():
    """The same input of two populations is independent: neuron i of one and neuron i of the other do not correlate."""
    inputs = [PoissonInput(name, 20 * kHz, 1 * mV) for name in ("A", "B")]
    network = Network([Population(KEEP, 400, name) for name in ("A", "B")], (), inputs)
    traces = simulate(network, 10 * ms, record={"A": "v", "B": "v"}).traces
    one, two = (np.diff(traces[name]["v"], axis=0).ravel() for name in ("A", "B"))
    assert abs(np.corrcoef(one, two)[0, 1]) < 5 / math.sqrt(one.size)


@pytest.mark.parametrize("seed", [1, 2**32, 2**62])
def test_all_bits_of_the_seed_count(seed: int):
    network = Network(Population(KEEP, 400, "A"), (), [PoissonInput("A", 20 * kHz, 1 * mV)])
    first, other = (simulate(network, 1 * ms, seed=s, record="v").traces["A"]["v"][-1] for s in (0, seed))
    assert abs(np.corrcoef(first, other)[0, 1]) < 5 / math.sqrt(400)
