"""Moments of what neurons receive: Campbell's theorem for every synapse, counts of inputs, alpha synapses."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from rheobase import library
from rheobase.model.connect import FixedIndegree
from rheobase.model.distribution import Lognormal, Normal, Uniform
from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import input_map, input_statistics
from rheobase.population.input.channel import weight_moments
from rheobase.population.input.free_membrane import ALPHA_AS_EXPONENTIAL, cube_integral, square_integral
from rheobase.population.neuron.lif_response import mean_filter, variance_filter
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


def response(t, tau_m, tau_s, poles):
    """Of the membrane to a synapse of unit charge."""
    a, b = 1 / tau_m, 1 / tau_s if tau_s else np.inf
    slow, fast = np.exp(-a * t), np.exp(-b * t)
    if poles == 0:
        return slow
    if poles == 1:
        return b * (slow - fast) / (b - a)
    return b**2 * (slow - fast * (1.0 + (b - a) * t)) / (b - a) ** 2


@pytest.mark.parametrize("poles", [0, 1, 2])
@pytest.mark.parametrize("tau_s", [0.3, 2.0, 9.0, 40.0])
def test_cumulants_of_filtered_shot_noise_are_integrals_of_powers_of_the_response(poles, tau_s):
    for power, found in ((2, square_integral), (3, cube_integral)):
        t = 10.0 * np.concatenate([[0.0], np.geomspace(1e-4, 60.0, 40)])
        pieces = [
            integrate.quad(lambda t, n=power: response(t, 10.0, tau_s, poles) ** n, *x)[0]
            for x in itertools.pairwise(t)
        ]
        whole = float(np.sum(pieces))
        assert found(10.0, tau_s, poles) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize(
    ("synapse", "jump", "tau_s", "poles"),
    [
        (Synapse.delta(), 0.3, 0.0, 0),
        (Synapse.exponential(2 * ms), 50 * 2 / 250, 2.0, 1),
        (Synapse.alpha(2 * ms), 50 * 2 * np.e / 250, 2.0, 2),
    ],
)
def test_the_free_membrane_has_the_moments_of_campbells_theorem(synapse, jump, tau_s, poles):
    weight = 0.3 * mV if synapse.kind == "delta" else 50 * pA
    network = Network(
        Population(LIF, 10, "A"),
        [Projection("A", "A", FixedIndegree(5), weight, 1.5 * ms, synapse)],
        [PoissonInput("A", 10 * Hz, weight, n=200, synapse=synapse), CurrentInput("A", 25 * pA)],
    )
    found = input_statistics(network, [40.0])
    events = 200 * 0.01 + 5 * 0.04
    assert found.mean_v == pytest.approx([-65.0 + 10 * (events * jump + 0.1)], rel=1e-13)
    assert found.sigma**2 == pytest.approx([10 * events * jump**2], rel=1e-13)
    second = events * jump**2 * square_integral(10.0, tau_s, poles)
    assert found.sd_v == pytest.approx([np.sqrt(second)], rel=1e-13)
    assert found.skewness == pytest.approx(
        [events * jump**3 * cube_integral(10.0, tau_s, poles) / second**1.5], rel=1e-12
    )
    assert found.events == pytest.approx([10 * events], rel=1e-13)
    assert found.tau_s == ((tau_s,),)
    assert found.delays == ((1.5,),)
    assert sum(part.variance for part in found.parts[0]) == pytest.approx(found.sigma[0] ** 2, rel=1e-13)


def test_the_effective_number_of_inputs_counts_those_that_make_the_noise():
    equal = Network(Population(LIF, 10, "A"), inputs=[PoissonInput("A", 5 * Hz, 0.1 * mV, n=80)])
    assert input_statistics(equal, [0.0]).inputs == pytest.approx([80.0], rel=1e-12)
    one = PoissonInput("A", 5 * Hz, 10 * mV)  # has the variance of 10,000 of the others
    found = input_statistics(equal.with_(inputs=[*equal.inputs, one]), [0.0])
    assert found.inputs == pytest.approx([(1e4 + 80) ** 2 / (1e8 + 80)], rel=1e-12)


@pytest.mark.parametrize(
    ("weight", "same"),
    [
        (Normal(0.2, 0.1), stats.norm(0.2, 0.1)),
        (Normal(0.2, 0.1, 0.0, None), stats.truncnorm(-2.0, np.inf, 0.2, 0.1)),
        (Lognormal(0.2, 0.1), stats.lognorm(np.sqrt(np.log(1.25)), scale=0.2 / np.sqrt(1.25))),
        (Uniform(-0.1, 0.4), stats.uniform(-0.1, 0.5)),
    ],
)
def test_moments_of_drawn_weights(weight, same):
    assert weight_moments(weight) == pytest.approx([same.moment(k) for k in (1, 2, 3)], rel=1e-10)


def test_filters_of_an_alpha_synapse():
    s, tau = np.array([0.05 + 0.4j, 1.0j]), 2.0
    t = np.linspace(0.0, 120.0, 240001)
    h = t / tau**2 * np.exp(-t / tau)
    so_far = 1.0 - (1.0 + t / tau) * np.exp(-t / tau)
    for k, one in enumerate(s):
        mean = integrate.simpson(h * np.exp(-one * t), x=t)
        variance = integrate.simpson(2.0 * h * so_far * np.exp(-one * t), x=t)
        assert mean_filter(s, tau, 2)[k] == pytest.approx(mean, rel=1e-9)
        assert variance_filter(s, tau, 2)[k] == pytest.approx(variance, rel=1e-9)


def test_slow_perturbations_through_alpha_synapses_see_the_static_network():
    synapse = Synapse.alpha(1 * ms)
    populations = [Population(LIF, 80, "E"), Population(LIF.with_(tau_m=7 * ms), 20, "I")]
    projections = [
        Projection(pre, post, FixedIndegree(20), weight * pA, 1.5 * ms, synapse)
        for pre, weight in (("E", 15.0), ("I", -60.0))
        for post in ("E", "I")
    ]
    drive = [PoissonInput(name, 8 * Hz, 15 * pA, n=1000, synapse=synapse) for name in ("E", "I")]
    maps, rates = input_map(Network(populations, projections, drive)), np.array([0.01, 0.02])
    jacobian = rates_and_slopes(maps, rates)[1]
    assert linearise(maps, rates).loop(np.zeros(1, complex))[0] == pytest.approx(jacobian, rel=1e-9)


def test_alpha_noise_moves_a_wall_as_exponential_noise_of_five_thirds_the_time_constant():
    """Free particles in alpha-filtered noise of ``D = tau_s = 1`` leave ``[-5, 5]``: the mean, at the exit, of the
    martingale ``x + y + z`` is how far off the walls seem to be."""
    rng, n, dt, wall = np.random.default_rng(1), 20000, 0.05, 5.0
    z = rng.normal(size=n)
    y, x = 0.5 * z + 0.5 * rng.normal(size=n), np.zeros(n)
    decay, kick = np.exp(-dt), np.sqrt(-np.expm1(-2.0 * dt))
    lengths = []
    while x.size:
        old_x, old_y, old_z = x, y, z
        z = decay * z + kick * rng.normal(size=z.size)
        y = decay * y + (1.0 - decay) * 0.5 * (old_z + z)
        x = x + 0.5 * dt * (old_y + y)
        out = np.abs(x) >= wall
        part = (wall - np.abs(old_x[out])) / (np.abs(x[out]) - np.abs(old_x[out]))
        gone = (old_z + old_y)[out] + part * ((z + y) - (old_z + old_y))[out]
        lengths.append(np.sign(x[out]) * gone)
        x, y, z = x[~out], y[~out], z[~out]
    length = np.concatenate(lengths)
    error = length.std() / np.sqrt(n)
    known = 1.4603545088095868 * np.sqrt(ALPHA_AS_EXPONENTIAL)
    # the next order of the step: z bends within it by its kick, sqrt(dt**3/3) against a length of 1
    assert abs(length.mean() - known) < 4.0 * error + np.sqrt(dt**3 / 3.0)


def test_the_result_unpacks_and_says_what_it_is():
    synapse = Synapse.alpha(2 * ms)
    network = Network(
        Population(LIF, 10, "A"),
        [Projection("A", "A", FixedIndegree(5), 20 * pA, 1.5 * ms, synapse)],
        [PoissonInput("A", 10 * Hz, 50 * pA, n=200, synapse=synapse)],
    )
    found = input_statistics(network, [5.0])
    mu, sigma = found
    assert (found[0] is mu, found[1] is sigma, len(found)) == (True, True, 2)
    text = found.summary()
    assert "A: mu" in text and "from 'A', alpha: 5 synapses at 5 Hz" in text and "delay 1.5 ms" in text
    assert "Campbell" in found.cite() and "effective time constant" not in found.cite()
    figure = found.plot()
    assert [label.get_text() for label in figure.axes[0].get_legend().get_texts()] == ["A", "the Poisson input"]


@pytest.mark.parametrize(
    ("rates", "text"),
    [
        ([1.0, 2.0], "rates must be 1 numbers, one each for A"),
        ([-1.0], "not negative"),
        ([np.nan], "finite"),
        (["fast"], "rates must be 1 numbers"),
        ({"A": 1.0, "B": 2.0}, "one entry for each of A, but has A, B"),
    ],
)
def test_rates_that_cannot_be(rates, text):
    with pytest.raises(ModelError, match=text):
        input_statistics(Network(Population(LIF, 10, "A")), rates)


def test_rates_by_name():
    network = library.brunel2000(5.0, 2.0)
    assert np.array_equal(
        input_statistics(network, {"I": 3.0, "E": 40.0}).mu, input_statistics(network, [40.0, 3.0]).mu
    )
