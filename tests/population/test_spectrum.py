"""The predicted spectrum of the population activity, held against closed forms and against simulations."""

import numpy as np
import pytest

from rheobase import simulate
from rheobase.check.measure import activity_spectrum as simulated_spectrum
from rheobase.model.connect import FixedIndegree
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.population import activity_spectrum, steady_state
from rheobase.population.neuron.lif import cv, transfer
from rheobase.population.neuron.lif_response import lif_response as response
from rheobase.population.neuron.renewal import renewal_spectrum
from rheobase.units import Hz, ms, mV

LIF = Neuron(
    "dv/dt = (I - v)/tau_m : mV (unless refractory)\nI : mV = 0*mV",
    threshold="v > 20*mV",
    reset="v = 10*mV",
    refractory=2 * ms,
    tau_m=20 * ms,
)
CELL = {"tau_m": 20.0, "v_th": 20.0, "v_reset": 10.0, "t_ref": 2.0}
POISSON = Neuron("rate : Hz = 10*Hz", threshold="rand() < rate*dt")


def test_the_transform_of_the_intervals_has_their_mean_and_their_cv():
    """``rho(s) = 1 - s <T> + s**2 <T**2>/2``, with moments that are computed another way."""
    mu, sigma, h = 17.0, 4.0, 1e-3
    plus, minus = (response(np.array([s + 0j]), mu, sigma, **CELL).interval[0].real for s in (h, -h))
    mean = 1 / float(transfer(mu, sigma, **CELL).rate)
    second = mean**2 * (1 + float(cv(mu, sigma, **CELL)) ** 2)
    # the next terms are of relative order (h <T>)**2, <T> being about 30 ms
    assert (minus - plus) / (2 * h) == pytest.approx(mean, rel=3 * (h * mean) ** 2)
    assert (plus + minus - 2) / h**2 == pytest.approx(second, rel=3 * (h * mean) ** 2)


def test_the_spectrum_of_a_gamma_process():
    """Intervals with the transform ``(1 + s/(2 r))**-2``: spectrum ``r (1 - 2/(4 + (w/2r)**2))``, Cox & Lewis 1966."""
    rate, omega = 0.02, np.array([0.001, 0.05, 0.3])
    found = renewal_spectrum(np.array([rate]), (1 / (1 + 1j * omega / (2 * rate)) ** 2)[:, None])[:, 0]
    x = omega / (2 * rate)
    assert found == pytest.approx(rate * (1 - 2 / (4 + x**2)), rel=1e-9)


def test_uncoupled_neurons_have_the_spectrum_of_their_own_trains():
    network = Network(Population(LIF, 1000, "E"), inputs=[PoissonInput("E", 9 * Hz, 0.1 * mV, n=1000)])
    state = steady_state(network)
    low, high = activity_spectrum(network, state, [1e-3, 2000.0])
    floor = 2 * state.rates[0] / 1000
    assert low == pytest.approx(floor * state.cv[0] ** 2, rel=1e-4)  # Cox & Lewis: rate CV**2 at zero
    assert high == pytest.approx(floor, rel=1e-3)


def test_at_frequency_zero_the_response_is_that_of_the_stationary_rates(brunel):
    """``(1 - M(0))**-1`` is the derivative of the self-consistent rates with respect to a rate added to them."""
    from rheobase.population.states.fixed_points import rates_and_slopes

    network = brunel(5.0, 2.0)
    state = steady_state(network)
    _, slope = rates_and_slopes(state.maps, state.rates * 1e-3)
    gain = np.linalg.solve((np.eye(2) - slope).T, [0.8, 0.2])
    expected = 2 * np.sum(gain**2 * state.rates * state.cv**2 / [10000, 2500])
    assert activity_spectrum(network, state, 1e-3) == pytest.approx(expected, rel=1e-4)


def four_populations():
    """Excitation and inhibition in small steps: the slowest mode has 15 Hz, the peak lies elsewhere."""
    names = [f"P{k}" for k in range(4)]
    weights = dict(zip(names, (0.05, 0.05, -0.1, -0.1), strict=True))
    projections = [
        Projection(pre, post, FixedIndegree(100), weights[pre] * mV, 2 * ms) for pre in names for post in names
    ]
    inputs = [PoissonInput(name, 10 * Hz, 0.05 * mV, n=2200) for name in names]
    return Network([Population(LIF, 2000, name) for name in names], projections, inputs)


def test_a_simulation_has_the_predicted_spectrum():
    """Mean over bands of 40 Hz: their ratio is known to 1/sqrt(values in the band).

    The theory takes recurrent noise for white, which a third of the variance is; spike trains with a CV of 0.4 have
    less of it at low frequencies, so that the resonance may be lower by that third. A Poisson spectrum would be 15
    times off.
    """
    network = four_populations()
    state = steady_state(network)
    assert state.mode.frequency_hz == pytest.approx(15.02, abs=0.01)
    frequency, power = simulated_spectrum(simulate(network, 2100 * ms, dt=0.05 * ms, seed=3), 100.0)
    predicted = np.zeros_like(power)
    predicted[1:] = activity_spectrum(network, state, frequency[1:])
    for low in range(20, 400, 40):
        band = (frequency >= low) & (frequency < low + 40)
        error = 1 / np.sqrt(8 * np.count_nonzero(band))  # segments of 250 ms in 2 s
        assert abs(power[band].mean() / predicted[band].mean() - 1) < 4 * error + 1 / 3, low


def test_a_common_poisson_source_shows_in_the_activity():
    """A quarter of 400 trains reaches every neuron: what they share is more than what they have of their own."""
    network = Network(
        [Population(POISSON, 400, "P", rate=25 * Hz), Population(LIF, 4000, "E")],
        [Projection("P", "E", FixedIndegree(100, multapses=False), 0.1 * mV, 1 * ms)],
        [PoissonInput("E", 6.5 * Hz, 0.1 * mV, n=1000)],
    )
    state = steady_state(network)
    frequency, power = simulated_spectrum(simulate(network, 4100 * ms, dt=0.05 * ms, seed=3), 100.0)
    band = (frequency > 5) & (frequency < 100)
    predicted = activity_spectrum(network, state, frequency[band]).mean()
    error = 1 / np.sqrt(16 * np.count_nonzero(band))
    apart = 2 * (state.rates[0] * 4000 + 25 * 400) / 4400**2  # Poisson neurons that share nothing
    assert predicted > 3 * apart
    # the response is linear up to the share of the common noise, a quarter of a third of the variance
    assert abs(power[band].mean() / predicted - 1) < 4 * error + 1 / 12


def test_there_is_no_prediction_where_nothing_responds(brunel):
    network = brunel(6.0, 4.0)
    assert np.isnan(activity_spectrum(network, steady_state(network), [100.0])).all()
    driven = Network(Population(LIF, 10, "E"), inputs=[CurrentInput("E", 30 * mV)])
    assert np.isnan(activity_spectrum(driven, steady_state(driven), [100.0])).all()
