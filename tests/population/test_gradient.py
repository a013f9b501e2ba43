"""The gradient of the rate through JAX, against central differences of `transfer`."""

import time

import jax
import mpmath
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


def test_leaky_neuron_against_arbitrary_precision(doubles):
    """Central differences of Siegert's integral; the parts that are read by differences are known to 1e-11."""
    values = {"tau_m": 17.3, "E_L": -66.0, "v_th": -49.0, "v_reset": -61.0, "t_ref": 1.7}

    def truth(x):
        low, high = ((x[key] - x["E_L"] - x["mu"]) / x["sigma"] for key in ("v_reset", "v_th"))
        whole = mpmath.quad(lambda s: mpmath.exp(s * s) * mpmath.erfc(-s), [low, (low + high) / 2, high])
        return -mpmath.log(x["t_ref"] + x["tau_m"] * mpmath.sqrt(mpmath.pi) * whole)

    for mu, sigma in ((12.0, 4.0), (25.0, 1.5), (2.0, 4.0)):
        slopes = jax.grad(lambda x: transfer(library.lif(), **x).log_rate)({"mu": mu, "sigma": sigma, **values})
        with mpmath.workdps(40):
            x, h = (
                {key: mpmath.mpf(v) for key, v in (values | {"mu": mu, "sigma": sigma}).items()},
                mpmath.mpf(10) ** -12,
            )
            for key in x:
                exact = float((truth(x | {key: x[key] + h}) - truth(x | {key: x[key] - h})) / (2 * h))
                assert float(slopes[key]) == pytest.approx(exact, rel=1e-10)


def test_arrays(doubles):
    """Inputs and parameters broadcast; a row that makes no neuron, or has a negative sigma, leaves the others alone."""
    mu, sigma = np.array([[5.0], [12.0], [20.0]]), np.array([4.0, -1.0])
    for neuron in (library.lif(), library.eif()):
        slopes = jax.grad(lambda mu, neuron=neuron: transfer(neuron, mu, sigma[:1]).log_rate.sum())(mu)
        high, low = (transfer(neuron, mu + h, sigma[:1]).log_rate for h in (1e-4, -1e-4))
        assert np.asarray(slopes) == pytest.approx((high - low) / 2e-4, rel=1e-6)
    resets = np.array([-60.0, -40.0])
    each = jax.vmap(jax.value_and_grad(lambda r: transfer(library.lif(), 12.0, 4.0, v_reset=r).log_rate))(resets)
    assert np.isfinite(np.asarray(each)[:, 0]).all() and np.isnan(np.asarray(each)[:, 1]).all()
    both = jax.vmap(jax.grad(lambda s: transfer(library.lif(), 12.0, s).rate))(sigma)
    assert np.isfinite(both[0]) and np.isnan(both[1])


def test_gradients_of_many_leaky_neurons_are_fast(doubles):
    mu = np.linspace(0.0, 30.0, 100_000)
    slope = jax.grad(lambda mu: transfer(library.lif(), mu, 4.0).rate.sum())
    slope(mu)
    start = time.process_time()
    slope(mu)
    assert time.process_time() - start < 2.0  # a tenth of it is usual


def test_a_parameter_at_the_end_of_its_range(doubles):
    """``d ln r/d t_ref = -r``, also where there is no refractory time; a negative one makes no neuron."""
    slope = jax.grad(lambda t: transfer(library.lif(), 14.0, 3.0, t_ref=t).log_rate)
    rate = float(transfer(library.lif(t_ref=0 * ms), 14.0, 3.0).rate)
    assert float(slope(0.0)) == pytest.approx(-1e-3 * rate, rel=1e-11)
    with pytest.raises(Exception, match="refractory time of -1 ms; it has to be 0 or more"):
        slope(-1.0)


def test_a_callback_outside_the_context_of_doubles():
    """JAX may call back in a thread of its own, where the context that asks for doubles does not hold."""
    with jax.enable_x64(True):
        mu = jax.numpy.asarray(14.0)
        compiled = jax.jit(jax.grad(lambda mu: transfer(library.lif(), mu, 3.0).log_rate)).lower(mu).compile()
        inside = float(compiled(mu))
    outside = compiled(mu)
    assert outside.dtype == np.float64 and float(np.asarray(outside)) == inside


def test_rates_too_small_for_a_number(doubles):
    """At ``y >> 1`` the slope of ``ln r`` is that of ``-y**2``, to ``1/y**2``."""
    by_mu, by_sigma = jax.grad(lambda *x: transfer(library.lif(), *x).log_rate, argnums=(0, 1))(5.0, 0.1)
    assert float(by_mu) == pytest.approx(2.0 * 10.0 / 0.01, rel=1e-3)
    assert float(by_sigma) == pytest.approx(2.0 * 100.0 / 1e-3, rel=1e-3)


def test_mistakes():
    lif = library.lif()
    with pytest.raises(ModelError, match="do not broadcast"):
        jax.grad(lambda mu: transfer(lif, mu, np.ones(3)).rate.sum())(np.array([5.0, 6.0]))
    with pytest.raises(ModelError, match="has no parameter 'taum'"):
        jax.grad(lambda tau: transfer(lif, 5.0, 4.0, taum=tau).rate)(10.0)
    with pytest.raises(ModelError, match="plain numbers in the units"):
        jax.grad(lambda mu: transfer(lif, mu, 4.0 * mV).rate)(10.0)
    with pytest.raises(ModelError, match="differentiated once"):
        jax.hessian(lambda mu: transfer(lif, mu, 4.0).rate)(10.0)
    with pytest.raises(AttributeError, match="only rate and log_rate, not 'cv'"):
        jax.grad(lambda mu: transfer(lif, mu, 4.0).cv)(10.0)
    assert np.isnan(jax.grad(lambda mu: transfer(lif, mu, 0.0).rate)(20.0))
