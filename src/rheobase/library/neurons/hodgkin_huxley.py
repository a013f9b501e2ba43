"""Hodgkin and Huxley's squid axon, in today's sign of the voltage."""

from __future__ import annotations

from typing import Any

from rheobase.library.checks import equilibrium, hopf, hopf_frequency, interval, spike_count, subexpression
from rheobase.library.entry import Entry, Fact
from rheobase.library.given import neuron
from rheobase.model.neuron import Neuron

SOURCE = "Hodgkin & Huxley (1952), J. Physiol. 117:500, doi:10.1113/jphysiol.1952.sp004764"

EQUATIONS = """
dv/dt = (I - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) - g_L*(v - E_L))/C_m : mV = -65*mV
dm/dt = alpha_m*(1 - m) - beta_m*m : 1 = 0.0529
dh/dt = alpha_h*(1 - h) - beta_h*h : 1 = 0.5961
dn/dt = alpha_n*(1 - n) - beta_n*n : 1 = 0.3177
alpha_m = 0.1/mV*(v + 40*mV)/(1 - exp(-(v + 40*mV)/(10*mV)))/ms : 1/ms
beta_m = 4*exp(-(v + 65*mV)/(18*mV))/ms : 1/ms
alpha_h = 0.07*exp(-(v + 65*mV)/(20*mV))/ms : 1/ms
beta_h = 1/(1 + exp(-(v + 35*mV)/(10*mV)))/ms : 1/ms
alpha_n = 0.01/mV*(v + 55*mV)/(1 - exp(-(v + 55*mV)/(10*mV)))/ms : 1/ms
beta_n = 0.125*exp(-(v + 65*mV)/(80*mV))/ms : 1/ms
C_m : uF/cm**2 = 1*uF/cm**2        # membrane capacitance
g_Na : mS/cm**2 = 120*mS/cm**2     # sodium
E_Na : mV = 50*mV
g_K : mS/cm**2 = 36*mS/cm**2       # potassium
E_K : mV = -77*mV
g_L : mS/cm**2 = 0.3*mS/cm**2      # leak
E_L : mV = -54.387*mV
I : uA/cm**2 = 0*uA/cm**2          # input
"""


def hodgkin_huxley(**parameters: Any) -> Neuron:
    """Squid axon: ``C_m dv/dt = I - g_Na m**3 h (v - E_Na) - g_K n**4 (v - E_K) - g_L (v - E_L)``.

    Every threshold in ``I`` moves by -0.3 uA/cm**2 for each mV of ``E_L``; books that round it to -54.4 or -54.3 mV
    therefore differ in the second digit.

    Parameters
    ----------
    **parameters
        Any of the names in `EQUATIONS`, as quantities or texts.
    """
    return neuron(
        EQUATIONS, parameters, threshold="v > 0*mV", refractory="v > 0*mV", name="hodgkin_huxley", source=SOURCE
    )


_NEWTON = "Newton's method in 30 digits"
_COLLOCATION = "collocation, checked with AUTO-07p"
_LSODA = "LSODA at a relative tolerance of 1e-10"
FACTS = (
    Fact("rest", -64.996379331192, "mV", _NEWTON, equilibrium("v"), 1e-10),
    Fact("first (subcritical) Hopf bifurcation", 9.7754379953931, "uA/cm**2", _NEWTON, hopf(-61.0, -58.0), 1e-9),
    Fact("frequency there", 93.302, "Hz", _NEWTON, hopf_frequency(-61.0, -58.0), 1e-3),
    Fact("second (supercritical) Hopf bifurcation", 154.52243366581, "uA/cm**2", _NEWTON, hopf(-45.0, -41.0), 1e-8),
    Fact("opening rate of m at its singularity", 1.0, "1/ms", "limit", subexpression("alpha_m", v="-40 mV"), 0),
    Fact("opening rate of n at its singularity", 0.1, "1/ms", "limit", subexpression("alpha_n", v="-55 mV"), 1e-17),
    Fact("spikes in the first second at 6.5 uA/cm2", 55, "", _LSODA, spike_count(I="6.5 uA/cm**2"), 0),
    Fact("spikes in the first second at 10 uA/cm2", 69, "", _LSODA, spike_count(I="10 uA/cm**2"), 0),
    Fact("spikes in the first second at 20 uA/cm2", 87, "", _LSODA, spike_count(I="20 uA/cm**2"), 0),
    Fact("period at 6.5 uA/cm2", 18.1628949793, "ms", _COLLOCATION, interval(-1, 400.0, I="6.5 uA/cm**2"), 1e-6),
    Fact("period at 10 uA/cm2", 14.6362099898, "ms", _COLLOCATION, interval(-1, 200.0, I="10 uA/cm**2"), 1e-6),
    Fact("period at 20 uA/cm2", 11.5646974773, "ms", _COLLOCATION, interval(-1, 150.0, I="20 uA/cm**2"), 1e-6),
)  # fmt: skip

ENTRY = Entry("hodgkin_huxley", "neuron", "squid axon of Hodgkin and Huxley", SOURCE, hodgkin_huxley, FACTS)
