"""Phases of the action potential on traces whose shape is known, refractory periods, and thresholds under ramps."""

import math

import numpy as np
import pytest

from rheobase import ModelError, Neuron, library
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.trajectory import trajectories
from rheobase.dynamics.response.action_potential import action_potential
from rheobase.dynamics.response.ramp_threshold import ramp_threshold
from rheobase.dynamics.response.refractoriness import refractory_period

LIF = Neuron(
    "dv/dt = I/C - (v + 65*mV)/tau : mV (unless refractory) \n I : pA = 0*pA \n C : pF = 200*pF \n tau : ms = 10*ms",
    threshold="v > -50*mV", reset="v = -65*mV", refractory="3*ms",
)  # fmt: skip


def bump(t):
    """A Gaussian spike on -70 mV, 100 mV high, sigma 0.4 ms, and a slower dip of 12 mV whose centre is 3 ms later."""
    return -70 + 100 * np.exp(-(((t - 5) / 0.4) ** 2) / 2) - 12 * np.exp(-((t - 9) ** 2) / 2)


def charging(t):
    """A membrane with a time constant of 2 ms that a pulse from 2 to 8 ms charges."""
    up = 1 - np.exp(-np.clip(t - 2, 0, 6) / 2)
    return up * np.exp(-np.clip(t - 8, 0, None) / 2)


T = np.linspace(0, 20, 4001)
#: Half of what a cubic spline with this step errs, h**4 |v''''|/384 with |v''''| <= 3*100/0.4**4: 2e-8 mV.
CLOSE = 1e-6


def test_gaussian_spike_in_closed_form():
    found = action_potential(T, bump(T))
    assert found.peak == pytest.approx(30.0, abs=12 * math.exp(-8) + CLOSE)
    assert found.peak_ms == pytest.approx(5.0, abs=1e-3)
    steepest = 100 / 0.4 * math.exp(-0.5)
    assert found.upstroke == pytest.approx(steepest, rel=1e-4)
    assert found.upstroke_ms == pytest.approx(4.6, abs=1e-3)
    assert found.repolarisation == pytest.approx(-steepest, rel=1e-3)
    # the slope x exp(-x**2/2) is a twentieth of its maximum at x = ...
    x = _solve(lambda x: x * math.exp(-(x**2) / 2) - 0.05 * math.exp(-0.5), 2.0, 5.0)
    assert found.threshold_ms == pytest.approx(5 - 0.4 * x, abs=2e-4)
    assert found.threshold == pytest.approx(-70 + 100 * math.exp(-(x**2) / 2), abs=0.01)
    half = 0.5 * (found.threshold + found.peak)
    width = 0.4 * math.sqrt(-2 * math.log((half + 70) / 100))
    assert found.half_width_ms == pytest.approx(2 * width, abs=1e-3)
    assert (found.trough, found.trough_ms) == pytest.approx((-82.0, 9.0), abs=CLOSE)
    assert found.ahp_below_base == pytest.approx(12.0, abs=CLOSE)
    assert found.ahp_depth == pytest.approx(found.threshold + 82.0, abs=CLOSE)
    assert found.recovered_ms == pytest.approx(9 + math.sqrt(2 * math.log(2)), abs=1e-5)
    assert list(found.phases) == ["upstroke", "repolarisation", "after-hyperpolarisation"]


def _solve(f, a, b):
    for _ in range(80):
        middle = 0.5 * (a + b)
        a, b = (middle, b) if f(a) * f(middle) > 0 else (a, middle)
    return a


def test_criteria_for_the_threshold():
    """The second derivative of a Gaussian is largest sqrt(3) sigma before its peak; an absolute slope where it says."""
    bend = action_potential(T, bump(T), criterion="acceleration")
    assert bend.threshold_ms == pytest.approx(5 - math.sqrt(3) * 0.4, abs=1e-4)
    assert "second derivative" in bend.criterion
    steep = action_potential(T, bump(T), slope=10.0)
    x = _solve(lambda x: 250 * x * math.exp(-(x**2) / 2) - 10, 1.0, 5.0)
    assert steep.threshold_ms == pytest.approx(5 - 0.4 * x, abs=2e-4)
    assert steep.criterion == "dv/dt rises through 10 mV/ms"


def test_time_and_units_scale_everything():
    """The default criterion knows no units."""
    a = action_potential(T, bump(T))
    b = action_potential(10 * T, 1e-3 * bump(T), unit="V", level=0.0)
    for name, factor in [
        ("threshold", 1e-3),
        ("upstroke", 1e-4),
        ("half_width_ms", 10),
        ("trough_ms", 10),
        ("ahp_depth", 1e-3),
    ]:
        assert getattr(b, name) == pytest.approx(factor * getattr(a, name), rel=1e-9)


def test_quantities_become_mv():
    from rheobase import ms, volt

    found = action_potential(T * ms, 1e-3 * bump(T) * volt)
    assert (found.unit, found.peak) == ("mV", pytest.approx(30.0, abs=0.01))


def test_uneven_samples():
    rng = np.random.default_rng(2)
    t = np.sort(np.append(rng.uniform(0, 20, 6000), [0.0, 20.0]))
    a, b = action_potential(T, bump(T)), action_potential(t, bump(t))
    assert (b.threshold, b.half_width_ms, b.trough) == pytest.approx((a.threshold, a.half_width_ms, a.trough), abs=1e-4)


def test_one_of_several():
    v = bump(T) + bump(T - 8) + 70
    first, last = action_potential(T, v), action_potential(T, v, which=-1)
    assert (first.spikes, first.which, last.which) == (2, 0, 1)
    assert last.peak_ms == pytest.approx(13.0, abs=1e-2)
    with pytest.raises(ModelError, match="has 2 spikes, so there is none with number 2"):
        action_potential(T, v, which=2)


def test_a_trace_that_ends_early_lacks_what_it_lacks():
    found = action_potential(T[:1101], bump(T[:1101]))  # to 5.5 ms
    assert found.peak == pytest.approx(30, abs=0.1)
    assert found.half_width_ms is not None and found.trough is None and found.ahp_depth is None
    assert "ends before the spike does" in found.status
    assert "not in the trace" in found.summary()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: action_potential(T, -65 + 40 * charging(T)), "fastest at the beginning, as of a passive membrane"),
        (lambda: action_potential(T, np.full_like(T, -65.0)), "no spike in the trace.*from -65 to -65 mV"),
        (lambda: action_potential(T, -65 + 5 * np.sin(T)), "rises by 20 mV"),
        (lambda: action_potential(T, bump(T), level=40.0), "no peak above 40"),
        (lambda: action_potential(T[:901], bump(T[:901])), "no spike in the trace"),
        (lambda: action_potential(T, bump(T), unit="1"), "say with level"),
        (lambda: action_potential(T, bump(T)[:-1]), "equal length"),
        (lambda: action_potential(T[::-1], bump(T)), "have to rise"),
        (lambda: action_potential(T, np.where(T > 3, np.nan, bump(T))), "have to be finite"),
        (lambda: action_potential(T, bump(T), criterion="feeling"), "there is no criterion 'feeling'"),
        (lambda: action_potential(T, bump(T), width_ms=1), "'width_ms' is an option for a neuron"),
        (lambda: action_potential(T), "measured on times with a voltage"),
        (lambda: action_potential(library.make("lif")), "reset at its spikes"),
        (lambda: action_potential(Neuron("dv/dt = (I - v)/ms : 1 \n I : 1 = 0")), "has no threshold"),
    ],
)
def test_what_is_no_spike(call, message):
    with pytest.raises(ModelError, match=message):
        call()


def test_orbits_and_recordings():
    """The same spike from an orbit and from a simulation of the same neuron, whose step is 0.01 ms."""
    from rheobase import Network, Population, ms, simulate

    neuron = library.make("hodgkin_huxley", I="10 uA/cm**2")
    field = VectorField.of(neuron)
    run = trajectories(field, field.start, duration=12.0, sample=np.arange(1, 1201) * 0.01)
    a = action_potential(run)
    recording = simulate(Network(Population(neuron, 1, name="axon")), 12 * ms, dt=0.01 * ms, record="v")
    b = action_potential(recording)
    assert (b.threshold, b.peak, b.half_width_ms) == pytest.approx((a.threshold, a.peak, a.half_width_ms), abs=0.02)
    with pytest.raises(ModelError, match="has no trace 'w'; it has: v"):
        action_potential(recording, variable="w")


def test_hodgkin_huxley():
    """The membrane action potential: peak below E_Na, trough above E_K, and the classical order of its phases."""
    found = action_potential(library.make("hodgkin_huxley"))
    assert -65 < found.threshold < found.peak < 50
    assert -77 < found.trough < found.base == pytest.approx(-64.996379331192)
    begin = [phase[0] for phase in found.phases.values()]
    assert begin == sorted(begin) and len(begin) == 3
    assert 0 < found.half_width_ms < found.time_to_trough_ms
    assert 0 < found.absolute_refractory_ms < found.relative_refractory_ms
    # long after the first spike the second pulse needs as much as the first, to the percent to which it is sought
    assert found.refractory.strength[-1] == pytest.approx(1.0, abs=0.02)
    assert found.refractory.strength[0] > 10.0
    assert found.refractory.unit == "uA/cm**2"


def test_a_neuron_that_fires_by_itself():
    found = action_potential(library.make("wang_buzsaki"), I=1)
    assert found.refractory is None
    assert "regular firing at I = 1 uA/cm**2, every 16.75" in found.status
    assert found.trough < found.threshold < found.peak


def test_refractory_period_of_a_reset_is_the_time_it_is_given():
    """The strongest pulse, 20 times the threshold, needs a twentieth of its width to charge the membrane; the normal
    one, 1.5 times, two thirds of it (the leak takes less than width/tau of that). Both have to end later than the
    refractory time by this."""
    width = 0.01
    found = refractory_period(LIF, width_ms=width)
    slack = width * (width / 10) + 1e-4
    assert found.absolute_ms == pytest.approx(3 + width / 20, abs=slack)
    assert found.relative_ms == pytest.approx(3 + width / 1.5, abs=slack)
    # charge to the threshold: C (V_th - E) in the width
    assert found.threshold == pytest.approx(200 * 15 / width * (width / 10) / (1 - math.exp(-width / 10)), rel=1e-4)
    assert found.strength[1:] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: refractory_period(library.make("hodgkin_huxley"), 20), "has no rest"),
        (lambda: refractory_period(Neuron("dv/dt = (I - v)/ms : 1 \n I : 1 = 0")), "has no threshold"),
        (lambda: refractory_period(LIF, width_ms=0), "width_ms, the width of a pulse, has to be positive"),
        (lambda: refractory_period(LIF, width_ms="2 mV"), "width_ms has to be a time"),
        (lambda: refractory_period(LIF, normal=0.5), "normal has to be above 1"),
        (lambda: action_potential(library.make("hodgkin_huxley"), width_ms=-1), "has to be positive"),
        (lambda: action_potential(library.make("hodgkin_huxley"), slope=-1), "has to be positive"),
        (
            lambda: action_potential(library.make("hodgkin_huxley"), slope=1e4, refractory=False),
            "no threshold where dv/dt passes 10000: this spike rises by at most 272",
        ),
        (lambda: ramp_threshold(library.make("hodgkin_huxley"), [1], slope=1e4), "dv/dt is at most 2.* smaller slope"),
        (lambda: ramp_threshold(library.make("hodgkin_huxley"), [1], slope=-1), "has to be positive"),
        (lambda: ramp_threshold(library.make("hodgkin_huxley"), "fast"), "cannot read 'fast'"),
        (lambda: ramp_threshold(LIF, [-1.0]), "positive numbers"),
        (lambda: ramp_threshold(LIF, [1.0], limit="10 pA"), "give a larger limit"),
        (lambda: ramp_threshold(library.make("hodgkin_huxley"), I=20), "has no rest"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ModelError, match=message):
        call()


def test_ramps_of_a_leaky_integrator_in_closed_form():
    """v = r tau/C (t - tau (1 - exp(-t/tau))) until the threshold, which is the voltage at the onset at every rate."""
    rates = [5.0, 50.0, 500.0]
    found = ramp_threshold(LIF, rates, limit="1e5 pA")
    assert found.fires.all() and found.critical_rate is None
    assert found.threshold == pytest.approx(-50.0, abs=1e-6)
    for rate, t, current in zip(rates, found.onset_ms, found.current, strict=True):
        assert rate * 10 / 200 * (t - 10 * (1 - math.exp(-t / 10))) == pytest.approx(15.0, rel=1e-7)
        assert current == pytest.approx(rate * t, rel=1e-9)


def test_critical_rate_in_closed_form():
    """``w`` follows the input with 20 ms and ``v`` the difference: under a ramp of the rate r the difference tends to
    20 r, so ``v`` reaches 1 only if r > 1/20. The ramps to 40 last 800 ms: exp(-40) is what is left."""
    text = "dv/dt = (I - w - v)/ms : 1 \n dw/dt = (I - w)/(20*ms) : 1 \n I : 1 = 0"
    neuron = Neuron(text, threshold="v > 1", reset="v = 0")
    found = ramp_threshold(neuron, [0.01, 0.02, 0.1, 1.0], limit=40.0)
    assert found.fires.tolist() == [False, False, True, True]
    assert found.critical_rate == pytest.approx(1 / 20, rel=1e-5)
    assert found.accommodates
    assert "only if the input rises faster than 0.05" in found.sentence


def test_accommodation_of_hodgkin_huxley():
    """Up to an input that leaves the rest stable, slow rises do not make it fire."""
    found = ramp_threshold(library.make("hodgkin_huxley"), np.geomspace(0.1, 5, 9), limit="9 uA/cm**2")
    assert found.accommodates
    assert 0.1 < found.critical_rate < 5
    fired = found.threshold[found.fires]
    assert fired.size >= 3 and np.isnan(found.threshold[~found.fires]).all()
    # two runs on either side of the critical rate
    either = ramp_threshold(
        library.make("hodgkin_huxley"), found.critical_rate * np.array([1 - 1e-4, 1 + 1e-4]), limit="9 uA/cm**2"
    )
    assert either.fires.tolist() == [False, True]


def test_slow_passage_is_said():
    """Far past the Hopf point at 9.78 the rest is left when noise has grown: the answer is one of the tolerance."""
    slow = ramp_threshold(library.make("hodgkin_huxley"), [0.01, 5.0])
    assert "up to 0.01 uA/cm**2/ms the neuron stays at a rest that is unstable already" in slow.status
    assert "unstable already" not in ramp_threshold(library.make("hodgkin_huxley"), [5.0]).status


def test_widths_and_slopes_with_units():
    hh = library.make("hodgkin_huxley")
    a = action_potential(hh, width_ms="0.2 ms", slope="20 mV/ms", refractory=False)
    b = action_potential(hh, width_ms=0.2, slope=20, refractory=False)
    assert (a.threshold, a.peak) == (b.threshold, b.peak)


def test_a_graded_response_is_said():
    """Of a linear membrane the heights are as the pulses, 0.95/1.05."""
    text = "dv/dt = (u - v + 0.1*I)/ms : 1\ndu/dt = (I - u)/ms : 1\nI : 1 = 0"
    found = action_potential(Neuron(text, threshold="v > 1"), refractory=False, level=1)
    assert "graded, not all or none: a pulse of 0.95 times the threshold leads to 90 % of its height" in found.status
    assert "graded" not in action_potential(library.make("hodgkin_huxley"), refractory=False).status


def test_no_refractory_period_is_said():
    assert "at the shortest interval" in refractory_period(library.izhikevich2007()).status


def test_plots_have_units():
    from matplotlib import pyplot

    spike = action_potential(T, bump(T)).plot()
    assert [axes.get_ylabel() for axes in spike.axes] == ["voltage (mV)", "dv/dt (mV/ms)"]
    periods = refractory_period(LIF, width_ms=0.01).plot()
    assert periods.axes[0].get_xlabel() == "interval (ms)"
    ramps = ramp_threshold(LIF, [5.0, 50.0]).plot()
    assert [axes.get_ylabel() for axes in ramps.axes] == ["v at the onset (mV)", "I at the onset (pA)"]
    pyplot.close("all")
