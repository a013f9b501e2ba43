"""Correlations and spectra of simulations against the theory, over several sizes and several seeds."""

import json
import math

import numpy as np
import pytest

from rheobase import ModelError, Network, Population, Projection, compare, ms, mV, simulate
from rheobase.check import Score
from rheobase.check.counts import counts
from rheobase.model.connect import FixedIndegree
from rheobase.model.neuron import Neuron
from rheobase.population.fluctuations.correlations import correlations

LIF = Neuron(
    "dv/dt = (24*mV - v)/tau_m + sigma*xi/sqrt(tau_m) : mV (unless refractory)\nsigma : mV = 3*mV",
    threshold="v > 20*mV",
    reset="v = 10*mV",
    refractory=2 * ms,
    tau_m=20 * ms,
)


def inhibitory(n):
    return Network([Population(LIF, n, "I")], [Projection("I", "I", FixedIndegree(50), -0.4 * mV, 2 * ms)])


def test_the_covariance_of_pairs_is_inverse_to_the_size():
    """Slope -1 +- 0.05 over three sizes, which is more than four standard errors of the measured slope.

    A variance from ``W`` windows is known to ``sqrt(2/W)``, and all pairs together are one variance. Theory and
    simulation differ in what the theory takes for white: a fifth of the input's variance, whose trains have a Fano
    factor of 0.7; and in the time step.
    """
    window, sizes = 20.0, np.array([250, 500, 1000])
    measured, error, theory = [], [], []
    for n in sizes:
        found = correlations(inhibitory(int(n)), window=window * ms)
        counted = counts(simulate(inhibitory(int(n)), 100_200 * ms, dt=0.2 * ms, seed=int(n)), 200.0, window)
        variance = found.population_fano[0] * found.rates[0] * window * 1e-3 / (n - 1)
        measured.append(counted.covariance[0, 0])
        error.append(variance * math.sqrt(2 / counted.windows))
        theory.append(found.count_covariance[0, 0])
    measured, relative = np.array(measured), np.array(error) / np.abs(measured)
    slope = np.polyfit(np.log(sizes), np.log(-measured), 1)[0]
    assert 4 * math.hypot(relative[0], relative[2]) / math.log(4) < 0.05
    assert slope == pytest.approx(-1.0, abs=0.05)
    assert np.all(np.abs(measured / theory - 1) < 4 * relative + 0.2 * 0.3)


def test_counts_of_a_recording_that_is_known():
    """Two populations by hand: windows of 10 ms, a spike at an end belongs to the window that it ends."""
    from rheobase.simulation import Recording, Spikes

    population = np.array([0, 0, 0, 1, 1], np.int32)
    neuron = np.array([0, 1, 0, 0, 0], np.int32)
    time = np.array([5.0, 10.0, 25.0, 12.0, 22.0])
    recording = Recording(Spikes(population, neuron, time), ("a", "b"), (2, 1), 30.0, 0.1, 1)
    found = counts(recording, 0.0, 10.0)
    tables = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]])
    exact = np.cov(tables)
    assert found.windows == 3
    assert found.variance == pytest.approx([(exact[0, 0] + exact[1, 1]) / 2, exact[2, 2]])
    assert found.covariance[0, 0] == pytest.approx(exact[0, 1])
    assert found.covariance[0, 1] == pytest.approx((exact[0, 2] + exact[1, 2]) / 2)
    assert math.isnan(found.covariance[1, 1])
    assert np.isnan(counts(recording, 0.0, 20.0).covariance).all()


def test_a_z_score_is_beyond_two_as_often_for_few_seeds_as_for_many():
    from scipy.stats import norm, t

    for seeds in (2, 3, 30):
        critical = t.isf(0.025, seeds - 1)
        assert Score("rate", ("E",), critical, 1.0, 0.0, "Hz", seeds).z == pytest.approx(norm.isf(0.025))
        assert Score("rate", ("E",), -critical, 1.0, 0.0, "Hz", seeds).z == pytest.approx(-norm.isf(0.025))
    assert math.isnan(Score("rate", ("E",), 1.0, 1.0, math.nan, "Hz", 3).z)
    assert math.isnan(Score("rate", ("E",), 1.0, 0.0, 1.0, "Hz", 3).z)


@pytest.fixture(scope="module")
def several():
    return compare(inhibitory(400), 2000 * ms, seeds=(1, 2, 3, 4))


def test_several_seeds_give_standard_errors_and_scores(several):
    alone = [compare(inhibitory(400), 2000 * ms, seed=k).rows[0].rate_sim_hz for k in several.seeds]
    row = several.rows[0]
    assert row.rate_sim_hz == pytest.approx(np.mean(alone))
    assert row.rate_sim_se_hz == pytest.approx(np.std(alone, ddof=1) / 2)
    found = {(score.what, score.populations): score for score in several.scores}
    assert found["rate", ("I",)].theory == row.rate_theory_hz
    assert sum(what.startswith("power") for what, _ in found) == 5
    pair = found["count correlation, 100 ms", ("I", "I")]
    assert pair.theory == correlations(inhibitory(400)).of("I", "I")
    # four seeds: beyond 8 standard errors is one in 250; the theory's own error is that of the test above
    assert pair.simulated == pytest.approx(pair.theory, abs=8 * pair.se + 0.2 * 0.3 * abs(pair.theory))
    low = found["power, 5 to 20 Hz", ("I",)]
    poisson = 2 * row.rate_theory_hz / 400
    assert low.theory < 0.2 * poisson and low.simulated < 0.2 * poisson


def test_several_seeds_are_shown(several):
    assert "seeds 1, 2, 3, 4, dt" in several.summary()
    assert "theory against 4 seeds: " in several.table() and "count correlation, 100 ms of I, I" in several.table()
    data = json.loads(several.to_json())
    assert data["seeds"] == [1, 2, 3, 4] and data["scores"][0]["what"] == "rate"
    assert len(several.plot().axes) == 6
    one = compare(inhibitory(50), 50 * ms, seed=2)
    assert one.scores == () and one.seeds == () and "seeds" not in one.to_dict()
    assert compare(inhibitory(50), 50 * ms, seed=2, n_seeds=2).seeds == (2, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": (1,)}, "at least two different"),
        ({"seeds": (1, 1)}, "at least two different"),
        ({"n_seeds": 1}, "at least two different"),
        ({"seeds": (1, 2), "n_seeds": 2}, "either seeds or n_seeds"),
        ({"seeds": "ab"}, "a list of whole numbers"),
        ({"n_seeds": 2.5}, "a list of whole numbers"),
    ],
)
def test_seeds_that_cannot_be_are_refused(options, message):
    with pytest.raises(ModelError, match=message):
        compare(inhibitory(50), 50 * ms, **options)
