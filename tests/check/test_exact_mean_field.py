"""Ten thousand quadratic neurons that spike, beside the two equations that are exact for infinitely many."""

import numpy as np
import pytest
from scipy.optimize import brentq

from rheobase import AllToAll, CurrentInput, Network, Population, Projection, library, ms, simulate
from rheobase.model.distribution import Lorentzian
from rheobase.population.reduced.exact_mean_field import exact_mean_field

N, TAU, PEAK, DT, J = 10_000, 20.0, 20.0, 0.1, 15.0
ETA = Lorentzian(-5.0, 1.0).quantiles(N)


def network() -> Network:
    """At rest for 160 ms, then pushed for 100 ms and let go slowly. The delay makes up for the early spikes."""
    push = np.concatenate([np.zeros(1600), np.full(1000, 5.0), np.linspace(5.0, 0.0, 1000)])
    cells = Population(library.qif(v_peak=PEAK), N, "Q", eta=ETA)
    within = Projection(cells, cells, AllToAll(), J / N, TAU / PEAK * ms)
    return Network([cells], [within], [CurrentInput(cells, push, dt=DT * ms)])


def finite(R: float, eta: np.ndarray = ETA, peak: float = PEAK, dt: float = DT) -> float:
    """Mean rate times tau of these neurons at constant input ``J R``, as they are simulated.

    From ``-peak`` to ``peak`` in ``2 atan(peak/sqrt(u))/sqrt(u)``, held for ``2/peak``, and half a time step on average
    until the spike is seen.
    """
    root = np.sqrt(eta[eta + J * R > 0.0] + J * R)
    return float(np.sum(1.0 / (2.0 * np.arctan(peak / root) / root + 2.0 / peak + 0.5 * dt / TAU)) / eta.size)


def self_consistent(low: float, high: float, **other) -> float:
    return 1e3 / TAU * brentq(lambda R: finite(R, **other) - R, low, high)


@pytest.fixture(scope="module")
def recording():
    return simulate(network(), 520 * ms, dt=DT * ms, threads=1)


@pytest.mark.parametrize(
    ("state", "bracket", "window"), [(0, (0.02, 0.3), (60.0, 160.0)), (2, (0.8, 1.5), (420.0, 520.0))]
)
def test_both_states_of_the_network(recording, state, bracket, window):
    """Within the standard error of five windows of one tau each, of what so many neurons must do.

    Between that and the limit of infinitely many lies what the neurons beyond the last quantile, cut-off spikes and
    time steps make, which is less with more neurons.
    """
    times = recording.spikes.time
    edges = np.arange(window[0], window[1] + 1.0, TAU)
    rates = np.histogram(times, edges)[0] / (N * 1e-3 * TAU)
    error = rates.std(ddof=1) / np.sqrt(rates.size)
    expected = self_consistent(*bracket)
    assert abs(rates.mean() - expected) < 3.0 * error
    limit = exact_mean_field(network().with_(inputs=())).fixed_points()[state].rates[0]
    assert abs(rates.mean() - limit) < abs(expected - limit) + 3.0 * error


@pytest.mark.parametrize(("state", "bracket"), [(0, (0.02, 0.3)), (2, (0.8, 1.5))])
def test_finite_networks_approach_the_mean_field_as_the_root_of_n(state, bracket):
    """The neurons left out lie beyond ``eta = Delta N/pi`` and would add ``2 sqrt(Delta pi/N)/pi**2`` to ``tau r``."""
    limit = exact_mean_field(tau=TAU, Delta=1, eta=-5, J=J).fixed_points()[state].rates[0]
    found = [
        self_consistent(*bracket, eta=Lorentzian(-5.0, 1.0).quantiles(n), peak=1e9, dt=0.0) for n in (10**4, 10**6)
    ]
    errors = limit - np.array(found)
    assert np.all(errors > 0.0)
    assert errors[0] / errors[1] == pytest.approx(10.0, rel=0.05)
