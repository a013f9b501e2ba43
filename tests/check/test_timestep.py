"""The threshold is tested on a grid: the rate that follows is predicted, and the simulation has it."""

import mpmath
import numpy as np
import pytest

from rheobase import Network, Neuron, Population, compare, library, ms, mV, population, simulate
from rheobase.check.timestep import CONTINUITY, about_the_time_step, rates_on_the_grid, threshold_shift


def noisy_cells(n):
    neuron = Neuron(
        "dv/dt = (mu - v)/tau_m + sigma*xi/sqrt(tau_m) : mV (unless refractory)",
        threshold="v > 20*mV",
        reset="v = 10*mV",
        refractory=2 * ms,
        mu=15 * mV,
        sigma=5 * mV,
        tau_m=20 * ms,
    )
    return Network([Population(neuron, n, "cells")])


def test_the_constant_is_zeta_of_one_half():
    assert pytest.approx(float(-mpmath.zeta(0.5) / mpmath.sqrt(2 * mpmath.pi)), rel=1e-12) == CONTINUITY


@pytest.mark.parametrize("dt", [0.1, 0.4])
def test_the_simulated_rate_is_the_one_on_the_grid(dt):
    network = noisy_cells(2000)
    steady = population.steady_state(network)
    expected = rates_on_the_grid(steady, dt)[0]
    recording = simulate(network, 1500 * ms, dt=dt * ms, seed=4)
    rate, _ = recording.rates(100.0)["cells"]
    standard_error = np.sqrt(rate * steady.cv[0] ** 2 / (1.4 * 2000))
    shift = threshold_shift(steady, dt)[0]
    next_order = (shift / 10) ** 2  # terms of order dt: the square of the shift over the distance from reset
    assert abs(rate - expected) < 4 * standard_error + 4 * next_order * expected
    assert steady.rates[0] - rate > 4 * standard_error + 4 * next_order * expected


def test_it_is_said_where_it_matters_and_not_where_it_does_not():
    steady = population.steady_state(noisy_cells(2))
    (sentence,) = about_the_time_step(steady, 0.1)
    assert "0.21 mV for 'cells'" in sentence and "-6.8 %" in sentence
    assert about_the_time_step(steady, 1e-4) == []
    assert sentence in compare(noisy_cells(2), 10 * ms).warnings


def test_filtered_noise_needs_no_correction():
    steady = population.steady_state(library.potjans_diesmann2014(preset="bos2016"))
    assert np.all(threshold_shift(steady, 0.1) == 0)
    assert about_the_time_step(steady, 0.1) == []
