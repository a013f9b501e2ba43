"""Transfer functions of the populations of a network at its working point."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.errors import ModelError
from rheobase.population import steady_state
from rheobase.population.neuron.lif import transfer
from rheobase.population.rhythm.network_response import transfer_functions


@pytest.fixture(scope="module")
def column():
    return library.make("potjans_diesmann2014", preset="bos2016", weight_sd=0)


def test_at_frequency_zero_they_are_the_slopes_of_the_rate_with_the_refractory_time(column):
    """Without the refractory time in the denominator they would be 1/(1 - rate t_ref), up to 1.7 %, too large."""
    state = steady_state(column)
    found = transfer_functions(column, state.rates, [0.0, 0.1])
    slopes = transfer(state.mu, state.sigma, tau_m=10.0, v_th=15.0, v_reset=0.0, t_ref=2.0, shift=state.shift)
    assert found.by_mu[:, 0].real == pytest.approx(1e3 * slopes.d_mu, rel=1e-9)
    assert np.abs(found.by_mu[:, 1]) == pytest.approx(1e3 * slopes.d_mu, rel=2e-5)  # the corner is near 10 Hz
    assert np.max(1.0 / (1.0 - 2e-3 * state.rates)) == pytest.approx(1.0169, abs=1e-4)


def test_without_rates_those_of_the_stationary_state(column):
    state = steady_state(column)
    assert np.array_equal(
        transfer_functions(column, None, [20.0]).by_mu, transfer_functions(column, state.rates, [20.0]).by_mu
    )


def test_one_rate_for_each_population(column):
    with pytest.raises(ModelError, match="rates must be 8 numbers, one each for 23E"):
        transfer_functions(column, [1.0, 2.0], 10.0)


def test_frequencies_that_are_none(column):
    for frequencies in ([1.0, np.nan], [-1.0], []):
        with pytest.raises(ModelError, match="frequencies must be one row of numbers in Hz"):
            transfer_functions(column, np.ones(8), frequencies)
    with pytest.raises(ModelError, match="cannot read 'fast'"):
        transfer_functions(column, np.ones(8), ["fast"])
