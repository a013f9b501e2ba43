"""The stationary state of one neuron, whatever its drift."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.population import NotCovered, transfer
from rheobase.population.neuron.membrane import membrane_of
from rheobase.units import ms, mV

#: No library has this one: a spike current of fourth order.
QUARTIC = "dv/dt = (E - v + (v - E)**4/k**3)/tau_m : {unit} (unless refractory)"
CELL = {"threshold": "v > peak", "reset": "v = low", "refractory": "2*ms"}


def quartic(unit="mV", scale=1.0):
    volts = {"E": -65, "k": 20, "peak": -5, "low": -60}
    return Neuron(
        QUARTIC.format(unit=unit), **CELL, tau_m=scale * 10 * ms, **{name: value * mV for name, value in volts.items()}
    ).with_(refractory=f"{2 * scale}*ms")


@pytest.mark.parametrize(
    ("cell", "mu", "sigma", "expected"),
    [
        ({}, 0, 6, 0.1091740428),
        ({}, 5, 2, 0.32822515),
        ({}, 10, 3, 0.63600569),
        ({}, 20, 5, 1.17421352),
        ({"Delta_T": 1 * mV, "V_T": -50 * mV, "v_reset": -60 * mV}, 0, 6, 2.17193250564e-4),
        ({"Delta_T": 1 * mV, "V_T": -50 * mV, "v_reset": -60 * mV}, 20, 5, 0.698345822),
    ],
)
def test_published_rates_of_the_exponential_neuron(cell, mu, sigma, expected):
    """The last digits of these numbers are not good: at (20, 5) quadrature with 25 digits gives 1.174213431125161."""
    found = transfer(library.eif(t_ref=0 * ms, **cell), mu * mV, sigma * mV)
    assert found.rate * found.tau_m * 1e-3 == pytest.approx(expected, rel=2e-7)
    assert found.scaled_by == "C_m/g_L" and "estimated error" in found.status


def test_quadrature_of_the_exponential_neuron():
    found = transfer(library.eif(t_ref=0 * ms), 20, 5)
    assert found.rate * found.tau_m * 1e-3 == pytest.approx(1.174213431125161432, rel=1e-12)


def test_the_leaky_neuron_is_the_same_by_both_ways():
    """A drift that is linear, but not on its face: threshold integration against Siegert's formula."""
    same = "dv/dt = ((E_L - v) if v < 0*mV else (E_L - v))/tau_m : mV (unless refractory)"
    values = {"E_L": -65 * mV, "tau_m": 10 * ms, "threshold": "v > -50*mV", "reset": "v = -70*mV"}
    mu, sigma = np.array([3.0, 14.0, 40.0]), np.array([2.0, 5.0, 1.0])
    linear = "dv/dt = (E_L - v)/tau_m : mV (unless refractory)"
    plain, other = (transfer(Neuron(text, refractory="2*ms", **values), mu, sigma) for text in (linear, same))
    assert plain.membrane.drift is None and other.membrane.drift is not None
    assert other.log_rate == pytest.approx(plain.log_rate, abs=1e-11)
    assert other.cv == pytest.approx(plain.cv, rel=1e-10)
    v = np.linspace(-90, -50.01, 50)
    assert other.density(v) == pytest.approx(plain.density(v), rel=1e-9, abs=1e-12)


@given(st.floats(-5.0, 25.0), st.floats(1.0, 8.0), st.floats(0.2, 5.0))
@settings(deadline=None, max_examples=15)
def test_units_of_voltage_and_scale_of_time_do_not_matter(mu, sigma, scale):
    one = transfer(quartic(), mu, sigma)
    volts = transfer(quartic("volt"), mu * mV, sigma * mV)
    slow = transfer(quartic(scale=scale), mu, sigma)
    assert volts.log_rate == pytest.approx(float(one.log_rate), abs=1e-10)
    assert slow.log_rate + np.log(scale) == pytest.approx(float(one.log_rate), abs=1e-9)
    assert slow.cv == pytest.approx(float(one.cv), rel=1e-9)


def test_density_flux_and_the_refractory_part():
    found = transfer(quartic(), [8.0, 15.0], 4.0)
    v = np.linspace(-110.0, -5.0, 40001)
    mass = np.trapezoid(found.density(v), v, axis=-1)
    assert mass + found.refractory == pytest.approx(1.0, abs=2e-6)  # trapezoids across the kink at the reset
    assert found.flux([-70, -20])[:, 0].tolist() == [0.0, 0.0]
    assert found.flux([-70, -20])[:, 1].tolist() == found.rate.tolist()
    assert "rate (Hz)" in found.summary() and "Richardson" in found.cite()


def test_own_noise_is_part_of_the_neuron():
    noisy = Neuron(
        "dv/dt = (-v + exp(v/mV - 15)*mV)/tau_m + s*sqrt(2/tau_m)*xi : mV", threshold="v > 30*mV", reset="v = 5*mV",
        tau_m=10 * ms, s=3 * mV,
    )  # fmt: skip
    quiet = noisy.with_(s=0 * mV)
    assert transfer(noisy, 9).rate == pytest.approx(float(transfer(quiet, 9, np.sqrt(18.0)).rate), rel=1e-12)


def test_bad_elements_do_not_spoil_the_others():
    found = transfer(quartic(), [5.0, np.nan, 5.0, 40.0], [3.0, 3.0, 0.0, 0.0])
    assert np.isfinite(found.rate[[0, 3]]).all() and np.isnan(found.rate[1]) and found.rate[2] == 0.0
    assert "1 of 4 elements have an input that is not a number" in found.status
    assert "In 1 of 4 there is no noise and the drift stops" in found.status
    for neuron in (quartic(), library.lif()):
        own = transfer(neuron, [5.0, 5.0, np.inf, np.nan], [3.0, -3.0, 3.0, 3.0])
        assert own.log_rate[0] == transfer(neuron, 5.0, 3.0).log_rate and np.isnan(own.log_rate[1:]).all()
        assert "3 of 4 elements have an input that is not a number, or a negative sigma" in own.status
    deep = transfer(quartic(), -40.0, 0.5)
    assert deep.rate == 0.0 and -1e5 < deep.log_rate < -1e3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: transfer(quartic(), 1, -1), "sigma must not be negative"),
        (lambda: transfer(quartic(), np.nan, 1), "mu and sigma must be finite numbers"),
        (lambda: transfer(quartic(), [1, 2], [1, 2, 3]), r"shapes \(2,\) and \(3,\), which do not broadcast"),
        (lambda: transfer(quartic(), 1 * ms, 1), "mu|v"),
        (lambda: transfer(library.adex()), "has a second state 'w' that 'v' acts on"),
        (lambda: transfer(quartic(), low=0 * mV), "reset to a voltage that is not below its threshold"),
        (lambda: transfer("lif"), "must be a Neuron, not str"),
        (lambda: transfer(library.lif(), 1, 1, tau_m=0 * ms), "tau_m = 0 ms is a time constant"),
        (lambda: transfer(quartic(), 1, 1, tau_m=-1 * ms), "tau_m = -1 .*is a time constant"),
    ],
)
def test_a_sentence_for_each_mistake(call, message):
    with pytest.raises((ModelError, NotCovered), match=message):
        call()


def test_drift_that_runs_away_is_said():
    away = Neuron("dv/dt = (v**3/mV**2 + v)/tau_m : mV", threshold="v > 20*mV", reset="v = 5*mV", tau_m=10 * ms)
    found = transfer(away, 0, 3)
    assert "nothing pulls 'v' up below the reset" in found.status


@pytest.mark.parametrize(
    ("mu", "sigma"), [(14.0, 4.0), (2.0, 3.0), (14.999, 0.01), (15.001, 0.01), (40.0, 0.5), (15.0, 20.0), (16.0, 0.0)]
)
def test_the_error_of_the_leaky_neuron_is_a_bound(mu, sigma):
    """Against Siegert's formula in 25 digits; without noise against the logarithm that it becomes."""
    cell = library.lif(E_L=-70 * mV, v_th=-55 * mV, v_reset=-61 * mV, t_ref=0 * ms, tau_m=10 * ms)
    found = transfer(cell, mu * mV, sigma * mV)
    with mpmath.workdps(25):
        reach, reset, width = mpmath.mpf(15) - mpmath.mpf(mu), mpmath.mpf(9) - mpmath.mpf(mu), mpmath.mpf(sigma)
        if sigma == 0.0:
            time = mpmath.log(reset / reach)
        else:
            points = mpmath.linspace(reset / width, reach / width, 5)
            time = mpmath.sqrt(mpmath.pi) * mpmath.quad(lambda y: mpmath.exp(y * y) * mpmath.erfc(-y), points)
        error = abs(mpmath.mpf(float(found.log_rate)) - mpmath.log(1000 / (10 * time)))
    assert error <= float(found.error) < 1e-9
    assert "ln rate to" in found.status


FINITE = {"threshold": "v > 20*mV", "reset": "v = 0*mV", "refractory": 2 * ms, "tau_m": 10 * ms}


@pytest.mark.parametrize(
    ("current", "message"),
    [
        ("40*mV**2/(v - 7*mV)", "grows without bound at 7"),
        ("40*mV**3/(v - 7*mV)**2", "grows without bound at 7"),
        ("5*mV*sqrt(v/mV - 7)", "has no finite value at"),
        ("mV*exp(v**4/(100*mV**4))", "has no finite value at"),
    ],
)
def test_a_drift_that_is_not_finite_on_the_way_is_refused(current, message):
    cell = Neuron(f"dv/dt = (-v + {current})/tau_m : mV (unless refractory)", **FINITE)
    with pytest.raises(NotCovered, match=message):
        transfer(cell, 5, 4)


def test_jumps_and_what_can_be_integrated_are_not():
    for current in ("5*mV*(v > 7*mV)", "5*mV*log(abs(v - 7*mV)/mV)", "40*mV**2/(v + 70*mV)"):
        found = transfer(Neuron(f"dv/dt = (-v + {current})/tau_m : mV (unless refractory)", **FINITE), 15, 4)
        assert found.error < 1e-11 and found.rate > 1.0


def test_a_pole_far_below_the_reset_counts_if_the_noise_reaches_it():
    cell = Neuron("dv/dt = (-0.1*v + 40*mV**2/(v + 50*mV))/tau_m : mV (unless refractory)", **FINITE)
    found = transfer(cell, [15, 0], [4, 40])
    assert found.rate[0] == pytest.approx(64.1, abs=0.1) and np.isnan(found.rate[1])
    assert "In 1 of 2 the noise reaches voltages far below the reset at which dv/dt is not finite" in found.status


def test_a_drift_at_a_voltage_far_from_zero_takes_few_panels():
    """Rounding of ``v`` makes the drift noisy around its zero; pieces there must not become ever narrower."""
    cell = Neuron(
        "dv/dt = (E_L - v + (v - E_L)**4/(8000*mV**3))/tau_m : mV (unless refractory)",
        threshold="v > -5*mV", reset="v = -70*mV", refractory=2 * ms, tau_m=15 * ms, E_L=-65 * mV,
    )  # fmt: skip
    assert membrane_of(cell).interval.pieces(1).edges.size < 200


@pytest.mark.filterwarnings("error")
def test_inputs_at_the_ends_of_the_floating_numbers():
    """Noise whose square is 0 is none; no warnings from squares that are no number."""
    for neuron in (library.lif(), library.eif()):
        found = transfer(neuron, [12.0, 1e300, 12.0, 12.0], [3.0, 1.0, 1e-300, 1e300])
        assert found.log_rate[0] == transfer(neuron, 12.0, 3.0).log_rate
        assert found.log_rate[1] == pytest.approx(np.log(1e3 / found.membrane.t_ref))
    assert found.log_rate[2] == transfer(library.eif(), 12.0, 0.0).log_rate
