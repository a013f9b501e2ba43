"""Impedance and resonance: closed forms, the reference's numbers, and the simulated chirp."""

import math

import numpy as np
import pytest

from rheobase import Hz, ModelError, Neuron, library
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.response.impedance import impedance
from rheobase.numerics.transfer import Transfer

RC = Neuron("dv/dt = (I - v/R)/C : mV \n I : nA = 0*nA \n R : Mohm = 100*Mohm \n C : pF = 200*pF")
# C dv/dt = I - g v - w, L dw/dt = v - R w: the membrane with a phenomenological inductance
RLC = Neuron(
    "dv/dt = (I - g*v - w)/C : mV \n dw/dt = (v - R*w)/L : pA \n I : pA = 0*pA \n g : nS = 10*nS \n C : pF = 200*pF \n"
    "R : Mohm = 20*Mohm \n L : Mohm*second = 1*Mohm*second"
)


@pytest.mark.parametrize(
    ("name", "preset", "current", "hertz", "quality"),
    [
        ("hodgkin_huxley", {}, 0, 66.686744, 2.8278),
        ("hodgkin_huxley", {}, 5, 84.0427, 8.437),
        ("inap_ik", {"preset": "low_threshold"}, 0, 242.2989, None),
    ],
)
def test_reference(name, preset, current, hertz, quality):
    """To the digits that the reference has."""
    found = impedance(library.make(name, **preset), current)
    assert found.kind == "resonator"
    assert found.resonance_hz == pytest.approx(hertz, abs=0.6 * 10.0 ** -(len(str(hertz).split(".")[1])))
    if quality is not None:
        assert abs(found.Q - quality) < 0.6 * 10.0 ** -(len(str(quality).split(".")[1]))


@pytest.mark.parametrize("name", ["inap_ik", "lif", "eif", "wang_buzsaki"])
def test_integrators_are_low_pass(name):
    found = impedance(library.make(name))
    assert (found.kind, found.resonance_hz, found.Q) == ("low-pass", None, 1.0)
    assert found.band_hz[0] == 0.0
    assert abs(found.at(found.band_hz[1])) == pytest.approx(abs(found.at_zero) / math.sqrt(2), rel=1e-12)


def test_rc_circuit_in_closed_form():
    f = np.array([0.0, 1.0, 10.0, 300.0])
    found = impedance(RC, f=f)
    tau = 100e6 * 200e-12
    assert found.values == pytest.approx(100 / (1 + 2j * np.pi * f * tau), rel=1e-12)
    assert found.unit == "Mohm"
    assert found.band_hz[1] == pytest.approx(1 / (2 * np.pi * tau), rel=1e-12)
    assert found.zero_phase_hz is None


def test_resonant_circuit_in_closed_form():
    """1/Z = g + i w C + 1/(R + i w L): the maximum of its formula in 40 digits."""
    import mpmath

    found = impedance(RLC)
    g, C, R, L = mpmath.mpf("10e-9"), mpmath.mpf("200e-12"), mpmath.mpf("20e6"), mpmath.mpf("1e6")
    with mpmath.workdps(40):
        size = lambda u: (R**2 + u * L**2) / ((1 + g * R - u * L * C) ** 2 + u * (g * L + R * C) ** 2)  # noqa: E731
        omega2 = mpmath.findroot(lambda u: mpmath.diff(size, u), (2 * mpmath.pi * found.resonance_hz) ** 2 * 1.01)
        resonance = mpmath.sqrt(omega2) / (2 * mpmath.pi)
        quality = mpmath.sqrt(size(omega2) / size(mpmath.mpf(0)))
    assert found.resonance_hz == pytest.approx(float(resonance), rel=1e-9)
    assert abs(found.Q / float(quality) - 1) < 1e-12
    # where the reactances cancel: w**2 L**2 + R**2 = L/C
    assert found.zero_phase_hz == pytest.approx(math.sqrt(1e6 / 200e-12 - 20e6**2) / 1e6 / (2 * math.pi), rel=1e-12)


@pytest.mark.parametrize("name", ["hodgkin_huxley", "connor_stevens", "adex", "fitzhugh_nagumo"])
def test_steady_response_is_the_slope_of_the_rest(name):
    """Z(0) against the equilibria at I +- h; the error of the central difference is of order h**2."""
    from rheobase.dynamics.equilibria.fixed_points import fixed_points

    neuron = library.make(name)
    found, v = impedance(neuron), VectorField.of(neuron).voltage
    size = (1.0 if found.unit == "Mohm" else 1e-3) / abs(found.at_zero)
    ends = [fixed_points(neuron, I=found.I + sign * size).stable[0].state[v] for sign in (-1, 1)]
    slope = (ends[1] - ends[0]) / (2 * size) * (1e3 if found.unit == "Mohm" else 1.0)  # mV per pA
    assert slope == pytest.approx(found.at_zero, rel=1e-6)


@pytest.mark.parametrize(("name", "current"), [("hodgkin_huxley", 0), ("hodgkin_huxley", 5), ("adex", 100)])
def test_chirp_agrees_with_the_linearisation(name, current):
    """The transform of the sampled voltage holds its aliases: at 40 samples a turn those of a membrane that filters as
    1/f and a chirp with sinc**2 are below (1/40)**2 (1/40) = 2e-5 of it. Second-order terms of 1e-3 cancel, those
    of third order are 1e-6."""
    found = impedance(library.make(name), current, method="zap")
    linear = impedance(library.make(name), current)
    assert found.agreement is not None and found.agreement < 2e-5
    assert np.max(np.abs(found.values / linear.values - 1)) == found.agreement
    assert found.resonance_hz == pytest.approx(linear.resonance_hz, rel=1e-3)
    assert abs(found.Q / linear.Q - 1) < 2e-5


def test_a_large_chirp_does_not_agree():
    found = impedance(library.make("hodgkin_huxley"), 0, method="zap", amplitude="1.5 uA/cm**2")
    assert found.agreement > 1e-3
    assert "makes the neuron fire" in found.status
    small = impedance(library.make("hodgkin_huxley"), 0, method="zap", amplitude="0.1 uA/cm**2")
    assert "makes the neuron fire" not in small.status


def test_units_do_not_matter():
    text = "dv/dt = (I - g*(v - E))/C - w : {v} \n dw/dt = (0.2/ms*(v - E) - w)/(20*ms) : {v}/ms \n I : {i} = 0*pA \n"
    text += "g : nS = 10*nS \n C : pF = 200*pF \n E : mV = -60*mV"
    a, b = (impedance(Neuron(text.format(v=v, i=i))) for v, i in (("mV", "pA"), ("volt", "nA")))
    assert (a.unit, b.unit) == ("Mohm", "Mohm")
    assert b.resonance_hz == pytest.approx(a.resonance_hz, rel=1e-12)
    assert b.magnitude == pytest.approx(a.magnitude, rel=1e-12)


def test_any_parameter_may_oscillate():
    """The reversal potential of the leak acts through g_L: Z is g_L times that of the current."""
    neuron = library.make("hodgkin_huxley")
    of_current, of_leak = impedance(neuron, f=[10, 100]), impedance(neuron, f=[10, 100], input="E_L")
    assert of_leak.unit == "1"
    assert of_leak.values == pytest.approx(0.3 * of_current.values, rel=1e-12)
    assert of_leak.resonance_hz == pytest.approx(of_current.resonance_hz, rel=1e-9)


def test_sharp_and_double_resonances_are_found():
    """Two pairs with a quality of about 500, far apart."""
    pairs = [(0.001, 1.0), (0.1, 100.0)]
    J = np.zeros((4, 4))
    for k, (damping, turn) in enumerate(pairs):
        J[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = [[-damping, turn], [-turn, -damping]]
    # seen through the sum of the two: a change of coordinates that makes it a state
    T = np.eye(4)
    T[0, 2] = 1.0
    system = Transfer(T @ J @ np.linalg.inv(T), T @ np.array([1.0, 0.0, 1.0, 0.0]), 0)
    assert system.peaks == pytest.approx([1.0, 100.0], rel=1e-2)
    assert system.slope(system.peaks * (1 - 1e-9)).min() > 0 > system.slope(system.peaks * (1 + 1e-9)).max()


def test_frequencies_with_units():
    for given in ("0.01 kHz", 10 * Hz, [10 * Hz], ["10 Hz"], 10):
        assert impedance(RC, f=given).frequency_hz == pytest.approx([10.0])


def test_which_rest():
    bistable = Neuron("dv/dt = (v - v**3 + I)/ms : 1 \n I : 1 = 0")
    low, high = impedance(bistable), impedance(bistable, near={"v": 1})
    assert (low.state["v"], high.state["v"]) == pytest.approx((-1.0, 1.0))
    assert "another stable equilibrium lies at v = 1" in low.status


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: impedance(library.make("hodgkin_huxley"), 20), "has no rest at I = 20 uA/cm"),
        (lambda: impedance(Neuron("dx/dt = -x/ms : 1")), "no parameter with the name of an input"),
        (lambda: impedance(RC, method="sine"), "there is no method 'sine'"),
        (lambda: impedance(RC, f=[-1.0]), "finite and not negative"),
        (lambda: impedance(RC, f="5 ms"), "f has to be a rate"),
        (lambda: impedance(library.lif(), 500), "no equilibrium from v = -165 mV to -50 mV, below its threshold"),
        (lambda: impedance(RC, f=[0.0], method="zap"), "no oscillation at 0 Hz"),
        (lambda: impedance(RC, input="II"), "no parameter 'II'"),
        (
            lambda: impedance(Neuron("dv/dt = (I_ext - v)/ms : 1 \n I_ext : 1 = 0"), 1, I_ext=2),
            "the input 'I_ext' is given twice",
        ),
        (lambda: impedance(Neuron("dv/dt = -v/ms : 1 \n dw/dt = (I - w)/ms : 1 \n I : 1 = 0")), "does not act on v"),
        (lambda: impedance(RC, near={"w": 1}), "there is no state 'w'"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ModelError, match=message):
        call()


def test_plot_has_units():
    from matplotlib import pyplot

    figure = impedance(RC, f=[1.0, 10.0, 100.0], method="zap").plot()
    assert [axes.get_ylabel() for axes in figure.axes] == ["|Z| (MΩ)", "phase of the voltage (degrees)"]
    assert figure.axes[1].get_xlabel() == "frequency (Hz)"
    pyplot.close(figure)
