"""Orbits with spikes and resets, against closed forms, SciPy and the reference periods."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import library
from rheobase.compile.orbit import orbit_source
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.orbits.trajectory import Drive, trajectories
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron

# Few texts, many parameters: every text is compiled once.
LIF = "dv/dt = (mu - v)/(20*ms) : 1 (unless refractory)\nmu : 1 = 25\npause : second = 2*ms\nmore : 1 = 0"
POLYNOMIAL = "dv/dt = (a + b*v + c*v**2)/ms : 1\na : 1 = 0\nb : 1 = 0\nc : 1 = 0"
CIRCLE = "dx/dt = (x - w*y - x*(x**2 + y**2))/ms : 1 = 1\ndy/dt = (w*x + y - y*(x**2 + y**2))/ms : 1 = 0\nw : 1 = 2"


def field(*args, **values) -> VectorField:
    return VectorField.of(Neuron(*args, **values), smooth=False)


def lif(**values) -> VectorField:
    return field(LIF, threshold="v > 20", reset="v = 10", refractory="pause*(1 + more*v)", **values)


def polynomial(top=1e300, bottom=0.0, wait="0*ms", **values) -> VectorField:
    return field(
        POLYNOMIAL,
        threshold="v > top",
        reset="v = bottom",
        refractory="wait",
        top=top,
        bottom=bottom,
        wait=wait,
        **values,
    )


def test_leaky_neuron_fires_when_its_formula_says():
    """From 0 to the threshold, then from the reset: tau ln((mu - v)/(mu - theta))."""
    run = trajectories(lif(), [0.0], duration=200.0, rtol=1e-10)
    first, interval = 20 * np.log(25 / 5), 2 + 20 * np.log(15 / 5)
    expected = first + interval * np.arange(len(run.spikes[0]))
    assert len(expected) == 1 + int((200 - first) / interval)
    np.testing.assert_allclose(run.spikes[0], expected, rtol=1e-8)
    np.testing.assert_allclose(run.before[0][:, 0], 20.0, rtol=1e-13)  # the event is at the threshold, to rounding
    np.testing.assert_array_equal(run.after[0][:, 0], 10.0)


def test_refractory_time_may_depend_on_the_state_after_the_reset():
    spikes = trajectories(lif(more=0.1), [0.0], duration=200.0, rtol=1e-10).spikes[0]
    np.testing.assert_allclose(np.diff(spikes), 4 + 20 * np.log(3), rtol=1e-8)


def test_frozen_only_where_the_equation_says_so():
    leaky = {"a": 25 / 20, "b": -1 / 20, "top": 20.0, "bottom": 10.0}
    interval = np.diff(trajectories(polynomial(**leaky, wait="2*ms"), [0.0], duration=200.0, rtol=1e-10).spikes[0])
    np.testing.assert_allclose(interval, 20 * np.log(3), rtol=1e-8)  # the 2 ms pass on the way up
    late = np.diff(trajectories(polynomial(**leaky, wait="30*ms"), [0.0], duration=200.0).spikes[0])
    np.testing.assert_allclose(late, 30.0, rtol=1e-12)  # above the threshold when it may fire again


def test_blow_up_before_a_high_peak_is_exact():
    """dv/dt = v**2 + 1: from -b to b takes 2 atan(b), and almost all of the rise comes in the last instant."""
    run = trajectories(polynomial(a=1, c=1, top=1e6, bottom=-1e6), [0.0], duration=20.0)
    np.testing.assert_allclose(np.diff(run.spikes[0]), 2 * np.arctan(1e6), rtol=3e-8)


@pytest.mark.parametrize("current, period", [(6.5, 18.1628949793), (10, 14.6362099898), (50, 8.5443804113)])
def test_hodgkin_huxley_periods(current, period):
    neuron = VectorField.of(library.hodgkin_huxley(), I=current)
    spikes = trajectories(neuron, neuron.start, duration=500.0, rtol=1e-10).spikes[0]
    np.testing.assert_allclose(np.diff(spikes)[-5:], period, rtol=1e-9)


def test_states_at_given_times_are_those_of_scipy():
    from scipy.integrate import solve_ivp

    neuron = VectorField.of(library.hodgkin_huxley(), I=15)
    times = np.linspace(0.0, 30.0, 301)
    ours = trajectories(neuron, neuron.start, duration=30.0, sample=times, rtol=1e-10).states[0]
    truth = solve_ivp(
        lambda t, x: neuron.rhs(x), (0, 30), neuron.start, method="DOP853", t_eval=times, rtol=1e-12, atol=1e-13
    )
    np.testing.assert_allclose(ours, truth.y, rtol=1e-6, atol=1e-6)  # the slope is 300 mV/ms, so 3e-9 ms


def test_error_falls_with_the_tolerance():
    neuron = VectorField.of(library.hodgkin_huxley(), I=15)
    levels = (5, 6, 7, 8, 12)
    ends = [trajectories(neuron, neuron.start, duration=100.0, reset=False, rtol=10.0**-k).final[0, 1] for k in levels]
    errors = np.abs(np.array(ends[:-1]) - ends[-1])
    assert errors[-1] < 1e-6 and errors[0] / errors[-1] > 100


def test_backward_undoes_forward():
    neuron = VectorField.of(library.hodgkin_huxley(), I=15)
    there = trajectories(neuron, neuron.start, duration=0.3, reset=False, rtol=1e-12).final
    back = trajectories(neuron, there, duration=0.3, backward=True, rtol=1e-12).final
    np.testing.assert_allclose(back[0], neuron.start, rtol=1e-6)


def test_drive_steps_restart_at_a_jump():
    """v' = -v + a with a = 0, then 1, then a ramp to 3; after the last time it stays."""
    drive = Drive("a", [0, 1, 1, 2, 3], [0, 0, 1, 1, 3])
    times = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0])
    v = trajectories(polynomial(a=7, b=-1), [0.0], duration=4.0, sample=times, drive=drive, rtol=1e-11).states[0, 0]
    rise = 1 - np.exp(-1)
    end = 1 + (rise + 1) * np.exp(-1)  # v = 2 t' - 1 + (v_0 + 1) exp(-t') on the ramp 1 + 2 t'
    np.testing.assert_allclose(v, [0, 0, 1 - np.exp(-0.5), rise, end, 3 + (end - 3) * np.exp(-1)], atol=1e-9)


@pytest.mark.parametrize("condition", [{}, {"refractory": "x > top"}])
def test_spikes_are_upward_crossings_without_reset(condition):
    """The cycle x = cos 2t crosses a level upward once a turn of pi ms; a peak that just passes it is not missed."""
    for top, rtol, atol in ((0.5, 1e-11, 1e-9), (0.9995, 1e-6, 1e-3)):
        rows = field(CIRCLE, threshold="x > top", top=top, **condition)
        spikes = trajectories(rows, [0.0, 1.0], duration=12.0, rtol=rtol).spikes[0]
        first = np.pi - 0.5 * np.arccos(top) - np.pi / 4
        np.testing.assert_allclose(spikes, first + np.pi * np.arange(4), atol=atol)


def test_an_orbit_that_grazes_the_threshold_spikes_once():
    """After a second pulse the voltage just passes 1, within one step that begins and ends below."""
    neuron = VectorField.of(library.fitzhugh_nagumo())
    second = np.linspace(30.14, 30.16, 41)
    levels = np.zeros((41, 8))
    levels[:, 1:3], levels[:, 5:7] = 8.40360722, second[:, None]
    at = 16.141969749189073
    drive = Drive("I", [0, 0, 0.1, 0.1, at, at, at + 0.1, at + 0.1], levels)
    start = np.tile([-1.1994080352440348, -0.6242600440550438], (41, 1))
    for rtol in (1e-6, 1e-8, 1e-10):
        run = trajectories(neuron, start, duration=30.0, drive=drive, rtol=rtol, most=20_000)
        counts = [len(spikes) for spikes in run.spikes]
        assert not run.failed.any() and counts == (1 + (second > 30.14496)).tolist()


def test_conditions_may_be_joined_and_turned():
    """x > 0.99, or y < -0.5 and not x < -0.5: entered at the angle 240 degrees, left at 330 and entered again."""
    condition = "x > 0.99 or (y < -0.5 and not x < -0.5)"
    run = trajectories(field(CIRCLE, threshold=condition, refractory=condition), [0.0, 1.0], duration=3.0, rtol=1e-11)
    angles = np.array([4 * np.pi / 3, 2 * np.pi - np.arccos(0.99)])
    np.testing.assert_allclose(run.spikes[0], (angles - np.pi / 2) / 2, rtol=1e-9)


def test_threshold_may_ask_for_the_last_spike():
    waiting = field("dv/dt = (25 - v)/(20*ms) : 1", threshold="v > 20 and t - lastspike > 30*ms", reset="v = 10")
    spikes = trajectories(waiting, [0.0], duration=150.0, rtol=1e-9).spikes[0]
    np.testing.assert_allclose(np.diff(spikes), 30.0, rtol=1e-9)


def test_same_result_on_any_number_of_threads():
    neuron = lif()
    values = np.tile(neuron.values, (40, 1))
    values[:, neuron.index("mu")] = np.linspace(15, 60, 40)
    one, three = (trajectories(neuron, [0.0], values, duration=300.0, threads=n) for n in (1, 3))
    assert sum(map(len, one.spikes)) > 400 and len(one.spikes[0]) == 0
    for mine, theirs in zip(one.spikes, three.spikes, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(one.final, three.final)


def test_rows_end_with_a_reason():
    grows = trajectories(polynomial(c=1), [[1.0], [-1.0]], duration=5.0)
    assert grows.failed.tolist() == [True, False]
    np.testing.assert_allclose(grows.ended, [1.0, 5.0], rtol=1e-8)
    with pytest.raises(ModelError, match="number 0 grew without bound at 1 ms"):
        grows.require()
    stuck = trajectories(polynomial(a=1, top=1, bottom=2), [0.0], duration=5.0)
    assert "fires without end at 1 ms" in stuck.status[0]
    stiff = trajectories(polynomial(b=-1e9), [1.0], duration=1000.0, most=10_000)
    assert "too many steps" in stiff.status[0]
    few = trajectories(lif(), [0.0], duration=1e9, stop_after=3)
    assert len(few.spikes[0]) == 3 and few.ended[0] == few.spikes[0][-1]


def test_what_cannot_be_followed_is_refused():
    with pytest.raises(ModelError, match="random"):
        orbit_source(library.poisson())
    with pytest.raises(ModelError, match="has to compare quantities"):
        orbit_source(Neuron("dv/dt = 1/ms : 1", threshold="v == 1", reset="v = 0"))
    with pytest.raises(ModelError, match="shape"):
        trajectories(lif(), [[0.0, 1.0]], duration=1.0)
    with pytest.raises(ModelError, match="do not decrease"):
        trajectories(lif(), [0.0], duration=1.0, sample=[1.0, 0.5])
    with pytest.raises(ModelError, match="no parameter 'nu'"):
        trajectories(lif(), [0.0], duration=1.0, drive=Drive("nu", [0.0], [1.0]))


# m follows v within 0.1 us, v moves within 100 ms: ratios of a million, as of gates and adaptation
SLOW = """
dv/dt = (I - v)/(100*ms) : 1
dm/dt = (v - m)/(0.0001*ms) : 1
I : 1 = 0
"""


def slow(**values) -> VectorField:
    return field(SLOW, threshold="m > 1", reset="v = 0\nm = 0", **values)


def test_fast_states_do_not_limit_the_steps():
    """v = I (1 - exp(-t/100)) reaches m's threshold where it is 1.000001: explicit steps would be millions."""
    stiff = slow(I=2)
    assert stiff.stiff
    run = trajectories(stiff, [0.0, 0.0], duration=1000.0, rtol=1e-8, most=4000)
    assert not run.failed.any()
    lag = 1e-6 * (2 - 1)  # of m behind v at the threshold: 0.1 us times v' = (2 - 1)/(100 ms)
    interval = 100 * np.log(2 / (2 - 1 - lag))
    np.testing.assert_allclose(run.spikes[0], interval * np.arange(1, 1 + len(run.spikes[0])), rtol=1e-7)
    assert len(run.spikes[0]) == int(1000 / interval)
    stiff.__dict__["stiff"] = False
    assert trajectories(stiff, [0.0, 0.0], duration=1000.0, rtol=1e-8, most=4000).unfinished.all()


def test_implicit_steps_follow_a_ramp_and_give_samples():
    """I = t/1000 from 0: v = (t - 100 (1 - exp(-t/100)))/1000, which m follows 0.1 us later."""
    sample = np.array([0.0, 10.0, 123.4, 500.0, 900.0])
    run = trajectories(
        slow(), [0.0, 0.0], duration=900.0, drive=Drive("I", [0.0, 1000.0], [0.0, 1.0]), sample=sample, most=2000
    )
    assert run.states is not None and not run.failed.any()
    v = (sample - 100 * (1 - np.exp(-sample / 100))) / 1000
    np.testing.assert_allclose(run.states[0, 0], v, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(run.states[0, 1], v - 1e-7 * (1 - np.exp(-sample / 100)), rtol=1e-7, atol=1e-9)


def test_equations_with_the_time_in_them_take_explicit_steps():
    timed = Neuron("dv/dt = (sin(t/ms) - v)/(10*ms) : 1")
    assert "STIFF = False" in orbit_source(timed, stiff=True)
    assert "STIFF = True" in orbit_source(Neuron(SLOW), stiff=True)
    assert not field("dv/dt = -v/(10*ms) : 1\ndw/dt = -w/(100*ms) : 1").stiff
