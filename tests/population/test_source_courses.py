"""Poisson populations whose rate changes in time, as the density equation hears them."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from rheobase import library
from rheobase.model.connect import FixedIndegree
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population.density.courses import Steps, summed
from rheobase.population.density.fokker_planck import fokker_planck
from rheobase.population.neuron.membrane import NotCovered
from rheobase.units import Hz, kHz, ms, mV, pA

TAU_M, K, J, BASE = 20.0, 100, 0.8, 8.0
CELL = library.lif(E_L=0 * mV, tau_m=TAU_M * ms, v_th=20 * mV, v_reset=10 * mV)


def driven(course, synapse=None, weight=J * mV, delay=2.0, **options):
    """Neurons that hear a hundred sources of 8 Hz and what is added to that."""
    source = Population(options.pop("source", library.poisson(rate=BASE * Hz)), 300, "P")
    projection = Projection("P", "E", FixedIndegree(K), weight, delay * ms, synapse or Synapse.delta())
    inputs = [CurrentInput("P", course * Hz, 10 * ms, target="rate"), PoissonInput("E", 1 * kHz, 0.3 * mV)]
    return Network([source, Population(CELL, 300, "E")], [projection], inputs)


def test_jumps_bring_the_rate_a_delay_later():
    """Mean and variance as a user would give them: the same numbers all the way."""
    course = np.array([0.0, 6.0, -20.0, 3.0])  # 8, 14, 0 (not below), 11 Hz, and 8 Hz after the end
    found = fokker_planck(driven(course), 60 * ms, dt=0.1 * ms)
    rates = np.array([8.0, 14.0, 0.0, 11.0, 8.0, 8.0]) * 1e-3

    def rate(t):
        return rates[np.clip(np.floor((t - 2.0) / 10.0 + 1e-9), 0, 5).astype(int)]

    alone = fokker_planck(
        CELL, 60 * ms, dt=0.1 * ms,
        mu=lambda t: TAU_M * (K * J * rate(t) + 0.3), sigma=lambda t: np.sqrt(TAU_M * (K * J**2 * rate(t) + 0.3**2)),
    )  # fmt: skip
    assert found.rate("E") == pytest.approx(alone.rate(), rel=1e-9, abs=1e-9)
    assert found.populations == ("E",) and np.ptp(found.rate("E")) > 5.0


def test_an_exponential_synapse_filters_mean_and_variance():
    """Against its differential equations, for a rate that is a sine in steps."""
    tau, course = 5.0, 6.0 * np.sin(np.arange(12) * 1.1)
    found = fokker_planck(driven(course, Synapse.exponential(tau * ms), 20 * pA), 100 * ms, dt=0.1 * ms)
    rates = (BASE + np.append(course, 0.0)) * 1e-3
    step = 0.1  # a solver that never steps over a jump
    y, u, w = rates[0], rates[0], rates[0]
    expected = [(y, w)]
    for k in range(1000):
        x = rates[np.clip(int(((k + 0.5) * step - 2.0) // 10.0), 0, rates.size - 1)]
        run = solve_ivp(
            lambda t, s, x=x: [(x - s[0]) / tau, (x - s[1]) / tau, 2.0 * (s[1] - s[2]) / tau], (0.0, step), [y, u, w],
            rtol=1e-10, atol=1e-14, method="DOP853",
        )  # fmt: skip
        y, u, w = run.y[:, -1]
        expected.append((y, w))
    mean, intensity = np.array(expected).T
    charge = 20.0 * tau / 250.0  # pA ms / pF
    # the input of a step's end is taken a millionth of the step before, so that jumps count on the right side
    assert found.mu[0] == pytest.approx(TAU_M * (K * charge * mean + 0.3), rel=1e-6 * step / tau * 5)
    assert found.sigma[0] ** 2 == pytest.approx(TAU_M * (K * charge**2 * intensity + 0.3**2), rel=1e-6 * step / tau * 5)


def test_a_course_that_is_constant_changes_nothing():
    constant = fokker_planck(driven(np.full(20, 4.0), Synapse.exponential(5 * ms), 20 * pA), 100 * ms)
    source = Population(library.poisson(rate=12 * Hz), 300, "P")
    plain = driven(np.zeros(1), Synapse.exponential(5 * ms), 20 * pA)
    plain = plain.with_(populations=[source, plain["E"]], inputs=[plain.inputs[1]])
    assert constant.rate("E") == pytest.approx(fokker_planck(plain, 100 * ms).rate("E"), rel=1e-9)


def test_steps_are_summed_and_held():
    first, second = (
        Steps(np.array([0.0, 10.0]), np.array([1.0, 2.0])),
        Steps(np.array([0.0, 4.0]), np.array([10.0, 0.0])),
    )
    found = summed([first, second])
    assert found.starts.tolist() == [0.0, 4.0, 10.0] and found.values.tolist() == [11.0, 1.0, 2.0]
    assert found.at(np.array([-1.0, 3.9, 4.0, 99.0])).tolist() == [11.0, 11.0, 1.0, 2.0]


def test_what_is_not_covered_is_said():
    with pytest.raises(
        NotCovered, match=r"'P' to 'E': fokker_planck covers delta and exponential .* this one is alpha"
    ):
        fokker_planck(driven(np.ones(3), Synapse.alpha(3 * ms), 20 * pA), 10 * ms)
    squared = Neuron("rate : Hz = 8*Hz", threshold="rand() < rate*rate*dt/(10*Hz)")
    with pytest.raises(NotCovered, match="'P': fokker_planck covers Poisson rates that grow in proportion"):
        fokker_planck(driven(np.ones(3), source=squared), 10 * ms)
