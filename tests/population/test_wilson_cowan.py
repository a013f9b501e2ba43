"""Rate equations derived from a network: their states are the network's, their stability need not be."""

import mpmath
import numpy as np
import pytest

from rheobase import AllToAll, ModelError, Network, Neuron, Population, Projection, Synapse, library, ms
from rheobase.population import NotCovered, input_map, steady_state
from rheobase.population.neuron.any_neuron import rates as neuron_rates
from rheobase.population.reduced.synaptic_drive import SynapticDrive
from rheobase.population.reduced.wilson_cowan import wilson_cowan
from rheobase.population.rhythm.stability import stability
from rheobase.population.states.fixed_points import rates_and_slopes
from rheobase.units import mV, nS, pA

#: mu = .9, sigma = .35 in units of the threshold, reset at 0: rate times tau, and its slope in mu, by quadrature with
#: 30 digits. (Published as .3898660354 and .9390477728, of which the last digits are not good.)
RATE, SLOPE, MU, SIGMA = 0.38986750881010252, 0.93904746511467016, 0.9, 0.35
GAINS = {("E", "E"): 2.5, ("I", "E"): -2.5, ("E", "I"): 3.0, ("I", "I"): -0.5}
TAU = {"E": 1.0, "I": 2.0}


def two_populations(n=10**6, delay=1e-6):
    """Loop gains ``tau K J dr/dmu`` as given; so many synapses that what they add to the noise is nothing."""
    text = "dv/dt = (m - v)/tau_m + s*xi/tau_m**0.5 : 1\nm : 1"
    weight = {pair: gain / SLOPE / n for pair, gain in GAINS.items()}
    members = []
    for b in "EI":
        m = MU - sum(TAU[b] * n * weight[a, b] * RATE / TAU[a] for a in "EI")
        noise = SIGMA**2 - sum(TAU[b] * n * weight[a, b] ** 2 * RATE / TAU[a] for a in "EI")
        cell = Neuron(text, threshold="v > 1", reset="v = 0", tau_m=TAU[b] * ms, m=m, s=noise**0.5)
        members.append(Population(cell, n, b))
    return Network(members, [Projection(a, b, AllToAll(), w, delay * ms) for (a, b), w in weight.items()])


@pytest.fixture(scope="module")
def example():
    return two_populations()


def test_static_gain_predicts_an_instability(example):
    """Trace and determinant of ``(gains - 1)/tau``: ``.375 +- i sqrt(2.484375)``."""
    equations = wilson_cowan(example)
    (point,) = equations.fixed_points()
    assert point.rates == pytest.approx([1e3 * RATE, 500 * RATE], rel=1e-9)
    assert point.eigenvalues[0] == pytest.approx(0.375 + 1j * 2.484375**0.5, abs=1e-5)
    assert point.kind == "unstable" and "growth 375/s" in equations.summary()


def test_that_the_spiking_network_does_not_have(example):
    """No mode grows, and the leading one is that of arithmetic with 30 digits."""
    found = stability(example, [1e3 * RATE, 500 * RATE])
    assert found.unstable == 0 and found.stable
    leading = complex(mpmath.findroot(exact_characteristic, mpmath.mpc(-1.87, 1.2)))
    assert found.mode is not None
    assert 1e-3 * found.mode.growth_per_s == pytest.approx(leading.real, abs=1e-4)
    assert 2e-3 * np.pi * found.mode.frequency_hz == pytest.approx(leading.imag, abs=1e-4)


def test_roots_further_left_of_the_spiking_network():
    """Published as its leading ones, -5.84 and -6.9 +- 12.4 i; -1.868 +- 1.205 i lies before them."""
    pair = complex(mpmath.findroot(exact_characteristic, mpmath.mpc(-6.9, 12.4)))
    assert float(mpmath.findroot(exact_characteristic, -5.84)) == pytest.approx(-5.84, abs=0.005)
    assert (pair.real, pair.imag) == pytest.approx((-6.9, 12.4), abs=0.05)


def exact_response(lam):
    """Up to a factor, from ``u = exp(y**2/2) D_{-s}(-sqrt(2) y)`` and its derivative, which has ``s D_{-s-1}``."""

    def u(y, order):
        return mpmath.exp(y * y / 2) * mpmath.pcfd(-lam - order, -mpmath.sqrt(2) * y)

    low, high = -MU / SIGMA, (1 - MU) / SIGMA
    return lam * (u(high, 1) - u(low, 1)) / (u(high, 0) - u(low, 0)) / (1 + lam)


def exact_characteristic(s):
    with mpmath.workdps(30):
        still = (exact_response(mpmath.mpf("1e-3")) + exact_response(mpmath.mpf("-1e-3"))) / 2
        e, i = exact_response(s) / still, exact_response(2 * s) / still
        return (1 - 2.5 * e) * (1 + 0.5 * i) + 7.5 * e * i


def test_it_ends_in_a_limit_cycle(example):
    run = wilson_cowan(two_populations(delay=0.05)).simulate(40, start=[400, 200], dt=0.05)
    late = run.rates[:, run.t > 20]
    assert np.all(np.ptp(late, axis=1) > 100) and "in the second half" in run.summary()
    assert run.plot().axes[0].lines


def test_states_are_those_of_the_network():
    network = library.brunel2000(g=5, eta=2)
    assert wilson_cowan(network).fixed_points()[0].rates == pytest.approx(steady_state(network).rates, rel=1e-9)
    column = library.potjans_diesmann2014()
    equations, kilohertz = wilson_cowan(column), 1e-3 * steady_state(column).rates
    terms = SynapticDrive.of(equations.maps)
    mu, sigma, shift = terms.statistics([kilohertz[terms._population(term)] for term in terms.terms])
    assert neuron_rates(equations.maps.membranes, mu, sigma, shift).rate == pytest.approx(kilohertz, rel=1e-9)
    assert "Delays that differ" in equations.status and "Wilson" in equations.cite()


@pytest.mark.parametrize("synapse", [Synapse.exponential(2 * ms), Synapse.alpha(1 * ms)])
def test_slopes_of_all_channels_are_the_networks(synapse):
    cells = [Population(library.lif(I=400 * pA), 1000, name) for name in "EI"]
    weights = (("E", "I", 0.9), ("I", "E", -1.3), ("E", "E", 0.4))
    network = Network(cells, [Projection(a, b, AllToAll(), w * pA, 1 * ms, synapse) for a, b, w in weights])
    maps, rates = input_map(network), np.array([0.01, 0.02])
    terms = SynapticDrive.of(maps)
    matrix = np.zeros((2, 2))
    for term, slope in zip(terms.terms, terms.slopes(rates), strict=True):
        matrix[term.post, terms._population(term)] += slope
    assert matrix == pytest.approx(rates_and_slopes(maps, rates)[1], rel=1e-12)


def test_simulation_settles_where_it_is_stable():
    equations = wilson_cowan(library.brunel2000(g=5, eta=2))
    point = equations.fixed_points()[0]
    assert point.stable
    assert equations.simulate(200, dt=0.5).rates[:, -1] == pytest.approx(point.rates, rel=1e-6)
    pushed = equations.simulate(200, dt=0.5, start=point.rates, drive=lambda t: 1.0 if t > 100 else 0.0)
    assert pushed.rates[0, -1] > point.rates[0]


def test_time_constant_of_the_response(example):
    """``chi(s) = chi(0)/(1 + s tau + ...)``: by arithmetic with 30 digits, in units of the membrane's."""
    with mpmath.workdps(30):
        logs = [mpmath.log(exact_response(mpmath.mpf(k) / 1000)) for k in (-2, -1, 1, 2)]
        expected = float((8 * (logs[1] - logs[2]) - (logs[0] - logs[3])) / mpmath.mpf("0.012"))
    found = wilson_cowan(example, "response").tau
    assert found == pytest.approx([expected, 2 * expected], rel=1e-5)
    assert expected < 0.1


def test_bad_input(example):
    cells = Population(library.lif(), 100, "E")
    conductance = Synapse.conductance(5 * ms, 0 * mV)
    network = Network([cells], [Projection(cells, cells, AllToAll(), 0.01 * nS, 1 * ms, conductance)])
    with pytest.raises(NotCovered, match="this network has conductances"):
        wilson_cowan(network)
    equations = wilson_cowan(example)
    for call, message in (
        (lambda: wilson_cowan(example, "fast"), '"membrane", "response" or times'),
        (lambda: wilson_cowan(example, [1.0]), "tau has 1 values for 2 populations"),
        (lambda: wilson_cowan(example, [1.0, -1.0]), "tau has to be a positive time"),
        (lambda: equations.simulate(0), "duration has to be a positive time"),
        (lambda: equations.simulate(1, start=[1, 2, 3]), "start is a rate in Hz, or 2 of them"),
        (lambda: equations.simulate(1, start=-1), "finite and not negative"),
        (lambda: wilson_cowan(example, "3 mV"), "tau has to be a time"),
        (lambda: equations.simulate(1, drive=3.0), "drive is a function of the time"),
        (lambda: equations.simulate(1, drive=lambda t: [1, 2, 3]), "a number, or one for each of 2"),
        (lambda: equations.simulate(1, drive=lambda t: np.nan), "has to be finite, but is nan"),
        (lambda: equations.eigenvalues([1, 2, 3]), "rates_hz is a rate in Hz, or 2 of them"),
        (lambda: equations.eigenvalues(np.nan), "rates_hz has to be finite"),
    ):
        with pytest.raises(ModelError, match=message):
            call()


def test_one_time_constant_for_all(example):
    for given in (7, 7.0, "7 ms", 7 * ms, np.array([7.0, 7.0])):
        assert wilson_cowan(example, given).tau == pytest.approx([7.0, 7.0])
