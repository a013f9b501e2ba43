"""Rate equations, linear response and simulation on one page: the rate equations oscillate, the network does not."""

import numpy as np
import pytest

from rheobase import AllToAll, ModelError, Network, Neuron, Population, Projection, library, ms
from rheobase.check.reductions import _rested, compare_reductions
from rheobase.population import steady_state

RATE, SLOPE, MU, SIGMA, N, DT = 0.38986750881010252, 0.93904746511467016, 0.9, 0.35, 1500, 0.05
GAINS = {("E", "E"): 2.5, ("I", "E"): -2.5, ("E", "I"): 3.0, ("I", "I"): -0.5}
TAU = {"E": 20.0, "I": 40.0}


def network() -> Network:
    """At mu = .9, sigma = .35 of the threshold; the gains are ``tau K J dr/dmu``."""
    text = "dv/dt = (m - v)/tau_m + s*xi/tau_m**0.5 : 1\nm : 1"
    weight = {pair: gain / SLOPE / N for pair, gain in GAINS.items()}
    members = []
    for b in "EI":
        m = MU - sum(TAU[b] * N * weight[a, b] * RATE / TAU[a] for a in "EI")
        noise = SIGMA**2 - sum(TAU[b] * N * weight[a, b] ** 2 * RATE / TAU[a] for a in "EI")
        cell = Neuron(text, threshold="v > 1", reset="v = 0", tau_m=TAU[b] * ms, m=m, s=noise**0.5)
        members.append(Population(cell, N, b))
    return Network(members, [Projection(a, b, AllToAll(), w, DT * ms) for (a, b), w in weight.items()])


@pytest.fixture(scope="module")
def page():
    return compare_reductions(network(), 200 * ms, transient=40 * ms, dt=DT * ms, threads=1)


def test_rate_equations_predict_what_the_network_does_not_have(page):
    assert page.rate_growth.real == pytest.approx(375 / 20, rel=0.02)
    assert page.spiking_growth is not None and page.spiking_growth.real < 0.0
    assert "predict an instability" in page.status and "does not have" in page.status
    assert np.all(page.swing_in_rate_model > 0.1 * page.rates)


def test_the_simulation_stays_at_rest(page):
    """Within the standard error, and what a threshold that is tested once a step is crossed late by.

    That is like a threshold higher by ``.583 sigma sqrt(dt/tau)``, which lowers the rate by no more than the same
    change of the mean input would.
    """
    late = 0.583 * SIGMA * np.sqrt(DT / np.array([20.0, 40.0]))
    for k, (_, error) in enumerate(page.recording.rates(40 * ms).values()):
        assert abs(page.rates_simulated[k] - page.rates[k]) < 4.0 * error + SLOPE / RATE * late[k] * page.rates[k]
    assert np.all(page.swing_simulated < 3.0 * page.swing_expected)


def test_it_says_and_draws_itself(page):
    text = page.summary()
    assert "rate model" in text and "grows with" in text and "decays with" in text
    assert len(page.plot().axes) == 3
    assert "Wilson" in page.cite() and "Brunel" in page.cite()


def test_bad_input():
    with pytest.raises(ModelError, match="duration has to be a positive time"):
        compare_reductions(network(), 0 * ms)
    with pytest.raises(ModelError, match="duration"):
        compare_reductions(network(), 5)


def test_bad_steps_and_seeds():
    with pytest.raises(ModelError, match="dt too"):
        compare_reductions(network(), 5 * ms, dt=0 * ms)
    for seed in ("a", -1, 1.5, None):
        with pytest.raises(ModelError, match="seed has to be a whole number"):
            compare_reductions(network(), 5 * ms, seed=seed)


def _start(cell):
    """Membrane potentials at the start, of a population without noise beside another with."""
    noisy = Neuron("dv/dt = (18*mV - v)/tau_m + 3*mV*xi/tau_m**0.5 : mV", threshold="v > 20*mV", reset="v = 10*mV",
                   tau_m=20 * ms)  # fmt: skip
    whole = Network([Population(noisy, 100, "A"), Population(cell, 400, "Q")])
    return _rested(whole, steady_state(whole), 1)["Q"]


def test_neurons_without_noise_that_do_not_fire_start_where_they_are():
    """They have no density; not at the threshold, from where those with a spike current would fire."""
    for cell in (library.lif(), library.eif(), library.qif(eta=-1)):
        assert "v" not in _start(cell).values


def test_neurons_without_noise_that_fire_start_at_evenly_spaced_times():
    """``tau dv/dt = mu - v`` from the reset: phases are logarithms."""
    cell = Neuron("dv/dt = (30*mV - v)/tau_m : mV", threshold="v > 20*mV", reset="v = 10*mV", tau_m=20 * ms)
    phase = np.log(20.0 / (30.0 - np.sort(_start(cell).values["v"]))) / np.log(2.0)
    assert phase == pytest.approx((np.arange(400) + 0.5) / 400, abs=1e-3)
