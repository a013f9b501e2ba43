"""Izhikevich's simple model of 2007, with a capacitance and currents in pA."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import interval, spike_time
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = (
    "Izhikevich (2007), Dynamical Systems in Neuroscience, MIT Press, doi:10.7551/mitpress/2526.001.0001 (section 8.2)"
)

EQUATIONS = """
dv/dt = (k*(v - v_r)*(v - v_t) - u + I)/C_m : mV = v_r
du/dt = a*(b*(v - v_r) - u) : pA = 0*pA
C_m : pF = 100*pF          # membrane capacitance
k : nS/mV = 0.7*nS/mV      # curvature of the I-V curve
v_r : mV = -60*mV          # resting potential
v_t : mV = -40*mV          # instantaneous threshold
v_peak : mV = 35*mV        # where a spike counts as emitted
a : 1/ms = 0.03/ms         # rate of recovery
b : nS = -2*nS             # sensitivity of recovery to the voltage
c : mV = -50*mV            # reset of v
d : pA = 100*pA            # what a spike adds to u
I : pA = 0*pA              # input
"""


def izhikevich2007(**parameters: Any) -> Neuron:
    """Simple model of 2007: ``C_m dv/dt = k (v - v_r)(v - v_t) - u + I``, ``du/dt = a (b (v - v_r) - u)``.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts. The default is the regular spiking cell of layer 5.
    """
    return neuron(
        EQUATIONS, parameters, threshold="v >= v_peak", reset="v = c; u += d", name="izhikevich2007", source=SOURCE
    )


_LSODA = "LSODA at a relative tolerance of 1e-11"
FACTS = (
    Fact("first spike after the onset of 100 pA", 48.1801, "ms", _LSODA, spike_time(0, I="100 pA"), 1e-4),
    Fact("second spike after the onset of 100 pA", 121.6459, "ms", _LSODA, spike_time(1, I="100 pA"), 1e-4),
    Fact("third spike after the onset of 100 pA", 197.7697, "ms", _LSODA, spike_time(2, I="100 pA"), 1e-4),
    Fact("late interval at 100 pA", 76.035, "ms", _LSODA, interval(-1, I="100 pA"), 1e-4),
)

ENTRY = Entry("izhikevich2007", "neuron", "simple model of 2007 in pA and pF", SOURCE, izhikevich2007, FACTS)
