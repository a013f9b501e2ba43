"""Finite volumes and time steps of the Fokker-Planck equation, against closed forms."""

import numpy as np
import pytest

from rheobase.numerics.delayed_input import Channels, heard, lags_of, listen
from rheobase.numerics.fokker_planck import MIDDLE, held_for, refractory_mass
from rheobase.numerics.scharfetter_gummel import change, exchange, implicit, stationary_density

RNG = np.random.default_rng(1)


def uniform(n, low=0.0, high=1.0):
    edge = np.full(n, (high - low) / n)
    return edge, 0.5 * (edge + np.append(0.0, edge[:-1]))


@pytest.mark.parametrize("drift", [-300.0, -2.0, 0.0, 1e-5, 3.0, 40.0, 4e4])
def test_a_constant_drift_is_exact_at_the_nodes(drift):
    """J = 1 from a reset at 0.25 to 1, none below: P = (1 - exp(a (v - 1)/D))/a above, exp(a (v - .25)/D) below."""
    diffusion, n = 0.5, 40
    edge, _ = uniform(n)
    density, flux = stationary_density(edge, np.zeros(n), np.zeros(n), n, 10, drift, diffusion)
    v = np.arange(n) / n
    rise = 0.5 if drift == 0.0 else diffusion / drift  # (1 - v)/D where there is no drift
    above = (1.0 - v) / diffusion if drift == 0.0 else -np.expm1(drift * (v - 1.0) / diffusion) / drift
    at_reset = above[10]
    below = at_reset * np.exp(np.clip(drift * (v - 0.25) / diffusion, -700.0, 0.0 if drift >= 0 else 700.0))
    expected = np.where(v >= 0.25, above, below)
    assert rise and density / flux == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_a_drift_that_outruns_diffusion_gives_the_flux_at_the_node():
    """P = J/a(v) to second order, for a(v) = 1000 (1 + v)."""
    errors = []
    for n in (50, 100):
        edge, _ = uniform(n)
        v = np.linspace(0.0, 1.0, n + 1)
        a = 1e3 * (1.0 + v)
        density, flux = stationary_density(edge, 0.5 * (a[1:] + a[:-1]), np.diff(a), n, 0, 0.0, 1e-3)
        errors.append(np.max(np.abs(density[: n - 1] * a[: n - 1] / flux - 1.0)))
    assert errors[0] < 1e-4 and errors[1] < 0.3 * errors[0]


def test_the_implicit_step_solves_its_equations_and_keeps_what_it_is_given():
    n, step, reset, back = 30, 0.7, 11, 0.6
    edge = RNG.uniform(0.01, 0.05, n)
    volume = 0.5 * (edge + np.append(0.0, edge[:-1]))
    up, down, out = np.empty(n), np.empty(n), np.empty(n)
    exchange(edge, RNG.normal(0.0, 5.0, n), RNG.normal(0.0, 1.0, n), n, 0.3, 0.2, up, down)
    known, solution = RNG.uniform(0.0, 1.0, n), np.empty(n)
    implicit(volume, up, down, n, step, back, reset, known, solution, np.empty(n), np.empty(n))
    through = change(solution, up, down, n, out)
    out[reset] += back * through
    assert volume * solution - step * out == pytest.approx(known, rel=1e-12, abs=1e-13)
    assert volume @ solution + step * (1.0 - back) * through == pytest.approx(known.sum(), rel=1e-13)
    assert solution.min() > 0.0


def test_delays_between_steps_are_shared_in_proportion():
    lag, weight = lags_of(np.array([0.0, 0.25, 1.3]), np.array([0.2, 0.3, 0.5]), 0.1)
    assert weight.sum() == pytest.approx(1.0, abs=1e-15)
    assert lag @ weight * 0.1 == pytest.approx(0.3 * 0.25 + 0.5 * 1.3, abs=1e-14)
    assert lag.tolist() == [0, 2, 3, 13]  # 1.3 is 13 steps to rounding


def test_refractory_times_are_whole_steps_and_a_share():
    held = held_for(np.array([0.0, 2.0, 0.03, 0.25]), 0.1)
    assert held.steps.tolist() == [0, 20, 0, 2] and held.share == pytest.approx([0.0, 0.0, 0.3, 0.5])
    assert refractory_mass(np.array([1.0, 2.0, 4.0, 8.0]), 4, 2, 0.5) == 8.0 + 4.0 + 0.5 * 2.0


def test_synapses_filter_mean_and_variance():
    """Against the solution for a rate that begins to rise linearly: y = t - tau (1 - exp(-t/tau)), and so on."""
    errors = []
    for dt in (0.1, 0.05):
        steps, tau, delay = round(6.0 / dt), 2.0, 1.0
        channels = Channels(
            np.array([0]), np.array([0]), np.array([3.0]), np.array([5.0]), np.array([tau]), np.array([0, 1]),
            np.array([round(delay / dt)]), np.array([1.0]),
        )  # fmt: skip
        offset = channels.longest
        rates = np.maximum((np.arange(offset + steps + 1) - offset) * dt, 0.0)[None]
        state = np.zeros((1, 3))
        for k in range(steps):
            mean, variance, after = np.zeros((1, 3)), np.zeros((1, 3)), state.copy()
            listen(channels, state, rates, offset + k, dt, MIDDLE, mean, variance, after)
            state = after
        t = 6.0 - delay
        assert heard(channels, 0, rates, offset + steps) == pytest.approx(t)
        assert mean[0, 2] == pytest.approx(3.0 * (t - tau * -np.expm1(-t / tau)), rel=1e-12)
        slow, fast = np.exp(-t / tau), np.exp(-2.0 * t / tau)
        exact = t - 1.5 * tau + 2.0 * tau * slow - 0.5 * tau * fast  # 1/(s^2 (1 + s tau)(1 + s tau/2))
        errors.append(abs(variance[0, 2] / (5.0 * exact) - 1.0))
    assert errors[0] < 1e-3 and errors[1] < 0.3 * errors[0]
