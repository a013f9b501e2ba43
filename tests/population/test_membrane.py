"""Recognising a leaky integrate-and-fire neuron in any notation, and saying why another one is not covered."""

import numpy as np
import pytest

from rheobase import library
from rheobase.model.connect import FixedIndegree
from rheobase.model.distribution import Normal
from rheobase.model.errors import ModelError
from rheobase.model.network import CurrentInput, Network, PoissonInput, Population, Projection
from rheobase.model.neuron import Neuron
from rheobase.model.synapse import Synapse
from rheobase.population import NotCovered, membrane, missing, steady_state
from rheobase.population.neuron.membrane import membrane_of
from rheobase.units import Hz, Mohm, ms, mV, nS, pA, pF

SPIKE = {"threshold": "v > v_th", "reset": "v = v_r", "v_th": -50 * mV, "v_r": -60 * mV}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("dv/dt = (E_L - v)/tau_m + I/C : mV\nI : pA = 0*pA", {"tau_m": 10 * ms, "C": 200 * pF}),
        ("dv/dt = (g_L*(E_L - v) + I)/C : mV\nI : pA = 0*pA", {"g_L": 20 * nS, "C": 200 * pF}),
        ("leak = g_L*(E_L - v) : pA\ndv/dt = (leak + I)/C : mV\nI : pA = 0*pA", {"g_L": 20 * nS, "C": 200 * pF}),
        ("dv/dt = -(v - E_L - R*I)/tau_m : mV\nI : pA = 0*pA", {"tau_m": 10 * ms, "R": 50 * Mohm}),
    ],
)
def test_one_neuron_in_several_notations(text, values):
    found = membrane(Population(Neuron(text, E_L=-65 * mV, **SPIKE, **values), 10, "A"), ("I",))
    assert found.lif == pytest.approx((10.0, 15.0, 5.0, 0.0), rel=1e-13)
    assert found.v_rest == pytest.approx(-65.0, rel=1e-13)
    assert found.gain("I") == pytest.approx(0.05, rel=1e-13)  # mV per pA


def test_values_of_the_population_and_thresholds_the_other_way_round():
    neuron = Neuron(
        "dv/dt = -v/tau : mV (unless refractory)", threshold="th <= v", reset="v = 0*mV", refractory="rest",
        tau=20 * ms, th=20 * mV, rest=2 * ms,
    )  # fmt: skip
    found = membrane(Population(neuron, 10, "A", tau=15 * ms))
    assert found.lif == (15.0, 20.0, 0.0, 2.0)


LEAKY = "dv/dt = (E_L - v)/tau_m : mV"
CELL = {"E_L": -65 * mV, "tau_m": 10 * ms}


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        (LEAKY, {"threshold": None, "reset": None}, "never spikes"),
        (LEAKY, {"reset": "v -= 10*mV"}, "has a reset that is not of the form 'v = constant'"),
        (LEAKY, {"threshold": "v > v_th and t > 5*ms"}, "has a threshold that is not of the form 'v > v_th'"),
        (LEAKY, {"v_r": -40 * mV}, "is reset to a voltage that is not below its threshold"),
        (LEAKY, {"refractory": 2 * ms}, "goes on integrating 'v' while it is refractory"),
        ("dv/dt = (v - E_L)/tau_m : mV", {}, "has no leak"),
        ("dv/dt = (E_L - v)*(1 + xi*ms**0.5)/tau_m : mV", {}, "multiplies 'xi' by something that depends on 'v'"),
        (f"{LEAKY[:-5]} - w/ms : mV\ndw/dt = (v - w)/tau_m : mV", {}, "has a second state 'w' that 'v' acts on"),
        (
            "dv/dt = (E_L - v - w)/tau_m : mV\ndw/dt = (1*mV - w)/tau_m : mV",
            {},
            "has a second state 'w' that is not of",
        ),
        ("dv/dt = (E_L - v + x*cos(t/ms))/tau_m : mV", {"x": 1 * mV}, "has a dv/dt that depends on 't'"),
    ],
)
def test_reasons_not_to_cover_a_neuron(text, changes, reason):
    options = {**SPIKE, **CELL, **changes}
    if options["threshold"] is None:
        options = {key: value for key, value in options.items() if key not in ("v_th", "v_r")}
    elif "v_r" not in (options["reset"] or ""):
        del options["v_r"]
    network = Network(Population(Neuron(text, **options), 10, "A"))
    (sentence,) = missing(network)
    assert sentence.startswith(
        "population 'A': the theory covers neurons with one membrane state, a threshold and a reset at fixed voltages; "
        "this neuron "
    )
    assert reason in sentence
    with pytest.raises(NotCovered, match="does not cover this network yet"):
        steady_state(network)


def test_reasons_not_to_cover_a_synapse_or_an_input():
    neuron = Neuron("dv/dt = (E_L - v)/tau_m + I/C : mV\nI : pA = 0*pA", C=200 * pF, **SPIKE, **CELL)
    network = Network(
        [Population(neuron, 10, "A")],
        [Projection("A", "A", FixedIndegree(2), 1 * nS, 1 * ms, Synapse.conductance(2 * ms, 0 * mV, voltage="u"))],
        [
            PoissonInput("A", np.linspace(1, 2, 10) * Hz, 1 * mV),
            CurrentInput("A", np.linspace(0, 2, 10) * pA),
            CurrentInput("A", np.zeros(100) * pA, dt=1 * ms),
        ],
    )
    force, rates, currents, course = missing(network)
    assert force == (
        "projection 'A' to 'A': the driving force of this conductance synapse is that of 'u', but the membrane state "
        "is 'v'; write Synapse.conductance(..., voltage='v')"
    )
    assert rates.startswith("the input of 'A'") and "differs between" in rates
    assert currents.startswith("the current into 'A'") and "differs between" in currents
    assert "time course" in course


def test_a_parameter_that_differs_between_neurons_is_a_reason_only_where_it_is_used():
    neuron = Neuron(LEAKY, **SPIKE, **CELL)
    spread = Population(neuron, 10, "A", tau_m=Normal(10 * ms, 1 * ms))
    (sentence,) = missing(Network(spread))
    assert "depends on 'tau_m', which differs between its neurons" in sentence
    assert missing(Network(Population(neuron, 10, "A", v=np.linspace(-65, -50, 10) * mV))) == []


def test_a_refractory_time_is_not_negative_and_one_neuron_has_one_value():
    with pytest.raises(NotCovered, match="a refractory time of -1 ms; it has to be 0 or more"):
        membrane_of(library.lif(t_ref=-1 * ms))
    with pytest.raises(ModelError, match="tau_m has 2 values, and one neuron has one: call this for each of them"):
        membrane_of(library.lif(), tau_m=[10 * ms, 20 * ms])
