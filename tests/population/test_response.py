"""Linear response, intervals and spectra of one neuron: published values, identities, laws at high frequency."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.population.neuron.intervals import isi
from rheobase.population.neuron.response import response
from rheobase.population.neuron.transfer import transfer
from rheobase.units import Hz, UnitError, kHz, ms, mV

#: Theta = 1, reset 0, tau_m = 1 s: frequencies in units of 1/tau_m are those in Hz.
UNIT = Neuron("dv/dt = -v/tau_m : 1", threshold="v > 1", reset="v = 0", tau_m=1000 * ms)
P5 = [
    (0.8, 0.1, 0.67425280, (0.480904137494, 1.0257359885), 0.398316716823 + 0.319051050255j),
    (0.8, 0.01, 0.78471936, (0.767413922635, 1.00000467662), 0.258608903206 + 0.302546792998j),
    (1.5, 0.1, 0.44347458, (0.20136235946, 0.902795015989), 0.978578337838 + 0.292587520066j),
]


@pytest.mark.parametrize(("mu", "diffusion", "cv", "spectrum", "chi"), P5)
def test_published_values_of_the_leaky_neuron(mu, diffusion, cv, spectrum, chi):
    sigma = np.sqrt(2 * diffusion)
    found = isi(UNIT, mu, sigma)
    assert found.cv == pytest.approx(cv, abs=5e-9)
    assert found.spectrum([0.1, 1.0]) / found.rate == pytest.approx(spectrum, abs=2e-11)
    # the table's modulation is exp(-i w t)
    assert np.conj(response(UNIT, mu, sigma, 1.0).by_mu[0]) == pytest.approx(chi, abs=2e-12)


NEURONS = {
    "lif": (library.lif(), 13.0, 4.0),
    "eif": (library.eif(), 6.0, 4.0),
    "qif": (library.qif(), -0.2, 0.8),
    "quartic": (
        Neuron("dv/dt = (-v + v**4/(8000*mV**3))/tau_m : mV (unless refractory)", threshold="v > 60*mV",
               reset="v = 5*mV", refractory="1*ms", tau_m=10 * ms), 14.0, 5.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NEURONS)
def test_identities(name):
    neuron, mu, sigma = NEURONS[name]
    found = isi(neuron, mu, sigma)
    assert found.spectrum(0.0) == pytest.approx(found.rate * found.cv**2, rel=1e-12)
    assert found.spectrum(1e-4 * found.rate) == pytest.approx(found.rate * found.cv**2, rel=1e-4)
    assert found.spectrum(300.0 * found.rate + 3e4) == pytest.approx(found.rate, rel=1e-3)
    assert found.cumulants[:2] == pytest.approx([found.mean, found.std**2], rel=1e-8)
    t = np.linspace(0.0, found.mean + 40.0 * found.std, 4001)
    density = found.density(t)
    # trapezoids of a smooth function that vanishes at both ends; the tail beyond falls at least like exp(-t/mean)
    assert np.trapezoid(density, t) == pytest.approx(1.0, abs=1e-9)
    assert np.trapezoid(density * t, t) == pytest.approx(found.mean, rel=1e-8)
    h = 1e-4 * sigma
    low, high = (transfer(neuron, mu + side * h, sigma).rate for side in (-1, 1))
    still = response(neuron, mu, sigma, [0.0])
    assert still.by_mu[0] == pytest.approx((high - low) / (2 * h), rel=1e-6)
    low, high = (transfer(neuron, mu, sigma + side * h).rate for side in (-1, 1))
    assert still.by_sigma[0] == pytest.approx((high - low) / (2 * h), rel=1e-5)


def test_laws_at_high_frequency():
    """abs(chi) = r/sqrt(D w) at 45 degrees (leaky), r/(Delta_T w) at 90 (exponential), falls like w**-2 (quadratic)."""
    neuron, mu, sigma = NEURONS["lif"]
    f = np.array([2e5, 8e5])
    found = response(neuron, mu, sigma, f)
    diffusion = sigma**2 / (2 * found.tau_m)  # mV**2/ms; dmu enters dv/dt over tau_m
    law = found.rate / found.tau_m / np.sqrt(diffusion * 2e-3 * np.pi * f)
    assert np.abs(found.by_mu) == pytest.approx(law, rel=0.02)
    assert np.degrees(np.angle(found.by_mu[1])) == pytest.approx(-45.0, abs=1.0)
    sharp = response(library.eif(v_peak=30 * mV), 6, 4, [2e3, 8e3])
    law = sharp.rate / 3.48 / (2e-3 * np.pi * sharp.frequencies * sharp.tau_m)
    assert np.abs(sharp.by_mu) == pytest.approx(law, rel=0.02)
    quadratic = response(library.qif(v_peak=1e4), -0.2, 0.8, [200.0, 800.0])
    slope = np.log(np.abs(quadratic.by_mu[1] / quadratic.by_mu[0])) / np.log(4.0)
    assert slope == pytest.approx(-2.0, abs=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: response(UNIT, 0.5, 0.0, 1.0), "there is no noise"),
        (lambda: response(UNIT, [0.5, 1.0], 1.0, 1.0), "give one mu and one sigma, not 2"),
        (lambda: response(UNIT, np.nan, 1.0, 1.0), "must be finite"),
        (lambda: response(UNIT, 0.5, 1.0, [-1.0]), "not negative"),
        (lambda: isi(UNIT, 0.5, 0.0), "without noise all intervals are the same"),
        (lambda: isi(UNIT, -1e3, 0.1), r"the rate at this input is exp\(-1.002.*\) Hz, so low"),
        (lambda: response(UNIT, 0.5, 1.0, ["1 Hz", "fast"]), "cannot read 'fast'"),
    ],
)
def test_a_sentence_for_each_mistake(call, message):
    with pytest.raises(ModelError, match=message):
        call()


def test_frequencies_with_units_and_words():
    found = response(library.lif(), 14 * mV, 4 * mV, np.array([10.0, 100.0]) * Hz)
    assert found.frequencies == pytest.approx([10.0, 100.0])
    assert "phase (deg)" in found.summary() and "Lindner" in found.cite()
    assert "skewness" in isi(library.lif(), 14, 4).summary()


def test_intervals_take_quantities_and_refuse_what_is_not_finite():
    found = isi(library.lif(), 14.0, 4.0)
    assert found.spectrum(0.01 * kHz) == found.spectrum(10.0) and found.spectrum(10.0).shape == ()
    assert found.density(5 * ms) == found.density(5.0) > 0.0
    with pytest.raises(ModelError, match="t has to be finite"):
        found.density(np.nan)
    with pytest.raises(ModelError, match="frequencies has to be finite"):
        found.spectrum([1.0, np.inf])
    with pytest.raises(UnitError, match="t has to be a time"):
        found.density(5 * mV)
