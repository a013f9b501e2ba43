"""The gradient of the rate through JAX, against central differences of `transfer`."""

import jax
import numpy as np
import pytest

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.population import transfer
from rheobase.units import ms, mV

NOISY = Neuron(
    "dv/dt = (-v + k*exp((v - 15*mV)/k))/tau_m + s*sqrt(2/tau_m)*xi : mV (unless refractory)",
    threshold="v > peak - 1*mV", reset="v = low/2", refractory="hold", tau_m=10 * ms, s=3 * mV, k=2 * mV, peak=30 * mV,
    low=8 * mV, hold=1 * ms,
)  # fmt: skip
CASES = {
    "lif": (library.lif(), 12.0, 4.0),
    "eif": (library.eif(), 6.0, 4.0),
    "own noise": (NOISY, 9.0, 2.0),
}


@pytest.fixture
def doubles():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", CASES)
def test_every_parameter(name, doubles):
    neuron, mu, sigma = CASES[name]
    unit = {key: neuron.equations.dimension_of(key) for key in neuron.parameters}
    scales = {key: neuron.equations[key].unit.scale if key in neuron.equations else 1.0 for key in neuron.parameters}
    plain = {key: float(value) / scales[key] for key, value in neuron.parameters.items()}

    def value(mu, sigma, given):
        from rheobase.units import Quantity

        changed = {key: Quantity(x * scales[key], unit[key]) for key, x in given.items()}
        return float(transfer(neuron, mu, sigma, **changed).log_rate)

    by_mu, by_sigma, by_parameter = jax.grad(
        lambda mu, sigma, given: transfer(neuron, mu, sigma, **given).log_rate, argnums=(0, 1, 2)
    )(mu, sigma, plain)

    def difference(change):
        h = 1e-4
        return (change(h) - change(-h)) / (2 * h)  # error: h**2 times the third derivative

    assert by_mu == pytest.approx(difference(lambda h: value(mu + h, sigma, plain)), rel=1e-6)
    assert by_sigma == pytest.approx(difference(lambda h: value(mu, sigma + h, plain)), rel=1e-6)
    for key in plain:
        size = abs(plain[key]) or 1.0
        expected = (
            difference(lambda h, key=key, size=size: value(mu, sigma, plain | {key: plain[key] + h * size})) / size
        )
        assert by_parameter[key] == pytest.approx(expected, rel=1e-5, abs=1e-7 / size)


def test_rates_over_arrays_compiled(doubles):
    mu = np.array([5.0, 12.0, 20.0])
    slopes = jax.jit(jax.vmap(jax.grad(lambda mu: transfer(library.lif(), mu, 4.0).rate)))(mu)
    high, low = (transfer(library.lif(), mu + h, 4.0).rate for h in (1e-4, -1e-4))
    assert np.asarray(slopes) == pytest.approx((high - low) / 2e-4, rel=1e-6)


def test_mistakes():
    with pytest.raises(ModelError, match="single numbers; use jax"):
        jax.grad(lambda mu: transfer(library.lif(), mu, 4.0).rate.sum())(np.array([5.0, 6.0]))
    with pytest.raises(ModelError, match="has no parameter 'taum'"):
        jax.grad(lambda tau: transfer(library.lif(), 5.0, 4.0, taum=tau).rate)(10.0)
    assert np.isnan(jax.grad(lambda mu: transfer(library.lif(), mu, 0.0).rate)(20.0))
