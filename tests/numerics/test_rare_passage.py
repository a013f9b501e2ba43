"""Passages over high barriers: closed form of a V-shaped potential, two wells by two methods, no panel too few."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.neuron import Neuron
from rheobase.numerics.first_passage import GOOD, Interval, passages, stationary
from rheobase.numerics.rare_passage import rare_log_time
from rheobase.population import response, transfer
from rheobase.units import ms

VALLEY = Interval(lambda v: np.where(v > 0.0, -1.0, 1.0), 0.5, 1.0)
WELLS = Interval(lambda v: v - v**3, -1.2, 2.0)
TWO = Neuron("dv/dt = (v - v**3)/tau : 1", threshold="v > 2", reset="v = -1.2", tau=1 * ms)


def by_hand(diffusion, reset=0.5):
    """``ln T`` of drift -1 above 0 and +1 below: ``T = 2 D (exp(1/D) - exp(reset/D)) - (1 - reset)``."""
    near = -2.0 * diffusion * np.expm1((reset - 1.0) / diffusion) - (1.0 - reset) * np.exp(-1.0 / diffusion)
    return 1.0 / diffusion + np.log(near)


@pytest.mark.parametrize("diffusion", [0.3, 0.02, 1e-3, 3e-4, 3e-6, 1e-9])
def test_a_valley_in_closed_form(diffusion):
    found = passages(VALLEY, np.zeros(1), np.array([diffusion]))
    assert found.fault[0] == GOOD
    assert found.log_time[0] == pytest.approx(by_hand(diffusion), rel=1e-11)


@pytest.mark.parametrize("diffusion", [1.6e-3, 5e-4, 1e-4])
def test_two_wells_by_panels_and_by_the_places_that_count(diffusion):
    """Between the barriers ``w`` decays by as much as it had grown: 156 to 2500 e-folds, all of which count."""
    by_panels = passages(WELLS, np.zeros(1), np.array([diffusion]))
    by_places = rare_log_time(WELLS.pieces(1), 0.0, diffusion, -1.2, 2.0)
    assert by_panels.log_time[0] == pytest.approx(by_places, rel=1e-12)
    assert by_panels.cv[0] == pytest.approx(1.0, abs=1e-12)
    assert stationary(WELLS, 0.0, diffusion).log_time == pytest.approx(by_places, rel=1e-12)


def test_a_well_behind_a_barrier_below_the_reset():
    """It is entered once in ``exp(barrier/D)`` times, and left even more rarely: the mean time is that of its depth."""
    tilted = Interval(lambda v: 0.3 + v - v**3, 0.7, 2.0)  # wells at -0.8 and 1.1, the barrier between them near -0.3
    deep = Interval(lambda v: v - v**3 - 0.3, 0.7, 2.0)  # the same with the deep one on the left
    for interval, well in ((tilted, 1.1), (deep, -1.1)):
        for diffusion in (1e-3, 2e-4):
            found = passages(interval, np.zeros(1), np.array([diffusion])).log_time[0]
            assert found == pytest.approx(rare_log_time(interval.pieces(2), 0.0, diffusion, 0.7, 2.0), rel=1e-12)
            climb = -np.diff(np.polyval([-0.25, 0.0, 0.5, 0.3 * np.sign(well), 0.0], [well, 2.0]))[0]
            assert diffusion * found == pytest.approx(climb, abs=0.02)


def test_only_high_barriers_are_passed_rarely():
    assert np.isnan(rare_log_time(WELLS.pieces(1), 0.0, 0.1, -1.2, 2.0))
    assert np.isnan(rare_log_time(WELLS.pieces(1), 50.0, 1e-4, -1.2, 2.0))


@pytest.mark.parametrize("sigma", [0.13, 0.11])
def test_slopes_over_two_barriers(sigma):
    """The slow response is the slope of the rate: the density, too, decays and grows again on its way down."""
    found = response(TWO, 0.0, sigma, [0.0])
    h = 1e-5
    high, low = (transfer(TWO, side * h, sigma).log_rate for side in (1.0, -1.0))
    by_mu = float(found.by_mu[0].real) / float(transfer(TWO, 0.0, sigma).rate)
    assert by_mu == pytest.approx((high - low) / (2.0 * h), rel=1e-6)


def test_rates_far_below_the_smallest_number():
    """``ln r`` goes on as ``-2 barrier/sigma**2``."""
    sigma = np.array([0.04, 0.02, 0.01, 1e-3])
    found = transfer(library.eif(), -3.0, sigma)
    assert np.all(np.isfinite(found.log_rate)) and np.all(found.rate == 0.0)
    assert found.cv == pytest.approx(np.ones(4), abs=1e-9)
    barriers = -found.log_rate * sigma**2 / 2.0  # and a logarithm times sigma**2
    assert barriers == pytest.approx(barriers[-1], rel=3e-4)
