"""Measured order of every integrator, white noise in closed form, and what explicit Euler refuses."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from rheobase import library
from rheobase.errors import ModelError
from rheobase.model.network import Population
from rheobase.model.neuron import Neuron
from rheobase.simulation import Diverged, simulate
from rheobase.units import ms, mV, pA

#: Van der Pol oscillator with a drive: smooth, nonlinear, each equation linear in its own variable or not.
OSCILLATOR = Neuron(
    "dx/dt = (y + x - x**3/3)/(1*ms) : 1 = 0.5 \n dy/dt = (-x + 0.3*y + 0.4*cos(t/ms))/(2*ms) : 1 = -0.2",
    name="oscillator",
)


@pytest.fixture(scope="module")
def solution():
    from scipy.integrate import solve_ivp

    def rhs(t, s):
        x, y = s
        return [y + x - x**3 / 3, (-x + 0.3 * y + 0.4 * math.cos(t)) / 2]

    found = solve_ivp(rhs, (0, 8), [0.5, -0.2], method="DOP853", rtol=1e-13, atol=1e-14)
    return found.y[:, -1]


@pytest.mark.parametrize(
    ("method", "order"), [("euler", 1), ("exponential_euler", 1), ("exponential_midpoint", 2), ("heun", 2), ("rk4", 4)]
)
def test_order(method: str, order: int, solution):
    """Halving the step divides the error by 2**order, up to terms of the next order."""
    errors = []
    steps = [0.04, 0.02, 0.01, 0.005]
    for dt in steps:
        recording = simulate(OSCILLATOR, 8 * ms, dt=dt * ms, method=method, record=["x", "y"])
        end = [recording.traces["neuron"][name][-1, 0] for name in ("x", "y")]
        errors.append(np.abs(np.array(end) - solution).max())
    measured = np.log2(np.array(errors[:-1]) / errors[1:])
    assert measured[-1] == pytest.approx(order, abs=0.1)
    assert errors[-1] < 10 * steps[-1] ** order


GEOMETRIC = Neuron("dx/dt = mu*x + s*x*xi : 1 = 1", mu=0 / ms, s=0 / ms**0.5, name="geometric")
MU, S, PATHS = -0.1, 0.5, 20_000


def _ends(method: str, dt: float, seed: int = 3) -> np.ndarray:
    """log x at 2 ms of many paths."""
    given = GEOMETRIC.with_(mu=MU / ms, s=S / ms**0.5)
    recording = simulate(Population(given, PATHS, "A"), 2 * ms, dt=dt * ms, method=method, record="x", seed=seed)
    return np.log(recording.traces["A"]["x"][-1])


def test_heun_is_stratonovich_and_euler_is_ito():
    """E[log x] = mu t (Stratonovich) or (mu - s**2/2) t (Ito); both have variance s**2 t."""
    error = S * math.sqrt(2 / PATHS)
    for method, mean in (("heun", 2 * MU), ("euler", 2 * (MU - S**2 / 2))):
        ends = _ends(method, 0.02)
        assert abs(ends.mean() - mean) < 4 * error + 0.02 * S**2, method
        assert abs(ends.var() / (2 * S**2) - 1) < 5 * math.sqrt(2 / PATHS) + 0.02 * S**2, method


def test_heun_has_weak_order_one_on_geometric_brownian_motion():
    """E[x] = exp((mu + s**2/2) t). The scheme's own mean over a step is known: compare the simulation with it.

    One step multiplies x by 1 + a + a**2/2 with a = mu h + s sqrt(h) n, whose mean is
    1 + (mu + s**2/2) h + mu**2 h**2/2: it differs from exp((mu + s**2/2) h) in the second order, thus weak order 1.
    """
    rate = MU + S**2 / 2
    bias = []
    for h in (0.5, 0.25, 0.125):
        steps = round(2 / h)
        mean = (1 + rate * h + MU**2 * h**2 / 2) ** steps
        bias.append(mean - math.exp(2 * rate))
        ends = np.exp(_ends("heun", h))
        assert abs(ends.mean() - mean) < 4 * ends.std() / math.sqrt(PATHS), h
    assert np.log2(bias[0] / bias[1]) == pytest.approx(1, abs=0.3)
    assert np.log2(bias[1] / bias[2]) == pytest.approx(1, abs=0.15)


def test_diverged_names_variable_neuron_time_and_a_step():
    start = np.where(np.arange(700) == 613, 1.0, 0.0)  # exp(709) is reached after about 14 ms
    population = Population(GEOMETRIC.with_(mu=50 / ms), 700, "A", x=start)
    with pytest.raises(Diverged) as error:
        simulate(population, 100 * ms, dt=0.01 * ms, threads=3)
    assert (error.value.variable, error.value.population, error.value.neuron) == ("x", "A", 613)
    assert 14 < error.value.time <= 100
    assert re.match(
        r"'x' of neuron 613 of population 'A' is no longer finite at about [\d.]+ ms\. "
        r"Try a smaller step, such as dt=0\.0025\*ms",
        str(error.value),
    )


def test_explicit_euler_is_refused_beyond_two_time_constants_and_the_step_it_names_works():
    neuron = library.lif(I=500 * pA, t_ref=0 * ms)
    with pytest.raises(ModelError) as error:
        simulate(neuron, 1000 * ms, dt=25 * ms, method="euler")
    message = str(error.value)
    assert (
        "explicit Euler is unstable with dt = 25 ms for the equations of v: the largest stable step is 20 ms" in message
    )
    assert "method='exact' or 'exponential_midpoint'" in message
    named = re.search(r"Use dt = ([\d.]+)\*ms", message)
    assert named is not None
    dt = float(named[1])
    v = simulate(neuron.with_(v_th=0 * mV), 1000 * ms, dt=dt * ms, method="euler", record="v").traces["neuron"]["v"]
    assert v[-1, 0] == pytest.approx(-65 + 20, rel=1e-12)


NOISY = Neuron(
    "dv/dt = (mu - v)/tau + sigma*xi/sqrt(tau) : mV (unless refractory)", threshold="v > v_th", reset="v = v_reset",
    refractory="t_ref", tau=10 * ms, mu=0 * mV, sigma=4 * mV, v_th=1e6 * mV, v_reset=0 * mV, t_ref=2 * ms, name="noisy",
)  # fmt: skip


@pytest.mark.parametrize("dt", [0.1, 5.0, 50.0])
def test_ornstein_uhlenbeck_at_any_step(dt: float):
    """Stationary variance sigma**2/2 and correlation exp(-t/tau) from the first step on, at steps of five tau too."""
    start = np.random.default_rng(1).normal(0, 4 / math.sqrt(2), 4000)
    recording = simulate(Population(NOISY, 4000, "A", v=start * mV, t_ref=0 * ms), 40 * dt * ms, dt=dt * ms, record="v")
    v = recording.traces["A"]["v"]
    decay = math.exp(-dt / 10)
    # n values, correlated along time: mean of 4000 independent averages
    assert abs(v.mean()) < 5 * v.mean(axis=0).std() / math.sqrt(4000)
    variance = (v**2).mean(axis=0)
    assert abs(variance.mean() - 8) < 5 * variance.std() / math.sqrt(4000)
    for lag in (1, 2, 5):
        product = (v[lag:] * v[:-lag]).mean(axis=0)
        assert abs(product.mean() - 8 * decay**lag) < 5 * product.std() / math.sqrt(4000)
    assert "linear below threshold" in recording.methods["A"]


def test_single_precision_follows_double():
    """The same noise; rounding 6e-8 of the state a step, damped by the leak over 100 steps."""
    double, single = (
        simulate(Population(NOISY, 50, "A"), 100 * ms, record="v", precision=p).traces["A"]["v"]
        for p in ("float64", "float32")
    )
    difference = np.abs(double - single).max()
    assert 0 < difference < 100 * np.finfo(np.float32).eps * np.abs(double).max()
