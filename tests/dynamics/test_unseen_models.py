"""The class of excitability of models that the library does not have, and of models written in other ways."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import library
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.classify import classify
from rheobase.dynamics.firing.onset import law
from rheobase.dynamics.firing.resonator import Resonance, resonance
from rheobase.dynamics.firing.rheobase_current import ground
from rheobase.model.neuron import Neuron

# Golomb D et al. (2007), PLoS Comput Biol 3:e156: a fast-spiking neuron with a d-current.
FAST_SPIKING = """
dh/dt = (1/(1 + exp((v + 58.3*mV)/(6.7*mV))) - h)/tau_h : 1
dn/dt = (1/(1 + exp((-12.4*mV - v)/(6.8*mV))) - n)/tau_n : 1
da/dt = (1/(1 + exp((-50*mV - v)/(20*mV))) - a)/(2*ms) : 1
db/dt = (1/(1 + exp((v + 70*mV)/(6*mV))) - b)/(150*ms) : 1
dv/dt = (I - g_L*(v + 70*mV) - g_Na*m**3*h*(v - 50*mV) - g_K*n**2*(v + 90*mV) - g_d*a**3*b*(v + 90*mV))/C : mV = -70*mV
m = 1/(1 + exp((-24*mV - v)/(11.5*mV))) : 1
tau_h = 0.5*ms + 14*ms/(1 + exp((v + 60*mV)/(12*mV))) : ms
tau_n = (0.087 + 11.4/(1 + exp((v + 14.6*mV)/(8.6*mV))))*(0.087 + 11.4/(1 + exp((1.3*mV - v)/(18.7*mV))))*ms : ms
C : uF/cm**2 = 1*uF/cm**2
g_L : mS/cm**2 = 0.25*mS/cm**2
g_Na : mS/cm**2 = 112.5*mS/cm**2
g_K : mS/cm**2 = 225*mS/cm**2
g_d : mS/cm**2 = 0.39*mS/cm**2
I : uA/cm**2 = 0*uA/cm**2
"""
# Sherman A, Rinzel J, Keizer J (1988), Biophys J 54:411, without inactivation: a burster.
BURSTER = """
dv/dt = (I - I_Ca - g_K*n*(v + 75*mV) - g_KCa*c/(c + 0.1)*(v + 75*mV) - g_L*(v + 70*mV))/C : mV = -60*mV
dn/dt = (1/(1 + exp((-16*mV - v)/(5.6*mV))) - n)/(18.7*ms) : 1
dc/dt = 0.01*(-alpha*I_Ca - c*0.2/ms) : 1
I_Ca = g_Ca/(1 + exp((-20*mV - v)/(12*mV)))*(v - 25*mV) : pA
C : pF = 5.3*pF
g_Ca : nS = 1*nS
g_K : nS = 2.7*nS
g_KCa : nS = 0.1*nS
g_L : nS = 0.15*nS
alpha : 1/pA/ms = 0.0045/pA/ms
I : pA = 0*pA
"""
EXPONENTIAL = """
dv/dt = (E_L - v + D*exp((v - V_T)/D) + R*I)/tau : mV
D : mV = 3*mV
V_T : mV = -50*mV
E_L : mV = -70*mV
R : Mohm = 100*Mohm
tau : ms = 20*ms
I : pA = 0*pA
"""


# by collocation: where the firing ends, and how; the rate is that of the cycle at the Hopf point
SMOOTH = [
    ("hodgkin_huxley", None, 2, "fold-of-cycles", 6.2603212745, (66.0, 68.4)),
    ("fitzhugh_nagumo", None, 2, "fold-of-cycles", 0.3241785234, (20.0, 21.3)),
    ("inap_ik", "high_threshold", 1, "snic", 4.5128676302965, (0.0, 0.0)),
]


@pytest.mark.parametrize("model, preset, number, stops, rheobase, rate", SMOOTH)
def test_without_a_threshold_the_class_is_the_same(model, preset, number, stops, rheobase, rate):
    neuron = library.make(model, **({"preset": preset} if preset else {}))
    found = classify(neuron.with_(threshold=None, refractory=None))
    assert (found.hodgkin_class, found.by_bifurcation, found.by_fi_curve) == (number,) * 3
    assert found.stops_by == stops and found.rheobase == pytest.approx(rheobase, rel=1e-6)
    assert rate[0] <= found.onset_hz <= rate[1] and ("any rate" in found.summary()) == (number == 1)


def test_a_start_above_the_threshold_is_not_the_rest():
    """R I = V_T - E_L - D = 17 mV at the saddle-node."""
    found = classify(Neuron(EXPONENTIAL, threshold="v > 0*mV", reset="v = -65*mV"))
    assert found.hodgkin_class == found.by_bifurcation == 1
    assert found.rheobase == pytest.approx(170, rel=1e-9) and found.rest_input == 0.0
    assert found.rest is not None and -70 < found.rest["v"] < -69.9


@pytest.mark.parametrize("peak", [1e3, 1e6])
def test_the_height_of_a_spike_is_no_scale(peak):
    found = classify(Neuron("dv/dt = (v**2 + I)/ms : 1 = 0\nI : 1 = 0", threshold=f"v > {peak}", reset=f"v = {-peak}"))
    assert found.hodgkin_class == found.by_bifurcation == 1 and found.rest_lost_by == "saddle-node"
    assert found.rheobase == pytest.approx(0.0, abs=1e-12)


def test_an_end_that_was_not_proved_has_no_name():
    found = classify(Neuron(BURSTER, threshold="v > -30*mV", name="burster"))
    assert found.stops_by is None and found.stops_at is not None
    assert "how it ends there was not found" in found.summary() and "vanish" not in found.summary()


def test_the_time_to_leave_a_focus_is_no_period():
    found = classify(Neuron(FAST_SPIKING, threshold="v > 0*mV", name="fast spiking"))
    assert found.rest_lost_by == "hopf-subcritical" and found.by_bifurcation == found.hodgkin_class == 2
    assert "reset" not in found.summary() and "any rate" not in found.summary()


def test_laws_of_periods():
    distance = 10.0 ** -np.arange(1.0, 6.0)
    assert law(5 + 2 / np.sqrt(distance)) == "root"
    assert law(5 - 2 * np.log(distance)) == "log"
    assert law(5 + 2 / distance) == "none"
    assert law(5 + distance) == "finite"


def test_a_focus_that_hardly_turns_is_no_resonator():
    """Two equal low-pass stages with weak feedback: eigenvalues -1 +- 0.4i per ms leave exp(-2 pi/0.4) = 1.5e-7."""
    text = "dv/dt = (-v - 0.4*w + I)/ms : 1 = 0\ndw/dt = (0.4*v - w)/ms : 1 = 0\nI : 1 = 0"
    faint = _at_rest(text)
    assert not faint.by_impedance and not faint.by_eigenvalues and not faint.is_resonator
    assert faint.eigenfrequency_hz == pytest.approx(400 / (2 * np.pi))
    clear = _at_rest(text.replace("0.4", "3.0"))
    assert clear.by_eigenvalues and clear.by_impedance


def _at_rest(text: str) -> Resonance:
    neuron = Neuron(text, threshold="v > 1", reset="v = 0")
    return resonance(ground(VectorField.of(neuron, smooth=False), "I"))
