"""Brunel (2000), model A: rates to eight digits, modes to four, the two Hopf lines."""

import numpy as np
import pytest
from scipy.optimize import brentq, fsolve

from rheobase.population import input_statistics, missing, modes, steady_state

NEXT_DIGIT = 6e-9


@pytest.mark.parametrize(
    ("g", "eta", "rate"),
    [(3.0, 2.0, 327.0084793), (6.0, 4.0, 55.84126238), (5.0, 2.0, 37.94969709), (4.5, 0.9, 6.516702268)],
)
def test_rates_to_all_published_digits(brunel, g, eta, rate):
    state = steady_state(brunel(g, eta))
    assert state.rates == pytest.approx([rate, rate], abs=6e-8 if rate > 100 else NEXT_DIGIT)


@pytest.mark.parametrize(
    ("g", "eta", "growth", "frequency", "digits"),
    [(6.0, 4.0, 51.50, 190.21, 0.005), (5.0, 2.0, -134.9, 124.3, 0.05), (4.5, 0.9, 7.93, 28.996, 0.005)],
)
def test_leading_modes_to_all_published_digits(brunel, g, eta, growth, frequency, digits):
    state = steady_state(brunel(g, eta))
    assert state.mode.growth_per_s == pytest.approx(growth, abs=digits)
    assert state.mode.frequency_hz == pytest.approx(frequency, abs=digits)
    assert state.stable == (growth < 0)
    assert ("unstable" in state.status) == (growth > 0)


@pytest.mark.parametrize(
    ("g", "eta", "frequency", "rate"), [(5.0, 4.674233, 193.138, 107.330), (4.5, 0.9125547, 31.809, 7.36974)]
)
def test_hopf_lines(brunel, g, eta, frequency, rate):
    def growth(drive):
        return steady_state(brunel(g, drive)).mode.growth_per_s

    found = brentq(growth, 0.995 * eta, 1.005 * eta, xtol=1e-9)
    assert found == pytest.approx(eta, rel=2e-7)
    state = steady_state(brunel(g, found))
    assert state.mode.frequency_hz == pytest.approx(frequency, abs=6e-4)
    assert state.rates[0] == pytest.approx(rate, rel=1e-5)


def test_input_statistics_by_hand(brunel):
    mu, sigma = input_statistics(brunel(5.0, 2.0), [37.95, 37.95])
    external, recurrent = 20.0e-3, 37.95e-3
    mean = 20.0 * (1000 * 0.1 * external + (1000 * 0.1 - 250 * 0.5) * recurrent)
    variance = 20.0 * (1000 * 0.01 * external + (1000 * 0.01 + 250 * 0.25) * recurrent)
    assert mu == pytest.approx([mean, mean], rel=1e-13)
    assert sigma == pytest.approx([variance**0.5] * 2, rel=1e-13)


def test_white_noise_cv_of_the_irregular_state(brunel):
    assert steady_state(brunel(5.0, 2.0)).cv == pytest.approx([0.675, 0.675], abs=5e-4)


def test_the_mode_solves_the_published_characteristic_equation(brunel):
    """1 = exp(-s D) tau [C J (1 - g/4) chi_mu + C J**2 (1 + g**2/4) chi_sigma2], solved without the search."""
    from rheobase.population.neuron.lif_response import lif_response as response

    state = steady_state(brunel(6.0, 4.0))
    cell = {"tau_m": 20.0, "v_th": 20.0, "v_reset": 10.0, "t_ref": 2.0}

    def residual(x):
        s = np.array([complex(*x)])
        part = response(s, state.mu[0], state.sigma[0], **cell)
        loop = 1000 * 0.1 * (1 - 1.5) * part.chi_mu + 1000 * 0.01 * (1 + 9.0) * part.chi_sigma2
        value = 1.0 - np.exp(-1.5 * s) * 20.0 * loop
        return [value[0].real, value[0].imag]

    growth, omega = fsolve(residual, [0.06, 1.2], xtol=1e-12)
    assert 1e3 * growth == pytest.approx(state.mode.growth_per_s, rel=1e-8)
    assert 1e3 * omega / (2.0 * np.pi) == pytest.approx(state.mode.frequency_hz, rel=1e-8)


def test_all_modes_asked_for_are_sorted_and_listed_once(brunel):
    found = modes(brunel(4.5, 0.9), [6.516702268] * 2, count=3)
    growth = [mode.growth_per_s for mode in found]
    assert growth == sorted(growth, reverse=True)
    assert len(found) == len({(round(m.growth_per_s, 3), round(m.frequency_hz, 3)) for m in found}) >= 3


def test_the_result_speaks(brunel):
    network = brunel(5.0, 2.0)
    assert missing(network) == []
    state = steady_state(network)
    assert "decays at 134.9/s and oscillates at 124.3 Hz" in state.status
    assert "37.95" in state.summary()
    assert "Brunel" in state.cite()
    assert "Fourcaud" not in state.cite()
    record = state.to_dict()
    assert record["populations"][0]["rate_hz"] == pytest.approx(37.94969709)
    assert record["modes"][0]["frequency_hz"] == pytest.approx(124.27564)


def test_the_voltage_density_belongs_to_the_state(brunel):
    state = steady_state(brunel(5.0, 2.0))
    v = np.linspace(-60.0, 20.0, 80001)
    mass = np.trapezoid(state.density("E", v), v)
    assert mass == pytest.approx(1.0 - state.rates[0] * 2e-3, abs=1e-7)
    with pytest.raises(ValueError, match="no population 'X'"):
        state.density("X", v)
