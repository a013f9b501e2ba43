"""Bins in time, and how far their counts scatter: on counts whose law is known."""

import numpy as np
import pytest

from rheobase.check.dispersion import dispersion
from rheobase.check.student import as_normal
from rheobase.check.time_bins import LEAST_SPIKES, counts_of, merged, width_in_steps
from rheobase.check.time_course import CHANCE, TimeCourse


def test_bins_are_joined_until_enough_is_expected():
    expected = np.array([0.0, 0.0, 70.0, 20.0, 20.0, 20.0, 90.0, 10.0, 10.0])
    edges = merged(expected)
    assert edges.tolist() == [0, 3, 6, 9]
    inside = np.add.reduceat(expected, edges[:-1])
    assert inside.min() >= LEAST_SPIKES and inside.sum() == expected.sum()
    assert merged(np.zeros(4)).tolist() == [0, 4]  # silence is one bin
    assert merged(np.full(3, 10.0)).tolist() == [0, 3]


@pytest.mark.parametrize(
    ("spikes_per_ms", "span", "dt", "steps"),
    [
        (20.0, 400.0, 0.1, 50),
        (1e4, 400.0, 0.1, 10),
        (1e4, 400.0, 0.5, 10),
        (0.001, 50.0, 0.1, 500),
        (30.0, 7.0, 0.1, 50),
    ],
)
def test_the_width_is_round_and_wide_enough(spikes_per_ms, span, dt, steps):
    assert width_in_steps(spikes_per_ms, span, dt) == steps


def test_spikes_at_the_end_of_a_bin_belong_to_it():
    """A simulation puts a spike at the end of its step."""
    time = np.array([10.0, 10.1, 20.0, 20.1, 30.0, 30.1])
    table = counts_of(time, np.array([0, 0, 0, 1, 1, 1]), 2, np.array([10.0, 20.0, 30.0]))
    assert table.tolist() == [[2.0, 0.0], [0.0, 2.0]]


def shared_noise(rng, replicas, mean, strength, kept):
    """Counts whose mean fluctuates from replica to replica, with memory from bin to bin."""
    slow = np.zeros((replicas, mean.size))
    for k in range(mean.size):
        before = slow[:, k - 1] if k else rng.normal(size=replicas)
        slow[:, k] = kept * before + np.sqrt(1 - kept**2) * rng.normal(size=replicas)
    return rng.poisson(mean * np.maximum(1.0 + strength * slow, 0.0)).astype(float)


@pytest.mark.parametrize("replicas", [2, 3, 6, 30])
@pytest.mark.parametrize(("strength", "kept"), [(0.0, 0.0), (0.15, 0.0), (0.15, 0.7)])
def test_a_true_theory_is_called_true(replicas, strength, kept):
    """z has variance 1, chi-squared the stated spread, however the counts scatter, at a rate that doubles half-way.

    Over 150 repetitions the mean of chi-squared is known to ``spread/sqrt(150)``, its deviation to ``1/sqrt(300)``
    of itself, and to what the estimate of the correlations adds, a tenth; beyond two spreads lie few.
    """
    rng, bins, repeats = np.random.default_rng(5), 120, 150
    mean = np.where(np.arange(bins) < bins // 2, 60.0, 120.0)
    found = []
    for _ in range(repeats):
        counts = shared_noise(rng, replicas, mean, strength, kept)
        scatter = dispersion(counts)
        z = as_normal((counts.sum(axis=0) - replicas * mean) / np.sqrt(scatter.fano * replicas * mean), scatter.freedom)
        found.append((z @ z, scatter.spread * np.sqrt(bins), np.abs(z).max()))
    chi, spread, largest = np.array(found).T
    # Fano factors of 2.35 and 3.7 meet in pooled windows of 41 bins at the jump: 20 bins before it have a z**2 that is
    # too small by 0.17 on average, 20 after it one that is too large by 0.07, in all 2 of 120
    assert chi.mean() == pytest.approx(bins, abs=4 * chi.std() / np.sqrt(repeats) + 3)
    assert chi.std() == pytest.approx(np.sqrt(np.mean(spread**2)), rel=4 / np.sqrt(2 * repeats) + 0.1)
    assert np.mean(chi > bins + 4 * spread) < 0.03 and np.mean(largest > 4.5) < 0.02


def course(z, spread, **changes):
    ones = np.ones(z.size)
    given = {
        "population": "E", "edges": np.arange(z.size + 1.0), "predicted": 10 * ones, "measured": 10 * ones + z,
        "se": ones, "z": z, "times": np.arange(3.0), "rate": np.ones(3), "chi_squared": float(z @ z), "spread": spread,
        "seeds": 4, "shared": False, "mean_se": 0.1,
    }  # fmt: skip
    return TimeCourse(**{**given, **changes})


def test_the_p_value_is_that_of_chi_squared_where_bins_are_independent():
    from scipy.stats import chi2

    found = course(np.full(50, 1.2), np.sqrt(100.0))
    assert found.p_value == pytest.approx(chi2.sf(72.0, 50), rel=1e-12)
    assert course(np.full(50, 1.2), 2 * np.sqrt(100.0)).p_value > found.p_value


def test_the_largest_z_by_chance():
    """Of as many normal values: one in a thousand sets has a larger one."""
    from scipy.stats import norm

    found = course(np.zeros(80), np.sqrt(160.0))
    assert (1 - 2 * norm.sf(found.largest_by_chance)) ** 80 == pytest.approx(1 - CHANCE, rel=1e-9)
    one = np.zeros(80)
    one[30] = -6.0
    found = course(one, np.sqrt(160.0))
    assert not found.follows and found.p_value > 0.5 and found.largest == (-6.0, 30.5)
    assert "differs from the theory: chi-squared 36 in 80 bins (80 +- 13 by chance)" in found.verdict


def test_how_far_off_it_is_beyond_chance():
    rng = np.random.default_rng(1)
    z = rng.normal(size=2000)
    assert course(z, 60.0).off < 0.03 and course(z, 60.0).follows
    # 2 Hz of 10 to 12 on top of errors of 1 Hz; the square is known to 2 * 2 / sqrt(2000) of it
    assert course(z + 2.0, 60.0).off == pytest.approx(2.0 / 12.0, rel=0.1)
    assert "several seeds tell how much" in course(z, 60.0, shared=True).verdict


def test_the_mean_sees_shifts_that_single_bins_do_not():
    """Half a standard error in each of 400 bins: chi-squared is a quarter of a bin larger, the mean ten errors off."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=400)
    found = course(z - z.mean() + 0.5, 30.0, mean_se=1.0 / 20.0, seeds=1)
    assert found.mean_difference == pytest.approx(0.05) and found.mean_z == pytest.approx(10.0)
    assert found.finding.startswith("The rate of E ") and "on average +5 % (z +10.0)" in found.finding
    assert found.resolution == pytest.approx(0.1) and "as far as bins of +- 10 % can tell" in course(z, 30.0).finding
    few = course(z - z.mean() + 0.5, 30.0, mean_se=1.0 / 20.0, seeds=3)
    assert 2.0 < few.mean_z < 3.0  # two degrees of freedom do not make ten standard errors certain
