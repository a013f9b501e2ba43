"""Classes of excitability, against the reference's bifurcations and published examples of each class."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rheobase import library
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.classify import classify
from rheobase.dynamics.firing.coincidence import doublet
from rheobase.dynamics.firing.onset import law
from rheobase.dynamics.firing.rheobase_current import Offset, ground, offset
from rheobase.dynamics.page import analyse
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron

# Prescott SA, De Koninck Y, Sejnowski TJ (2008), PLoS Comput Biol 4:e1000198: one parameter takes the Morris-Lecar
# equations through all three classes.
PRESCOTT = """
dv/dt = (I - g_fast*m_inf*(v - E_Na) - g_slow*w*(v - E_K) - g_L*(v - E_L))/C_m : mV = -70*mV
dw/dt = phi*(w_inf - w)*cosh((v - beta_w)/(2*gamma_w))/ms : 1 = 0
m_inf = 0.5*(1 + tanh((v - beta_m)/gamma_m)) : 1
w_inf = 0.5*(1 + tanh((v - beta_w)/gamma_w)) : 1
C_m : uF/cm**2 = 2*uF/cm**2
g_fast : mS/cm**2 = 20*mS/cm**2
g_slow : mS/cm**2 = 20*mS/cm**2
g_L : mS/cm**2 = 2*mS/cm**2
E_Na : mV = 50*mV
E_K : mV = -100*mV
E_L : mV = -70*mV
beta_m : mV = -1.2*mV
gamma_m : mV = 18*mV
beta_w : mV = 0*mV
gamma_w : mV = 10*mV
phi : 1 = 0.15
I : uA/cm**2 = 0*uA/cm**2
"""


def prescott(beta_w: float) -> Neuron:
    return Neuron(PRESCOTT, threshold="v > 0*mV", refractory="v > 0*mV", beta_w=f"{beta_w} mV", name="prescott")


# model, preset, class, how and where the rest is lost, rheobase, how and where firing stops, resonator
SMOOTH = [
    ("hodgkin_huxley", None, 2, "hopf-subcritical", 9.7754379953931, 6.2603212745, "fold-of-cycles",
     6.2603212745, True),
    ("inap_ik", "high_threshold", 1, "saddle-node", 4.5128676302965, 4.5128676302965, "snic", 4.5128676302965, False),
    ("inap_ik", "homoclinic", 2, "saddle-node", 4.5128676302965, 4.5128676302965, "homoclinic", 3.0919470116, False),
    ("inap_ik", "low_threshold", 2, "hopf-supercritical", 14.659040024059, 14.659040024059, "hopf-supercritical",
     14.659040024059, True),
    ("inap_ik", "subcritical", 2, "hopf-subcritical", 48.901606305408, 42.232365292, "fold-of-cycles",
     42.232365292, True),
    ("morris_lecar", "hopf", 2, "hopf-subcritical", 93.857618373725, 88.293250541, "fold-of-cycles",
     88.293250541, True),
    ("morris_lecar", "snic", 1, "saddle-node", 39.963153092745, 39.963153092745, "snic", 39.963153092745, False),
    ("fitzhugh_nagumo", None, 2, "hopf-subcritical", 0.33128133745475, 0.3241785234, "fold-of-cycles",
     0.3241785234, True),
    ("wang_buzsaki", None, 1, "saddle-node", None, None, "snic", None, False),
]  # fmt: skip


@pytest.mark.parametrize("model, preset, number, lost, lost_at, rheobase, stops, stops_at, resonator", SMOOTH)
def test_smooth_models(model, preset, number, lost, lost_at, rheobase, stops, stops_at, resonator):
    found = classify(library.make(model, **({"preset": preset} if preset else {})))
    assert (found.by_bifurcation, found.by_fi_curve, found.hodgkin_class) == (number, number, number)
    assert (found.rest_lost_by, found.stops_by, found.is_resonator) == (lost, stops, resonator)
    if lost_at is not None:
        assert found.rest_lost_at == pytest.approx(lost_at, rel=1e-9)
        # homoclinics to 1e-5, folds of cycles to 1e-6 (the canard of the reference is known to fewer digits)
        tolerance = 1e-5 if stops == "homoclinic" else 1e-6 if model != "fitzhugh_nagumo" else 2e-7 / 0.3
        assert found.rheobase == pytest.approx(rheobase, rel=tolerance)
        assert found.stops_at == pytest.approx(stops_at, rel=tolerance)
    bistable = found.stops_at < found.rest_lost_at * (1 - 1e-3)
    assert (found.bistable is not None) == bistable
    assert (found.onset_hz == 0) == (number == 1)
    json.dumps(found.to_dict())


def test_rate_at_the_onset_of_hodgkin_huxley_is_that_of_the_cycle_there():
    """By collocation, the period at I = 10 is 14.636 ms; at the Hopf point (9.7754) it is a little longer."""
    found = classify(library.hodgkin_huxley())
    assert 66 < found.onset_hz < 1e3 / 14.6362099898
    assert found.resonance_hz == pytest.approx(66.686744, abs=1e-6)
    assert pytest.approx(2.8278, abs=1e-4) == found.at_rest.Q
    assert found.at_rest.agree and found.at_rest.by_doublet
    assert abs(found.at_rest.best_interval_ms - 1e3 / found.at_rest.eigenfrequency_hz) < 0.25 * 1e3 / 61
    assert "1 spike, a slow ramp to it 0 spikes" in found.ramp
    assert "(more than 100 % stronger)" in found.summary()  # no stronger pulse is tried


RESETS = [
    ("lif", {}, 1, "threshold", 375.0),
    ("qif", {}, 1, "saddle-node", 0.0),
    ("eif", {}, 1, "saddle-node", 0.162),
    ("adex", {"preset": "tonic"}, 1, "saddle-node", 220.37571736),
    ("adex", {"preset": "adaptation"}, 2, "hopf-subcritical", 256.18054886),
    ("adex", {"preset": "transient"}, 2, "hopf-subcritical", 281.9921984),
    ("izhikevich2003", {"preset": "regular_spiking"}, 2, "hopf-subcritical", 3.7975),
    ("izhikevich2003", {"preset": "resonator"}, 2, "hopf-subcritical", 0.2625),
    ("izhikevich2007", {}, 1, "saddle-node", 360 / 7),
]


@pytest.mark.parametrize("model, given, number, lost, lost_at", RESETS)
def test_models_with_resets(model, given, number, lost, lost_at):
    found = classify(library.make(model, **given))
    assert (found.by_bifurcation, found.by_fi_curve) == (number, number)
    assert found.rest_lost_by == lost and found.rest_lost_at == pytest.approx(lost_at, rel=1e-9, abs=1e-12)
    assert found.rheobase <= found.rest_lost_at + 1e-9
    if number == 1:
        assert found.rheobase == pytest.approx(lost_at, rel=1e-9, abs=1e-12) and found.bistable is None


def test_third_class_fires_on_a_step_and_not_on_a_ramp():
    found = classify(prescott(-25))
    assert (found.by_bifurcation, found.by_fi_curve, found.hodgkin_class) == (3, 3, 3)
    assert found.rheobase is None and found.spikes_from == pytest.approx(72.25, abs=0.01)
    assert "makes 1 spike, a slow ramp to it 0 spikes" in found.ramp
    # the paper's own value has its Hopf bifurcation at 87 uA/cm2; below, it is of the third class
    assert classify(prescott(-21), range=(0, 80)).hodgkin_class == 3


def test_nothing_outside_a_given_range_is_tried():
    found = classify(prescott(-21), range=(0, 80))
    assert "a step to I = 80 uA/cm**2 makes 1 spike" in found.ramp
    assert found.spikes_from < 80


def test_bistability_is_followed_down_to_its_end():
    """dv/dt = v**2 + I, reset to 1: it fires while 1 + I > 0, and rests while I < 0. Rounding is not shown."""
    neuron = Neuron("dv/dt = (v**2 + I)/ms : 1 = -1\nI : 1 = -1", threshold="v > 10", reset="v = 1")
    for bounds, lowest in ((None, -1.0), ((-3, 1), -1.0), ((-0.5, 1), -0.5)):
        found = classify(neuron, range=bounds)
        assert found.bistable == (pytest.approx(lowest, abs=1e-7), 0.0) and found.rheobase == 0.0
        assert found.stops_by == (None if lowest == -0.5 else "reset")
    assert "low-pass: " in found.summary() and " 1 at 0 Hz" not in found.summary()


@pytest.mark.parametrize("slope", ["-v", "v - v**3 - 1"])
def test_a_neuron_that_never_spikes_has_no_class(slope):
    """A leak; a switch, whose rest is lost in a saddle-node to another rest."""
    found = classify(Neuron(f"dv/dt = ({slope} + I)/(10*ms) : 1\nI : 1 = 0", v=-1.3))
    assert found.hodgkin_class is None and found.rheobase is None and found.begins == "never"
    assert "it does not spike at any input tried" in found.summary()


def test_units_and_time_do_not_matter():
    """The same neuron in volts and slower by a hundred: same class, same currents, rates a hundredth."""
    fast = library.inap_ik(preset="homoclinic")
    text = fast.equations.text.replace("dv/dt = (", "dv/dt = 0.01*(").replace(
        "(n_inf - n)/tau_n", "0.01*(n_inf - n)/tau_n"
    )
    slow = Neuron(text.replace(": mV = -65*mV", ": volt = -0.065*volt"), threshold="v > -0.02*volt",
                  refractory="v > -0.02*volt", tau_n="0.16 ms", name="slow")  # fmt: skip
    one, other = classify(fast), classify(slow)
    assert one.hodgkin_class == other.hodgkin_class == 2 and other.stops_by == "homoclinic"
    assert other.stops_at == pytest.approx(one.stops_at, rel=1e-6)
    assert other.rheobase == pytest.approx(one.rheobase, rel=1e-9)
    assert other.onset_hz == pytest.approx(0.01 * one.onset_hz, rel=1e-3)


def test_doublet_of_a_leaky_neuron_is_exact():
    """Two pulses add up to the threshold: 0.7 exp(-T/tau) + needed = 1."""
    base = ground(VectorField.of(library.lif(), smooth=False), "I")
    found = doublet(base, base.eigenvalues)
    np.testing.assert_allclose(found.needed, 1 - 0.7 * np.exp(-found.interval_ms / 10), atol=2e-3)
    assert not found.is_resonator


def test_laws_of_periods():
    decades = np.arange(1.0, 6.0)
    assert law(3 * 10 ** (0.5 * decades) + 5) == "root"
    assert law(4.2 * decades + 30) == "log"
    assert law(20 - 3 * 10 ** (-0.5 * decades)) == "finite"
    assert law(np.array([np.inf, np.inf, 3.0, 3.1, 3.11])) == "finite"
    assert law(np.array([3.0, np.inf, np.inf])) == "none"


def test_bad_requests():
    with pytest.raises(ModelError, match="which parameter is the input"):
        classify(Neuron("dv/dt = (-v + J)/(10*ms) : 1\nJ : 1 = 0"))
    with pytest.raises(ModelError, match="does not act on the neuron"):
        classify(Neuron("dv/dt = -v/(10*ms) + 0*I/ms : 1\nI : 1 = 0"))
    with pytest.raises(ModelError, match="is empty"):
        classify(library.lif(), range=(10, 5))
    noisy = Neuron("dv/dt = (I - v)/(10*ms) + s*xi/(10*ms)**0.5 : 1\nI : 1 = 0\ns : 1 = 1")
    with pytest.raises(ModelError, match=r"switch it off with neuron.with_\(s=0\)"):
        classify(noisy)


def test_a_condition_far_from_where_the_rest_is_lost():
    """Izhikevich's (2007) fast-spiking neuron, whose u rises as a cube above v_b.

    With x = v - v_b the trace vanishes at x = 9.5, where I = 0.025 x^3 - x^2 + 15 x.
    """
    neuron = Neuron(
        """dv/dt = ((v + 55)*(v + 40) - u + I)/(20*ms) : 1
        du/dt = 0.2*((0 if v < -55 else 0.025*(v + 55)**3) - u)/ms : 1
        I : 1 = 0""",
        threshold="v >= 25", reset="v = -45", v=-55,
    )  # fmt: skip
    found = classify(neuron)
    assert found.rest_lost_by == "hopf-subcritical"
    assert found.rest_lost_at == pytest.approx(0.025 * 9.5**3 - 9.5**2 + 15 * 9.5, rel=1e-9)
    assert found.by_bifurcation == found.hodgkin_class == 2


def test_what_is_being_done_is_told_where_it_is_asked_for(capsys):
    told = []
    quiet = classify(library.lif(), progress=told.append)
    assert capsys.readouterr().err == ""
    assert told[0] == "rest" and told[-1].startswith("ramp against step") and "where firing ends" in told
    classify(library.lif(), progress=True)
    assert capsys.readouterr().err.splitlines() == told
    told.clear()
    assert analyse(library.lif(), progress=told.append).character.rheobase == quiet.rheobase
    assert "class and rheobase: rest" in told and told[-1] == "phase portrait"


# Pospischil M et al. (2008), Biol Cybern 99:427: a regular-spiking cortical neuron; its M-current takes 608 ms.
REGULAR_SPIKING = """
dv/dt = (I - g_L*(v - E_L) - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) - g_M*p*(v - E_K))/C : mV = -70*mV
dm/dt = 1.28/exprel((13*mV - u)/(4*mV))/ms*(1 - m) - 1.4/exprel((u - 40*mV)/(5*mV))/ms*m : 1
dh/dt = 0.128*exp((17*mV - u)/(18*mV))/ms*(1 - h) - 4/(1 + exp((40*mV - u)/(5*mV)))/ms*h : 1 = 0.9
dn/dt = 0.16/exprel((15*mV - u)/(5*mV))/ms*(1 - n) - 0.5*exp((10*mV - u)/(40*mV))/ms*n : 1
dp/dt = (1/(1 + exp((-35*mV - v)/(10*mV))) - p)/tau_p : 1
u = v - V_T : mV
tau_p = 608*ms/(3.3*exp((v + 35*mV)/(20*mV)) + exp((-35*mV - v)/(20*mV))) : ms
V_T : mV = -56.2*mV
C : uF/cm**2 = 1*uF/cm**2
g_L : mS/cm**2 = 0.0205*mS/cm**2
E_L : mV = -70.3*mV
g_Na : mS/cm**2 = 56*mS/cm**2
E_Na : mV = 50*mV
g_K : mS/cm**2 = 6*mS/cm**2
E_K : mV = -90*mV
g_M : mS/cm**2 = 0.075*mS/cm**2
I : uA/cm**2 = 0*uA/cm**2
"""


def test_a_slow_neuron_has_the_same_character_with_implicit_and_explicit_steps():
    neuron = Neuron(REGULAR_SPIKING, threshold="v > 0*mV", refractory="v > 0*mV")
    assert VectorField.of(neuron).stiff
    found = classify(neuron)
    # by explicit steps of order 5 throughout, and the fold of cycles by collocation
    assert found.by_bifurcation == found.by_fi_curve == 2 and found.stops_by == "fold-of-cycles"
    assert found.rest_lost_at == pytest.approx(0.6138978515074347, rel=1e-9)
    assert found.rheobase == found.stops_at == pytest.approx(0.6042308776022, rel=1e-9)
    # known to a part in 16**3 of the distance between two first values, nine a decade, that depend on the start
    assert found.spikes_from == pytest.approx(0.4646275, rel=(10 ** (1 / 9) - 1) / 16**3)
    assert found.onset_hz == pytest.approx(2.680799168648836, rel=1e-6)
    assert "makes 1 spike, a slow ramp to it 0 spikes" in found.ramp


def test_an_end_of_firing_is_not_refined_where_it_does_not_fire_on():
    """The leaky neuron fires on from 375 pA; a first look has left 4 pA below where it fired long."""
    base = ground(VectorField.of(library.lif(), smooth=False), "I")

    def end(fires_at):
        coarse = Offset(fires_at - 4.0, 4.0, base.state, low=fires_at - 8.0, high=fires_at, turn=3)
        return offset(base, fires_at, coarse)

    assert (end(300.0).stops_at, end(300.0).error) == (300.0, 4.0)
    assert end(380.0).stops_at == pytest.approx(375.0, abs=end(380.0).error) and end(380.0).error < 1e-3
