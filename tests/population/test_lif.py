"""One LIF neuron in noise: published rates, derivatives, interval statistics, voltage density."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.numerics.quadrature import legendre
from rheobase.population.neuron.lif import colour_shift, cv, density, transfer
from rheobase.population.neuron.lif_response import lif_response as response

UNIT = {"tau_m": 1.0, "v_th": 1.0, "v_reset": 0.0}
CELL = {"tau_m": 10.0, "v_th": 15.0, "v_reset": 0.0, "t_ref": 2.0}

inputs = st.tuples(st.floats(-5.0, 30.0), st.floats(0.5, 8.0))


@pytest.mark.parametrize(("y_r", "y_theta", "slope"), [(-6.0, -5.0, 0.9872291771), (-7.0, -4.0, 0.3355372395)])
def test_published_slopes_where_the_usual_form_cancels(y_r, y_theta, slope):
    assert transfer(0.0, 1.0, tau_m=1.0, v_th=y_theta, v_reset=y_r).d_mu == pytest.approx(slope, abs=5e-11)


@pytest.mark.parametrize(
    ("mu", "ratio", "rate"),
    [
        (0.8, 0.0, 0.33704), (0.8, 0.01, 0.30228), (0.8, 0.1, 0.23140), (0.8, 0.25, 0.17696),
        (0.5, 0.0, 0.11926), (0.5, 0.01, 0.09756), (0.5, 0.1, 0.05927), (0.5, 0.25, 0.03594),
    ],
)  # fmt: skip
def test_published_rates_in_coloured_noise(mu, ratio, rate):
    found = transfer(mu, 0.4, shift=colour_shift(ratio, 1.0), **UNIT).rate
    assert found == pytest.approx(rate, abs=6e-6)


def test_rate_at_threshold_that_another_simulator_tests_itself_with():
    assert transfer(15.0, np.sqrt(1.5), **CELL).rate * 1e3 == pytest.approx(27.10959343793, abs=5e-11)


def test_without_noise_the_rate_is_the_closed_form():
    quiet = transfer([20.0, 14.9], 0.0, **CELL).rate
    assert quiet == pytest.approx([1.0 / (2.0 + 10.0 * np.log(20.0 / 5.0)), 0.0], rel=1e-7)


@settings(max_examples=50, deadline=None)
@given(inputs, st.floats(0.0, 0.4))
def test_derivatives_are_those_of_the_rate(given_input, shift):
    mu, sigma = given_input
    here = transfer(mu, sigma, shift=shift, **CELL)
    if here.log_rate < -60.0:
        return
    h = 1e-4
    steps = np.array([-2.0, -1.0, 1.0, 2.0]) * h
    five_point = np.array([1.0, -8.0, 8.0, -1.0]) / (12.0 * h)  # of log rate: error of order h**4
    by_mu = five_point @ transfer(mu + steps, sigma, shift=shift, **CELL).log_rate
    by_sigma = five_point @ transfer(mu, sigma + steps, shift=shift, **CELL).log_rate
    assert here.d_mu / here.rate == pytest.approx(by_mu, rel=1e-7, abs=1e-9)
    assert here.d_sigma / here.rate == pytest.approx(by_sigma, rel=1e-7, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(inputs, st.floats(0.1, 1000.0), st.floats(0.01, 100.0))
def test_units_of_voltage_and_time_do_not_matter(given_input, volts, times):
    mu, sigma = given_input
    scaled = {"tau_m": 10.0 * times, "t_ref": 2.0 * times, "v_th": 15.0 * volts, "v_reset": 0.0}
    one, other = transfer(mu, sigma, **CELL), transfer(mu * volts, sigma * volts, **scaled)
    assert other.log_rate + np.log(times) == pytest.approx(one.log_rate, rel=1e-11, abs=1e-11)
    assert cv(mu * volts, sigma * volts, **scaled) == pytest.approx(cv(mu, sigma, **CELL), rel=1e-9)


def test_a_bad_element_spoils_no_other():
    good = {"mu": 15.0, "sigma": 1.0, **CELL}
    bad = [
        {"mu": np.nan}, {"mu": np.inf}, {"mu": -np.inf}, {"sigma": -1.0}, {"sigma": np.nan}, {"v_reset": 15.5},
        {"v_th": np.nan}, {"tau_m": -10.0}, {"tau_m": 0.0}, {"t_ref": -1.0}, {"sigma": 0.0, "v_reset": 15.5},
    ]  # fmt: skip
    columns = {name: np.array([value, *(case.get(name, value) for case in bad)]) for name, value in good.items()}
    out, alone = transfer(**columns), transfer(**good)
    for name in ("rate", "log_rate", "d_mu", "d_sigma"):
        assert getattr(out, name)[0] == getattr(alone, name)
        assert np.isnan(getattr(out, name)[1:]).all()
    variation = cv(**columns)
    assert variation[0] == cv(**good)
    assert np.isnan(variation[1:7]).all()


def exact_log_rate(mu: float, sigma: float, v_reset: float) -> float:
    """By quadrature with 40 digits, from the voltages as they are."""
    with mpmath.workdps(40):
        low, high = ((mpmath.mpf(v) - mpmath.mpf(mu)) / mpmath.mpf(sigma) for v in (v_reset, 15.0))
        top = max(high, mpmath.mpf(0))
        cuts = sorted({low, high, *(high - mpmath.mpf(2) ** -k for k in range(12) if high - mpmath.mpf(2) ** -k > low)})
        whole = mpmath.quad(lambda y: mpmath.exp((y - top) * (y + top)) * mpmath.erfc(-y), cuts)
        interval = 2 * mpmath.exp(-top * top) + 10 * mpmath.sqrt(mpmath.pi) * whole
        return float(-mpmath.log(interval) - top * top)


@pytest.mark.parametrize("mu", [-80.0, 3.0, 14.0, 15.0, 70.0])
@pytest.mark.parametrize("distance", [1e-7, 1e-3, 1.0])
def test_intervals_however_narrow_are_those_of_the_voltages_given(mu, distance):
    """The distance of threshold and reset is not that of the rounded bounds: here they are up to 1e9 times as far."""
    found, v_reset = transfer(mu, 5.0, **{**CELL, "v_reset": 15.0 - distance}).log_rate, 15.0 - distance
    assert found == pytest.approx(exact_log_rate(mu, 5.0, v_reset), rel=1e-13, abs=1e-12)


def test_a_rate_too_small_for_a_number_has_a_logarithm():
    out = transfer([15.0, -1e3, -1e6], 1.0, **CELL)
    assert list(out.rate > 0.0) == [True, False, False]
    assert np.isfinite(out.log_rate).all()
    y = 15.0 + 1e6
    # far above: I = sqrt(pi) exp(y**2)/y (1 + 1/(2 y**2) ...)
    assert out.log_rate[2] == pytest.approx(-(y * y) + np.log(y / np.sqrt(np.pi) / 10.0), rel=1e-15)
    assert (out.d_mu[2], out.d_sigma[2]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("mu", "diffusion", "variation"), [(0.8, 0.1, 0.67425280), (0.8, 0.01, 0.78471936), (1.5, 0.1, 0.44347458)]
)
def test_published_variation_of_the_intervals(mu, diffusion, variation):
    assert cv(mu, np.sqrt(2.0 * diffusion), **UNIT) == pytest.approx(variation, abs=6e-9)


def test_variation_far_from_threshold_on_both_sides():
    """Poisson below; above, ``var = sigma**2 tau_m**2/2 [1/(mu - V)**2]``, with relative errors of order ``1/y**2``."""
    assert cv([-75.0, -75.0], [0.01, 1.0], **{**CELL, "v_reset": [14.996, 0.0]}) == pytest.approx(1.0, abs=1e-12)
    mu, sigma = 100.0, 0.1
    interval = 2.0 + 10.0 * np.log(100.0 / 85.0)
    spread = 10.0 * sigma * np.sqrt(0.5 * (85.0**-2 - 100.0**-2))
    assert cv(mu, sigma, **CELL) == pytest.approx(spread / interval, rel=5.0 * (sigma / 85.0) ** 2)


def test_arguments_broadcast_like_arrays():
    mu, sigma = np.array([[10.0], [15.0]]), np.array([1.0, 2.0, 3.0])
    grid = transfer(mu, sigma, **CELL)
    assert grid.rate.shape == grid.d_mu.shape == cv(mu, sigma, **CELL).shape == (2, 3)
    assert grid.rate[1, 2] == transfer(15.0, 3.0, **CELL).rate
    assert transfer(15.0, 3.0, **CELL).rate.shape == ()


@settings(max_examples=25, deadline=None)
@given(inputs)
def test_the_density_holds_all_neurons_that_are_not_refractory(given_input):
    mu, sigma = given_input
    nodes, weights = legendre(400)
    mass = 0.0
    for low, high in ((min(mu, 0.0) - 12.0 * sigma, 0.0), (0.0, 15.0)):  # the density has a corner at the reset
        v = 0.5 * (low + high) + 0.5 * (high - low) * nodes
        mass += 0.5 * (high - low) * weights @ density(v, mu, sigma, **CELL)
    assert mass == pytest.approx(1.0 - 2.0 * transfer(mu, sigma, **CELL).rate, abs=1e-11)


def test_far_below_threshold_the_density_is_the_free_gaussian_and_spikes_are_poisson():
    v = np.linspace(-6.0, 6.0, 25)
    free = np.exp(-((v - 0.5) ** 2) / 1.0) / np.sqrt(np.pi)
    assert density(v, 0.5, 1.0, **CELL) == pytest.approx(free, rel=1e-10)
    assert cv(0.5, 1.0, **CELL) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("mu", "diffusion", "at_1", "at_10"),
    [
        (0.8, 0.1, 0.398316716823 + 0.319051050255j, 0.106889364411 + 0.108680775072j),
        (0.8, 0.01, 0.258608903206 + 0.302546792998j, 0.0688706888276 + 0.0791093054406j),
        (1.5, 0.1, 0.978578337838 + 0.292587520066j, 0.291444404517 + 0.243047100117j),
    ],
)
def test_published_linear_response(mu, diffusion, at_1, at_10):
    sigma = np.sqrt(2.0 * diffusion)
    chi = response(2j * np.pi * np.array([1.0, 10.0]), mu, sigma, **UNIT).chi_mu
    assert np.conj(chi) == pytest.approx(np.array([at_1, at_10]), abs=2e-12)


@settings(max_examples=40, deadline=None)
@given(inputs, st.floats(0.0, 0.3), st.floats(0.0, 3.0))
def test_slow_modulation_is_followed_as_the_static_rate_says(given_input, shift, t_ref):
    mu, sigma = given_input
    cell = {**CELL, "t_ref": t_ref, "shift": shift}
    static = transfer(mu, sigma, **cell)
    if static.log_rate < -200.0:
        return
    slow = response(np.zeros(1, complex), mu, sigma, **cell)
    assert slow.chi_mu[0] == pytest.approx(static.d_mu, rel=1e-9, abs=1e-13)
    assert slow.chi_sigma2[0] == pytest.approx(static.d_sigma / (2.0 * sigma), rel=1e-8, abs=1e-13)


def test_fast_modulation_falls_with_the_root_of_the_frequency_at_45_degrees():
    rate = transfer(0.8, np.sqrt(0.2), **UNIT).rate
    omega = np.array([1e3, 1e5])
    chi = np.concatenate([response(np.array([1j * w]), 0.8, np.sqrt(0.2), **UNIT).chi_mu for w in omega])
    gap = np.abs(chi * np.exp(0.25j * np.pi) * np.sqrt(0.1 * omega) / rate - 1.0)
    assert gap[1] < 0.02
    assert gap[0] / gap[1] == pytest.approx(10.0, rel=0.1)  # what is left falls like omega**-1/2


def test_without_noise_the_threshold_itself_is_not_crossed():
    """``dv/dt = (mu - v)/tau`` comes near ``mu`` only; just above it the interval has a closed form."""
    cell = {"tau_m": 20.0, "v_th": 20.0, "v_reset": 10.0, "t_ref": 2.0}
    at, below, above = (transfer(mu, 0.0, **cell) for mu in (20.0, 20.0 - 1e-9, 20.5))
    assert at.rate == below.rate == 0.0
    assert (at.d_mu, at.d_sigma, at.log_rate) == (0.0, 0.0, -np.inf)
    # the smallest noise that is computed with, 1e-9 of the distance, changes an interval by less than that squared
    assert 1 / above.rate == pytest.approx(2 + 20 * np.log(10.5 / 0.5), rel=1e-12)
