"""Poisson trains against closed forms; tolerances are standard errors of the statistics."""

import math

import numpy as np
import pytest
from scipy.stats import binom, kstest

from rheobase import Hz, ms, poisson, second
from rheobase.errors import ModelError

Z = 4.0  # standard errors: one false alarm in 16,000


def test_rate_cv_and_fano_of_a_poisson_process():
    trains = poisson.spike_trains(20 * Hz, 20 * second, n=500, seed=3)
    found = trains.statistics()
    assert abs(found.rate - 20) < Z * found.rate_error and found.rate_error < 0.1
    assert abs(found.cv - 1) < Z * found.cv_error and found.cv_error < 0.003
    assert abs(found.fano - 1) < Z * found.fano_error and found.fano_error < 0.05
    assert "cannot be told from a Poisson process" in found.status
    assert np.all(np.abs(found.correlation - 1) < 4.5 * found.correlation_error)  # 40 lags


def test_p_values_are_uniform_when_the_trains_are_poisson():
    found = [poisson.spike_trains(30, 500, n=100, seed=seed).statistics() for seed in range(150)]
    for values in ([s.count_p for s in found], [s.interval_p for s in found]):
        assert kstest(values, "uniform").pvalue > 1e-4


def test_counts_of_each_train_have_the_poisson_variance():
    counts = poisson.spike_trains(40, 250, n=20_000, seed=5).counts()[:, 0]
    assert abs(counts.mean() - 10) < Z * math.sqrt(10 / counts.size)
    # the variance of a variance of Poisson counts is (m + 2 m**2)/n
    assert abs(counts.var() - 10) < Z * math.sqrt((10 + 200) / counts.size)
    assert abs(np.mean(counts == 0) - math.exp(-10)) < Z * math.sqrt(math.exp(-10) / counts.size)


@pytest.mark.parametrize("refractory", [2.0, 10.0])
def test_refractory_time(refractory):
    trains = poisson.spike_trains(50, 20_000, n=200, refractory=refractory * ms, seed=7)
    nu = 0.05 / (1 + 0.05 * refractory)
    assert trains.theory.rate == pytest.approx(1e3 * nu) and trains.theory.cv == pytest.approx(1 - nu * refractory)
    gaps = trains.intervals()
    assert gaps.min() >= refractory
    assert kstest(gaps - refractory, "expon", args=(0, 20.0)).pvalue > 1e-3  # the hazard after it is r = 1/(20 ms)
    cv = gaps.std() / gaps.mean()
    assert abs(cv - trains.theory.cv) < Z * trains.theory.cv / math.sqrt(gaps.size)
    # each train starts with a neuron that is not refractory: 1 - nu tau**2/2 ... of a spike more than nu T
    extra = nu * refractory - nu * refractory * (1 - nu * refractory / 2)
    expected = nu * trains.duration + extra
    counts = trains.counts()[:, 0]
    assert abs(counts.mean() - expected) < Z * trains.theory.cv * math.sqrt(expected / counts.size)
    assert abs(counts.var(ddof=1) / counts.mean() - trains.theory.fano) < Z * trains.theory.fano * math.sqrt(2 / 199)
    assert "not from this Poisson process" in trains.statistics().status


@pytest.mark.parametrize(
    "rate, dt",
    [
        (lambda t: 30 + 25 * np.sin(0.01 * t), None),
        (np.r_[np.zeros(20), np.full(10, 80.0), np.full(30, 15.0)], 20 * ms),
    ],
    ids=["function", "array"],
)
def test_thinning_gives_the_asked_for_rate(rate, dt):
    trains = poisson.spike_trains(rate, 1200, dt=dt, n=4000, seed=11)
    edges = np.linspace(0, 1200, 25)
    counts = np.histogram(trains.times, edges)[0]
    expected = trains.n * np.diff(trains.rate.expected(edges))
    assert np.all(np.abs(counts - expected) <= 4.5 * np.sqrt(expected))
    if callable(rate):
        assert trains.rate.expected(1200.0) == pytest.approx(30 * 1.2 + 2.5 * (1 - math.cos(12)), rel=1e-6)
    assert trains.statistics().interval_p > 1e-3 and trains.statistics().count_p > 1e-3


def test_a_narrow_peak_that_the_grid_misses_is_found():
    def peak(t):
        return 200 + 3000 * (np.abs(t - 100.005) < 0.004)  # between two points of the grid of 0.01 ms

    with pytest.raises(ModelError, match="above bound = 250 Hz"):
        poisson.spike_trains(peak, 200, n=5000, bound=250 * Hz)
    trains = poisson.spike_trains(peak, 200, n=5000)
    inside = np.count_nonzero(np.abs(trains.times - 100.005) < 0.004)
    assert abs(inside - 5000 * 3.2 * 0.008) < Z * math.sqrt(5000 * 3.2 * 0.008)


def test_naive_scheme_errs_as_it_must():
    trains = poisson.spike_trains(100, 4000, n=500, scheme="bernoulli", dt=2 * ms, seed=2)
    p = 0.2
    assert trains.theory.cv == pytest.approx(math.sqrt(0.8)) and trains.theory.fano == pytest.approx(0.8)
    gaps = np.rint(trains.intervals() / 2).astype(int)
    assert gaps.min() == 1  # never two in a bin
    for k in (1, 2, 5):  # geometric
        share = p * (1 - p) ** (k - 1)
        assert abs(np.mean(gaps == k) - share) < Z * math.sqrt(share / gaps.size) + 5e-4  # train ends cut intervals off
    counts = trains.counts()[:, 0]
    assert abs(counts.var(ddof=1) - binom(2000, p).var()) < Z * binom(2000, p).var() * math.sqrt(2 / 499)
    assert trains.statistics().interval_p < 1e-9
    exact = poisson.spike_trains(100, 4000, n=500, seed=2)
    assert abs(exact.statistics().cv - 1) < Z * exact.statistics().cv_error


def test_curves_of_the_naive_scheme_are_not_torn_by_its_bins():
    found = poisson.spike_trains(100, 4000, n=300, scheme="bernoulli", dt=2 * ms, seed=4).statistics()
    assert found.bin == pytest.approx(0.2)
    first, *others = (
        found.correlation
    )  # two spikes are at least a bin apart, and further away know nothing of each other
    assert first == 0.0 and np.all(np.abs(np.array(others) - 1) < 4.5 * found.correlation_error[1:])


def test_same_seed_same_trains_whatever_else_is_asked_for():
    long = poisson.spike_trains(25, 2000, n=30, seed=9)
    few = poisson.spike_trains(25, 2000, n=7, seed=9)
    short = poisson.spike_trains(25, 800, n=30, seed=9)
    for k in range(7):
        np.testing.assert_array_equal(long[k], few[k])
        np.testing.assert_array_equal(long[k][long[k] <= 800], short[k])
    assert not np.array_equal(long.times, poisson.spike_trains(25, 2000, n=30, seed=10).times)
    assert abs(np.corrcoef(long.counts(100)[0], long.counts(100)[1])[0, 1]) < 0.9


def test_trains_are_sorted_inside_and_counted_once():
    trains = poisson.spike_trains(60, 700, n=40, seed=1)
    assert sum(train.size for train in trains) == trains.times.size == trains.counts(100).sum()
    assert all(np.all(np.diff(train) > 0) and train.max(initial=0) <= 700 for train in trains)
    assert len(trains) == 40 and trains[-1].size == trains[39].size
    assert "40 trains of 700 ms" in trains.summary()


def test_zero_rate_and_no_spikes():
    nothing = poisson.spike_trains(0, 100, n=3)
    assert nothing.times.size == 0 and nothing.intervals().size == 0
    with pytest.raises(ModelError, match="too few for statistics"):
        nothing.statistics()


def test_figures_are_drawn():
    trains = poisson.spike_trains(lambda t: 20 + t / 50, 1000, n=20)
    assert len(trains.plot().axes) == 2
    slower = poisson.spike_trains(50, 1000, n=3, refractory=10).plot().axes[1]
    assert slower.lines[-1].get_ydata()[0] == pytest.approx(50 / 1.5)
    assert len(trains.statistics().plot().axes) == 3


@pytest.mark.parametrize(
    "given, message",
    [
        ({"rate": -3}, "not negative"),
        ({"rate": "3 mV"}, "rate has to be a rate"),
        ({"rate": [1, 2]}, "needs dt"),
        ({"rate": [1.0, 2.0], "dt": 10}, "before the duration of 100 ms"),
        ({"duration": 0}, "positive time"),
        ({"n": 0}, "at least 1"),
        ({"seed": -1}, "seed = -1"),
        ({"scheme": "magic"}, "exact, bernoulli"),
        ({"scheme": "bernoulli"}, "needs the width of its bins"),
        ({"scheme": "bernoulli", "dt": 60}, r"r dt reaches 1.2, .* use dt < 50 ms"),
        ({"rate": lambda t: np.full(3, 1.0)}, "shape"),
        ({"rate": lambda t: -t}, "not negative"),
        ({"rate": lambda t: 20 if t < 50 else 50}, "cannot be called with an array of times .* np.where"),
        ({"rate": lambda t: 20 + math.sin(t)}, "cannot be called with an array of times"),
        ({"rate": [1, "a"], "dt": 50}, "has to be a number or numbers, in Hz"),
        ({"rate": 1e12}, "more than the 2e\\+08 that are held at once"),
        ({"rate": 20, "scheme": "bernoulli", "dt": 1e-7}, "more than the 2e\\+08 that are held"),
        ({"rate": lambda t: t, "bound": 5}, "give a larger bound"),
    ],
)
def test_mistakes_get_a_sentence(given, message):
    with pytest.raises(ModelError, match=message):
        poisson.spike_trains(**{"rate": 20, "duration": 100, **given})
