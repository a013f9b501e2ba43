"""Conductance synapses: slopes against differences, the free membrane and the rate against simulation, symmetries."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rheobase.model.connect import FixedIndegree
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import NotCovered, input_map, input_statistics, missing, steady_state, validity
from rheobase.population.density.fokker_planck import fokker_planck
from rheobase.population.input.conductance_response import _integrated, _leaky
from rheobase.population.neuron import lif
from rheobase.population.neuron.any_neuron import any_response
from rheobase.population.neuron.drift import Loaded
from rheobase.population.neuron.lif_response import lif_response
from rheobase.population.neuron.membrane import membrane_of
from rheobase.population.rhythm.modes import linearise
from rheobase.population.rhythm.network_response import transfer_functions
from rheobase.population.states.fixed_points import rates_and_slopes, settle
from rheobase.population.states.steady_states import steady_states
from rheobase.simulation import simulate
from rheobase.units import Hz, ms, mV, nS, pA, pF, volt

CELL = {"g_L": 10 * nS, "E_L": -70 * mV, "C": 200 * pF, "refractory": 2 * ms}
LIF = Neuron(
    "dv/dt = (g_L*(E_L - v) + I)/C : mV (unless refractory)\nI : pA = 0*pA",
    threshold="v > -50*mV", reset="v = -60*mV", **CELL,
)  # fmt: skip
EIF = Neuron(
    "dv/dt = (g_L*(E_L - v) + g_L*D*exp((v - V_T)/D) + I)/C : mV (unless refractory)\nI : pA = 0*pA",
    threshold="v > -20*mV", reset="v = -60*mV", D=2 * mV, V_T=-50 * mV, **CELL,
)  # fmt: skip


def ei_network(neuron, tau=(0.5, 0.5), weight=2.0, inhibition=4.0, rate=10.0, names=("E", "I")):
    excite, inhibit = Synapse.conductance(tau[0] * ms, 0 * mV), Synapse.conductance(tau[1] * ms, -80 * mV)
    e, i = names
    populations = {e: Population(neuron, 80, e), i: Population(neuron, 20, i)}
    projections = []
    for post in (e, i):
        projections.append(Projection(e, post, FixedIndegree(20), weight * nS, 1.5 * ms, excite))
        projections.append(Projection(i, post, FixedIndegree(10), inhibition * weight * nS, 1.5 * ms, inhibit))
    inputs = [PoissonInput(e, rate * Hz, weight * nS, n=1000, synapse=excite)]
    inputs.append(PoissonInput(i, 1.1 * rate * Hz, weight * nS, n=1000, synapse=excite))
    return Network(populations.values(), projections, [*inputs, CurrentInput(e, 20 * pA)])


def test_the_effective_membrane_by_hand():
    network = ei_network(LIF, tau=(0.5, 2.0))
    found = input_statistics(network, [10.0, 20.0])
    unit = 0.5 / 200  # leak that 1 nS adds in all: tau_s/C
    excite = 2 * unit * (20 * 0.01 + 1000 * 0.01)
    inhibit = 8 * 4 * unit * 10 * 0.02
    tau = 1.0 / (0.05 + excite + inhibit)
    mean = tau * (0.05 * -70 + inhibit * -80 + 20 / 200)
    assert found.tau_m[0] == pytest.approx(tau, rel=1e-13)
    assert found.mu[0] == pytest.approx(mean + 70.0, rel=1e-12)
    square = (2 * unit * mean) ** 2 * 10.2 + (32 * unit * (mean + 80)) ** 2 * 0.2
    assert found.sigma[0] ** 2 == pytest.approx(tau * square, rel=1e-12)


@pytest.mark.parametrize("neuron", [LIF, EIF], ids=["lif", "eif"])
def test_slopes_are_those_of_the_rates_and_slow_perturbations_see_them(neuron):
    rates, h = np.array([0.01, 0.02]), 1e-6
    for tau in ((0.5, 0.5), (0.5, 2.0)):
        maps = input_map(ei_network(neuron, tau))
        value, jacobian = rates_and_slopes(maps, rates)
        for k in range(2):
            step = h * np.eye(2)[k]
            column = (rates_and_slopes(maps, rates + step)[0] - rates_and_slopes(maps, rates - step)[0]) / (2.0 * h)
            # rounding of the rates over 2h, and the differences' own second order
            assert jacobian[:, k] == pytest.approx(column, rel=1e-6, abs=1e-11 * value.max() / h)
        loop = linearise(maps, rates).loop(np.zeros(1, complex))[0]
        if tau[0] == tau[1] or neuron is EIF:  # else shares of colours change, which responses leave out
            assert loop == pytest.approx(jacobian, rel=1e-9)


def test_the_response_to_a_modulated_leak_two_ways():
    m, mu, sigma = membrane_of(LIF), 17.0, 5.0
    s = np.array([0.0, 0.02 + 0.1j, 1.0j, -0.01 + 3.0j])
    closed = lif_response(s, mu, sigma, **dict(zip(("tau_m", "v_th", "v_reset", "t_ref"), m.lif, strict=True)))
    by_integration = replace(m, drift=Loaded(m.interval, 0.0, 0.0))
    numerical = any_response(s, by_integration, mu, sigma)
    one = _leaky(s, m, mu, sigma, 0.0, closed) / closed.denominator
    other = _integrated(s, by_integration, mu, sigma, m.v_rest + mu) / numerical.denominator
    assert one == pytest.approx(other, rel=1e-7)


@pytest.mark.parametrize(("tau_e", "tau_i", "inhibition"), [(1.0, 2.0, 2.4), (5.0, 5.0, 0.6)])
def test_the_free_membrane_against_simulation(tau_e, tau_i, inhibition):
    synapses = Synapse.conductance(tau_e * ms, 0 * mV), Synapse.conductance(tau_i * ms, -80 * mV)
    inputs = [
        PoissonInput("A", 10 * Hz, 0.6 * nS, n=1000, synapse=synapses[0]),
        PoissonInput("A", 10 * Hz, inhibition * nS, n=250, synapse=synapses[1]),
    ]
    network = Network(Population(LIF.with_(threshold="v > 100*mV"), 300, "A"), inputs=inputs)
    theory = input_statistics(network, [0.0])
    v = simulate(network, 1000 * ms, seed=1, record={"A": "v"}).traces["A"]["v"][2000::5]
    away = v - v.mean()
    second, third = (away**2).mean(axis=0), (away**3).mean(axis=0)
    error = [x.std() / np.sqrt(x.size) for x in (v.mean(axis=0), second, third)]
    sd = np.sqrt(second.mean())
    # left out is the next order of the fluctuations, (sd/(E - v))**2 of each, and that squared leak fluctuations add
    moved = abs(theory.mean_v[0] - (theory.mu[0] - 70.0))
    order = (moved / sd) ** 2 + (sd / 20.0) ** 2
    assert abs(v.mean() - theory.mean_v[0]) < 3.5 * error[0] + order * sd
    assert abs(sd - theory.sd_v[0]) < 3.5 * error[1] / (2.0 * sd) + order * sd
    assert abs(third.mean() - theory.skewness[0] * theory.sd_v[0] ** 3) < 3.5 * error[2] + 3.0 * order * sd**3


def test_the_rate_against_simulation():
    """At 0.2 ms synapses: what is left is the next order of the colour, of the fluctuations, and of the time step."""
    synapses = Synapse.conductance(0.2 * ms, 0 * mV), Synapse.conductance(0.2 * ms, -80 * mV)
    inputs = [
        PoissonInput("A", 27 * Hz, 1 * nS, n=1000, synapse=synapses[0]),
        PoissonInput("A", 10 * Hz, 4 * nS, n=250, synapse=synapses[1]),
    ]
    network = Network(Population(LIF, 1000, "A"), inputs=inputs)
    theory, found = steady_state(network), {}
    for dt in (0.04, 0.02):
        found[dt] = simulate(network, 900 * ms, dt=dt * ms, seed=2).rates(start=200 * ms)["A"][0]
    m, moments = theory.maps.membranes[0], input_statistics(network, theory.rates)
    constants = dict(zip(("tau_m", "v_th", "v_reset", "t_ref"), m.lif, strict=True))

    def rate(mu, shift):
        return 1e3 * float(lif.transfer(mu, theory.sigma[0], shift=shift, **constants).rate)

    mu, shift = theory.mu[0], theory.shift[0]
    colour = abs(rate(mu, shift) - rate(mu, 0.0)) * shift
    fluctuations = abs(rate(moments.mean_v[0] - m.v_rest, shift) - rate(mu, shift))
    step = abs(found[0.04] - found[0.02])
    error = 3.5 * np.sqrt(theory.rates[0] * theory.cv[0] ** 2 / (1000 * 0.7))
    assert abs(found[0.02] - theory.rates[0]) < error + step + colour + fluctuations
    assert error + step + colour + fluctuations < 0.05 * theory.rates[0]


@settings(max_examples=8, deadline=None)
@given(st.floats(0.5, 2.0), st.floats(2.0, 8.0), st.floats(4.0, 15.0))
def test_neither_order_nor_division_of_populations_matters(weight, inhibition, rate):
    network, rates = ei_network(LIF, (0.5, 2.0), weight, inhibition, rate), np.array([7.0, 12.0])
    turned = Network(network.populations[::-1], network.projections[::-1], network.inputs[::-1])
    one, other = input_statistics(network, rates), input_statistics(turned, rates[::-1])
    for field in ("mu", "sigma", "tau_m", "mean_v", "sd_v", "skewness", "inputs", "events", "shift"):
        assert getattr(other, field)[::-1] == pytest.approx(getattr(one, field), rel=1e-10)
    split = input_statistics(_divided(network), [7.0, 7.0, 12.0])
    for field in ("mu", "sigma", "tau_m", "mean_v", "sd_v", "skewness", "inputs", "events", "shift"):
        assert getattr(split, field) == pytest.approx(getattr(one, field)[[0, 0, 1]], rel=1e-10)


def _divided(network):
    """Population E as two of half the size, each the source of half of its synapses."""
    parts = {"E": ("E1", "E2"), "I": ("I",)}
    populations = [
        Population(p.neuron, p.n // len(parts[p.name]), x) for p in network.populations for x in parts[p.name]
    ]
    projections = [
        replace(p, pre=x, post=y, connect=FixedIndegree(p.connect.k // len(parts[p.pre])))
        for p in network.projections
        for x in parts[p.pre]
        for y in parts[p.post]
    ]
    inputs = [replace(item, population=x) for item in network.inputs for x in parts[item.population]]
    return Network(populations, projections, inputs)


def test_alike_halves_of_a_population_have_its_state():
    network = ei_network(LIF)
    whole, halves = steady_state(network), steady_state(_divided(network))
    assert halves.rates == pytest.approx(whole.rates[[0, 0, 1]], rel=1e-8)
    assert halves.mode.growth_per_s == pytest.approx(whole.mode.growth_per_s, rel=1e-6)


@settings(max_examples=6, deadline=None)
@given(st.floats(0.5, 2.0), st.floats(8.0, 15.0))
def test_volts_are_a_thousand_millivolts(weight, rate):
    in_volts = Neuron(
        "dv/dt = (g_L*(E_L - v) + I)/C : volt (unless refractory)\nI : amp = 0*amp",
        threshold="v > -0.05*volt", reset="v = -0.06*volt", **{**CELL, "E_L": -0.07 * volt},
    )  # fmt: skip
    networks = [ei_network(neuron, weight=weight, rate=rate) for neuron in (LIF, in_volts)]
    one, other = (input_statistics(network, [5.0, 8.0]) for network in networks)
    assert other.mu == pytest.approx(one.mu, rel=1e-11)
    assert other.skewness == pytest.approx(one.skewness, rel=1e-9)
    one, other = (settle(input_map(network), np.zeros(2)) for network in networks)
    assert other == pytest.approx(one, rel=1e-8)


def test_a_neuron_with_any_drift_hears_the_same_as_its_linear_twin():
    """An EIF neuron whose spike onset is out of reach is a leaky one: the same membrane, mean, noise and rate."""
    twin = Neuron(
        "dv/dt = (g_L*(E_L - v) + g_L*D*exp((v - V_T)/D) + I)/C : mV (unless refractory)\nI : pA = 0*pA",
        threshold="v > -50*mV", reset="v = -60*mV", D=1 * mV, V_T=100 * mV, **CELL,
    )  # fmt: skip
    one, other = (input_statistics(ei_network(neuron), [10.0, 20.0]) for neuron in (LIF, twin))
    for field in ("sigma", "tau_m", "mean_v", "sd_v", "skewness"):
        assert getattr(other, field) == pytest.approx(getattr(one, field), rel=1e-8)
    rates = np.array([0.01, 0.02])
    fast = [input_map(ei_network(neuron, tau=(1e-9, 1e-9), weight=1e9)) for neuron in (LIF, twin)]
    (leaky, leaky_slopes), (any_, any_slopes) = (rates_and_slopes(maps, rates) for maps in fast)
    order = float(np.max(fast[0].drive(rates).shift))  # the colour that is left, and that only the leaky one sees
    assert any_ == pytest.approx(leaky, rel=20.0 * order)
    assert any_slopes == pytest.approx(leaky_slopes, rel=200.0 * order)


def test_what_conductances_need_is_said():
    synapse = Synapse.conductance(2 * ms, 0 * mV)
    restless = Neuron(
        "dv/dt = (v - 5*mV)**2/(10*mV*ms) + 3*mV/ms + I/C : mV\nI : pA = 0*pA", threshold="v > 50*mV",
        reset="v = -50*mV", C=200 * pF,
    )  # fmt: skip
    network = Network(Population(restless, 10, "A"), inputs=[PoissonInput("A", 10 * Hz, 1 * nS, synapse=synapse)])
    (sentence,) = missing(network)
    assert "need a membrane that rests without input" in sentence and sentence.startswith("the input of 'A'")
    driven = ei_network(EIF)
    assert missing(driven) == []
    assert "effective time constant" in input_statistics(driven, [5.0, 5.0]).cite()


def test_the_validity_report_takes_jumps_at_the_mean_voltage():
    network = ei_network(LIF, weight=4.0, rate=4.0)
    state = steady_state(network)
    text = " ".join(validity(network, state))
    voltage = input_statistics(network, state.rates).maps.loads.voltage
    jump = 4 * 4.0 * 0.5 / 200 * np.max(voltage + 80.0)
    assert f"moves the membrane by up to {jump:.3g} mV from 'I'" in text


def test_every_lens_on_the_state_takes_the_effective_membrane():
    network = ei_network(LIF)
    state, states = steady_state(network), steady_states(network)
    assert states.states[0].cv == pytest.approx(state.cv, rel=1e-9)
    slow = transfer_functions(network, state.rates, [1e-6])
    m = state.maps.membranes
    constants = [np.array([one.lif[k] for one in m]) for k in range(4)]
    names = ("tau_m", "v_th", "v_reset", "t_ref")
    static = lif.transfer(state.mu, state.sigma, shift=state.shift, **dict(zip(names, constants, strict=True)))
    assert slow.by_mu[:, 0].real == pytest.approx(1e3 * static.d_mu, rel=1e-6)
    with pytest.raises(NotCovered, match="this network has conductance synapses"):
        fokker_planck(network, 10 * ms)
    alpha = Synapse.alpha(1 * ms)
    currents = Network(Population(LIF, 10, "A"), [Projection("A", "A", FixedIndegree(2), 5 * pA, 1 * ms, alpha)])
    with pytest.raises(NotCovered, match="alpha synapses"):
        fokker_planck(currents, 10 * ms)
