"""What the theory reads off a network: in-degrees, weights, synapses in every notation, delays, modes at zero."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.model.connect import AllToAll, Bernoulli, Explicit, FixedIndegree, FixedTotalNumber, OneToOne
from rheobase.model.distribution import Lognormal, Normal, Uniform
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import input_map, input_statistics
from rheobase.population.input.delay import delay_distribution
from rheobase.population.rhythm.modes import linearise
from rheobase.population.states.fixed_points import rates_and_slopes
from rheobase.units import Hz, ms, mV, pA, pF

LIF = Neuron(
    "dv/dt = (E_L - v)/tau_m + I/C : mV (unless refractory)\nI : pA = 0*pA",
    threshold="v > -50*mV",
    reset="v = -60*mV",
    refractory=2 * ms,
    tau_m=10 * ms,
    E_L=-65 * mV,
    C=250 * pF,
)


def one_projection(rule, weight=0.2 * mV, n_pre=50, n_post=20, synapse=None):
    populations = [Population(LIF, n_pre, "A"), Population(LIF, n_post, "B")]
    projection = Projection("A", "B", rule, weight, 1 * ms, synapse or Synapse.delta())
    return Network(populations, [projection])


@pytest.mark.parametrize(
    ("rule", "in_degree", "spread"),
    [
        (FixedIndegree(7), 7.0, 0.0),
        (FixedTotalNumber(90), 4.5, 4.5 * 0.95),
        (Bernoulli(0.3), 15.0, 15.0 * 0.7),
        (AllToAll(), 50.0, 0.0),
        (Explicit([0, 1, 2, 3], [0, 0, 0, 1]), 0.2, (9.0 + 1.0) / 20.0 - 0.04),
    ],
)
def test_in_degrees_of_all_rules(rule, in_degree, spread):
    channel = input_map(one_projection(rule)).channels[0]
    assert channel.in_degree == pytest.approx(in_degree)
    assert channel.spread == pytest.approx(spread * 0.04)


def test_neurons_that_do_not_hear_themselves():
    network = Network(
        [Population(LIF, 40, "A")], [Projection("A", "A", Bernoulli(0.5, autapses=False), 1 * mV, 1 * ms)]
    )
    assert input_map(network).channels[0].in_degree == pytest.approx(0.5 * 39)
    network = Network([Population(LIF, 40, "A")], [Projection("A", "A", OneToOne(), 1 * mV, 1 * ms)])
    assert input_map(network).channels[0].in_degree == 1.0


@pytest.mark.parametrize(
    ("weight", "mean", "square"),
    [
        (Normal(0.2 * mV, 0.05 * mV), 0.2, 0.04 + 0.0025),
        (Lognormal(0.2 * mV, 0.1 * mV), 0.2, 0.04 + 0.01),
        (Uniform(0 * mV, 0.3 * mV), 0.15, 0.03),
    ],
)
def test_drawn_weights_count_by_mean_and_mean_square(weight, mean, square):
    channel = input_map(one_projection(FixedIndegree(10), weight)).channels[0]
    assert channel.jump == pytest.approx(mean)
    assert channel.square == pytest.approx(square)
    assert channel.spread == pytest.approx(10 * (square - mean**2))


def test_weights_of_explicit_synapses():
    rule = Explicit([0, 1, 2, 3], [0, 0, 1, 1])
    channel = input_map(one_projection(rule, np.array([1.0, 2.0, 3.0, 4.0]) * mV)).channels[0]
    assert (channel.jump, channel.square) == (2.5, 7.5)


def test_a_current_pulse_counts_by_its_charge():
    channel = input_map(one_projection(FixedIndegree(10), 87.8 * pA, synapse=Synapse.exponential(0.5 * ms))).channels[0]
    assert channel.jump == pytest.approx(87.8 * 0.5 / 250.0, rel=1e-13)
    assert channel.tau_s == 0.5


def test_a_synaptic_state_in_the_equations_is_the_same_as_an_exponential_synapse():
    by_hand = Neuron(
        "dv/dt = (E_L - v)/tau_m + s/C : mV (unless refractory)\nds/dt = -s/tau_s : pA",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        refractory=2 * ms,
        tau_m=10 * ms,
        tau_s=0.5 * ms,
        E_L=-65 * mV,
        C=250 * pF,
    )

    def network(neuron, synapse):
        population = Population(neuron, 20, "A")
        drive = PoissonInput("A", 10 * Hz, 40 * pA, n=800, synapse=synapse)
        return Network([population], [Projection("A", "A", FixedIndegree(5), 30 * pA, 1 * ms, synapse)], [drive])

    ready = input_map(network(LIF, Synapse.exponential(0.5 * ms)))
    written = input_map(network(by_hand, Synapse.delta("s")))
    for field in ("mean", "variance", "coloured", "mean_0", "variance_0", "coloured_0"):
        assert getattr(written, field) == pytest.approx(getattr(ready, field), rel=1e-13)


def test_currents_and_the_neurons_own_noise():
    noisy = Neuron(
        "dv/dt = (E_L - v)/tau_m + I/C + s_n*sqrt(2/tau_m)*xi : mV\nI : pA = 10*pA",
        threshold="v > -50*mV",
        reset="v = -60*mV",
        tau_m=10 * ms,
        E_L=-65 * mV,
        C=250 * pF,
        s_n=3 * mV,
    )
    network = Network([Population(noisy, 5, "A")], inputs=[CurrentInput("A", 100 * pA)])
    mu, sigma = input_statistics(network, [0.0])
    assert mu == pytest.approx([10.0 * 100.0 / 250.0], rel=1e-13)  # its own 10 pA are part of the neuron
    assert sigma**2 / 2.0 == pytest.approx([9.0], rel=1e-13)  # s_n is the free membrane's standard deviation


def test_delays_as_laplace_transforms():
    s = np.array([0.0, 0.3 - 0.2j, 2.0j])
    constant = delay_distribution(1.5).transform(s)
    assert constant == pytest.approx(np.exp(-1.5 * s), rel=1e-14)
    uniform = delay_distribution(Uniform(1.0, 2.0)).transform(s[1:])
    assert uniform == pytest.approx((np.exp(-s[1:]) - np.exp(-2.0 * s[1:])) / s[1:], rel=1e-13)
    normal = delay_distribution(Normal(4.0, 0.4)).transform(s)
    assert normal == pytest.approx(np.exp(-4.0 * s + 0.5 * (0.4 * s) ** 2), rel=1e-12)
    half = delay_distribution(Normal(0.0, 1.0, 0.0, None))
    assert half.mean == pytest.approx(np.sqrt(2.0 / np.pi), rel=1e-10)
    assert delay_distribution(Lognormal(1.5, 0.6)).mean == pytest.approx(1.5, rel=1e-12)
    drawn = np.random.default_rng(1).exponential(1.0, 3000)
    assert delay_distribution(drawn).mean == pytest.approx(drawn.mean(), rel=1e-12)
    grouped = delay_distribution(drawn)
    lost = drawn.var() - (grouped.values - grouped.mean) ** 2 @ grouped.weights  # variance inside the groups
    gap = np.abs(grouped.transform(2j * np.ones(1)) - np.exp(-2j * drawn).mean())
    assert gap[0] <= 0.5 * 2.0**2 * lost < 0.01


@settings(max_examples=15, deadline=None)
@given(st.floats(-6.0, -2.0), st.floats(5.0, 40.0), st.floats(0.0, 1.0))
def test_slow_perturbations_see_the_static_network(inhibition, rate, tau_s):
    """At ``s = 0`` the loop matrix is the Jacobian of the rate equations, delays and synapses or not."""
    synapse = Synapse.exponential((0.1 + tau_s) * ms)
    populations = [Population(LIF, 80, "E"), Population(LIF.with_(tau_m=7 * ms), 20, "I")]
    projections = [
        Projection(pre, post, FixedIndegree(20), weight * 60 * pA, 1.5 * ms, synapse)
        for pre, weight in (("E", 1.0), ("I", inhibition))
        for post in ("E", "I")
    ]
    drive = [PoissonInput(name, rate * Hz, 60 * pA, n=1000, synapse=synapse) for name in ("E", "I")]
    maps = input_map(Network(populations, projections, drive))
    rates = np.array([0.01, 0.02])
    jacobian = rates_and_slopes(maps, rates)[1]
    strength = linearise(maps, rates).strength(np.zeros(1, complex))[0]
    assert strength == pytest.approx(np.max(np.abs(np.linalg.eigvals(jacobian))), rel=1e-9)


def test_the_jacobian_of_synapses_of_several_time_constants():
    populations = [Population(LIF, 80, "E"), Population(LIF, 20, "I")]
    projections = [
        Projection("E", "E", FixedIndegree(20), 60 * pA, 1 * ms, Synapse.exponential(0.5 * ms)),
        Projection("I", "E", FixedIndegree(20), -200 * pA, 1 * ms, Synapse.exponential(2 * ms)),
        Projection("E", "I", FixedIndegree(20), 0.3 * mV, 1 * ms),
    ]
    drive = [PoissonInput(name, 12 * Hz, 0.2 * mV, n=900) for name in ("E", "I")]
    maps = input_map(Network(populations, projections, drive))
    rates, h = np.array([0.01, 0.02]), 1e-6
    jacobian = rates_and_slopes(maps, rates)[1]
    for k in range(2):
        step = h * np.eye(2)[k]
        column = (rates_and_slopes(maps, rates + step)[0] - rates_and_slopes(maps, rates - step)[0]) / (2.0 * h)
        assert jacobian[:, k] == pytest.approx(column, rel=1e-7, abs=1e-9)
