"""The balanced state: cancellation, convergence as one over the root of K, and where there is none."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.connect import Bernoulli, FixedIndegree, OneToOne
from rheobase.model.distribution import Normal
from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import input_statistics, steady_state
from rheobase.population.reduced.balanced import balance_scan, balanced_state, scaled
from rheobase.units import Hz, ms, mV

LIF = Neuron(
    "dv/dt = (I - v)/tau_m : mV\nI : mV = 0*mV", threshold="v > 15*mV", reset="v = 0*mV", tau_m=10 * ms
)  # fmt: skip


def excitatory_inhibitory(drive=(1.0, 0.8), back=(-2.0, -1.8), neuron=LIF, rule=None, jump=0.5):
    """K = 400: weights J (1, back) into E and I, and ``drive`` times J from K sources of 10 Hz."""
    populations = [Population(neuron, 4000, "E"), Population(neuron, 4000, "I")]
    rule, delay = rule or FixedIndegree(400), 1 * ms
    projections, inputs = [], []
    for post, inhibition, outside in zip("EI", back, drive, strict=True):
        projections += [
            Projection("E", post, rule, jump * mV, delay), Projection("I", post, rule, inhibition * jump * mV, delay),
        ]  # fmt: skip
        inputs.append(PoissonInput(post, 10 * Hz, outside * jump * mV, n=400))
    return Network(populations, projections, inputs)


def test_balanced_rates_are_those_of_van_vreeswijk_and_sompolinsky():
    """``m_E = (J_I E - J_E I) m_0/(J_E - J_I)``, ``m_I = (E - I) m_0/(J_E - J_I)`` (1998, eqs. 4.2 and 4.3)."""
    outside, inside = (1.0, 0.8), (2.0, 1.8)
    found = balanced_state(excitatory_inhibitory())
    rate_e = (inside[1] * outside[0] - inside[0] * outside[1]) * 10.0 / (inside[0] - inside[1])
    rate_i = (outside[0] - outside[1]) * 10.0 / (inside[0] - inside[1])
    assert found.rates == pytest.approx([rate_e, rate_i], rel=1e-12)
    assert found.exists
    assert "all populations fire" in found.status
    assert "van Vreeswijk" in found.cite()
    assert len(found.summary().splitlines()) == 4


def test_the_mean_inputs_cancel():
    network = excitatory_inhibitory()
    found = balanced_state(network)
    mu = input_statistics(network, found.rates).mu
    assert np.abs(mu) == pytest.approx(0.0, abs=1e-12 * np.max(found.excitation))


def test_rates_converge_to_the_balanced_ones_as_one_over_the_root_of_K():
    """The next term of the series is of order 1/K: at the largest K it changes the slope by its own size."""
    scan = balance_scan(excitatory_inhibitory(), (1, 16, 256, 4096))
    relative = np.max(np.abs(scan.distance / scan.balanced.rates), axis=1)
    assert np.all(np.diff(relative) < 0.0)
    assert scan.slopes == pytest.approx(-0.5, abs=relative[-2])
    assert "theory: -1/2" in scan.summary()


def test_the_correction_of_the_next_order_is_right():
    """What is left after it is of order 1/K: it falls twice as fast."""
    left = []
    for factor in (64.0, 256.0, 1024.0):
        network = scaled(excitatory_inhibitory(), factor)
        scan = balance_scan(network, (1, 2))
        left.append(np.max(np.abs(scan.rates[0] - scan.balanced.next_order)))
    slopes = np.diff(np.log(left)) / np.log(4.0)
    assert abs(slopes[1] + 1.0) < max(abs(slopes[0] + 1.0), 0.05)
    assert slopes[1] == pytest.approx(-1.0, abs=0.15)


def test_neurons_of_another_kind_converge_to_the_same_rates():
    """The balanced rates do not depend on the neuron: that of Fourcaud-Trocme has its own spike current."""
    eif = library.eif(t_ref="0 ms")
    scan = balance_scan(excitatory_inhibitory(neuron=eif, jump=0.3), (4, 64))
    assert scan.balanced.rates == pytest.approx(balanced_state(excitatory_inhibitory()).rates, rel=1e-9)
    assert np.all(np.abs(scan.distance[1]) < np.abs(scan.distance[0]))


def test_scaling_keeps_the_variance_and_multiplies_the_mean():
    for rule in (FixedIndegree(400), Bernoulli(0.1)):
        network = excitatory_inhibitory(rule=rule)
        one, four = (input_statistics(x, [5.0, 7.0]) for x in (network, scaled(network, 4.0)))
        assert four.mu == pytest.approx(2.0 * one.mu, rel=1e-12)
        assert four.sigma == pytest.approx(one.sigma, rel=1e-12)


def test_currents_and_drawn_weights_scale_too():
    synapse = Synapse.exponential(2 * ms)
    network = Network(
        Population(LIF, 1000, "I"),
        [Projection("I", "I", FixedIndegree(100), Normal(-2 * mV, 0.2 * mV), 1 * ms, synapse)],
        [CurrentInput("I", 40 * mV)],
    )
    more = scaled(network, 9.0)
    one, nine = (input_statistics(x, [5.0]) for x in (network, more))
    assert nine.mu == pytest.approx(3.0 * one.mu, rel=1e-12)
    assert nine.sigma == pytest.approx(one.sigma, rel=1e-12)
    found = balanced_state(network)
    assert found.rates == pytest.approx([1e3 * 40.0 / (10.0 * 100 * 0.4)])  # 2 mV for 2 ms of 10 ms
    assert found.stable
    assert steady_state(scaled(network, 400.0)).rates == pytest.approx(found.rates, rel=0.05)


def test_where_there_is_no_balanced_state_it_is_said():
    found = balanced_state(excitatory_inhibitory(drive=(0.7, 1.0)))
    assert not found.exists
    assert "not positive for E" in found.status
    with pytest.raises(ModelError, match="no balanced state"):
        balance_scan(excitatory_inhibitory(drive=(0.7, 1.0)))


def test_connections_that_leave_the_rates_open_are_said(brunel):
    with pytest.raises(ModelError, match="do not determine the balanced rates"):
        balanced_state(brunel(5.0, 2.0))
    with pytest.raises(ModelError, match="do not determine"):
        balanced_state(Network(Population(LIF, 10, "E"), inputs=[PoissonInput("E", 9 * Hz, 0.1 * mV, n=10)]))


def test_what_cannot_be_scaled_is_said():
    single = Network(
        Population(LIF, 100, "I"), [Projection("I", "I", OneToOne(), -1 * mV, 1 * ms)],
        [PoissonInput("I", 100 * Hz, 0.5 * mV, n=100)],
    )  # fmt: skip
    with pytest.raises(ModelError, match="synapse by synapse"):
        balance_scan(single)
    with pytest.raises(ModelError, match="at least two positive numbers"):
        balance_scan(excitatory_inhibitory(), (4, 1))


def test_large_networks_are_reached_from_the_next_order():
    """From the balanced rates themselves no neuron fires where ``K`` is large; the series is in ``1/sqrt(K)``."""
    network = excitatory_inhibitory(drive=(1.0, 0.9), back=(-2.5, -2.4), jump=0.3)
    factors = np.array([1e2, 1e4, 1e6])
    scan = balance_scan(network, factors)
    first = scan.balanced.next_order - scan.balanced.rates
    left = np.abs(scan.distance * np.sqrt(factors)[:, None] - first) / np.abs(first)
    assert np.all(left[1:] < left[:-1] / 5.0)  # of the next order: a tenth
    assert scan.slopes == pytest.approx(-0.5, abs=np.max(left[-2]))


@pytest.mark.parametrize("factors", ["abc", None, [1], [2, 1], [1, np.nan], [[1, 2]]])
def test_factors_that_cannot_be_are_said(factors):
    with pytest.raises(ModelError, match="at least two positive numbers"):
        balance_scan(excitatory_inhibitory(), factors)


def test_what_does_not_exist_is_shown_as_a_dash():
    shown = balanced_state(excitatory_inhibitory(drive=(0.0, 0.0))).summary()
    assert "nan" not in shown
    assert "-0 " not in shown
