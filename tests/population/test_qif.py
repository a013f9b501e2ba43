"""The quadratic neuron in white noise: closed form, and the library's neuron by threshold integration."""

import mpmath
import numpy as np
import pytest

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.population import transfer
from rheobase.population.neuron.qif import qif_log_rate, qif_rate


@pytest.mark.parametrize(
    ("beta", "diffusion", "rate"),
    [
        (0, 1, 0.2009624513389919),
        (1, 1, 0.3404141633273018),
        (-1, 1, 0.06863761438156179),
        (-1, 0.1, 5.039521541516644e-7),
        (10, 0.01, 1.006584257817614),
    ],
)
def test_reference_rates(beta, diffusion, rate):
    assert qif_rate(beta, diffusion) == pytest.approx(rate, rel=2e-14)


@pytest.mark.parametrize("z", [-1e6, -200.0, -15.1, -14.9, -3.0, -0.2, 0.0, 0.5, 4.0, 14.9, 15.1, 90.0, 1e4])
def test_airy_functions_with_forty_digits(z):
    with mpmath.workdps(40):
        exact = -mpmath.log(mpmath.pi**2 * (mpmath.airyai(z) ** 2 + mpmath.airybi(z) ** 2))
    assert qif_log_rate(-z, 1.0) == pytest.approx(float(exact), rel=1e-14, abs=4e-14)


def test_limits_and_elements():
    rate = qif_rate([4.0, -1.0, np.nan, 1.0], [0.0, 0.0, 1.0, 1.0])
    assert rate[0] == pytest.approx(2.0 / np.pi, rel=1e-15) and rate[1] == 0.0 and np.isnan(rate[2])
    assert rate[3] == qif_rate(1.0, 1.0)
    assert qif_log_rate(-1.0, 1e-6) == pytest.approx(-4.0 / 3.0 / 1e-6 - np.log(np.pi), rel=1e-9)
    with pytest.raises(ModelError, match="diffusion must not be negative"):
        qif_rate(1.0, -1.0)
    with pytest.raises(ModelError, match=r"shapes \(2,\) and \(3,\), which do not broadcast"):
        qif_rate([1.0, 2.0], [1.0, 2.0, 3.0])


def test_scaling():
    """``x -> c x``, ``t -> t/c``: the rate at (c**2 beta, c**3 D) is c times that at (beta, D)."""
    beta, diffusion = np.array([-2.0, 0.0, 3.0]), np.array([0.5, 1.0, 2.0])
    assert qif_log_rate(9 * beta, 27 * diffusion) == pytest.approx(qif_log_rate(beta, diffusion) + np.log(3), abs=1e-13)


@pytest.mark.parametrize("peak", [50.0, 200.0])
def test_the_neuron_of_the_library(peak):
    """It is cut off at ``v_peak``; beyond, the refractory time stands for the passage, up to ``O(1/v_peak**3)``."""
    mu, sigma = np.array([-1.0, 0.0, 1.0, 4.0]), np.array([1.0, 2.0**0.5, 1.0, 0.5])
    found = transfer(library.qif(v_peak=peak), mu, sigma)
    exact = qif_rate(mu, sigma**2 / 2.0)
    assert found.rate * found.tau_m * 1e-3 == pytest.approx(exact, rel=10.0 * 4.0 / peak**3 * exact.max())
