"""f-I curves: simulation, cycles and closed forms against each other and against the reference."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.integrate import quad

from rheobase import library
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.closed_form import closed_form, passage, polynomial
from rheobase.dynamics.firing.fi_curve import fi_curve
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron
from rheobase.units import ms

LIF = Neuron(
    "dv/dt = (mu - v)/(20*ms) : 1 (unless refractory)\nmu : 1 = 0",
    threshold="v > 20",
    reset="v = 10",
    refractory="2*ms",
)
MU, LIF_RATES = np.array([19.0, 21, 25, 40]), [0.0, 20.016852005, 41.714906874, 98.91879617]


QUADRATIC = Neuron("dv/dt = (v**2 + eta)/ms : 1 = -1\neta : 1 = 0", threshold="v > peak", reset="v = -peak", peak=1e300)


def test_leaky_neuron_both_ways():
    curve = fi_curve(LIF, MU, input="mu", method="auto")
    assert set(curve.rates) == {"simulation", "closed form"}
    np.testing.assert_allclose(curve.rates["closed form"], LIF_RATES, rtol=1e-10)
    np.testing.assert_allclose(curve.rates["simulation"], LIF_RATES, rtol=1e-6)
    assert curve.agreement < 1e-6 and curve.disputed.size == 0 and curve.first == 21


def test_quadratic_neuron_from_minus_to_plus_infinity():
    """sqrt(eta)/pi, but for what the finite peak leaves out: 2/v_peak of the period."""
    neuron = QUADRATIC.with_(peak=1e7)
    eta = np.array([0.25, 1.0, 9.0])
    curve = fi_curve(neuron, eta, input="eta", duration=200 * ms)
    np.testing.assert_allclose(curve.rates["closed form"], 1e3 * np.sqrt(eta) / np.pi, rtol=1e-6)
    assert curve.agreement < 1e-6


def test_closed_form_is_recognised_by_its_equation():
    assert closed_form(VectorField.of(library.lif())).name.startswith("linear")
    odd = Neuron("dx/dt = k*(x - a)*(x - b)/ms + J/ms : 1\nk : 1 = 0.1\na : 1 = -6\nb : 1 = -4\nJ : 1 = 1",
                 threshold="30 < x", reset="x -= 40 + 2*x")  # fmt: skip
    form = closed_form(VectorField.of(odd))
    assert form.name.startswith("quadratic")
    J = np.array([0.5, 3.0])
    expected = [1 / quad(lambda x, j=j: 1 / (0.1 * (x + 6) * (x + 4) + j), -70, 30, limit=400)[0] for j in J]
    np.testing.assert_allclose(form.rates("J", J), expected, rtol=1e-8)
    for other in (library.eif(), library.adex(), library.hodgkin_huxley()):
        assert closed_form(VectorField.of(other)) is None
    cubic = Neuron("dx/dt = -x**3/ms : 1").equations["x"].expression
    assert polynomial(cubic, "x") is None


def test_passages_of_all_quadratics_against_quadrature():
    rng = np.random.default_rng(3)
    compared = 0
    for _ in range(300):
        c0, c1, c2 = rng.normal(size=3) * [1, 1, rng.integers(0, 2)]
        bottom = rng.normal() * 3
        top = bottom + rng.exponential()

        def f(v, c0=c0, c1=c1, c2=c2):
            return c0 + c1 * v + c2 * v * v

        lowest = f(np.linspace(bottom, top, 500)).min()
        if lowest > 0.01:
            compared += 1
            assert passage(c0, c1, c2, bottom, top) == pytest.approx(
                quad(lambda v, f=f: 1 / f(v), bottom, top)[0], rel=1e-7
            )
        elif lowest < 0:
            assert passage(c0, c1, c2, bottom, top) == np.inf
    assert compared > 50


def test_v_moves_while_refractory_if_it_is_not_held():
    """Without the flag the refractory time passes on the way: the simulation and the formula both know."""
    free = Neuron("dv/dt = (mu - v)/(20*ms) : 1\nmu : 1 = 0", threshold="v > 20", reset="v = 10", refractory="8*ms")
    curve = fi_curve(free, np.array([21.0, 40.0, 60.0]), input="mu", duration=300 * ms)
    np.testing.assert_allclose(curve.rates["closed form"][0], 1e3 / (20 * np.log(11)), rtol=1e-12)
    assert curve.rates["closed form"][-1] == pytest.approx(125.0)  # past the threshold before it may fire again
    assert curve.agreement < 1e-6


def test_hodgkin_huxley_simulation_and_cycles():
    periods = {6.5: 18.1628949793, 10: 14.6362099898, 20: 11.5646974773, 50: 8.5443804113}
    curve = fi_curve(library.hodgkin_huxley(), list(periods), method="all")
    for method in ("simulation", "cycles"):
        np.testing.assert_allclose(curve.rates[method], 1e3 / np.array(list(periods.values())), rtol=1e-6)
    assert curve.agreement < 1e-6
    assert np.all(curve.onset > 0) and np.all(curve.onset != curve.steady)


def test_onset_is_faster_than_steady_with_adaptation():
    curve = fi_curve(library.adex(preset="adaptation"), [200.0, 500.0], duration=2000 * ms)
    assert curve.steady[0] == 0 and curve.onset[1] > 3 * curve.steady[1] > 0
    assert curve.latency[0] == np.inf and 0 < curve.latency[1] < 50


def test_hysteresis_by_ramps():
    """Persistent sodium and fast potassium: firing begins at 4.513 on the way up and ends at 3.092 on the way down."""
    neuron = library.inap_ik(preset="homoclinic")
    values = np.array([2.9, 3.0, 3.2, 4.0, 4.4, 4.6])
    up, down = (fi_curve(neuron, values, direction=way, duration=300 * ms) for way in ("up", "down"))
    assert (up.steady > 0).tolist() == [False, False, False, False, False, True]
    assert (down.steady > 0).tolist() == [False, False, True, True, True, True]


def test_neuron_without_threshold_counts_its_oscillation():
    named = library.fitzhugh_nagumo()
    bare = Neuron(
        "dv/dt = (v - v**3/3 - w + I)/ms : 1 = -1.2\ndw/dt = 0.08*(v + 0.7 - 0.8*w)/ms : 1 = -0.625\nI : 1 = 0"
    )
    values = [0.3, 0.5, 1.0, 1.5]
    one, other = fi_curve(named, values), fi_curve(bare, values)
    assert (other.steady > 0).tolist() == [False, True, True, False]
    np.testing.assert_allclose(one.steady, other.steady, rtol=1e-6)


def test_oscillations_below_the_threshold_are_told():
    """Up to the second Hopf bifurcation at 154.5 uA/cm2 the cycle of Hodgkin and Huxley goes on, ever smaller."""
    values = np.array([5.0, 60.0, 100.0, 150.0, 158.0])
    curve = fi_curve(library.hodgkin_huxley(), values, duration=400 * ms)
    assert (curve.steady > 0).tolist() == [False, True, False, False, False]
    assert np.isnan(curve.below).tolist() == [True, True, False, False, True]
    bare = fi_curve(library.hodgkin_huxley().with_(threshold=None, refractory=None), values[2:4], duration=400 * ms)
    np.testing.assert_allclose(curve.below[2:4], bare.steady, rtol=1e-4)
    assert "from I = 100 to 150 uA/cm**2 it oscillates at" in curve.summary()
    assert "without reaching the threshold v > 0*mV" in curve.status
    assert fi_curve(library.lif(), [300.0, 500.0]).below is None


def test_a_spike_that_is_no_firing():
    curve = fi_curve(library.hodgkin_huxley(), [0.0, 4.0], duration=200 * ms)
    assert curve.counts.tolist() == [0, 1] and curve.steady.tolist() == [0, 0] and curve.first is None
    assert "at none of them" in curve.summary()


def test_failures_are_told():
    with pytest.raises(ModelError, match=r"at eta = 1 the solution grew without bound"):
        fi_curve(QUADRATIC, [-1.0, 1.0], input="eta")
    curve = fi_curve(QUADRATIC, [-1.0, 1.0], input="eta", method="simulation", throw=False)
    assert curve.steady[0] == 0 and np.isnan(curve.steady[1])
    with pytest.raises(ModelError, match="no closed form"):
        fi_curve(library.eif(), [0.1], method="closed form")
    with pytest.raises(ModelError, match="reset"):
        fi_curve(library.eif(), [0.5], method="cycles")
    with pytest.raises(ModelError, match="which parameter is the input"):
        fi_curve(LIF, [1.0])
    with pytest.raises(ModelError, match="no method 'guess'"):
        fi_curve(library.lif(), [1.0], method="guess")


def test_result_is_plain_and_can_be_drawn():
    import matplotlib

    matplotlib.use("Agg")
    curve = fi_curve(library.lif(), np.linspace(300, 500, 5), duration=200 * ms)
    assert json.loads(json.dumps(curve.to_dict()))["unit"] == "pA"
    figure = curve.plot()
    axes = figure.axes[0]
    assert axes.get_xlabel() == "I (pA)" and axes.get_title(loc="left") == curve.model
    faster = fi_curve(library.lif(), np.linspace(300, 900, 5), duration=200 * ms)
    axes.set_title("mine", loc="left")
    assert faster.plot(axes) is figure and axes.get_title(loc="left") == "mine"
    assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] > max(faster.steady)
    matplotlib.pyplot.close(figure)


def test_durations_are_plain_milliseconds_or_quantities():
    currents = np.array([400.0, 500.0])
    plain, told = (fi_curve(library.make("lif"), currents, duration=each, transient=100) for each in (300, "0.3 s"))
    assert plain.duration == told.duration == 300.0 and plain.transient == 100.0
    np.testing.assert_array_equal(plain.steady, told.steady)
