"""LIF neurons in white noise: rate, interval statistics and potentials against the diffusion theory.

The engine integrates the noise exactly but looks for the threshold on the grid only. To the first order in sqrt(dt)
that is a threshold shifted up by 0.5826 sigma sqrt(dt/tau) (-zeta(1/2)/sqrt(2 pi); Siegmund 1979, Adv. Appl. Probab.
11:701), which is included here; what is left is of the order of dt.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import cumulative_trapezoid, quad
from scipy.special import erf, erfcx

from rheobase.model.network import Population
from rheobase.model.neuron import Neuron
from rheobase.simulation import simulate
from rheobase.units import ms, mV

TAU, T_REF, THETA, RESET = 10.0, 2.0, 15.0, 0.0
NOISY = Neuron(
    "dv/dt = (mu - v)/tau + sigma*xi/sqrt(tau) : mV (unless refractory)",
    threshold="v > v_th",
    reset="v = v_reset",
    refractory="t_ref",
    tau=TAU * ms,
    mu=0 * mV,
    sigma=4 * mV,
    v_th=THETA * mV,
    v_reset=RESET * mV,
    t_ref=T_REF * ms,
    name="noisy",
)


def shifted(sigma: float, dt: float) -> float:
    return THETA + 0.5825971579 * sigma * math.sqrt(dt / TAU)


def mean_interval(mu: float, sigma: float, threshold: float) -> float:
    """Siegert's integral (1951), ms: the free membrane has mean mu and variance sigma**2/2."""
    low, high = (RESET - mu) / sigma, (threshold - mu) / sigma
    return T_REF + TAU * math.sqrt(math.pi) * quad(lambda u: erfcx(-u), low, high, epsabs=1e-12)[0]


def interval_variance(mu: float, sigma: float, threshold: float) -> float:
    """Variance of the first-passage time, ms**2 (Brunel 2000, J. Comput. Neurosci. 8:183, eq. A.13)."""
    low, high = (RESET - mu) / sigma, (threshold - mu) / sigma
    x = np.linspace(low, high, 4001)
    below = np.linspace(low - 12, low, 8001)

    def integrand(u):
        return np.exp(u**2) * (1 + erf(u)) ** 2

    inner = cumulative_trapezoid(integrand(x), x=x, initial=0) + np.trapezoid(integrand(below), below)
    return 2 * math.pi * TAU**2 * float(np.trapezoid(np.exp(x**2) * inner, x))


CASES = [(12.0, 4.0), (18.0, 3.0), (5.0, 7.0)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"mu{case[0]:g}-sigma{case[1]:g}")
def fluctuating(request):
    mu, sigma = request.param
    dt = 0.05
    population = Population(NOISY.with_(mu=mu * mV, sigma=sigma * mV), 1500, "A")
    return mu, sigma, dt, simulate(population, 1500 * ms, dt=dt * ms, seed=2, threads=2)


def test_rate_is_siegerts(fluctuating):
    """Standard error from the spread of 1,500 independent neurons; what the shift leaves out is below dt/interval."""
    mu, sigma, dt, recording = fluctuating
    later = recording.spikes.time > 300
    counts = np.bincount(recording.spikes.neuron[later], minlength=1500)
    rate, error = counts.mean() / 1200, counts.std() / 1200 / math.sqrt(1500)
    expected = 1 / mean_interval(mu, sigma, shifted(sigma, dt))
    assert abs(rate - expected) < 4 * error + expected**2 * dt
    # the test would see it if the grid were forgotten
    uncorrected = 1 / mean_interval(mu, sigma, THETA)
    assert uncorrected - expected > 4 * error + expected**2 * dt


def test_irregularity_is_that_of_the_first_passage_time(fluctuating):
    """CV of the intervals that began long before the end of the run: none of them is cut off."""
    mu, sigma, dt, recording = fluctuating
    order = np.lexsort((recording.spikes.time, recording.spikes.neuron))
    neuron, time = recording.spikes.neuron[order], recording.spikes.time[order]
    inside = (neuron[1:] == neuron[:-1]) & (time[:-1] < 900)  # begun long before the end
    intervals = np.diff(time)[inside]
    threshold = shifted(sigma, dt)
    mean, variance = mean_interval(mu, sigma, threshold), interval_variance(mu, sigma, threshold)
    groups = np.array_split(np.random.default_rng(0).permutation(intervals), 20)
    cvs = [group.std() / group.mean() for group in groups]
    expected = math.sqrt(variance) / mean
    assert abs(intervals.std() / intervals.mean() - expected) < 4 * np.std(cvs) / math.sqrt(20) + dt / mean


def test_potentials_follow_the_fokker_planck_density():
    """Kolmogorov-Smirnov with 12,000 samples five membrane time constants apart; refractory neurons sit at the reset.

    p(v) is proportional to exp(-y(v)**2) times the integral of exp(u**2) from max(y(v), y(reset)) to y(threshold).
    """
    mu, sigma, dt = 12.0, 4.0, 0.05
    population = Population(NOISY.with_(mu=mu * mV, sigma=sigma * mV), 3000, "A")
    recording = simulate(population, 300 * ms, dt=dt * ms, seed=5, threads=2, record="v")
    samples = recording.traces["A"]["v"][[2999, 3999, 4999, 5999]].ravel()
    moving = samples[samples != RESET]

    threshold = shifted(sigma, dt)
    v = np.linspace(mu - 7 * sigma, threshold, 20_001)
    y = (v - mu) / sigma
    above = np.maximum(y, (RESET - mu) / sigma)  # below the reset the integral stays what it is there
    inner = cumulative_trapezoid(np.exp(above**2), x=above, initial=0)
    density = np.exp(-(y**2)) * (inner[-1] - inner)
    cumulative = cumulative_trapezoid(density, x=v, initial=0)
    cumulative /= cumulative[-1]
    assert stats.kstest(moving, lambda x: np.interp(x, v, cumulative)).pvalue > 1e-3

    rate = 1 / mean_interval(mu, sigma, threshold)
    expected = rate * (T_REF + dt)  # from the reset, which is recorded, to the end of the refractory time
    share = 1 - moving.size / samples.size
    assert abs(share - expected) < 4 * math.sqrt(expected / samples.size)


def test_free_membrane_is_gaussian():
    population = Population(NOISY.with_(v_th=1e6 * mV, mu=3 * mV, t_ref=0 * ms), 5000, "A")
    v = simulate(population, 100 * ms, dt=20 * ms, record="v").traces["A"]["v"][-1]
    spread = math.sqrt(8 * -math.expm1(-2 * 100 / TAU))
    assert stats.kstest(v, stats.norm(3 * -math.expm1(-100 / TAU), spread).cdf).pvalue > 1e-3
