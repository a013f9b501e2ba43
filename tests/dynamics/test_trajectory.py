"""Orbits with spikes and resets, against closed forms, SciPy and the reference periods."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import library
from rheobase.compile.orbit import orbit_source
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.trajectory import Drive, trajectories
from rheobase.errors import ModelError
from rheobase.model.neuron import Neuron

LIF = "dv/dt = (mu - v)/(20*ms) : 1 (unless refractory)\nmu : 1 = 25"
CIRCLE = "dx/dt = (x - w*y - x*(x**2 + y**2))/ms : 1 = 1\ndy/dt = (w*x + y - y*(x**2 + y**2))/ms : 1 = 0\nw : 1 = 2"


def field(*args, **values) -> VectorField:
    return VectorField.of(Neuron(*args, **values), smooth=False)


def lif(**values) -> VectorField:
    return field(LIF, threshold="v > 20", reset="v = 10", refractory="2*ms", **values)


def test_leaky_neuron_fires_when_its_formula_says():
    """From 0 to the threshold, then from the reset: tau ln((mu - v)/(mu - theta))."""
    run = trajectories(lif(), [0.0], duration=200.0, rtol=1e-10)
    first, interval = 20 * np.log(25 / 5), 2 + 20 * np.log(15 / 5)
    expected = first + interval * np.arange(len(run.spikes[0]))
    assert len(expected) == 1 + int((200 - first) / interval)
    np.testing.assert_allclose(run.spikes[0], expected, rtol=1e-8)
    np.testing.assert_allclose(run.before[0][:, 0], 20.0, rtol=1e-13)  # the event is at the threshold, to rounding
    np.testing.assert_array_equal(run.after[0][:, 0], 10.0)


def test_frozen_only_where_the_equation_says_so():
    free = field(LIF.replace(" (unless refractory)", ""), threshold="v > 20", reset="v = 10", refractory="2*ms")
    interval = np.diff(trajectories(free, [0.0], duration=200.0, rtol=1e-10).spikes[0])
    np.testing.assert_allclose(interval, 20 * np.log(15 / 5), rtol=1e-8)  # the 2 ms pass on the way up


def test_blow_up_before_a_high_peak_is_exact():
    """dv/dt = v**2 + 1: from -b to b takes 2 atan(b), and almost all of the rise comes in the last instant."""
    run = trajectories(field("dv/dt = (v**2 + 1)/ms : 1", threshold="v > 1e6", reset="v = -1e6"), [0.0], duration=20.0)
    np.testing.assert_allclose(np.diff(run.spikes[0]), np.pi, rtol=3e-8)


@pytest.mark.parametrize("current, period", [(6.5, 18.1628949793), (10, 14.6362099898), (20, 11.5646974773), (50, 8.5443804113)])
def test_hodgkin_huxley_periods(current, period):
    neuron = VectorField.of(library.hodgkin_huxley(), I=current)
    spikes = trajectories(neuron, neuron.start, duration=500.0, rtol=1e-9).spikes[0]
    np.testing.assert_allclose(np.diff(spikes)[-5:], period, rtol=1e-9)


def test_states_at_given_times_are_those_of_scipy():
    from scipy.integrate import solve_ivp

    neuron = VectorField.of(library.wang_buzsaki(), I=1.0)
    times = np.linspace(0.0, 60.0, 301)
    ours = trajectories(neuron, neuron.start, duration=60.0, sample=times, rtol=1e-10).states[0]
    truth = solve_ivp(lambda t, x: neuron.rhs(x), (0, 60), neuron.start, method="DOP853", t_eval=times, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(ours, truth.y, rtol=1e-5, atol=2e-6)  # mV, at a slope of 200 mV/ms
    assert np.isfinite(ours).all()


def test_drive_steps_restart_at_a_jump():
    """v' = -v + I with I = 0, then 1: (1 - exp(-(t - 1))); then a ramp."""
    leak = field("dv/dt = (I - v)/ms : 1\nI : 1 = 7")
    drive = Drive("I", [0, 1, 1, 2, 3], [0, 0, 1, 1, 3])
    times = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0])
    v = trajectories(leak, [0.0], duration=4.0, sample=times, drive=drive, rtol=1e-11).states[0, 0]
    rise = 1 - np.exp(-1)
    end = 3 - 2 + (rise - 1 + 2) * np.exp(-1)  # v = 2 t' + 1 - 2 + c exp(-t') on the ramp 1 + 2 t'
    np.testing.assert_allclose(v, [0, 0, 1 - np.exp(-0.5), rise, end, 3 + (end - 3) * np.exp(-1)], atol=1e-9)


def test_spikes_are_upward_crossings_without_reset():
    """The cycle x = cos 2t crosses 0.5 upward once a turn of pi ms, downward in between."""
    for condition in ({}, {"refractory": "x > 0.5"}):
        run = trajectories(field(CIRCLE, threshold="x > 0.5", **condition), [0.0, 1.0], duration=12.0, rtol=1e-11)
        first = np.pi * 5 / 6 - np.pi / 4
        np.testing.assert_allclose(run.spikes[0], first + np.pi * np.arange(4), rtol=1e-9)


def test_conditions_may_be_joined_and_turned():
    joined = field(CIRCLE, threshold="x > 0.5 and not y > 0", refractory="x > 0.5")
    either = field(CIRCLE, threshold="x > 0.99 or y < -0.5", refractory="x > 0.99 or y < -0.5")
    x, y = trajectories(joined, [1.0, 0.0], duration=3.5, rtol=1e-11), trajectories(either, [0.0, 1.0], duration=3.5)
    np.testing.assert_allclose(x.spikes[0], np.pi * 5 / 6, rtol=1e-9)
    np.testing.assert_allclose(y.spikes[0], (7 * np.pi / 6 - np.pi / 2) / 2, rtol=1e-7)


def test_a_crossing_between_two_steps_is_seen():
    """A peak just above the threshold: 1.001 sin t passes 1 for 0.09 of 6.28 ms."""
    wave = field("dx/dt = y/ms : 1\ndy/dt = -x/ms : 1", threshold="x > 1")
    found = trajectories(wave, [0.0, 1.001], duration=40.0, rtol=1e-6, atol=1e-6).spikes[0]
    np.testing.assert_allclose(found, np.arcsin(1 / 1.001) + 2 * np.pi * np.arange(7), atol=2e-3)


def test_refractory_time_that_varies_and_last_spike():
    """2 ms frozen, as long as v at the reset says; and a threshold that waits for 3 ms without it."""
    neuron = field(LIF + "\np : second = 1*ms", threshold="v > 20", reset="v = 10", refractory="p*(v/10 + 1)")
    waiting = field(LIF, threshold="v > 20 and t - lastspike > 30*ms", reset="v = 10", refractory="2*ms")
    for each, expected in ((neuron, 2 + 20 * np.log(3)), (waiting, 30.0)):
        spikes = trajectories(each, [0.0], duration=150.0, rtol=1e-9).spikes[0]
        np.testing.assert_allclose(np.diff(spikes), expected, rtol=1e-8)


def test_same_result_on_any_number_of_threads():
    neuron = VectorField.of(library.adex(preset="irregular"), I=160)
    values = np.tile(neuron.values, (40, 1))
    values[:, neuron.index("I")] = np.linspace(100, 300, 40)
    one, three = (trajectories(neuron, neuron.start, values, duration=300.0, threads=n) for n in (1, 3))
    assert sum(map(len, one.spikes)) > 400
    for mine, theirs in zip(one.spikes, three.spikes, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(one.final, three.final)


def test_rows_end_with_a_reason():
    grows = trajectories(field("dv/dt = v**2/ms : 1"), [[1.0], [-1.0]], duration=5.0)
    assert grows.failed.tolist() == [True, False]
    np.testing.assert_allclose(grows.ended, [1.0, 5.0], rtol=1e-9)
    with pytest.raises(ModelError, match="number 0 grew without bound at 1 ms"):
        grows.require()
    stuck = trajectories(field("dv/dt = 1/ms : 1", threshold="v > 1", reset="v = 2"), [0.0], duration=5.0)
    assert "fires without end at 1 ms" in stuck.status[0]
    stiff = trajectories(field("dv/dt = -1e9*v/ms : 1"), [1.0], duration=1000.0, most=10_000)
    assert "too many steps" in stiff.status[0]
    few = trajectories(lif(), [0.0], duration=1e9, stop_after=3)
    assert len(few.spikes[0]) == 3 and few.ended[0] == few.spikes[0][-1]


def test_backward_undoes_forward():
    neuron = VectorField.of(library.morris_lecar(), I=50)
    there = trajectories(neuron, neuron.start, duration=5.0, reset=False, rtol=1e-11).final
    back = trajectories(neuron, there, duration=5.0, backward=True, rtol=1e-11).final
    np.testing.assert_allclose(back[0], neuron.start, rtol=1e-6)


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


def test_convergence_order_five():
    """Ten times finer a tolerance: the error falls about tenfold, as it does for error per step of a pair 5(4)."""
    neuron = VectorField.of(library.morris_lecar(), I=150)
    ends = [trajectories(neuron, neuron.start, duration=200.0, reset=False, rtol=10.0**-k).final[0, 0] for k in (5, 6, 7, 8, 12)]
    errors = np.abs(np.array(ends[:-1]) - ends[-1])
    assert errors[-1] < 1e-4 and errors[0] / errors[-1] > 100
