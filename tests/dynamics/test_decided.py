"""Whether a neuron fires on is known early: states after spikes that converge, ghosts of cycles, bursts, rest."""

from __future__ import annotations

import numpy as np
import pytest

from rheobase import library
from rheobase.dynamics.field import VectorField
from rheobase.dynamics.firing.classify import classify
from rheobase.dynamics.firing.decided import period_of, spikes_a_turn
from rheobase.dynamics.firing.rheobase_current import ground, steps
from rheobase.dynamics.orbits.spiking import fire, firing
from rheobase.model.neuron import Neuron

# Pospischil M et al. (2008), Biol Cybern 99:427: the regular-spiking cell, whose M current has seconds.
SLOW = """
dv/dt = (I - g_L*(v + 70.3*mV) - 56*g*m**3*h*(v - 50*mV) - 6*g*n**4*(v + 90*mV) - 0.075*g*p*(v + 90*mV))/C : mV = -70*mV
dm/dt = 0.32*V*(x - 13)/(1 - exp(-(x - 13)/4))*(1 - m) - 0.28*V*(x - 40)/(exp((x - 40)/5) - 1)*m : 1 = 0.01
dh/dt = 0.128*V*exp(-(x - 17)/18)*(1 - h) - 4*V/(1 + exp(-(x - 40)/5))*h : 1 = 0.99
dn/dt = 0.032*V*(x - 15)/(1 - exp(-(x - 15)/5))*(1 - n) - 0.5*V*exp(-(x - 10)/40)*n : 1 = 0.01
dp/dt = (1/(1 + exp(-2*y)) - p)*(3.3*exp(y) + exp(-y))/tau : 1 = 0.03
y = (v + 35*mV)/(20*mV) : 1
x = (v + 56.2*mV)/mV : 1
V = 1/ms : 1/ms
tau : ms = 608*ms
C : uF/cm**2 = 1*uF/cm**2
g : mS/cm**2 = 1*mS/cm**2
g_L : mS/cm**2 = 0.0205*mS/cm**2
I : uA/cm**2 = 0*uA/cm**2
"""


def _map(step, start, count):
    values = [start]
    while len(values) < count:
        values.append(step(values[-1]))
    return np.array(values)[:, None]


def test_a_contraction_is_a_cycle():
    assert spikes_a_turn(_map(lambda x: 1 + 0.2 * (x - 1), 3.0, 16)) == 1
    assert spikes_a_turn(_map(lambda x: 1 + 0.9 * (x - 1), 3.0, 16)) == 0  # it may be one, but that takes longer
    assert spikes_a_turn(np.tile([1.0, 2.0, 3.0], 6)[:, None]) == 3


@pytest.mark.parametrize("missing", [1e-3, 1e-5])
def test_the_ghost_of_a_cycle_is_none(missing):
    """x -> x + m + x^2 passes 0, slower and slower before it and faster again beyond; states have the size 1."""
    passing = 1.0 + _map(lambda x: x + missing + x * x, -0.5, int(3 / np.sqrt(missing)))
    inside = passing[np.abs(passing[:, 0] - 1.0) < 0.5]
    assert not any(spikes_a_turn(inside[:end]) for end in range(3, len(inside), 7))


def test_the_period_of_a_burst_is_that_of_all_its_spikes():
    times = np.concatenate([100.0 * k + np.array([0.0, 3.0, 7.0]) for k in range(6)])
    assert period_of(times, np.tile([1.0, 2.0, 3.0], 6)[:, None]) == pytest.approx(100.0)


@pytest.mark.parametrize("model", ["hodgkin_huxley", "adex", "izhikevich2003"])
def test_early_decisions_are_those_of_a_long_watch(model):
    base = ground(VectorField.of(library.make(model), smooth=False), "I")
    values = base.base + base.scale * np.geomspace(0.02, 20.0, 40)
    run = fire(base.field, base.state, duration=4 * base.time, parameter="I", values=values, stop_after=200, rtol=1e-7)
    long, early = firing(run, 4 * base.time, stop_after=200), steps(base, values, time=4.0)
    assert 0 < long.sustained.sum() < values.size
    np.testing.assert_array_equal(early.sustained, long.sustained)
    np.testing.assert_allclose(early.period, long.period, rtol=1e-4)


def test_a_neuron_with_a_slow_current():
    """The firing from rest begins with the cycle: its fold, by collocation and measured on orbits of 15 s each."""
    found = classify(Neuron(SLOW, threshold="v > -20*mV", refractory="v > -20*mV", name="regular spiking"))
    assert found.hodgkin_class == found.by_bifurcation == 2
    assert found.rest_lost_by == "hopf-subcritical"
    assert found.rest_lost_at == pytest.approx(0.61389785, abs=1e-8)
    assert found.stops_by == "fold-of-cycles" and found.rheobase == found.stops_at
    assert found.rheobase == pytest.approx(0.60423088, abs=1e-8)
