"""The noise that carries a weak signal best."""

import numpy as np
import pytest

from rheobase import Hz, ModelError, library, mV
from rheobase.model.neuron import Neuron
from rheobase.population.neuron.stochastic_resonance import stochastic_resonance
from rheobase.units import ms

#: tau = 1 ms, threshold 1, reset 0: numbers of the literature are per ms.
UNIT = Neuron("dv/dt = -v/tau_m : 1", threshold="v > 1", reset="v = 0", tau_m=1 * ms)


@pytest.mark.parametrize(
    ("mu", "frequency", "diffusion", "peak"), [(0.8, 0.1, 0.0080476, 9.870996), (0.8, 1.0, 0.0110206, 1.047645)]
)
def test_published_optima(mu, frequency, diffusion, peak):
    found = stochastic_resonance(UNIT, mu, 1e3 * frequency)
    assert found.best_diffusion == pytest.approx(diffusion, abs=5e-8)
    assert 1e-3 * found.best_snr == pytest.approx(peak, abs=5e-7)
    assert f"{found.best_sigma:.6g}" in found.status


def test_at_the_published_spectrum_and_gain():
    """mu = .8, D = .01: S/r = .767413922635 at f = .1, chi = .258608903206 + .302546792998 i at f = 1."""
    sigma = np.sqrt([0.01, 0.02, 0.03])
    slow, fast = (stochastic_resonance(UNIT, 0.8, f, sigma) for f in (100 * Hz, 1000 * Hz))
    assert slow.background[1] / slow.rate[1] == pytest.approx(0.767413922635, rel=1e-10)
    assert 1e-3 * fast.gain[1] == pytest.approx(abs(0.258608903206 + 0.302546792998j), rel=1e-10)
    expected = fast.gain**2 / (2 * fast.background)
    assert fast.snr == pytest.approx(expected, rel=1e-13)


def test_units_and_scale():
    """The same neuron in mV and 20 ms: SNR in Hz/mV**2, noise in mV."""
    scaled = library.lif(E_L=0 * mV, tau_m=20 * ms, v_th=15 * mV, v_reset=0 * mV, t_ref=0 * ms)
    found, plain = stochastic_resonance(scaled, 12 * mV, 5 * Hz), stochastic_resonance(UNIT, 0.8, 100)
    assert found.best_sigma == pytest.approx(15 * plain.best_sigma, rel=1e-7)
    assert found.best_snr == pytest.approx(plain.best_snr / 20 / 15**2, rel=1e-9)
    assert found.unit == "mV"


def test_any_neuron_has_one():
    found = stochastic_resonance(library.eif(), 0.5, 10)
    assert found.sigma[0] < found.best_sigma < found.sigma[-1]
    assert found.best_snr >= found.snr.max()
    assert found.plot().axes[0].lines and "best noise" in found.summary() and "Lindner" in found.cite()


def test_a_neuron_that_fires_by_itself_has_none():
    found = stochastic_resonance(UNIT, 1.5, 100, np.geomspace(0.05, 1, 8))
    assert np.isnan(found.best_sigma) and "The less noise the better" in found.status
    assert "more noise the better" in stochastic_resonance(UNIT, 0.2, 100, [0.05, 0.1, 0.15]).status
    silent = stochastic_resonance(UNIT, -3, 100, [1e-3, 2e-3, 3e-3])
    assert "does not fire" in silent.status and np.all(silent.snr == 0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.8, 0.0), "the frequency of the signal has to be positive"),
        ((0.8, 100, [0.1, 0.2]), "at least three positive values, increasing"),
        ((0.8, 100, [0.3, 0.2, 0.1]), "at least three positive values, increasing"),
        ((0.8, 100, [-1.0, 0.2, 0.3]), "sigma must not be negative"),
        (([0.8, 0.9], 100), "give one finite mu"),
        ((float("nan"), 100), "give one finite mu"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ModelError, match=message):
        stochastic_resonance(UNIT, *arguments)
