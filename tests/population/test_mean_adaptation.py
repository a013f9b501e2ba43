"""Slow adaptation by its mean: against closed forms, against simulation, in networks; and what it is not for."""

import numpy as np
import pytest

from rheobase import ModelError, library
from rheobase.model.connect import FixedIndegree
from rheobase.model.network import Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import NotCovered, input_map, missing, transfer
from rheobase.population.input.mean_voltage import voltage_integral
from rheobase.population.neuron.membrane import membrane_of
from rheobase.population.reduced.adaptation import reduce
from rheobase.population.reduced.mean_adaptation import mean_adaptation
from rheobase.population.states.fixed_points import rates_and_slopes, settle
from rheobase.simulation import simulate
from rheobase.units import Hz, ms, mV, pA

ADEX = Neuron(
    """
dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) - w + I)/C_m + s*sqrt(g_L/C_m)*xi : mV (unless refractory)
dw/dt = (a*(v - E_L) - w)/tau_w : pA  # slow
C_m : pF = 200*pF
g_L : nS = 10*nS
E_L : mV = -70*mV
V_T : mV = -50*mV
Delta_T : mV = 2*mV
tau_w : ms = 200*ms
a : nS = 2*nS
b : pA = 20*pA
I : pA = 500*pA
s : mV = 5*mV
""",
    threshold="v > -30*mV",
    reset="v = -58*mV; w += b",
    refractory=2 * ms,
    name="adex",
)


def test_the_mean_is_self_consistent():
    found = mean_adaptation(ADEX, [0.0, 5.0], 2.0)
    for k in range(2):
        fixed = transfer(found.reduced(k), found.mu[k], 2.0)
        assert fixed.rate == pytest.approx(found.rate[k], rel=1e-9)
    balance = 2.0 * (found.mean_v + 70.0) + 20.0 * 0.2 * found.rate
    assert found.w["w"] == pytest.approx(balance, rel=1e-9)
    assert found.tau_w["w"] == pytest.approx(200.0, rel=1e-12)
    assert found.status.endswith("it stays near its mean.")
    assert "Brunel" in found.cite() and "w (pA)" in found.summary()
    assert len(found.plot().axes[0].lines) == 1


def test_mean_voltages_from_density_and_from_balance():
    """The balance of a leaky membrane, and the integral of the density of the same one taken as any other."""
    lif = library.lif()
    m = membrane_of(lif)
    mu, sigma = 0.9 * (m.v_th - m.v_rest), 0.4 * (m.v_th - m.v_rest)
    found = transfer(lif, mu, sigma)
    v = np.linspace(m.v_rest - 10.0 * sigma, m.v_th, 200001)
    integral = np.trapezoid(v * found.density(v), v)
    assert voltage_integral(m, mu, sigma, float(found.rate) * 1e-3) == pytest.approx(integral, rel=1e-7)


@pytest.mark.parametrize("current", [300.0, 500.0])
def test_the_rate_against_simulation(current):
    neuron, n, start, span = ADEX.with_(I=current * pA), 150, 1000.0, 1000.0
    theory = mean_adaptation(neuron)
    found = {
        dt: simulate(Population(neuron, n, "A"), (start + span) * ms, dt=dt * ms, seed=3).rates(start=start * ms)["A"][
            0
        ]
        for dt in (0.2, 0.1)
    }
    # w is left out as a noise: its variance is at most that of Poisson spikes, and bends the rate by its curvature,
    # less what the adaptation takes back
    h, one = 5.0, theory.parts
    around = [float(transfer(one.at({"w": float(theory.w["w"]) + x})).rate) for x in (-h, 0.0, h)]
    slope, bend = (around[2] - around[0]) / (2 * h), (around[2] - 2 * around[1] + around[0]) / h**2
    variance = 20.0**2 * 0.2 * float(theory.rate) / 2.0
    order = 0.5 * abs(bend) * variance / (1.0 - slope * 20.0 * 0.2)
    error = 3.5 * np.sqrt(float(theory.rate) / (n * span * 1e-3))  # trains with adaptation vary less than Poisson's
    assert abs(found[0.1] - theory.rate) < error + order + abs(found[0.2] - found[0.1])
    assert error + order < 0.12 * theory.rate


def test_several_adaptations_and_one_that_pauses():
    two = Neuron(
        """
dv/dt = (E_L - v)/tau_m - (w + z)/ms : mV (unless refractory)
dw/dt = -w/tau_w : mV
dz/dt = (c*(v - E_L) - z)/tau_z : mV (unless refractory)
""",
        threshold="v > -50*mV", reset="v = -60*mV; w += 0.05*mV; z += 0.01*mV", refractory=2 * ms, E_L=-70 * mV,
        tau_m=20 * ms, tau_w=100 * ms, tau_z=300 * ms, c=0.002,
    )  # fmt: skip
    found = mean_adaptation(two, 30 * mV, 3 * mV)
    rate = float(found.rate) * 1e-3
    held = 2.0 * rate
    inside = (float(found.mean_v) + 60.0 * held) / (1.0 - held)
    assert found.w["w"] == pytest.approx(0.05 * 100.0 * rate, rel=1e-9)
    assert found.w["z"] == pytest.approx(0.002 * (inside + 70.0) + 0.01 * 300.0 * rate / (1.0 - held), rel=1e-8)


def test_a_network_of_adapting_neurons_has_the_rates_of_its_neurons():
    """Without coupling it is the neuron by itself; its own spikes count by their mean only."""
    quiet = ADEX.with_(s=0 * mV)
    synapse = Synapse.exponential(0.001 * ms)
    inputs = [PoissonInput("A", 20 * Hz, 100_000 * pA, n=100, synapse=synapse)]
    network = Network(Population(quiet, 400, "A", I=400 * pA), inputs=inputs)
    assert "population.mean_adaptation" in missing(network)[0]
    reduced = mean_adaptation(network)
    assert missing(reduced) == []
    maps = input_map(reduced)
    rates = settle(maps, np.zeros(1))
    jump = 100_000 * 0.001 / 200.0
    mu, sigma = 20.0 * 2.0 * jump, np.sqrt(20.0 * 2.0) * jump
    alone = mean_adaptation(quiet.with_(I=400 * pA), mu, sigma)
    # the projection of the population to itself has b/n a spike, and so a variance of 1/n of that of own spikes
    own = 20.0 * (20.0 * 200.0 / 200.0) ** 2 * float(alone.rate) * 1e-3 / 400
    assert maps.drive(rates).sigma[0] ** 2 - sigma**2 == pytest.approx(own, rel=1e-2)
    assert rates[0] * 1e3 == pytest.approx(float(alone.rate), rel=3.0 * own / sigma**2)


def test_the_network_against_its_simulation():
    synapse = Synapse.exponential(0.2 * ms)
    network = Network(
        Population(ADEX.with_(I=250 * pA), 300, "A"),
        [Projection("A", "A", FixedIndegree(40), 200 * pA, 1.5 * ms, synapse)],
        [PoissonInput("A", 10 * Hz, 200 * pA, n=200, synapse=synapse)],
    )
    reduced = mean_adaptation(network)
    maps = input_map(reduced)
    rates = settle(maps, np.zeros(1))
    theory, drive = float(rates[0]) * 1e3, maps.drive(rates)
    found = {dt: simulate(network, 2000 * ms, dt=dt * ms, seed=5).rates(start=1000 * ms)["A"][0] for dt in (0.2, 0.1)}
    # as above, in terms of the mean input: 1 pA of w is 0.1 mV; the network feeds the change of the rate back
    around = transfer(reduced.populations[0].neuron, drive.mu + np.array([-0.5, 0.0, 0.5]), drive.sigma).rate
    bend = (around[2] - 2.0 * around[1] + around[0]) / 0.25 * 0.1**2
    feedback = 1.0 - rates_and_slopes(maps, rates)[1][0, 0]
    order = 0.5 * abs(bend) * 20.0**2 * 0.2 * theory / 2.0 / feedback
    error = 3.5 * np.sqrt(theory / (300 * 1.0)) / min(feedback, 1.0)
    assert abs(found[0.1] - theory) < error + order + abs(found[0.2] - found[0.1]) + 0.2 / 20.0 * theory
    assert error + order < 0.2 * theory


def test_izhikevichs_neuron_is_one_with_adaptation():
    found = mean_adaptation(library.izhikevich2003(), 2.0, 3.0)
    assert found.parts.neuron.states == ("v",)
    assert np.isfinite(found.rate)


@pytest.mark.parametrize(
    ("neuron", "text"),
    [
        (library.eif(), "has no adaptation"),
        (library.hodgkin_huxley(), "adaptation"),
        (
            Neuron(
                ADEX.equations.text.replace("- w)/tau_w", "- w**2/pA)/tau_w"),
                threshold="v > -30*mV",
                reset="v = -58*mV; w += b",
                refractory=2 * ms,
            ),
            "where it is linear",
        ),
    ],
)
def test_what_it_is_not_for(neuron, text):
    with pytest.raises(NotCovered, match=text):
        mean_adaptation(neuron)


def test_the_reduced_neuron_keeps_the_rest_of_the_text():
    part = reduce(Population(ADEX, 5, "A", b=3 * pA))
    assert part.neuron.states == ("v",) and part.neuron.parameters["w"] == 0.0
    assert part.slow[0].b == 3.0
    assert part.at({"w": 7.0}).parameters["w"] == 7.0
    assert part.neuron.parameters["g_L"] == 10.0


def test_an_input_that_is_not_a_number_is_not_blamed_on_the_adaptation():
    with pytest.raises(ModelError, match="mu and sigma must be finite numbers"):
        mean_adaptation(library.adex(), [10.0, np.nan], 1.0)
